// The two models of a state, as arrays: at most 500 inputs in the plane, the same in both.
import { Model } from "../measures/model.js";
import { bestInputSet } from "../measures/sets.js";
import { compare } from "../measures/compare.js";

const MOST = 500;
const MOST_OF_LABEL = 30;
// Conditioning that an input set must reach, as in `repsim_core`.
const FLOOR = 0.01;

/** Numbers from 0 to 1, the same every time. */
function* uniform(seed) {
  let state = seed;
  while (true) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

const next = (numbers) => numbers.next().value;
const normal = (numbers) =>
  Math.sqrt(-2 * Math.log(1 - next(numbers))) * Math.cos(2 * Math.PI * next(numbers));
const numbers = uniform(7);
// Of each input: where it is in its cluster, from -1 to 1 across and as a deviation along; and its noise in model 2.
const DRAWN = Array.from({ length: MOST }, () => ({
  across: 2 * next(numbers) - 1,
  along: normal(numbers),
  noise: [normal(numbers), normal(numbers)],
}));

/** Clusters in the direction (1, 0), to be turned to the place of their label. */
function clusters({ labels, spread }) {
  const each = Math.min(MOST_OF_LABEL, Math.floor(MOST / labels));
  const found = { f: new Float64Array(2 * each * labels), g: new Float64Array(2 * labels), of: [] };
  for (let x = 0; x < each * labels; x++) {
    const { across, along } = DRAWN[x];
    const angle = (spread * 0.55 * Math.PI * across) / Math.max(labels, 5);
    const size = 2 + 0.2 * spread * along;
    found.f.set([size * Math.cos(angle), size * Math.sin(angle)], 2 * x);
    found.of.push(x % labels);
  }
  for (let y = 0; y < labels; y++) found.g[2 * y] = 1;
  return found;
}

/**
 * Arrays of one of the models, 0 or 1: f and g, row by row, and of each input the label that it belongs to, -1 for none.
 *
 * @param given the arrays that the state names: `f` and `g` of both models and `of`; null for clusters on a circle
 */
export function arrays(state, given, model) {
  const { labels, rho, spread, a, b, noise, stretch, mirror } = state;
  const key = JSON.stringify([labels, rho, spread, ...(model ? [b, noise, stretch, mirror] : a)]);
  // While one model is moved the other stays.
  if (latest[model]?.key !== key || latest[model].given !== given) latest[model] = { key, given, made: made(state, given, model) };
  return latest[model].made;
}

const latest = [null, null];

function made(state, given, model) {
  const base = given ? { f: given.f[model], g: given.g[model], of: given.of } : clusters(state);
  const turns = (model ? state.b : state.a).map((angle) => {
    const radians = (angle * Math.PI) / 180;
    return [Math.cos(radians), Math.sin(radians)];
  });
  const [across, along] = model ? frame(state) : frame({ stretch: 1 });
  const f = new Float64Array(base.f.length);
  const g = new Float64Array(base.g.length);
  for (let x = 0; x < f.length / 2; x++) {
    // Inputs of no label turn with label 0, whose unembedding is 0 in such a pair.
    const [c, s] = turns[base.of[x]] ?? turns[0];
    const [u, v] = [base.f[2 * x], base.f[2 * x + 1]];
    const noise = model ? state.noise : 0;
    const first = c * u - s * v + noise * DRAWN[x].noise[0];
    const second = s * u + c * v + noise * DRAWN[x].noise[1];
    f[2 * x] = across[0] * first + across[1] * second;
    f[2 * x + 1] = along[0] * first + along[1] * second;
  }
  const [outAcross, outAlong] = inverseTransposed([across, along]);
  for (let y = 0; y < g.length / 2; y++) {
    const [c, s] = turns[y];
    const [u, v] = [base.g[2 * y], base.g[2 * y + 1]];
    const [first, second] = [c * u - s * v, s * u + c * v];
    g[2 * y] = state.rho * (outAcross[0] * first + outAcross[1] * second);
    g[2 * y + 1] = state.rho * (outAlong[0] * first + outAlong[1] * second);
  }
  return { f, g, of: base.of };
}

/** The linear map of model 2, as two rows: it stretches along a slanted line, and mirrors left and right. */
export function frame({ stretch, mirror }) {
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const [long, short] = [stretch, 1 / stretch];
  const sign = mirror ? -1 : 1;
  const off = c * s * (long - short);
  return [[sign * (c * c * long + s * s * short), sign * off], [off, s * s * long + c * c * short]];
}

/** The map that undoes it in scalar products. */
export function inverseTransposed([[a, b], [c, d]]) {
  const size = a * d - b * c;
  return [[d / size, -c / size], [-b / size, a / size]];
}

/** The first input of each label, or all where they belong to none. */
function representatives(of) {
  const first = new Map();
  of.forEach((label, x) => { if (!first.has(label)) first.set(label, x); });
  return first.has(-1) ? of.map((_, x) => x) : [...first.values()];
}

/** All sets of a first one and two others. */
function triples(inputs) {
  return inputs.flatMap((first) => {
    const rest = inputs.filter((x) => x !== first);
    return rest.flatMap((second, i) => rest.slice(i + 1).map((third) => [first, second, third]));
  });
}

const kept = new Map();

/** Of all sets of an input of each label, those that d_LLV may be taken over; the same for the same labels. */
function inputSets(of) {
  const inputs = representatives(of);
  const key = inputs.join();
  if (!kept.has(key)) kept.set(key, triples(inputs));
  return kept.get(key);
}

const models = new WeakMap();

/** The model of arrays: one for the same ones, so that what it has found of itself stays. */
function modelOf(found) {
  if (!models.has(found)) models.set(found, new Model({ embeddings: found.f, unembeddings: found.g, dim: 2 }));
  return models.get(found);
}

/** What `compare` measures of the two models of a state, given as arrays. */
export function measure(state, [first, second]) {
  const fixed = state.given === "angles" ? { pivot: 0, leftOut: "none" } : {};
  return compare(modelOf(first), modelOf(second), {
    ...fixed,
    inputSet: (pair) => (pair.dim === pair.labels - 1 ? null : bestInputSet(pair, inputSets(first.of), FLOOR)),
  });
}
