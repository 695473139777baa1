"""Groups: one hand-in is that of all members, and whose numbers a notebook has is that of the member it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repsim_book.classroom.attempts import counting_attempts
from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import read_decisions
from repsim_book.classroom.notebooks import read_notebook, says
from repsim_book.classroom.roster import ROSTER, read_roster
from repsim_book.classroom.settings import SETTINGS, read_settings
from repsim_core.errors import InputError


@dataclass(frozen=True)
class Shared:
    """Whose work is whose.

    Attributes:
        whose: by student, of whom the hand-in is that counts; who is not there has one's own or none.
        members: by student, all who hand in together.
        asks: by student, what a person has to decide.
    """

    whose: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)


def shared_work(course: Course, name: str, submissions: Mapping[str, Path]) -> Shared:
    """Who shares work: members of a group of the roster, where the course says so, and who handed in as one.

    A group whose members handed in different work is asked about, and each has one's own grade until it is decided.

    Args:
        submissions: of the assignment, by student.
    """
    groups = [attempt.members for attempt in counting_attempts(course, name).values() if attempt.members]
    roster = read_roster(course.directory / ROSTER)
    if roster and read_settings(course.directory / SETTINGS, name).groups:
        known = {member for group in groups for member in group}
        groups += [group for group in roster.groups.values() if not known & {*group}]
    decided = read_decisions(course, name).groups
    whose: dict[str, str] = {}
    members: dict[str, Sequence[str]] = {}
    asks: dict[str, str] = {}
    for group in groups:
        members |= dict.fromkeys(group, group)
        there = [member for member in group if member in submissions]
        chosen = decided.get(group[0])
        if chosen in there:
            whose |= dict.fromkeys(group, chosen)
        elif len({submissions[member].read_bytes() for member in there}) == 1:
            whose |= dict.fromkeys(group, there[0])
        elif there:
            sentence = (
                f"{', '.join(there)} are one group and handed in different work; "
                f"which counts: repsim classroom counts {name} ID"
            )
            asks |= dict.fromkeys(group, sentence)
    return Shared(whose, members, asks)


def numbers_beside(data: bytes, student: str, members: Mapping[str, Sequence[str]]) -> str:
    """Whose numbers tests ask for, where it is not who handed in: the member of the group that the notebook names.

    Args:
        data: the notebook's file.
        student: under whose id it was handed in.
        members: by student, who hand in together.
    """
    others = [member for member in members.get(student, ()) if member != student]
    if not others:
        return ""
    try:
        said = says(read_notebook(data)).strip().casefold()
    except InputError:
        return ""
    return next((member for member in others if member.casefold() == said), "")
