// Linear algebra: what the measures need of ml-matrix, and products of vectors. A tall matrix is a list of its columns.
import { Matrix, SingularValueDecomposition, determinant } from "./ml-matrix.js";

export const EPSILON = Number.EPSILON;
// What is left of a column that is a combination of others is no larger than this share of it.
const DEPENDENT = 1e-14;

/** Sum of products of two vectors. */
export function dot(u, v) {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i] * v[i];
  return sum;
}

export const length = (u) => Math.sqrt(dot(u, u));

export const sum = (values) => values.reduce((total, value) => total + value, 0);

export const mean = (values) => sum(values) / values.length;

/** Length of s u - t v. */
export function distance(u, v, s = 1, t = 1) {
  let total = 0;
  for (let i = 0; i < u.length; i++) {
    const apart = s * u[i] - t * v[i];
    total += apart * apart;
  }
  return Math.sqrt(total);
}

/** u - v. */
export const less = (u, v) => u.map((value, i) => value - v[i]);

/** The columns of a matrix that is written row by row. */
export function columnsOf(values, count) {
  const rows = values.length / count;
  return Array.from({ length: count }, (_, k) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = values[i * count + k];
    return column;
  });
}

/** A vector less its mean. */
export function centred(column) {
  const middle = mean(column);
  return column.map((value) => value - middle);
}

/** The sum of the columns, each times its weight. */
export function combined(columns, weights) {
  const found = new Float64Array(columns[0].length);
  columns.forEach((column, k) => {
    const weight = weights[k];
    for (let i = 0; i < found.length; i++) found[i] += weight * column[i];
  });
  return found;
}

/** The entries of all columns in one row. */
export const rowOf = (columns, i) => columns.map((column) => column[i]);

/**
 * An orthonormal basis of the columns, and the coordinates of each in it: products of columns are those of their
 * coordinates. By Gram and Schmidt, twice, after which no digit is lost.
 */
export function orthonormal(columns) {
  const basis = [];
  const coordinates = columns.map((column) => {
    const rest = column.slice();
    const along = new Float64Array(columns.length);
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((each, i) => {
        const share = dot(each, rest);
        along[i] += share;
        for (let j = 0; j < rest.length; j++) rest[j] -= share * each[j];
      });
    }
    const size = length(rest);
    if (size > DEPENDENT * length(column)) {
      along[basis.length] = size;
      basis.push(rest.map((value) => value / size));
    }
    return along;
  });
  return { basis, coordinates: coordinates.map((each) => each.slice(0, basis.length)) };
}

/** Products of two lists of vectors with each other, a row each of the first. */
export const products = (x, y) => x.map((u) => y.map((v) => dot(u, v)));

/** Singular values and vectors of a matrix, given by its rows: sigma, from the largest on, left and right. */
export function svd(rows) {
  const found = new SingularValueDecomposition(new Matrix(rows), { autoTranspose: true });
  const vectors = (matrix) => matrix.transpose().to2DArray();
  return {
    sigma: Array.from(found.diagonal).slice(0, Math.min(rows.length, rows[0].length)),
    left: vectors(found.leftSingularVectors),
    right: vectors(found.rightSingularVectors),
  };
}

/** Singular values alone. */
export function singularValues(rows) {
  if (rows.length === 1) return [length(rows[0])];
  const without = { computeLeftSingularVectors: false, computeRightSingularVectors: false, autoTranspose: true };
  const found = new SingularValueDecomposition(new Matrix(rows), without).diagonal;
  return Array.from(found).slice(0, Math.min(rows.length, rows[0].length));
}

/** The sum of the singular values. Of two rows and columns it has a closed form: |X|² + 2 |det X| is its square. */
export function nuclearNorm(rows) {
  if (rows.length === 2 && rows[0].length === 2) {
    const [[a, b], [c, d]] = rows;
    return Math.sqrt(a * a + b * b + c * c + d * d + 2 * Math.abs(a * d - b * c));
  }
  return sum(singularValues(rows));
}

/**
 * The orthogonal matrix Q nearest to a matrix, by its rows: Q^T X is positive semidefinite. Of fewer rows than columns it
 * has orthonormal rows, and `unreached` gives of vectors, a column each, what is beyond them.
 */
export function nearestOrthogonal(rows) {
  if (rows.length === 2 && rows[0].length === 2) {
    const [[a, b], [c, d]] = rows;
    const turns = a * d >= b * c;
    const [x, y] = turns ? [a + d, b - c] : [a - d, b + c];
    const size = Math.hypot(x, y) || 1;
    const [cos, sin] = [x / size, y / size];
    return { rows: turns ? [[cos, sin], [-sin, cos]] : [[cos, sin], [sin, -cos]], unreached: null };
  }
  const { left, right } = svd(rows);
  const found = rows.map((_, i) => rows[0].map((__, j) => sum(left.map((vector, k) => vector[i] * right[k][j]))));
  if (rows.length >= rows[0].length) return { rows: found, unreached: null };
  const unreached = (vectors) => {
    const along = right.map((direction) => combined(vectors, direction));
    return vectors.map((vector, j) => less(vector, combined(along, right.map((direction) => direction[j]))));
  };
  return { rows: found, unreached };
}

/** The least singular value over the sum of all: 1/n for a multiple of an orthogonal matrix, 0 for a singular one. */
export function conditioning(vectors) {
  const sigma = singularValues(vectors);
  return sum(sigma) > 0 ? Math.min(...sigma) / sum(sigma) : 0;
}

/** Whether vectors are linearly independent to working precision; `gram` are their products with each other. */
export function independent(vectors, gram = products(vectors, vectors)) {
  const size = vectors.length === 2
    ? gram[0][0] * gram[1][1] - gram[0][1] * gram[1][0]
    : determinant(new Matrix(gram));
  return size > 1e-8 || conditioning(vectors) > 1e-12;
}

/** All ways to take `size` of the numbers 0 .. count - 1, in lexicographic order. */
export function* subsets(count, size) {
  const chosen = Array.from({ length: size }, (_, i) => i);
  while (true) {
    yield chosen.slice();
    let place = size - 1;
    while (place >= 0 && chosen[place] === count - size + place) place--;
    if (place < 0) return;
    chosen[place]++;
    for (let i = place + 1; i < size; i++) chosen[i] = chosen[i - 1] + 1;
  }
}
