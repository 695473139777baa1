// The sets that d_LLV and d_{f,g} are taken over: pivot, kept labels and input set (Def. 4.4). Nothing is drawn here:
// sets are given, or the best of all that are possible.
import { conditioning, independent } from "./linear.js";

export const MEAN = "mean";
// Conditioning below which vectors count as dependent; inputs of which all gaps are kept.
const SINGULAR = 1e-12;
const FEW = 512;
// Gaps have no unit, and those of equal models are rounding errors of about 1e-15: then the first is the least.
const NONE = 1e-12;
const settled = (gap) => (gap < NONE ? 0 : gap);

/** The point of `labelPoints` that a pivot is. */
export const pivotPoint = (pair, pivot) => (pivot === MEAN ? pair.labels : pivot);

/**
 * Pivot and kept labels. As in the paper, the pivot and the one label left out are those with the least term 1, and none
 * is left out where K = r + 1.
 *
 * @param pivot a label, "mean", or null for the search
 * @param leftOut a label, "none", or null for the search
 * @param labels the kept labels besides the pivot, "all", or null for what `leftOut` says
 */
export function chooseLabels(pair, { pivot = null, leftOut = null, labels = null } = {}) {
  const every = Array.from({ length: pair.labels }, (_, y) => y);
  if (labels !== null && leftOut !== null) throw new Error("leftOut: found it beside labels, expected one of the two");
  const given = Array.isArray(labels) || (labels !== null && labels !== "all") ? Array.from(labels) : null;
  if (pivot === MEAN || labels === "all" || given) {
    const kept = given ?? every.filter((y) => y !== leftOut);
    const found = pivot ?? search(pair, every.filter((y) => !given || !given.includes(y)), kept, null).pivot;
    return { pivot: found, leftOut: typeof leftOut === "number" ? leftOut : null, labels: kept.filter((y) => y !== found) };
  }
  const spare = pair.labels >= pair.dim + 2;
  if (typeof leftOut === "number" && !spare) {
    throw new Error(`leftOut: found label ${leftOut} of K = r + 1 = ${pair.labels}, which leaves none to leave out`);
  }
  const wanted = leftOut === null ? (spare ? "search" : null) : leftOut === "none" ? null : leftOut;
  const pivots = (pivot === null ? every : [pivot]).filter((y) => y !== leftOut);
  const found = search(pair, pivots, every.filter((y) => y !== wanted), wanted);
  return { ...found, labels: every.filter((y) => y !== found.pivot && y !== found.leftOut) };
}

/** The pivot with the least term 1 over the kept labels, and the label that is left out: given, searched or none. */
function search(pair, pivots, kept, leftOut) {
  const points = pair.labelPoints;
  let best = Infinity;
  let found = null;
  for (const pivot of pivots) {
    let [largest, second, place] = [-Infinity, -Infinity, null];
    for (const label of kept) {
      if (label === pivot) continue;
      const gap = settled(points.gap(pivot, label).gap);
      if (gap > largest) [second, largest, place] = [largest, gap, label];
      else if (gap > second) second = gap;
    }
    const term = leftOut === "search" ? second : largest;
    if (term < best) {
      best = term;
      found = { pivot, leftOut: leftOut === "search" ? place : leftOut };
    }
  }
  if (!found) {
    throw new Error(
      "labels: for every choice of pivot and left-out label some log-ratio is constant over the inputs in a or b, and "
      + "cannot be standardised (are there equal unembeddings or equal inputs?)");
  }
  return found;
}

/**
 * Of input sets (x_0, x_1, ..., x_r) the one with the least term 2 that is diverse in both models; null where none is.
 *
 * @param floor that the conditioning of the displaced embeddings must exceed
 */
export function bestInputSet(pair, sets, floor = SINGULAR) {
  const { members, places } = prepared(sets);
  const points = pair.inputPoints(members);
  // Gaps that several sets may share, of few inputs.
  const shared = members.length <= FEW ? new Float64Array(members.length ** 2).fill(-1) : null;
  const gap = (i, j) => {
    if (!shared) return points.gap(i, j).gap;
    const at = i * members.length + j;
    if (shared[at] < 0) shared[at] = shared[j * members.length + i] = points.gap(i, j).gap;
    return shared[at];
  };
  const size = sets[0].length;
  const terms = new Float64Array(sets.length);
  for (let start = 0; start < places.length; start += size) {
    for (let i = start + 1; i < start + size; i++) {
      terms[start / size] = Math.max(terms[start / size], gap(places[start], places[i]));
    }
  }
  const regular = (model, set) => {
    const rows = model.displaced(set);
    return floor > SINGULAR ? conditioning(rows) > floor : independent(rows);
  };
  terms.forEach((term, i) => { terms[i] = settled(term); });
  while (true) {
    let best = 0;
    for (let i = 1; i < sets.length; i++) if (terms[i] < terms[best]) best = i;
    if (!(terms[best] < Infinity)) return null;
    if ([pair.a, pair.b].every((model) => regular(model, sets[best]))) return sets[best];
    terms[best] = Infinity;
  }
}

const known = new WeakMap();

/** The inputs that are in some set, and the sets in their places among these, one after the other; once for the same. */
function prepared(sets) {
  if (!known.has(sets)) {
    const members = [...new Set(sets.flat())];
    const place = new Map(members.map((x, i) => [x, i]));
    known.set(sets, { members, places: Int32Array.from(sets.flat(), (x) => place.get(x)) });
  }
  return known.get(sets);
}
