"""What a teacher has decided since the course began, in `decisions.json`: each can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from repsim_book.classroom.course import Course
from repsim_core.errors import InputError
from repsim_core.files import to_json, write_atomic

DECISIONS = "decisions.json"


@dataclass
class Decisions:
    """Those on one assignment.

    Attributes:
        withdrawn: the reason by the name of a graded cell that counts no more.
        counts: the number of the attempt that counts, by student; where there is none the rule of the course holds.
        groups: whose work counts, by the first member of a group whose members handed in different work.
        seen: what a person has looked at: by student a hash of the submission and the assignment.
    """

    withdrawn: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)


def read_decisions(course: Course, name: str) -> Decisions:
    """The decisions on an assignment.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return Decisions(**_all(course).get(name, {}))
    except TypeError as error:
        raise InputError(f"{DECISIONS}: found what this command has not written: {error}") from error


@contextmanager
def changed_decisions(course: Course, name: str) -> Iterator[Decisions]:
    """The decisions on an assignment, to be changed; written when all went well.

    Raises:
        InputError: the file cannot be read.
    """
    decisions = read_decisions(course, name)
    yield decisions
    text = to_json({**_all(course), name: asdict(decisions)})
    write_atomic(course.directory / DECISIONS, text.encode())


def forget_decisions(course: Course, student: str) -> None:
    """Remove a student from all decisions."""
    for name in _all(course):
        with changed_decisions(course, name) as decisions:
            decisions.counts.pop(student, None)
            decisions.seen.pop(student, None)
            decisions.groups = {
                first: whose for first, whose in decisions.groups.items() if student not in (first, whose)
            }


def _all(course: Course) -> dict[str, dict[str, dict]]:
    path = course.directory / DECISIONS
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{DECISIONS}: cannot be read ({error}), expected what this command writes"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{DECISIONS}: found no mapping, expected what this command writes")
    return found
