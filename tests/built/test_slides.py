"""The slides of the two-week unit, opened as files, without a network."""

import re

import pytest
from places import ROOT

DECKS = [path.stem for path in sorted((ROOT / "book" / "slides").glob("*.md"))]
# Of the slide that is shown, the farthest that anything reaches, in its own pixels. What is hidden from the eye and the
# insides of drawings do not count.
REACH = """() => {
  const slide = Reveal.getCurrentSlide(), origin = slide.getBoundingClientRect(), scale = Reveal.getScale();
  const reach = [0, 0];
  for (const each of slide.querySelectorAll("*")) {
    if (each.closest(".katex-mathml") || (each.closest("svg") && each.tagName !== "svg")) continue;
    const box = each.getBoundingClientRect();
    reach[0] = Math.max(reach[0], (box.right - origin.left) / scale);
    reach[1] = Math.max(reach[1], (box.bottom - origin.top) / scale);
  }
  return reach;
}"""


@pytest.fixture
def deck(book, browser):
    """Opens a deck's file; complains about requests and errors at the end."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    wrong = []
    page.on("request", lambda each: wrong.append(each.url) if not re.match("file:|data:", each.url) else None)
    page.on("requestfailed", lambda each: wrong.append(each.url))
    page.on("pageerror", lambda each: wrong.append(str(each)))

    def opened(name):
        page.goto((book / "_static" / "slides" / f"{name}.html").as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page

    yield opened
    page.close()
    assert wrong == []


def test_there_is_a_deck_for_each_session():
    assert [name[0] for name in DECKS] == list("123456")
    guide = (ROOT / "book" / "teaching.md").read_text("utf-8")
    for name in DECKS:
        assert f"../_static/slides/{name}.html" in guide


@pytest.mark.parametrize("name", DECKS)
def test_each_slide_fits(deck, name):
    page = deck(name)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("number => Reveal.slide(number)", number)
        right, bottom = page.evaluate(REACH)
        assert right <= 1280.5, f"slide {number + 1} is too wide"
        assert bottom <= 690, f"slide {number + 1} is too high"
        assert page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2') !== null")
    assert page.evaluate(
        "[...document.querySelectorAll('.figure > svg')].every((each) => each.getAttribute('aria-label'))"
    )


def test_keys_turn_the_slides(deck):
    page = deck(DECKS[0])
    for key, place in (("ArrowRight", 1), ("Space", 2), ("ArrowLeft", 1), ("End", None), ("Home", 0)):
        page.keyboard.press(key)
        last = page.evaluate("Reveal.getTotalSlides()") - 1
        expected = last if place is None else place
        page.wait_for_function("place => Reveal.getIndices().h === place", arg=expected)
