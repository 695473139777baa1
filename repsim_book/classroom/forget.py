"""Student data: where it lies in a course, and how it goes."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

from sqlalchemy import text

from repsim_book.classroom.attempts import forget_attempts
from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import forget_decisions
from repsim_book.classroom.report import write_grades
from repsim_book.classroom.roster import ROSTER
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# Folders of a course by where a student's name is in them.
_OF_STUDENTS = ("submitted", "autograded", "feedback")
# Tables about all, which are written again when they are asked for.
_ABOUT_ALL = ("summary.csv", "similar.csv", "export")


def student_data(course: Course, student: str) -> list[Path]:
    """The files and folders of a student in a course, beside rows of tables and of the gradebook."""
    found = [course.directory / folder / student for folder in _OF_STUDENTS]
    found += course.directory.glob(f"attempts/*/{student}")
    found += course.directory.glob(f"grading/*/{student}.json")
    return [path for path in found if path.exists()]


def forget(course: Course, student: str) -> list[Path]:
    """Delete all that a course holds of a student: files, points, comments, decisions, the row of the roster.

    Returns:
        The files and folders that are gone.

    Raises:
        InputError: the course holds nothing of such a student.
    """
    gone = student_data(course, student)
    with course.gradebook() as gradebook:
        known = student in {each.id for each in gradebook.students}
        roster = _without(course.directory / ROSTER, student)
        if not gone and not known and roster is None:
            raise InputError(f"{student}: found nothing of such a student in {course.directory}")
        if known:
            gradebook.remove_student(student)
        gradebook.db.execute(text("VACUUM"))  # else the pages of what was deleted stay in the file
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if roster is not None:
        write_atomic(course.directory / ROSTER, roster)
        gone.append(course.directory / ROSTER)
    forget_decisions(course, student)
    forget_attempts(course, student)
    for name in _ABOUT_ALL:
        path = course.directory / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    write_grades(course)
    return gone


def _without(roster: Path, student: str) -> bytes | None:
    """The roster without a student's row; None where there is none."""
    if not roster.is_file():
        return None
    rows = list(csv.reader(io.StringIO(roster.read_bytes().decode("utf-8-sig"), newline="")))
    if "id" not in rows[0]:
        return None
    column = rows[0].index("id")
    kept = [row for row in rows if len(row) <= column or row[column].strip() != student]
    if len(kept) == len(rows):
        return None
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(kept)
    return written.getvalue().encode()
