// What is measured, as bars: where the bounds leave no room is hatched.

const LLV = "<i>d</i><sub>LLV</sub>";
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
// Nats, as in the chapter on width.
const CLOSE = 0.06;
// Below, a divergence is rounding.
const ROUNDING = 1e-12;
const clipped = (value) => Math.min(1, Math.max(0, value));

/** A number with the digits that mean something. */
export function written(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  if (value < 1e-12) return "below 10⁻¹²";
  if (value < 1e-3) {
    const [digits, power] = value.toExponential(0).split("e-");
    return `${digits}·10⁻${Array.from(power, (digit) => SUPERSCRIPT[digit]).join("")}`;
  }
  return value.toFixed(value < 0.1 ? 3 : 2);
}

/** A share as a percentage: 100 % and 0 % are all and none. */
export function percent(share) {
  const text = (100 * share).toFixed(share > 0.99 || share < 0.01 ? 1 : 0);
  if (share === 0 || share === 1) return `${100 * share} %`;
  return `${text === "100.0" ? "99.9" : text === "0.0" ? "0.1" : text} %`;
}

/**
 * The rows. `place` is where a value stands on its bar, from 0 to 1; `free` up to where a bound lets it come; `spoken` is
 * the name in words.
 */
export const ROWS = [
  {
    key: "agreement", name: "Same answer", spoken: "same answer", group: "What the models say",
    title: "Share of inputs to which both models give the same label",
    place: (value) => value, text: percent,
  },
  {
    key: "d_kl", name: "<i>d</i><sub>KL</sub>(1, 2)", spoken: "divergence", group: "What the models say",
    title: "Kullback–Leibler divergence, the mean over model 1’s probabilities, in nats; the scale is logarithmic, from a millionth to 10",
    place: (value) => clipped((Math.log10(Math.max(value, 1e-6)) + 6) / 7),
  },
  {
    key: "d_kl_reverse", name: "<i>d</i><sub>KL</sub>(2, 1)", spoken: "divergence the other way", group: "What the models say",
    title: "The same the other way: the mean over model 2’s probabilities",
    place: (value) => clipped((Math.log10(Math.max(value, 1e-6)) + 6) / 7),
  },
  {
    key: "mean_cca", name: "mean CCA", spoken: "mean CCA", group: "How alike they are inside",
    title: "Mean canonical correlation of the representations: 1 where a linear map takes one to the other, 0 where they have nothing in common",
    place: (value) => value,
  },
  {
    key: "d_fg", name: "<i>d</i><sub>f,g</sub>", spoken: "dissimilarity", group: "How alike they are inside",
    title: "The paper's dissimilarity, 0 to 1, the largest over all pairs of labels; it cannot pass twice the square of the distance below, and the bar is hatched from there on",
    place: (value) => value, free: ({ quadratic_bound }) => quadratic_bound,
  },
  {
    key: "d_llv", name: LLV, spoken: "log-likelihood distance", group: "A distance that bounds",
    title: "The distance of standardised log-ratios; from 0.71 on, where the bar is hatched, it promises nothing",
    place: (value) => clipped(value / 2), free: () => Math.SQRT1_2 / 2, advice: true,
  },
  {
    key: "ratio_distance", name: "<i>δ</i>", spoken: "delta", group: "A distance that bounds",
    title: "The part of it that shows in the embeddings, 0 to 2; the dissimilarity of the embeddings is at most δ²/2, which says nothing from 1.41 on, where the bar is hatched",
    place: (value) => clipped(value / 2), free: () => Math.SQRT1_2, advice: true,
  },
];

export class Bars {
  #rows = new Map();

  constructor(place) {
    let group = null;
    let list = null;
    for (const row of ROWS) {
      if (row.group !== group) {
        group = row.group;
        place.append(Object.assign(document.createElement("p"), { className: "pg-group", textContent: group }));
        list = Object.assign(document.createElement("dl"), { className: "pg-rows" });
        place.append(list);
      }
      const line = Object.assign(document.createElement("div"), { className: `pg-row pg-${row.key}`, title: row.title });
      line.innerHTML = `<dt>${row.name}</dt><dd><span class="pg-track" aria-hidden="true"><span class="pg-barred"></span>`
        + '<span class="pg-bar"></span></span><span class="pg-value"></span></dd>';
      list.append(line);
      const find = (name) => line.querySelector(`.pg-${name}`);
      this.#rows.set(row.key, { row, line, bar: find("bar"), barred: find("barred"), value: find("value") });
    }
    place.append(Object.assign(document.createElement("p"), {
      className: "pg-scale", innerHTML: "<i>d</i><sub>KL</sub> on a logarithmic scale. Hatched: ruled out, or too large for a bound.",
    }));
  }

  /** Show what was measured; null where nothing could be. */
  update(measured) {
    for (const { row, line, bar, barred, value } of this.#rows.values()) {
      const found = measured ? measured[row.key] : null;
      value.textContent = measured && row.text ? row.text(found) : written(found).replace("below ", "<");
      bar.style.transform = `scaleX(${measured ? row.place(found).toFixed(4) : 0})`;
      const free = measured && row.free ? clipped(row.free(measured)) : 1;
      barred.style.transform = `translateX(${(100 * free).toFixed(2)}%)`;
      line.classList.toggle("beyond", Boolean(measured && row.advice && row.place(found) > free));
    }
  }

  /** Have a row stand out, or none. */
  mark(key) {
    for (const { row, line } of this.#rows.values()) line.classList.toggle("asked", row.key === key);
  }
}

/** What the numbers come to, in a sentence or two; HTML. */
export function verdict(measured) {
  if (!measured) return "";
  const { agreement, d_kl, d_kl_reverse, d_fg, d_llv, mean_cca, quadratic_bound } = measured;
  const divergence = Math.max(d_kl, d_kl_reverse);
  const close = divergence < CLOSE;
  const says = Math.max(divergence, d_fg) < ROUNDING && d_llv < Math.sqrt(ROUNDING) ? "The two models give the same probabilities"
    : close ? "The two models give nearly the same probabilities"
      : agreement === 1 ? "The two models give the same answers, not the same probabilities"
        : `The two models answer ${percent(1 - agreement)} of the inputs differently`;
  const inside = [
    [1 - 1e-6, "a linear map takes one representation to the other"],
    [0.9, "their representations are nearly linear images of each other"],
    [0.3, "their representations are only in part linear images of each other"],
    [0.05, "their representations have little in common that is linear"],
    [-1, "their representations have next to nothing in common that is linear"],
  ].find(([least]) => mean_cca > least)[1];
  const but = close === mean_cca > 0.9 ? "and" : "but";
  const promise = quadratic_bound < ROUNDING ? `${LLV} is 0 but for rounding, and so is the dissimilarity.`
    : quadratic_bound < 1 ? `${LLV} promises a dissimilarity of at most ${written(quadratic_bound)}.`
      : `${LLV} is too large to promise anything.`;
  return `${says}, ${but} ${inside}. ${promise}`;
}

/** One of the longest of these sentences, for its height. */
export const LONGEST = "The two models give the same answers, not the same probabilities, and their representations have next to nothing in common that is linear. d_LLV promises a dissimilarity of at most 0.99.";

/** The main numbers as they are read out. */
export function spoken(measured) {
  if (!measured) return "";
  const told = ROWS.filter(({ key }) => ["d_kl", "mean_cca", "d_fg", "d_llv"].includes(key));
  return `${told.map((row) => `${row.spoken} ${written(measured[row.key])}`).join(", ")}. ${verdict(measured).replaceAll(LLV, "d LLV")}`;
}
