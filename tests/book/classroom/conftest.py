"""A course in which the tiny assignment is released."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from places import CLASSROOM as BOOK

if find_spec("nbgrader") is None:  # the extra classroom is not installed
    collect_ignore = [
        "test_answers.py",
        "test_cheats.py",
        "test_collect.py",
        "test_judge.py",
        "test_sandbox.py",
        "test_suspicions.py",
        "test_watch.py",
    ]


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """The folder of the course, not to be changed."""
    from repsim_book.classroom.course import Course, release

    course = Course(tmp_path_factory.mktemp("released") / "course")
    release(BOOK, course)
    return course.directory


@pytest.fixture
def course(released: Path, tmp_path: Path):
    """A course of one's own."""
    from repsim_book.classroom.course import Course

    return Course(shutil.copytree(released, tmp_path / "course"))
