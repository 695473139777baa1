"""The classroom on a tiny assignment: release, collection, and a class among whose submissions are bad ones."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import CLASSROOM as BOOK
from places import SUPPORT
from processes import HANG, MEETING, REPORT, Meeting
from tiny import MASTER, NAME, RELEASE, SKELETON, answered, cell, data, ends, write

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

import psutil
from nbgrader import utils

from repsim_book.classroom import grade_class as grade_class_module
from repsim_book.classroom import isolated
from repsim_book.classroom.answers import restore
from repsim_book.classroom.apart import worker
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.course import Course
from repsim_book.classroom.feedback import write_feedback
from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.isolated import ExecutedSubmission, Limits
from repsim_book.classroom.notebooks import (
    grade_id,
    read_notebook,
)
from repsim_book.classroom.records import read_grading_records
from repsim_book.classroom.release import release
from repsim_book.classroom.report import write_grades
from repsim_core.assignments import student_seed
from repsim_core.errors import InputError

LIMITS = Limits(HANG, 10 * HANG)  # no cell reaches them on a busy machine; but see `overlong`
OVERLONG = f"""
from repsim_book.classroom.apart import worker
worker._EXECUTOR = '''
import sys
sys.path.insert(0, {str(SUPPORT)!r})
import overlong
sys.path.pop(0)
{worker._EXECUTOR}'''
{isolated._WORKER}"""


def tampered():
    """Wrong answers, and every mark on the tests that could make them pass, be skipped or count more."""
    notebook = answered(square="def square(number): return 5", root="root = None")
    for name in ("test-square", "test-root"):
        test = cell(notebook, name)
        test.source = "pass"
        test.metadata["tags"] = ["skip-execution"]
        test.metadata.nbgrader |= {"points": 100, "locked": False}
    cell(notebook, "test-root").metadata.nbgrader |= {"grade": False, "solution": True}
    notebook.cells.append(copy.deepcopy(cell(notebook, "test-square")))
    return notebook


WRONG = "def square(number): return 2 * number"  # passes the visible test, not the hidden one
BAD = {
    "untouched": RELEASE,
    "edited": answered(square=WRONG, test_square="assert True", test_root="assert True"),
    "deleted": answered(square=WRONG, root=None, test_square=None, test_root=None, why=None),
    "tampered": tampered(),
    "impostor": answered(student='student = "ada"'),
    "loop": answered(square=f"import os\ndef square(number):\n    {REPORT}\n    while True: pass"),
    "imports": answered(square="import no_such_module\ndef square(number): return number**2"),
    "memory": answered(root="data = bytearray(2_000_000_000)"),
    "died": answered(root="os._exit(0)"),
    "leaves": answered(square="exit()"),
    "silent": answered(square="import warnings\ndef square(n):\n    warnings.warn('!')\n    return n * n"),
}
# State and points, of 2 for square and 3 for root.
EXPECTED = {
    "untouched": ("raised", 0),
    "edited": ("graded", 3),
    "deleted": ("graded", 0),
    "tampered": ("graded", 0),
    "impostor": ("graded", 2),
    "loop": ("timeout", 3),
    "imports": ("raised", 3),
    "memory": ("memory", 2),
    "died": ("died", 2),
    "leaves": ("died", 0),
    "silent": ("graded", 5),
    "unreadable": ("unreadable", 0),
}
CLASS = 16
GOOD = [f"student{number}" for number in range(CLASS - len(EXPECTED))]


def end_overlong_cells(patch, folder):
    """Of submissions that are executed from now on: as soon as they say that they loop."""
    patch.setattr(isolated, "_WORKER", OVERLONG)
    patch.setenv(MEETING, str(folder / "meeting"))
    os.mkfifo(folder / "meeting")


@pytest.fixture(scope="module")
def graded(released, tmp_path_factory):
    """A class, collected and graded: the course, the records, the progress."""
    folder = tmp_path_factory.mktemp("class")
    course = Course(shutil.copytree(released, folder / "course"))
    submissions = {f"{student}.ipynb": data(MASTER) for student in GOOD}
    submissions |= {f"{student}/{NAME}.ipynb": data(notebook) for student, notebook in BAD.items()}
    found = collect_submissions(course, NAME, write(folder / "handed-in", submissions))
    assert (sorted(found.new), found.refused) == (sorted([*GOOD, *BAD]), {})
    write(course.directory, {f"submitted/unreadable/{NAME}/{NAME}.ipynb": b"{"})  # put there by hand
    progress = []
    with pytest.MonkeyPatch.context() as patch:
        end_overlong_cells(patch, folder)
        records = grade_class(course, NAME, jobs=2, limits=LIMITS, progress=progress.append)
    return course, {record.student: record for record in records}, progress


# A class


def test_each_submission_has_its_own_state_and_points(graded):
    course, records, _ = graded
    table = write_grades(course).set_index("student")
    for student in GOOD:
        assert (records[student].state, table.loc[student, "points"]) == ("graded", 5), student
    found = {student: (records[student].state, table.loc[student, "points"]) for student in EXPECTED}
    assert found.pop("leaves") in [
        ("died", 0),
        ("graded", 3),
    ]  # a kernel that is told to exit may do one cell more
    assert found == {student: expected for student, expected in EXPECTED.items() if student != "leaves"}
    assert set(table["max_points"]) == {9}
    assert len(table) == CLASS
    write(course.directory, {"roster.csv": b"id\nstudent0\nmissing\n"})
    nothing = write_grades(course).set_index("student").loc["missing"]
    (course.directory / "roster.csv").unlink()
    assert (nothing["state"], nothing["points"]) == ("nothing", 0)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        ("untouched", "cell 3 (student): NotImplementedError:"),
        ("loop", f"cell 5 (test-square) took longer than {HANG} s"),
        ("imports", "cell 4 (square): ModuleNotFoundError: No module named 'no_such_module'"),
        ("memory", "cell 6 (root) needs more memory than 2000 MB"),
        ("died", "the kernel ended in cell 6 (root)"),
        ("unreadable", "found no notebook"),
        ("edited", ""),
    ],
)
def test_messages_say_where(graded, student, message):
    found = graded[1][student].message
    assert found.startswith(message) if student == "unreadable" else found == message


def note(source):
    return nbformat.v4.new_markdown_cell(source)


@pytest.mark.parametrize("lost", [False, True], ids=["left as it was", "without its name"])
def test_a_written_answer_in_a_cell_of_ones_own_waits_for_a_person(lost):
    notebook = copy.deepcopy(answered(why=None) if lost else MASTER)
    place = next((n for n, cell in enumerate(notebook.cells) if grade_id(cell) == "why"), len(notebook.cells))
    if not lost:
        notebook.cells[place] = copy.deepcopy(next(cell for cell in RELEASE.cells if grade_id(cell) == "why"))
    notebook.cells.insert(place + 1, note("Because two is even."))
    assert grade_notebook(MASTER, notebook, limits=LIMITS).points["why"] is None
    assert grade_notebook(MASTER, answered(why=None), limits=LIMITS).points["why"] == 0


def test_an_answer_that_lost_its_name_counts():
    notebook = copy.deepcopy(MASTER)
    for each in notebook.cells:
        if grade_id(each) == "square":
            del each.metadata["nbgrader"]
    assert grade_notebook(MASTER, notebook, limits=LIMITS).points["test-square"] == 2


def test_written_answers_wait_for_a_person(graded):
    course, _, _ = graded
    table = write_grades(course).set_index("student")["written_pending"]
    assert table["student0"] == 1
    assert table[["untouched", "deleted", "unreadable"]].sum() == 0
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "student0")
        grade.manual_score, grade.needs_manual_grade = 3.5, False
        gradebook.db.commit()
    row = write_grades(course).set_index("student").loc["student0"]
    assert (row["points"], row["written_pending"]) == (8.5, 0)
    cells = (course.directory / "cells.csv").read_text()
    assert f"{NAME},student0,why,3.5,4.0,False,False\n" in cells
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "student0")
        grade.manual_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()


def test_progress_says_how_far_and_how_long(graded):
    progress = graded[2]
    assert [p.done for p in progress] == sorted(p.done for p in progress)
    assert (progress[0].done, progress[0].seconds_left) == (0, None)
    assert (progress[-1].done, progress[-1].submissions, progress[-1].seconds_left) == (CLASS, CLASS, 0)
    assert max(p.running for p in progress) <= 2
    assert all(p.seconds_left > 0 for p in progress[1:-1] if p.done)


def test_graded_and_unchanged_submissions_are_skipped(graded, monkeypatch):
    course, records, _ = graded
    executed = []

    def execute(notebook, *, student, **_):
        executed.append(student)
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(grade_class_module, "execute_apart", execute)
    assert {record.student: record for record in grade_class(course, NAME, limits=LIMITS)} == records
    assert executed == []
    damaged = course.directory / "grading" / NAME / "student1.json"
    damaged.write_text("{")
    grade_class(course, NAME, limits=LIMITS)
    assert executed == ["student1"]
    executed.clear()
    # Other limits concern those who broke the old ones; `unreadable` is no matter of execution.
    monkeypatch.setattr(grade_class_module._Class, "_record", lambda *_: None)
    grade_class(course, NAME, limits=Limits(HANG + 1))
    assert sorted({*executed} - {"leaves"}) == ["died", "loop", "memory"]


def test_feedback_is_a_page_for_each_student(graded):
    course, _, _ = graded
    found = write_feedback(course, NAME)
    assert (found.without, found.failed) == (["unreadable"], {})
    assert sorted(page.parent.name for page in found.pages) == sorted(
        [*GOOD, *EXPECTED.keys() - {"unreadable"}]
    )
    page = (course.directory / "feedback" / "loop" / f"{NAME}.html").read_text()
    assert f"interrupted after {HANG} s" in page
    assert "(Score: 3.0 / 9.0 so far; 1 answer not graded yet)" in page
    assert page.count("Not graded yet, at most 4.0") == 2, "in the contents and at the answer"


def test_plain_nbgrader_works_in_the_course(graded):
    """It reads gradebook and configuration, and gives the same points."""
    course, _, _ = graded
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    patient = [f"--Execute.{limit}={HANG}" for limit in ("timeout", "startup_timeout", "iopub_timeout")]
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "autograde",
        NAME,
        "--student",
        "edited",
        "--force",
        *patient,
    ]
    done = subprocess.run(command, cwd=course.directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(NAME, "edited").score == EXPECTED["edited"][1]
        assert gradebook.find_submission(NAME, "student0").score == 5


# One submission


def test_a_loop_that_cannot_be_interrupted_ends_with_the_time_for_all(monkeypatch, tmp_path):
    """The interruption is an occasion to say that it loops on."""
    end_overlong_cells(monkeypatch, tmp_path)
    endless = f"""import os, signal
