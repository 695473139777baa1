// Distances between distributions: the KL divergence both ways, d_LLV (Def. 4.4), and the distance of logits.
import { pivotPoint } from "./sets.js";
import { Ratios } from "./points.js";

// lambda of the paper's experiments
export const WEIGHT = 1e-5;

/** d_KL(p_a, p_b) and d_KL(p_b, p_a): means over inputs, in nats. */
export function divergences(a, b) {
  const [first, second] = [a.distribution, b.distribution];
  let [there, back] = [0, 0];
  for (let i = 0; i < first.probs.length; i++) {
    const apart = first.logProbs[i] - second.logProbs[i];
    there += first.probs[i] * apart;
    back -= second.probs[i] * apart;
  }
  // Negative only by rounding.
  return { there: Math.max(there / a.inputs, 0), back: Math.max(back / a.inputs, 0) };
}

/** Share of inputs to which both give the same most probable label. */
export function agreement(a, b) {
  const [first, second] = [a.distribution.predictions, b.distribution.predictions];
  return first.reduce((count, label, x) => count + (label === second[x]), 0) / first.length;
}

/**
 * d_logit: the root of the mean squared distance of the logits, centred over labels (arXiv:2602.15438). These are the
 * log-probabilities less their mean over labels.
 */
export function logitDistance(a, b) {
  const [first, second] = [a.distribution.logProbs, b.distribution.logProbs];
  let total = 0;
  for (let start = 0; start < first.length; start += a.labels) {
    let mean = 0;
    for (let i = start; i < start + a.labels; i++) mean += (first[i] - second[i]) / a.labels;
    for (let i = start; i < start + a.labels; i++) total += (first[i] - second[i] - mean) ** 2;
  }
  return Math.sqrt(total / a.inputs);
}

/**
 * d_LLV over sets: the largest of four terms.
 *
 * @param sets pivot, labels (kept besides the pivot) and inputSet (x_0, ..., x_r), or null for none
 * @param ratios those of the sets, if they are known
 * @returns value; labelTerm, inputTerm, labelScaleTerm, inputScaleTerm (of inputs null without an input set);
 *   ratioDistance (delta) and normaliserMismatch (nu): max(delta/2, nu) <= labelTerm <= delta + nu
 */
export function llvDistance(pair, sets, { weight = WEIGHT, ratios = null } = {}) {
  const pivot = pivotPoint(pair, sets.pivot);
  const ofLabels = terms(pair.labelPoints, pivot, sets.labels, "label", weight);
  let ofInputs = { term: null, scale: null };
  if (sets.inputSet) {
    const others = sets.inputSet.slice(1).map((_, i) => i + 1);
    ofInputs = terms(pair.inputPoints(sets.inputSet), 0, others, "input", weight);
  }
  const { distances } = ratios ?? new Ratios(pair.labelPoints, pivot, sets.labels);
  return {
    value: Math.max(ofLabels.term, ofLabels.scale, ofInputs.term ?? 0, ofInputs.scale ?? 0),
    labelTerm: ofLabels.term,
    inputTerm: ofInputs.term,
    labelScaleTerm: ofLabels.scale,
    inputScaleTerm: ofInputs.scale,
    ratioDistance: Math.max(...distances),
    normaliserMismatch: ofLabels.atPivot,
    weight,
  };
}

function terms(points, pivot, others, name, weight) {
  const found = { term: 0, scale: 0, atPivot: 0 };
  for (const point of others) {
    const { gap, atPivot, psi, other } = points.gap(pivot, point);
    if (gap === Infinity) {
      throw new Error(`a, b: the log-ratio of ${name} ${point} with the pivot is constant in one of the models, or varies `
        + "less than rounding, and cannot be standardised");
    }
    found.term = Math.max(found.term, gap);
    found.atPivot = Math.max(found.atPivot, atPivot);
    found.scale = Math.max(found.scale, weight * Math.abs(psi - other));
  }
  return found;
}
