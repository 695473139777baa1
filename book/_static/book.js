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
