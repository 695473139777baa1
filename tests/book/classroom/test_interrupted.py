"""A class whose grading is interrupted: nothing that has run is executed again."""

import os
import signal
import sys

import pytest
from processes import HANG, MEETING, REPORT, Meeting, running
from tiny import MASTER, NAME, RELEASE, answered, data, write

from repsim_book.classroom import grade_class as grade_class_module
from repsim_book.classroom.apart.limits import DEFAULT_LIMITS
from repsim_book.classroom.executed import all_executed
from repsim_book.classroom.grade_class import GradeProgress, grade_class
from repsim_book.classroom.isolated import ExecutedSubmission, Limits
from repsim_book.classroom.records import read_grading_records
from repsim_book.classroom.report import write_grades
from repsim_book.cli import grading, progress

LIMITS = Limits(cell_seconds=HANG)
LOOP = f"import os\n{REPORT}\nwhile True: pass"


@pytest.fixture
def executed(monkeypatch):
    """Who is executed from now on, in this process; nothing runs."""
    found = []

    def execute(notebook, *, student, **_):
        found.append(student)
        return ExecutedSubmission(notebook, "graded", "")

    def begin():
        monkeypatch.setattr(grade_class_module, "execute_apart", execute)
        return found

    return begin


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)])
def test_what_has_run_is_kept_when_grading_is_killed(course, tmp_path, executed, number):
    handed_in = {
        "ada": MASTER,
        "bob": answered(square="def square(number): return 5"),
        "eve": answered(root=LOOP),
    }
    for student, notebook in handed_in.items():
        write(course.directory, {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(notebook)})
    words = ["classroom", "grade", NAME, "--cell-seconds", str(HANG), "--course", course.directory]
    environment = os.environ | {MEETING: str(tmp_path / "meeting")}
    with (
        Meeting(tmp_path / "meeting") as meeting,
        running(
            [sys.executable, "-m", "repsim_book", *words, "--isolation", "none"], env=environment
        ) as process,
    ):
        meeting.reports(1)  # eve runs, the others have
        process.send_signal(number)
        process.wait()
        meeting.ended()
    assert read_grading_records(course, NAME) == {}
    assert [path.parent.name for path in all_executed(course, NAME)] == ["ada", "bob"]
    again = executed()
    grade_class(course, NAME, limits=LIMITS)
    assert again == ["eve"]
    points = write_grades(course).set_index("student")["points"]
    assert dict(points) == {"ada": 5, "bob": 3, "eve": 5}
    assert all_executed(course, NAME) == []


def stopped(course, executed):
    """A class of which one has run when grading was interrupted, or both: who is executed after that, and who was not
    kept."""
    for student in ("ada", "bob"):
        write(course.directory, {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(MASTER)})
    found = executed()

    def stop(progress):
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_class(course, NAME, limits=LIMITS, progress=stop)
    there = [path.parent.name for path in all_executed(course, NAME)]
    assert there[:1] == ["ada"]
    found.clear()
    return found, [student for student in ("ada", "bob") if student not in there]


def test_what_is_kept_counts_for_the_same_work_under_the_same_limits_only(course, executed):
    again, lost = stopped(course, executed)
    write(course.directory, {f"submitted/ada/{NAME}/{NAME}.ipynb": data(RELEASE)})
    grade_class(course, NAME, limits=LIMITS)
    assert again == ["ada", *lost]


@pytest.mark.parametrize(
    ("limits", "force"), [(LIMITS, True), (Limits(cell_seconds=HANG, megabytes=3000), False)]
)
def test_force_and_other_limits_execute_all_again(course, executed, limits, force):
    again, _ = stopped(course, executed)
    grade_class(course, NAME, limits=limits, force=force)
    assert again == ["ada", "bob"]


def test_a_kept_result_that_is_damaged_is_none(course, executed):
    again, lost = stopped(course, executed)
    all_executed(course, NAME)[0].write_text('{"key": 1}')
    grade_class(course, NAME, limits=LIMITS)
    assert again == ["ada", *lost]


