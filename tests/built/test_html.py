"""The built pages, read as files: complete without other sites, described, linked, light."""

import csv
import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from kept_back import leaks
from places import PAGES

# What Sphinx generates beside the pages of the table of contents.
GENERATED = {"404.html", "genindex.html", "search.html", "prf-prf.html"}
MEGABYTE = 1_000_000


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages(book):
    found = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.relative_to(book).parts]
    assert len(found) >= 5
    return found


@pytest.fixture(scope="module")
def chapters(book, pages):
    """The pages that a person wrote; not the generated ones, and not index.html, which leads to the first."""
    return [
        path
        for path in pages
        if path.name not in GENERATED
        and path.relative_to(book).parts[0] != "source"
        and not parsed(path).find("meta", attrs={"http-equiv": "Refresh"})
    ]


def test_every_page_of_the_table_of_contents_is_there_and_no_other(book, chapters):
    assert sorted(path.relative_to(book).as_posix() for path in chapters) == sorted(PAGES)


def test_the_pages_hold_no_hidden_tests_and_no_solutions_of_assignments(book):
    """Nor do the files beside them: sources, data, what the search knows."""
    texts = {".html", ".js", ".json", ".md", ".py", ".ipynb", ".txt", ".zip", ".csv"}
    files = [path for path in book.rglob("*") if path.is_file() and path.suffix in texts]
    assert leaks((str(path.relative_to(book)), path.read_bytes()) for path in files) == {}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def loaded_urls(page: BeautifulSoup) -> list[str]:
    """Addresses that a browser fetches by itself to show the page."""
    found = [
        (tag, attribute)
        for tag, attribute in [
            *[("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")],
            *[("audio", "src"), ("embed", "src"), ("object", "data"), ("image", "href")],
        ]
    ]
    urls = [str(element[key]) for tag, key in found for element in page.find_all(tag, attrs={key: True})]
    lazily = {"canonical", "next", "prev", "index", "search", "license", "author"}
    for link in page.find_all("link", href=True):
        if not lazily & set(link.get("rel") or []):
            urls.append(str(link["href"]))
    return urls


def test_nothing_is_loaded_from_another_site(pages):
    outside = [
        f"{name(path)}: {url}"
        for path in pages
        for url in loaded_urls(parsed(path))
        if urlsplit(url).scheme not in {"", "data"} or urlsplit(url).netloc
    ]
    assert outside == []


def test_style_sheets_load_nothing_from_another_site(book):
    used = r'(?:url\(\s*["\']?|@import\s+["\'])((?:https?:)?//[^"\')\s]+)'
    found = [
        f"{path.name}: {url}"
        for path in (book / "_static").rglob("*.css")
        for url in re.findall(used, path.read_text(encoding="utf-8"))
    ]
    assert found == []


@cache
def places_of(path):
    """What links into a page can lead to."""
    return {each["id"] for each in parsed(path).find_all(id=True)}


def test_links_and_anchors_resolve(book, pages):
    broken = []
    for path in pages:
        if path.name == "404.html":
            continue  # it is for any place; see test_sharing
        page = parsed(path)
        # The smoke book is a variant, and leads to the book itself.
        beside = {id(each) for each in page.select(".bd-header-announcement a")}
        links = [a for a in page.find_all("a", href=True) if id(a) not in beside]
        urls = [str(a["href"]) for a in links] + loaded_urls(page)
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or not target.is_relative_to(book):
                broken.append(f"{name(path)}: {url}")
            elif parts.fragment and target.suffix == ".html":
                anchor = unquote(parts.fragment)
                if anchor not in places_of(target):
                    broken.append(f"{name(path)}: {url} (no such place in the page)")
    assert broken == []


def test_pictures_are_described(pages):
    silent = []
    for path in pages:
        page = parsed(path)
        silent += [f"{name(path)}: {img.get('src')}" for img in page.find_all("img") if not img.get("alt")]
        for svg in page.find_all("svg", role="img"):
            if not svg.get("aria-label") and not svg.get("aria-labelledby"):
                silent.append(f"{name(path)}: {str(svg)[:80]}")
    assert silent == []


