// What is measured, as bars: where the bounds leave no room is hatched.

const LLV = "<i>d</i><sub>LLV</sub>";
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
// Nats, as in the chapter on width.
const CLOSE = 0.06;
const clipped = (value) => Math.min(1, Math.max(0, value));

/** A number with the digits that mean something. */
export function written(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value < 1e-9) return "0";
  if (value < 1e-3) {
    const [digits, power] = value.toExponential(0).split("e-");
    return `${digits}·10⁻${Array.from(power, (digit) => SUPERSCRIPT[digit]).join("")}`;
  }
  return value.toFixed(value < 0.1 ? 3 : 2);
}

/**
 * The rows. `place` is where a value stands on its bar, from 0 to 1; `free` up to where a bound lets it come; `spoken` is
 * the name in words.
 */
export const ROWS = [
  {
    key: "agreement", name: "Same answer", spoken: "same answer", group: "What the models say",
    title: "Share of inputs to which both models give the same label",
    place: (value) => value, text: (value) => `${Math.round(100 * value)} %`,
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
    title: "The paper's dissimilarity, 0 to 1, the worst over all pairs of labels; hatched is what twice the square of the distance below rules out",
    place: (value) => value, free: ({ quadratic_bound }) => quadratic_bound,
  },
  {
    key: "d_llv", name: LLV, spoken: "log-likelihood distance", group: "The distance that tells",
    title: "The distance of standardised log-ratios; from 0.71 on, hatched, it promises nothing",
    place: (value) => clipped(value / 2), free: () => Math.SQRT1_2 / 2, advice: true,
  },
  {
    key: "ratio_distance", name: "<i>δ</i>", spoken: "delta", group: "The distance that tells",
    title: "The part of it that shows in the embeddings, 0 to 2; the dissimilarity of the embeddings is at most δ²/2",
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
  }

  /** Show what was measured; null where nothing could be. */
  update(measured) {
    for (const { row, line, bar, barred, value } of this.#rows.values()) {
      const found = measured ? measured[row.key] : null;
      value.textContent = measured && row.text ? row.text(found) : written(found);
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
  const divergence = Math.max(measured.d_kl, measured.d_kl_reverse);
  const close = divergence < CLOSE;
  const says = divergence < 1e-6 ? "The two models give the same probabilities"
    : close ? "The two models give nearly the same probabilities"
      : measured.agreement > 0.98 ? "The two models give the same answers, not the same probabilities"
        : "The two models give different answers";
  const inside = [
    [0.999, "a linear map takes one representation to the other"],
    [0.9, "their representations are nearly linear images of each other"],
    [0.3, "their representations have something in common"],
    [-1, "their representations have next to nothing in common"],
  ].find(([least]) => measured.mean_cca > least)[1];
  const but = close === measured.mean_cca > 0.9 ? "and" : "but";
  const promise = measured.quadratic_bound < 1
    ? `${LLV} promises a dissimilarity of at most ${written(measured.quadratic_bound)}.`
    : `${LLV} is too large to promise anything.`;
  return `${says}, ${but} ${inside}. ${promise}`;
}

/** The main numbers as they are read out. */
export function spoken(measured) {
  if (!measured) return "";
  const told = ROWS.filter(({ key }) => ["d_kl", "mean_cca", "d_fg", "d_llv"].includes(key));
  return `${told.map((row) => `${row.spoken} ${written(measured[row.key])}`).join(", ")}. ${verdict(measured).replace(LLV, "d LLV")}`;
}
