// A model p(y|x) = exp(f(x)·g(y) + b(y)) / sum_y' exp(f(x)·g(y') + b(y')), and what of its arrays reaches the distribution.
import { EPSILON, centred, columnsOf, combined, dot, length, mean, orthonormal, rowOf, svd } from "./linear.js";

// By how much arithmetic adds to the rounding of the numbers that were given, in units of float64's.
const ARITHMETIC = 16;
const ROUNDOFF = EPSILON / 2;
// Numbers of this size have squares that leave float64's range.
const LARGEST = 1e150;

/** An array of numbers as float64; an error that names it where it is not made of rows of finite ones. */
function numbers(values, name, columns) {
  const found = values instanceof Float64Array ? values : Float64Array.from(values);
  if (!found.length || found.length % columns) {
    throw new Error(`${name}: found ${found.length} numbers, expected rows of ${columns}`);
  }
  const bad = found.findIndex((value) => !(Math.abs(value) < LARGEST));
  if (bad >= 0) throw new Error(`${name}: found ${found[bad]} in row ${Math.floor(bad / columns)}, expected finite numbers below 1e150`);
  return found;
}

export class Model {
  #parts = {};

  /**
   * Attributes: inputs (N), labels (K), dim (M); f and g, their columns; bias.
   *
   * @param embeddings f(x), N·M numbers, row by row
   * @param unembeddings g(y), K·M numbers, row by row
   * @param dim M
   * @param bias b(y), K numbers, or null
   * @param roundoff by how much, relative to its size, an entry of f and of g was rounded before it came here
   */
  constructor({ embeddings, unembeddings, dim, bias = null, roundoff = [ROUNDOFF, ROUNDOFF] }) {
    if (!Number.isInteger(dim) || dim < 1) throw new Error(`dim: found ${dim}, expected a whole number from 1 on`);
    this.dim = dim;
    this.f = columnsOf(numbers(embeddings, "embeddings", dim), dim);
    this.g = columnsOf(numbers(unembeddings, "unembeddings", dim), dim);
    this.inputs = this.f[0].length;
    this.labels = this.g[0].length;
    if (this.labels < 2) throw new Error("unembeddings: found K = 1 label, expected at least 2");
    this.bias = bias === null ? null : numbers(bias, "bias", 1);
    if (this.bias && this.bias.length !== this.labels) {
      throw new Error(`bias: found ${this.bias.length} numbers, expected ${this.labels}, one a label`);
    }
    this.roundoff = roundoff;
  }