def test_headings_are_in_order(chapters):
    for path in chapters:
        article = parsed(path).find("article", class_="bd-article")
        assert article, name(path)
        levels = [int(heading.name[1]) for heading in article.find_all(re.compile(r"h[1-6]"))]
        assert levels[:1] == [1], name(path)
        assert levels.count(1) == 1, name(path)
        for above, below in pairwise(levels):
            assert below <= above + 1, f"{name(path)}: h{below} follows h{above}"


def test_no_errors_or_warnings_in_outputs(chapters):
    for path in chapters:
        page = parsed(path)
        assert not page.select(".output.stderr, .output.traceback"), name(path)
        outputs = " ".join(each.get_text() for each in page.select("div.cell_output"))
        assert not re.search(r"Traceback \(most recent call|\w*Warning: |\d+%\|", outputs), name(path)


def test_outputs_are_made_for_readers(chapters):
    """Tables, figures and sentences, and no values as Python writes them."""
    for path in chapters:
        raw = parsed(path).select(".cell_output .output.text_plain")
        assert [each.get_text() for each in raw] == [], name(path)
        cells = {each.get_text() for each in parsed(path).select("table.dataframe :is(td, th)")}
        assert cells & {"NaN", "None", "<NA>", "NaT", "nan", "True", "False"} == set(), name(path)


def test_formulas_are_in_the_page_for_the_eye_and_the_ear(pages):
    seen = 0
    for path in pages:
        page = parsed(path)
        assert not page.select(".katex-error"), name(path)
        for formula in page.select(".math"):
            assert len(formula.select("math")) == 1, name(path)
            assert len(formula.select(".katex-html[aria-hidden=true]")) == 1, name(path)
            seen += 1
        styles = " ".join(each.get_text() for each in page.select("style"))
        assert bool(page.select(".math")) == ("katex.min.css" in styles), name(path)
        assert not page.title or "\\" not in page.title.text
        assert "mathjax" not in " ".join(loaded_urls(page)).lower()
    assert seen > 1500


def test_sources_of_formulas_were_understood(chapters):
    """Text like $x$ or an unknown reference in a page means that a source was not understood."""
    for path in chapters:
        article = parsed(path).find("article", class_="bd-article")
        assert article
        text = " ".join(
            str(piece)
            for piece in article.find_all(string=True)
            if not any(
                parent.name in {"script", "style", "pre", "code"} or "math" in (parent.get("class") or [])
                for parent in piece.parents
            )
        )
        assert not re.search(r"\$[^$\s][^$]*\$|\{(?:prf:)?(?:ref|cite|eq|doc|glue)[:}]|\\\(", text), name(
            path
        )


def test_figures_name_their_function_and_their_data(book, chapters):
    seen = 0
    for path in chapters:
        for figure in parsed(path).find_all("figure", class_="repsim-figure"):
            links = [str(a["href"]) for a in figure.select("figcaption .repsim-origin a[href]")]
            assert len(links) >= 2, f"{name(path)}: {figure.get_text()[:80]}"
            function, *data = links
            assert re.search(r"/source/repsim_core/figures/\w+\.html#\w+$", function)
            tables = [list(csv.reader((path.parent / link).read_text().splitlines())) for link in data]
            assert max(map(len, tables)) >= 2, f"{name(path)}: {data}"
            for table in tables:
                assert {len(row) for row in table} == {len(table[0])}, f"{name(path)}: {data}"
            seen += 1
    assert seen >= 25


def test_pages_say_what_they_were_made_from(book, chapters):
    for path in chapters:
        box = parsed(path).find(class_="repsim-facts")
        assert box, name(path)
        assert re.search(r"Version \d+\.\d+\.\d+, .*built on \d{4}-\d\d-\d\d\.", box.get_text())
        assert re.search(rf"@(?:incollection|misc){{{path.stem}-", box.get_text())
        values = json_of(book / "_static" / "results" / path.stem / "parameters.json")
        for key, value in values.items():
            assert f"{key} = {value!r}" in box.get_text()
        assert bool(values) == (path.parent.name == "notebooks")


def json_of(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def test_interactive_figures_share_one_library(book, chapters):
    for path in chapters:
        page = parsed(path)
        if page.find(attrs={"data-repsim-chart": True}):
            assert not page.find(attrs={"data-repsim-library": True}), name(path)
            assert page.find("script", src=re.compile("repsim-vega")), name(path)
    assert (book / "_static" / "repsim-vega.js").stat().st_size < MEGABYTE
