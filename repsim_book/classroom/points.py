"""The points of a course as they stand in its gradebook, read at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

from repsim_book.classroom.course import Course


@dataclass(frozen=True)
class Points:
    """Those of one graded cell in one submission.

    Attributes:
        cell: its name.
        points, most: given so far, and possible.
        pending: it waits for a person.
    """

    cell: str
    points: float
    most: float
    pending: bool


def read_points(course: Course) -> dict[str, dict[str, list[Points]]]:
    """By assignment and student, the points of each graded cell, by its name."""
    found: dict[str, dict[str, list[Points]]] = defaultdict(lambda: defaultdict(list))
    with course.gradebook() as gradebook:
        rows = (
            gradebook.db.query(
                Assignment.name,
                SubmittedAssignment.student_id,
                BaseCell.name,
                Grade.score,
                Grade.max_score,
                Grade.needs_manual_grade,
            )
            .select_from(Grade)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .join(BaseCell, Grade.cell_id == BaseCell.id)
            .order_by(BaseCell.name)
        )
        for name, student, cell, points, most, pending in rows:
            found[name][student].append(Points(cell, float(points), float(most), bool(pending)))
    return found


def graded_cells(course: Course, name: str) -> dict[str, float]:
    """The most points of each graded cell of an assignment."""
    with course.gradebook() as gradebook:
        rows = (
            gradebook.db.query(GradeCell.name, GradeCell.max_score)
            .join(Notebook, GradeCell.notebook_id == Notebook.id)
            .join(Assignment, Notebook.assignment_id == Assignment.id)
            .filter(Assignment.name == name)
        )
        return {cell: float(most) for cell, most in rows}
