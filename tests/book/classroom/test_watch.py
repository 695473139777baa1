"""Code of a student that changes the course: put back, named, and nobody else's loss."""

import threading

import pytest
from processes import HANG
from tiny import MASTER, NAME, data, write

from repsim_book.classroom import grade_class as grade_class_module
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.isolated import ExecutedSubmission
from repsim_book.classroom.watch import Watch


@pytest.fixture
def course(course, tmp_path):
    """With three submissions."""
    files = {f"{name}.ipynb": data(MASTER) for name in ("ada", "bob", "eve")}
    collect_submissions(course, NAME, write(tmp_path / "in", files))
    return course


def test_what_was_changed_removed_or_added_is_put_back(course):
    watch = Watch(course)
    assert watch.undo() == []
    mine, other = course.submission(NAME, "ada"), course.submission(NAME, "bob")
    before = mine.read_bytes()
    mine.write_bytes(b"{}")
    other.unlink()
    (course.directory / "submitted" / "zoe").mkdir()
    (course.directory / "submitted" / "zoe" / "file").write_text("")
    assert watch.undo() == [
        f"submitted/ada/{NAME}/{NAME}.ipynb",
        f"submitted/bob/{NAME}/{NAME}.ipynb",
        "submitted/zoe/file",
    ]
    assert (mine.read_bytes(), other.read_bytes()) == (before, before)
    assert watch.undo() == []


@pytest.mark.parametrize("jobs", [1, 3])
def test_who_changes_the_course_is_named_and_the_others_are_graded(course, monkeypatch, jobs):
    meeting = threading.Barrier(jobs)
    again = set()

    def execute(notebook, *, student, **_):
        if student not in again and jobs > 1:
            meeting.wait(HANG)  # all run at once, the first time
        again.add(student)
        if student == "eve":
            course.submission(NAME, "ada").write_bytes(b"{}")
            (course.directory / "gradebook.db").write_bytes(b"")
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(grade_class_module, "execute_apart", execute)
    records = {record.student: record for record in grade_class(course, NAME, jobs=jobs)}
    assert {student: record.state for student, record in records.items()} == {
        "ada": "graded",
        "bob": "graded",
        "eve": "harmful",
    }
    assert records["eve"].message == (
        "it changed files of the course, which are as before: gradebook.db, "
        f"submitted/ada/{NAME}/{NAME}.ipynb"
    )
    assert course.submission(NAME, "ada").read_bytes() == data(MASTER)
    with course.gradebook() as gradebook:
        assert len(gradebook.students) == 3
