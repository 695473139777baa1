// A box that scrolls sideways must be reachable by keyboard, under a name; one that fits must not be a stop on the way.
(() => {
  const boxes =
    ".repsim-scroll, .katex-display, div.cell_output, div.cell_output > .output, .highlight pre, .pst-scrollable-table-container";
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  // What the box shows: the columns of a table, the first line of code, the description of a figure.
  const name = (box) => {
    const heads = [...box.querySelectorAll("thead tr:last-child th")].map((each) => each.textContent.trim());
    const figure = box.querySelector("svg[aria-label]");
    if (heads.length) return `Table: ${short(heads.join(", "))}`;
    if (figure) return `Figure: ${short(figure.getAttribute("aria-label"))}`;
    if (box.matches("pre")) return `Code or output: ${short(box.textContent.trim().split("\n")[0])}`;
    return "Formula that scrolls sideways";
  };
  const update = () => {
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(box).overflowX);
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
      if (scrolls && !box.hasAttribute("aria-label")) box.setAttribute("aria-label", name(box));
      if (box.matches(".katex-display")) markEnds(box);
      if (scrolls) box.setAttribute("role", "group");
      else if (box.getAttribute("role") === "group") {
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    }
  };
  // A formula shows at which sides it goes on.
  const markEnds = (box) => {
    const mark = () => {
      box.classList.toggle("goes-on-left", box.scrollLeft > 1);
      box.classList.toggle("goes-on-right", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    };
    box.onscroll = mark;
    mark();
  };
  window.addEventListener("load", () => {
    update();
    document.fonts.ready.then(update);
  });
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 200);
  });
})();

// The theme takes the focus off a button that opens a dialog: the button has it again when the dialog closes.
(() => {
  let opener = null;
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a, button")) opener = target.closest(".sidebar-toggle, .search-button");
  }, true);
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("close", () => {
      opener?.focus({ preventScroll: true });
      opener = null;
    });
  }
})();

// Paper is white, whatever the theme.
(() => {
  const page = document.documentElement;
  let theme;
  window.addEventListener("beforeprint", () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => { page.dataset.theme = theme; });
})();

// What is copied has formulas as TeX, and of a formula that is copied in part the whole.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange();
  const formula = (node) => (node.closest ? node : node.parentElement).closest(".katex-display, .katex");
  const [first, last] = [formula(range.startContainer), formula(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const copied = document.createElement("div");
  copied.append(range.cloneContents());
  const formulas = [...copied.querySelectorAll(".katex")];
  if (!formulas.length) return;
  for (const each of formulas) {
    const display = each.closest(".katex-display");
    const edge = display ? "$$" : "$";
    (display ?? each).replaceWith(`${edge}${each.querySelector("annotation").textContent}${edge}`);
  }
  event.clipboardData.setData("text/plain", copied.textContent);
  event.clipboardData.setData("text/html", copied.innerHTML);
  event.preventDefault();
});
