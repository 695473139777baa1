// A comparison in words: the groups, names and digits that `Comparison` prints, as text, as a table and as JSON.
const ROUNDING = 1e-15; // smaller figures are rounding
const WIDTH = 96;

export const counted = (count) => count.toLocaleString("en-US");

// The number and the noun, as `wording.plural` has them.
export const plural = (count, noun) => `${counted(count)} ${noun}${count === 1 ? "" : "s"}`;

// A number with so many digits, as Python's format "g" writes it.
export function digits(value, count = 4) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").toLowerCase();
  if (value === 0) return "0";
  let [mantissa, exponent] = Math.abs(value).toExponential(60).split("e");
  let whole = BigInt(mantissa.replace(".", "").slice(0, count));
  const rest = mantissa.replace(".", "").slice(count);
  const half = `5${"0".repeat(rest.length - 1)}`;
  if (rest > half || (rest === half && whole % 2n === 1n)) whole += 1n;
  let power = Number(exponent);
  let text = String(whole);
  if (text.length > count) {
    text = text.slice(0, count);
    power += 1;
  }
  const sign = value < 0 ? "-" : "";
  const bare = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);
  if (power < -4 || power >= count) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${sign}${bare(`${text[0]}.${text.slice(1)}`)}e${power < 0 ? "-" : "+"}${size}`;
  }
  if (power < 0) return sign + bare(`0.${"0".repeat(-power - 1)}${text}`);
  return sign + bare(power + 1 === count ? text : `${text.slice(0, power + 1)}.${text.slice(power + 1)}`);
}

// A count with few digits: there are more sets of labels than a number can say.
export function many(count) {
  if (count < 1000000n) return counted(Number(count));
  const text = String(count);
  let [lead, rest] = [Number(text.slice(0, 2)), text.slice(2)];
  const half = `5${"0".repeat(rest.length - 1)}`;
  if (rest > half || (rest === half && lead % 2)) lead += 1;
  const power = text.length - 1 + (lead === 100 ? 1 : 0);
  if (lead === 100) lead = 10;
  return `${Math.floor(lead / 10)}.${lead % 10}e${power}`;
}

function some(indices, most = 10) {
  if (indices.length <= most) return `[${indices.join(", ")}]`;
  return `[${indices.slice(0, most).join(", ")}, ... ${counted(indices.length)} in all]`;
}

const figure = (values, sign = "") => sign + values.map((value) =>
  (value > 0 && value < ROUNDING ? "below 1e-15" : digits(value))).join(", ");

const line = (name, values, says, sign) => ({ name, figure: figure(values, sign), says });

// The figures under headings, in reading order, with what they say.
export function groups(found) {
  const predictions = [line("same prediction", [found.agreement], "share of inputs")];
  if (found.accuracies) {
    predictions.unshift(
      line("accuracy of a and b", found.accuracies, "share of inputs"),
      line("loss of a and b, nats", found.losses, "mean of -log p(true label | x)"),
    );
  }
  const bounds = new Map();
  for (const bound of found.bounds) {
    const lines = bounds.get(bound.over) ?? bounds.set(bound.over, []).get(bound.over);
    lines.push(line(`${bound.name}, ${bound.formula}`, [bound.value], bound.says));
  }
  return [
    { heading: "Predictions", lines: predictions },
    {
      heading: "Distributions",
      lines: [
        line("d_KL(a, b), nats", [found.d_kl], "0: the same probabilities"),
        line("d_KL(b, a), nats", [found.d_kl_reverse], "the other way round"),
        line("d_LLV", [found.d_llv], "no unit; over the sets below"),
        line("ratio distance delta", [found.ratio_distance], "0 to 2; the part of it that shows in f"),
        line("normaliser mismatch nu", [found.normaliser_mismatch], "the part that does not"),
      ],
    },
    {
      heading: "Representations",
      lines: [
        line("d_{f,g}", [found.d_fg], "0 (alike) to 1; over the sets below", found.exhaustive ? "" : ">= "),
        line("d_SVD over all log-ratios", [found.d_svd_all_labels], "the same of f for all labels at once"),
        line("mean CCA of f", [found.mean_cca], "0 to 1 (linear images of each other)"),
        line("mean CCA by chance", [found.chance_cca], "what unrelated ones would have"),
        line("effective rank of a and b", found.effective_ranks, "directions that all log-ratios use"),
      ],
    },
    ...[...bounds].map(([over, lines]) => ({ heading: `Bounds, for ${over}`, lines })),
  ];
}

// What was compared.
export function head({ num_inputs, num_labels, dims: [m, other], ranks: [r, otherRank] }) {
  const [dims, ranks] = [m === other ? m : `${m} and ${other}`, r === otherRank ? r : `${r} and ${otherRank}`];
  return `N = ${counted(num_inputs)} inputs, K = ${counted(num_labels)} labels, M = ${dims} ${dims === 1 ? "dimension" : "dimensions"}, `
    + `of which r = ${ranks} ${ranks === 1 ? "reaches" : "reach"} the distribution`;
}

// The sets, and the notes.
export function foot(found) {
  const kept = found.left_out === null ? "none left out" : `label ${found.left_out} left out`;
  const inputs = found.input_set ? `${some(found.input_set)} (${found.input_choice})` : found.input_choice;
  return [`sets: pivot ${found.pivot}, ${kept}; input set ${inputs}`, ...found.notes.map((note) => `note: ${note}`)];
}

function wrapped(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (longer.length <= WIDTH || !lines.at(-1).trim()) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines;
}

// As `print(repsim_core.compare(a, b))` shows it.
export function asText(found) {
  const shown = groups(found);
  const lines = shown.flatMap((group) => group.lines);
  const [name, value] = ["name", "figure"].map((part) => Math.max(...lines.map((each) => each[part].length)));
  return [
    ...wrapped(head(found)),
    ...shown.flatMap((group) => ["", group.heading, ...group.lines.map((each) =>
      `  ${each.name.padEnd(name)}  ${each.figure.padEnd(value)}  ${each.says}`.trimEnd())]),
    "",
    ...foot(found).flatMap(wrapped),
    "",
  ].join("\n");
}

// As `repsim compare --json` prints it: sorted keys; infinity is a string.
export function asJson(found) {
  const safe = (value) => {
    if (Array.isArray(value)) return value.map(safe);
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, safe(value[key])]));
  };
  return `${JSON.stringify(safe(found), null, 2)}\n`;
}
