// The pairs of models that the chapters make by hand, with the draws of `repsim_core.constructions`.
import { Model } from "../measures/model.js";
import { Generator } from "./random.js";

const HALF_WIDTH = Math.PI / 64; // of the angle that the inputs of a class take up
const STARLESS = { 4: [0, 1, 3, 2], 6: [0, 4, 2, 5, 1, 3] };

const commonFactor = (x, y) => (y ? commonFactor(y, x % y) : x);

// k -> 5 + s·k mod K with the least step s that makes a star polygon.
export function starPermutation(classes) {
  for (let step = 2; step < classes - 1; step += 1) {
    if (commonFactor(step, classes) === 1) return Array.from({ length: classes }, (_, k) => (5 + step * k) % classes);
  }
  return STARLESS[classes];
}

const fromArrays = ({ embeddings, unembeddings, labels }) =>
  ({ model: new Model({ embeddings, unembeddings, dim: 2 }), labels, embeddings, unembeddings });

// Model 1 has its labels in turn round a circle, model 2 in the permuted order: the same predictions.
export function permutedCircles(classes, { rho, permutation = null, inputsPerClass, seed }) {
  const order = permutation ?? starPermutation(classes);
  const count = classes * inputsPerClass;
  const generator = new Generator(seed);
  const offsets = Float64Array.from({ length: count }, () => generator.uniform(-HALF_WIDTH, HALF_WIDTH));
  const lengths = Float64Array.from({ length: count }, () => 2 + Math.abs(0.01 * generator.normal()));
  const labels = Int32Array.from({ length: count }, (_, x) => Math.floor(x / inputsPerClass));
  return [order.map((_, k) => k), order].map((places) => {
    const [embeddings, unembeddings] = [new Float64Array(2 * count), new Float64Array(2 * classes)];
    places.forEach((place, k) => {
      const direction = (2 * Math.PI * place) / classes;
      unembeddings.set([rho * Math.cos(direction), rho * Math.sin(direction)], 2 * k);
      for (let i = 0; i < inputsPerClass; i += 1) {
        const x = k * inputsPerClass + i;
        const angle = direction + offsets[place * inputsPerClass + i];
        embeddings.set([lengths[x] * Math.cos(angle), lengths[x] * Math.sin(angle)], 2 * x);
      }
    });
    return fromArrays({ embeddings, unembeddings, labels });
  });
}

// The model with normal noise on every coordinate.
export function noisyCopy({ embeddings, unembeddings, labels }, noise, seed) {
  const generator = new Generator(seed);
  const noisy = (values) => values.map((value) => value + noise * generator.normal());
  return fromArrays({ embeddings: noisy(embeddings), unembeddings: noisy(unembeddings), labels });
}
