// "Compare here": two files of the reader's, their arrays by name, and the comparison, which a worker computes.
import { asJson, asText, foot, groups, head } from "./printed.js";
import { asPage } from "./report.js";
import { typeset } from "./symbols.js";
import { newWorker } from "./workers.js";

const ARGUMENTS = [
  ["embeddings", "Embeddings", true], ["unembeddings", "Unembeddings", true], ["bias", "Bias", false],
  ["labels", "True labels", false],
];
const root = document.getElementById("repsim-own");
const find = (selector, within = root) => within.querySelector(selector);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// --- the worker: one task at a time; to give one up ends it. It is there before a file is ---

let worker = null;
let giveUp = null;

function startWorker() {
  worker ??= newWorker("worker");
}

for (const event of ["focusin", "pointerover", "dragover"]) root.addEventListener(event, startWorker, { once: true });

function ask(task, given, progress = () => {}) {
  startWorker();
  return new Promise((resolve, reject) => {
    giveUp = () => {
      worker.terminate();
      worker = null;
      startWorker();
      giveUp = null;
      reject(new Error("cancelled"));
    };
    worker.onmessage = ({ data }) => {
      if (data.text) { progress(data); return; }
      giveUp = null;
      if (data.problem) reject(new Error(data.problem));
      else resolve(data.done);
    };
    worker.onerror = (event) => { giveUp = null; reject(new Error(event.message || "the worker did not start")); };
    worker.postMessage({ task, ...given });
  });
}

// One after the other: two files can be dropped at once.
let last = Promise.resolve();
const inTurn = (work) => { last = last.catch(() => {}).then(work); return last; };

// --- the two files ---

const models = { a: null, b: null };
const status = find("[role=status]");
const compareButton = find("button.compare");
const cancelButton = find("button.cancel");
const bar = find("progress");

function describe({ name, dtype, shape }) {
  return dtype ? `${name}: ${dtype}, ${shape.join(" × ") || "one number"}` : `${name}: not readable`;
}

function showArrays(side, { arrays, guess }) {
  const place = find(`[data-model=${side}] .arrays`);
  place.replaceChildren(...ARGUMENTS.map(([argument, title, needed]) => {
    const id = `own-${side}-${argument}`;
    const select = make("select", { id, name: argument });
    select.append(make("option", { value: "", textContent: needed ? "choose an array" : "none" }));
    for (const array of arrays) select.append(make("option", { value: array.name, textContent: describe(array) }));
    select.value = guess[argument] ?? "";
    select.addEventListener("change", () => changed());
    return make("div", { className: "array" }, make("label", { htmlFor: id, textContent: title }), select);
  }));
}

const namesOf = (side) => Object.fromEntries(ARGUMENTS.map(([argument]) =>
  [argument, find(`#own-${side}-${argument}`)?.value || null]));

/** What is still to be done before the models can be compared, in words; nothing if they can be. */
function missing() {
  const [side, other] = ["a", "b"].filter((each) => !models[each]);
  if (other) return "";
  if (side) return `Choose the ${side === "a" ? "first" : "second"} model, ${side}, too.`;
  for (const each of ["a", "b"]) {
    const names = namesOf(each);
    const without = ARGUMENTS.find(([argument, , needed]) => needed && !names[argument]);
    if (without) return `Say which array of ${models[each].name} has the ${without[1].toLowerCase()}.`;
  }
  return "";
}

function update() {
  compareButton.disabled = !(models.a && models.b) || missing() !== "" || Boolean(giveUp);
}

/** What was compared before is not what is chosen now. */
function changed(read = "") {
  if (!bar.hidden) giveUp?.();
  find(".result").hidden = true;
  find(".failed").textContent = "";
  status.textContent = `${read} ${missing()}`.trim();
  update();
}

