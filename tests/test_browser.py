"""The book in a real browser that can reach nothing but the book."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    *["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    *["--disable-component-update", "--disable-sync", "--disable-quic"],
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Reader:
    """A browser window, and what went wrong in it."""

    def __init__(self, browser: Browser, site: str, **options) -> None:
        self.site = site
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(90_000)  # a busy machine is no fault of the book
        self.context.route("**/*", self._pass_or_refuse)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("requestfailed", self._note_failure)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("console", self._note)
        self.page.on("response", self._check)

    def _pass_or_refuse(self, route) -> None:
        if route.request.url.startswith((self.site, "data:", "blob:")):
            route.continue_()
        else:
            self.problems.append(f"other site: {route.request.url}")
            route.abort()

    def _note_failure(self, request) -> None:
        if (
            request.failure != "net::ERR_ABORTED"
        ):  # the browser's own word for what a page left no longer needs
            self.problems.append(f"failed: {request.url} ({request.failure})")

    def _note(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text}")

    def _check(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def open(self, name: str) -> Page:
        self.page.goto(f"{self.site}/{name}")
        if self.page.locator("span.math, div.math").count():
            self.page.evaluate("MathJax.startup.promise")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.wait_for_function(
            "!document.querySelector('[data-repsim-chart]:not([data-drawn]), [data-drawn]:not(:has(svg))')"
        )
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = f"no browser: none of {', '.join(NAMES)} is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(book) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(book))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def reader(browser, site):
    opened: list[Reader] = []

    def new(**options) -> Reader:
        opened.append(Reader(browser, site, **options))
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module")
def names(book: Path) -> list[str]:
    """Addresses of the pages that a person wrote."""
    found = [
        f"{folder}/{path.name}"
        for folder in ("book", "notebooks")
        for path in sorted((book / folder).glob("*.html"))
    ]
    assert len(found) >= 5
    return found


def test_pages_are_complete_offline(reader, names):
    window = reader(viewport={"width": 1280, "height": 900})
    for name in [*names, "search.html?q=distance"]:
        page = window.open(name)
        assert window.problems == [], name
        raw = page.evaluate(
            "document.querySelectorAll(':is(span.math, div.math):not(:has(mjx-container))').length"
        )
        assert raw == 0, name
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0, name
        if name in names:  # what a search finds is shown as it was written
            assert "\\(" not in page.locator(".bd-content").inner_text(), name


def test_search_finds_without_network(reader):
    window = reader()
    page = window.open("search.html?q=divergence")
    page.wait_for_selector("#search-results li")
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


def test_pages_fit_a_phone(reader, names):
    window = reader()
    for name in names:
        page = window.open(name)
        for width in (768, 390, 320):
            page.set_viewport_size({"width": width, "height": 700})
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            assert page.evaluate(CUT_OFF) == [], (name, width)
            assert page.evaluate(UNREACHABLE) == [], (name, width)


def test_sliders_and_menus_change_the_drawing(reader, names):
    window = reader(viewport={"width": 390, "height": 800})
    seen = 0
    for name in names:
        page = window.open(name)
        for figure in page.locator("figure:has(.repsim-vega)").all():
            control = figure.locator("input[type=range], select").first
            drawing = figure.locator("svg.marks")
            before = drawing.inner_html()
            assert figure.locator("label:has(input[type=range], select)").first.inner_text().strip(), name
            control.focus()
            page.keyboard.press("End")
            page.wait_for_timeout(300)
            at_end = drawing.inner_html()
            page.keyboard.press("Home")
            page.wait_for_timeout(300)
            assert len({before, at_end, drawing.inner_html()}) >= 2, name
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
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            page.wait_for_timeout(300)
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
