// Draws the interactive figures of a page: at the width there is, and for fingers and screen readers as well.
window.repsimCharts = (() => {
  // Pixels: how far from a point a finger may be, and how far it moves before it has a direction.
  const NEAR = 24;
  const DIRECTION = 8;
  // Milliseconds without a change after which a value is read out.
  const QUIET = 600;
  const HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

  // The chart for a column as wide as the box. The narrow one names its data, which are the same, by the wide one's.
  const specification = (text, name) => {
    const { wide, narrow } = JSON.parse(text);
    if (name === "wide") return wide;
    const values = Object.fromEntries(wide.data.map((each) => [each.name, each.values]));
    for (const each of narrow.data) if (typeof each.values === "string") each.values = values[each.values];
    return narrow;
  };

  // What a slider is called, and its value with the unit.
  const nameControls = (box) => {
    for (const control of box.querySelectorAll(".vega-bind :is(input, select)")) {
      const name = control.closest("label").querySelector(".vega-bind-name")?.textContent.trim() ?? control.name;
      const unit = name.match(/\(([^)]*)\)/)?.[1] ?? "";
      control.setAttribute("aria-label", name.replace(/\s*\([^)]*\)/, ""));
      if (control.type !== "range") continue;
      const said = () => control.setAttribute("aria-valuetext", `${control.value}${unit && ` ${unit}`}`);
      control.addEventListener("input", said);
      control.style.touchAction = "pan-y";
      said();
    }
  };

  // A finger that moves up or down from a slider scrolls the page: the slider waits until it has a direction.
  const guardSliders = (box) => {
    let touch = null;
    const set = (input, value) => {
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const undecided = (event) => touch && !touch.across && event.target === touch.input;
    box.addEventListener("pointerdown", (event) => {
      const slider = event.pointerType === "touch" && event.target.matches("input[type=range]");
      touch = slider ? { input: event.target, x: event.clientX, y: event.clientY, value: event.target.value, wanted: null, across: false } : null;
    }, true);
    for (const kind of ["input", "change"]) {
      box.addEventListener(kind, (event) => {
        if (!undecided(event)) return;
        touch.wanted = touch.input.value;
        touch.input.value = touch.value;
        event.stopImmediatePropagation();
      }, true);
    }
    const decide = () => {
      const { input, wanted } = touch;
      touch.across = true;
      if (wanted !== null) set(input, wanted);
    };
    box.addEventListener("pointermove", (event) => {
      if (!undecided(event)) return;
      const [x, y] = [Math.abs(event.clientX - touch.x), Math.abs(event.clientY - touch.y)];
      if (x > DIRECTION && x > y) decide();
    }, true);
    box.addEventListener("pointerup", (event) => {
      if (undecided(event)) decide();
    }, true);
  };

  // A finger is larger than a point: a tap is for what is nearest, and says what a pointer would show on hovering.
  const guideTaps = (box) => {
    let finger = false;
    box.addEventListener("pointerdown", (event) => { finger = event.pointerType === "touch"; }, true);
    box.addEventListener("click", (event) => {
      if (!finger || !event.target.closest("svg")) return;
      const { clientX, clientY } = event;
      let best = null;
      let least = NEAR;
      // Of texts only those that say something more: letters that stand for points, no names.
      for (const mark of box.querySelectorAll(":is(.mark-symbol, .mark-rect) path, .mark-text text")) {
        if (mark.localName === "text" && !mark.__data__?.tooltip) continue;
        const { left, right, top, bottom } = mark.getBoundingClientRect();
        const away = Math.hypot(Math.max(left - clientX, 0, clientX - right), Math.max(top - clientY, 0, clientY - bottom));
        if (away < least && mark.__data__) [best, least] = [mark, away];
      }
      const at = { bubbles: true, clientX, clientY, pointerType: "touch" };
      (best ?? event.target).dispatchEvent(new PointerEvent("pointerover", at));
      const values = best?.__data__.tooltip;
      const text = values ? Object.entries(values).map(([name, value]) => `${name}: ${value}`).join(", ") : "";
      box.querySelector(".repsim-tapped").textContent = text;
    });
  };

  // What has changed is read out when the reader has come to rest: texts or descriptions of the marks called "spoken".
  const announce = (box) => {
    let waiting = 0;
    box.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const marks = box.querySelectorAll('[class*="spoken"][class*="_marks"] :is(text, path[aria-label])');
        const texts = [...marks].map((each) => each.getAttribute("aria-label") ?? each.textContent);
        box.querySelector(".repsim-spoken").textContent = texts.filter(Boolean).join(", ");
      }, QUIET);
    });
  };

  const draw = (box) => {
    const text = box.nextElementSibling.textContent;
    const least = Number(box.dataset.least);
    const drawing = document.createElement("div");
    drawing.style.width = "100%";
    const lines = document.createElement("div");
    lines.innerHTML = `<p class="repsim-tapped" role="status" style="margin:0;text-align:center"></p><p class="repsim-spoken" role="status" style="${HIDDEN}"></p>`;
    box.replaceChildren(drawing, lines);
    let view = null;
    let shown = null;
    const update = () => {
      const wanted = box.clientWidth < least ? "narrow" : "wide";
      if (wanted === shown || !box.clientWidth) return;
      shown = wanted;
      const spec = specification(text, wanted);
      const names = spec.signals.filter((each) => each.bind).map((each) => each.name);
      const chosen = view && names.map((name) => [name, view.signal(name)]);
      view?.finalize();
      drawing.replaceChildren();
      view = new vega.View(vega.parse(spec), { container: drawing, hover: true, renderer: "svg" });
      for (const [name, value] of chosen ?? []) view.signal(name, value);
      view.runAsync().then(() => nameControls(box));
    };
    guardSliders(box);
    guideTaps(box);
    announce(box);
    new ResizeObserver(update).observe(box);
    update();
  };

  // A page may show the same chart twice, hence all that match.
  return (name) => {
    for (const box of document.querySelectorAll(`[data-repsim-chart="${name}"]:not([data-drawn])`)) {
      box.dataset.drawn = "";
      draw(box);
    }
  };
})();
