"""A notebook that checks itself before it is handed in."""

import json

import pytest

from repsim_core import assignments
from repsim_core.assignments import check_notebook, hours_spent


def cell(source, name=None, *, kind="code", count=None, outputs=()):
    metadata = {"nbgrader": {"grade_id": name}} if name else {}
    new = {"cell_type": kind, "source": source.splitlines(keepends=True), "metadata": metadata}
    return new | ({"execution_count": count, "outputs": list(outputs)} if kind == "code" else {})


def good():
    return [
        cell('student = "ada"\nseed = 1', "student", count=1),
        cell("def psi():\n    return 1", "psi", count=2),
        cell("assert psi() == 1", "test-psi", count=3),
        cell("Because two is even.", "why", kind="markdown"),
        cell("hours = 2.5", "time_spent", count=4),
        cell("print(check_notebook('01_tiny'))", "check", count=None),
    ]


@pytest.fixture
def told(tmp_path):
    def tell(cells, **metadata):
        metadata = {"repsim": {"answers": ["student", "psi", "why"]}} | metadata
        notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / "01_tiny.ipynb").write_text(json.dumps(notebook))
        return check_notebook("01_tiny", tmp_path)

    return tell


def todo(text):
    return [line for line in text.splitlines() if line.startswith("!")]


def test_a_finished_notebook_has_nothing_to_do(told):
    text = told(good())
    assert todo(text) == []
    assert 'You are "ada"' in text
    assert "All 3 answers are there." in text


def test_the_last_cell_may_run_again(told):
    cells = good()
    cells[-1]["execution_count"] = 9
    assert todo(told(cells)) == []


@pytest.mark.parametrize(
    ("place", "new", "says"),
    [
        (0, cell("# YOUR CODE HERE\nraise NotImplementedError()", "student", count=1), "who you are"),
        (0, cell('student = ""', "student", count=1), "who you are"),
        (
            1,
            cell("# YOUR CODE HERE\nraise NotImplementedError()", "psi", count=2),
            "a placeholder is left: psi",
        ),
        (1, cell("def psi():\n    return 1", count=2), "missing or have lost their names: psi"),
        (1, cell("def psi():\n    return 1", "psii", count=2), "missing or have lost their names: psi"),
        (3, cell("YOUR ANSWER HERE", "why", kind="markdown"), "a placeholder is left: why"),
        (3, cell(" ", "why", kind="markdown"), "a placeholder is left: why"),
        (2, cell("assert psi() == 1", "test-psi", count=7), "not run once each"),
        (2, cell("assert psi() == 1", "test-psi"), "not run once each"),
        (4, cell("hours = None", "time_spent", count=4), "How many hours"),
        (
            2,
            cell(
                "assert psi() == 2",
                "test-psi",
                count=3,
                outputs=[
                    {
                        "output_type": "error",
                        "ename": "AssertionError",
                        "evalue": "psi: found 1",
                        "traceback": [],
                    }
                ],
            ),
            "Cell test-psi ends with AssertionError: psi: found 1",
        ),
    ],
)
def test_what_is_still_to_do(told, place, new, says):
    cells = good()
    cells[place] = new
    found = todo(told(cells))
    assert any(says in line for line in found), found


def test_a_cell_that_is_there_twice(told):
    cells = good()
    cells.insert(2, cell("def psi():\n    return 2", "psi", count=3))
    for each in cells[3:]:
        if each["cell_type"] == "code" and each["execution_count"]:
            each["execution_count"] += 1
    assert todo(told(cells)) == ["! Cells that are there more than once: psi. Delete the copies."]


def test_size_and_time(told, monkeypatch):
    cells = good()
    cells[2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 21_000_000]}]
    monkeypatch.setattr(assignments, "_FIRST_CELL", assignments._FIRST_CELL - 3600)
    size, minutes = sorted(todo(told(cells)))[::-1]
    assert "The first cell ran" in size or "The first cell ran" in minutes
    assert "The file has 21 MB" in size + minutes


def test_files_that_cannot_be_read_are_a_line(tmp_path):
    assert check_notebook("01_tiny", tmp_path).startswith("! There is no 01_tiny.ipynb here")
    for content in ("", "[1]", "{}", '{"cells": [{}], "metadata": {}}', '{"cells": 3, "metadata": {}}'):
        (tmp_path / "01_tiny.ipynb").write_text(content)
        assert check_notebook("01_tiny", tmp_path) == "! 01_tiny.ipynb is not the file of a notebook."


def test_the_hours_are_a_number():
    assert hours_spent("hours = 2.5  # about") == 2.5
    assert hours_spent("hours = 3\n") == 3
    for source in (
        "hours = None",
        "hours = 'two'",
        "hours = True",
        "hours = -1",
        "hours = 1e9",
        "hours =",
        "",
    ):
        assert hours_spent(source) is None
