"""The PDF edition, of a few pages: all their text, numbered pages, links and an outline that lead somewhere."""

import os
import re
import shutil
import unicodedata
from collections import Counter
from itertools import pairwise

import bs4
import pytest
from filelock import FileLock
from places import PAGES, ROOT
from pypdf import PdfReader

from repsim_book.pages.pdf_edition import STEPS, make
from repsim_book.paths import PDF_EDITION

NAMES = [
    name.removesuffix(".html") for name in (PAGES[0], "notebooks/02_theorem.html", "book/bibliography.html")
]


@pytest.fixture(scope="module")
def edition(book, tmp_path_factory):
    """A copy of the book's pages with an edition of some of them; of several processes one makes it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "paper"
    html = folder / "html"
    with FileLock(f"{folder}.lock"):
        if not (html / PDF_EDITION).exists():
            shutil.copytree(book, html)
            steps = []
            path, count = make(ROOT, "smoke", html, names=NAMES, step=steps.append)
            assert tuple(steps) == STEPS
            assert path == html / PDF_EDITION
            assert len(PdfReader(path).pages) == count
    with PdfReader(html / PDF_EDITION) as reader:
        yield html, reader


@pytest.fixture(scope="module")
def texts(edition):
    return [page.extract_text() for page in edition[1].pages]


def test_no_sheet_is_half_empty(edition):
    _, reader = edition
    last = [reader.get_destination_page_number(each) for each in reader.outline if not isinstance(each, list)]
    foot, top = 57, 794  # the margins of print.css, in points
    for number, page in enumerate(reader.pages):
        if number == 0 or number + 1 in [*last, len(reader.pages)]:
            continue  # a chapter ends where it ends
        lowest = min(height for height in heights(page) if height > foot)
        assert lowest < (foot + top) / 2, number + 1


def heights(page):
    """Where on a page its texts begin, in points from below."""
    found = []

    def note(text, cm, tm, *_):
        if text.strip():
            found.append(tm[4] * cm[1] + tm[5] * cm[3] + cm[5])

    page.extract_text(visitor_text=note)
    return found


def letters(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))  # without ligatures


def pieces(html, name):
    """What a page says in words and code, without formulas, indices and drawings, folded or not."""
    article = bs4.BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "html.parser").find("article")
    left_out = (
        ".math, sub, sup, svg, script, noscript, style, .headerlink, .repsim-rerun, .repsim-downloads, .repsim-facts,"
        " .where, .repsim-pdf"
    )
    for each in article.select(left_out):
        each.replace_with("\0")
    for hint in article.select("details.hide > summary"):
        hint.decompose()
    for element in article.select("p, li, td, th, pre, figcaption, h1, h2, h3, dt, summary"):
        for line in re.split(r"[\0\n]", element.get_text()):
            if letters(line):
                yield letters(line)


def is_in(piece, pages):
    """Whether a text is on a page, or begins on one and ends on the next."""
    parts = [(piece[:at], piece[at:]) for at in range(len(piece))]
    return any(piece in page for page in pages) or any(
        start in page and end in following for page, following in pairwise(pages) for start, end in parts
    )


def test_all_that_the_pages_say_is_there(edition, texts):
    html, _ = edition
    pages = [letters(text) for text in texts]
    assert [each for name in NAMES for each in pieces(html, name) if not is_in(each, pages)] == []


def flat(outline):
    for entry in outline:
        yield from flat(entry) if isinstance(entry, list) else [entry]


def test_pages_are_numbered_and_the_contents_tell_where_sections_begin(edition, texts):
    _, reader = edition
    for number, text in enumerate(texts[1:], 2):
        assert re.match(rf"{number}\D", text), text[:80]
    chapters = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert len(chapters) == 1 + len(NAMES)
    contents = letters(texts[1])
    for entry in flat(reader.outline):
        number = reader.get_destination_page_number(entry) + 1
        if "_" not in entry.title:  # a formula
            title = letters(entry.title)
            assert title in letters(texts[number - 1])
            assert title == "Contents" or f"{title}{number}" in contents or entry.title not in chapters
    assert len(list(flat(reader.outline))) > 20


def test_links_lead_to_places_of_the_document_or_to_the_network(edition):
    _, reader = edition
    known = set(reader.named_destinations)
    inside, outside = Counter(), Counter()
    for page in reader.pages:
        for each in page.get("/Annots", []):
            link = each.get_object()
            if "/Dest" in link:
                inside[link["/Dest"]] += 1
            else:
                outside[link["/A"]["/URI"]] += 1
    assert set(inside) <= known
    assert any("bibliography" in each for each in inside)
    assert outside
    assert all(url.startswith("https://") for url in outside), outside


def test_it_says_what_it_is(edition, texts):
    _, reader = edition
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"], root["/PageMode"]) == ("en", True, "/UseOutlines")
    assert reader.metadata.title in " ".join(texts[0].split())
    assert reader.metadata.author in texts[0]
    assert "Version" in texts[0]
    width, height = (float(reader.pages[0].mediabox[at]) for at in (2, 3))
    assert (round(width), round(height)) == (595, 842)


def test_the_home_page_leads_to_it(edition):
    html, reader = edition
    home = html / f"{NAMES[0]}.html"
    page = bs4.BeautifulSoup(home.read_text("utf-8"), "html.parser")
    link = page.select_one(".repsim-pdf a")
    assert (home.parent / link["href"]).resolve() == html / PDF_EDITION
    assert f"({len(reader.pages)} pages" in page.select_one(".repsim-pdf").get_text()
