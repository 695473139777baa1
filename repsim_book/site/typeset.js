// Typesets formulas with KaTeX. A line of standard input asks for one, {"tex": …, "display": …, "mathml": …}; a line of
// standard output answers, {"html": …} or, where KaTeX does not understand it or LaTeX would not, {"error": …}. MathML
// alone is for what people have written by the way: what LaTeX would not take and KaTeX does is no error there.
"use strict";
const katex = require("./katex/katex.min.js");
const readline = require("readline");

const is = (node, name) => Boolean(node.hasClass?.(name));
const isEmpty = (node) => is(node, "mord") && node.children?.length === 0;
const isBar = (node) => is(node, "mrel") && node.text === "∣"; // of a condition, to KaTeX a relation
const isWideSpace = (node) => is(node, "mspace") && parseFloat(node.style.marginRight) >= 1;

// A displayed formula that is wider than its column breaks as printed ones do: rather after the wide space between two
// formulas than before a relation, rather there than before another operator, then before the name of a function by
// which brackets are multiplied, then between brackets, and last before the bar of a condition. KaTeX has cut it after
// relations and operators outside of brackets, `\left` and `\right`, and braces, all alike: what it has cut is cut anew
// into parts within parts, of which each breaks only if it does not fit into a line of its own.
const [FORMULA, RELATION, OPERATOR, FACTOR, INSIDE, BAR] = [0, 1, 2, 3, 4, 5];

// For each node, how good a place it is to begin a line; undefined where none may begin.
const places = (nodes) => {
  let depth = 0;
  let spaces = []; // between the node and the last one that is seen
  let last;
  return nodes.map((node) => {
    if (is(node, "mspace")) spaces.push(node);
    if (is(node, "mspace") || isEmpty(node)) return undefined;
    const [before, between] = [last, spaces];
    [last, spaces] = [node, []];
    if (is(node, "mclose")) depth = Math.max(0, depth - 1);
    const inside = depth > 0;
    if (is(node, "mopen")) depth += 1;
    if (!before || between.some((space) => is(space, "nobreak"))) return undefined;
    if (!inside && between.some(isWideSpace)) return FORMULA;
    if (isBar(node)) return BAR;
    if (is(node, "mrel") && !is(before, "mrel")) return inside ? INSIDE : RELATION;
    if (is(node, "mbin")) return inside ? INSIDE : OPERATOR;
    if (!inside && is(node, "mop") && is(before, "mclose")) return FACTOR;
    return inside && is(before, "mpunct") ? INSIDE : undefined;
  });
};

const cut = (nodes, make, place = FORMULA) => {
  if (place > BAR) return [make(nodes)];
  const starts = places(nodes).flatMap((found, n) => (found === place ? [n] : []));
  if (!starts.length) return cut(nodes, make, place + 1);
  const pieces = [0, ...starts].map((start, n) => nodes.slice(start, starts[n]));
  return pieces.map((piece) => {
    const parts = cut(piece, make, place + 1);
    return parts.length === 1 ? parts[0] : make(parts, "katex-part");
  });
};

// Cut what KaTeX has made of a displayed formula.
const breakable = (html) => {
  const [bases, others] = [true, false].map((base) => html.children.filter((node) => is(node, "katex-base") === base));
  if (!bases.length || others.some((node) => is(node, "katex-newline"))) return html;
  const strut = bases[0].children[0];
  const make = (children, name) => {
    if (name) return like(html, name, children);
    const [height, depth] = ["height", "depth"].map((side) => Math.max(0, ...children.map((node) => node[side])));
    const style = { height: `${(height + depth).toFixed(4)}em`, verticalAlign: `${(-depth).toFixed(4)}em` };
    return like(html, "katex-base", [Object.assign(like(strut, "katex-strut", []), { style }), ...children]);
  };
  html.children = [...cut(bases.flatMap((base) => base.children.slice(1)), make), ...others];
  return html;
};

// In a line a formula breaks after relations and operators, where KaTeX has cut it; within brackets only if what is in
// them does not fit into a line of its own, and after the bar of a condition only if nothing else helps.
const joined = (html) => {
  const groups = [[]];
  let depth = 0;
  for (const base of html.children) {
    groups.at(-1).push(base);
    for (const node of base.children ?? []) depth = Math.max(0, depth + is(node, "mopen") - is(node, "mclose"));
    if (!depth) groups.push([]);
  }
  const whole = (parts) => (parts.length > 1 ? [like(html, "katex-part", parts)] : parts);
  html.children = groups.flatMap((group) => {
    const runs = [[]];
    for (const base of group) {
      runs.at(-1).push(base);
      if (!isBar(base.children?.findLast((node) => !is(node, "mspace")) ?? base)) runs.push([]);
    }
    return whole(runs.flatMap(whole));
  });
};