def report(*_):
    {REPORT}
def square(_):
    signal.signal(signal.SIGINT, report)
    report()
    while True: pass"""
    grade = grade_notebook(MASTER, answered(square=endless), limits=LIMITS)
    assert grade.state == "timeout"
    assert dict(grade.points) == {"test-square": 0, "test-root": 0, "why": None}
    assert dict(grade.max_points) == {"test-square": 2, "test-root": 3, "why": 4}


@pytest.mark.parametrize(
    ("square", "points"),
    [
        ("print('x' * 21_000_000)\ndef square(number): return number * number", 5),
        ("def square(number):\n    print('x' * 21_000_000)\n    return number * number", 5),
    ],
)
def test_a_flood_of_output_is_removed(square, points):
    """What a test comes to does not depend on it."""
    grade = grade_notebook(MASTER, answered(square=square), limits=LIMITS)
    assert (grade.state, grade.total) == ("memory", points)
    assert re.fullmatch(r"found \d+ MB of output, expected less than 20", grade.message)
    assert len(json.dumps(grade.notebook)) < 100_000
    assert ends(grade)["test-root"] is None


def test_a_wrong_answer_after_a_flood_is_called_wrong():
    flood = "print('x' * 21_000_000)\ndef square(number): return number * number"
    grade = grade_notebook(MASTER, answered(square=flood, root="def root(number): return 5"), limits=LIMITS)
    assert (grade.state, ends(grade)) == ("memory", {"test-square": None, "test-root": "AssertionError"})


def test_points_that_nbgrader_refuses_are_none(course, monkeypatch):
    def execute(notebook, **_):
        test = cell(notebook, "test-square")
        test.outputs = [
            nbformat.v4.new_output("execute_result", data={"text/plain": "100"}, execution_count=1)
        ]
        return ExecutedSubmission(notebook, "graded", "")

    write(course.directory, {f"submitted/ada/{NAME}/{NAME}.ipynb": data(MASTER)})
    monkeypatch.setattr(grade_class_module, "execute_apart", execute)
    (record,) = grade_class(course, NAME)
    assert record.state == "refused"
    assert "partial credit cannot be greater" in record.message
    assert list(write_grades(course)["points"]) == [0]


def test_an_interruption_ends_the_processes(course, monkeypatch, tmp_path):
    for student in ("ada", "bob"):
        write(course.directory, {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(BAD["loop"])})

    def interrupt(progress):
        if progress.running == 2:
            meeting.reports(2)
            raise KeyboardInterrupt

    before = set(psutil.Process().children(recursive=True))
    monkeypatch.setenv(MEETING, str(tmp_path / "meeting"))
    with Meeting(tmp_path / "meeting") as meeting:
        with pytest.raises(KeyboardInterrupt):
            grade_class(course, NAME, jobs=2, limits=LIMITS, progress=interrupt)
        meeting.ended()
    assert set(psutil.Process().children(recursive=True)) <= before
    assert read_grading_records(course, NAME) == {}


# Restoring


CELLS = st.sampled_from([grade_id(cell) for cell in SKELETON.cells if grade_id(cell)])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("delete"), CELLS),
        st.tuples(st.just("copy"), CELLS),
        st.tuples(st.just("source"), CELLS),
        st.tuples(st.just("type"), CELLS),
        st.tuples(st.sampled_from(["grade", "solution", "locked", "points", "grade_id", "all"]), CELLS),
        st.tuples(st.just("reverse"), CELLS),
    ),
    max_size=8,
)


@given(CHANGES)
def test_nothing_but_answers_comes_from_a_submission(changes):
    submission = copy.deepcopy(RELEASE)
    for change, name in changes:
        found = next((cell for cell in submission.cells if grade_id(cell) == name), None)
        if change == "reverse":
            submission.cells.reverse()
        elif found is None:
            continue
        elif change == "delete":
            submission.cells.remove(found)
        elif change == "copy":
            submission.cells.append(copy.deepcopy(found))
        elif change == "source":
            found.source += "\n# changed"
        elif change == "type":
            found.cell_type = "raw"
        elif change == "all":
            found.metadata["nbgrader"] = ["no", "mapping"]
        else:
            found.metadata.nbgrader[change] = {"points": 99, "grade_id": 7}.get(change, True)
    restored = [cell for cell in restore(SKELETON, submission).notebook.cells if grade_id(cell)]
    expected = [cell for cell in SKELETON.cells if grade_id(cell)]
    assert [cell.metadata for cell in restored] == [cell.metadata for cell in expected]
    assert [cell.cell_type for cell in restored] == [cell.cell_type for cell in expected]
    for found, wanted in zip(restored, expected, strict=True):
        assert found.source == wanted.source or not utils.is_locked(wanted)


def test_own_cells_of_a_student_stay_where_they_are():
    submission = copy.deepcopy(MASTER)
    place = submission.cells.index(cell(submission, "test-square"))
    submission.cells.insert(
        place, nbformat.v4.new_code_cell("square(3)", metadata={"tags": ["skip-execution"]})
    )
    sources = [cell.source for cell in restore(SKELETON, submission).notebook.cells]
    assert sources == [cell.source for cell in submission.cells]


def nested(depth):
    """A notebook whose metadata have lists within lists; of some depths JSON can be read, and not be copied."""
    before, behind = data(RELEASE).split(b'"metadata": {}', 1)
    return before + b'"metadata": {"a": ' + b"[" * depth + b"]" * depth + b"}" + behind


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "found no notebook (the file is empty)"),
        (b" \n", "found no notebook (the file is empty)"),
        (b"{", "found no notebook (the file is no JSON, or not all of it)"),
        (b"\x80\x04K\x01.", "found no notebook (the file is no JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "found no notebook (its JSON has brackets within brackets"),
        (nested(100_000), "found no notebook (its JSON has brackets within brackets"),
        (nested(900), "found no notebook (its JSON has brackets within brackets"),
        (b"[1]", "found no notebook (the file is JSON, but not that of a notebook)"),
        (b"{}", "found no notebook (the file is JSON, but"),
        (
            b'{"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "found no notebook (the file is JSON, but",
        ),
        (b" " * 100_000_001, "found more than 100 MB"),
    ],
)
def test_files_that_are_no_notebooks_are_refused(content, complaint):
    with pytest.raises(InputError) as caught:
        read_notebook(content)
    assert str(caught.value).startswith(complaint)


@pytest.mark.usefixtures("own_checks_only")
def test_a_student_has_the_same_seed_everywhere():
    assert student_seed("Ada ") == student_seed("ada") == 4260250381
    assert student_seed("bob") != student_seed("ada")
    for wrong in ("", "  ", None):
        with pytest.raises(InputError, match=r"student: found .*, expected your id"):
            student_seed(wrong)


# Release


def test_release_holds_neither_solutions_nor_hidden_tests(course):
    released = (course.directory / "release" / NAME / f"{NAME}.ipynb").read_text()
    source = (course.directory / "source" / NAME / f"{NAME}.ipynb").read_text()
    for secret in ("number * number", "math.sqrt", "square(-3)", "SOLUTION", "HIDDEN", "same sign"):
        assert secret not in released
        assert secret in source
    assert "assert square(2) == 4" in released


def test_release_is_repeatable_and_spares_changed_files(course):
    files = [path for path in course.directory.rglob("*") if path.is_file() and path.name != "gradebook.db"]
    before = {path: path.read_bytes() for path in files}
    release(BOOK, course)
    assert {path: path.read_bytes() for path in files} == before
    changed = course.directory / "release" / NAME / f"{NAME}.ipynb"
    changed.write_text("{}")
    with pytest.raises(
        InputError, match=r"changed or not made by `release`: release/01_tiny/01_tiny\.ipynb;"
    ):
        release(BOOK, course)
    assert changed.read_text() == "{}"
    release(BOOK, course, force=True)
    assert changed.read_bytes() == before[changed]
    config = course.directory / "nbgrader_config.py"
    config.write_text("# the teacher's own\n")
    release(BOOK, course, force=True)
    assert config.read_text() == "# the teacher's own\n"


def test_a_master_that_nbgrader_refuses_leaves_nothing(tmp_path):
    text = (BOOK / "notebooks" / "assignments" / f"{NAME}.md").read_text()
    root = write(
        tmp_path, {f"notebooks/assignments/{NAME}.md": text.replace("### END SOLUTION", "", 1).encode()}
    )
    course = Course(tmp_path / "course")
    with pytest.raises(InputError, match=r"01_tiny\.md: nbgrader refuses it: .*no end solution"):
        release(root, course)
    assert not course.directory.exists()
    with pytest.raises(InputError, match="there is no assignment 01_tyni; did you mean 01_tiny"):
        release(BOOK, course, ["01_tyni"])


def test_a_source_that_was_not_released_is_not_graded(course):
    path = course.source(NAME)
    path.write_text(path.read_text().replace("square(-3) == 9", "square(-3) == 8"))
    with pytest.raises(InputError, match="found another cell test-square"):
        grade_class(course, NAME)


# Collection


def test_collection_knows_an_assignment_a_person_and_a_single_student(course, tmp_path):
    other = nbformat.v4.new_notebook(
        cells=[cell for cell in MASTER.cells if grade_id(cell) in ("student", None)]
    )
    files = {"zoe.ipynb": data(other), "02_kl.ipynb": data(MASTER), "jose\u0301.ipynb": data(MASTER)}
    found = collect_submissions(course, NAME, write(tmp_path / "first", files))
    assert found.new == ["jos\u00e9"]
    assert found.refused["zoe.ipynb"].startswith("found 1 of the 4 cells for answers")
    assert found.refused["02_kl.ipynb"].startswith("found the name of an assignment")
    one = {f"Ada/{NAME}.ipynb": b"\xef\xbb\xbf" + data(MASTER), "Ada/notes.txt": b"see there"}
    assert collect_submissions(course, NAME, write(tmp_path / "second", one)).new == ["Ada"]
    again = collect_submissions(course, NAME, write(tmp_path / "third", {"ada.ipynb": data(RELEASE)}))
    assert (again.new, again.changed) == ([], ["Ada"]), "capitals do not make another student"


@pytest.mark.parametrize("form", ["folder", "zip", "zip of a folder"])
def test_collection_takes_what_it_can_read_and_names_the_rest(course, tmp_path, form):
    good = {
        "ada.ipynb": data(MASTER),
        f"bob/{NAME}.ipynb": data(RELEASE),
        f"eve/{NAME}/{NAME}.ipynb": data(MASTER),
    }
    bad = {
        "carl.ipynb": b"{",
        "dora.pdf": b"%PDF",
        "emil/homework.ipynb": data(MASTER),
        f"{NAME}.ipynb": data(MASTER),
        "fred.ipynb": data(MASTER),
        f"fred/{NAME}.ipynb": data(MASTER),
        "gina.ipynb": data(nbformat.v4.new_notebook()),
        "h*.ipynb": data(MASTER),
        "a" * 200 + ".ipynb": data(MASTER),
    }
    origin = write(tmp_path / "handed-in", {**good, **bad, "__MACOSX/ada.ipynb": b"", ".DS_Store": b""})
    (origin / "empty.ipynb").mkdir()
    top = "handed-in/" if form == "zip of a folder" else ""
    if form != "folder":
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for path in origin.rglob("*"):
                archive.write(path, top + path.relative_to(origin).as_posix())
        origin = tmp_path / "all.zip"
    found = collect_submissions(course, NAME, origin)
    assert (sorted(found.new), found.changed, found.unchanged) == (["ada", "bob", "eve"], [], [])
    end = "" if form == "folder" else "/"
    assert set(found.refused) == {top + file for file in [*bad, "empty.ipynb" + end]}
    assert found.refused[f"{top}empty.ipynb{end}"] == "found an empty folder, expected a file"
    assert found.refused[top + "h*.ipynb"].startswith(
        'found "h*", expected a student\'s id of at most 100 letters'
    )
    assert found.refused[top + "a" * 200 + ".ipynb"].startswith("found a name of 200 characters, expected")
    assert found.refused[top + "fred.ipynb"] == "found 2 files of fred, expected one"
    assert found.refused[top + "gina.ipynb"].startswith("found 0 of the 4 cells for answers of 01_tiny")
    assert course.submission(NAME, "bob").read_bytes() == data(RELEASE)
    assert set(course.submissions(NAME)) == {"ada", "bob", "eve"}
    again = collect_submissions(
        course, NAME, write(tmp_path / "later", {"ada.ipynb": data(RELEASE), "bob.ipynb": data(RELEASE)})
    )
    assert (again.new, again.changed, again.unchanged) == ([], ["ada"], ["bob"])


def test_paths_links_and_bombs_do_not_leave_the_course(course, tmp_path):
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = 0o120777 << 16
    long = "\u6728" * 100 + ".ipynb"  # a hundred letters, and no name of a folder
    names = [
        "../evil.ipynb",
        f"../{NAME}.ipynb",
        f"a/../../{NAME}.ipynb",
        "/tmp/evil.ipynb",
        "..\\evil.ipynb",
    ]
    with zipfile.ZipFile(tmp_path / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data(MASTER))
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.ipynb", b" " * 200_000_000)
        archive.writestr("ada.ipynb", data(MASTER))
        archive.writestr(long, data(MASTER))
    before = {path for path in tmp_path.rglob("*") if course.directory not in path.parents}
    found = collect_submissions(course, NAME, tmp_path / "evil.zip")
    assert found.new == ["ada"]
    assert set(found.refused) == {*names, "link.ipynb", "bomb.ipynb", long}
    assert found.refused[long] == "found a name of 300 bytes, expected at most 255"
    assert all("leaves the folder" in found.refused[name] for name in names)
    assert {path for path in tmp_path.rglob("*") if course.directory not in path.parents} == before
    assert [path.name for path in (course.directory / "submitted").iterdir()] == ["ada"]
    folder = write(tmp_path / "folder", {"bob.ipynb": data(MASTER)})
    (folder / "carl.ipynb").symlink_to(tmp_path / "evil.zip")
    (folder / "dora").symlink_to(course.submission(NAME, "ada").parent)
    found = collect_submissions(course, NAME, folder)
    assert (found.new, set(found.refused)) == (["bob"], {"carl.ipynb", "dora"})


def test_names_are_quoted_plainly(run, course, tmp_path):
    folder = write(tmp_path / "in", {"tab\t.ipynb": b"{", "it's.ipynb": b"{"})
    os.close(os.open(os.fsencode(folder) + b"/\xff.ipynb", os.O_CREAT))
    code, _, err = run("collect", NAME, folder, "--course", course.directory)
    assert code == 1
    for shown in ("tab\N{REPLACEMENT CHARACTER}", "it's", "\N{REPLACEMENT CHARACTER}"):
        assert f'repsim: "{shown}.ipynb" is not taken: ' in err
        assert f'found "{shown}", expected' in err


# The command


def test_the_command_goes_from_release_to_feedback(run, tmp_path):
    course = ["--course", tmp_path / "course"]
    code, out, _ = run("release", NAME, "--root", BOOK, *course)
    assert (code, out) == (0, f"{tmp_path / 'course' / 'release' / NAME / NAME}.ipynb\n")
    write(tmp_path / "in", {"ada.ipynb": data(MASTER), "bob.ipynb": b"{"})
    code, out, err = run("collect", NAME, tmp_path / "in", *course)
    assert (code, out) == (1, "1 new, 0 changed, 0 unchanged\n")
    assert '"bob.ipynb" is not taken: found no notebook (the file is no JSON' in err
    code, out, err = run("grade", NAME, "--jobs", "2", "--cell-seconds", HANG, *course)
    assert code == 0
    assert re.match(
        r"repsim: isolation: (bubblewrap|none: found no bubblewrap|none: bubblewrap does not work)", err
    )
    assert out.splitlines()[1].split() == ["ada", "needs", "grading", "5", "9", "1"]
    assert re.search(r"01_tiny: 1 of 1 submissions, \d+ s in all", err)
    assert (tmp_path / "course" / "grades.csv").read_text().splitlines() == [
        "assignment,student,state,points,max_points,written_pending,submitted,time_from,attempts,late_days,"
        "deducted,handed_in_by,hours,run,look_at,message",
        "01_tiny,ada,needs grading,5.0,9.0,1,,,1,0,0.0,,,graded,,",
    ]
    code, out, _ = run("feedback", NAME, *course)
    assert (code, out) == (0, f"{tmp_path / 'course' / 'feedback' / 'ada' / NAME}.html\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["release", "02_none", "--root", BOOK], "there is no assignment 02_none"),
        (["release", "--course", "file", "--root", BOOK], "course: found the file"),
        (["release", "--course", "a*", "--root", BOOK], "expected a path without"),
        (["grade", "01_tiny"], "01_tiny: found no such assignment in"),
        (["collect", "01_tiny", "nowhere"], "01_tiny: found no such assignment in"),
        (["feedback", "01_tiny"], "01_tiny: found no grades in"),
        (["release", "", "--root", BOOK], "name: found an empty one, expected that of an assignment"),
        (["collect", "", "nowhere"], "name: found an empty one"),
        (["grade", " "], "name: found an empty one"),
        (["feedback", ""], "name: found an empty one"),
    ],
)
def test_bad_input_ends_with_code_2(run, tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert complaint in err


def test_what_does_not_bind_is_said_before_the_first_submission(run, course, monkeypatch):
    code, _, err = run("grade", NAME, "--isolation", "none", "--course", course.directory)
    lines = err.splitlines()
    assert (code, lines[0]) == (2, "repsim: isolation: none")
    assert lines[1].startswith(
        "repsim: students' code is not contained: it runs with your rights: it can read"
    )
    assert "found no submissions" in lines[-1]
    monkeypatch.setenv("PATH", "")
    code, _, err = run("grade", NAME, "--isolation", "bubblewrap", "--course", course.directory)
    assert (code, "--isolation: found no bubblewrap (the command bwrap), expected that it works" in err) == (
        2,
        True,
    )


def test_bad_input_to_a_released_assignment_ends_with_code_2(run, course, tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    for arguments, complaint in (
        (["grade", NAME], "01_tiny: found no submissions in"),
        (["grade", NAME, "--jobs", "0"], "--jobs: found 0, expected at least 1"),
        (["grade", NAME, "--cell-seconds", "0"], "--cell-seconds: found 0, expected at least 1"),
        (["collect", NAME, tmp_path / "nowhere"], "found no folder and no .zip"),
        (["collect", NAME, tmp_path / "bad.zip"], "found no readable archive"),
    ):
        code, out, err = run(*arguments, "--course", course.directory)
        assert (code, out) == (2, "")
        assert complaint in err
    write(course.directory, {f"submitted/a b/{NAME}/{NAME}.ipynb": data(MASTER)})
    code, _, err = run("grade", NAME, "--course", course.directory)
    assert (code, 'found the folder "a b", expected a student\'s id' in err) == (2, True)


def test_without_nbgrader_a_line_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    code, _, err = run("grade", NAME)
    assert code == 2
    assert err.splitlines() == [
        "repsim: classroom: found no library nbgrader, expected it; to install it: pip install 'repsim-core[classroom]'"
    ]


def test_the_other_commands_import_no_nbgrader():
    code = "import sys; from repsim_book.cli import main; main.main(['--help']); print('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "classroom" in done.stdout
    assert done.stdout.endswith("False\n")
