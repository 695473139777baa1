"""The book in a real browser that can reach nothing but the book: complete, light, and fit for every width."""

import re
from contextlib import suppress

from browsing import set_theme, settle
from playwright.sync_api import TimeoutError


def test_pages_are_complete_offline_and_light(book, reader, addresses):
    window = reader(viewport={"width": 1280, "height": 900})
    for address in addresses:
        page = window.open(address)
        assert window.problems == [], address
        raw = page.evaluate(
            "document.querySelectorAll(':is(span.math, div.math):not(:has(mjx-container))').length"
        )
        assert raw == 0, address
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0, address
        assert "\\(" not in page.locator(".bd-content").inner_text(), address
        weight = sum((book / name).stat().st_size for name in window.loaded)
        assert weight < 3_000_000, f"{address}: {weight / 1e6:.2f} MB"


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


def test_icons_are_drawn(reader, names):
    page = reader(viewport={"width": 1280, "height": 900}).open(names[0])
    assert page.evaluate("document.fonts.check(\"900 16px 'Font Awesome 6 Free'\")")
    assert page.locator(".fa-bars:visible").count() == 1
    assert page.evaluate(UNDRAWN) == []


def test_search_finds_without_network(reader):
    window = reader()
    page = window.open("search.html?q=divergence")
    page.wait_for_selector("#search-results li:has(a:text-is('Theorem')) p.context")
    # a result that is an entry of the API reference has a description in place of a passage
    waiting = "#search-results li:not(:has(p.context, > span))"
    page.wait_for_function(f"document.querySelectorAll('{waiting}').length === 0")
    found = page.locator("#search-results").inner_text()
    assert "divergence" in found
    assert not re.search(r"\\[a-zA-Z(\[]", found), found
    assert window.problems == []


# What is cut off at the right, and not in a box that scrolls.
CUT_OFF = """[...document.querySelectorAll("article.bd-article :is(p, table, figure, pre, div.math, .admonition)")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => {
    for (let p = e; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return false;
    return true;
  })
  .map(e => e.outerHTML.slice(0, 80))"""

# Boxes that scroll sideways and cannot be reached by keyboard.
UNREACHABLE = """[...document.querySelectorAll("article.bd-article *")]
  .filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1)
  .filter(e => e.tabIndex < 0 && !e.querySelector("a, button, input, [tabindex='0']"))
  .map(e => e.outerHTML.slice(0, 80))"""


def test_pages_fit_every_width(reader, addresses):
    window = reader()
    for name in addresses:
        page = window.open(name)
        for width in (1280, 768, 390, 320):
            page.set_viewport_size({"width": width, "height": 700})
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            assert page.evaluate(CUT_OFF) == [], (name, width)
            # The page looks at its boxes when the width has not changed for a while.
            with suppress(TimeoutError):
                page.wait_for_function(f"{UNREACHABLE}.length === 0")
            assert page.evaluate(UNREACHABLE) == [], (name, width)


def test_sliders_and_menus_change_the_drawing(reader, names):
    window = reader(viewport={"width": 390, "height": 800})
    seen = 0
    for name in names:
        page = window.open(name)
        for figure in page.locator("figure:has(.repsim-vega)").all():
            control = figure.locator("input[type=range], select").first
            assert figure.locator("label:has(input[type=range], select)").first.inner_text().strip(), name
            moved = False
            for key in ("End", "Home"):
                value, before = control.input_value(), figure.locator("svg.marks").inner_html()
                control.press(key)
                if control.input_value() != value:
                    drawing = figure.locator("svg.marks").element_handle()
                    page.wait_for_function("([e, old]) => e.innerHTML !== old", arg=[drawing, before])
                    moved = True
            assert moved, name
            seen += 1
    assert seen, "the book has an interactive figure"
    assert window.problems == []


def luminance(colour: str) -> float:
    channels = [float(c) / 255 for c in re.findall(r"[\d.]+", colour)[:3]]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


# The colour of each element's ink, and of the first background behind it.
INK_AND_PAPER = """elements => elements.map(e => {
  let p = e;
  while (p && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(p).backgroundColor)) p = p.parentElement;
  return [getComputedStyle(e).color, getComputedStyle(p || document.body).backgroundColor, e.textContent.slice(0, 60)];
})"""


TEXTS = (
    "article.bd-article :is(p, li, td, th, h1, h2, h3, figcaption, summary, .admonition-title, svg[role=img], "
    ".vega-bind label)"
)
FIGURES = "figure.repsim-figure svg"


def test_text_stands_out_in_both_themes_and_figures_follow(reader, names):
    window = reader(color_scheme="light", viewport={"width": 1280, "height": 900})
    for name in names:
        page = window.open(name)
        inks = []
        for theme in ("light", "dark"):
            set_theme(page, theme)
            for ink, paper, text in page.locator(TEXTS).evaluate_all(INK_AND_PAPER):
                light, dark = sorted(map(luminance, (ink, paper)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, theme, ink, paper, text)
            inks.append(page.locator(FIGURES).evaluate_all("all => all.map(e => getComputedStyle(e).color)"))
        for on_light, on_dark in zip(*inks, strict=True):
            assert luminance(on_light) + 0.3 < luminance(on_dark), name


def test_interactive_figure_is_drawn_without_javascript(reader, names):
    window = reader(java_script_enabled=False)
    for name in names:
        window.page.goto(f"{window.site}/{name}")
        for box in window.page.locator("[data-repsim-chart]").all():
            assert box.locator("svg[role=img]").count() == 1, name
