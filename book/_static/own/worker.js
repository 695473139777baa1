// Reads files and compares models beside the page, which stays at hand meanwhile. Nothing is asked of any server.
import { compareModels } from "./comparison.js";
import { describeArrays, guessNames, loadModel, openFile } from "./files.js";

// What an error of the measures calls a and b are files to the reader.
function withNames(message, [a, b]) {
  const names = { a, b };
  return message
    .replace(/^(a, b|[ab])(?=: )/, (found) => found.replace(/[ab]/g, (name) => names[name]))
    .replace(/\b(in|of) a or b\b/g, (_, word) => `${word} ${a} or ${b}`)
    .replace(/\b(as in|than in|of|and) ([ab])(?=$|[ ,;:)])/g, (_, word, name) => `${word} ${names[name]}`);
}

const TASKS = {
  async open({ file }) {
    const opened = await openFile(file);
    const described = await describeArrays(opened);
    const arrays = [...described].map(([name, array]) => ({ name, dtype: array?.dtype, shape: array?.shape }));
    return { arrays, guess: guessNames(described) };
  },

  async compare({ models }) {
    const loaded = [];
    for (const [k, { file, names }] of models.entries()) {
      postMessage({ share: 0.05 * k, text: `reading ${file.name}` });
      loaded.push(await loadModel(await openFile(file), names));
    }
    const begin = (share, text) => postMessage({ share: 0.1 + 0.9 * share, text });
    const files = models.map(({ file }) => file.name);
    try {
      return { ...compareModels(...loaded, { begin }), files };
    } catch (error) {
      throw new Error(withNames(error.message, files));
    }
  },
};

onmessage = async ({ data: { task, ...given } }) => {
  try {
    postMessage({ done: await TASKS[task](given) });
  } catch (error) {
    postMessage({ problem: error.message });
  }
};
