"""What is known about a class: grades.csv, a row an assignment and student, and cells.csv, a row a graded cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from repsim_book.classroom.answers import is_blank
from repsim_book.classroom.attempts import Attempt, attempts_of, counting_attempts
from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import Decisions, read_decisions
from repsim_book.classroom.groups import Shared, numbers_beside, shared_work
from repsim_book.classroom.notebooks import read_notebook, time_spent
from repsim_book.classroom.origins import ARCHIVE
from repsim_book.classroom.points import Points, graded_cells, read_points
from repsim_book.classroom.records import GradingRecord, grading_key, read_grading_records
from repsim_book.classroom.roster import ROSTER, Roster, read_roster
from repsim_book.classroom.settings import SETTINGS, Settings, read_settings
from repsim_book.classroom.standing import standing
from repsim_book.classroom.tables import write_table
from repsim_core.errors import InputError

GRADES, CELLS = "grades.csv", "cells.csv"
_GRADES = (
    "assignment",
    "student",
    "state",
    "points",
    "max_points",
    "written_pending",
    "submitted",
    "time_from",
    "attempts",
    "late_days",
    "deducted",
    "handed_in_by",
    "hours",
    "run",
    "look_at",
    "message",
)
_CELLS = ("assignment", "student", "cell", "points", "max_points", "pending", "withdrawn")


@dataclass(frozen=True)
class ClassTables:
    """All that is known about a class.

    Attributes:
        grades: a row an assignment and student; see `write_grades`.
        cells: a row a graded cell.
    """

    grades: pd.DataFrame
    cells: pd.DataFrame


def class_tables(course: Course) -> ClassTables:
    """The tables of a class as its files are now; nothing is written, so that this can be while a class is graded.

    Raises:
        InputError: there is no such course, or a file that the teacher writes cannot be read.
    """
    grades: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    points = read_points(course)
    for name in assignments(course):
        found = _Assignment(course, name, points.get(name, {}))
        grades += [{"assignment": name, **found.row(student)} for student in found.students]
        cells += [{"assignment": name, **row} for row in found.cells()]
    return ClassTables(pd.DataFrame(grades, columns=_GRADES), pd.DataFrame(cells, columns=_CELLS))


def write_grades(course: Course) -> pd.DataFrame:
    """Write grades.csv and cells.csv anew from the gradebook and the files of the course.

    `state` is one of `standing.STATES`. Points are those given so far, by the tests and by people, without questions
    that were withdrawn and less what lateness costs (`deducted`); `written_pending` counts the answers that wait for a
    person, `look_at` says what else one has to look at, `run` how the execution went. Of the roster, those who handed
    in nothing have a row too; members of a group share that of `handed_in_by`. `hours` is what the notebook gives.

    Returns:
        The table of grades.csv.

    Raises:
        InputError: a file that the teacher writes cannot be read.
    """
    tables = class_tables(course)
    write_table(course.directory / GRADES, tables.grades)
    write_table(course.directory / CELLS, tables.cells)
    return tables.grades


def assignments(course: Course) -> list[str]:
    """Those of which something was handed in or graded."""
    found = {path.name for path in (course.directory / "grading").glob("*")}
    return sorted(found | {path.parent.name for path in course.directory.glob("submitted/*/*/*.ipynb")})


class _Assignment:
    """All that is known of an assignment."""

    def __init__(self, course: Course, name: str, points: Mapping[str, list[Points]]) -> None:
        self.course, self.name, self.points = course, name, points
        self.submissions = course.submissions(name)
        self.records: dict[str, GradingRecord] = read_grading_records(course, name)
        self.attempts: dict[str, Attempt] = counting_attempts(course, name)
        self.settings: Settings = read_settings(course.directory / SETTINGS, name)
        self.decisions: Decisions = read_decisions(course, name)
        self.roster: Roster | None = read_roster(course.directory / ROSTER)
        self.shared: Shared = shared_work(course, name, self.submissions)
        cells = graded_cells(course, name)
        self.most = sum(most for cell, most in cells.items() if cell not in self.decisions.withdrawn)
        try:
            self.skeleton: NotebookNode | None = course.skeleton(name)
        except InputError:  # changed, or no more there
            self.skeleton = None

    @property
    def students(self) -> list[str]:
        known = self.roster.students if self.roster else {}
        return sorted({*known, *self.submissions, *self.records, *self.shared.whose})

    def row(self, student: str) -> dict[str, Any]:
        whose = self.shared.whose.get(student, student)
        record, attempt = self.records.get(whose), self.attempts.get(whose)
        found = [each for each in self.points.get(whose, ()) if each.cell not in self.decisions.withdrawn]
        earned, pending = sum(each.points for each in found), sum(each.pending for each in found)
        late_days = self._late_days(whose, attempt)
        told = attempt is not None and attempt.time_from != ARCHIVE
        deducted = self.settings.deduction(late_days, earned, self.most) if told else 0.0
        look_at = [*(record.look_at if record else ()), *self._asked(student, attempt, late_days, told)]
        key, notebook = self._key(whose), self._notebook(whose)
        return {
            "student": student,
            "state": standing(
                handed_in=whose in self.submissions or record is not None or student in self.shared.asks,
                run=record.state if record else "none" if student in self.shared.asks else None,
                current=record is None or key is None or record.key == key,
                look_at=look_at,
                pending=pending,
                seen=record is not None and self.decisions.seen.get(whose) == record.key,
                blank=bool(self.skeleton and notebook and is_blank(self.skeleton, notebook)),
            ),
            "points": earned - deducted,
            "max_points": self.most,
            "written_pending": pending,
            "submitted": attempt.time.isoformat(sep=" ", timespec="seconds")
            if attempt and attempt.time
            else None,
            "time_from": attempt.time_from if attempt else None,
            "attempts": len(attempts_of(self.course, self.name, whose)) if attempt else None,
            "late_days": late_days,
            "deducted": deducted,
            "handed_in_by": whose if whose != student else None,
            "hours": time_spent(notebook) if notebook else None,  # where the notebook asks for it
            "run": record.state if record else None,
            "look_at": "; ".join(look_at),
            "message": record.message if record else None,
        }

    def _notebook(self, student: str) -> NotebookNode | None:
        """What was handed in, if it can be read."""
        try:
            return read_notebook(self.submissions[student].read_bytes())
        except (KeyError, OSError, InputError):
            return None

    def _late_days(self, student: str, attempt: Attempt | None) -> int:
        if attempt is None:
            return 0
        members = self.shared.members.get(student, (student,))
        extra = self.roster.extra_time(*members) if self.roster else timedelta(0)
        return self.settings.late_days(attempt.time, extra)

    def _asked(self, student: str, attempt: Attempt | None, late_days: int, told: bool) -> Iterator[str]:
        """What a person has to decide, beyond what the grading has found."""
        if student in self.shared.asks:
            yield self.shared.asks[student]
        if attempt and self.settings.lateness_costs:
            if attempt.late and attempt.time is None:
                yield "late, says the learning system, and not by how much; the time: collect --times"
            elif late_days and not told:
                yield f"late days: {late_days}, if the time in the archive is right; nothing is deducted for it"

    def cells(self) -> list[dict[str, Any]]:
        return [
            {
                "student": student,
                "cell": each.cell,
                "points": each.points,
                "max_points": each.most,
                "pending": each.pending,
                "withdrawn": each.cell in self.decisions.withdrawn,
            }
            for student in self.records
            for each in self.points.get(student, ())
        ]

    def _key(self, student: str) -> str | None:
        """What the grade of the submission as it is depends on; None where that cannot be known."""
        path = self.submissions.get(student)
        if self.skeleton is None or path is None:
            return None
        data = path.read_bytes()
        return grading_key(self.skeleton, data, numbers_beside(data, student, self.shared.members))
