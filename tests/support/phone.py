"""What a reader with a phone would miss: small letters, tables cut without a hint, targets too small to touch."""

# The sizes of letters in figures, in pixels as shown: figure by figure the smallest, with what it is.
LETTERS = r"""() => [...document.querySelectorAll("figure.repsim-figure svg")].flatMap((svg) => {
  const { width } = svg.getBoundingClientRect();
  if (!width) return [];
  const scale = width / svg.viewBox.baseVal.width;
  // a drawing by matplotlib has letters as outlines, in groups that are a hundredth of the size of their letters
  const drawn = [...svg.querySelectorAll("g[transform*='scale(']")]
    .map((each) => each.getAttribute("transform").match(/scale\(([\d.]+) -/)?.[1])
    .filter(Boolean).map((each) => 100 * each);
  const written = [...svg.querySelectorAll("text")].filter((each) => each.textContent.trim())
    .map((each) => parseFloat(getComputedStyle(each).fontSize));
  const least = Math.min(...drawn, ...written) * scale;
  return [[Math.round(10 * least) / 10, svg.getAttribute("aria-label")?.slice(0, 60)]];
})"""

# The same of pictures that are files: drawn again in a window as wide as they are shown, or were before a playground
# took their place.
PICTURES = r"""async () => Promise.all([...document.querySelectorAll("article.bd-article img[src$='.svg']")]
  .map((each) => [each, each.getBoundingClientRect().width || (each.closest(".playground")?.clientWidth ?? 0)])
  .filter(([, width]) => width > 60)
  .map(async ([each, width]) => {
    const frame = Object.assign(document.createElement("iframe"), { srcdoc: await (await fetch(each.src)).text() });
    frame.style.cssText = `position: absolute; visibility: hidden; width: ${width}px`;
    const loaded = new Promise((resolve) => { frame.onload = resolve; });
    document.body.append(frame);
    await loaded;
    const drawing = frame.contentDocument.querySelector("svg");
    const written = [...drawing.querySelectorAll("text")].filter((text) => text.textContent.trim())
      .map((text) => parseFloat(frame.contentWindow.getComputedStyle(text).fontSize));
    const least = Math.min(...written) * width / drawing.viewBox.baseVal.width;
    frame.remove();
    return [Math.round(10 * least) / 10, each.getAttribute("alt").slice(0, 60)];
  }))"""

# Tables of words that scroll sideways.
SCROLLED_WORDS = """[...document.querySelectorAll("article.bd-article table:is(.table, .as-cards)")].filter((table) => {
  const box = table.closest(".pst-scrollable-table-container, .output, .cell_output");
  return box && box.scrollWidth > box.clientWidth + 1;
}).map((table) => table.textContent.trim().replace(/\\s+/g, " ").slice(0, 80))"""

# Boxes that scroll sideways and show nothing at the edge behind which there is more.
WITHOUT_HINT = """() => [...document.querySelectorAll("article.bd-article :is(table, pre, .repsim-scroll)")]
  .map((each) => {
    let box = each;
    while (box && !/auto|scroll/.test(getComputedStyle(box).overflowX)) box = box.parentElement;
    return box;
  })
  .filter((box) => box && box.scrollWidth > box.clientWidth + 1)
  .filter((box) => !/gradient/.test(getComputedStyle(box).backgroundImage) || !box.ariaLabel || box.tabIndex < 0)
  .map((box) => box.outerHTML.slice(0, 100))"""

# Words of the neighbours' titles at the foot that go on in the next line.
BROKEN_WORDS = """[...document.querySelectorAll(".prev-next-title")].flatMap((title) =>
  [...title.textContent.matchAll(/\\S+/g)].filter(({ 0: word, index }) => {
    const range = document.createRange();
    range.setStart(title.firstChild, index);
    range.setEnd(title.firstChild, index + word.length);
    return new Set([...range.getClientRects()].map((each) => each.top)).size > 1;
  }).map(([word]) => word))"""
LOW_DOWNLOADS = """[...document.querySelectorAll("#downloads a")]
  .filter((each) => each.getBoundingClientRect().height < 24).map((each) => each.textContent)"""
# Targets less than 24 pixels wide or high, and the next one is nearer than that; links in a line of text may be so.
SMALL_TARGETS = """() => {
  const targets = [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .map((each) => ({ each, box: (each.matches("input") && each.closest("label") || each).getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const around = "p, li, td, th, dd, dt, figcaption, h1, h2, h3, h4, span";
  const inText = (each) => getComputedStyle(each).display === "inline" && each.matches("a") &&
    each.closest(around)?.textContent.trim() !== each.textContent.trim();
  const middle = ({ left, top, width, height }) => [left + width / 2, top + height / 2];
  return targets.filter(({ each, box }) => {
    if (Math.min(box.width, box.height) >= 24 || inText(each)) return false;
    const [x, y] = middle(box);
    return targets.some((other) => {
      if (other.each === each || other.each.contains(each) || each.contains(other.each)) return false;
      const { left, right, top, bottom } = other.box;
      return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom)) < 12;
    });
  }).map(({ each, box }) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${each.outerHTML.slice(0, 100)}`);
}"""

# Names of what opens and closes something.
TOGGLES = """() => [...document.querySelectorAll("main :is(summary, button[aria-expanded])")]
  .map((each) => (each.ariaLabel ?? each.textContent).trim().replace(/\\s+/g, " "))"""
