"""Points into the gradebook: of an executed submission, or none."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.preprocessors import CheckCellMetadata, Execute, OverwriteCells, OverwriteKernelspec

from repsim_book.classroom.course import Course, convert


def store(course: Course, name: str, student: str, executed: NotebookNode) -> None:
    """What nbgrader's `autograde` does, with the executed notebook for the submitted one and without executing.

    Raises:
        ClassroomError: nbgrader cannot grade it.
    """

    def take(_: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        return executed, resources

    converter = Autograde(coursedir=course.nbgrader(name, student), force=True)
    converter.sanitize_preprocessors = [take, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
    converter.autograde_preprocessors = [p for p in converter.autograde_preprocessors if p is not Execute]
    convert(name, converter)


def have_wait(course: Course, name: str, student: str, tests: Sequence[str]) -> None:
    """Have these tests wait for a person, as written answers do."""
    if tests:
        with course.gradebook() as gradebook:
            for test in tests:
                grade = gradebook.find_grade(test, name, name, student)
                grade.auto_score, grade.needs_manual_grade = None, True
            gradebook.db.commit()


def no_points(course: Course, name: str, student: str) -> None:
    """What the gradebook and the folders hold of an earlier submission counts no more."""
    with course.gradebook() as gradebook:
        gradebook.update_or_create_student(student)
        for notebook in gradebook.update_or_create_submission(name, student).notebooks:
            for grade in notebook.grades:
                grade.auto_score, grade.manual_score, grade.needs_manual_grade = 0, None, False
        gradebook.db.commit()
    shutil.rmtree(course.autograded(name, student).parent, ignore_errors=True)
