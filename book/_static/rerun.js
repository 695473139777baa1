// The box "Re-run with other parameters": from the values in its fields to the command, as `repsim run` reads it.
(() => {
  const NUMBERS = {
    int: /^[+-]?(?:0|[1-9][0-9]*)$/,
    float: /^(?:[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:e[+-]?[0-9]+)?$/,
  };
  const NAMES = { int: "a whole number", float: "a number, such as 0.5 or 1e-3", bool: "true or false", str: "a text" };
  const LISTS = { int: "whole numbers, such as 5,0,2", float: "numbers, such as 0.5,2", bool: "true,false,...", str: 'texts with commas between; in quotes if they have commas, brackets or quotes, such as "a,b",c' };

  // The script that computes in the page, asked for when it is first wanted.
  let asked = null;
  const computing = () => (asked ??= new Promise((resolve, reject) => {
    const root = new URL(document.documentElement.dataset.content_root, location.href);
    document.head.append(Object.assign(document.createElement("script"), {
      src: new URL("_static/modules/compute_here.js", root),
      onload: () => resolve(globalThis.repsimModules.compute_here),
      onerror: reject,
    }));
  }));

  // Texts are written and taken apart as by `repsim_core/texts.py`.
  const QUOTED = /"(?:[^"\\]|\\[^])*"|'(?:[^']|'')*'/y;
  const trimmed = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const isNone = (text) => ["none", "null"].includes(trimmed(text).toLowerCase());
  const inQuotes = (text) => JSON.stringify(text);

  // The place after the quoted text that begins at a place; -1 if none does.
  const afterQuotes = (text, place) => {
    QUOTED.lastIndex = place;
    return QUOTED.test(text) ? QUOTED.lastIndex : -1;
  };

  const unquoted = (text) => {
    if (afterQuotes(text, 0) !== text.length) return text;
    if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
    try {
      return JSON.parse(text);
    } catch { // quotes that are no JSON
      return text;
    }
  };

  const writtenText = (text) => (isNone(text) || unquoted(text) !== text || /[\x00-\x1f]/.test(text) ? inQuotes(text) : text);

  const writtenItem = (text) =>
    text && text === trimmed(text) && text[0] !== "'" && !/[\[\],;"\x00-\x1f]/.test(text) ? text : inQuotes(text);

  // What is between commas; commas in quotes are part of a text.
  const parts = (text) => {
    const found = [];
    let start = 0;
    let atStart = true;
    for (let place = 0; place < text.length; place += 1) {
      const end = atStart ? afterQuotes(text, place) : -1;
      if (end > 0) {
        place = end - 1;
        atStart = false;
        continue;
      }
      const sign = text[place];
      if (sign === ",") {
        found.push(text.slice(start, place));
        start = place + 1;
      }
      atStart = "[,;".includes(sign) || (atStart && " \t\r\n".includes(sign));
    }
    return [...found, text.slice(start)].map(trimmed);
  };

  // What an item of a list means as a text; null if it needs quotes.
  const itemText = (item) => {
    const text = unquoted(item);
    return text === item && (!item || `"'`.includes(item[0]) || /[\[\]"]/.test(item)) ? null : text;
  };

  // A number or truth value in one form for each value, so that 7 and +7 are the same; null for what is none.
  const scalar = (kind, text) => {
    text = trimmed(text).toLowerCase();
    if (kind === "bool") return ["true", "false"].includes(text) ? text : null;
    if (!NUMBERS[kind].test(text)) return null;
    if (kind === "int") return String(BigInt(text.replace("+", "")));
    return Number.isFinite(Number(text)) ? String(Number(text)) : null;
  };

  // What `scalar` and `itemText` find, as the value that it stands for.
  const meant = (kind, same) => (kind === "str" ? same : kind === "bool" ? same === "true" : Number(same));

  // What a text means as a value of a type: { same, written, value }, or { expected } if it is no such value.
  const read = (type, text) => {
    const [, item, single, optional] = type.match(/^(?:list\[(\w+)\]|(\w+))( \| None)?$/);
    if (optional && isNone(text)) return { same: "none", written: "none", value: null };
    const expected = (item ? LISTS[item] : NAMES[single]) + (optional ? ", or none" : "");
    if (single === "str") return { same: `=${unquoted(text)}`, written: writtenText(unquoted(text)), value: unquoted(text) };
    if (single) {
      const same = scalar(single, text);
      return same === null ? { expected } : { same: `=${same}`, written: trimmed(text), value: meant(single, same) };
    }
    const inside = trimmed(trimmed(text).replace(/^\[([^]*)\]$/, "$1"));
    const items = inside ? parts(inside) : [];
    const same = items.map((each) => (item === "str" ? itemText(each) : scalar(item, each)));
    if (same.includes(null)) return { expected };
    const joined = (item === "str" ? same.map(writtenItem) : items).join(",");
    const value = same.map((each) => meant(item, each));
    return { same: JSON.stringify(same), written: !joined || optional ? `[${joined}]` : joined, value };
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
    const here = form.querySelector("button.here");
    const status = form.querySelector("[role=status]");
    const rules = JSON.parse(box.querySelector("script.limits")?.textContent ?? "[]");
    form.querySelector("fieldset").disabled = false; // where no script runs, changes would do nothing
    let values = {};
    const update = () => {
      const words = [`repsim run ${box.dataset.chapter}`];
      const problems = {};
      values = {};
      const fields = [...form.querySelectorAll("[data-type]")];
      for (const field of fields) {
        const { expected, same, written, value } = read(field.dataset.type, field.value);
        values[field.name] = value;
        if (expected) problems[field.name] = `expected: ${expected}`;
        else if (same !== read(field.dataset.type, field.dataset.default).same) words.push(`-p ${quoted(`${field.name}=${written}`)}`);
      }
      const ofAnotherKind = Object.keys(problems).length;
      const broken = ofAnotherKind ? null : repsimLimits(rules, values);
      if (broken) problems[broken.name] = `allowed: ${broken.allowed}`;
      for (const field of fields) {
        const problem = problems[field.name] ?? "";
        field.setAttribute("aria-invalid", String(Boolean(problem)));
        field.closest(".field").querySelector(".problem").textContent = problem;
      }
      button.disabled = ofAnotherKind || broken !== null;
      if (here) here.disabled = button.disabled;
      show(code, button.disabled ? [] : [...words, "--html"]);
      status.textContent = !button.disabled ? "" : broken ? "There is no command while a value is not allowed."
        : "There is no command while a value is of the wrong kind.";
    };
    form.addEventListener("input", update);
    form.addEventListener("reset", () => setTimeout(update)); // the fields change after the event
    form.addEventListener("submit", (event) => event.preventDefault());
    button.addEventListener("click", async () => { status.textContent = await copy(code); });
    here?.addEventListener("click", async () => {
      const say = (text) => { status.textContent = text; };
      try {
        const { computeHere } = await computing();
        computeHere({ chapter: box.dataset.chapter, values, button: here, place: box.querySelector(".computed"), say });
      } catch { // a page without the rest of the book
        say("This page lacks the script that computes. The command can.");
      }
    });
    update();
  }
})();
