// A model from a file: which arrays it holds, which of them are the model's, and the model. What cannot be read is
// refused in the words of `repsim compare`, with the file's name.
import { InputError, makeModel, requireLimits } from "./model.js";
import { openArchive } from "./npz.js";
import { openTensors } from "./safetensors.js";

const KINDS = { npz: openArchive, safetensors: openTensors };
// What a file begins with that is not what its name says.
const POINTERS = [
  ["Git LFS", /^version https:\/\/git-lfs/, "git lfs pull"],
  ["git-annex", /^(?:(?:\.\.?\/)*\.git\/\S*annex\/objects\/|\/annex\/objects\/)/, "git annex get"],
];
const PAGES = ["<!doctype", "<html", "<?xml"];
const ARCHIVE = /^PK(?:\x03\x04|\x05\x06)/;
const BEGINNING = 512;
const MOST_DESCRIBED = 500;

// The arrays in a file, a `File` with its name; none is read yet.
export async function openFile(file) {
  const suffix = file.name.includes(".") ? file.name.split(".").at(-1).toLowerCase() : "";
  if (!(suffix in KINDS)) {
    throw new InputError(
      `found '${file.name}', expected a name that ends in .safetensors or .npz; for other kinds, `
      + "repsim compare shows three lines that convert them",
    );
  }
  const beginning = new TextDecoder("latin1").decode(await file.slice(0, BEGINNING).arrayBuffer());
  const pointer = POINTERS.find(([, pattern]) => pattern.test(beginning));
  if (pointer) {
    throw new InputError(
      `found a pointer of ${pointer[0]} in ${file.name}, expected the file it stands for; fetch it: ${pointer[2]}`,
    );
  }
  if (PAGES.some((start) => beginning.trimStart().toLowerCase().startsWith(start))) {
    throw new InputError(
      `found a web page in ${file.name}, expected arrays; was a page saved in place of the file?`,
    );
  }
  if (suffix === "safetensors" && ARCHIVE.test(beginning)) {
    const remedy = beginning.includes(".npy") ? "; it looks like .npz: give it that name" : "";
    throw new InputError(`found a ZIP archive in ${file.name}, expected tensors${remedy}`);
  }
  if (suffix === "npz" && !ARCHIVE.test(beginning) && beginning.slice(8, 10) === '{"') {
    throw new InputError(
      `found tensors in ${file.name}, expected a ZIP archive; it looks like .safetensors: give it that name`,
    );
  }
  const arrays = await readable(file, () => KINDS[suffix](file));
  return { file, ...arrays };
}

async function readable(file, reading) {
  try {
    return await reading();
  } catch (error) {
    const kind = file.name.split(".").at(-1).toLowerCase();
    const said = error instanceof InputError ? error.message : `it is damaged: ${error.message}`;
    throw new InputError(`${file.name} is no readable .${kind} file of plain arrays (${said})`);
  }
}

// Type and shape of each array, null for those that cannot be read.
export async function describeArrays(opened) {
  const found = new Map();
  for (const name of opened.names.slice(0, MOST_DESCRIBED)) {
    found.set(name, await opened.describe(name).catch(() => null));
  }
  for (const name of opened.names.slice(MOST_DESCRIBED)) found.set(name, null);
  return found;
}

const LIKELY = {
  unembeddings: [/^unembeddings?$/, /unembed|lm_head|embed_out|output_layer/, /(head|classifier|fc|linear|output|logits)\w*\.?(weight|kernel)?$/, /weight|kernel|coef/],
  embeddings: [/^embeddings?$/, /hidden|feature|activation|penultimate|representation/, /embed/, /^f$|^x$/],
  bias: [/^bias$/, /(lm_head|head|classifier|fc|linear|output)\w*\.bias$/, /bias|intercept/],
  labels: [/^labels?$/, /^(y|targets?|classes|true_labels|y_true)$/],
};

// Names of the model's arrays, as far as names and shapes tell. Those that `repsim compare` takes unasked are taken as
// they are: whether they fit is said when the model is made.
export function guessNames(described) {
  const chosen = {};
  const likeliest = (argument, fits) => {
    const asked = ["embeddings", "unembeddings"].includes(argument)
      ? described.has("embeddings") && described.has("unembeddings") : described.has(argument);
    if (asked) return argument;
    const names = [...described].filter(([name, array]) => array && fits(array) && !Object.values(chosen).includes(name));
    for (const pattern of LIKELY[argument]) {
      const found = names.find(([name]) => pattern.test(name.toLowerCase()));
      if (found) return found[0];
    }
    return names.length === 1 && ["embeddings", "unembeddings"].includes(argument) ? names[0][0] : null;
  };
  const table = ({ kind, shape }) => kind === "float" && shape.length === 2;
  const size = (argument, axis) => described.get(chosen[argument])?.shape[axis];
  chosen.unembeddings = likeliest("unembeddings", table);
  chosen.embeddings = likeliest("embeddings", (array) =>
    table(array) && (!chosen.unembeddings || array.shape[1] === size("unembeddings", 1)));
  chosen.bias = likeliest("bias", ({ kind, shape }) =>
    kind === "float" && shape.length === 1 && shape[0] === size("unembeddings", 0));
  chosen.labels = likeliest("labels", ({ kind, shape }) =>
    kind === "int" && shape.length === 1 && shape[0] === size("embeddings", 0));
  return chosen;
}

const words = (names) => {
  if (!names.length) return "no arrays";
  const more = names.length > 12 ? ` and ${names.length - 12} more` : "";
  return `[${[...names].sort().slice(0, 12).map((name) => `'${name}'`).join(", ")}]${more}`;
};

// The model of the arrays with these names; null for a bias or labels that there are not. Nothing else is read.
export async function loadModel(opened, names) {
  const { file } = opened;
  for (const argument of ["embeddings", "unembeddings", "bias", "labels"]) {
    const name = names[argument];
    if (name && opened.names.includes(name)) continue;
    if (!name && ["bias", "labels"].includes(argument)) continue;
    const expected = name && name !== argument ? name : "embeddings and unembeddings, or what they are called there";
    throw new InputError(`${file.name} holds ${words(opened.names)}, expected ${expected}`);
  }
  const shapes = {};
  for (const argument of ["embeddings", "unembeddings"]) {
    shapes[argument] = (await readable(file, () => opened.describe(names[argument]))).shape;
  }
  const inFile = (making) => {
    try {
      return making();
    } catch (error) {
      throw error instanceof InputError ? new InputError(`in ${file.name}, ${error.message}`) : error;
    }
  };
  inFile(() => requireLimits(shapes));
  const arrays = {};
  for (const argument of ["embeddings", "unembeddings", "bias", "labels"]) {
    arrays[argument] = names[argument] ? await readable(file, () => opened.read(names[argument])) : null;
  }
  const own = names.embeddings === "embeddings" && names.unembeddings === "unembeddings";
  if (own && opened.names.includes("roundoff")) arrays.roundoff = await readable(file, () => opened.read("roundoff"));
  return inFile(() => makeModel(arrays));
}
