"""Slides made of Markdown and figures of executed chapters."""

import nbformat
import pytest

from repsim_book.errors import ChapterError
from repsim_book.pages.slides import slide_files
from repsim_core.notebook import FIGURE

SVG = '<svg viewBox="0 0 {} {}" role="img" aria-label="what it shows" style="width:100%;min-width:900px">.</svg>'
DECK = "_static/slides/1_one.html"


@pytest.fixture
def made(tmp_path):
    """Makes the slides of a book with a deck of this text and a chapter with three figures."""
    notebook = nbformat.v4.new_notebook()
    for function, size in (
        ("theorem.rings", (400, 200)),
        ("theorem.rings", (100, 900)),
        ("theorem.rate", (50, 50)),
    ):
        data = {
            "text/html": f"<figure>{SVG.format(*size)}</figure>",
            FIGURE: {"function": function, "tables": {}},
        }
        output = nbformat.v4.new_output("display_data", data)
        notebook.cells.append(nbformat.v4.new_code_cell("show()", outputs=[output]))
    nbformat.write(notebook, tmp_path / "02_theorem.ipynb")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    (tmp_path / "book" / "slides").mkdir()
    (tmp_path / "book" / "_static" / "two.svg").write_text(
        '<svg viewBox="0 0 10 10"><title>two</title></svg>'
    )

    def make(text, strict=True):
        (tmp_path / "book" / "slides" / "1_one.md").write_text(text)
        files = slide_files(tmp_path, {"02_theorem": tmp_path / "02_theorem.ipynb"}, strict=strict)
        return files[DECK].decode()

    return make


def test_a_deck_has_its_slides_formulas_and_figures(made):
    page = made(
        "# One & all\n\n---\n\n## Two\n\n$x^2$\n\n![](02_theorem/rings)\n\n---\n\n## Three\n\n![](two.svg)\n"
    )
    assert page.count("<section>") == 3
    assert "<title>One &amp; all</title>" in page
    assert 'class="katex"' in page
    assert 'aria-label="what it shows"' in page
    assert 'width="900" height="450"' in page, "as large as fits, by its height"
    assert "min-width" not in page
    assert 'alt="two"' in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_the_second_figure_of_a_function(made):
    assert 'width="50" height="450"' in made("# A\n\n![](02_theorem/rings-2)\n")


def test_a_figure_that_is_missing_stops_the_build(made):
    with pytest.raises(
        ChapterError, match=r"1_one\.md: found no figure 02_theorem/none, .*: rings, rings-2, rate"
    ):
        made("# A\n\n![](02_theorem/none)\n")
    assert "not in this run of the book" in made("# A\n\n![](02_theorem/none)\n", strict=False)


def test_a_book_without_slides_has_none(tmp_path):
    assert slide_files(tmp_path, {}, strict=True) == {}
