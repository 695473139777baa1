// Live code: the cells of a chapter become editors, whose code runs on the Jupyter server that serves the page (`repsim
// live`), or on one that Binder starts. Thebe does it; nothing of this is loaded before the reader asks for it.
(() => {
  const declared = document.getElementById("repsim-live");
  if (!declared) return;
  const { notebook: path, binder, first } = JSON.parse(declared.textContent);
  const local = Boolean(window.repsimServer); // set by `repsim live`
  if (!local && !binder) return;
  const root = new URL(document.documentElement.dataset.content_root, location.href);

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // --- the page's cells, completed by those that it leaves out, each with a place of its own for what it prints ---

  const getSources = async () => {
    const answer = await fetch(new URL(path, root));
    if (!answer.ok) throw new Error(`${path}: ${answer.statusText}`);
    const cells = (await answer.json()).cells.filter((cell) => cell.cell_type === "code");
    return cells.map(({ source, metadata }) => ({ source: [source].flat().join(""), tags: metadata.tags ?? [] }));
  };

  const isInjected = (cell) => cell.classList.contains("tag_injected-parameters");
  const isSolution = (cell) => cell.classList.contains("tag_solution");

  const folded = (source) => make(
    "details", { className: "repsim-live-code" },
    make("summary", { textContent: "Code that the page left out" }), make("pre", { textContent: source }),
  );

  const completed = (sources) => {
    const shown = [...document.querySelectorAll("article .cell:not(.repsim-opening)")];
    const there = shown.filter((cell) => !isInjected(cell)).length;
    const expected = sources.filter(({ tags }) => !tags.includes("remove-cell")).length;
    if (there !== expected) throw new Error(`this page has ${there} cells, its notebook ${expected}`);
    const cells = [];
    const add = (cell, source) => {
      if (!cell.querySelector(".cell_input")) cell.prepend(folded(source));
      const block = cell.querySelector(".cell_input, .repsim-live-code");
      cells.push({ cell, block, before: [...cell.querySelectorAll(".cell_output")] });
    };
    for (const { source, tags } of sources) {
      if (tags.includes("remove-cell")) {
        const cell = make("div", { className: "cell" });
        if (cells.length) cells.at(-1).cell.after(cell);
        else shown[0].before(cell);
        add(cell, source);
      } else {
        add(shown.shift(), source);
        while (shown.length && isInjected(shown[0])) add(shown.shift());
      }
    }
    for (const cell of cells) {
      cell.block.querySelector("pre").dataset.executable = "";
      cell.output = make("div", { className: "cell_output repsim-live-output" });
      cell.output.dataset.output = "";
      (cell.block.closest("details.hide") ?? cell.block).after(cell.output); // code that is folded away prints all the same
    }
    return cells;
  };

  // --- the bar at the foot of the window ---

  const status = make("span", { role: "status" });
  const controls = make("span", { className: "controls", hidden: true });
  const bar = make("div", { className: "repsim-live-bar", role: "region", ariaLabel: "Live code" }, status, controls);
  const say = (text) => { status.textContent = text; };
  const control = (text, title, act) => {
    const made = make("button", { type: "button", textContent: text, title });
    made.addEventListener("click", act);
    controls.append(made);
  };

  // --- running ---

  // A cell runs after all above it that are not up to date: those that never ran, or were edited, or stand below one
  // that ran again. So a parameter is changed at the top of the page, and a figure far below is asked to follow.
  // Solutions are left out unless they are asked for: nothing stands on them.
  const attach = (notebook, session, cells) => {
    const plain = notebook.cells.map((cell) => cell.execute.bind(cell));
    const ran = []; // sources of the cells that are up to date, which are the first ones
    let last = Promise.resolve();
    const upTo = async (index) => {
      const edited = ran.findIndex((source, n) => source !== notebook.cells[n].source);
      const first = Math.min(index, edited < 0 ? ran.length : edited);
      ran.length = first;
      for (let n = first; n <= index; n += 1) {
        if (n < index && isSolution(cells[n].cell)) { ran.push(notebook.cells[n].source); continue; }
        say(`Running cell ${n + 1} of ${cells.length} …`);
        cells[n].cell.classList.add("repsim-live-running");
        const { source } = notebook.cells[n];
        const result = await plain[n](source);
        cells[n].cell.classList.remove("repsim-live-running");
        for (const output of cells[n].before) output.hidden = true;
        await typeset(cells[n].output);
        if (!result || result.error) {
          cells[n].output.scrollIntoView({ block: "center" });
          say(`Cell ${n + 1} of ${cells.length} failed.`);
          return result;
        }
        ran.push(source);
        if (n === index) { say(`Cell ${n + 1} of ${cells.length} is up to date.`); return result; }
      }
    };
    notebook.cells.forEach((cell, n) => {
      cells[n].cell.querySelector("textarea")?.setAttribute("aria-label", `Code of cell ${n + 1}`);
      cell.execute = () => { last = last.catch(() => {}).then(() => upTo(n)); return last; };
    });
    const end = cells.findLastIndex(({ cell }) => !isSolution(cell));
    control("Run all", "Run the cells that are not up to date, without solutions", async () => {
      const result = await notebook.cells[end].execute();
      if (result && !result.error) say("All cells are up to date.");
    });
    control("Interrupt", "Stop the cell that runs", () => session.kernel.interrupt());
    control("Restart", "Forget all that was computed", async () => {
      await session.kernel.restart();
      ran.length = 0;
      say("Started again: nothing is up to date.");
    });
    controls.hidden = false;
    say("Ready: edit a cell and run it; what it needs from above runs first.");
  };

  // --- formulas, the only ones that are typeset in the browser ---

  const DELIMITERS = /^(?:\$\$?|\\[[(])|(?:\$\$?|\\[\])])$/g;

  const typeset = async (output) => {
    const formulas = output.querySelectorAll(".math, .jp-RenderedLatex");
    if (!formulas.length) return;
    const katex = new URL("_static/katex/", root);
    if (!window.katex) {
      await load("KaTeX's styles", make("link", { rel: "stylesheet", href: new URL("katex.min.css", katex) }));
      await load("KaTeX", make("script", { src: new URL("katex.min.js", katex) }));
    }
    for (const formula of formulas) {
      const tex = formula.textContent.trim();
      const displayMode = formula.matches("div.math") || /^(\$\$|\\\[)/.test(tex);
      window.katex.render(tex.replace(DELIMITERS, ""), formula, { displayMode, throwOnError: false });
    }
  };

  // --- starting ---

  const load = (name, element) => new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error(`${name} could not be loaded`)));
    document.head.append(element);
  });

  const start = async () => {
    begin.disabled = true;
    document.body.append(bar);
    try {
      say("Loading Thebe …");
      const thebe = new URL("_static/thebe/", root);
      await load("thebe.css", make("link", { rel: "stylesheet", href: new URL("thebe.css", thebe) }));
      await load("Thebe", make("script", { src: new URL("index.js", thebe) }));
      const cells = completed(await getSources());
      window.thebe.on("status", (_, { subject, message }) => {
        if (subject === "server" && controls.hidden) say(message);
      });
      say(local ? "Starting Python …" : "Binder starts a server: minutes, if nobody asked for it lately …");
      const baseUrl = new URL("..", root).href.replace(/\/$/, "");
      const { notebook, session } = await window.thebe.bootstrap({
        requestKernel: true, // Thebe's own default is not looked at
        useBinder: !local,
        binderOptions: binder ?? {},
        serverSettings: local ? { baseUrl, token: "", appendToken: false } : {},
        savedSessionOptions: { enabled: !local },
        kernelOptions: { kernelName: "python3" },
        mathjaxUrl: "",
        mathjaxConfig: "",
        mountRunAllButton: false,
        mountRestartButton: false,
        mountRestartAllButton: false,
        mountStatusWidget: false,
        codeMirrorConfig: { lineNumbers: false, viewportMargin: Infinity },
      });
      if (!session?.kernel) throw new Error("the server gave no Python");
      await session.kernel.requestExecute({ code: first, silent: true, store_history: false }).done;
      attach(notebook, session, cells);
    } catch (error) {
      say(`Live code did not start: ${error?.message ?? error}. Reload the page to try again.`);
    }
  };

  const where = local ? "with the Python that serves it" : "on mybinder.org";
  const begin = make(
    "button", { type: "button", className: "btn btn-sm repsim-live-begin", title: `Edit and run the code in this page, ${where}` },
    "Live", make("span", { className: "where-wide", textContent: " code" }),
  );
  begin.addEventListener("click", start);
  document.querySelector(".article-header-buttons")?.prepend(begin);
})();
