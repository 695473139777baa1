"""What is known about a class: tables of points and states, and pages of feedback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateFeedback

from repsim_book.classroom.course import Course, require_name
from repsim_book.classroom.grade_class import read_grading_records
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.roster import ROSTER, read_roster
from repsim_book.errors import ClassroomError
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

GRADES, CELLS = "grades.csv", "cells.csv"
# nbgrader's page writes a number where an answer has no points yet. This one no person gives.
_PENDING = -987654.0
_GRADES = ("assignment", "student", "state", "points", "max_points", "written_pending", "look_at", "message")
_CELLS = ("assignment", "student", "cell", "points", "max_points", "pending")


def write_grades(course: Course) -> pd.DataFrame:
    """Write grades.csv (a row an assignment and student) and cells.csv (a row a graded cell) anew from the gradebook.

    Points are those given so far, by the tests and by people; `written_pending` counts the answers that wait for a
    person, `look_at` says what else one has to look at. Of the roster, those who handed in nothing have a row too.

    Returns:
        The table of grades.csv.
    """
    grades: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    roster = read_roster(course.directory / ROSTER)
    with course.gradebook() as gradebook:
        for name in sorted(path.name for path in (course.directory / "grading").glob("*")):
            records = read_grading_records(course, name)
            for student, record in records.items():
                try:
                    submission = gradebook.find_submission(name, student)
                except MissingEntry:  # removed from the gradebook since
                    continue
                found = [grade for notebook in submission.notebooks for grade in notebook.grades]
                cells += [
                    {
                        "assignment": name,
                        "student": student,
                        "cell": grade.name,
                        "points": grade.score,
                        "max_points": grade.max_score,
                        "pending": bool(grade.needs_manual_grade),
                    }
                    for grade in sorted(found, key=lambda grade: grade.name)
                ]
                grades.append(
                    {
                        "assignment": name,
                        "student": student,
                        "state": record.state,
                        "points": sum(grade.score for grade in found),
                        "max_points": sum(grade.max_score for grade in found),
                        "written_pending": sum(bool(grade.needs_manual_grade) for grade in found),
                        "look_at": "; ".join(record.look_at),
                        "message": record.message,
                    }
                )
            handed_in = {*records, *course.submissions(name)}
            grades += [
                {
                    "assignment": name,
                    "student": student,
                    "state": "nothing",
                    "points": 0.0,
                    "written_pending": 0,
                }
                for student in (roster.students if roster else ())
                if student not in handed_in
            ]
    tables = {GRADES: pd.DataFrame(grades, columns=_GRADES), CELLS: pd.DataFrame(cells, columns=_CELLS)}
    for file, table in tables.items():
        write_atomic(course.directory / file, table.to_csv(index=False, lineterminator="\n").encode())
    return tables[GRADES]


def write_feedback(course: Course, name: str) -> tuple[list[Path], list[str]]:
    """Write nbgrader's page of feedback for each graded submission: feedback/<student>/NN_name.html.

    A page shows the executed notebook, the hidden tests too, with points and comments. An answer that nobody has given
    points for yet is said to wait.

    Returns:
        The pages, and the students who have none because their submission could not be executed.

    Raises:
        InputError: nothing of the assignment is graded.
        ClassroomError: nbgrader failed.
    """
    require_name(name)
    records = read_grading_records(course, name)
    if not records:
        raise InputError(
            f"{name}: found no grades in {course.directory}, expected some; to grade: repsim classroom grade {name}"
        )
    pages, without = [], []
    for student in records:
        notebook = course.autograded(name, student)
        if not notebook.is_file():
            without.append(student)
            earlier = course.directory / "feedback" / student / f"{name}.html"
            earlier.unlink(missing_ok=True)
            continue
        converter = GenerateFeedback(coursedir=course.nbgrader(name, student))
        try:
            exporter = converter.exporter_class(parent=converter, config=converter.config)
            for preprocessor in converter.preprocessors:
                exporter.register_preprocessor(preprocessor)
            exporter.register_preprocessor(_mark_pending(course, name, student), enabled=True)
            resources = converter.init_single_notebook_resources(str(notebook))
            page, _ = exporter.from_filename(str(notebook), resources=resources)
        except Exception as error:  # of nbgrader, nbconvert or SQLAlchemy
            problem = f"{type(error).__name__}: {error}"
            raise ClassroomError(
                f"{name}: nbgrader failed at the feedback of {student}: {problem}"
            ) from error
        path = course.directory / "feedback" / student / f"{name}.html"
        write_atomic(path, _said_pending(page).encode())
        pages.append(path)
    return pages, without


def _mark_pending(
    course: Course, name: str, student: str
) -> Callable[[NotebookNode, Any], tuple[NotebookNode, Any]]:
    """A preprocessor that tells answers which wait for a person from those with 0 points."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(name, student)
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        pending = {grade.name for grade in grades if grade.needs_manual_grade}

    def mark(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        for cell in notebook.cells:
            if grade_id(cell) in pending:
                cell.metadata.nbgrader["score"] = _PENDING
        return notebook, resources

    return mark


def _said_pending(page: str) -> str:
    """A page of feedback in which answers without points are said to wait; the sum says how many do."""
    waiting = re.compile(rf"Score: {_PENDING} / ([\d.]+)")
    # Each is there twice, in the contents and at its cell.
    if count := len(waiting.findall(page)) // 2:
        page = waiting.sub(r"Not graded yet, at most \1", page)
        left = f"{count} answer{'s' * (count > 1)} not graded yet"
        page = re.sub(r"(\(Score: [\d.]+ / [\d.]+)\)(</h4>)", rf"\1 so far; {left})\2", page, count=1)
    return page
