"""Points and comments that people gave, kept while a submission is graded again.

nbgrader leaves a hand-given score in its place whatever the new answer says, and asks for all of them again. Here a
score stays, and needs no second look, where the answer is the one that it was given to; elsewhere it goes, and is said.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry

from repsim_book.classroom.course import Course
from repsim_book.classroom.notebooks import grade_id, read_notebook
from repsim_core.errors import InputError

# What `answers.restore` writes above text from elsewhere: the place may change while the answer does not.
_PLACE = re.compile(r"\*\*Found in cell \d+:\*\*")


@dataclass(frozen=True)
class Given:
    """What a person gave to one answer.

    Attributes:
        points, extra: the score and the extra credit; None where none was given.
        comment: for the student.
        answer: a hash of the answer.
    """

    points: float | None
    extra: float | None
    comment: str | None
    answer: str


def remembered(course: Course, name: str, student: str, earlier: Mapping[str, Given]) -> dict[str, Given]:
    """What people gave to a student's answers so far, by the names of cells, to be read before a new grading.

    Args:
        earlier: what was remembered when the student was graded last. Of the answers that are graded now the gradebook
            knows better.
    """
    path = course.autograded(name, student)
    if not path.is_file():
        return dict(earlier)
    try:
        answers = _answers(read_notebook(path.read_bytes()))
    except InputError:  # damaged, and about to be written anew
        return dict(earlier)
    with course.gradebook() as gradebook:
        try:
            (notebook,) = gradebook.find_submission(name, student).notebooks
        except (MissingEntry, ValueError):
            return dict(earlier)
        found = {cell: given for cell, given in earlier.items() if answers.get(cell) != given.answer}
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {comment.name: comment.manual_comment for comment in notebook.comments}
        for cell in {**grades, **comments}:
            grade = grades.get(cell)
            points, extra = (grade.manual_score, grade.extra_credit) if grade else (None, None)
            given = Given(points, extra, comments.get(cell), answers.get(cell, ""))
            if (points, extra, given.comment) != (None, None, None):
                found[cell] = given
    return found


def keep_given(course: Course, name: str, student: str, given: Mapping[str, Given]) -> list[str]:
    """Give again what people gave before, to the answers that have not changed.

    Returns:
        A sentence for each answer whose points or comment could not be kept, with the reason.
    """
    path = course.autograded(name, student)
    answers = _answers(read_notebook(path.read_bytes())) if path.is_file() else {}
    lost = []
    with course.gradebook() as gradebook:
        (notebook,) = gradebook.find_submission(name, student).notebooks
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {comment.name: comment for comment in notebook.comments}
        for grade in grades.values():
            if grade.manual_score is not None or grade.extra_credit is not None:
                grade.manual_score = grade.extra_credit = None
                grade.needs_manual_grade = grade.auto_score is None
        for comment in comments.values():
            comment.manual_comment = None
        for cell, was in sorted(given.items()):
            grade, comment = grades.get(cell), comments.get(cell)
            if reason := _lost(
                was, answers.get(cell), None if grade is None else grade.max_score, bool(comment)
            ):
                lost.append(f"{cell}: {_what(was)} by hand before, not kept: {reason}")
                continue
            if grade is not None and (was.points is not None or was.extra is not None):
                grade.manual_score, grade.extra_credit = was.points, was.extra
                grade.needs_manual_grade = was.points is None and grade.auto_score is None
            if comment is not None:
                comment.manual_comment = was.comment
        gradebook.db.commit()
    return lost


def _lost(was: Given, answer: str | None, most: float | None, commented: bool) -> str:
    """Why something cannot be kept; empty where it can."""
    if answer is None:
        return (
            "nothing of this submission was graded" if most is not None else "the assignment has no such cell"
        )
    if answer != was.answer:
        return "the answer is another"
    if was.points is not None and (most is None or was.points > most):
        return f"the cell is worth {most or 0:g} now"
    return ""


def _what(was: Given) -> str:
    points = (was.points or 0) + (was.extra or 0)
    parts = [f"{points:g} points"] if was.points is not None or was.extra is not None else []
    return " and ".join([*parts, *([f'the comment "{was.comment}"'] if was.comment else [])])


def _answers(notebook: NotebookNode) -> dict[str, str]:
    """A hash of the answer by the name of each cell that a person can give something to.

    For a test it is the student's code between the test before and this one.
    """
    found, before = {}, []
    for cell in notebook.cells:
        name, own = grade_id(cell), not utils.is_locked(cell)
        source = _PLACE.sub("", cell.source).strip()
        if own and cell.cell_type == "code":
            before.append(source)
        if name is None:
            continue
        if utils.is_grade(cell) and not utils.is_solution(cell):
            found[name] = _hash(before)
            before = []
        elif utils.is_solution(cell):
            found[name] = _hash([source, cell.get("attachments")])
    return found


def _hash(parts: list) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
