"""The project: its sample runs, its rubrics add up, and what its tests can see costs points."""

import copy
import re

import pytest
from places import ROOT

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

import matplotlib.pyplot as plt
from nbgrader import utils

from repsim_book.classroom.notebooks import grade_id, read_master, release_notebook

MASTER = read_master(ROOT / "notebooks" / "assignments" / "07_project.md")


@pytest.fixture(scope="module")
def sample():
    """The names that the sample project defines, up to its tests."""
    namespace = {"__name__": "__main__"}
    for cell in MASTER.cells:
        if cell.cell_type == "code" and not utils.is_grade(cell):
            exec(compile(cell.source, grade_id(cell), "exec"), namespace)
    yield namespace
    plt.close("all")


def failing(names, **changed):
    """The tests that fail where some names are others."""
    found = set()
    for cell in MASTER.cells:
        if cell.cell_type == "code" and utils.is_grade(cell):
            try:
                exec(compile(cell.source, grade_id(cell), "exec"), copy.copy(names) | changed)
            except AssertionError as error:
                found.add(grade_id(cell) if str(error) else "a test without words")
    return found


def test_the_sample_earns_every_point_that_tests_give(sample):
    assert failing(sample) == set()
    low, value, high = (sample["result"][name] for name in ("low", "value", "high"))
    assert low < value < high
    assert sample["axes"].get_xlabel()


def test_what_tests_of_a_project_can_see(sample):
    protocol, results, result = sample["protocol"], sample["results"], sample["result"]
    assert failing(sample, protocol=protocol | {"networks": 3}) == {"test-protocol"}
    assert failing(sample, protocol=protocol | {"against": "?"}) == {"test-protocol"}
    assert failing(sample, protocol=protocol | {"networks": 10}) == {"test-results-pairs"}
    assert failing(sample, results=results.assign(value=1.0)) == {"test-results"}
    twice = results.assign(a=results["a"].clip(upper=0), b=1)
    assert failing(sample, results=twice) == {"test-results-pairs", "test-interval"}
    assert failing(sample, result=result | {"networks": len(results)}) == {"test-interval"}
    assert failing(sample, result=result | {"low": 1.0, "high": 1.0, "value": 1.0}) == {"test-interval"}


def test_the_rubrics_add_up_to_forty_points():
    about = MASTER.cells[0].source
    told = [int(points) for points in re.findall(r"^\| \d\. .* \| by \w+ \| (\d+) \|$", about, re.MULTILINE)]
    assert sum(told) == 40
    graded = {
        grade_id(cell): cell.metadata.nbgrader["points"] for cell in MASTER.cells if utils.is_grade(cell)
    }
    assert sum(graded.values()) == 40
    before = None
    for cell in MASTER.cells:
        if cell.cell_type == "markdown" and utils.is_grade(cell):
            rows = [int(row) for row in re.findall(r"^\| (\d+) \|", before.source, re.MULTILINE)]
            assert sum(rows) == graded[grade_id(cell)]
        before = cell


def test_students_do_not_get_the_sample():
    text = "\n".join(cell.source for cell in release_notebook(MASTER).cells)
    assert "learning rate" not in text.partition("## 1. The question")[2]
    assert text.count("YOUR ANSWER HERE") == 4
