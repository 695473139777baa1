// A model from arrays of a file: embeddings, unembeddings, a bias and true labels, checked as `Representations` does.
import { Model } from "../measures/model.js";
import { counted, plural } from "./printed.js";

export class InputError extends Error {}

export const LIMITS = { inputs: 20000, labels: 100, numbers: 25e6 };
const LARGEST = 1e150; // its square leaves 64 bits
const ROUNDOFF = 2 ** -53;
const OF_MASKED = "of labels that are masked leave out the rows, in both models, or write -1e20 in place of -inf: their "
  + "probability is then 0, and where only one model masks them, a d_KL is of that order";
const REMEDY = "the command takes more: repsim compare";

export const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

// What is too large for a page, told from the shapes alone, before anything is read.
export function requireLimits({ embeddings, unembeddings }) {
  if (embeddings.length === 2 && embeddings[0] > LIMITS.inputs) {
    throw new InputError(
      `embeddings: found N = ${counted(embeddings[0])} inputs, expected at most ${counted(LIMITS.inputs)} in this page; ${REMEDY}`,
    );
  }
  if (unembeddings.length === 2 && unembeddings[0] > LIMITS.labels) {
    throw new InputError(
      `unembeddings: found K = ${counted(unembeddings[0])} labels, expected at most ${LIMITS.labels} in this page; ${REMEDY}`,
    );
  }
  for (const [name, shape] of [["embeddings", embeddings], ["unembeddings", unembeddings]]) {
    const numbers = shape.reduce((a, b) => a * b, 1);
    if (numbers > LIMITS.numbers) {
      throw new InputError(
        `${name}: found ${counted(numbers)} numbers, expected at most ${counted(LIMITS.numbers)} in this page; ${REMEDY}`,
      );
    }
  }
}

function floats(array, name, dimensions) {
  if (array.kind !== "float") throw new InputError(`${name}: found dtype ${array.dtype}, expected floating-point numbers`);
  const { shape, values } = array;
  if (shape.length !== dimensions) {
    const expected = dimensions === 2 ? "two dimensions" : "one dimension";
    throw new InputError(`${name}: found shape ${shapeText(shape)}, expected ${expected}`);
  }
  if (shape.includes(0)) throw new InputError(`${name}: found an empty array of shape ${shapeText(shape)}`);
  let [bad, first, largest] = [0, -1, 0];
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isFinite(values[i])) {
      if (first < 0) first = i;
      bad += 1;
    } else if (Math.abs(values[i]) > largest) largest = Math.abs(values[i]);
  }
  if (bad) {
    const where = dimensions === 2 ? `row ${Math.floor(first / shape[1])}, column ${first % shape[1]}` : `row ${first}`;
    throw new InputError(
      `${name}: found ${bad === 1 ? "1 value that is" : `${counted(bad)} values that are`} not finite `
      + `(${bad === 1 ? "" : "the first "}at ${where}), expected finite numbers`
      + (name === "bias" && values.includes(-Infinity) ? `; ${OF_MASKED}` : ""),
    );
  }
  if (largest >= LARGEST) throw tooLarge(name, "entries", largest);
  return largest;
}

const tooLarge = (name, what, size) => new InputError(
  `${name}: found ${what} of size ${size.toExponential(2)}, expected less than 1e+150: their squares overflow float64; `
  + "rescale the representations",
);

function wholeLabels(array, inputs, classes) {
  if (array.kind !== "int") throw new InputError(`labels: found dtype ${array.dtype}, expected integers`);
  if (array.shape.length !== 1 || array.shape[0] !== inputs) {
    throw new InputError(`labels: found shape ${shapeText(array.shape)}, expected (${inputs},), one label an input`);
  }
  let [least, most] = [Infinity, -Infinity];
  for (const value of array.values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least < 0 || most >= classes) {
    throw new InputError(`labels: found labels from ${least} to ${most}, expected 0 to ${classes - 1}`);
  }
  return Int32Array.from(array.values);
}

// From arrays { dtype, kind, shape, values, roundoff }; values are 64-bit numbers, rows one after the other.
export function makeModel({ embeddings, unembeddings, bias = null, labels = null, roundoff = null }) {
  const sizes = { f: floats(embeddings, "embeddings", 2), g: floats(unembeddings, "unembeddings", 2) };
  if (bias) floats(bias, "bias", 1);
  requireLimits({ embeddings: embeddings.shape, unembeddings: unembeddings.shape });
  const [[inputs, dim], [classes, columns]] = [embeddings.shape, unembeddings.shape];
  if (dim !== columns) {
    const turned = classes === dim ? " (a row a label: is it transposed?)" : "";
    throw new InputError(
      `unembeddings: found M = ${plural(columns, "column")}, expected ${dim}, the dimension of the embeddings${turned}`,
    );
  }
  if (classes < 2) throw new InputError("unembeddings: found K = 1 label, expected at least 2");
  if (bias && bias.shape[0] !== classes) {
    throw new InputError(`bias: found shape ${shapeText(bias.shape)}, expected (${classes},), one number a label`);
  }
  const logits = dim * sizes.f * sizes.g;
  if (logits >= LARGEST) throw tooLarge("embeddings", "logits f(x)·g(y)", logits);
  const given = roundoff?.values ?? [0, 0];
  const model = new Model({
    embeddings: embeddings.values,
    unembeddings: unembeddings.values,
    dim,
    bias: bias && bias.values,
    roundoff: [embeddings, unembeddings].map((each, k) => Math.max(each.roundoff ?? ROUNDOFF, given[k])),
  });
  return { model, labels: labels && wholeLabels(labels, inputs, classes) };
}
