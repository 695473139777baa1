"""Pages joined to one document: whose ids are whose, where links lead, what is left out."""

import bs4
import pytest

from repsim_book.pages.one_document import join

PAGE = """<html><head>
<link rel="stylesheet" href="../_static/a.css?v=1"><style>p {{ background: url("../_static/b.svg") }}</style>
<style data-repsim-foot>@page {{}}</style><noscript><style>q {{}}</style></noscript>
</head><body><nav id="top">menu</nav><article class="bd-article"><section id="s"><h1>{title}<a class="headerlink"
href="#s">#</a></h1>{body}</section></article></body></html>"""
BODY = """
<p id="x">See <a href="#s">here</a>, <a href="two.html#x">there</a>, <a href="two.html">two</a>,
<a href="../source/code.html#f">code</a>, <a href="https://example.org/#x">outside</a>.</p>
<h2>Why <span class="math"><mi>d</mi><annotation>d_{\\mathrm{LLV}}</annotation></span>?</h2>
<img src="../_images/a%20b.svg" alt="a"><svg><defs><path id="c"></path></defs><use xlink:href="#c"></use>
<g clip-path="url(#c)" aria-labelledby="x c"></g></svg>
<details><summary>Show</summary><p>folded</p></details><button>Copy</button><script>1</script>
<section class="repsim-facts"><p>Version</p><details><summary>Parameters of this page</summary>n = 1</details>
<details><summary>Cite this page</summary>by</details></section>
"""


@pytest.fixture
def html(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "one.html").write_text(PAGE.format(title="One", body=BODY), "utf-8")
    (tmp_path / "book" / "two.html").write_text(PAGE.format(title="Two", body="<p id='x'>x</p>"), "utf-8")
    return tmp_path


def joined(html, **options):
    found = join(html, ["book/one", "book/two"], **options)
    return found, bs4.BeautifulSoup("".join(found.body.values()), "html.parser")


def test_links_between_pages_lead_from_place_to_place(html):
    _, page = joined(html)
    hrefs = {a.get_text(): a.get("href") for a in page.find_all("a")}
    assert hrefs == {
        "here": "#book-one--s",
        "there": "#book-two--x",
        "two": "#book-two",
        "code": None,
        "outside": "https://example.org/#x",
    }
    ids = [each["id"] for each in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in hrefs.values() if href and href.startswith("#")} <= set(ids)


def test_what_is_not_in_the_document_is_linked_where_its_address_is_known(html):
    _, page = joined(html, address="https://example.org/book")
    assert page.find("a", string="code")["href"] == "https://example.org/book/source/code.html#f"


def test_drawings_and_pictures_find_their_parts(html):
    _, page = joined(html)
    assert page.find("use")["xlink:href"] == "#book-one--c"
    assert page.find("g")["clip-path"] == "url(#book-one--c)"
    assert page.find("g")["aria-labelledby"] == "book-one--x book-one--c"
    assert page.find("img")["src"] == (html / "_images" / "a b.svg").as_uri()


def test_what_paper_has_no_use_for_is_left_out_and_what_is_folded_is_open(html):
    _, page = joined(html)
    assert not page.select("button, script, .headerlink, nav")
    assert all(each.has_attr("open") for each in page.find_all("details"))
    facts = page.select(".repsim-facts")
    assert [each.get_text(" ", strip=True) for each in facts] == ["Parameters of this page n = 1"]


def test_style_sheets_are_there_once_and_find_their_files(html):
    found, _ = joined(html)
    static = (html / "_static").as_uri()
    assert found.styles.splitlines() == [
        f'<link rel="stylesheet" href="{static}/a.css">',
        f"<style>p {{ background: url({static}/b.svg) }}</style>",
    ]


def test_headings_are_named_in_plain_text(html):
    found, page = joined(html)
    assert [(each.level, each.text) for each in found.headings] == [(1, "One"), (2, "Why d_LLV?"), (1, "Two")]
    assert all(page.find(id=each.place).name == f"h{each.level}" for each in found.headings)
