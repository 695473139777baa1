"""What in a submission's code is pointed out to a person."""

import copy

import nbformat
import pytest
from tiny import MASTER, SKELETON, answered

from repsim_book.classroom.answers import restore
from repsim_book.classroom.suspicions import suspicions


def found(source):
    """In an answer."""
    return suspicions(restore(SKELETON, answered(square=source)).notebook, SKELETON)


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("import socket", "socket"),
        ("import urllib.request as u", "urllib.request"),
        ("from os import environ", "os"),
        ("os.environ['REPSIM_STUDENT'] = 'bob'", "os"),
        ("open('/proc/1/environ')", "open"),
        ("exec(code); eval(code)", "exec, eval"),
        ("get_ipython().ast_transformers", "get_ipython"),
        ("np.allclose = lambda *_: True", "np.allclose ="),
        ("np.linalg.norm = None", "np.linalg.norm ="),
        ("class A:\n    def __eq__(self, other): return True", "__eq__"),
        ("(lambda: 0).__globals__", "__globals__"),
        ("!curl example.org\ndef square(n): return n", "!curl"),
        ("import os, sys, socket, ctypes, gc, signal, inspect", "os, sys, socket, ctypes, gc, signal ..."),
    ],
)
def test_code_that_reaches_beyond_its_task_is_named(source, uses):
    assert found(source) == (f"cell 4 uses {uses}",)


@pytest.mark.parametrize(
    "source",
    [
        "def square(number):\n    return number * number",
        "import numpy as np\nfrom itertools import combinations\nresult = {'slope': np.float64(1)}",
        "table = table.copy()\ntable.columns = ['a']\ntable['b'] = 1",
        "here = os.path.join(os.getcwd(), os.environ.get('HOME', ''))",
        "def square(number):\n    if isinstance(number, list):\n        print(sorted(number))",
        "%matplotlib inline\nx = 1",
        "this is no Python",
    ],
)
def test_what_answers_need_is_not(source):
    assert found(source) == ()


def test_neither_is_what_the_assignment_says_itself():
    assert suspicions(restore(SKELETON, MASTER).notebook, SKELETON) == ()
    own = copy.deepcopy(MASTER)
    own.cells.insert(0, nbformat.v4.new_code_cell("import os"))
    assert suspicions(restore(SKELETON, own).notebook, SKELETON) == ("cell 1 uses os",)
