"""Pages of feedback: nbgrader's own, which say what waits, what was withdrawn and what lateness costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback

from repsim_book.classroom.course import Course, require_name
from repsim_book.classroom.decisions import read_decisions
from repsim_book.classroom.feedback_page import FeedbackExporter
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.points import read_points
from repsim_book.classroom.records import read_grading_records
from repsim_book.classroom.report import write_grades
from repsim_book.errors import ClassroomError
from repsim_book.formulas import Typesetter
from repsim_core.errors import InputError, WriteError
from repsim_core.files import write_atomic

# nbgrader's page writes a number where a cell has no points to show. These no person gives.
_PENDING, _WITHDRAWN = -987654.0, -987653.0


@dataclass(frozen=True)
class Feedback:
    """The pages of a class.

    Attributes:
        pages: that were written.
        without: students who have none because their submission could not be executed.
        failed: students who have none because it could not be made, with the reason.
    """

    pages: list[Path] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def write_feedback(course: Course, name: str) -> Feedback:
    """Write nbgrader's page of feedback for each graded submission: feedback/<student>/NN_name.html.

    A page shows the executed notebook, the hidden tests too, with points and comments. An answer that nobody has given
    points for yet is said to wait, a question that was withdrawn not to count. Each member of a group has the page.
    It runs nothing (`feedback_page`). A page that cannot be made costs nobody else theirs; an earlier one of that
    student goes, since it may say what no longer holds.
    The tables of grades are written too: people may have given points since.

    Raises:
        InputError: nothing of the assignment is graded.
    """
    require_name(name)
    records = read_grading_records(course, name)
    if not records:
        raise InputError(
            f"{name}: found no grades in {course.directory}, expected some; to grade: repsim classroom grade {name}"
        )
    grades = write_grades(course)
    rows = {row["student"]: row for row in grades[grades["assignment"] == name].to_dict("records")}
    points, withdrawn = read_points(course).get(name, {}), {*read_decisions(course, name).withdrawn}
    found, made = Feedback(), {}
    with Typesetter() as typesetter:
        for student, row in rows.items():
            whose = row["handed_in_by"] if isinstance(row["handed_in_by"], str) else student
            path = course.directory / "feedback" / student / f"{name}.html"
            if whose not in records:
                continue
            if not course.autograded(name, whose).is_file():
                found.without.append(student)
                path.unlink(missing_ok=True)
                continue
            shown = dict.fromkeys(withdrawn, _WITHDRAWN)
            shown |= {
                each.cell: _PENDING
                for each in points.get(whose, ())
                if each.pending and each.cell not in withdrawn
            }
            try:
                if whose not in made:
                    made[whose] = _said(_page(course, name, whose, shown, typesetter), row, len(withdrawn))
                write_atomic(path, made[whose].encode())
                found.pages.append(path)
            except (ClassroomError, WriteError) as error:
                found.failed[student] = str(error)
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    return found


def _page(course: Course, name: str, student: str, shown: Mapping[str, float], typesetter: Typesetter) -> str:
    """nbgrader's page, with these numbers for the points of some cells."""
    notebook = course.autograded(name, student)
    converter = GenerateFeedback(coursedir=course.nbgrader(name, student))
    try:
        exporter = FeedbackExporter(typesetter, parent=converter, config=converter.config)
        for preprocessor in converter.preprocessors:
            exporter.register_preprocessor(preprocessor)
        exporter.register_preprocessor(_show(shown), enabled=True)
        resources = converter.init_single_notebook_resources(str(notebook))
        page, _ = exporter.from_filename(str(notebook), resources=resources)
    except Exception as error:  # of nbgrader, nbconvert or SQLAlchemy
        problem = f"{type(error).__name__}: {error}"
        raise ClassroomError(f"{name}: nbgrader failed at the feedback of {student}: {problem}") from error
    return page


def _show(shown: Mapping[str, float]) -> Callable[[NotebookNode, Any], tuple[NotebookNode, Any]]:
    """A preprocessor that gives cells these numbers."""

    def mark(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        for cell in notebook.cells:
            if (name := grade_id(cell)) is not None and name in shown:
                cell.metadata.nbgrader["score"] = shown[name]
        return notebook, resources

    return mark


def _said(page: str, row: Mapping[str, Any], withdrawn: int) -> str:
    """The page in words: what waits, what was withdrawn, and the sum with what it is made of."""
    page = re.sub(rf"Score: {_PENDING} / ([\d.]+)", r"Not graded yet, at most \1", page)
    page = re.sub(rf"Score: {_WITHDRAWN} / [\d.]+", "Withdrawn, not counted", page)
    pending, late = int(row["written_pending"]), int(row["late_days"])
    so_far = " so far" if pending else ""
    parts = [f"(Score: {_number(row['points'])} / {_number(row['max_points'])}{so_far}"]
    if pending:
        parts.append(f"{pending} answer{'s' * (pending > 1)} not graded yet")
    if withdrawn:
        parts.append(f"{withdrawn} question{'s' * (withdrawn > 1)} withdrawn")
    if row["deducted"]:
        parts.append(f"{_number(row['deducted'])} taken off for {late} late day{'s' * (late > 1)}")
    return re.sub(r"\(Score: [-\d.]+ / [\d.]+\)(</h4>)", "; ".join(parts) + r")\1", page, count=1)


def _number(points: float) -> str:
    """As the rest of the page has it."""
    return str(round(float(points), 2))
