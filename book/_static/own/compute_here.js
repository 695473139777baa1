// "Compute here" in the box of a chapter: its main figures with the values of the fields, by a worker.
import { typeset } from "./symbols.js";
import { newWorker } from "./workers.js";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

function table({ title, headings, rows }) {
  return make(
    "table", {}, make("caption", { textContent: title }),
    make("thead", {}, make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, ...typeset(text))))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((textContent) => make("td", { textContent }))))),
  );
}

let worker = null;

// Begin, or give up what was begun. `say` takes a status in words.
export function computeHere({ chapter, values, button, place, say }) {
  const end = (words) => {
    worker.terminate();
    worker = null;
    button.textContent = "Compute here";
    say(words);
  };
  if (worker) {
    end("Cancelled.");
    return;
  }
  worker = newWorker("chapter_worker");
  button.textContent = "Cancel";
  place.replaceChildren();
  say("Computing …");
  worker.onmessage = ({ data: { done, problem, share, text } }) => {
    if (text) {
      say(`Computing, ${Math.round(100 * share)} % done: ${text}`);
    } else if (problem) {
      end(problem);
    } else {
      place.replaceChildren(...done.map((each) => {
        const scroller = make("div", { className: "scroller", tabIndex: 0, role: "region", ariaLabel: each.title });
        scroller.append(table(each));
        return scroller;
      }));
      end("The figures are below: the same as the command computes.");
    }
  };
  worker.onerror = (event) => end(event.message || "The worker did not start.");
  worker.postMessage({ chapter, values });
}
