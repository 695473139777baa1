// The search: what MiniSearch finds among the entries of search-entries.js, best first, as a list with excerpts.
const repsimSearch = (() => {
  // Words that ask, and say nothing of what is asked for.
  const FILLERS = new Set(
    ("a about am an and any are as at be by can could did do does find for from get give had has have how i in into is " +
      "it its me my not of on or our rc repsim_core shall should so some tell than that the their them then there these they " +
      "this those to use used was we were what when where which who whom why will with would you your").split(" "),
  );
  // Different words for the same thing.
  const SAME = [
    ["cca", "canonical correlation"],
    ["kl", "kullback leibler", "relative entropy"],
    ["llv", "log likelihood variance"],
    ["cka", "kernel alignment"],
    ["svd", "singular value"],
    ["tv", "total variation"],
    ["nll", "negative log likelihood", "cross entropy"],
    ["gpu", "cuda"],
    ["ci", "confidence interval"],
    ["mlp", "multilayer perceptron"],
    ["llm", "language model"],
    ["ica", "independent component analysis"],
    ["stitching", "linear map"],
    ["normalizer", "normaliser", "partition function"],
    ["neighbor", "neighbour"],
    ["color", "colour"],
    ["license", "licence"],
    ["cite", "citation", "bibtex"],
    ["install", "installation", "installing"],
    ["teach", "teaching", "course"],
    ["homework", "assignment"],
    ["hyperparameter", "parameter"],
    ["reproduce", "reproduction", "reproduced"],
    ["error", "errata", "mistake"],
    ["slurm", "cluster"],
    ["dimension", "dimensionality"],
    ["logit", "log probability"],
    ["distribution shift", "out of distribution", "ood", "other inputs", "shifted images"],
    ["architecture", "bodies"],
    ["auprc", "average precision", "precision recall"],
    ["matter", "care"],
    ["upload", "compare here", "two files"],
    ["sklearn", "scikit learn"],
    ["changelog", "change"],
    ["faq", "misconception"],
  ];
  // What a short word stands for; who asks for the long one does not mean the short.
  const MEANT = {
    id: ["identifiability", "identifiable"],
    pdf: ["make pdf", "one pdf"],
    download: ["running it again", "download"],
    downloads: ["running it again", "download"],
  };
  // A question that is a chapter's title, in other words.
  const CHOOSING = /^\W*wh(?:at|ich) (?:distance|measure|metric)s?(?: (?:are|best|better|choose|do|i|is|right|should|take|tells?|the|to|use|we|works?))*\W*$/i;
  const CHOICE = "which distance tells";
  // How much an entry counts: of its kind, and of its page; of others 1.
  const KINDS = { statement: 1.1, term: 0.9, function: 0.9, class: 0.9, method: 0.7, attribute: 0.7, exercise: 0.6, reference: 0.6 };
  const PAGES = { "book/changes.html": 0.3, "book/errata.html": 0.3, "book/teaching.html": 0.8, "book/clusters.html": 0.7, "book/records.html": 0.8 };
  // Sections that every chapter has say least of a thing.
  const USUAL = /^(What you will see|Summary|An open question|Try it yourself|Exercises|Parameters)$/;
  const USUAL_WEIGHT = 0.5;
  const EXACT = { prefix: false, fuzzy: false };

  const WORD = /[\p{L}\p{N}_]+(?:\.\p{N}+)*/gu;
  const POWERS = { "²": "^2", "³": "^3" };
  const folded = (text) => text.replace(/[²³]/g, (power) => POWERS[power]).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  // One form for singular and plural.
  const stem = (word) => {
    if (/^0\d/.test(word)) return word.replace(/^0+(?=\d)/, ""); // chapters are numbered from 00
    if (word.length < 4 || /(?:[suiy]s|\d)$/.test(word)) return word;
    return word.replace(/ies$/, "y").replace(/(ss|x|ch|sh)es$/, "$1").replace(/s$/, "");
  };
  const GREEK = Object.fromEntries(
    ("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho - sigma tau upsilon phi chi " +
      "psi omega").split(" ").map((name, i) => [String.fromCharCode(0x3b1 + i), name]),
  );
  // A name of code is found whole, and by each of its words; a Greek letter by its name.
  const stems = (word) => {
    const parts = word.split("_").filter(Boolean);
    return [...new Set([word, ...(parts.length > 1 ? parts : [])].map((each) => stem(GREEK[each] ?? each)))];
  };
  const tokens = (text) => (folded(text).match(WORD) ?? []).flatMap(stems);

  const load = (pages) => {
    const engine = new MiniSearch({
      fields: ["title", "page", "trail", "text"],
      storeFields: ["address", "kind", "title", "page", "trail", "text"],
      tokenize: tokens,
      processTerm: (term) => term,
    });
    let id = 0;
    for (const [address, page, found] of pages)
      for (const [anchor, kind, title, trail, text] of found)
        engine.add({ id: id++, address: address + (anchor && `#${anchor}`), kind, title, page, trail, text });
    return engine;
  };

  const boost = { title: 4, trail: 1, page: 1.5, text: 1 };
  const boostDocument = (id, term, { kind, address, title }) =>
    (KINDS[kind] ?? 1) * (PAGES[address.split("#")[0]] ?? 1) * (USUAL.test(title) ? USUAL_WEIGHT : 1);

  // A word of many letters that nobody wrote, as the synonym that it misses by one; else as it is.
  const SYNONYMS = [...new Set(SAME.flat().flatMap((phrase) => phrase.split(" ")))].filter((word) => word.length > 5).map(stem);
  const misses = (typed, meant) => {
    if (Math.abs(typed.length - meant.length) > 1) return false;
    let at = 0;
    while (at < typed.length && typed[at] === meant[at]) at += 1;
    const [a, b] = [typed.slice(at), meant.slice(at)];
    return a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1);
  };
  const mended = (engine, word) =>
    engine.search(word, EXACT).length ? word : (SYNONYMS.find((meant) => misses(word, meant)) ?? word);

  // What is asked for: parts, each of which is a list of phrases that mean the same; a phrase is a list of words.
  const parts = (engine, text) => {
    const all = (folded(text).match(WORD) ?? []).map((word) => stem(GREEK[word] ?? word));
    const telling = all.filter((word) => !FILLERS.has(word) && (word.length > 1 || /\d/.test(word) || all.length === 1));
    const wanted = (telling.length ? telling : all).map((word) => mended(engine, word));
    const found = [];
    for (let at = 0; at < wanted.length; ) {
      let taken = 1;
      let phrases = [[wanted[at]]];
      for (const group of SAME) {
        const spelled = group.map((phrase) => phrase.split(" ").filter((word) => !FILLERS.has(word)).map(stem));
        const here = spelled.find((phrase) => phrase.every((word, i) => wanted[at + i] === word));
        if (here && here.length >= taken) [taken, phrases] = [here.length, spelled];
      }
      if (taken === 1 && Object.hasOwn(MEANT, wanted[at])) phrases = MEANT[wanted[at]].map((phrase) => phrase.split(" ").map(stem));
      found.push(phrases);
      at += taken;
    }
    return found;
  };

  // A word as it is; its beginnings count less. Only one that nobody wrote may have a letter that is wrong.
  const forWord = (engine, word) => {
    const known = engine.search(word, EXACT).length > 0;
    const plain = /^\p{L}+$/u.test(word);
    return {
      queries: [word],
      prefix: plain && word.length > 2,
      fuzzy: plain && !known ? (word.length > 9 ? 2 : word.length > 4 ? 1 : false) : false,
    };
  };

  const NAMED_SO = 10;
  const called = (text) => (folded(text).match(WORD) ?? []).map(stem).join(" ");

  const ask = (engine, typed) => {
    const text = CHOOSING.test(typed) ? CHOICE : typed;
    const asked = parts(engine, text);
    if (!asked.length) return [];
    const sums = new Map();
    for (const phrases of asked) {
      const tree = (phrase) => ({ combineWith: "AND", queries: phrase.map((word) => forWord(engine, word)) });
      const options = { boost, boostDocument, weights: { prefix: 0.3, fuzzy: 0.2 } };
      for (const hit of engine.search({ combineWith: "OR", queries: phrases.map(tree) }, options)) {
        const sum = sums.get(hit.id) ?? { ...hit, score: 0, met: 0, terms: new Set() };
        sum.score += hit.score;
        sum.met += 1;
        for (const term of hit.terms) sum.terms.add(term);
        sums.set(hit.id, sum);
      }
    }
    // Who has all that is asked for goes first by far, and before all others what is called by just these words, if they are several.
    const asTyped = called(text);
    // A chapter goes by its number as well, which stands in the trail of its page.
    const names = ({ kind, title, trail }) => [
      ...(asTyped.includes(" ") ? [called(title)] : []),
      ...(kind === "page" ? [called(trail), called(trail).split(" ").at(-1)] : []),
    ];
    for (const sum of sums.values())
      sum.score *= (sum.met / asked.length) ** 3 * (names(sum).includes(asTyped) ? NAMED_SO : 1);
    return [...sums.values()].sort((a, b) => b.score - a.score);
  };

  // The sentences with most of the words, of about so many letters, cut between words.
  const LENGTH = 220;
  const isFound = (word, terms) => stems(folded(word)).some((each) => terms.has(each));
  const excerpt = (text, terms) => {
    const sentences = text.split(/(?<=[.?!:;])(?<!\bal\.)\s+/);
    // a compound name counts by its words
    const count = (sentence) => new Set(tokens(sentence).filter((each) => terms.has(each) && !each.includes("_"))).size;
    const counts = sentences.map(count);
    let at = Math.max(0, counts.indexOf(Math.max(...counts)));
    let shown = sentences[at];
    const before = at > 0;
    if (shown.length > LENGTH) {
      const first = [...shown.matchAll(WORD)].find((match) => isFound(match[0], terms))?.index ?? 0;
      const start = first > LENGTH / 2 ? shown.indexOf(" ", first - LENGTH / 3) + 1 : 0;
      shown = (start ? "… " : "") + shown.slice(start);
    }
    while (shown.length < LENGTH / 2 && at + 1 < sentences.length) shown += ` ${sentences[++at]}`;
    if (shown.length > LENGTH) shown = `${shown.slice(0, shown.lastIndexOf(" ", LENGTH))} …`;
    else if (at + 1 < sentences.length) shown += " …";
    return (before && !shown.startsWith("…") ? "… " : "") + shown;
  };

  // The text in pieces, of which some are found words.
  const pieces = (text, terms) => {
    const cut = [];
    let end = 0;
    for (const match of text.matchAll(WORD)) {
      if (!isFound(match[0], terms)) continue;
      cut.push([text.slice(end, match.index), false], [match[0], true]);
      end = match.index + match[0].length;
    }
    return [...cut, [text.slice(end), false]].filter(([piece]) => piece);
  };

  return { load, ask, excerpt, pieces };
})();

