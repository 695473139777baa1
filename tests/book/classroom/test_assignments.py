"""The assignments: what the reference, an untouched notebook and each plausible mistake earn."""

import ast
import builtins
import copy
import hashlib
import io
import itertools
import json
import os
import pickle
import re
from contextlib import redirect_stderr, suppress
from functools import cache, partial

import numpy as np
import pytest
from assignments import Wrong, angles, images, kl, llv, twins, width
from filelock import FileLock
from places import ROOT
from processes import HANG

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

from nbgrader import utils

import repsim_core as rc
from repsim_book.chapters import chapter_paths
from repsim_book.classroom.answers import restore
from repsim_book.classroom.apart.answering import answer as answering
from repsim_book.classroom.apart.by_hand import execute
from repsim_book.classroom.apart.judge import Judge, visible
from repsim_book.classroom.apart.limits import Limits
from repsim_book.classroom.apart.names import Given
from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.isolated import given_by
from repsim_book.classroom.masters import drawn_anew
from repsim_book.classroom.notebooks import (
    grade_id,
    read_master,
    release_notebook,
    skeleton_notebook,
)
from repsim_core.assignments import is_own, student_permutation, student_seed
from repsim_core.measures.canonical import mean_cca
from repsim_core.training import image_training, stacks

ANSWERS = {
    "01_twins": twins,
    "02_kl": kl,
    "03_llv": llv,
    "04_images": images,
    "05_width": width,
    "06_two_angles": angles,
}
NAMES = list(ANSWERS)
# Tests that ask for numbers which follow from the student's name.
OWN_NUMBERS = {
    "01_twins": {"test-theorem-map-mine"},
    "02_kl": {"test-table", "test-table-cca"},
    "03_llv": {"test-bounds", "test-bounds-shares"},
    "04_images": {"test-models", "test-pairs", "test-pairs-similarity"},
    "05_width": {"test-design", "test-result"},
    "06_two_angles": {"test-sides", "test-weighted-unseen"},
}


@cache
def master(name):
    return read_master(ROOT / "notebooks" / "assignments" / f"{name}.md")


def marked(notebook):
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


def solutions(name):
    """The cells in which students write code that tests look at."""
    cells = [cell for cell in marked(master(name)) if utils.is_solution(cell) and cell.cell_type == "code"]
    return [cell for cell in cells if own_tests(name, grade_id(cell))]


def automatic(notebook):
    """The cells that tests grade, by grade_id."""
    cells = [cell for cell in marked(notebook) if utils.is_grade(cell) and cell.cell_type == "code"]
    return {grade_id(cell): cell for cell in cells}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Training that is done once for each network, whatever notebook and whichever of the tests' processes asks."""
    networks = {}
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def kept(key, make):
        path = shared / f"network-{hashlib.sha256(repr(key).encode()).hexdigest()}"
        with FileLock(f"{path}.lock"):
            if not path.exists():
                path.write_bytes(pickle.dumps(make()))
        return pickle.loads(path.read_bytes())

    def remembering(function, data_of):
        def train(dataset, **options):
            key = (function.__name__, data_of(dataset), repr(sorted(options.items())))
            if key not in networks:
                networks[key] = kept(key, lambda: function(dataset, **options))
            return networks[key]

        return train

    with pytest.MonkeyPatch.context() as patch:
        for module, name, data_of in (
            (image_training, "train_images", lambda images: (images.name, len(images))),
            (stacks, "train_stack", lambda data: (data.name, len(data), float(data.inputs.sum()))),
        ):
            patch.setattr(module, name, remembering(getattr(module, name), data_of))
        yield


