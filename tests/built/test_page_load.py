"""What a page loads, and that its styles are those that they were made from."""

import io
import re

import numpy as np
import pytest
from browsing import set_theme, settle
from PIL import Image
from places import PAGES

from repsim_book.site.written_pages import written_pages

CHAPTER = "notebooks/02_theorem.html"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


def test_a_page_waits_for_nothing_but_itself(book):
    seen = 0
    for path, html in written_pages(book):
        if 'http-equiv="Refresh"' in html:
            continue
        seen += 1
        name = path.relative_to(book)
        assert re.findall(r"<link\b[^>]*stylesheet", html) == [], name
        at_once = re.sub(r"<template\b.*?</template>", "", html, flags=re.DOTALL)
        # modules are asked for beside the page, which does not wait for them
        (script,) = re.findall(r"<script\b(?![^>]*\btype=\"module\")[^>]*\bsrc=[^>]*>", at_once)
        assert script.startswith("<script defer "), name
        assert at_once.rstrip().endswith(f"{script}</script>\n</body>\n</html>"), name
        head = html.partition("<body")[0]
        assert len(head) < 200_000, name
        assert 'dataset.theme = localStorage.getItem("theme") || "auto"' not in head, name
    assert seen > len(PAGES)


# The page with the style sheets that its own was made from, and back.
ORIGINALS = """async () => {
  const own = [...document.querySelectorAll("head > style")].find((each) => each.textContent.startsWith("/* _static/"));
  const [, files] = own.textContent.match(/^\\/\\* (.*?) \\*\\//);
  const links = files.split(" ").map((file) => Object.assign(document.createElement("link"), {
    rel: "stylesheet", href: document.documentElement.dataset.content_root + file,
  }));
  const loaded = links.map((link) => new Promise((resolve) => { link.onload = resolve; }));
  own.after(...links);
  await Promise.all(loaded);
  window.useOriginals = (yes) => {
    own.disabled = yes;
    for (const link of links) link.disabled = !yes;
  };
  return links.length;
}"""


# Pixels: a letter that the browser has put at another fraction of one, when a dialog has been opened and closed.
FEW = 100


def pixels_apart(picture: bytes, other: bytes) -> int:
    first, second = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB")) for each in (picture, other))
    return int((first != second).any(axis=2).sum())


@pytest.fixture(scope="module")
def compare(browser, site):
    """Opens a page, and compares its window with the same in the original styles."""
    from browsing import Reader

    window = Reader(browser, site, color_scheme="light", viewport=WIDE)

    def picture(originals: str) -> bytes:
        window.page.evaluate(f"useOriginals({originals})")
        settle(window.page)
        return window.page.screenshot(animations="disabled")

    def same(state: str) -> None:
        for _ in range(10):  # until the page rests: what follows a scroll comes by and by
            before, original, after = (picture(each) for each in ("false", "true", "false"))
            if before == after:
                break
        assert pixels_apart(before, original) < FEW, state

    def opened(name: str):
        page = window.open(name)
        assert page.evaluate(ORIGINALS) > 10
        return page, same

    yield opened
    window.context.close()


def test_styles_look_as_those_that_they_were_made_from(compare):
    page, same = compare(CHAPTER)
    for theme in ("dark", "light"):
        set_theme(page, theme)
        same(theme)
    page.emulate_media(media="print")
    same("print")
    page.emulate_media(media="screen")
    page.locator("button.search-button__button:visible, .search-button:visible").first.click()
    page.wait_for_selector("dialog[open]")
    same("search dialog")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    for box in (".cell_output table", "figure.repsim-figure", "div.proof"):
        page.locator(box).first.scroll_into_view_if_needed()
        same(box)
    page.locator("details:not([open]) > summary:text('Solution')").first.click()
    same("an opened solution")
    page.locator(".dropdown-download-buttons > button").click()
    page.wait_for_selector(".dropdown-menu.show")
    same("a menu")
    page.keyboard.press("Escape")
    page.locator("div.highlight:visible").first.hover()
    same("the button that copies code")


def test_styles_look_the_same_on_a_phone(compare):
    page, same = compare(CHAPTER)
    page.set_viewport_size(NARROW)
    page.evaluate("scrollTo(0, 0)")
    for theme in ("dark", "light"):
        set_theme(page, theme)
        same(theme)
    page.locator(".primary-toggle").click()
    page.wait_for_selector("dialog[open]")
    same("menu")


@pytest.mark.parametrize("name", ["book/intro.html", "book/api.html"])
def test_styles_of_other_pages_look_the_same(compare, name):
    page, same = compare(name)
    page.set_viewport_size(WIDE)
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    same("its middle")
