// What a reader should know of a comparison that its figures do not say, in the sentences of `comparison_notes.py`.
import { centred, dot, length, mean } from "../measures/linear.js";
import { bestMatching } from "./matching.js";
import { counted, digits, many, plural } from "./printed.js";

const ROUNDOFF = 2 ** -53;

// Repeated inputs are worth a note where so few are different: chance is then 5% higher, or more.
const REPEATED = 0.9;

// How many of the inputs have different embeddings, in one of the models at least: one column without equal numbers
// shows that all have.
export function differentInputs({ a, b, inputs }) {
  const columns = [...a.f, ...b.f];
  if (columns.some((column) => new Set(column).size === inputs)) return inputs;
  const seen = new Set();
  for (let x = 0; x < inputs; x += 1) seen.add(columns.map((column) => column[x] + 0).join());
  return seen.size;
}

// Whether a direction along which all inputs have the same embedding acts as a bias: no shift of the identified
// embeddings stands for it, up to what the numbers had rounded off.
function hasHiddenBias({ f, g, labels, dim, rank, essential, roundoff }) {
  if (rank === dim) return false;
  const tolerance = Math.max(1e3 * ROUNDOFF, 4 * Math.max(...roundoff));
  const [means, columns] = [f.map(mean), g.map(centred)];
  const rows = Array.from({ length: labels }, (_, y) => columns.map((column) => column[y]));
  const constant = Float64Array.from(rows, (row) => dot(row, means));
  const size = length(means);
  const largest = rows.reduce((most, row, y) => Math.max(most, length(row) * size + Math.abs(constant[y])), 0);
  const rest = constant.slice();
  for (const image of essential.g) { // which are orthogonal
    const shift = dot(constant, image) / dot(image, image);
    for (let y = 0; y < labels; y += 1) rest[y] -= shift * image[y];
  }
  return rest.some((x) => Math.abs(x) > tolerance * (largest + 1));
}

// Labels that are in another order in one of the files: the share of equal predictions with labels matched, and of
// labels of b that are another one in a, this one; null where nothing is suspected.
function suspectedOrder(a, b, agreement) {
  const enough = agreement + Math.max(0.1, 0.6 * (1 - agreement));
  if (enough > 1) return null;
  const [labels, others] = [a, b].map((predictions) => [...new Set(predictions)].sort((i, j) => i - j));
  if (Math.max(labels.length, others.length) > a.length / 5) return null;
  const table = labels.map(() => others.map(() => 0));
  const [place, other] = [labels, others].map((each) => new Map(each.map((label, k) => [label, k])));
  a.forEach((label, x) => { table[place.get(label)][other.get(b[x])] += 1; });
  const columns = bestMatching(table);
  const matched = columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : table[row][column]), 0) / a.length;
  if (matched < enough) return null;
  const renamed = columns.flatMap((column, row) =>
    (column >= 0 && table[row][column] && labels[row] !== others[column] ? [[others[column], labels[row]]] : []));
  return { matched, renamed };
}

// The notes on a comparison, `found`, in sentences. How many inputs differ; of the label subsets: how many there are,
// as a BigInt, whether all were looked at, and whether any is diverse.
export function notes(pair, found, { differ, total, exhaustive, diverse }) {
  const { a, b } = pair;
  const said = [];
  const inputs = differ === pair.inputs ? `N = ${pair.inputs} inputs` : `${differ} different inputs`;
  let few = false;
  for (const [name, model] of [["a", a], ["b", b]]) {
    const lost = model.dim - model.rank;
    if (!lost) continue;
    const bias = hasHiddenBias(model);
    const other = lost - (bias ? 1 : 0);
    const [others, them] = other === 1 ? ["one", "it"] : [other, "them"];
    if (!few && model.rank === differ - 1 && model.rank < Math.min(model.dim, model.labels - 1)) {
      few = true; // of both models it is the same
      said.push(`${inputs} show ${plural(model.rank, "direction")} at most: take more of them`);
    }
    said.push(
      `of ${name}'s M = ${model.dim} dimensions r = ${model.rank} ${model.rank === 1 ? "reaches" : "reach"} the distribution`
      + (bias ? ", and one along which all inputs are the same, as a bias" : "")
      + (other ? `; the other ${others} could be anything, and nothing here speaks of ${them}` : ""),
    );
  }
  if (a.rank !== b.rank) {
    said.push(
      `the ranks ${a.rank} and ${b.rank} differ: label sets have as many labels as the smaller, so that d_SVD compares `
      + "images of as many dimensions in both",
    );
  }
  if (!exhaustive) {
    said.push(
      `d_{f,g} is at least this: ${counted(found.label_subsets)} of ${many(total)} label subsets `
      + `${found.label_subsets === 1 ? "was" : "were"} looked at`,
    );
  }
  if (found.dependent_label_subsets) {
    const one = found.dependent_label_subsets === 1;
    said.push(
      `${plural(found.dependent_label_subsets, "label subset")} ${one ? "does" : "do"} not count: ${one ? "its" : "their"} `
      + `log-ratios are linearly dependent, so that ${one ? "it is" : "they are"} not diverse`,
    );
  }
  if (!diverse) {
    said.push(
      "the log-ratios of every label subset are linearly dependent in a or b: none is diverse, and d_{f,g} speaks of "
      + "fewer directions than labels",
    );
  }
  if (differ <= REPEATED * pair.inputs) {
    said.push(
      `${counted(differ)} of the N = ${counted(pair.inputs)} inputs are different: what unrelated models have by chance, in `
      + `mean CCA and in every other measure of f, goes by ${counted(differ)} inputs at most`,
    );
  }
  const forced = a.rank + b.rank - (differ - 1);
  if (forced > 0) {
    said.push(
      `${forced} of ${plural(Math.min(a.rank, b.rank), "canonical correlation")} ${forced === 1 ? "is" : "are"} 1 whatever the `
      + `models are: the ranks ${a.rank} and ${b.rank} add up to more than ${differ - 1}, one less than ${inputs}`,
    );
  }
  const suspected = suspectedOrder(a.distribution.predictions, b.distribution.predictions, found.agreement);
  if (suspected) {
    const pairs = suspected.renamed.slice(0, 5).map(([there, here]) => `${there} is a's ${here}`).join(", ");
    const more = suspected.renamed.length > 5 ? ", ..." : "";
    said.push(
      `are the labels in another order? The predictions agree on a share of ${digits(found.agreement, 3)}, and with labels `
      + `matched on ${digits(suspected.matched, 3)} (b's label ${pairs}${more})`,
    );
  }
  return said;
}
