// The playground: two models in the plane that a reader moves, and what the measures say of them meanwhile.
import { Bars, LONGEST, ROWS, spoken, verdict } from "./bars.js";
import { base, given } from "./given.js";
import { Handles } from "./handles.js";
import { arrays, frame, measure } from "./models.js";
import { Questions } from "./questions.js";
import { draw, layout } from "./scene.js";
import { LIMITS, PRESETS, allSays, begin, between, fromQuery, says, toQuery } from "./state.js";

const MOVE = 700; // milliseconds from one preset to the next
const REST = 500; // after which the address follows
const WIDE = 736; // pixels of a window with room for all controls
const SAME = 1e-6; // degrees that are rounding
const QUIET = 1200; // after which what has changed is said
const SLIDERS = {
  labels: ["Labels", (value) => `${value}`],
  rho: ["Confidence ρ", (value) => value.toFixed(1)],
  noise: ["Noise in model 2", (value) => value.toFixed(2)],
  stretch: ["Stretch of model 2", (value) => value.toFixed(1)],
};
const WAYS = { move: "moves alone", exchange: "trades places", turn: "turns its model" };
const FIXED = "The number of labels is part of this pair: its arrays are given";
let count = 0;

/** Elements of HTML. */
function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

/** The longest of some pieces of HTML, as text. */
function longest(texts) {
  return texts.map((text) => text.replace(/<[^>]*>/g, "")).reduce((long, text) => (text.length > long.length ? text : long));
}

function skeleton(id) {
  const preset = ([name, { title }]) => `<button type="button" data-preset="${name}" aria-pressed="false">${title}</button>`;
  const panel = (model) => `<figure class="pg-panel"><figcaption>Model ${model + 1}</figcaption>
    <div class="pg-stage"><canvas aria-hidden="true"></canvas>
    <div class="pg-handles" role="group" aria-label="Labels of model ${model + 1}"></div></div></figure>`;
  const slider = (name) => `<label class="pg-slider"><span>${SLIDERS[name][0]}</span>
    <input type="range" name="${name}" min="${LIMITS[name].least}" max="${LIMITS[name].most}" step="${LIMITS[name].step}">
    <span class="pg-number"></span></label>`;
  const way = ([name, title]) => `<label><input type="radio" name="${id}-way" value="${name}"><span>${title}</span></label>`;
  return made(`<div class="pg-app" role="group" aria-label="Playground: two models in the plane">
    <div class="pg-presets" role="group" aria-label="Begin with">${Object.entries(PRESETS).map(preset).join("")}</div>
    <p class="pg-says" data-longest="${longest(allSays())}"><span></span></p>
    <p class="pg-drag">Drag a label round its circle<span class="pg-mouse">, or the picture to turn the whole model</span>.</p>
    <div class="pg-view">${panel(0)}${panel(1)}<div class="pg-measures"></div></div>
    <p class="pg-verdict" data-longest="${LONGEST}"><span></span></p>
    <div class="pg-ask"></div>
    <div class="pg-sliders">${["labels", "rho"].map(slider).join("")}</div>
    <details class="pg-more"><summary>More to move</summary>
      <div class="pg-sliders">${["noise", "stretch"].map(slider).join("")}</div>
      <fieldset class="pg-ways"><legend>A label that is dragged</legend>${Object.entries(WAYS).map(way).join("")}</fieldset>
      <div class="pg-acts"><label class="pg-check"><input type="checkbox" name="mirror"><span>Mirror model 2</span></label>
        <button type="button" class="pg-again">Begin again</button>
        <button type="button" class="pg-link">Copy the link</button></div>
    </details>
    <details class="pg-more"><summary>What is shown</summary>
      <div class="pg-legend"><p>A dot is an input, where the model puts it; far out, it is drawn at the edge. An arrow is the unembedding of
        a label, longer for a surer model. The ring has the label that the model predicts in each direction, fainter where it is less sure.</p>
        <dl>${ROWS.map(({ name, title }) => `<dt>${name}</dt><dd>${title}.</dd>`).join("")}</dl></div>
    </details>
    <p class="pg-hint" id="${id}-hint">Arrow keys move a label, with Shift in small steps; Home and End bring it to the right; Page Up and Page Down go to another.</p>
    <p class="pg-fixed" id="${id}-fixed" hidden>${FIXED}</p>
    <p class="pg-spoken" aria-live="polite"></p></div>`);
}

export class Playground {
  #scheduled = null;
  #moving = null;
  #timers = {};
  #given = { name: null, arrays: null };

