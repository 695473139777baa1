"""What comes back from a submission's processes, of whatever size and whoever wrote it."""

import copy
import json
import os

import nbformat
import pytest
from processes import HANG
from tiny import MASTER, NAME, answered, cell, data, ends, write

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

from repsim_book.classroom import isolated
from repsim_book.classroom.apart import answering
from repsim_book.classroom.apart.answering import answer
from repsim_book.classroom.apart.executor import _read
from repsim_book.classroom.apart.limits import Limits
from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.isolated import _outcome, files_beside
from repsim_core.errors import InputError

LIMITS = Limits(HANG, 10 * HANG)
# Without the help of `answering`: a line longer than any answer, to the socket that the kernel is given.
FLOODS = """
import repsim_book.classroom.apart.answering as answering
answering.LARGEST = 10**12
def square(number):
    return bytes(110_000_000).hex()"""


def came(notebook=None, **changes):
    """An outcome as it comes back, with changes."""
    found = json.loads(nbformat.writes(MASTER if notebook is None else notebook))
    return {"notebook": found, "state": "graded", "message": "", "waits": [], "look_at": []} | changes


def test_a_value_that_is_too_large_waits_for_a_person_and_the_others_are_passed(monkeypatch):
    monkeypatch.setattr(answering, "LARGEST", 100)
    space = {"large": "x" * 200, "small": 1, "f": lambda: "x" * 200}
    too_large = {"unsupported": "value of 0 MB as text (at most 0 are passed)"}
    found = answer(space, {"names": ["large", "small"]})
    assert (found["large"], "value" in found["small"]) == (too_large, True)
    half = answer({"a": "x" * 60, "b": "x" * 60}, {"names": ["a", "b"]})
    assert ("value" in half["a"], "value" in half["b"]) == (True, False), "they share the room"
    assert answer(space, {"call": "f", "args": [], "kwargs": {}}) == too_large


def test_a_value_of_hundreds_of_megabytes_is_a_matter_of_its_own_test():
    large = "def square(number):\n    return 'x' * 150_000_000"
    grade = grade_notebook(MASTER, answered(square=large), limits=LIMITS)
    assert (grade.state, grade.points["test-square"], grade.points["test-root"]) == ("graded", None, 3)
    (said,) = grade.look_at
    assert said == (
        "test-square: square returns a value of 150 MB as text (at most 139 are passed), which tests cannot look at"
    )


def test_a_line_longer_than_any_answer_costs_its_own_test_alone():
    grade = grade_notebook(MASTER, answered(square=FLOODS), limits=LIMITS)
    assert (grade.points["test-square"], grade.points["test-root"]) == (0, 3)
    assert ends(grade)["test-square"] == "NotExecuted"
    assert grade.state == "graded"


@pytest.mark.parametrize("line", [b"no json\n", b"[" * 100_000 + b"\n"])
def test_a_line_that_is_no_answer_is_none(line):
    assert _read(line) is None


NO_OUTPUTS = {
    "a list in a list": [[{"output_type": "stream"}]],
    "empty": [{}],
    "a mapping": {"a": 1},
    "numbers": [5],
    "a text that is none": [{"output_type": "stream", "name": "stdout", "text": {"a": {}}}],
    "nothing": None,
}


@pytest.mark.parametrize("forged", NO_OUTPUTS.values(), ids=NO_OUTPUTS)
def test_outputs_that_are_none_are_left_out_and_said(forged):
    """A test without outputs would have passed: it gets an error."""
    notebook = copy.deepcopy(MASTER)
    for name in ("square", "test-root"):
        cell(notebook, name)["outputs"] = forged
    found = _outcome(came() | {"notebook": json.loads(json.dumps(notebook))}, MASTER)
    nbformat.validate(found.notebook)
    assert cell(found.notebook, "square").outputs == []
    assert [output.ename for output in cell(found.notebook, "test-root").outputs] == ["NotExecuted"]
    square, root = found.look_at
    assert "(square): what came back as its output is none, and was left out: " in square
    assert "(test-root): " in root


def test_nothing_but_outputs_is_taken():
    """Neither sources, points nor names: without a sandbox a submission could write the whole of it."""
    forged = copy.deepcopy(MASTER)
    cell(forged, "test-square").metadata.nbgrader["points"] = 100
    cell(forged, "test-square").source = "pass"
    cell(forged, "root").outputs = [nbformat.v4.new_output("stream", text="said")]
    found = _outcome(came(forged), MASTER)
    assert cell(found.notebook, "root").outputs[0].text == "said"
    cell(found.notebook, "root").outputs = []
    assert found.notebook == MASTER


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ([], "found list, expected a notebook and how it went"),
        ("x", "found 'x', expected a notebook"),
        (came(state="perfect"), "found the state 'perfect', expected one of graded, died"),
        (came(message=5), "found the state 'graded'"),
        (came(waits="x"), "found 'x' for waits, expected texts"),
        (came(look_at=[1]), "found list for look_at, expected texts"),
        (came() | {"notebook": {"cells": []}}, "found list for the cells, expected"),
        (came() | {"notebook": {}}, "found None for the cells"),
    ],
    ids=range(8),
)
def test_an_outcome_that_is_none_is_refused_with_what_it_is(forged, said):
    with pytest.raises(InputError) as error:
        _outcome(forged, MASTER)
    assert said in str(error.value)


def test_a_forged_outcome_ends_as_died_with_a_sentence(monkeypatch):
    forger = "import sys\nfrom pathlib import Path\n(Path(sys.argv[1]) / 'outcome.json').write_text('[]')"
    monkeypatch.setattr(isolated, "_WORKER", forger)
    grade = grade_notebook(MASTER, answered(), limits=LIMITS)
    expected = "what came back of it is no outcome: found list, expected a notebook and how it went"
    assert (grade.state, grade.message, grade.total) == ("died", expected, 0)


def test_a_notebook_that_is_a_link_has_no_files_beside_it(tmp_path):
    write(tmp_path, {"other/a.ipynb": data(MASTER), "in/b.txt": b"b"})
    os.symlink(tmp_path / "other" / "a.ipynb", tmp_path / "in" / f"{NAME}.ipynb")
    assert files_beside(tmp_path / "in" / f"{NAME}.ipynb") == {"b.txt": b"b"}
