"""Tests of an assignment, evaluated where no student's code runs."""

import subprocess
import sys

import pytest
from processes import HANG

from repsim_book.classroom.apart.answering import answer
from repsim_book.classroom.apart.cells import canaries
from repsim_book.classroom.apart.judge import Judge, visible
from repsim_book.classroom.apart.names import Given


def judged(test, notebook, by_hand="", given=Given([], [], [])):  # noqa: B008
    """The verdict on a notebook that is one cell."""
    spaces = []
    for source in (notebook, by_hand):
        spaces.append({})
        exec(source, spaces[-1])
    asks = [lambda request, space=space: answer(space, request) for space in spaces]
    return Judge(given, *asks, HANG).verdict("test", test)


def said(verdict):
    return [(output.get("ename"), output.get("evalue")) for output in verdict.outputs]


@pytest.mark.parametrize(
    ("test", "notebook", "outputs"),
    [
        ("assert f(2) == 4", "def f(x): return 2 * x", []),
        ("assert f(2) == 4, f'found {f(2)}'", "def f(x): return 3 * x", [("AssertionError", "found 6")]),
        ("assert f(x=[1, 2]) == (1, 2)", "def f(x): return tuple(x)", []),
        ("def check():\n    assert a == 1\ncheck()", "a = 1", []),
        ("assert a == 1", "", [("NameError", "name 'a' is not defined")]),
        ("f()", "def f(): raise KeyError('no')", [("KeyError", "\"'no'\"")]),
        ("f()", "class Odd(ValueError): pass\ndef f(): raise Odd('no')", [("Odd", "no")]),
        ("try:\n    f()\nexcept ValueError:\n    pass", "def f(): raise ValueError('no')", []),
        ("f()", "def f(): raise SystemExit", [("SystemExit", "")]),
        ("a = 2\nassert a == 2", "a = 1", []),
        ("assert [f(i) for i in range(3)] == [0, 1, 2]", "def f(i): return i", []),
    ],
)
def test_a_test_says_what_it_says_in_the_notebook(test, notebook, outputs):
    verdict = judged(test, notebook)
    assert (said(verdict), verdict.waits) == (outputs, "")


@pytest.mark.parametrize(
    ("test", "notebook", "why"),
    [
        ("assert a", "a = object()", "a is a object, which tests cannot look at"),
        ("assert f()", "def f(): return object()", "f returns a object, which tests cannot look at"),
        ("f(lambda: 0)", "def f(x): return x()", "f gets a function, which is not passed on"),
        ("f.calls", "def f(): pass", "the test asks for f.calls, and a function is only called"),
        (
            "try:\n    assert a\nexcept Exception:\n    pass",
            "class A: __bool__ = lambda s: True\na = A()",
            "a is a A, which tests cannot look at",
        ),
    ],
)
def test_what_tests_cannot_look_at_waits_for_a_person(test, notebook, why):
    verdict = judged(test, notebook)
    assert (verdict.waits, said(verdict)) == (why, [("NeedsGrading", f"{why}; a person grades this")])


def test_points_for_a_part_are_the_value_of_the_last_line():
    verdict = judged("points = sum(f(x) == x for x in range(4))\npoints / 2", "def f(x): return min(x, 2)")
    assert [output["data"]["text/plain"] for output in verdict.outputs] == ["1.5"]
    assert judged("assert f(1) == 1\nNone", "def f(x): return x").outputs == []


def test_what_the_assignment_defines_no_answer_replaces():
    given = Given(
        ["import math\ndef expected(x):\n    return math.sqrt(scale * x)", "def f(x): ..."],
        ["from itertools import count\ndef _hidden(): ..."],
        ["def f(x):\n    raise NotImplementedError"],
    )
    assert set(given.statements) == {"math", "expected", "count"}
    wrong = "import math\nmath = None\nexpected = lambda x: f(x)\nscale = 1\ndef f(x): return 0"
    assert said(judged("assert f(4) == expected(4)", wrong, given=given)) == [("AssertionError", "")]


def test_functions_written_by_hand_run_where_there_is_nothing_else():
    test = "from repsim_core.assignments import is_own\nassert f(1) == 1\nassert is_own(f)"
    assert judged(test, "def f(x): return 0", "def f(x): return x").outputs == []
    (lost,) = judged(test, "def f(x): return x", "").outputs
    assert lost["evalue"] == "f: found none where repsim_core cannot be imported, expected your own function"


def test_assert_asserts_however_python_was_started():
    code = """
from repsim_book.classroom.apart.judge import Judge
from repsim_book.classroom.apart.names import Given
assert False, "-O leaves this out"
verdict = Judge(Given([], [], []), lambda _: {"a": {"value": 1}}, None, 600).verdict("test", "assert a == 2")
print(verdict.outputs[0]["ename"])
"""
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("AssertionError\n", "")


def test_the_part_that_students_see():
    source = "a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc"
    assert visible(source) == "a\nc"
    assert visible("a") == "a"


def test_canaries_fail_and_are_drawn_anew():
    import numpy  # noqa: F401 - they look at it where it was imported

    for (_, source), (_, other) in zip(canaries(), canaries(), strict=True):
        assert source != other
        with pytest.raises((AssertionError, ValueError)):
            exec(source, {})
