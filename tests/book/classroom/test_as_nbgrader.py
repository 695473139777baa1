"""The classroom's points beside those of nbgrader's own `autograde`: the same for honest work, and where they differ.

What differs, and why, is the table of the teaching guide.
"""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from places import ROOT
from processes import HANG
from tiny import MASTER, NAME, RELEASE, answered, cell, data, write

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.isolated import Limits
from repsim_book.classroom.notebooks import grade_id

LIMITS = Limits(HANG, 10 * HANG)
TESTS = ("test-square", "test-root")


def with_cell(notebook, source, place=None):
    notebook = copy.deepcopy(notebook)
    notebook.cells.insert(len(notebook.cells) if place is None else place, nbformat.v4.new_code_cell(source))
    return notebook


def without_name():
    notebook = copy.deepcopy(MASTER)
    del cell(notebook, "square").metadata["nbgrader"]
    return notebook


def copied_below():
    """The right answer, and under everything an older one in a copy of its cell."""
    notebook = copy.deepcopy(MASTER)
    old = copy.deepcopy(cell(notebook, "square"))
    old.source, old["id"] = "def square(number): return 5", "older"
    notebook.cells.append(old)
    return notebook


# Points for both tests, the same here and there.
HONEST = {
    "right": (MASTER, (2, 3)),
    "untouched": (RELEASE, (0, 0)),
    "half": (answered(root="root = None"), (2, 0)),
    "visible": (answered(square="def square(number): return 2 * number"), (0, 3)),
    "imports": (answered(square="import no_such_module\ndef square(number): return number**2"), (0, 3)),
    "warns": (
        answered(square="import warnings\ndef square(n):\n    warnings.warn('!')\n    return n * n"),
        (2, 3),
    ),
    "prints": (answered(square="def square(n):\n    print(n)\n    return n * n"), (2, 3)),
    "without_name": (without_name(), (2, 3)),
    "own_cells": (with_cell(MASTER, "square(4)", 4), (2, 3)),
    "edited_tests": (answered(square="def square(n): return 5", test_square="assert True"), (0, 3)),
}
# Points here, and there; the words of the guide's table.
DIFFERENT = {
    "copied_below": (copied_below(), (2, 3), None, "A cell for an answer is there twice"),
    "impostor": (answered(student='student = "ada"'), (2, 0), (2, 3), "The notebook gives another id"),
}


def here(notebook, student):
    points = grade_notebook(MASTER, notebook, student=student, limits=LIMITS).points
    return tuple(points[test] for test in TESTS)


def there(course, notebooks):
    """What `nbgrader autograde` gives; None where it refuses."""
    for student, notebook in notebooks.items():
        write(course.directory, {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(notebook)})
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    patient = [f"--Execute.{limit}={HANG}" for limit in ("timeout", "startup_timeout", "iopub_timeout")]
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force", *patient]
    subprocess.run(
        command, cwd=course.directory, env=environment, capture_output=True, text=True, check=False
    )
    found = {}
    with course.gradebook() as gradebook:
        for student in notebooks:
            graded = (course.directory / "autograded" / student / NAME / f"{NAME}.ipynb").is_file()
            grades = [gradebook.find_grade(test, NAME, NAME, student) for test in TESTS] if graded else None
            found[student] = grades and tuple(grade.score for grade in grades)
    return found


@pytest.mark.thorough
def test_honest_work_has_the_same_points(course):
    expected = {student: points for student, (_, points) in HONEST.items()}
    assert there(course, {student: notebook for student, (notebook, _) in HONEST.items()}) == expected
    assert {student: here(notebook, student) for student, (notebook, _) in HONEST.items()} == expected


@pytest.mark.thorough
def test_where_points_differ(course):
    found = {}
    for student, each in DIFFERENT.items():  # one that it refuses stops it
        found |= there(course, {student: each[0]})
        shutil.rmtree(course.directory / "submitted" / student)
    assert found == {student: each[2] for student, each in DIFFERENT.items()}
    mine = {student: here(each[0], student) for student, each in DIFFERENT.items()}
    assert mine == {student: each[1] for student, each in DIFFERENT.items()}


def test_the_guide_lists_what_differs():
    guide = (ROOT / "book" / "teaching.md").read_text()
    for *_, words in DIFFERENT.values():
        assert f"| {words}" in guide
    assert grade_id(cell(MASTER, "square")) == "square"
