// Two models by every measure, with the figures, sets, bounds and notes of `repsim_core.compare(a, b)`.
import { compareOver } from "../measures/compare.js";
import { WEIGHT } from "../measures/distances.js";
import { Pair } from "../measures/pair.js";
import { chooseLabels } from "../measures/sets.js";
import { chanceCca } from "./chance.js";
import { chooseInputs, drawSubsets, SAMPLES, SEED } from "./draws.js";
import { InputError } from "./model.js";
import { differentInputs, notes } from "./notes.js";
import { many, plural } from "./printed.js";

// What `repsim compare --json` has, of what `compareOver` finds.
const NAMES = [
  "num_inputs", "num_labels", "dims", "ranks", "effective_ranks", "agreement", "d_kl", "d_kl_reverse", "d_llv",
  "label_term", "input_term", "label_scale_term", "input_scale_term", "weight", "ratio_distance", "normaliser_mismatch",
  "d_fg", "max_d_svd_f", "d_svd_g", "d_svd_all_labels", "mean_cca", "quadratic_bound", "linear_bound", "ratio_bound",
  "certificate", "least_d_svd_f", "size", "pivot", "left_out", "labels", "input_set", "label_subsets",
  "dependent_label_subsets",
];

function requireTogether(a, b) {
  for (const [symbol, what, name] of [["N", "input", "inputs"], ["K", "label", "labels"]]) {
    const [expected, found] = [a.model[name], b.model[name]];
    if (expected !== found) throw new InputError(`b: found ${symbol} = ${plural(found, what)}, expected ${expected} as in a`);
  }
  if (a.labels && b.labels && a.labels.some((label, x) => label !== b.labels[x])) {
    throw new InputError("b: found other true labels than in a, expected the same inputs in the same order");
  }
}

function shareEqual(one, other) {
  let same = 0;
  one.forEach((label, x) => { same += label === other[x] ? 1 : 0; });
  return same / one.length;
}

// Mean of -log p(true label | x), in nats.
function loss({ distribution, labels: count }, labels) {
  let sum = 0;
  labels.forEach((label, x) => { sum -= distribution.logProbs[x * count + label]; });
  return sum / labels.length;
}

// The bounds as `Comparison.bounds` states them.
function statedBounds(found, pair) {
  const { dim, a, b } = pair;
  const r = a.dim === dim && b.dim === dim ? "M" : "r";
  const kept = `pivot ${found.pivot} and the kept labels`;
  const every = `pivot ${found.pivot} and every set of ${found.size} label${found.size > 1 ? "s" : ""}`;
  const [f, both] = ["d_SVD of f", "d_{f,g}"];
  const bounds = [
    ["quadratic bound", "2 d_LLV²", found.quadratic_bound, both, kept],
    ["linear bound", `2 ${r} d_LLV (${r} = ${dim})`, found.linear_bound, both, kept],
    ["ratio bound", "delta²/2", found.ratio_bound, f, kept],
    ["certificate", "by the least |rho|", found.certificate, f, every],
  ].map(([name, formula, value, of, over]) => ({
    name, formula, value, of, over, upper: true, informative: value < 1,
    says: value < 1 ? `${of} is at most this` : `says nothing: ${of} is at most 1 anyway`,
  }));
  if (found.least_d_svd_f !== null) {
    const value = found.least_d_svd_f;
    const informative = value > 1e-12;  // below it is rounding
    bounds.push({
      name: "lower bound", formula: "by the least |rho|", value, of: f, over: every, upper: false,
      informative,
      says: informative ? `${f} is at least this for one of them` : `says nothing: ${f} is at least 0 anyway`,
    });
  }
  return bounds;
}

// The comparison of two models from `makeModel`, as plain numbers under the names of the command's schema.
//
// `begin(share, text)` is called at the beginning of each part, with how much is done. Other options are `weight`, `seed`
// and `samples`, how many input sets are drawn.
export function compareModels(a, b, { begin = () => {}, weight = WEIGHT, seed = SEED, samples = SAMPLES } = {}) {
  requireTogether(a, b);
  begin(0, "the distribution of a");
  a.model.distribution;
  begin(0.05, "the distribution of b");
  b.model.distribution;
  begin(0.1, "the rank of a");
  a.model.rank;
  begin(0.25, "the rank of b");
  const pair = new Pair(a.model, b.model);
  begin(0.4, "what both have in common");
  pair.labelPoints;
  begin(0.6, "the pivot and the label left out");
  const chosenLabels = chooseLabels(pair);
  begin(0.65, "the input set");
  const inputs = chooseInputs(pair, { seed, samples });
  const kept = chosenLabels.labels.length;
  const { total, chosen } = drawSubsets(pair, kept, Math.min(pair.dim, kept), seed);
  begin(0.75, chosen.length === 1 ? "the measures" : `the measures, over ${chosen.length.toLocaleString("en-US")} label subsets`);
  const measured = compareOver(pair, { ...chosenLabels, inputSet: inputs.inputSet }, { chosen, weight });
  begin(0.95, "the notes");
  const found = Object.fromEntries(NAMES.map((name) => [name, measured[name]]));
  const exhaustive = BigInt(chosen.length) === total;
  const predictions = [a, b].map(({ model }) => model.distribution.predictions);
  const labels = a.labels ?? b.labels;
  const differ = differentInputs(pair);
  return {
    ...found,
    // What rounding makes of equal rows may differ.
    chance_cca: chanceCca(Math.max(differ, a.model.rank + 1, b.model.rank + 1), a.model.rank, b.model.rank),
    accuracies: labels ? predictions.map((each) => shareEqual(each, labels)) : null,
    losses: labels ? [a, b].map(({ model }) => loss(model, labels)) : null,
    bounds: statedBounds(found, pair),
    seed,
    label_choice: "all labels but the pivot and the one left out",
    label_subsets_in_all: total < 2n ** 53n ? Number(total) : many(total),
    exhaustive,
    input_choice: inputs.inputChoice,
    others: {},
    notes: notes(pair, found, { differ, total, exhaustive, diverse: measured.diverse }),
  };
}
