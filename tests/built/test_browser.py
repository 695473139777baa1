"""The book in a real browser that can reach nothing but the book: complete, light, fit for every width and every eye.

A page is opened once, and each test asks it something; the last one takes it apart.
"""

from collections import Counter
from contextlib import suppress

import pytest
from browsing import WITHOUT_INSIDES, Reader, faint_texts, findings, luminance, set_theme, settle
from phone import (
    BROKEN_WORDS,
    LETTERS,
    LOW_DOWNLOADS,
    PICTURES,
    SCROLLED_WORDS,
    SMALL_TARGETS,
    TOGGLES,
    WITHOUT_HINT,
)
from places import PAGES
from playwright.sync_api import TimeoutError, expect

SEARCH = "search.html?q=divergence"
# Of the listings of code, which one template makes, the longest.
LISTING = "source/repsim_core/figures/width.html"
# Short pages, whose every text axe compares with its background: frame, menus, tables, code.
SHORT = ["book/intro.html", "book/rerun.html", SEARCH]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module", params=[*PAGES, "genindex.html", "prf-prf.html", SEARCH, LISTING])
def window(request, browser, site):
    window = Reader(browser, site, color_scheme="light", viewport=NARROW)
    window.open(request.param)
    yield window
    window.context.close()


def test_a_page_is_complete_offline_and_light(book, window):
    assert window.problems == []
    weight = sum((book / name).stat().st_size for name in window.loaded)
    assert 100_000 < weight < 2_500_000, f"{weight / 1e6:.2f} MB"
    assert len(window.loaded) <= 20, window.loaded
    shifts = window.page.evaluate(SHIFTS)
    if shifts > 0.05:  # on a busy machine a font may come after its text: what moves by itself does so again
        window.page.reload()
        shifts = window.complete().evaluate(SHIFTS)
    assert shifts <= 0.05


# How much of the window has moved by itself, all told.
SHIFTS = """new Promise((resolve) => {
  const sum = (entries) => entries.filter((e) => !e.hadRecentInput).reduce((all, e) => all + e.value, 0);
  const watch = new PerformanceObserver((list) => resolve(sum(list.getEntries())));
  watch.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum(watch.takeRecords()))));
})"""

# What is cut off at the right, and not in a box that scrolls.
CUT_OFF = """[...document.querySelectorAll(
    "article.bd-article :is(p, table, figure, pre, div.math, .katex-base, .admonition)")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => {
    for (let p = e; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return false;
    return true;
  })
  .map(e => e.outerHTML.slice(0, 80))"""

# Boxes that scroll sideways and cannot be reached by keyboard.
UNREACHABLE = """[...document.querySelectorAll("article.bd-article *:not(svg *, .katex *, pre *)")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX))
  .filter(e => e.tabIndex < 0 && !e.querySelector("a, button, input, [tabindex='0']"))
  .map(e => e.outerHTML.slice(0, 80))"""


# Formulas that must be scrolled to be read; and those whose full stop begins the next line.
SCROLLED = """[...document.querySelectorAll(".katex-display")]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => e.querySelector("annotation").textContent)"""
PARTED = """[...document.querySelectorAll("article .whole")]
  .filter(e => e.lastChild.nodeType === Node.TEXT_NODE && e.getClientRects().length)
  .filter(e => {
    const range = document.createRange();
    range.selectNodeContents(e.lastChild);
    const last = [...e.querySelectorAll(".katex-base")].at(-1);
    return range.getBoundingClientRect().top > last.getBoundingClientRect().bottom;
  })
  .map(e => e.querySelector("annotation").textContent)"""
# Formulas of which a part ends on a lower line than the next begins; folded ones as well.
DISORDERED = """() => {
  const folded = [...document.querySelectorAll("article details:not([open])")];
  for (const each of folded) each.open = true;
  const letters = (e) => [...e.querySelectorAll("span")]
    .filter(s => !s.children.length && s.textContent.trim() && !s.closest(".msupsub"));
  const middle = (e) => { const box = e.getBoundingClientRect(); return (box.top + box.bottom) / 2; };
  const wrong = [...document.querySelectorAll("article .katex-part")].filter(part => {
    const before = part.previousElementSibling && letters(part.previousElementSibling).at(-1);
    return before && middle(before) > middle(letters(part)[0]) + 9;
  }).map(part => part.closest(".katex").querySelector("annotation").textContent);
  for (const each of folded) each.open = false;
  return wrong;
}"""


