"""What stands at the head of a chapter's page: the line under its title, and the figure that the chapter names."""

import json
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from repsim_book.chapters import needs_of
from repsim_book.paths import HEADS_FILE
from repsim_book.site import chapter_head, opening_figure


@pytest.fixture
def page():
    """A page: title, two paragraphs, a cell of parameters, a section, and a cell with a figure far below."""
    document = new_document("page")
    section = nodes.section("", nodes.title("", "Small"), ids=["small"])
    section += [nodes.paragraph("", "One " * 200), nodes.paragraph("", "Two.")]
    section += nodes.container("", classes=["cell", "tag_parameters"])
    output = nodes.container("", nodes.raw("", "<figure>", format="html"), classes=["cell_output"])
    source = nodes.container("", nodes.literal_block("", "show()"), classes=["cell_input"])
    cell = nodes.container("", source, output, classes=["cell", opening_figure.TAG])
    section += nodes.section("", nodes.title("", "Below"), cell, ids=["below"])
    document += section
    return document


def kinds(section):
    return [type(each).__name__ for each in section.children]


def app_of(folder, docname):
    return SimpleNamespace(srcdir=folder, env=SimpleNamespace(docname=docname))


def test_the_line_says_number_minutes_and_what_comes_before(page, tmp_path):
    (tmp_path / HEADS_FILE).write_text(json.dumps({"04b_small": ["01_one", "02_two"], "01_one": []}))
    chapter_head.insert(app_of(tmp_path, "notebooks/04b_small"), page)
    line = page.children[0].children[1]
    assert line.astext() == (
        "Chapter 04b · 5 minutes without proofs and exercises · builds on "
        "01 /notebooks/01_one and 02 /notebooks/02_two"
    )


def test_a_page_that_is_no_chapter_has_no_line(page, tmp_path):
    (tmp_path / HEADS_FILE).write_text(json.dumps({"01_one": []}))
    for name in ("book/01_one", "notebooks/09_other"):
        chapter_head.insert(app_of(tmp_path, name), page)
    assert kinds(page.children[0])[:2] == ["title", "paragraph"]


def test_the_figure_stands_after_the_first_paragraphs_and_its_code_where_it_was(page, tmp_path):
    opening_figure.move(app_of(tmp_path, "notebooks/01_one"), page)
    section = page.children[0]
    assert kinds(section) == ["title", "paragraph", "paragraph", "container", "container", "section"]
    assert section.children[3]["ids"] == [opening_figure.ANCHOR]
    assert section.children[3].children[0]["classes"] == ["cell_output"]
    below = section.children[-1]
    assert kinds(below) == ["title", "container", "paragraph"]
    assert [each["classes"] for each in below.children[1].children] == [["cell_input"]]
    assert next(below.findall(nodes.reference))["refid"] == opening_figure.ANCHOR


def test_what_a_chapter_builds_on_is_read_from_its_metadata(tmp_path):
    path = tmp_path / "02_two.md"
    for text, needs in (
        ("---\nrepsim:\n  needs: [01_one]\n---\n# Two\n", ["01_one"]),
        ("---\njupytext: {}\n---\n# Two\n", []),
        ("# Two\n", []),
    ):
        path.write_text(text)
        assert needs_of(path) == needs