const like = (node, name, children) => Object.assign(new node.constructor(), { classes: [name], children });

// --- aligned lines ---

// KaTeX makes a table of them, which cannot break. Here a line has pairs of cells, to the left and to the right of where
// it is aligned, and the right ones break. The style sheet puts them into columns; on a narrow page, if there are many
// or the left ones are long, each pair is a line of its own.
const ALIGNED = /^\\begin\{(aligned|align\*|split|gathered|gather\*)\}(.*)\\end\{\1\}$/s;
const TOKEN = /\\\\(?:\[[^\]]*\])?|\\begin\{|\\end\{|\\.|[{}&]/gs;
const DEEPER = { "{": 1, "}": -1, "\\begin{": 2 }; // the bracket after a name closes one level, that after `\end` another
const LONG = 5; // characters

// The cells of the lines of an environment; undefined if it is not the whole formula.
const cellsOf = (tex) => {
  const inside = ALIGNED.exec(tex)?.[2];
  if (inside === undefined) return undefined;
  const lines = [[]];
  let [depth, start] = [0, 0];
  const end = (at, next) => {
    lines.at(-1).push(inside.slice(start, at).trim());
    start = next;
  };
  for (const { 0: token, index } of inside.matchAll(TOKEN)) {
    depth += DEEPER[token] ?? 0;
    if (depth < 0) return undefined;
    if (depth || !/^(&|\\\\)/.test(token)) continue;
    end(index, index + token.length);
    if (token !== "&") lines.push([]);
  }
  end(inside.length);
  return lines.filter((cells) => cells.join(""));
};

const width = (katexNode) => katexNode.children[0].children[0].children[0].children[0].toText().length;

const aligned = (html, lines, options) => {
  const pairs = Math.max(...lines.map((cells) => Math.ceil(cells.length / 2)));
  const centred = lines.every((cells) => cells.length === 1);
  let long = pairs > 1;
  const cell = (tex, side) => {
    // What follows is set as after a letter: a sign is an operator there.
    const made = katex.__renderToDomTree(side === "right" && !centred ? `{}${tex}` : tex, options).children[0];
    if (side === "left" && width(made) > LONG) long = true;
    const parts = tex ? breakable(made.children[1]).children : [];
    // The left side breaks only if it does not fit into a line of its own.
    return like(html, `katex-${side}`, side === "left" && parts.length > 1 ? [like(html, "katex-part", parts)] : parts);
  };
  html.children = lines.flatMap((cells) =>
    Array.from({ length: pairs }, (_, n) => {
      const [left, right] = centred ? ["", cells[0]] : [cells[2 * n] ?? "", cells[2 * n + 1] ?? ""];
      const pair = like(html, "katex-pair", [cell(left, "left"), cell(right, "right")]);
      if (n) pair.classes.push("katex-further");
      return pair;
    }),
  );
  html.classes.push("katex-lines", ...(centred ? ["katex-centred"] : []), ...(long ? ["katex-long"] : []));
  if (pairs > 1) html.style.gridTemplateColumns = `repeat(${pairs}, auto minmax(0, auto))`;
};

// --- one formula ---

const typeset = ({ tex, display, mathml }) => {
  const options = { displayMode: display, output: "htmlAndMathml", strict: "error" };
  try {
    if (mathml) return { html: katex.renderToString(tex, { ...options, output: "mathml", strict: "ignore" }) };
    const tree = katex.__renderToDomTree(tex, options);
    const html = (display ? tree.children[0] : tree).children[1];
    const lines = display && cellsOf(tex);
    if (lines) aligned(html, lines, options);
    else if (display) breakable(html);
    else joined(html);
    return { html: tree.toMarkup() };
  } catch (error) {
    // A RangeError is KaTeX's own where a formula is nested more deeply than its parser can go.
    if (error instanceof RangeError) return { error: "it is nested too deeply" };
    if (!(error instanceof katex.ParseError)) throw error;
    return { error: error.message.replaceAll("\u0332", "") }; // which underlines each letter of the place
  }
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(typeset(JSON.parse(line)))}\n`);
});
