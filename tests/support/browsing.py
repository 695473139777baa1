"""A reader's window: the book in a real browser that can reach nothing but the book."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from processes import HANG

from repsim_book.pages.browser import find_browser
from repsim_core.errors import InputError

PATIENCE = 1000 * HANG  # in milliseconds, as the browser wants it
expect.set_options(timeout=PATIENCE)
FLAGS = [
    *["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    *["--disable-component-update", "--disable-sync", "--disable-quic"],
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Reader:
    """A browser window, what it loaded, and what went wrong in it."""

    def __init__(self, browser: Browser, site: str, **options) -> None:
        self.site = site
        self.context = new_context(browser, **options)
        self.context.route(re.compile(rf"^(?!{re.escape(site)}|data:|blob:)"), self._refuse)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.loaded: list[str] = []  # files of the book that the last opened page asked for, each time
        self.page.on("requestfailed", self._note_failure)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("console", self._note)
        self.page.on("response", self._check)

    def _refuse(self, route) -> None:
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
        elif response.url.startswith(self.site):
            self.loaded.append(response.url.removeprefix(f"{self.site}/").partition("?")[0].partition("#")[0])

    def open(self, name: str) -> Page:
        self.loaded.clear()
        self.page.goto(f"{self.site}/{name}")
        return self.complete()

    def complete(self) -> Page:
        """The page, when all that it draws is drawn."""
        for figure in self.page.locator("[data-repsim-chart]").all():
            figure.scroll_into_view_if_needed()  # it is drawn when a reader comes near
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.wait_for_function(
            "!document.querySelector('[data-repsim-chart]:not([data-drawn]), [data-drawn]:not(:has(svg))')"
            " && !document.querySelector('.playground:not(.ready)')"
        )
        return self.page


def new_context(browser: Browser, **options) -> BrowserContext:
    """A browser's context that waits for what must come as long as it takes."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


# Two frames show what a change has caused, which is then hurried to its end: a colour that moves to its new value, say.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const moving = () => document.getAnimations().filter(
    (each) => each.playState !== "finished" && each.effect?.getComputedTiming().endTime !== Infinity);
  do {
    for (const each of moving()) each.finish();
    await frame();
    await frame();
  } while (moving().length);
}"""


def settle(page: Page) -> None:
    """Let what the last change has caused come to its end."""
    page.evaluate(SETTLED)


def set_theme(page: Page, theme: str) -> None:
    """Show the page in the theme `light` or `dark`."""
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    settle(page)


def swipe(page: Page, start: tuple[float, float], step: tuple[float, float]) -> None:
    """A finger that comes down, moves ten times and lifts."""
    finger = page.context.new_cdp_session(page)
    x, y = start
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for _ in range(10):
        x, y = x + step[0], y + step[1]
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none, and fails there in CI."""
    try:
        path = find_browser()
    except InputError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a site that serves the folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


WEIGHTY = {"serious", "critical"}
# Points, glyphs and words inside of drawings, formulas and code: tens of thousands, of which axe has nothing to say.
WITHOUT_INSIDES = """() => {
  for (const whole of document.querySelectorAll("svg[role=img], svg.marks, .katex-html, .katex math"))
    whole.replaceChildren();
  for (const code of document.querySelectorAll(".highlight pre")) code.textContent = code.textContent;
}"""


def findings(page: Page, *, contrast: bool = False, **options) -> list[tuple[str, list[str]]]:
    """Rules of axe that the page breaks in a way that matters, with the first places.

    axe takes a quarter of a minute for the contrast of a chapter's texts, and is asked for it where there are few;
    `faint_texts` looks at them everywhere.
    """
    settle(page)
    asked = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}, **options}
    found = Axe().run(page, options=asked).response["violations"]
    return [
        (rule["id"], [node["html"][:120] for node in rule["nodes"][:3]])
        for rule in found
        if rule["impact"] in WEIGHTY
    ]


# Of all texts that can be seen: their ink, the first paper behind it, their size and weight, each look once.
LOOKS = """() => {
  const looks = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (seen.has(e) || !texts.currentNode.textContent.trim()) continue;
    seen.add(e);
    if (e.closest("svg, .katex-mathml, :disabled") || !e.getClientRects().length || !e.checkVisibility({
      opacityProperty: true, visibilityProperty: true })) continue;
    const paper = (p) => getComputedStyle(p).backgroundColor;
    let behind = e;
    while (behind.parentElement && /rgba\\(.*, 0\\)|transparent/.test(paper(behind))) behind = behind.parentElement;
    const { color, fontSize, fontWeight } = getComputedStyle(e);
    const look = [color, paper(behind), fontSize, fontWeight];
    if (!looks.has(look.join())) looks.set(look.join(), [...look, e.textContent.trim().slice(0, 60)]);
  }
  return [...looks.values()];
}"""


def faint_texts(page: Page) -> list[tuple[str, ...]]:
    """Texts with less contrast than WCAG's level AA: 4.5, and 3 for large ones."""
    faint = []
    for ink, paper, size, weight, text in page.evaluate(LOOKS):
        dark, light = sorted(map(luminance, (ink, paper)))
        pixels = float(size.removesuffix("px"))
        large = pixels >= 24 or (pixels >= 18.66 and float(weight) >= 700)
        if (light + 0.05) / (dark + 0.05) < (3 if large else 4.5):
            faint.append((ink, paper, size, text))
    return faint


def luminance(colour: str) -> float:
    """The relative luminance of a colour as the browser writes it, 0 to 1."""
    channels = [float(c) / 255 for c in re.findall(r"[\d.]+", colour)[:3]]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
