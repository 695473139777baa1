"""What pages say for those who share, cite and find them; where it is published they say the address."""

import json
import re

import pytest
from places import ROOT

from repsim_book.site import cards, sharing
from repsim_book.site.address import VARIABLE, address_files, configured
from repsim_book.site.edition import edition
from repsim_book.site.page_footer import facts
from repsim_core.errors import InputError

BOOK = edition(ROOT)
ADDRESS = "https://a.example.org/book/x.html"


def test_the_address_is_that_of_the_published_book_alone(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert json.loads(address_files(ROOT, "default")["address.json"]) == ""
    monkeypatch.setenv(VARIABLE, "https://a.example.org/book/")
    assert json.loads(address_files(ROOT, "default")["address.json"]) == "https://a.example.org/book"
    assert json.loads(address_files(ROOT, "smoke")["address.json"]) == ""
    monkeypatch.setenv(VARIABLE, "a.example.org")
    with pytest.raises(InputError, match=r"REPSIM_ADDRESS: found a\.example\.org, expected an address"):
        address_files(ROOT, "default")


def test_the_environment_goes_before_the_configuration(monkeypatch):
    monkeypatch.delenv("X", raising=False)
    assert configured("X", "there", "https://a.example.org/") == "https://a.example.org"
    monkeypatch.setenv("X", "https://b.example.org")
    assert configured("X", "there", "https://a.example.org/") == "https://b.example.org"


def test_a_page_that_leads_nowhere_leads_home_from_any_depth():
    html = '<a href="book/intro.html">a</a><a href="#here">b</a><a href="https://c.org">c</a><img src="_static/d.png">'
    style = "<style>a {src: url(_static/e.woff); b: url(data:f)}</style>"
    found = sharing.anchored(html + style, "/name/")
    assert re.findall(r'(?:href|src)="([^"]*)"', found) == [
        *("/name/book/intro.html", "#here", "https://c.org", "/name/_static/d.png")
    ]
    assert "url(/name/_static/e.woff)" in found
    assert "url(data:f)" in found


def test_the_sitemap_lists_pages():
    assert (
        sharing.sitemap(["https://a.example.org/b.html?c&d"]).count(
            "<loc>https://a.example.org/b.html?c&amp;d</loc>"
        )
        == 1
    )


def test_search_engines_are_told_the_book_of_a_chapter():
    told = json.loads(sharing.linked_data(BOOK, "Width", "About </script>.", "2025-02-03", ADDRESS))
    assert (told["@type"], told["name"], told["isPartOf"]["name"]) == ("Chapter", "Width", BOOK["title"])
    assert told["isPartOf"]["version"] == BOOK["version"]
    assert "</script>" not in sharing.linked_data(BOOK, "Width", "About </script>.", "", "")
    assert json.loads(sharing.linked_data(BOOK, "", "", "", "")).keys() >= {
        "@type",
        "name",
        "author",
        "isBasedOn",
    }


def test_a_citation_has_the_address_the_doi_and_the_paper():
    html = facts("Width", "05_width", "2025-02-03", book=BOOK, parameters={}, address=ADDRESS)
    assert f'<a href="{ADDRESS}">' in html
    assert "doi" not in html.lower()
    assert f"url       = {{{ADDRESS}}}" in html
    assert "@inproceedings{nielsen2025closeness," in html
    assert "Beatrix M. G. Nielsen and Emanuele Marconato" in html
    html = facts("Width", "05_width", "2025-02-03", book={**BOOK, "doi": "10.1/a"}, parameters={})
    assert '<a href="https://doi.org/10.1/a">' in html
    assert "doi       = {10.1/a}" in html
    assert "@misc{intro-2025," in facts(BOOK["title"], "intro", "2025-02-03", book=BOOK, parameters={})


def test_a_card_holds_the_figure_and_its_words(tmp_path):
    svg = '<svg viewBox="0 0 2 1" style="fill:red;width:100%" aria-label="a &lt; b"><g/></svg>'
    drawing = cards.first_figure(f'<p><figure class="repsim-figure x"><div>{svg}</div></figure>')
    assert drawing
    assert drawing.meaning == "a < b"
    card = cards.card("A title & more", "What it is about", "The book", drawing)
    assert "A title &amp;" in card
    assert 'style="fill:red" viewBox="0 0 2 1"' in card
    assert cards.first_figure("<p>") is None
    cards.draw(card, tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes()[16:24] == (1200).to_bytes(4) + (630).to_bytes(4)
