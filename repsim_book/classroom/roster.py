"""Who takes the course, and whose a file is by the names that learning systems give to downloads.

`course/roster.csv` has a row a student: `id`, and what is known of `name`, `email`, `lms_id` (the number that the
learning system calls the student by), `extra_time` (beyond that of others, `2d`, `36h` or `90m`) and `group`.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from repsim_book.classroom.course import STUDENT, STUDENT_IDS, quoted
from repsim_book.classroom.settings import extra_time
from repsim_core.errors import InputError, nearest

ROSTER = "roster.csv"
COLUMNS = ("id", "name", "email", "lms_id", "extra_time", "group")

# What downloads are called. Moodle: a folder for each student, with a number of this assignment alone; Canvas: a file,
# whose first number is the student's; Gradescope: a folder, with a file that says whose.
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<participant>\d+)_assignsubmission_.+")
_CANVAS = re.compile(r"(?P<name>[^\W\d_]+?)_(?P<late>LATE_)?(?P<number>\d+)_\d+_.+")
_GRADESCOPE = re.compile(r"submission_\d+")


@dataclass(frozen=True)
class Student:
    """A row of the roster.

    Attributes:
        id: as it is in the gradebook and in the student's notebook.
        name, email, lms_id, extra_time, group: as they are written; empty where not known.
    """

    id: str
    name: str = ""
    email: str = ""
    lms_id: str = ""
    extra_time: str = ""
    group: str = ""


class Roster:
    """The students of a course.

    Args:
        students: each id once, whatever its capitals.
    """

    def __init__(self, students: Sequence[Student]) -> None:
        self.students = {student.id: student for student in students}
        self._known: dict[str, set[str]] = {}
        for student in students:
            for name in _names(student):
                self._known.setdefault(name, set()).add(student.id)
        self.groups: dict[str, tuple[str, ...]] = {}
        for student in students:
            if student.group:
                self.groups[student.group] = (*self.groups.get(student.group, ()), student.id)

    def find(self, *names: str) -> str | None:
        """Whose id, number, address or name is among these; the first that says it.

        Raises:
            InputError: it is that of several students.
        """
        for name in names:
            found = self._known.get(_plain(name), set())
            if len(found) > 1:
                raise InputError(
                    f"found {quoted(name)}, expected what belongs to one student, not {', '.join(sorted(found))}"
                )
            if found:
                return next(iter(found))
        return None

    def group_of(self, student: str) -> tuple[str, ...]:
        """All who are in a student's group, in the roster's order; the student alone where there is none."""
        found = self.students.get(student)
        return self.groups[found.group] if found and found.group else (student,)

    def extra_time(self, *students: str) -> timedelta:
        """The most time beyond that of others that one of these has."""
        found = [self.students[student].extra_time for student in students if student in self.students]
        return max(map(extra_time, found), default=timedelta(0))

    def members(self, *names: str) -> tuple[str, ...]:
        """Those of the first group that is called so."""
        plain = {_plain(group): members for group, members in self.groups.items()}
        return next((plain[_plain(name)] for name in names if _plain(name) in plain), ())

    def unknown(self, name: str) -> InputError:
        """The error of a name that nobody here has."""
        close = difflib.get_close_matches(_plain(name), self._known, n=1, cutoff=0.6)
        guess = f"; did you mean {min(self._known[close[0]])}? Add" if close else "; add"
        return InputError(
            f"found {quoted(name)}, expected somebody in {ROSTER}{guess} a row, or say who it is: "
            f"--who {shlex.quote(f'{name}=ID')}"
        )


def read_roster(path: Path) -> Roster | None:
    """The roster at this path, None where there is none.

    Raises:
        InputError: it cannot be read, a column is unknown, or an id is missing, impossible, or there twice.
    """
    if not path.is_file():
        return None
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{ROSTER}: cannot be read ({error}), expected CSV in UTF-8") from error
    found: dict[str, Student] = {}
    for number, row in enumerate(rows, start=2):
        if unknown := [str(name) for name in row if name not in COLUMNS]:
            raise InputError(f"{ROSTER}: found the column {unknown[0]}; {nearest(unknown[0], COLUMNS)}")
        values = {name: unicodedata.normalize("NFC", (value or "").strip()) for name, value in row.items()}
        if not any(values.values()):
            continue
        student = Student(**{"id": "", **values})
        try:
            extra_time(student.extra_time)
        except InputError as error:
            raise InputError(f"{ROSTER}: line {number}: {error}") from error
        if not STUDENT.fullmatch(student.id):
            raise InputError(f"{ROSTER}: line {number}: found {quoted(student.id)}, expected {STUDENT_IDS}")
        if student.id.casefold() in found:
            raise InputError(
                f"{ROSTER}: line {number}: found {student.id} a second time, expected each id once"
            )
        found[student.id.casefold()] = student
    return Roster(list(found.values()))


def of_learning_system(folders: Sequence[str], stem: str = "") -> Mapping[str, str] | None:
    """What a path tells of a student where a learning system has made it, None where none has.

    The outermost folder counts: what is inside it was named by whoever handed it in.

    Args:
        folders: that the file is in, outermost first.
        stem: its name without the suffix, where that was made by the learning system too.

    Returns:
        The parts of the name that tell: `number` or `participant`, `name`, `late` where it says so; or none
        (Gradescope's, which a file beside it explains).
    """
    tried = [(part, pattern) for part in folders for pattern in (_MOODLE, _GRADESCOPE)]
    for part, pattern in [*tried, (stem, _MOODLE), (stem, _CANVAS)]:
        if found := pattern.fullmatch(part):
            return {key: value for key, value in found.groupdict().items() if value}
    return None


def _names(student: Student) -> Iterator[str]:
    """All that may stand for a student, plain."""
    yield _plain(student.id)
    for text in (student.lms_id, student.email, student.email.partition("@")[0]):
        if text:
            yield _plain(text)
    words = student.name.replace(",", " ").split()
    if words:
        yield _plain("".join(words))
        yield _plain("".join([words[-1], *words[:-1]]))  # Canvas has the family name first
        yield _plain("".join([*words[1:], words[0]]))


def _plain(text: str) -> str:
    """Without capitals, accents, spaces and marks, so that spellings of one name are equal; ids keep what tells them
    apart."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in bare if letter.isalnum() or letter in "_.@+-")