def failures(notebook):
    """Execute a notebook in this process; why tests failed, by grade_id.

    nbgrader gives a test all of its points or none; what a cell writes to standard error counts as an error.
    """
    namespace, found = {"__name__": "__main__"}, {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                exec(compile(cell.source, grade_id(cell) or "cell", "exec"), namespace)
            assert not said.getvalue()
        except Exception as error:
            if utils.is_grade(cell):
                found[grade_id(cell)] = error
    return found


def own_tests(name, cell):
    """The tests of a task, whose solution is in this cell."""
    names = [grade_id(each) for each in marked(master(name))]
    solutions = {grade_id(each) for each in marked(master(name)) if utils.is_solution(each)}
    following = itertools.takewhile(lambda each: each not in solutions, names[names.index(cell) + 1 :])
    return [each for each in following if each in automatic(master(name))]


def _refusing(name, *given):
    """An import where there is no repsim_core."""
    if name.partition(".")[0] == "repsim_core":
        raise ModuleNotFoundError(name)
    return builtins.__import__(name, *given)


def judged(notebook, skeleton):
    """The tests that fail by the classroom's judge, which sees values alone; the notebook runs in this process."""

    def served(variables):
        return lambda request: json.loads(json.dumps(answering(variables, json.loads(json.dumps(request)))))

    namespace, found = {"__name__": "__main__"}, set()
    by_hand = {"__name__": "__main__", "__builtins__": vars(builtins) | {"__import__": _refusing}}
    judge = Judge(Given(**given_by(skeleton)), served(namespace), served(by_hand), HANG)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        source = visible(cell.source)
        with suppress(Exception), redirect_stderr(io.StringIO()):
            exec(compile(source, "cell", "exec"), namespace)
        execute(source, by_hand)
        if utils.is_grade(cell):
            verdict = judge.verdict(grade_id(cell), cell.source)
            assert not verdict.waits, verdict.waits
            if any(output["output_type"] == "error" for output in verdict.outputs):
                found.add(grade_id(cell))
    return found


def visible_failures(name, answer):
    """What `failures` says with the tests that students see, of the answer's own task."""
    notebook, own = answered(name, answer.cell, answer.source), own_tests(name, answer.cell)
    last = [grade_id(cell) for cell in notebook.cells].index(own[-1])
    notebook.cells = [
        cell for cell in notebook.cells[: last + 1] if not utils.is_grade(cell) or grade_id(cell) in own
    ]
    for cell in notebook.cells:
        if utils.is_grade(cell):
            cell.source = cell.source.partition("### BEGIN HIDDEN TESTS")[0]
    return failures(notebook)


def answered(name, cell, source):
    """The master with another answer in one of its cells."""
    notebook = copy.deepcopy(master(name))
    (place,) = [each for each in notebook.cells if grade_id(each) == cell]
    assert utils.is_solution(place)
    place.source = source
    return notebook


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.delenv("REPSIM_STUDENT", raising=False)


# --- what each answer earns ---


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", NAMES)
def test_the_reference_earns_every_point_that_tests_give(name):
    assert failures(master(name)) == {}


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}: {answer.mistake}")
        for name, answers in ANSWERS.items()
        for answer in answers.WRONG
    ],
)
def test_tests_that_see_values_alone_take_the_same_points(name: str, answer: Wrong):
    notebook = answered(name, answer.cell, answer.source)
    assert judged(notebook, skeleton_notebook(master(name))) == answer.loses


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_that_nobody_worked_on_earns_nothing(name):
    notebook = restore(skeleton_notebook(master(name)), release_notebook(master(name))).notebook
    assert set(failures(notebook)) == set(automatic(master(name)))


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}: {answer.mistake}")
        for name, answers in ANSWERS.items()
        for answer in answers.WRONG
    ],
)
def test_a_mistake_costs_the_points_of_its_task_and_no_others(name: str, answer: Wrong):
    assert answer.loses <= set(automatic(master(name)))
    found = failures(answered(name, answer.cell, answer.source))
    assert set(found) == answer.loses
    own = [found[test] for test in own_tests(name, answer.cell) if test in found]
    assert own
    for error in own:
        assert isinstance(error, AssertionError), f"the test of the task says {error!r}, expected words"
        assert str(error)


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", NAMES)
def test_of_each_task_some_mistake_is_seen_by_the_hidden_tests_alone(name):
    cells = {own_tests(name, grade_id(cell))[0]: grade_id(cell) for cell in solutions(name)}
    for cell in cells.values():
        mistakes = [answer for answer in ANSWERS[name].WRONG if answer.cell == cell]
        assert len(mistakes) >= 3
        assert any(not visible_failures(name, answer) for answer in mistakes), cell


def test_what_a_divisor_costs_can_be_seen_before_it_is_handed_in():
    """n for n - 1 is the commonest slip; students see it with the tests that they have."""
    slips = [answer for answer in llv.WRONG if re.search("population|divisor", answer.mistake)]
    assert {answer.cell for answer in slips} == {"psi", "label-term", "input-term", "dissimilarity"}
    for answer in slips:
        assert visible_failures("03_llv", answer), answer.mistake


@pytest.mark.parametrize("name", NAMES)
def test_no_single_test_decides_over_more_than_two_points(name):
    for cell in automatic(master(name)).values():
        assert cell.metadata.nbgrader["points"] <= 2, grade_id(cell)


def test_an_answer_that_is_half_right_earns_half_the_points():
    both = {answer.mistake: answer.loses for answer in llv.WRONG if answer.cell == "label-term"}
    assert both["only one end of the ratio"] == {"test-label-term-all"}
    assert both["population scales"] == {"test-label-term", "test-label-term-all"}


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_another_student_are_found_out(name, monkeypatch):
    monkeypatch.setenv("REPSIM_STUDENT", "another")
    assert set(failures(master(name))) == OWN_NUMBERS[name]
    monkeypatch.setenv("REPSIM_STUDENT", " Reference")  # spaces and capitals do not matter
    assert failures(master(name)) == {}


