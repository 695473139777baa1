// The box "Re-run with other parameters": from the values in its fields to the command, as `repsim run` reads it.
(() => {
  const NUMBERS = { int: /^[+-]?\d+$/, float: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i };
  const NAMES = { int: "a whole number", float: "a number, such as 0.5 or 1e-3", bool: "true or false", str: "a text" };
  const LISTS = { int: "whole numbers, such as 5,0,2", float: "numbers, such as 0.5,2", bool: "true,false,...", str: "texts with commas between" };

  // A scalar in one form for each value, so that 7 and 07 are the same; null for what is none.
  const scalar = (kind, text) => {
    if (kind === "str") return text;
    text = text.trim().toLowerCase();
    if (kind === "bool") return ["true", "false"].includes(text) ? text : null;
    if (!NUMBERS[kind].test(text)) return null;
    if (kind === "int") return String(BigInt(text.replace("+", "")));
    return Number.isFinite(Number(text)) ? String(Number(text)) : null;
  };

  // What a text means as a value of a type: { same, written }, or { expected } if it is no such value.
  const read = (type, text) => {
    const [, item, single, optional] = type.match(/^(?:list\[(\w+)\]|(\w+))( \| None)?$/);
    if (optional && ["none", "null"].includes(text.trim().toLowerCase())) return { same: "none", written: "none" };
    const expected = (item ? LISTS[item] : NAMES[single]) + (optional ? ", or none" : "");
    if (!item) {
      const same = scalar(single, text);
      return same === null ? { expected } : { same: `=${same}`, written: single === "str" ? text : text.trim() };
    }
    const inside = text.trim().replace(/^\[(.*)\]$/, "$1").trim();
    const items = inside ? inside.split(",").map((each) => each.trim()) : [];
    const same = items.map((each) => scalar(item, each));
    if (same.includes(null)) return { expected };
    const joined = items.join(",");
    return { same: JSON.stringify(same), written: !joined || joined.startsWith("[") || optional ? `[${joined}]` : joined };
  };

  // As Python's shlex.quote.
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

  // One line of text, which breaks between its parts and not at hyphens.
  const show = (code, parts) => {
    const pieces = parts.map((part) => Object.assign(document.createElement("span"), { textContent: part }));
    code.replaceChildren(...pieces.flatMap((piece, n) => (n ? [" ", piece] : [piece])));
  };

  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return "Copied.";
    } catch { // a page that may not write there: the reader can, with the text selected
      getSelection().selectAllChildren(code);
      return "Selected: copy it with Ctrl+C or ⌘C.";
    }
  };

  for (const box of document.querySelectorAll("details.repsim-rerun")) {
    const form = box.querySelector("form");
    const code = form.querySelector("pre code");
    const button = form.querySelector("button.copy");
    const status = form.querySelector("[role=status]");
    const update = () => {
      const words = [`repsim run ${box.dataset.chapter}`];
      let wrong = 0;
      for (const field of form.querySelectorAll("[data-type]")) {
        const value = read(field.dataset.type, field.value);
        const changed = !value.expected && value.same !== read(field.dataset.type, field.dataset.default).same;
        if (changed) words.push(`-p ${quoted(`${field.name}=${value.written}`)}`);
        if (value.expected) wrong += 1;
        field.setAttribute("aria-invalid", String(Boolean(value.expected)));
        field.closest(".field").querySelector(".problem").textContent = value.expected ? `expected: ${value.expected}` : "";
      }
      button.disabled = wrong > 0;
      show(code, wrong ? [] : [...words, "--html"]);
      status.textContent = wrong ? "There is no command while a value is of the wrong kind." : "";
    };
    form.addEventListener("input", update);
    form.addEventListener("reset", () => setTimeout(update)); // the fields change after the event
    form.addEventListener("submit", (event) => event.preventDefault());
    button.addEventListener("click", async () => { status.textContent = await copy(code); });
    update();
  }
})();