def test_a_page_fits_every_width(window):
    page = window.page
    for width in (1280, 768, 320):
        page.set_viewport_size({"width": width, "height": 700})
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(CUT_OFF) == [], width
        # The page looks at its boxes when the width has not changed for a while.
        with suppress(TimeoutError):
            page.wait_for_function(f"{UNREACHABLE}.length === 0")
        assert page.evaluate(UNREACHABLE) == [], width
        assert page.evaluate(PARTED) == [], width
        assert page.evaluate(DISORDERED) == [], width
    assert len(page.evaluate(SCROLLED)) <= 1


# Of a sheet of A4, the width between margins of 17 mm, in CSS pixels.
PAPER = 665
# Texts that a sheet shows nothing of, but for what is of use on a screen alone.
UNPRINTED = """[...document.querySelectorAll("article.bd-article :is(p, li, td, pre, figcaption, svg.marks)")]
  .filter(e => e.textContent.trim() && !e.querySelector(":scope > button"))
  .filter(e => !e.closest("#search-instead, .pg-app, .repsim-own, .repsim-rerun, .repsim-downloads, .where, " +
    ".tag_parameter-checks, details.hide > summary"))
  .filter(e => !e.getClientRects().length || !e.getBoundingClientRect().height || !e.checkVisibility({
    opacityProperty: true, visibilityProperty: true }))
  .map(e => e.outerHTML.slice(0, 80))"""
# Boxes that a browser moves to the next sheet whole, and that are longer than one.
UNBROKEN = """[...document.querySelectorAll("article.bd-article *:not(svg *, .katex *)")]
  .filter(e => e.getBoundingClientRect().height > 900 && (getComputedStyle(e).breakInside !== "auto"
    || getComputedStyle(e).overflowY !== "visible" || /flex|grid/.test(getComputedStyle(e).display)))
  .map(e => e.outerHTML.slice(0, 80))"""

# What has a ground of its own and lies above figures, which may begin a sheet beside what stood after them.
COVERING = """[...document.querySelectorAll("article.bd-article *:not(svg *, .katex *)")]
  .filter(e => getComputedStyle(e).position !== "static" && e.checkVisibility())
  .filter(e => !/rgba\\(.*, 0\\)/.test(getComputedStyle(e).backgroundColor))
  .map(e => e.outerHTML.slice(0, 80))"""

# What keeps room for what a script would put there.
RESERVED = """[...document.querySelectorAll("article.bd-article *:not(svg *, .katex *)")]
  .filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).minHeight) > 100)
  .map(e => e.outerHTML.slice(0, 80))"""

# In tables, what does not break where it has to.
UNYIELDING = """[...document.querySelectorAll("article.bd-article table :is(th, td, span)")]
  .filter(e => !e.closest(".katex, .whole, .visually-hidden") && e.checkVisibility())
  .filter(e => /nowrap/.test(getComputedStyle(e).whiteSpace))
  .map(e => e.outerHTML.slice(0, 80))"""


def test_on_paper_nothing_is_cut_or_folded(window):
    page = window.page
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print")
    settle(page)
    # An index at the end of a line has an empty box that reaches a pixel further.
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER + 1
    assert page.evaluate(CUT_OFF.replace("auto|scroll", "none")) == []
    assert page.evaluate(UNPRINTED) == []
    assert page.evaluate(UNBROKEN) == []
    assert page.evaluate(COVERING) == []
    assert page.evaluate(RESERVED) == []
    assert page.evaluate(UNYIELDING) == []
    assert page.locator(":is(button, nav, input, .bd-sidebar, .headerlink):visible").count() == 0
    page.emulate_media(media="screen")


def test_a_phone_has_letters_tables_and_targets(window):
    page = window.page
    for width, least in ((320, 10.5), (390, 11)):
        page.set_viewport_size({"width": width, "height": 800})
        settle(page)
        letters = page.evaluate(LETTERS)
        small = [each for each in letters + page.evaluate(PICTURES) if each[0] < least]
        assert small == [], width
        assert page.evaluate(SCROLLED_WORDS) == [], width
        with suppress(TimeoutError):
            page.wait_for_function(f"({WITHOUT_HINT})().length === 0")
        assert page.evaluate(WITHOUT_HINT) == [], width
        assert page.evaluate(BROKEN_WORDS) == [], width
    assert len(letters) == page.locator("figure.repsim-figure:visible").count()
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(LOW_DOWNLOADS) == []


def test_what_opens_something_says_what(window):
    names = window.page.evaluate(TOGGLES)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if len(name.split()) < 2 or "Toggle" in name] == []


