"""What is folded on pages and in notebooks, what solutions show, and that words stand for all of MyST."""

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from places import ROOT

from repsim_book.chapters import chapter_paths, read_chapter, tags
from repsim_book.site.folding import LONG
from repsim_book.site.plain_markdown import SOLUTION

CHAPTERS = chapter_paths(ROOT)
# A role, a directive, its end or an option, a target, attributes, a break between cells, a reference's label.
MYST = re.compile(
    r"\{[a-z][\w:-]*\}`|^ *(?:`{3,}|:{3,})\{|^ *:{3,}|^:[\w-]+: |^\([\w-]+\)=$|\{[#.][\w. #-]+\}|^\+\+\+"
    r"|\b(?:thm|lem|cor|prop|def|rem|ex|eq)-[a-z]+",
    re.MULTILINE,
)


def words(markdown: str) -> str:
    """The text without blocks of code and mathematics."""
    return re.sub(r"(?s)^```.*?^```|\$\$.*?\$\$|\$[^$]*\$|`[^`\n]*`(?!`)", "", markdown, flags=re.MULTILINE)


def notebook(book: Path, folder: str, name: str):
    return nbformat.read(book / folder / f"{name}.ipynb", as_version=4)


def solution_cells(name: str) -> int:
    return sum("solution" in tags(cell) for cell in read_chapter(CHAPTERS[name]).notebook.cells)


@pytest.mark.parametrize("name", CHAPTERS)
def test_solutions_are_folded_with_what_their_code_shows(book, name):
    page = BeautifulSoup((book / "notebooks" / f"{name}.html").read_text("utf-8"), "html.parser")
    solutions = page.select("details.solution:not([open])")
    assert len(solutions) == len(page.select(".exercise.admonition")) > 0
    for each in solutions:
        assert re.match(r"Solution to Exercise \d", each.summary.get_text()), each.summary
        assert not each.summary.select("a, button")
    cells = page.select("div.tag_solution")
    assert len(cells) == solution_cells(name) > 0
    for cell in cells:
        assert cell.find_parent("details", class_="solution")
        assert cell.select_one(".cell_output").get_text(strip=True)
    assert not page.select(".dropdown.admonition, .toggle-button")


@pytest.mark.parametrize("name", CHAPTERS)
def test_parameters_imports_and_long_proofs_are_folded_under_their_names(book, name):
    page = BeautifulSoup((book / "notebooks" / f"{name}.html").read_text("utf-8"), "html.parser")
    for kind, title in [
        ("tag_parameters", "Parameters and their defaults"),
        ("tag_injected-parameters", "Parameters changed for this run"),
    ]:
        for cell in page.select(f"div.cell.{kind}"):
            fold = cell.select_one("details:not([open])")
            assert all(each.get_text().startswith(title) for each in fold.summary.select("p"))
            assert fold.select_one(".cell_input"), kind
    assert page.select("div.tag_parameters")
    folds = page.select("details.hide")
    (imports,) = [fold for fold in folds if fold.summary.p.get_text().startswith("Imports")]
    assert "import" in imports.select_one(".cell_input").get_text()
    (box,) = page.select("details.repsim-rerun")
    assert not box.find_parent("details")
    for proof in page.select("div.proof.admonition:not(:has(> p.admonition-title))"):
        assert len(" ".join(proof.get_text().split())) < 3 * LONG, "formulas are longer on the page"
    for proof in page.select("details.proof"):
        assert re.fullmatch(r"Proof of (Theorem|Proposition|Lemma|Corollary) \d+", proof.summary.get_text())
        assert not proof.get_text().startswith("Proof.")


@pytest.mark.parametrize("name", CHAPTERS)
@pytest.mark.parametrize("folder", ["notebooks/launch", "_sources/notebooks"])
def test_notebooks_say_everything_in_words_and_fold_solutions(book, folder, name):
    opened = notebook(book, folder, name)
    nbformat.validate(opened)
    for number, cell in enumerate(opened.cells):
        assert not {"source_line", "solution"} & set(cell.metadata)
        if cell.cell_type == "markdown":
            assert not (left := MYST.search(words(cell.source))), left
            assert cell.source.count("$$") % 2 == 0
            assert cell.source.count("```") % 2 == 0
            if cell.source == SOLUTION:
                assert cell.metadata["jp-MarkdownHeadingCollapsed"] is True
                assert cell.metadata["id"] in opened.metadata["colab"]["collapsed_sections"]
                rest = opened.cells[number + 1 :]
                after = next(each for each in rest if re.match("#{1,4} ", each.source))
                assert re.match("### Exercise|## ", after.source), "what comes after would be folded too"
            else:
                assert SOLUTION not in cell.source
        elif "solution" in tags(cell):
            assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
            assert bool(cell.outputs) == (folder == "_sources/notebooks")
    assert sum("solution" in tags(cell) for cell in opened.cells) == solution_cells(name)


def test_a_notebook_with_outputs_has_the_results_in_its_text(book):
    text = "\n".join(cell.source for cell in notebook(book, "_sources/notebooks", "01_setup").cells)
    assert "`num_networks`" not in text
    assert re.search(r"The \d+ networks make \d+ pairs\.", text)


def test_no_page_shows_myst(book):
    for path in sorted(book.rglob("*.html")):
        if path.relative_to(book).parts[0] in ("_static", "source"):
            continue
        article = BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one("article") or ""
        for code in article and article.select("pre, code, script, style, .math, .katex, svg"):
            code.decompose()
        text = article and article.get_text()
        assert not re.search(r"\{[a-z]+(?::[a-z]+)?\}`|^:{3,}|`{3,}|\{(?:glue|cite|prf)", text, re.M), (
            path.name
        )
