// Symbols that texts spell in letters, as in `d_LLV`, set as the pages set them; `plain_symbols` of the press does it there.
const PARTS = /\bd_(?:(KL|LLV|SVD)|\{f,g\})(?![A-Za-z0-9_])|\|rho\||\bdelta(?=²|$)|\bnu$/g;
const LETTERS = { delta: ["", "δ", ""], nu: ["", "ν", ""], "|rho|": ["|", "ρ", "|"] };

const made = (tag, ...children) => {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
};

/** A text as nodes, to be appended. */
export function typeset(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(PARTS)) {
    nodes.push(text.slice(end, found.index));
    const letter = LETTERS[found[0]];
    if (letter) nodes.push(letter[0], made("i", letter[1]), letter[2]);
    else nodes.push(made("i", "d"), made("sub", found[1] ?? made("b", "f,g")));
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== "");
}
