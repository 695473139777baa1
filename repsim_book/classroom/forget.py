"""Student data: where it lies in a course, and how it goes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from repsim_book.classroom.attempts import forget_attempts
from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import DECISIONS, forget_decisions
from repsim_book.classroom.groups import shared_work
from repsim_book.classroom.report import CELLS, GRADES, write_grades
from repsim_book.classroom.roster import ROSTER, Student, read_roster
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# Folders of a course by where a student's name is in them.
_OF_STUDENTS = ("submitted", "autograded", "feedback")
# Tables with rows of students, beside the roster.
_TABLES = (GRADES, CELLS, "similar.csv", "export.csv", "export/*.csv")
_GRADEBOOK = "gradebook.db"
# Of the names of files that say how one handed in with others.
_ABOUT = "attempts/*/*/*/handed_in.json"


@dataclass(frozen=True)
class Data:
    """What a course holds of a student.

    Attributes:
        files: that are the student's alone, files and folders.
        parts: files of which a part is the student's, with what that is.
        left: files of others in which the id, the address or the name stands.
        shared: who has the student's hand-in as one's own, by assignment.
    """

    files: list[Path] = field(default_factory=list)
    parts: dict[Path, str] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)
    shared: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files or self.parts)


def student_data(course: Course, student: str) -> Data:
    """All that a course holds of a student; nothing is changed."""
    place, roster = course.directory, read_roster(course.directory / ROSTER)
    files = [place / folder / student for folder in _OF_STUDENTS]
    files += [*place.glob(f"attempts/*/{student}"), *place.glob(f"grading/*/{student}.json")]
    files = [path for path in files if path.exists()]
    known = (roster.students if roster else {}).get(student, Student(student))
    parts = {
        path: f"{rows} row{'s' * (rows > 1)}"
        for name in (ROSTER, *_TABLES)
        for path in sorted(place.glob(name))
        if (rows := len(found := _rows(path)) - len(_without(found, known)))
    }
    with course.gradebook() as gradebook:
        if student in {each.id for each in gradebook.students}:
            parts[place / _GRADEBOOK] = "points and comments"
    named = _naming(known)
    for path, what in (
        (place / DECISIONS, "decisions"),
        *((each, "a member") for each in place.glob(_ABOUT)),
    ):
        if path.is_file() and named.search(path.read_bytes()) and not _within(path, files):
            parts[path] = what
    left = [path for path in _naming_files(place, named, files) if path not in parts]
    shared = {}
    for name in sorted(path.parent.name for path in place.glob(f"submitted/{student}/*/*.ipynb")):
        whose = shared_work(course, name, course.submissions(name)).whose
        if others := [each for each, of in whose.items() if of == student and each != student]:
            shared[name] = others
    return Data(files, parts, left, shared)


def forget(course: Course, student: str) -> Data:
    """Delete all that a course holds of a student: files, points, comments, decisions, rows of tables.

    Returns:
        What is gone, and in which files of others the student is still named.

    Raises:
        InputError: the course holds nothing of such a student.
    """
    found = student_data(course, student)
    if not found:
        raise InputError(f"{student}: found nothing of such a student in {course.directory}")
    roster = read_roster(course.directory / ROSTER)
    known = (roster.students if roster else {}).get(student, Student(student))
    with course.gradebook() as gradebook:
        if course.directory / _GRADEBOOK in found.parts:
            gradebook.remove_student(student)
        gradebook.db.execute(text("VACUUM"))  # else the pages of what was deleted stay in the file
    for path in found.files:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in found.parts:
        if path.suffix == ".csv":
            written = io.StringIO()
            csv.writer(written, lineterminator="\n").writerows(_without(_rows(path), known))
            write_atomic(path, written.getvalue().encode())
    forget_decisions(course, student)
    forget_attempts(course, student)
    write_grades(course)
    return replace(found, left=_naming_files(course.directory, _naming(known), []))


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _without(rows: list[list[str]], known: Student) -> list[list[str]]:
    """A table, with its head, without what it says of a student."""
    # As the roster, the grades, and what `similar` and `export` write call them.
    columns = {
        **dict.fromkeys(("id", "student", "one", "other", "ID number", "SIS Login ID"), known.id),
        **dict.fromkeys(("email", "Email address"), known.email),
        **dict.fromkeys(("lms_id", "ID"), known.lms_id),
    }
    kept = rows[:1]
    for row in rows[1:]:
        cells = {head: cell.strip().removeprefix("'") for head, cell in zip(rows[0], row, strict=False)}
        if any(value and cells.get(head) == value for head, value in columns.items()):
            continue
        # Others of a group keep their row.
        kept.append(
            [
                "" if head == "handed_in_by" and cell == known.id else cell
                for head, cell in zip(rows[0], row, strict=False)
            ]
        )
    return kept


def _naming(known: Student) -> re.Pattern[bytes]:
    """What names a student, as a word by itself, also as JSON has it."""
    words = {
        form
        for word in (known.id, known.email, known.name)
        if word
        for form in (word, json.dumps(word)[1:-1])
    }
    return re.compile(rf"(?<![\w.@-])(?:{'|'.join(map(re.escape, sorted(words)))})(?![\w@-])".encode())


def _naming_files(place: Path, named: re.Pattern[bytes], but: list[Path]) -> list[Path]:
    """The files of a course that name a student, but for those within some folders."""
    return [
        path
        for path in sorted(place.rglob("*"))
        if path.is_file() and not _within(path, but) and named.search(path.read_bytes())
    ]


def _within(path: Path, folders: list[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)
