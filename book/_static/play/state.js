// What the playground shows, as plain values: two arrangements of labels round a circle, and how they are looked at. The
// state is in the page's address, where it differs from the preset that it began with.

export const LIMITS = {
  labels: { least: 3, most: 18, step: 1 },
  rho: { least: 0.5, most: 20, step: 0.5 },
  noise: { least: 0, most: 1, step: 0.05 },
  stretch: { least: 1, most: 2.5, step: 0.1 },
};
const HALF_STEP = { 4: [0, 1, 3, 2], 6: [0, 4, 2, 5, 1, 3] };

/** Angles in degrees of the labels at equal distances, from the top on, clockwise. */
export const circle = (labels) => Array.from({ length: labels }, (_, k) => 90 - (360 * k) / labels);

const common = (a, b) => (b ? common(b, a % b) : a);

/**
 * Whose place each label takes in a walk round the circle by the least step that is no rotation or reflection and meets
 * all: a star. Of 4 and 6 labels, which have no such step, an order that leaves mean CCA least; of 3 there is a turn.
 */
export function star(labels) {
  if (labels < 4) return [1, 2, 0];
  for (let step = 2; step < labels - 1; step++) {
    if (common(step, labels) === 1) return Array.from({ length: labels }, (_, k) => (5 + step * k) % labels);
  }
  return HALF_STEP[labels];
}

/** The angles of a circle whose places are taken in this order. */
const inOrder = (order) => order.map((place) => circle(order.length)[place]);

function exchanged(labels) {
  const order = Array.from({ length: labels }, (_, k) => k);
  const first = Math.floor(labels / 3);
  [order[first], order[first + 1]] = [order[first + 1], order[first]];
  return inOrder(order);
}

/** What the star shows, of so many labels. */
function starSays(labels) {
  if (labels === 3) return "Three labels have no star: here model 2 is a turn of model 1, and a linear map undoes it.";
  if (labels in HALF_STEP) return `Of ${labels} labels there is no star. No other order leaves less that is linear; the answers are the same.`;
  const kept = star(labels).filter((place, label) => place === label).length;
  const stay = kept === 0 ? "none keeps its place" : kept === 1 ? "one keeps its place" : `${kept} keep their places`;
  const paper = labels === 7 ? ", as in Table 1 of the paper" : "";
  return `In model 2 the labels follow each other by the steps of a star${paper}; ${stay}. The answers are the same, and a linear map explains next to nothing.`;
}

const PLAIN = { labels: 7, rho: 5, noise: 0, stretch: 1, mirror: false, spread: 1, given: null, a: circle, b: circle };

/**
 * By name: title, what it shows in a sentence (HTML, with links from the root of the book; or a function of the number of
 * labels), and the state. `a` and `b` give the angles of so many labels; `given` names
 * arrays in place of a circle; `spread` is the width of the clusters, 1 for what is easy to see.
 */
export const PRESETS = {
  same: { title: "The same", says: "Two copies of one model: nothing differs." },
  twins: {
    title: "Turned and stretched",
    says: "Model 2 is model 1, turned and stretched, with unembeddings that undo it. No probability changes, and no bar moves.",
    stretch: 1.7,
    b: (labels) => circle(labels).map((angle) => angle - 40),
  },
  mirrored: {
    title: "Mirrored",
    says: "A mirror image is a linear image, too: no bar moves.",
    mirror: true,
  },
  neighbours: {
    title: "Two neighbours exchanged",
    says: (labels) => (labels === 3
      ? "Two of three labels trade places. A linear map moves the centres so, but not the dots around them."
      : "Two neighbours trade places, and the others stay. No linear map does that."),
    b: exchanged,
  },
  star: {
    title: "The star of Table 1",
    says: starSays,
    rho: 12,
    spread: 0.35,
    b: (labels) => inOrder(star(labels)),
  },
  three: {
    title: "Three labels",
    says: (labels) => (labels === 3
      ? "A linear map and a shift move the centres of three clusters to any others. Mean CCA falls only for the clusters’ width; probabilities can still differ."
      : `A linear map and a shift move three centres anywhere, but not ${labels}: in this order none does.`),
    labels: 3,
    spread: 0.35,
    a: (labels) => (labels === 3 ? [90, 330, 210] : circle(labels)),
    b: (labels) => (labels === 3 ? [60, 190, 290] : inOrder(star(labels))),
  },
  angles: {
    title: "One label apart",
    says: 'Only the unembeddings differ. One log-ratio has nothing in common in the two models, yet <i>d</i><sub>SVD</sub> of <b>f</b> is 0.06 over every pair of labels: '
      + 'no two such models have less (<a href="notebooks/04b_two_theorems.html#thm-distance-two-angles">theorem</a>).',
    given: "angles",
    labels: 4,
    rho: 1,
  },
  trained: {
    title: "Two trained networks",
    says: "Two small networks that were trained from different seeds: close in divergence both ways, and only in part alike inside.",
    given: "trained",
    labels: 4,
    rho: 1,
  },
};

