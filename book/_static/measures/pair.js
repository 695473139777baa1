// Two models on the same inputs and labels, with what several measures need of both.
import { EPSILON, centred, combined, orthonormal, rowOf } from "./linear.js";
import { Points } from "./points.js";

export class Pair {
  #columns;
  #labelPoints;

  /** Errors where the models do not fit, or one has the same distribution for every input. */
  constructor(a, b) {
    if (a.inputs !== b.inputs) throw new Error(`b: found N = ${b.inputs} inputs, expected ${a.inputs} as in a`);
    if (a.labels !== b.labels) throw new Error(`b: found K = ${b.labels} labels, expected ${a.labels} as in a`);
    if (a.inputs < 2) throw new Error("a: found N = 1 input, expected at least 2");
    for (const [name, model] of [["a", a], ["b", b]]) {
      if (model.rank === 0) {
        throw new Error(
          `${name}: found the same distribution for every input, expected one that depends on the input: `
          + "every log-ratio is constant and cannot be standardised",
        );
      }
    }
    [this.a, this.b] = [a, b];
    this.inputs = a.inputs;
    this.labels = a.labels;
    this.dim = Math.min(a.rank, b.rank);
  }

  /**
   * Columns over the inputs as coordinates in one orthonormal basis: of each model's embeddings, and of what its
   * log-probabilities have in common.
   */
  get columns() {
    if (!this.#columns) {
      const { a, b } = this;
      const all = [...a.essential.f, ...b.essential.f, centred(a.common), centred(b.common)];
      const { coordinates } = orthonormal(all);
      this.#columns = {
        embeddings: [coordinates.slice(0, a.rank), coordinates.slice(a.rank, -2)],
        common: coordinates.slice(-2),
      };
    }
    return this.#columns;
  }

  /** The K labels as functions of the input, and a last point, of index K: the mean over all labels. */
  get labelPoints() {
    if (!this.#labelPoints) {
      const root = Math.sqrt(this.inputs - 1);
      const divided = (vector) => vector.map((value) => value / root);
      const { embeddings, common } = this.columns;
      const own = [this.a, this.b].map(({ essential }, model) => {
        const columns = embeddings[model].map(divided);
        const points = Array.from({ length: this.labels }, (_, y) => combined(columns, rowOf(essential.g, y)));
        return [...points, new Float64Array(columns[0].length)];
      });
      const roundings = [this.a, this.b].map(({ logitSizes, distribution }) => {
        let square = 0;
        logitSizes.forEach((size, x) => { square += (1 + size + Math.abs(distribution.normaliser[x])) ** 2; });
        return own[0].map(() => 4 * EPSILON * Math.sqrt(square / this.inputs));
      });
      this.#labelPoints = new Points(own, common.map(divided), roundings);
    }
    return this.#labelPoints;
  }

  /** Some inputs as functions of the label: points in their order. */
  inputPoints(inputs) {
    const models = [this.a, this.b];
    const root = Math.sqrt(this.labels - 1);
    const biases = models.map((model) => model.centredBias);
    return new Points(
      models.map((model) => inputs.map((x) => model.alongLabels(x).map((value) => value / root))),
      biases.map((bias) => bias && bias.map((value) => value / root)),
      models.map((model, i) => {
        const most = biases[i] ? biases[i].reduce((largest, each) => Math.max(largest, Math.abs(each)), 0) : 0;
        return inputs.map((x) => 4 * EPSILON * (1 + model.logitSizes[x] + most));
      }),
    );
  }
}