  /** Computed when it is first asked for. */
  #once(name, compute) {
    this.#parts[name] ??= compute();
    return this.#parts[name];
  }

  /** p(y|x) and log p(y|x) in nats, N·K numbers each, row by row; normalisers, and each input's most probable label. */
  get distribution() {
    return this.#once("distribution", () => {
      const { inputs, labels, dim, bias, f, g } = this;
      const [probs, logProbs] = [new Float64Array(inputs * labels), new Float64Array(inputs * labels)];
      const normaliser = new Float64Array(inputs);
      const predictions = new Int32Array(inputs);
      for (let x = 0; x < inputs; x++) {
        const start = x * labels;
        const stop = start + labels;
        if (bias) logProbs.set(bias, start);
        for (let k = 0; k < dim; k++) {
          const value = f[k][x];
          const column = g[k];
          for (let y = 0; y < labels; y++) logProbs[start + y] += value * column[y];
        }
        let best = start;
        for (let i = start + 1; i < stop; i++) if (logProbs[i] > logProbs[best]) best = i;
        const largest = logProbs[best];
        let total = 0;
        for (let i = start; i < stop; i++) total += probs[i] = Math.exp(logProbs[i] - largest);
        normaliser[x] = largest + Math.log(total);
        predictions[x] = best - start;
        for (let i = start; i < stop; i++) {
          logProbs[i] -= normaliser[x];
          probs[i] /= total;
        }
      }
      return { probs, logProbs, normaliser, predictions };
    });
  }

  /** How large the numbers are that logits are made of, columns of f scaled to mean square 1 and those of g inversely. */
  get #sizes() {
    return this.#once("sizes", () => {
      const scale = this.f.map((column) => length(column) / Math.sqrt(this.inputs) || 1);
      const rowLengths = (columns, by) => {
        const squares = new Float64Array(columns[0].length);
        columns.forEach((column, k) => {
          for (let i = 0; i < squares.length; i++) squares[i] += (column[i] * by[k]) ** 2;
        });
        return squares.map(Math.sqrt);
      };
      return {
        scale,
        lengths: rowLengths(this.f, scale.map((each) => 1 / each)),
        labelLength: Math.max(...rowLengths(this.g, scale)),
        labelColumn: Math.max(...this.g.map((column, k) => length(column) * scale[k])),
      };
    });
  }

  /** A bound on the size of f(x)·g(y) for each input: rounding errors of logits go by it. */
  get logitSizes() {
    return this.#once("logitSizes", () => this.#sizes.lengths.map((each) => each * this.#sizes.labelLength));
  }

  /** r, the dimension of what reaches the distribution: the rank of the logits, centred over inputs and over labels. */
  get rank() {
    return this.essential.f.length;
  }

  /**
   * The same model in `rank` dimensions: columns of centred embeddings f and of centred unembeddings g, whose products
   * are the logits, centred over inputs and over labels.
   */
  get essential() {
    return this.#once("essential", () => {
      const { scale } = this.#sizes;
      const [f, g] = [this.f.map(centred), this.g.map(centred)];
      const divided = (columns) => columns.map((column, k) => column.map((value) => value / scale[k]));
      const scaled = g.map((column, k) => column.map((value) => value * scale[k]));
      const root = Math.sqrt(this.inputs - 1);
      if (this.labels > this.dim) {
        const first = divided(orthonormal(f).coordinates);
        const second = orthonormal(scaled).coordinates;
        const rows = first[0].length && second[0].length ? products(first, second) : [[0]];
        const { sigma, left, right } = svd(rows);
        const along = (columns, vector) => columns.map((column) => dot(column, vector));
        const kept = this.#kept(sigma, (i) => [along(first, left[i]), along(second, right[i])]);
        if (kept.length === this.dim) return { f, g };
        return {
          f: kept.map((i) => combined(f, along(second, right[i]).map((value, k) => (value * root) / sigma[i] / scale[k]))),
          g: kept.map((i) => combined(g, along(first, left[i]).map((value, k) => (value / root) * scale[k]))),
        };
      }
      // Fewer columns: those of the logits, in coordinates of the labels.
      const parts = divided(f);
      const seen = Array.from({ length: this.labels }, (_, y) => combined(parts, rowOf(scaled, y)));
      const { coordinates } = orthonormal(seen);
      const { sigma, right } = svd(coordinates[0].length ? turned(coordinates) : [new Float64Array(this.labels)]);
      const image = (i) => combined(seen, right[i]).map((value) => value / (sigma[i] || 1));
      const kept = this.#kept(sigma, (i) => {
        const direction = image(i);
        return [parts.map((part) => dot(part, direction)), scaled.map((column) => dot(column, right[i]))];
      });
      return {
        f: kept.map((i) => image(i).map((value) => value * root)),
        g: kept.map((i) => Float64Array.from(right[i], (value) => (value * sigma[i]) / root)),
      };
    });
  }

  /** The singular values that are above the errors in their own two directions. */
  #kept(sigma, along) {
    const { lengths, labelLength, labelColumn } = this.#sizes;
    const [ofF, ofG] = this.roundoff.map((each) => Math.max(each, ARITHMETIC * ROUNDOFF));
    const errorF = (Math.sqrt(this.inputs) + lengths.reduce((a, b) => Math.max(a, b), 0)) * ofF;
    const errorG = (labelColumn + labelLength) * ofG;
    const found = [];
    sigma.forEach((value, i) => {
      const [alongF, alongG] = along(i);
      const noise = errorF * length(alongG) + errorG * length(alongF) + ARITHMETIC * ROUNDOFF * sigma[0] + 1e-140;
      if (value > noise) found.push(i);
    });
    return found.slice(0, Math.min(this.dim, this.labels - 1, this.inputs - 1));
  }

  /** What all log-probabilities of an input have in common, but for a constant: their mean over the labels. */
  get common() {
    return this.#once("common", () => {
      const logits = combined(this.f, this.g.map(mean));
      return logits.map((value, x) => value - this.distribution.normaliser[x]);
    });
  }

  /** What the inputs have in common as a function of the label, about its mean, but for the bias. */
  get #shared() {
    return this.#once("shared", () => centred(combined(this.g, this.f.map(mean))));
  }

  /** log p(y|x) of one input as a function of the label, about its mean, but for the bias: of what reaches the distribution. */
  alongLabels(x) {
    if (this.rank === this.dim) return centred(combined(this.g, rowOf(this.f, x)));
    const { f, g } = this.essential;
    return combined(g, rowOf(f, x)).map((value, y) => value + this.#shared[y]);
  }

  /** The bias about its mean; null where there is none. */
  get centredBias() {
    return this.bias && centred(this.bias);
  }

  /** Embeddings of some inputs less that of the first, in the coordinates that reach the distribution. */
  displaced([first, ...others]) {
    const { f } = this.essential;
    return others.map((x) => f.map((column) => column[x] - column[first]));
  }
}

/** A x B^T, for the columns of A and of B. */
function products(first, second) {
  return Array.from(first[0], (_, i) => combined(second, rowOf(first, i)));
}

/** The rows of a matrix that is given by its columns. */
const turned = (columns) => Array.from(columns[0], (_, i) => rowOf(columns, i));