/** What a state shows, in a sentence as HTML: the preset's, or that it is left. */
export function says(state) {
  const { title, says: told, given } = PRESETS[state.preset];
  const free = ["preset", "labels", ...(given ? [] : ["rho"])];
  if ([...toQuery(state).keys()].some((name) => !free.includes(name))) {
    return `Changed from “${title}”: the line below the pictures says what holds now.`;
  }
  return typeof told === "function" ? told(state.labels) : told;
}

/** Every sentence that `says` has. */
export function allSays() {
  const { least, most } = LIMITS.labels;
  const counts = Array.from({ length: most - least + 1 }, (_, k) => least + k);
  return Object.keys(PRESETS).flatMap((preset) => {
    const states = counts.map((labels) => begin(preset, labels));
    return [...states, { ...states[0], noise: 1 }].map(says);
  });
}

/** The state that a preset begins with; of another number of labels, if it is given. */
export function begin(preset, labels = null) {
  const { title, says, ...own } = PRESETS[preset];
  const found = { ...PLAIN, ...own, preset };
  if (labels && !found.given) found.labels = labels;
  // Arrays that are given stand where they stand.
  const angles = (place) => (found.given ? Array(found.labels).fill(0) : place(found.labels));
  return { ...found, a: angles(found.a), b: angles(found.b) };
}

const round = (value, digits = 1) => Number(value.toFixed(digits));
/** An angle from 0 to 360, in tenths of a degree. */
const turned = (angle) => round((((angle % 360) + 360) % 360), 1) % 360;

/** The state as the query of an address: the preset, and what differs from it. */
export function toQuery(state) {
  const query = new URLSearchParams({ preset: state.preset });
  const plain = begin(state.preset, state.labels);
  if (state.labels !== begin(state.preset).labels) query.set("labels", state.labels);
  for (const name of ["rho", "noise", "stretch"]) {
    if (round(state[name], 2) !== plain[name]) query.set(name, round(state[name], 2));
  }
  if (state.mirror !== plain.mirror) query.set("mirror", Number(state.mirror));
  for (const name of ["a", "b"]) {
    if (state[name].some((angle, k) => turned(angle) !== turned(plain[name][k]))) query.set(name, state[name].map(turned));
  }
  return query;
}

/** The state that a query asks for; null where it asks for none. What it asks for in vain is left out. */
export function fromQuery(query) {
  const preset = query.get("preset");
  if (!Object.hasOwn(PRESETS, preset ?? "")) return null;
  const asked = (name) => {
    const { least, most } = LIMITS[name];
    const value = query.has(name) ? Number(query.get(name)) : NaN;
    return value >= least && value <= most ? value : null;
  };
  const labels = asked("labels");
  const state = begin(preset, labels && Math.round(labels));
  for (const name of ["rho", "noise", "stretch"]) state[name] = asked(name) ?? state[name];
  if (query.has("mirror")) state.mirror = query.get("mirror") === "1";
  for (const name of ["a", "b"]) {
    const angles = (query.get(name) ?? "").split(",").map(Number);
    if (angles.length === state.labels && angles.every(Number.isFinite)) state[name] = angles;
  }
  return state;
}

/** Between two states with the same labels, at a share of the way: angles go the short way round. */
export function between(from, to, share) {
  const mixed = (a, b) => a + (b - a) * share;
  const angle = (a, b) => a + (((((b - a) % 360) + 540) % 360) - 180) * share;
  const found = { ...to };
  for (const name of ["rho", "noise", "stretch", "spread"]) found[name] = mixed(from[name], to[name]);
  for (const name of ["a", "b"]) found[name] = to[name].map((end, k) => angle(from[name][k], end));
  return found;
}
