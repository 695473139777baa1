"""A reader's window: the book in a real browser that can reach nothing but the book."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
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
    """A browser window, what it loaded, and what went wrong in it."""

    def __init__(self, browser: Browser, site: str, **options) -> None:
        self.site = site
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(90_000)  # a busy machine is no fault of the book
        self.context.route("**/*", self._pass_or_refuse)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.loaded: set[str] = set()  # files of the book that the last opened page asked for
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
        elif response.url.startswith(self.site):
            self.loaded.add(response.url.removeprefix(f"{self.site}/").partition("?")[0].partition("#")[0])

    def open(self, name: str) -> Page:
        self.loaded.clear()
        self.page.goto(f"{self.site}/{name}")
        if self.page.locator("span.math, div.math").count():
            self.page.evaluate("MathJax.startup.promise")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.wait_for_function(
            "!document.querySelector('[data-repsim-chart]:not([data-drawn]), [data-drawn]:not(:has(svg))')"
        )
        return self.page


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none, and fails there in CI."""
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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a site that serves the folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


WEIGHTY = {"serious", "critical"}


def findings(page, **options) -> list[tuple[str, list[str]]]:
    """Rules that the page breaks in a way that matters, with the first places."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        (rule["id"], [node["html"][:120] for node in rule["nodes"][:3]])
        for rule in found
        if rule["impact"] in WEIGHTY
    ]


# Points and glyphs inside of drawings and formulas that are described as a whole: thousands, of which axe says nothing.
WITHOUT_INSIDES = """() => {
  for (const whole of document.querySelectorAll("svg[role=img], svg.marks, mjx-math")) whole.replaceChildren();
}"""