def test_sliders_and_menus_change_the_drawing(window):
    page = window.page
    page.set_viewport_size(NARROW)
    settle(page)
    for figure in page.locator("figure:has(.repsim-vega)").all():
        control = figure.locator("input[type=range], select").first
        assert figure.locator("label:has(input[type=range], select)").first.inner_text().strip()
        moved = False
        for key in ("End", "Home"):
            value, before = control.input_value(), figure.locator("svg.marks").inner_html()
            control.press(key)
            if control.input_value() != value:
                drawing = figure.locator("svg.marks").element_handle()
                page.wait_for_function("([e, old]) => e.innerHTML !== old", arg=[drawing, before])
                moved = True
        assert moved
    assert window.problems == []


FIGURES = "figure.repsim-figure svg"


def test_text_stands_out_in_both_themes_and_figures_follow(window):
    page = window.page
    page.set_viewport_size(WIDE)
    inks = []
    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert faint_texts(page) == [], theme
        inks.append(page.locator(FIGURES).evaluate_all("all => all.map(e => getComputedStyle(e).color)"))
    for on_dark, on_light in zip(*inks, strict=True):
        assert luminance(on_light) + 0.3 < luminance(on_dark)


def test_axe_finds_nothing_that_matters(window):
    page = window.page
    page.set_viewport_size(WIDE)
    page.evaluate(WITHOUT_INSIDES)
    short = any(page.url.endswith(name) for name in SHORT)
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert findings(page, contrast=short) == [], theme


# --- of one page ---


# Icons whose characters the page's icon font lacks: they are as wide as two different missing ones.
UNDRAWN = """() => {
  const brush = document.createElement("canvas").getContext("2d");
  brush.font = "900 16px 'Font Awesome 6 Free'";
  const shape = (text) => { const m = brush.measureText(text); return [m.width, m.actualBoundingBoxAscent].join(); };
  return [...document.querySelectorAll("i[class*='fa-'], span[class*='fa-']")]
    .filter(e => e.getClientRects().length)
    .map(e => [e.className, getComputedStyle(e, "::before").content.slice(1, -1)])
    .filter(([name, text]) => !text || shape(text) === shape("\\uf8fe"));
}"""


# What is on the clipboard when the text from within the first formula to the end of its paragraph is copied.
COPIED = """() => {
  const formula = document.querySelector("article p .katex");
  const range = document.createRange();
  range.setStart(formula.querySelector(".katex-base"), 1);
  range.setEndAfter(formula.closest("p"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  const clipboardData = new DataTransfer();
  document.dispatchEvent(new ClipboardEvent("copy", { clipboardData }));
  return [formula.querySelector("annotation").textContent, clipboardData.getData("text/plain")];
}"""


def test_a_formula_is_copied_as_tex(reader):
    tex, copied = reader().open("notebooks/04_distance.html").evaluate(COPIED)
    assert copied.startswith(f"${tex}$")
    assert copied.count("$") % 2 == 0


def test_icons_are_drawn(reader):
    page = reader(viewport=WIDE).open(PAGES[0])
    assert page.evaluate("document.fonts.check(\"900 16px 'Font Awesome 6 Free'\")")
    assert page.locator(".fa-bars:visible").count() == 1
    assert page.evaluate(UNDRAWN) == []


def test_interactive_figures_are_drawn_without_javascript(book, reader):
    window = reader(java_script_enabled=False)
    seen = 0
    for name in PAGES:
        if "data-repsim-chart" not in (book / name).read_text("utf-8"):
            continue
        window.page.goto(f"{window.site}/{name}")
        for box in window.page.locator("[data-repsim-chart]").all():
            assert box.locator("svg[role=img]:visible").count() == 1, name
            seen += 1
    assert seen, "the book has an interactive figure"
    # what only a script moves is not there; on a narrow page a link leads to the other pages
    page = window.page
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator(".sidebar-toggle:visible, [onclick]:visible").count() == 0
    page.click(".repsim-no-scripts a[href='#pst-primary-sidebar']")
    expect(page.locator("#pst-primary-sidebar nav a").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# --- what would be found ---


@pytest.mark.parametrize(
    ("style", "faint"),
    [
        ("color: #777; background: #fff", True),
        ("color: #767676; background: #fff", False),
        ("color: #888; background: #fff; font-size: 24px", False),
        ("color: #888; background: #fff; font: bold 19px serif", False),
        ("color: #999; background: #fff; font-size: 24px", True),
        ("color: #777; background: #fff; visibility: hidden", False),
    ],
)
def test_faint_texts_are_found(browser, style, faint):
    page = browser.new_page()
    page.set_content(f"<body style='background: #000; color: #fff'>a<p style='{style}'>b <b>c</b></p>")
    assert bool(faint_texts(page)) == faint
    page.close()