  /** @param compact whether less is open at first */
  constructor(compact) {
    this.app = skeleton(`pg${count++}`);
    this.app.querySelector("details").open = !compact && innerWidth > WIDE;
    this.find = (name) => this.app.querySelector(name);
    this.bars = new Bars(this.find(".pg-measures"));
    this.chosen = null;
    this.way = "move";
    this.panels = [...this.app.querySelectorAll(".pg-panel")].map((panel, model) => ({
      stage: panel.querySelector(".pg-stage"),
      canvas: panel.querySelector("canvas"),
      handles: new Handles(panel.querySelector(".pg-handles"), {
        name: `model ${model + 1}`,
        describedBy: this.find(".pg-hint").id,
        moved: (label, by, once) => this.#turn(model, label, by, once),
        turned: (by) => this.#turn(model, 0, by, false, "turn"),
        chosen: (label) => { this.chosen = label; this.#schedule(); },
      }),
    }));
    this.questions = new Questions(this.find(".pg-ask"), {
      show: (state) => this.go(state),
      mark: (key) => this.bars.mark(key),
    });
    this.#listen();
  }

  /** Show the state of the address, or another. */
  async start(preset) {
    await this.go(fromQuery(new URLSearchParams(location.search)) ?? begin(preset), { now: true, quiet: true });
  }

  #listen() {
    this.find(".pg-presets").addEventListener("click", ({ target }) => {
      const { preset } = target.dataset;
      if (!preset) return;
      this.questions.end();
      this.go(begin(preset));
    });
    this.app.addEventListener("input", ({ target }) => {
      const { name } = target;
      if (!(name in SLIDERS || name === "mirror")) return;
      this.questions.end();
      if (name === "mirror") this.go({ ...this.state, mirror: target.checked }, { now: true });
      else if (name === "labels") this.go({ ...begin(this.state.preset, Number(target.value)), ...this.#looks() }, { now: true });
      else this.#set({ [name]: Number(target.value) });
    });
    const [first] = this.app.querySelectorAll(".pg-ways input");
    first.checked = true;
    this.find(".pg-ways").addEventListener("change", ({ target }) => { this.way = target.value; });
    this.find(".pg-again").addEventListener("click", () => this.go(begin(this.state.preset)));
    this.find(".pg-link").addEventListener("click", async ({ target }) => {
      const said = await navigator.clipboard.writeText(this.#address()).then(() => "Copied", () => "It is in the address bar");
      this.#write();
      target.textContent = said;
      setTimeout(() => { target.textContent = "Copy the link"; }, 2000);
    });
    const sizes = new ResizeObserver(() => this.#schedule());
    for (const { stage } of this.panels) sizes.observe(stage);
    new MutationObserver(() => this.#schedule()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    // Links of the page to a state show it here.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const url = new URL(link.href);
      const state = url.pathname === location.pathname && url.origin === location.origin ? fromQuery(url.searchParams) : null;
      if (!state) return;
      event.preventDefault();
      this.app.scrollIntoView({ block: "start" });
      this.find(`[data-preset=${state.preset}]`).focus({ preventScroll: true });
      this.go(state);
    });
    addEventListener("popstate", () => {
      const state = fromQuery(new URLSearchParams(location.search));
      if (state) this.go(state, { quiet: true });
    });
  }

  /** What a reader has set that another number of labels leaves. */
  #looks() {
    const { rho, noise, stretch, mirror } = this.state;
    return { rho, noise, stretch, mirror };
  }

  #set(changes) {
    this.#moving = null;
    this.state = { ...this.state, ...changes };
    this.#schedule();
    this.#later();
  }

  /** Turn a label of a model, or what goes with it. */
  #turn(model, label, by, once, way = this.way) {
    this.questions.end();
    const name = model ? "b" : "a";
    const angles = this.state[name].slice();
    if (way === "turn") angles.forEach((angle, k) => { angles[k] = angle + by; });
    else if (way === "exchange") {
      const standing = this.#standing(model);
      const places = angles.map((angle, k) => (standing[k] === null ? null : angle + standing[k]));
      const other = neighbour(places, label, by, once);
      if (other === null) return;
      [angles[label], angles[other]] = [places[other] - standing[label], places[label] - standing[other]];
    } else angles[label] += by;
    this.#set({ [name]: angles });
  }

