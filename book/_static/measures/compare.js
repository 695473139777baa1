// Two models by every measure, over one choice of sets.
import { greatestDissimilarity, leastDissimilarity, linearBound, quadraticBound, ratioBound } from "./bounds.js";
import { WEIGHT, agreement, divergences, llvDistance, logitDistance } from "./distances.js";
import { Pair } from "./pair.js";
import { Ratios } from "./points.js";
import { chooseLabels, pivotPoint } from "./sets.js";
import { dissimilarity, effectiveRank, meanCca, representationDistance } from "./similarity.js";

/**
 * Compare two models on the same inputs and labels.
 *
 * @param options pivot, leftOut, labels as for `chooseLabels`; inputSet, (x_0, ..., x_r), null, or a function that
 *   chooses it for the pair; weight, lambda; chosen, subsets of labels, as for `representationDistance`
 * @returns measures by the names that `repsim compare --json` has for them
 */
export function compare(a, b, { inputSet = null, weight = WEIGHT, chosen = null, ...ofLabels } = {}) {
  const pair = new Pair(a, b);
  const ofInputs = typeof inputSet === "function" ? inputSet(pair) : inputSet;
  const sets = { ...chooseLabels(pair, ofLabels), inputSet: ofInputs };
  return compareOver(pair, sets, { weight, chosen, allLabels: ofLabels.labels === "all" });
}

/** The same of a pair over sets that were chosen. */
export function compareOver(pair, sets, { weight = WEIGHT, chosen = null, allLabels = false } = {}) {
  const { a, b } = pair;
  const pivot = pivotPoint(pair, sets.pivot);
  const points = pair.labelPoints;
  const ratios = new Ratios(points, pivot, sets.labels);
  const every = Array.from({ length: pair.labels }, (_, y) => y).filter((y) => points.gap(pivot, y).gap < Infinity);
  const all = new Ratios(points, pivot, every.length ? every : sets.labels);
  const kl = divergences(a, b);
  const llv = llvDistance(pair, sets, { weight, ratios });
  const representation = representationDistance(pair, sets, { ratios, chosen, allLabels });
  const size = Math.min(pair.dim, sets.labels.length, all.others.length);
  return {
    num_inputs: pair.inputs,
    num_labels: pair.labels,
    dims: [a.dim, b.dim],
    ranks: [a.rank, b.rank],
    effective_ranks: [effectiveRank(all.z), effectiveRank(all.w)],
    agreement: agreement(a, b),
    d_kl: kl.there,
    d_kl_reverse: kl.back,
    d_llv: llv.value,
    label_term: llv.labelTerm,
    input_term: llv.inputTerm,
    label_scale_term: llv.labelScaleTerm,
    input_scale_term: llv.inputScaleTerm,
    weight,
    ratio_distance: llv.ratioDistance,
    normaliser_mismatch: llv.normaliserMismatch,
    d_fg: representation.value,
    max_d_svd_f: representation.embeddings,
    worst_labels: representation.worst,
    d_svd_g: representation.unembeddings,
    d_svd_all_labels: dissimilarity(all.z, all.w),
    mean_cca: meanCca(pair),
    d_logit: logitDistance(a, b),
    quadratic_bound: quadraticBound(llv.value),
    linear_bound: linearBound(llv.value, pair.dim),
    ratio_bound: ratioBound(llv.ratioDistance),
    certificate: greatestDissimilarity(all.distances, size),
    least_d_svd_f: size < all.others.length ? leastDissimilarity(all.distances, size) : null,
    size,
    pivot: sets.pivot,
    left_out: sets.leftOut,
    labels: sets.labels,
    input_set: sets.inputSet,
    label_subsets: representation.count,
    label_subsets_in_all: representation.total,
    dependent_label_subsets: representation.dependent,
    diverse: representation.diverse,
  };
}
