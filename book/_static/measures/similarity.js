// Similarity of representations: canonical correlations, d_SVD over sets of labels, and d_{f,g} (Def. 4.5).
import {
  combined, dot, independent, less, mean, nearestOrthogonal, nuclearNorm, orthonormal, products, singularValues, subsets,
  sum,
} from "./linear.js";
import { Ratios } from "./points.js";
import { pivotPoint } from "./sets.js";

// Label subsets that are looked at, at most.
export const MAX_SUBSETS = 20000;
// Below this d_SVD is taken from a difference: 1 less a number near 1 has lost its digits.
const CLOSE = 1e-4;

/** Canonical correlations of the representations that reach the two distributions, from the largest on. */
export function canonicalCorrelations(pair) {
  const [first, second] = pair.columns.embeddings.map((columns) => orthonormal(columns).basis);
  return singularValues(products(first, second)).map((value) => Math.min(value, 1));
}

export const meanCca = (pair) => mean(canonicalCorrelations(pair));

/** d_SVD of standardised points: 1 - the nuclear norm of z w^T over their number; of more points than coordinates, too. */
export function dissimilarity(z, w) {
  const few = z.length <= z[0].length;
  const [first, second] = few ? [z, w] : [triangle(z), triangle(w)];
  return fromProducts(products(first, second), first, second, z.length);
}

/**
 * d_SVD of so many points, from the products `cross` of the rows of z and of w. It is min |z - Q w|²/(2 points) over
 * orthogonal Q, too, and that keeps all digits where models are close.
 */
function fromProducts(cross, z, w, points) {
  const found = 1 - nuclearNorm(cross) / points;
  if (found >= CLOSE) return found;
  const { rows, unreached } = nearestOrthogonal(cross);
  const squares = (vectors) => sum(vectors.map((vector) => dot(vector, vector)));
  const apart = squares(z.map((vector, i) => less(vector, combined(w, rows[i]))));
  return (apart + (unreached ? squares(unreached(w)) : 0)) / (2 * points);
}

/** Of a matrix with these rows, as rows, the triangular factor: as many as there are columns. */
function triangle(rows) {
  const columns = Array.from(rows[0], (_, k) => Float64Array.from(rows, (row) => row[k]));
  const { coordinates } = orthonormal(columns);
  return Array.from(coordinates[0], (_, i) => Float64Array.from(coordinates, (column) => column[i]));
}

/**
 * d_{f,g}: the largest d_SVD of L^T f over all L that the kept labels allow, and of N^T g.
 *
 * @param sets pivot, labels and inputSet, as for `llvDistance`
 * @param allLabels take one d_SVD over all kept labels in place of subsets
 * @param chosen subsets to look at, as places among the kept labels; null for all, which must be at most MAX_SUBSETS
 * @returns value; embeddings, the largest d_SVD of a label subset, and worst, these labels; unembeddings (null without an
 *   input set); count of subsets that were looked at; total, how many there are; dependent, how many were set aside
 *   because their log-ratios are linearly dependent in a model; diverse, whether there are others
 */
export function representationDistance(pair, sets, { allLabels = false, ratios = null, chosen = null } = {}) {
  const found = ratios ?? new Ratios(pair.labelPoints, pivotPoint(pair, sets.pivot), sets.labels);
  const ofLabels = allLabels
    ? { embeddings: dissimilarity(found.z, found.w), worst: sets.labels, count: 1, total: 1, dependent: 0, diverse: true }
    : worstSubset(found, Math.min(pair.dim, sets.labels.length), chosen);
  let unembeddings = null;
  if (sets.inputSet) {
    const others = sets.inputSet.slice(1).map((_, i) => i + 1);
    const along = new Ratios(pair.inputPoints(sets.inputSet), 0, others, "input");
    unembeddings = dissimilarity(along.z, along.w);
  }
  return { value: Math.max(ofLabels.embeddings, unembeddings ?? 0), unembeddings, ...ofLabels };
}

function worstSubset({ z, w, others }, size, given) {
  const total = choose(others.length, size);
  if (!given && total > MAX_SUBSETS) throw new Error(`chosen: found none, expected some of the ${total} label subsets`);
  const cross = products(z, w);
  const grams = [z, w].map((vectors) => products(vectors, vectors));
  const block = (matrix, places) => places.map((i) => places.map((j) => matrix[i][j]));
  const [all, regular] = [{ embeddings: -1, worst: null }, { embeddings: -1, worst: null }];
  let [count, dependent] = [0, 0];
  for (const places of given ?? subsets(others.length, size)) {
    const [first, second] = [z, w].map((vectors) => places.map((i) => vectors[i]));
    const value = fromProducts(block(cross, places), first, second, size);
    const diverse = grams.every((gram, model) =>
      independent([first, second][model], block(gram, places)));
    if (diverse) count++;
    else dependent++;
    for (const kept of diverse ? [all, regular] : [all]) {
      if (value > kept.embeddings) Object.assign(kept, { embeddings: value, worst: places.map((i) => others[i]) });
    }
  }
  // Where all are dependent they count after all.
  return count
    ? { ...regular, count, total, dependent, diverse: true }
    : { ...all, count: dependent, total, dependent: 0, diverse: false };
}

/** Binomial coefficient. */
export function choose(count, size) {
  let found = 1;
  for (let i = 1; i <= size; i++) found = (found * (count - size + i)) / i;
  return Math.round(found);
}

/** How many directions standardised points use: exp of the entropy of the shares of their singular values. */
export function effectiveRank(vectors) {
  const sigma = singularValues(triangle(vectors));
  const shares = sigma.filter((value) => value > 0).map((value) => value / sum(sigma));
  return Math.exp(-sum(shares.map((share) => share * Math.log(share))));
}
