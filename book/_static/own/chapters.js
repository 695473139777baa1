// The main figures of two chapters for other values of their parameters, as tables: { title, columns, rows, says }.
import { compareModels } from "./comparison.js";
import { noisyCopy, permutedCircles } from "./constructions.js";

const precise = (digits) => (value) => {
  const text = value.toPrecision(digits);
  return Math.abs(value) < 1e-3 ? Number(text).toExponential() : String(Number(text));
};
const fixed = (digits) => (value) => value.toFixed(digits);

// A column: its name in `rows`, its heading, and how its numbers are written.
const column = (name, heading, write) => ({ name, heading, write });

// Of the permuted circles, Table 1 of the chapter Theorem.
function theorem(values, progress) {
  const { rho_min: first, rho_max: last, rho_step: step, inputs_per_class: inputsPerClass, weight, seed } = values;
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  const rows = [];
  for (let k = 0; k < count; k += 1) {
    const rho = first + step * k;
    progress(k / count, `ρ = ${precise(4)(rho)}`);
    const [a, b] = permutedCircles(values.classes, { rho, permutation: values.permutation, inputsPerClass, seed });
    const found = compareModels(a, b, { weight, seed });
    const { d_kl, d_kl_reverse, losses: [nll_1, nll_2], d_llv, mean_cca, max_d_svd_f } = found;
    rows.push({ rho, d_kl, d_kl_reverse, nll_1, nll_2, d_llv, mean_cca, max_d_svd_f });
  }
  return [{
    title: "Table 1 with these values",
    columns: [
      column("rho", "ρ", precise(6)), column("d_kl", "d_KL", precise(3)), column("d_kl_reverse", "reverse", precise(3)),
      column("nll_1", "NLL 1", precise(3)), column("nll_2", "NLL 2", precise(3)), column("d_llv", "d_LLV", fixed(4)),
      column("mean_cca", "mean CCA", fixed(4)), column("max_d_svd_f", "max d_SVD", fixed(4)),
    ],
    rows,
  }];
}

const evenly = (low, high, count) =>
  Array.from({ length: count }, (_, k) => (k === count - 1 ? high : low * (high / low) ** (k / (count - 1))));

// Of the chapter Distance: noisy copies under the bounds, and the permuted circles beside them.
function distance(values, progress) {
  const { noise_levels: levels, inputs_per_class: inputsPerClass, weight, num_samples: samples, seed } = values;
  const options = { weight, samples, seed };
  const total = values.classes.length * levels + values.rhos.length;
  let done = 0;
  const noisy = [];
  for (const classes of values.classes) {
    const [clean] = permutedCircles(classes, { rho: values.rho, inputsPerClass, seed });
    for (const [k, noise] of evenly(values.noise_min, values.noise_max, levels).entries()) {
      progress(done / total, `noisy copies, K = ${classes}`);
      const { d_llv, d_fg, quadratic_bound: quadratic, linear_bound: linear } =
        compareModels(clean, noisyCopy(clean, noise, seed + 1 + k), options);
      noisy.push({ classes, noise, d_llv, d_fg, quadratic, linear });
      done += 1;
    }
  }
  const circles = values.rhos.map((rho) => {
    progress(done / total, `permuted circles, ρ = ${precise(4)(rho)}`);
    done += 1;
    const [a, b] = permutedCircles(7, { rho, inputsPerClass, seed });
    const { d_llv, d_kl, d_kl_reverse, d_fg } = compareModels(a, b, options);
    return { rho, d_llv, d_kl, d_kl_reverse, d_fg };
  });
  const share = (rows, test) => rows.filter(test).length / rows.length;
  const above = (name) => (row) => row.d_fg > row[name] * (1 + 1e-9) + 1e-12; // beyond rounding
  const summary = values.classes.map((classes) => {
    const rows = noisy.filter((row) => row.classes === classes);
    return {
      classes,
      copies: rows.length,
      above: rows.filter(above("quadratic")).length,
      ratio: rows.reduce((most, row) => Math.max(most, row.d_fg / row.quadratic), 0),
      quadratic: 100 * share(rows, (row) => row.quadratic < 1),
      linear: 100 * share(rows, (row) => row.linear < 1),
    };
  });
  return [
    {
      title: "Noisy copies under the bounds",
      columns: [
        column("classes", "K", String), column("copies", "copies", String), column("above", "above 2 d_LLV²", String),
        column("ratio", "largest d_{f,g} / 2 d_LLV²", fixed(3)), column("quadratic", "2 d_LLV² below 1, %", fixed(0)),
        column("linear", "2 M d_LLV below 1, %", fixed(0)),
      ],
      rows: summary,
      all: noisy,
    },
    {
      title: "Permuted circles, K = 7",
      columns: [
        column("rho", "ρ", precise(6)), column("d_kl", "d_KL", precise(3)), column("d_kl_reverse", "reverse", precise(3)),
        column("d_llv", "d_LLV", fixed(4)), column("d_fg", "d_{f,g}", fixed(4)),
      ],
      rows: circles,
    },
  ];
}

// By the chapter's number.
export const CHAPTERS = { "02": theorem, "04": distance };
