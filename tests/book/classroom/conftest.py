"""A course in which the tiny assignment is released."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from places import CLASSROOM as BOOK

if find_spec("nbgrader") is None:  # the extra classroom is not installed
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """The folder of the course, not to be changed."""
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.release import release

    course = Course(tmp_path_factory.mktemp("released") / "course")
    release(BOOK, course)
    return course.directory


@pytest.fixture
def course(released: Path, tmp_path: Path):
    """A course of one's own."""
    from repsim_book.classroom.course import Course

    return Course(shutil.copytree(released, tmp_path / "course"))


@pytest.fixture
def not_executed(monkeypatch) -> None:
    """Submissions are graded as if all of their cells had run without an error."""
    from repsim_book.classroom import grade_class
    from repsim_book.classroom.isolated import ExecutedSubmission

    def execute(notebook, **_):
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(grade_class, "execute_apart", execute)


@pytest.fixture
def run(capsys):
    """Types a command of the classroom: its exit code and what it said."""
    from repsim_book.cli import main

    def call(*arguments):
        code = main.main(["classroom", *map(str, arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call
