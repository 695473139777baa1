"""Solutions: which cells are theirs, and how they are executed apart from the chapter."""

import nbformat
import pytest
from places import ROOT

from repsim_book.chapters import chapter_paths, read_chapter, tags
from repsim_book.errors import ChapterError
from repsim_book.execution.chapter import execute, run_chapter
from repsim_book.execution.keys import chapter_key

HEAD = "---\nkernelspec: {display_name: Python 3, name: python3}\n---\n\n# A chapter\n"
BEGINNING = """
import os, random
import numpy as np
from repsim_core.notebook import keep
values, name = np.arange(3), "the chapter's"
np.random.seed(0); random.seed(0)
"""
SEEN = "print(values, name, np.random.rand(), random.random(), hasattr(np, 'added'), 'own' in globals())"
CHANGES = """
values[0], name, own = 99, "a solution's", 5
np.added = True
open("left", "w").write("behind")
np.random.rand(), random.random()
"""
SHOWS = """
import matplotlib.pyplot as plt
print(own, name, values)
plt.plot([1, 2]);
plt.show()
{"own": own}
"""


def cell(source: str, *tags: str) -> str:
    return f"\n```{{code-cell}} python3\n:tags: [{', '.join(tags)}]\n\n{source.strip()}\n```\n"


def solution(label: str, *parts: str) -> str:
    return "\n".join([f"\n:::{{solution-start}} {label}\n:::", *parts, "\n:::{solution-end}\n:::\n"])


def chapter(folder, *parts: str):
    folder.mkdir(exist_ok=True)
    path = folder / "01_chapter.md"
    path.write_text(HEAD + "".join(parts), encoding="utf-8")
    return read_chapter(path)


def texts(notebook) -> list[str]:
    return [
        "".join(output.text for output in each.outputs if output.output_type == "stream")
        for each in notebook.cells
        if each.cell_type == "code"
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A chapter with a solution of two cells that changes what it can, and another one."""
    return chapter(
        tmp_path_factory.mktemp("apart") / "chapter",
        cell(BEGINNING),
        solution("ex-a", cell(CHANGES), "Then:", cell(SHOWS)),
        solution("ex-b", cell(SEEN)),
        cell(SEEN + "\nkeep('first', values[0])"),
    )


@pytest.fixture(scope="module")
def executed(written):
    return execute(written, {}, written.path.with_name("partial.ipynb"), solutions=True)


def test_a_solution_changes_nothing_that_later_cells_see(executed, written):
    _, changing, showing, other, later = (each for each in executed.cells if each.cell_type == "code")
    assert changing.outputs[0].data["text/plain"].startswith("(0.5488135039273248, "), "the chapter's draws"
    assert other.outputs == later.outputs[:1]
    assert later.outputs[0].text.startswith("[0 1 2] the chapter's 0.548")
    assert later.outputs[0].text.endswith("False False\n")
    assert [path.name for path in written.path.parent.iterdir()] == ["01_chapter.md", "partial.ipynb"]
    assert [each.source for each in (changing, showing)] == [CHANGES.strip(), SHOWS.strip()]


def test_the_cells_of_a_solution_share_what_they_make_and_show_it(executed):
    showing = next(each for each in executed.cells if each.source == SHOWS.strip())
    printed, figure, value = showing.outputs
    assert printed.text == "5 a solution's [99  1  2]\n"
    assert "image/png" in figure.data
    assert value.data == {"text/plain": "{'own': 5}"}


def test_a_run_leaves_solutions_out(executed, written, tmp_path):
    done = run_chapter(written, {}, tmp_path / "run")
    notebook = nbformat.read(done.notebook, as_version=4)
    shown = [bool(each.outputs) for each in notebook.cells if each.cell_type == "code"]
    assert shown == [False, False, False, False, True]
    assert texts(notebook)[-1] == texts(executed)[-1]
    assert chapter_key(written, {}, "common") != chapter_key(written, {}, "common", solutions=True)


def test_a_solution_that_fails_is_named(tmp_path):
    failing = chapter(tmp_path / "a", cell("x = 1"), solution("ex-a", cell("a = 1\nb = a / 0")))
    with pytest.raises(ChapterError) as error:
        execute(failing, {}, tmp_path / "partial.ipynb", solutions=True)
    assert "01_chapter failed: ZeroDivisionError: division by zero" in str(error.value)
    assert "in the solution of ex-a, cell 4 of 5 (line 20 of 01_chapter.md):" in str(error.value)
    assert "  > b = a / 0" in str(error.value)


def test_a_solution_keeps_no_results_and_takes_no_kernel_with_it(tmp_path):
    both = chapter(
        tmp_path / "a",
        solution(
            "ex-a",
            cell("from repsim_core.notebook import keep\nkeep('a', 1)", "raises-exception"),
            cell("print('still', end=' '); print('here')"),
            cell("import os; os._exit(3)", "raises-exception"),
        ),
        cell("print('the chapter goes on')"),
    )
    with pytest.raises(ChapterError, match="the process of the solution of ex-a ended with code 3"):
        execute(both, {}, tmp_path / "partial.ipynb", solutions=True)
    notebook = nbformat.read(tmp_path / "partial.ipynb", as_version=4)
    errors = [
        output.evalue
        for each in notebook.cells
        for output in each.get("outputs", [])
        if output.output_type == "error"
    ]
    assert errors[0] == "a solution keeps no results: runs of the chapter leave solutions out"
    assert texts(notebook)[1] == "still here\n"
    assert texts(notebook)[-1] == "the chapter goes on\n"


def test_cells_between_the_directives_are_the_solutions(tmp_path):
    fenced = "\n```text\n:::{solution-start} ex-c\n```\n"
    read = chapter(tmp_path / "a", fenced, cell("1"), solution("ex-a", cell("2", "hide-input")), cell("3"))
    code = [each for each in read.notebook.cells if each.cell_type == "code"]
    assert [tags(each) for each in code] == [[], ["hide-input", "solution"], []]
    assert [each.metadata.get("solution") for each in code] == [None, "ex-a", None]


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([solution("ex-a", solution("ex-b"))], "line 10: a solution begins in that of ex-a, which has not"),
        (["\n:::{solution-end}\n:::\n"], "line 7: a solution ends that has not begun"),
        (
            [cell("1"), "\n:::{solution-start} ex-a\n:::\n", cell("2")],
            "line 13: the solution of ex-a does not",
        ),
    ],
)
def test_directives_that_do_not_match_are_named(tmp_path, parts, problem):
    with pytest.raises(ChapterError, match=f"01_chapter.md: {problem}"):
        chapter(tmp_path / "a", *parts)


@pytest.mark.parametrize("path", chapter_paths(ROOT).values(), ids=lambda path: path.stem)
def test_all_python_of_the_chapters_is_in_cells(path):
    """Code in the text would be executed by nothing."""
    for each in read_chapter(path).notebook.cells:
        if each.cell_type == "markdown":
            assert not {"```python", "```py", "```ipython3", "```python3"} & set(each.source.splitlines())