@pytest.mark.parametrize("name", ["01_twins", "02_kl", "03_llv", "06_two_angles"])
def test_the_reference_is_right_whatever_a_course_draws(name):
    notebook = copy.deepcopy(master(name))
    drawn_anew(notebook, 2**100 + 11)
    assert failures(notebook) == {}


def test_a_kernel_and_the_classrooms_own_grading_agree():
    cell, source = "psi", llv.WRONG[0].source
    notebook, limits = answered("03_llv", cell, source), Limits(HANG, 10 * HANG)
    grade = grade_notebook(master("03_llv"), notebook, student="reference", limits=limits)
    assert grade.state == "graded", grade.message
    earned = {name: number for name, number in grade.points.items() if number is not None}
    assert {name for name, number in earned.items() if number == 0} == llv.WRONG[0].loses
    assert sum(grade.max_points.values()) == 20


# --- how the assignments are made ---


def test_there_are_six_assignments_of_twenty_points():
    masters = [path.stem for path in sorted((ROOT / "notebooks" / "assignments").glob("*.md"))]
    assert masters == [*NAMES, "07_project"]
    for name in NAMES:
        cells = [cell for cell in marked(master(name)) if utils.is_grade(cell)]
        assert sum(cell.metadata.nbgrader["points"] for cell in cells) == 20
        assert 4 <= len(solutions(name)) <= 6
        written = [cell for cell in cells if cell.cell_type == "markdown"]
        assert written
        assert all("BEGIN SOLUTION" in cell.source for cell in written)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_points_is_that_of_the_cells(name):
    about, *_ = marked(master(name))
    told = re.findall(r"^\| \d\. .* \| by (tests|hand) \| (\d+) \|$", about.source, re.MULTILINE)
    cells = master(name).cells
    parts = [place for place, cell in enumerate(cells) if re.match(r"## \d\. ", cell.source)]
    expected = []
    for place, following in itertools.pairwise([*parts, len(cells)]):
        graded = [cell for cell in cells[place:following] if utils.is_grade(cell)]
        (kind,) = {cell.cell_type for cell in graded}
        points = sum(cell.metadata.nbgrader["points"] for cell in graded)
        expected.append(("tests" if kind == "code" else "hand", points))
        assert f"({points} points)" in cells[place].source.splitlines()[0]
        if kind == "markdown":  # a rubric
            rows = [int(row) for row in re.findall(r"^\| (\d) \|", cells[place].source, re.MULTILINE)]
            assert sum(rows) == points
    assert [(how, int(number)) for how, number in told] == expected
    assert "| **Sum** | | **20** |" in about.source
    for word in ("Afterwards you can", "Time:", "You need:"):
        assert word in about.source


@pytest.mark.parametrize("name", NAMES)
def test_each_test_has_a_visible_and_a_hidden_part_and_says_what_is_wrong(name):
    for cell in automatic(master(name)).values():
        visible, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
        assert hidden.rstrip().endswith("### END HIDDEN TESTS")
        for part in (visible, hidden):
            checks = [node for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Assert)]
            assert checks
            assert all(node.msg is not None for node in checks)
        # nbgrader takes the value of a last expression for points
        assert not isinstance(ast.parse(cell.source).body[-1], ast.Expr)
        # what students have called `losses` or `K` stays theirs
        names = [type(node).__name__ for node in ast.parse(hidden).body]
        assert names == ["FunctionDef", "Assign"], "hidden tests are a function, and its call"


@pytest.mark.parametrize("name", NAMES)
def test_students_see_neither_solutions_nor_hidden_tests(name):
    text = "\n".join(cell.source for cell in release_notebook(master(name)).cells)
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    assert text.count("YOUR ANSWER HERE") >= 2


def test_a_permutation_for_a_student_is_far_from_linear():
    angles = 2 * np.pi * np.arange(7) / 7
    places = np.column_stack([np.cos(angles), np.sin(angles)])
    would_be_linear = ["student1", "alan"]  # by their first draws: a rotation, a reflection
    for student in [*would_be_linear, *map(str, range(200))]:
        order = student_permutation(student_seed(student))
        assert sorted(order) == list(range(7))
        assert mean_cca(places, places[order]) <= 0.8
    drawn = np.random.default_rng(student_seed("reference")).permutation(7).tolist()
    assert student_permutation(student_seed("reference")) == drawn, "the first draw, where it will do"


def test_whose_function_it_is():
    def borrowed(z, w):
        return rc.svd_dissimilarity(z, w)

    def own(z, w):
        return np.linalg.svd(z.T @ w, compute_uv=False)

    assert is_own(own)
    assert is_own(partial(own, w=1))
    assert not is_own(borrowed)
    assert not is_own(rc.svd_dissimilarity)
    assert not is_own(partial(rc.svd_dissimilarity, w=1))


def test_assignments_are_no_chapters_and_no_pages():
    assert not {path for path in chapter_paths(ROOT).values() if "assignments" in path.parts}
    assert "assignments" not in (ROOT / "_toc.yml").read_text()
