// How long a comparison takes that the page "Compare two models here" makes, part by part.
//
//     node benchmarks/own_page.mjs                  # N = 20,000 inputs, K = 100 labels, M = 64 dimensions
//     node benchmarks/own_page.mjs 20000 10 512     # others
//
// Two models of normal entries, the second a copy with noise. Times are of the processor, so that other work beside it
// counts for little. Reading the files is not in them.
import { compareModels } from "../book/_static/own/comparison.js";
import { makeModel } from "../book/_static/own/model.js";
import { Generator } from "../book/_static/own/random.js";

const [inputs, labels, dim] = [20000, 100, 64].map((usual, k) => Number(process.argv[2 + k] ?? usual));
const generator = new Generator(0);
const normal = (rows) => ({
  kind: "float", dtype: "float64", shape: [rows, dim],
  values: Float64Array.from({ length: rows * dim }, () => generator.normal()),
});
const noisy = (array) => ({ ...array, values: array.values.map((value) => value + 0.3 * generator.normal()) });
const arrays = { embeddings: normal(inputs), unembeddings: normal(labels) };
const copy = { embeddings: noisy(arrays.embeddings), unembeddings: noisy(arrays.unembeddings) };

const seconds = () => process.cpuUsage().user / 1e6;
const begun = seconds();
const models = [makeModel(arrays), makeModel(copy)];
let last = { text: "checks of the arrays", at: begun };
const next = (text) => {
  console.log(`${(seconds() - last.at).toFixed(2).padStart(6)} s  ${last.text}`);
  last = { text, at: seconds() };
};
const found = compareModels(...models, { begin: (_, text) => next(text) });
next("");
console.log(`${(seconds() - begun).toFixed(2).padStart(6)} s  in all; d_fg = ${found.d_fg.toPrecision(4)}, `
  + `${found.label_subsets} label subsets, ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
