"""A class of cheats: none gains a point, none does harm, each is pointed out to a person."""

import json
import socket
import uuid
from pathlib import Path

import nbformat
import pytest
from processes import HANG
from tiny import data, write

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

import psutil

from repsim_book.classroom.apart.limits import Limits
from repsim_book.classroom.apart.sandbox import choose
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.course import Course
from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.release import release
from repsim_book.classroom.report import write_grades

NAME = "01_pair"
TOKEN = str(uuid.uuid4().int % 10**9 + 10**9)  # of a process that outlives its grading
SECRET = "a hidden remark"  # that no submission must see

IMPORTS = """\
import numpy as np

import repsim_core as rc
from repsim_core.assignments import student_seed"""
STUDENT = 'student = "{}"\nmine = student_seed(student)'
DOUBLED = "def doubled(x):\n    return 2 * np.asarray(x)"
BY_HAND = """\
def dissimilarity(z, w):
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1) for x in (z, w))
    return 1 - np.linalg.svd(z.T @ w / (len(z) - 1), compute_uv=False).mean()"""
TEST_DOUBLED = f"""\
import os

import numpy as np

from repsim_core.assignments import student_seed

assert np.allclose(doubled([1.0, 2.0]), [2, 4]), "doubled: wrong"
### BEGIN HIDDEN TESTS
assert np.allclose(doubled([0.5]), [1])  # {SECRET}
assert mine == student_seed(os.environ.get("REPSIM_STUDENT", student)), "mine: another's"
### END HIDDEN TESTS"""
TEST_BY_HAND = """\
import numpy as np

import repsim_core as rc

z = np.random.default_rng(1).normal(size=(20, 2))
assert abs(dissimilarity(z, z)) < 1e-9, "dissimilarity: wrong"
### BEGIN HIDDEN TESTS
from repsim_core.assignments import is_own

w = np.random.default_rng(2).normal(size=(20, 2))
assert np.isclose(dissimilarity(z, w), rc.svd_dissimilarity(z, w)), "dissimilarity: wrong for two"
assert is_own(dissimilarity), "dissimilarity: uses repsim_core"
### END HIDDEN TESTS"""


def cell(name, source, **marks):
    marks = {"grade": False, "locked": False, "schema_version": 3, "solution": False} | marks
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name, **marks}})


