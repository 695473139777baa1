"""What a reader sees of a chapter before scrolling: its number and what it builds on, and its first figure."""

import re

import pytest
from places import PAGES, ROOT

CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
# The first picture of a page, as far from its top as it begins.
FIRST = """() => {
  const pictures = [...document.querySelectorAll(".bd-article :is(figure, canvas, img)")];
  const shown = pictures.filter((each) => each.getClientRects().length);
  return shown.length ? shown[0].getBoundingClientRect().top + scrollY : Infinity;
}"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_figure_of_every_chapter_is_on_the_first_screen(reader, width, height):
    window = reader(viewport={"width": width, "height": height})
    tops = {}
    for page in CHAPTERS:
        window.page.goto(f"{window.site}/{page}", wait_until="load")
        tops[page] = window.page.evaluate(FIRST)
    assert {page: top for page, top in tops.items() if top > height - 20} == {}


@pytest.mark.parametrize("address", CHAPTERS)
def test_a_chapter_says_its_number_as_the_commands_take_it_and_what_it_builds_on(book, address):
    html = (book / address).read_text("utf-8")
    name = address.removeprefix("notebooks/").removesuffix(".html")
    number = name.partition("_")[0]
    line = re.search(r'<p class="chapter-head">(.*?)</p>', html, re.DOTALL)
    assert line
    said = re.sub("<[^>]+>", "", line[1])
    assert re.fullmatch(rf"Chapter {number} · \d+ minutes without proofs and exercises · builds on .+", said)
    assert f"file: notebooks/{name}\n    title: {number} " in (ROOT / "_toc.yml").read_text("utf-8")
    headings = re.findall(r"<h2>(.*?)<a", html)
    assert headings[-2:] == ["An open question", "Summary"], headings


@pytest.mark.parametrize("address", CHAPTERS)
def test_exercises_have_names(book, address):
    titles = re.findall(
        r'<p class="admonition-title">.*?Exercise.*?</p>', (book / address).read_text("utf-8")
    )
    assert len(titles) >= 3
    assert all("(" in title for title in titles), titles