  /** Where a model's labels stand before they are turned, in degrees: those of a circle all at 0; null at the origin. */
  #standing(model) {
    const found = this.#given.arrays;
    if (!found) return this.state.a.map(() => 0);
    const { angles } = layout({ f: found.f[model], g: found.g[model], of: found.of }, 1);
    return angles.map((angle) => (angle === null ? null : (angle * 180) / Math.PI));
  }

  /** Go to a state, by way of those between; gives what is measured there. */
  async go(state, { now = false, quiet = false } = {}) {
    const moving = { under: true };
    this.#moving = moving;
    if (this.#given.name !== state.given) {
      const found = await given(state.given).catch(() => undefined);
      if (this.#moving !== moving) return null;
      if (found === undefined) {
        this.find(".pg-says span").textContent = "The arrays of these models could not be loaded.";
        return null;
      }
      this.#given = { name: state.given, arrays: found };
    }
    const from = this.state;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!now && !still && from && from.labels === state.labels && from.given === state.given) {
      const begun = performance.now();
      for (let share = 0; share < 1;) {
        await new Promise(requestAnimationFrame);
        if (this.#moving !== moving) return null;
        share = Math.min(1, (performance.now() - begun) / MOVE);
        moving.under = share < 1;
        const eased = share * share * (3 - 2 * share);
        this.state = share < 1 ? { ...between(from, state, eased), mirror: share < 0.5 ? from.mirror : state.mirror } : state;
        this.#show();
      }
    } else {
      moving.under = false;
      this.state = state;
      this.#show();
    }
    if (!quiet) this.#later();
    return this.measured;
  }

  #schedule() {
    this.#scheduled ??= requestAnimationFrame(() => this.#show());
  }

  /** Measure and draw the state. */
  #show() {
    this.#scheduled = null;
    const { state } = this;
    if (!state) return;
    const models = [0, 1].map((model) => arrays(state, this.#given.arrays, model));
    const of = JSON.stringify([state, Boolean(this.#moving?.under)]);
    if (of !== this.measuredOf) {
      this.measuredOf = of;
      try {
        this.measured = measure(state, models);
      } catch {
        this.measured = null; // a log-ratio is constant: two labels are in one place
      }
      this.bars.update(this.measured);
      this.#words();
    }
    const look = { ink: getComputedStyle(this.app).color, chosen: this.chosen };
    this.panels.forEach(({ stage, canvas, handles }, model) => {
      const size = stage.clientWidth;
      if (!size) return;
      draw(canvas, models[model], { size, look });
      handles.update(models[model], { size, frame: frame(model ? state : { stretch: 1 }) });
    });
  }

  /** It has come into the page, and has a size now. */
  shown() {
    this.#show();
    this.#reveal("instant");
  }

  /** Scroll to the preset that is shown: on a phone they stand in a line. */
  #reveal(behavior) {
    const button = this.find("[data-preset][aria-pressed=true]");
    const line = button.parentElement;
    line.scrollTo({ left: button.offsetLeft - (line.clientWidth - button.offsetWidth) / 2, behavior });
  }

  /** Texts and controls that follow the state. */
  #words() {
    const { state } = this;
    for (const button of this.app.querySelectorAll("[data-preset]")) {
      const pressed = button.dataset.preset === state.preset;
      if (pressed === (button.getAttribute("aria-pressed") === "true")) continue;
      button.setAttribute("aria-pressed", pressed);
      if (pressed) this.#reveal("smooth");
    }
    // On the way to a preset its sentence is there before it.
    const sentence = says(this.#moving?.under ? begin(state.preset, state.labels) : state);
    const told = { ".pg-says": sentence.replaceAll('href="', `href="${new URL("../../", base())}`), ".pg-verdict": this.measured
      ? verdict(this.measured) : "Two labels are in one place: their log-ratio is constant, and cannot be standardised." };
    for (const [name, text] of Object.entries(told)) {
      const place = this.find(`${name} span`);
      if (place.dataset.text !== text) place.innerHTML = place.dataset.text = text;
    }
    for (const [name, [, text]] of Object.entries(SLIDERS)) {
      const input = this.find(`input[name=${name}]`);
      input.value = state[name];
      if (name === "labels") {
        input.disabled = state.given !== null;
        input.parentElement.title = input.disabled ? FIXED : "";
        if (input.disabled) input.setAttribute("aria-describedby", this.find(".pg-fixed").id);
        else input.removeAttribute("aria-describedby");
      }
      input.parentElement.querySelector(".pg-number").textContent = text(state[name]);
    }
    this.find("input[name=mirror]").checked = state.mirror;
  }

  /** When the reader rests, the address follows, and what has come of it is said. */
  #later() {
    const after = (name, wait, act) => {
      clearTimeout(this.#timers[name]);
      this.#timers[name] = setTimeout(act, wait);
    };
    after("address", REST, () => this.#write());
    after("words", QUIET, () => { this.find(".pg-spoken").textContent = spoken(this.measured); });
  }

  #address() {
    const url = new URL(location.href);
    url.search = toQuery(this.state);
    return url.href;
  }

  #write() {
    history.replaceState(history.state, "", this.#address());
  }
}

/**
 * The label that another one trades places with: the nearest to where it is dragged, once it is nearer than its own place;
 * for a key the next one on that side. Null for none. One at the origin has no place, and one in the same place no other.
 */
function neighbour(places, label, by, once) {
  const ahead = (other) => ((((places[other] - places[label]) * Math.sign(by)) % 360) + 360) % 360;
  const apart = (k) => ahead(k) > SAME && ahead(k) < 360 - SAME;
  const others = places.map((_, k) => k).filter((k) => places[k] !== null && apart(k));
  if (places[label] === null || !others.length) return null;
  const next = others.reduce((best, k) => (ahead(k) < ahead(best) ? k : best));
  return once || Math.abs(by) > ahead(next) / 2 ? next : null;
}

/** Put a playground into a place of the page, in place of the picture there. */
export async function start(place) {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("play.css", base()) });
  await new Promise((resolve, reject) => {
    Object.assign(sheet, { onload: resolve, onerror: reject });
    document.head.append(sheet);
  });
  const playground = new Playground(place.classList.contains("compact"));
  await playground.start("star");
  place.append(playground.app);
  place.classList.add("ready");
  place.playground = playground;
  playground.shown();
}