def notebook(student, doubled=DOUBLED, by_hand=BY_HAND):
    cells = [
        cell("imports", IMPORTS, locked=True),
        cell("student", STUDENT.format(student), solution=True),
        cell("doubled", doubled, solution=True),
        cell("test-doubled", TEST_DOUBLED, grade=True, locked=True, points=3),
        cell("by-hand", by_hand, solution=True),
        cell("test-by-hand", TEST_BY_HAND, grade=True, locked=True, points=2),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def the_master():
    master = notebook("reference")
    for each in master.cells:
        if each.metadata.nbgrader["solution"]:
            each.source = f"### BEGIN SOLUTION\n{each.source}\n### END SOLUTION"
    return master


WRONG = "def doubled(x):\n    return 0"
WRONG_BY_HAND = "def dissimilarity(z, w):\n    return 0.5"
DROPS_ASSERT = f"""\
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
{WRONG}"""
REPLACES = f"""\
np.allclose = np.isclose = lambda *_, **__: True
for module in list(__import__("sys").modules.values()):
    if hasattr(module, "allclose"):
        module.allclose = np.allclose
rc.svd_dissimilarity = lambda z, w: 0.0
{WRONG}"""
EQUALS = """\
class Equal(float):
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda *_: True
    __hash__ = float.__hash__
    __abs__ = __sub__ = __rsub__ = lambda *_: Equal()
    def __array_ufunc__(self, *_, **__):
        return np.True_
class Anything:
    __eq__ = __lt__ = lambda *_: True
    def __array__(self, *_, **__):
        return np.array([2.0, 4.0])
mine = Equal()
def doubled(x):
    return Anything()"""
KILLS = """\
import glob, json, os, signal
verdict = json.dumps({"state": "graded", "notebook": {}, "message": "", "waits": [], "look_at": []})
for place in ("outcome.json", "../outcome.json", *glob.glob("/tmp/repsim-*/outcome.json")):
    try:
        open(place, "w").write(verdict)
    except OSError:
        pass
def doubled(x):
    os.kill(os.getppid(), signal.SIGKILL)
    return 0"""
OUTLIVES = f"""\
import os, subprocess
subprocess.run(["sh", "-c", "setsid tail -f /dev/null /dev/{TOKEN} >/dev/null 2>&1 &"])
os.environ["REPSIM_STUDENT"] = student = "ada"
mine = student_seed("ada")
{DOUBLED}"""
LEAVES = """\
import os, sys
def doubled(x):
    sys.exit(0)"""
LEAVES_AT_ONCE = """\
def dissimilarity(z, w):
    os._exit(0)"""


def spies(course, port):
    """Looks for what it must not find, and says so."""
    return f"""\
import glob, os, socket
places = ["{course}", "{Path(__file__).parent}", os.path.expanduser("~root"), "/proc/1/root{course}"]
places += glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/[0-9]*/root{course}") + glob.glob("/proc/[0-9]*/fd/*")
for place in places:
    for folder, _, files in os.walk(place):
        if "/submitted/" in folder or "/source/" in folder or "test_cheats.py" in files:
            print("FOUND", folder)
for process in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        if "{course}" in open(process).read():
            print("FOUND", process)
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5)
    print("FOUND a network")
except OSError as error:
    print("no network:", error)
{WRONG}"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The table of the class, the course, what was there before, and the records."""
    sandbox = choose("auto")
    if sandbox.name == "none":
        pytest.skip(f"no sandbox works here: {sandbox.why}")
    folder = tmp_path_factory.mktemp("cheats")
    course = Course(folder / "course")
    root = folder / "book"
    write(root, {f"notebooks/assignments/{NAME}.md": as_markdown(the_master()).encode()})
    release(root, course)
    with socket.create_server(("127.0.0.1", 0)) as server:
        cheats = {
            "drops": notebook("drops", DROPS_ASSERT, WRONG_BY_HAND),
            "replaces": notebook("replaces", REPLACES, WRONG_BY_HAND),
            "equals": notebook("equals", EQUALS, WRONG_BY_HAND),
            "kills": notebook("kills", KILLS, WRONG_BY_HAND),
            "spies": notebook("spies", spies(course.directory, server.getsockname()[1]), WRONG_BY_HAND),
            "outlives": notebook("outlives", OUTLIVES, "dissimilarity = rc.svd_dissimilarity"),
            "leaves": notebook("leaves", LEAVES, LEAVES_AT_ONCE),
        }
        files = {f"{name}.ipynb": data(each) for name, each in {**cheats, "ada": notebook("ada")}.items()}
        collect_submissions(course, NAME, write(folder / "in", files))
        before = {path: path.read_bytes() for path in (course.directory / "submitted").rglob("*.ipynb")}
        records = grade_class(course, NAME, jobs=2, limits=Limits(HANG, 10 * HANG), sandbox=sandbox)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    table = write_grades(course).set_index("student")
    return table, course, before, {record.student: record for record in records}


def as_markdown(master):
    import jupytext

    return jupytext.writes(master, fmt="md:myst")


CHEATS = {
    "drops": ("graded", ["`assert` asserts nothing", "own process only", "cell 3 uses get_ipython"]),
    "replaces": (
        "graded",
        ["numpy.allclose takes different numbers for equal", "numpy.allclose", "np.allclose ="],
    ),
    "equals": ("graded", ["test-doubled: doubled returns a Anything", "cell 3 uses __array_ufunc__"]),
    "kills": ("died", ["cell 3 uses glob, os, signal, open"]),
    "spies": ("graded", ["cell 3 uses glob, os, socket, open"]),
    "outlives": ("graded", ["it leaves processes running", "it changes the variable REPSIM_STUDENT"]),
    "leaves": ("died", ["cell 3 uses os, sys"]),
}


@pytest.mark.parametrize("student", CHEATS)
def test_a_cheat_gains_nothing_and_is_pointed_out(graded, student):
    table, _, _, records = graded
    state, said = CHEATS[student]
    assert (table.loc[student, "points"], records[student].state) == (0, state)
    for words in said:
        assert words in table.loc[student, "look_at"], records[student]


def test_an_honest_submission_among_them_has_all_points_and_nothing_to_look_at(graded):
    table, course, _, _ = graded
    assert tuple(table.loc["ada", ["state", "points", "max_points", "look_at"]]) == ("graded", 5, 5, "")
    executed = nbformat.read(course.autograded(NAME, "ada"), as_version=4)
    tests = [each for each in executed.cells if (grade_id(each) or "").startswith("test-")]
    assert [each.outputs for each in tests] == [[], []]


def test_none_did_harm(graded):
    _, course, before, records = graded
    assert {path: path.read_bytes() for path in before} == before
    assert "harmful" not in {record.state for record in records.values()}
    for executed in (course.directory / "autograded").rglob("*.ipynb"):
        said = json.dumps([each.get("outputs") for each in nbformat.read(executed, as_version=4).cells])
        assert "FOUND" not in said
        assert ("no network" in said) == (executed.parts[-3] == "spies")
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"/dev/{TOKEN}" in (process.info["cmdline"] or [])
    ]
    assert left == []


def test_a_value_that_tests_cannot_look_at_waits_for_a_person(graded):
    table, course, _, _ = graded
    assert table.loc["equals", "written_pending"] == 1
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("test-doubled", NAME, NAME, "equals")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("doubled", "by_hand", "said"),
    [
        (DROPS_ASSERT, WRONG_BY_HAND, "`assert` asserts nothing in the submission's own process"),
        (REPLACES, WRONG_BY_HAND, "numpy.allclose takes different numbers for equal"),
        (OUTLIVES, "dissimilarity = rc.svd_dissimilarity", "it leaves processes running, which were ended"),
    ],
)
def test_without_a_sandbox_they_gain_no_more(doubled, by_hand, said):
    submission = notebook("eve", doubled, by_hand)
    grade = grade_notebook(the_master(), submission, student="eve", limits=Limits(HANG, 10 * HANG))
    assert (grade.state, grade.total) == ("graded", 0)
    assert any(said in each for each in grade.look_at)
    assert not [
        each for each in psutil.process_iter(["cmdline"]) if f"/dev/{TOKEN}" in (each.info["cmdline"] or [])
    ]
