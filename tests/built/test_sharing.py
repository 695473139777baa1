"""The built pages as search engines, messengers and reference managers read them."""

import json
import re
import struct
from functools import cache
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, SoupStrainer
from places import PAGES, ROOT

from repsim_book.site.edition import edition

BOOK = edition(ROOT)


@cache
def head(path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8").partition("</head>")[0], "html.parser")


def meta(page: BeautifulSoup) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in page.find_all("meta", content=True):
        found.setdefault(str(tag.get("name") or tag.get("property")), []).append(str(tag["content"]))
    return found


def test_each_page_describes_itself_once(book):
    descriptions, titles = [], []
    for name in PAGES:
        told = meta(head(book / name))
        (description,) = told["description"]
        assert 30 <= len(description) <= 170, name
        assert told["og:description"] == [description]
        assert len(told["viewport"]) == 1, name
        assert not [key for key in told if key.startswith("docsearch")]
        descriptions.append(description)
        titles.append(head(book / name).title.get_text())
    assert len(set(descriptions)) == len(set(titles)) == len(PAGES)
    for title in titles:
        parts = title.split(" — ")
        assert len(parts) == len(set(parts)), title


def test_each_chapter_has_a_picture_of_its_own(book):
    seen = set()
    for name in PAGES:
        told = meta(head(book / name))
        assert told["twitter:card"] == ["summary_large_image"]
        assert len(told["og:image:alt"][0]) > 20
        path = (book / name).parent / told["og:image"][0]
        size = struct.unpack(">II", path.read_bytes()[16:24])
        assert size == (1200, 630)
        assert path.stat().st_size < 100_000
        seen.add(path.name) if name.startswith("notebooks/") else None
    assert len(seen) == sum(name.startswith("notebooks/") for name in PAGES)


def test_pages_can_be_cited(book):
    for name in PAGES:
        told = meta(head(book / name))
        first = name == PAGES[0]
        assert told["citation_author"] == ["The repsim_core authors"]
        assert re.fullmatch(r"\d{4}/\d\d/\d\d", told["citation_publication_date"][0])
        assert (told["citation_title"] == [BOOK["title"]]) == first
        assert told.get("citation_inbook_title", []) == ([] if first else [BOOK["title"]])
        assert "citation_doi" not in told
        data = json.loads(head(book / name).find("script", type="application/ld+json").string)
        assert data["@type"] == ("Book" if first else "Chapter")
        text = (book / name).read_text("utf-8")
        assert text.count("@inproceedings{nielsen2025closeness,") == 1, name
        # no address is made up where none is known
        assert not head(book / name).find("link", rel="canonical")
        assert "og:url" not in told


def test_a_page_says_its_title_once(book):
    for name in (*PAGES, "search.html", "404.html", "genindex.html"):
        titles = BeautifulSoup((book / name).read_text("utf-8"), "html.parser", parse_only=SoupStrainer("h1"))
        assert len(titles.find_all("h1")) == 1, name


def test_the_page_for_missing_addresses_works_at_any_depth(book):
    page = BeautifulSoup((book / "404.html").read_text("utf-8"), "html.parser")
    assert page.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    addresses = [
        str(tag[key]) for key in ("href", "src", "action") for tag in page.find_all(attrs={key: True})
    ]
    own = [each for each in addresses if not urlsplit(each).scheme and not each.startswith("#")]
    assert len(own) > 10
    for each in own:
        assert each.startswith("/"), each
        assert (book / urlsplit(each).path.lstrip("/")).is_file(), each


def test_phones_have_an_icon(book):
    link = head(book / PAGES[1]).find("link", rel="apple-touch-icon")
    data = ((book / PAGES[1]).parent / str(link["href"])).read_bytes()
    assert struct.unpack(">II", data[16:24]) == (180, 180)


def test_code_is_linked_to_its_source(book):
    api = BeautifulSoup((book / "book" / "api.html").read_text("utf-8"), "html.parser")
    entries = api.select("dl.py > dt.sig")
    linked = [
        each.find("a", string=re.compile("source")) for each in entries if each.find("a", class_="reference")
    ]
    without = [str(each["id"]) for each in entries if not each.select_one("a > .viewcode-link")]
    assert without == ["repsim_core.INVARIANCES"]
    assert len(linked) > 70
    for name in ("repsim_core.llv_distance", "repsim_core.Representations.rank"):
        (entry,) = api.find_all(id=name)
        link = str(entry.select_one("a:has(> .viewcode-link)")["href"])
        page, _, place = link.partition("#")
        assert place == name.removeprefix("repsim_core.")
        assert f'id="{place}"' in (book / "book" / page).read_text("utf-8")
