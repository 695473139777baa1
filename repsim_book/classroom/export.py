"""Grades for a learning system to import: the columns that Moodle and Canvas read, or everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repsim_book.classroom.course import Course
from repsim_book.classroom.report import class_tables
from repsim_book.classroom.roster import ROSTER, Student, read_roster
from repsim_book.classroom.tables import write_table
from repsim_core.errors import InputError

SYSTEMS = ("moodle", "canvas", "csv")
# Nothing is left to do for these.
_FINAL = ("graded", "nothing")
_EVERYTHING = ("id", "name", "email", "lms_id", "group")


def export_grades(
    course: Course, name: str, system: str, *, column: str | None = None, unfinished: bool = False
) -> tuple[Path, list[str]]:
    """Write export/NN_name-<system>.csv.

    For Canvas and Moodle a student whose grade is not final has no row: both would take an empty cell for an order to
    delete a grade. Who handed in nothing has 0 points. Of Moodle's two ways of naming a grade, points and percent, the
    file has both. Texts that a spreadsheet would take for formulas are made harmless (`tables.write_table`).

    Args:
        system: one of `SYSTEMS`.
        column: what the column of points is called. Canvas's own name of an assignment ends with its number in
            parentheses, as its exported gradebook shows; by default that of the assignment, which Canvas asks about.
        unfinished: rows for all, with the points given so far.

    Returns:
        The file, and the students left out because their grade is not final.

    Raises:
        InputError: nothing of the assignment was handed in, or Canvas or Moodle is asked for without a roster.
    """
    if system not in SYSTEMS:
        raise InputError(f"system: found {system}, expected one of {', '.join(SYSTEMS)}")
    roster = read_roster(course.directory / ROSTER)
    if roster is None and system != "csv":
        raise InputError(f"{ROSTER}: found none, expected names and addresses for {system} in it")
    grades = class_tables(course).grades
    grades = grades[grades["assignment"] == name]
    if grades.empty:
        raise InputError(f"{name}: found nothing that was handed in, expected some")
    left_out = [] if unfinished else sorted(grades.loc[~grades["state"].isin(_FINAL), "student"])
    students = [(roster.students if roster else {}).get(id_, Student(id_)) for id_ in grades["student"]]
    table = {"moodle": _moodle, "canvas": _canvas, "csv": _everything}[system](
        students, grades, column or name
    )
    if system != "csv":
        table = table[~grades["student"].isin(left_out).to_numpy()]
    if system == "canvas":
        most = {"Student": "Points Possible", column or name: float(grades["max_points"].max())}
        table = pd.concat([pd.DataFrame([most], columns=table.columns), table])
    path = course.directory / "export" / f"{name}-{system}.csv"
    write_table(path, table)
    return path, left_out


def _moodle(students: Sequence[Student], grades: pd.DataFrame, column: str) -> pd.DataFrame:
    """Moodle asks which column is what: it maps a student by the address or the ID number."""
    return pd.DataFrame(
        {
            "ID number": [student.id for student in students],
            "Email address": [student.email for student in students],
            "Full name": [student.name for student in students],
            column: grades["points"].round(2).to_numpy(),
            f"{column} (%)": _percent(grades),
        }
    )


def _canvas(students: Sequence[Student], grades: pd.DataFrame, column: str) -> pd.DataFrame:
    """Canvas knows a student by its own number (ID), else by the login, else by the name."""
    return pd.DataFrame(
        {
            "Student": [student.name or student.id for student in students],
            "ID": [student.lms_id for student in students],
            "SIS User ID": "",
            "SIS Login ID": ["" if student.lms_id else student.id for student in students],
            "Section": "",
            column: grades["points"].round(2).to_numpy(),
        }
    )


def _everything(students: Sequence[Student], grades: pd.DataFrame, _: str) -> pd.DataFrame:
    known = pd.DataFrame([{key: getattr(student, key) for key in _EVERYTHING} for student in students])
    rest = grades.drop(columns="student").reset_index(drop=True)
    return pd.concat([known, rest], axis=1).assign(percent=_percent(grades))


def _percent(grades: pd.DataFrame) -> pd.Series:
    return (100 * grades["points"] / grades["max_points"]).round(2).to_numpy()
