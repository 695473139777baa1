// The labels of one model as handles that a mouse, a finger or the arrow keys move round the circle.
import { HANDLES, colour, layout } from "./scene.js";

const STEP = 5;
const FINE = 1;
const KEYS = { ArrowRight: -1, ArrowDown: -1, ArrowLeft: 1, ArrowUp: 1 };
const degrees = (radians) => (radians * 180) / Math.PI;
/** A difference of angles, from -180 to 180. */
const short = (angle) => ((((angle % 360) + 540) % 360) - 180);

/** Call `move` with what a pointer does until it is released. */
function follow(element, { pointerId }, move, released = () => {}) {
  const ends = ["pointerup", "pointercancel"];
  const release = () => {
    element.classList.remove("held");
    element.removeEventListener("pointermove", move);
    for (const name of ends) element.removeEventListener(name, release);
    released();
  };
  element.setPointerCapture(pointerId);
  element.classList.add("held");
  element.addEventListener("pointermove", move);
  for (const name of ends) element.addEventListener(name, release);
}

export class Handles {
  #buttons = [];
  #angles = [];

  /**
   * @param stage the element over the picture
   * @param name of the model, for those who do not see it
   * @param moved is called with a label and by how many degrees it is to turn, and whether a key did it
   * @param turned is called with by how many degrees the whole model is to turn
   * @param chosen is called with the label that is looked at, or null
   */
  constructor(stage, { name, describedBy, moved, turned, chosen }) {
    Object.assign(this, { stage, name, describedBy, moved, turned, chosen });
    stage.parentElement.addEventListener("pointerdown", (event) => this.#grabAll(event));
  }

  /** Put the handles where the labels of the model are. */
  update(model, { size, frame }) {
    const { angles } = layout(model, size);
    if (this.#buttons.length !== angles.length) this.#make(angles.length);
    this.#angles = angles;
    this.frame = frame;
    const taken = [];
    angles.forEach((angle, label) => {
      const radius = angle === null ? 0 : HANDLES * size;
      // Labels in one place are drawn beside each other.
      const beside = taken.filter((other) => other !== null && angle !== null && Math.abs(short(degrees(angle - other))) < 0.5).length;
      taken.push(angle);
      const at = (angle ?? 0) + (beside * 24) / (HANDLES * size);
      const button = this.#buttons[label];
      button.style.transform = `translate(${radius * Math.cos(at)}px, ${-radius * Math.sin(at)}px)`;
      // A label at the origin has no direction to turn.
      button.setAttribute("aria-disabled", angle === null);
      button.title = angle === null ? "This label is at the origin: it has no direction" : "";
      const value = Math.round((degrees(angle ?? 0) + 360) % 360) % 360;
      button.setAttribute("aria-valuenow", value);
      button.setAttribute("aria-valuetext", `${value} degrees`);
    });
  }

  #make(count) {
    this.stage.replaceChildren();
    this.#buttons = Array.from({ length: count }, (_, label) => {
      const button = document.createElement("div");
      button.className = "pg-handle";
      button.textContent = label;
      button.tabIndex = label ? -1 : 0;
      button.style.setProperty("--own", colour(label, count));
      const told = {
        role: "slider", "aria-label": `Label ${label}, ${this.name}`, "aria-valuemin": 0, "aria-valuemax": 359,
        "aria-describedby": this.describedBy,
      };
      for (const [name, value] of Object.entries(told)) button.setAttribute(name, value);
      button.addEventListener("pointerdown", (event) => this.#grab(event, label));
      button.addEventListener("keydown", (event) => this.#key(event, label));
      button.addEventListener("pointerenter", () => this.chosen(label));
      button.addEventListener("pointerleave", () => this.chosen(null));
      button.addEventListener("focus", () => button.matches(":focus-visible") && this.chosen(label));
      button.addEventListener("blur", () => this.chosen(null));
      this.stage.append(button);
      return button;
    });
  }

  #grab(event, label) {
    event.stopPropagation(); // the picture below stays
    if (event.button) return;
    event.preventDefault(); // no text is selected
    this.#focus(label);
    follow(this.#buttons[label], event, ({ clientX, clientY }) => {
      const to = this.#direction(clientX, clientY);
      const from = this.#angles[label];
      if (to !== null && from !== null) this.#bring(label, to);
    }, () => this.chosen(null));
  }

  /** Where the picture is dragged, the model turns; a finger scrolls the page there. */
  #grabAll(event) {
    if (event.button || event.pointerType === "touch") return;
    event.preventDefault();
    let last = this.#direction(event.clientX, event.clientY);
    follow(this.stage.parentElement, event, ({ clientX, clientY }) => {
      const to = this.#direction(clientX, clientY);
      if (to !== null && last !== null) this.turned(short(this.#own(to) - this.#own(last)));
      last = to ?? last;
    });
  }

  /** The direction of a place in the window from the middle of the picture; null near it, where it means nothing. */
  #direction(x, y) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    const [u, v] = [x - left - width / 2, top + height / 2 - y];
    return Math.hypot(u, v) < 8 ? null : Math.atan2(v, u);
  }

  /** Bring a label to a direction in the picture. */
  #bring(label, to) {
    this.moved(label, short(this.#own(to) - this.#own(this.#angles[label])), false);
  }

  /** A direction in the picture as one before the model was stretched, in degrees. */
  #own(angle) {
    const [[a, b], [c, d]] = this.frame;
    const [u, v] = [Math.cos(angle), Math.sin(angle)];
    const sign = Math.sign(a * d - b * c);
    return degrees(Math.atan2(sign * (a * v - c * u), sign * (d * u - b * v)));
  }

  #key(event, label) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const count = this.#buttons.length;
    const fixed = this.#angles[label] === null;
    if (!fixed && (event.key === "Home" || event.key === "End")) this.#bring(label, event.key === "Home" ? 0 : -Math.PI / 180);
    else if (!fixed && event.key in KEYS) {
      const mirrored = this.frame[0][0] * this.frame[1][1] < this.frame[0][1] * this.frame[1][0];
      this.moved(label, KEYS[event.key] * (event.shiftKey ? FINE : STEP) * (mirrored ? -1 : 1), true);
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      this.#focus((label + (event.key === "PageDown" ? 1 : count - 1)) % count);
    } else return;
    event.preventDefault();
  }

  #focus(label) {
    this.#buttons.forEach((button, i) => { button.tabIndex = i === label ? 0 : -1; });
    this.#buttons[label].focus({ preventScroll: true });
  }
}
