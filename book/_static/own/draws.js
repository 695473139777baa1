// The sets that `repsim_core.compare` draws, in the same order from the same seed: input sets and label subsets.
import { dot, length, subsets } from "../measures/linear.js";
import { MAX_SUBSETS } from "../measures/similarity.js";
import { bestInputSet } from "../measures/sets.js";
import { plural } from "./printed.js";
import { Generator } from "./random.js";

export const SEED = 0;
export const SAMPLES = 200;
// Multiplications that label subsets may take, whatever the logits take; and those of one, over the cube of its size.
const LEAST_WORK = 6e8;
const WORK = 60;

// The best of random disjoint sets of r + 1 inputs, or what stands in for it, and how it was found, in words.
export function chooseInputs(pair, { seed = SEED, samples = SAMPLES } = {}) {
  const { dim, inputs, labels } = pair;
  if (dim === labels - 1) {
    return {
      inputSet: null,
      inputChoice: `none: with r = K - 1 = ${dim} the unembeddings of any two models are linear images of each other; `
        + "terms 2 and 4 and d_SVD of g are left out",
    };
  }
  const size = dim + 1;
  const count = Math.min(samples, Math.floor(inputs / size));
  const drawn = new Generator(seed).permutation(inputs);
  const sets = Array.from({ length: count }, (_, k) => drawn.slice(k * size, (k + 1) * size));
  const best = bestInputSet(pair, sets);
  if (best) return { inputSet: best, inputChoice: `best of ${plural(count, "random disjoint set")}, seed ${seed}` };
  const every = Array.from({ length: inputs }, (_, x) => x);
  for (const model of [pair.a, pair.b]) {
    const set = [0, ...independentColumns(model.displaced([0, ...every]), dim)];
    if (new Set(set).size === size && bestInputSet(pair, [set])) {
      return { inputSet: set, inputChoice: `by pivoted QR: none of ${plural(count, "random disjoint set")} is diverse` };
    }
  }
  return {
    inputSet: null,
    inputChoice: `none: no ${size} inputs were found that are diverse in both models (are there equal ones, or huge `
      + "biases?)",
  };
}

// Places of `count` columns that are far from dependent: QR with pivots on columns of length 1.
function independentColumns(columns, count) {
  const left = columns.map((column) => {
    const size = length(column);
    return column.map((x) => (size > 0 ? x / size : 0));
  });
  const chosen = [];
  while (chosen.length < count) {
    let [best, place] = [-1, 0];
    left.forEach((column, k) => {
      const square = chosen.includes(k) ? -1 : dot(column, column);
      if (square > best) [best, place] = [square, k];
    });
    chosen.push(place);
    const size = Math.sqrt(best);
    if (size === 0) break;
    const direction = left[place].map((x) => x / size);
    for (const column of left) {
      const along = dot(direction, column);
      for (let i = 0; i < column.length; i += 1) column[i] -= along * direction[i];
    }
  }
  return chosen;
}

// How many subsets there are: more than a number can say.
function subsetsInAll(count, size) {
  let total = 1n;
  for (let k = 1; k <= size; k += 1) total = (total * BigInt(count - size + k)) / BigInt(k);
  return total;
}

function inOrder(one, other) {
  const k = one.findIndex((place, i) => place !== other[i]);
  return k < 0 ? 0 : one[k] - other[k];
}

// Subsets of so many kept labels as places among them, in lexicographic order: all, or a sample; and how many there are.
export function drawSubsets({ a, b, inputs, labels }, count, size, seed = SEED) {
  const logits = inputs * labels * (a.dim + b.dim);
  const affordable = Math.max(1, Math.floor(Math.max(LEAST_WORK, Math.floor(logits / 2)) / (WORK * size ** 3)));
  const limit = Math.min(MAX_SUBSETS, affordable);
  const total = subsetsInAll(count, size);
  if (total <= BigInt(limit)) return { total, chosen: [...subsets(count, size)] };
  const generator = new Generator(seed);
  if (total <= BigInt(2 * limit)) {
    const drawn = new Set(generator.choice(Number(total), limit));
    return { total, chosen: [...subsets(count, size)].filter((_, place) => drawn.has(place)) };
  }
  const drawn = new Map();
  while (drawn.size < limit) {
    const subset = generator.choice(count, size).sort((i, j) => i - j);
    drawn.set(subset.join(), subset);
  }
  return { total, chosen: [...drawn.values()].sort(inOrder) };
}
