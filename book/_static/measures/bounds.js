// Bounds on the dissimilarity of representations by the distance of distributions.

/** d_{f,g} <= 2 M d_LLV (Thm 4.7). */
export const linearBound = (llv, dim) => 2 * dim * llv;

/** d_{f,g} <= 2 d_LLV²: free of the dimension. */
export const quadraticBound = (llv) => 2 * llv ** 2;

/** d_SVD <= delta²/2 over every set of the labels that delta was taken over. */
export const ratioBound = (ratioDistance) => ratioDistance ** 2 / 2;

/** 1 - |rho_y| of each label, from delta_y. */
const misfits = (distances) => distances.map((distance) => {
  const half = Math.min(distance ** 2 / 2, 2);
  return Math.min(half, 2 - half);
});

/** The largest d_SVD over the sets of so many labels is at least this: sin theta <= (2m - 1) sin Theta. */
export function leastDissimilarity(distances, size) {
  const worst = Math.max(...misfits(distances));
  const square = (worst * (2 - worst)) / (2 * size - 1) ** 2;
  return square / (1 + Math.sqrt(1 - square));
}

/** d_SVD over every set of so many labels is at most this: 1 less the mean of the least absolute correlations. */
export function greatestDissimilarity(distances, size) {
  const largest = misfits(distances).sort((a, b) => b - a).slice(0, size);
  return largest.reduce((sum, value) => sum + value, 0) / size;
}
