// A box that scrolls sideways must be reachable by keyboard; one that fits must not be a stop on the way.
(() => {
  const boxes =
    ".repsim-scroll, div.math, mjx-container, div.cell_output, .highlight pre, .pst-scrollable-table-container";
  const update = () => {
    for (const box of document.querySelectorAll(boxes)) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  window.addEventListener("load", () => {
    update();
    // The width of an equation is known only after it is typeset.
    window.MathJax?.startup?.promise.then(update);
  });
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 200);
  });
})();

// What a search finds is shown as plain text: mathematics without the commands that set it.
(() => {
  if (typeof Search === "undefined") return;
  const whole = Search.htmlToText;
  const plain = (tex) =>
    tex.replace(/\\(?:mathrm|mathbf|mathbb|mathcal|operatorname|text|left|right|[()[\],;:! ])|[{}]/g, "").replace(/\\/g, "");
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const math of page.querySelectorAll("span.math")) math.textContent = plain(math.textContent);
    for (const other of page.querySelectorAll("div.math, div.cell, .repsim-facts")) other.remove();
    return whole(page.documentElement.outerHTML, anchor);
  };
})();
