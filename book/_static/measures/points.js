// Points of two models as functions of the same observations: labels over the inputs, or inputs over the labels. Each is
// a short vector whose length is a deviation, so that log-ratios are differences and correlations are products.
import { distance, dot, length, less } from "./linear.js";

// A deviation below this share of what it is made of is rounding.
const CONSTANT = 1e-12;

/** What parts two models at one log-ratio, or Infinity where it is constant in one of them. */
export class Points {
  /**
   * @param own of each model, the points but for what all of them have in common: vectors
   * @param common of each model, the vector of what all have in common; null for none
   * @param roundings of each model, of each point: size of the rounding errors in its log-probabilities
   */
  constructor(own, common, roundings) {
    this.own = own;
    this.whole = own.map((vectors, model) =>
      common[model] ? vectors.map((vector) => vector.map((value, i) => value + common[model][i])) : vectors);
    this.floors = this.whole.map((vectors, model) =>
      vectors.map((vector, i) => CONSTANT * length(vector) + roundings[model][i]));
  }

  /** psi: the deviation of the log-ratio of two points in one model, 0 or 1. */
  psi(model, i, j) {
    return distance(this.own[model][i], this.own[model][j]);
  }

  /**
   * gap(i, j) of Def. 4.4: the larger std[log p_e/psi - log p'_e/psi'] of both ends e of the ratio, that at the pivot i,
   * and psi, psi'.
   */
  gap(i, j) {
    const [psi, other] = [this.psi(0, i, j), this.psi(1, i, j)];
    const [floor, otherFloor] = this.floors.map((floors) => floors[i] + floors[j]);
    if (psi <= floor || other <= otherFloor) return { gap: Infinity, atPivot: Infinity, psi, other };
    const apart = (end) => distance(this.whole[0][end], this.whole[1][end], 1 / psi, 1 / other);
    const atPivot = apart(i);
    return { gap: Math.max(atPivot, apart(j)), atPivot, psi, other };
  }
}

/** Standardised log-ratios of some points with a pivot, in both models: vectors z and w of length 1. */
export class Ratios {
  constructor(points, pivot, others, name = "label") {
    const standardised = (model) => others.map((point) => {
      const own = points.own[model];
      const found = less(own[point], own[pivot]);
      const size = length(found);
      if (size <= CONSTANT * (length(own[point]) + length(own[pivot]))) {
        throw new Error(
          `log-ratios of ${"ab"[model]}: that of ${name} ${point} with the pivot is constant and cannot be standardised`);
      }
      return found.map((value) => value / size);
    });
    this.others = others;
    this.z = standardised(0);
    this.w = standardised(1);
    // std(z_y - w_y), 0 to 2: from the difference, so that close models keep all their digits.
    this.distances = this.z.map((vector, i) => distance(vector, this.w[i]));
  }

  /** rho_y, the correlation of z_y and w_y. */
  get correlations() {
    return this.z.map((vector, i) => dot(vector, this.w[i]));
  }
}