def test_what_an_interrupted_submission_changed_is_put_back_and_nothing_of_it_kept(
    course, executed, monkeypatch
):
    """It runs with the rights of who grades, and nobody knows yet which submission it was."""
    for student in ("ada", "bob"):
        write(course.directory, {f"submitted/{student}/{NAME}/{NAME}.ipynb": data(MASTER)})

    def harm(notebook, **_):
        course.submission(NAME, "bob").write_bytes(b"{}")
        return ExecutedSubmission(notebook, "graded", "")

    def stop(progress):
        if progress.done:
            raise KeyboardInterrupt

    monkeypatch.setattr(grade_class_module, "execute_apart", harm)
    with pytest.raises(KeyboardInterrupt):
        grade_class(course, NAME, limits=LIMITS, progress=stop)
    assert course.submission(NAME, "bob").read_bytes() == data(MASTER)
    assert all_executed(course, NAME) == []


def test_progress_names_who_takes_longest(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_QUIET", -1)
    report = grading.Reporter("01_twins")
    report(GradeProgress(2, 30, 0, 2, 400.0, 240.0, ("ada", 200.0)))
    report(GradeProgress(3, 30, 0, 2, 410.0, 240.0, ("bob", 20.0)))
    report(GradeProgress(3, 30, 0, 2, 410.0, 240.0, ("bob", 80.0)))
    monkeypatch.setattr(progress, "_STILL", -1)
    report(GradeProgress(3, 30, 0, 2, 710.0, 240.0, ("bob", 320.0)))
    assert capsys.readouterr().err.splitlines() == [
        "01_twins: 2 of 30 submissions, about 4 min left, ada since 3 min",
        "01_twins: 3 of 30 submissions, about 4 min left",
        "01_twins: 3 of 30 submissions, about 4 min left, bob since 5 min",
    ]


def test_what_is_left_is_no_less_than_what_a_loop_may_take(monkeypatch, capsys):
    """Where others still wait and nobody takes long, the mean says more."""
    monkeypatch.setattr(progress, "_QUIET", -1)
    report = grading.Reporter("01_twins")
    report(GradeProgress(10, 16, 0, 1, 300.0, 180.0, ("ada", 5.0), 595.0))
    report(GradeProgress(11, 16, 0, 1, 400.0, 180.0, ("ada", 105.0), 495.0))
    report(GradeProgress(15, 16, 0, 1, 450.0, 30.0, ("eve", 5.0), 595.0))
    assert capsys.readouterr().err.splitlines() == [
        "01_twins: 10 of 16 submissions, about 3 min left",
        "01_twins: 11 of 16 submissions, about 3 min left, at most 8 min for those at work, ada since 2 min",
        "01_twins: 15 of 16 submissions, about 30 s left, at most 10 min for those at work",
    ]


def test_progress_knows_who_runs(course, monkeypatch):
    write(course.directory, {f"submitted/ada/{NAME}/{NAME}.ipynb": data(MASTER)})
    seen = []

    def execute(notebook, **_):
        while not any(each.longest for each in seen):
            pass
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(grade_class_module, "execute_apart", execute)
    monkeypatch.setattr(grade_class_module, "_TICK", 0.01)
    grade_class(course, NAME, progress=seen.append)
    assert {each.longest[0] for each in seen if each.longest} == {"ada"}
    assert {0 < each.seconds_most <= DEFAULT_LIMITS.seconds for each in seen if each.seconds_most} == {True}
    assert seen[-1].longest is None


def test_after_an_interruption_the_tables_have_what_has_been_recorded(course, executed, monkeypatch, run):
    """The summary names a column of grades.csv."""
    write(course.directory, {f"submitted/ada/{NAME}/{NAME}.ipynb": data(MASTER)})
    executed()
    grade_class(course, NAME)
    write(course.directory, {f"submitted/bob/{NAME}/{NAME}.ipynb": data(MASTER)})

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(grade_class_module, "grade_class", interrupt)
    code, _, err = run("grade", NAME, "--course", course.directory)
    assert (code, f"to go on: repsim classroom grade {NAME}" in err) == (130, True)
    rows = (course.directory / "grades.csv").read_text().splitlines()[1:]
    assert [row.split(",")[1:3] for row in rows] == [["ada", "needs grading"], ["bob", "ungraded"]]
