"""The hours that students give, in grades.csv."""

import copy

import nbformat
import pytest
from tiny import MASTER, NAME, data, write

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

from repsim_book.classroom.notebooks import time_spent
from repsim_book.classroom.report import write_grades


def giving(*sources):
    notebook = copy.deepcopy(MASTER)
    for source in sources:
        metadata = {
            "nbgrader": {"grade_id": "time_spent", "grade": False, "solution": False, "locked": False}
        }
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    return notebook


def test_the_cell_time_spent_is_read():
    assert time_spent(giving("hours = 2.5")) == 2.5
    assert time_spent(giving("hours = 2.5", "hours = None")) == 2.5, (
        "a copy that nobody has filled in does not count"
    )
    assert time_spent(giving("hours = None")) is None
    assert time_spent(MASTER) is None


def test_grades_have_the_hours(course):
    handed_in = {"ada": giving("hours = 3"), "bob": giving("hours = None"), "carl": MASTER}
    files = {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(each) for student, each in handed_in.items()}
    write(course.directory, files | {f"submitted/dora/{NAME}/{NAME}.ipynb": b"{"})
    hours = write_grades(course).set_index("student")["hours"]
    assert hours["ada"] == 3
    assert hours[["bob", "carl", "dora"]].isna().all()
