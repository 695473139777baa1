"""What is known about a class: tables of points and states, and pages of feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateFeedback

from repsim_book.classroom.course import Course, require_name
from repsim_book.classroom.grade_class import read_grading_records
from repsim_book.errors import ClassroomError
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

GRADES, CELLS = "grades.csv", "cells.csv"
_GRADES = ("assignment", "student", "state", "points", "max_points", "written_pending", "message")
_CELLS = ("assignment", "student", "cell", "points", "max_points", "pending")


def write_grades(course: Course) -> pd.DataFrame:
    """Write grades.csv (a row an assignment and student) and cells.csv (a row a graded cell) anew from the gradebook.

    Points are those given so far, by the tests and by people; `written_pending` counts the answers that wait for a
    person.

    Returns:
        The table of grades.csv.
    """
    grades: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    with course.gradebook() as gradebook:
        for name in sorted(path.name for path in (course.directory / "grading").glob("*")):
            for student, record in read_grading_records(course, name).items():
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
                        "message": record.message,
                    }
                )
    tables = {GRADES: pd.DataFrame(grades, columns=_GRADES), CELLS: pd.DataFrame(cells, columns=_CELLS)}
    for file, table in tables.items():
        write_atomic(course.directory / file, table.to_csv(index=False, lineterminator="\n").encode())
    return tables[GRADES]


def write_feedback(course: Course, name: str) -> tuple[list[Path], list[str]]:
    """Write nbgrader's page of feedback for each graded submission: feedback/<student>/NN_name.html.

    A page shows the executed notebook, the hidden tests too, with points and comments.

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
            resources = converter.init_single_notebook_resources(str(notebook))
            page, _ = exporter.from_filename(str(notebook), resources=resources)
        except Exception as error:  # of nbgrader, nbconvert or SQLAlchemy
            problem = f"{type(error).__name__}: {error}"
            raise ClassroomError(
                f"{name}: nbgrader failed at the feedback of {student}: {problem}"
            ) from error
        path = course.directory / "feedback" / student / f"{name}.html"
        write_atomic(path, page.encode())
        pages.append(path)
    return pages, without