async function take(side, file) {
  const box = find(`[data-model=${side}]`);
  const problem = find(".problem", box);
  models[side] = null;
  find(".chosen", box).textContent = file.name;
  find("label", box).textContent = "Choose another file";
  find(".arrays", box).replaceChildren();
  problem.textContent = "";
  changed();
  try {
    showArrays(side, await inTurn(() => ask("open", { file })));
    models[side] = file;
    changed(`${file.name} is read.`);
  } catch (error) {
    problem.textContent = error.message;
    changed();
  }
}

for (const box of root.querySelectorAll("[data-model]")) {
  const side = box.dataset.model;
  const input = find("input[type=file]", box);
  input.addEventListener("change", () => {
    const [first, second] = input.files;
    if (first) take(side, first);
    if (second && side === "a") take("b", second);
    input.value = "";
  });
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const [first, second] = event.dataTransfer.files;
    if (first) take(side, first);
    if (second) take(side === "a" ? "b" : "a", second);
  });
}

find("button.samples").addEventListener("click", async () => {
  try {
    const links = [...root.querySelectorAll("a[data-sample]")];
    for (const [k, link] of links.entries()) {
      const answer = await fetch(link.href); // the link holds the file itself
      await take("ab"[k], new File([await answer.blob()], link.download));
    }
    if (!compareButton.disabled) await compare();
  } catch (error) {
    status.textContent = `The sample models could not be loaded: ${error.message}`;
  }
});

// --- the comparison ---

async function compare() {
  const result = find(".result");
  result.hidden = true;
  find(".failed").textContent = "";
  [bar.hidden, cancelButton.hidden] = [false, false];
  bar.value = 0;
  const given = ["a", "b"].map((side) => ({ file: models[side], names: namesOf(side) }));
  const begun = performance.now();
  try {
    const running = inTurn(() => {
      const asked = ask("compare", { models: given }, ({ share, text }) => {
        bar.value = share;
        status.textContent = `Comparing: ${text}`;
      });
      update();
      return asked;
    });
    const { files, ...found } = await running;
    const seconds = (performance.now() - begun) / 1000;
    show({
      ...found, files, version: root.dataset.version, warnings: [], draws: null, intervals: null,
    });
    status.textContent = `Compared in ${seconds < 1 ? "less than a second" : `${seconds.toFixed(0)} s`}; the figures are below.`;
  } catch (error) {
    const cancelled = error.message === "cancelled";
    status.textContent = cancelled ? "Cancelled." : "The models could not be compared.";
    if (!cancelled) find(".failed").textContent = error.message;
  }
  [bar.hidden, cancelButton.hidden] = [true, true];
  update();
}

compareButton.addEventListener("click", compare);
cancelButton.addEventListener("click", () => giveUp?.());

function table(found) {
  const rows = groups(found).flatMap(({ heading, lines }) => [
    make("tr", {}, make("th", { colSpan: 3, scope: "rowgroup", textContent: heading })),
    ...lines.map(({ name, figure, says }) => make(
      "tr", {}, make("th", { scope: "row" }, ...typeset(name)), make("td", { className: "number", textContent: figure }),
      make("td", {}, ...typeset(says)))),
  ]);
  return make("table", {}, make("tbody", {}, ...rows));
}

function show(found) {
  const [a, b] = found.files;
  find(".compared").textContent = `a is ${a}, b is ${b}. ${head(found)}.`;
  find(".figures").replaceChildren(table(found));
  find(".notes").replaceChildren(...foot(found).map((text) => make("p", {}, ...typeset(text))));
  const reports = {
    json: [asJson(found), "application/json"],
    text: [`a: ${a}\nb: ${b}\n\n${asText(found)}`, "text/plain;charset=utf-8"],
    page: [asPage(found, [".compared", ".figures", ".notes"].map((part) => find(part))), "text/html;charset=utf-8"],
  };
  for (const link of root.querySelectorAll("a[data-report]")) {
    const [text, type] = reports[link.dataset.report];
    if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([text], { type }));
  }
  find(".result").hidden = false;
}

find("button.samples").disabled = false;
find("form").addEventListener("submit", (event) => event.preventDefault());
update();
