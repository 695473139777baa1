// Predict first: the reader says which way a number will move, and then sees.
import { ROWS, written } from "./bars.js";
import { begin } from "./state.js";

// A number has moved where its bar has, by this share of its length.
const MOVED = 0.02;
const WAYS = { fall: "It falls", stay: "It stays", rise: "It rises" };
const WENT = { fall: "fell", stay: "stayed", rise: "rose" };

/** What is done to a state, what is asked, and why the answer is what it is. */
const QUESTIONS = [
  {
    from: () => begin("same"), to: () => begin("twins"), key: "mean_cca",
    ask: "Model 2 will be turned and stretched. What does mean CCA do?",
    why: "A linear map is exactly what mean CCA does not see. The probabilities do not change either: unembeddings make up for it.",
  },
  {
    from: () => begin("same"), to: () => begin("neighbours"), key: "mean_cca",
    ask: "Two neighbours of model 2 will trade places. What does mean CCA do?",
    why: "No linear map exchanges two labels and leaves five where they are.",
  },
  {
    from: () => ({ ...begin("star"), rho: 2 }), to: () => ({ ...begin("star"), rho: 16 }), key: "d_kl",
    ask: "In the star, both models will become eight times as confident. What does the divergence do?",
    why: "Each model puts all its mass on one label, and it is the same label in both.",
  },
  {
    from: () => ({ ...begin("star"), rho: 2 }), to: () => ({ ...begin("star"), rho: 16 }), key: "mean_cca",
    ask: "The same again, and now the representations: what does mean CCA do?",
    why: "Confidence is in the unembeddings. The inputs stay where they are.",
  },
  {
    from: () => ({ ...begin("star"), rho: 2 }), to: () => ({ ...begin("star"), rho: 16 }), key: "d_llv",
    ask: "And the distance d_LLV, while the divergence falls?",
    why: "It compares log-ratios after dividing each by its deviation. Confidence only scales log-ratios, and drops out.",
  },
  {
    from: () => begin("star"), to: () => begin("three"), key: "mean_cca",
    ask: "Of seven labels three will be left. What does mean CCA do?",
    why: "A linear map and a shift move the centres of three clusters to any others; what is missing to 1 is the clusters’ width.",
  },
  {
    from: () => begin("same"), to: () => ({ ...begin("same"), noise: 0.3 }), key: "d_llv",
    ask: "A little noise will be added to the inputs of model 2. What does d_LLV do?",
    why: "It is a distance of distributions: any difference in them moves it.",
  },
];

/** As long as any of the answers, for their height. */
const LONGEST = `Not so: it stayed at 0.008 (mean CCA). ${QUESTIONS.map(({ why }) => why).reduce((long, why) => (why.length > long.length ? why : long))}`;

/** Which way a measure went between two measurements. */
function way(key, before, after) {
  const { place } = ROWS.find((row) => row.key === key);
  const moved = place(after[key]) - place(before[key]);
  return Math.abs(moved) < MOVED ? "stay" : moved > 0 ? "rise" : "fall";
}

export class Questions {
  #next = 0;
  #idle = false;

  /**
   * @param place an element
   * @param show brings the playground to a state, and gives what is measured there; a promise
   * @param mark has the row of a measure stand out
   */
  constructor(place, { show, mark }) {
    Object.assign(this, { place, show, mark });
    this.end();
  }

  #offer(button, text) {
    this.place.innerHTML = '<p class="pg-told" role="status" data-longest="'
      + `${LONGEST}"></p><div class="pg-answers"></div>`;
    this.#say(text);
    this.#answers([[button, () => this.#ask()]]);
  }

  #say(text) {
    this.place.querySelector(".pg-told").replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
  }

  #answers(buttons) {
    const found = buttons.map(([text, act]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", act);
      return button;
    });
    this.place.querySelector(".pg-answers").replaceChildren(...found);
    return found;
  }

  async #ask() {
    this.#idle = false;
    const question = QUESTIONS[this.#next];
    this.#next = (this.#next + 1) % QUESTIONS.length;
    this.mark(question.key);
    this.#say(question.ask);
    const [first] = this.#answers(Object.entries(WAYS).map(([guess, text]) => [text, () => this.#tell(question, guess)]));
    first.focus({ preventScroll: true });
    this.before = this.show(question.from());
    await this.before;
  }

  async #tell(question, guess) {
    for (const button of this.place.querySelectorAll("button")) button.disabled = true;
    const before = await this.before;
    const after = await this.show(question.to());
    if (!before || !after) return this.#offer("Next question", "");
    const truth = way(question.key, before, after);
    const { spoken } = ROWS.find((row) => row.key === question.key);
    const moved = truth === "stay"
      ? `it stayed at ${written(after[question.key])}`
      : `it ${WENT[truth]} from ${written(before[question.key])} to ${written(after[question.key])}`;
    this.#offer("Next question", `${truth === guess ? "Right" : "Not so"}: ${moved} (${spoken}). ${question.why}`);
    this.place.querySelector("button").focus({ preventScroll: true });
  }

  /** The reader has turned to something else. */
  end() {
    if (this.#idle) return;
    this.mark(null);
    this.#offer("Predict first", "Say which way a number will move, then see.");
    this.#idle = true;
  }
}
