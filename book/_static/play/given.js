// Pairs of models that no circle makes: one in closed form, one that was trained.
import { trained } from "./trained.js";

/**
 * Three log-ratios in the plane, of which one has nothing in common in the two models while d_SVD over every pair of
 * labels is as small as it can be then (`two_angles` of the core, m = 2, sine 1).
 */
function angles() {
  const turns = [1, -1 / 3, -1 / 3].map((sine) => Math.asin(sine) / 2);
  const unembeddings = (sign) => Float64Array.of(0, 0, ...turns.flatMap((turn) => [Math.cos(turn), sign * Math.sin(turn)]));
  const f = Float64Array.of(1, 1, 1, -1, -1, 1, -1, -1);
  return { f: [f, f], g: [unembeddings(1), unembeddings(-1)], of: [-1, -1, -1, -1] };
}

/** The arrays by name; a promise. */
export async function given(name) {
  if (name === null) return null;
  if (name === "angles") return angles();
  const { f, g, of } = trained;
  return { f: f.map((values) => Float64Array.from(values)), g: g.map((values) => Float64Array.from(values)), of };
}

/** The folder of the playground's files among the pages' assets. */
export const base = () => new URL(`${document.documentElement.dataset.content_root}_static/play/`, document.baseURI);