if (typeof document !== "undefined") {
  const SHOWN = 20;
  // Kinds that a title does not name itself.
  const NAMED = new Set(["attribute", "class", "data", "exception", "function", "method", "symbol"]);
  const [form, field, count, instead, list, more, template] = ["form", "words", "count", "instead", "results", "more", "result"].map((name) =>
    document.getElementById(`search-${name}`),
  );
  const engine = repsimSearch.load(repsimPages);

  const marked = (element, text, terms) => {
    element.replaceChildren(
      ...repsimSearch.pieces(text, terms).map(([piece, found]) => {
        if (!found) return piece;
        const mark = document.createElement("mark");
        mark.className = "search-found";
        mark.textContent = piece;
        return mark;
      }),
    );
  };

  const item = (hit) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const link = row.querySelector("a");
    link.href = hit.address;
    marked(link, hit.title, hit.terms);
    row.querySelector(".search-kind").textContent = NAMED.has(hit.kind) ? hit.kind : "";
    const trail = hit.kind === "page" ? "" : [hit.page, hit.trail].filter(Boolean).join(" › ");
    row.querySelector(".search-trail").textContent = trail;
    marked(row.querySelector(".search-excerpt"), repsimSearch.excerpt(hit.text, hit.terms), hit.terms);
    return row;
  };

  const show = () => {
    const text = field.value.trim();
    const hits = text ? repsimSearch.ask(engine, text) : [];
    list.replaceChildren(...hits.slice(0, SHOWN).map(item));
    const places = hits.length === 1 ? "1 place" : `${hits.length} places`;
    const best = hits.length > SHOWN ? `, the best ${SHOWN} first` : "";
    if (!text) count.textContent = "";
    else if (hits.length) count.textContent = `${places} found for “${text}”${best}.`;
    else count.textContent = `Nothing found for “${text}”. Try another word for it, or fewer words.`;
    instead.hidden = !text || hits.length > 0;
    more.hidden = hits.length <= SHOWN;
    more.textContent = `Show all ${hits.length}`;
    more.onclick = () => {
      list.append(...hits.slice(SHOWN).map(item));
      list.children[SHOWN].querySelector("a").focus();
      more.hidden = true;
    };
  };

  let waiting = 0;
  const settled = () => {
    clearTimeout(waiting);
    const query = new URLSearchParams(field.value.trim() && { q: field.value.trim() });
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    show();
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(settled, 250);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    settled();
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  if (field.value) show();
  else field.focus();
}
