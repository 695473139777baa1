"""What a teacher decides while a course runs: questions that count no more, the attempt that counts, what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from repsim_book.classroom.attempts import attempts_of, place_attempts
from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import changed_decisions, read_decisions
from repsim_book.classroom.groups import shared_work
from repsim_book.classroom.records import read_grading_records
from repsim_book.classroom.report import class_tables
from repsim_book.classroom.standing import SEEN
from repsim_book.classroom.summary import cells_of
from repsim_core.errors import InputError, nearest


def withdraw(
    course: Course, name: str, tasks: Sequence[str], *, reason: str = "", undo: bool = False
) -> list[str]:
    """Take questions out of an assignment, for everybody: their points count in no sum; or take that back.

    Nothing in the gradebook changes, and nobody is graded again.

    Args:
        tasks: see `summary.cells_of`.
        reason: for who reads the file of decisions.

    Returns:
        All that are withdrawn now, by the names of their cells.

    Raises:
        InputError: the assignment was not released, or has no such task.
    """
    skeleton = course.skeleton(name)
    cells = [cell for task in tasks for cell in cells_of(skeleton, task)]
    with changed_decisions(course, name) as decisions:
        for cell in cells:
            if undo:
                decisions.withdrawn.pop(cell, None)
            else:
                decisions.withdrawn[cell] = reason
        return sorted(decisions.withdrawn)


def withdrawn_tasks(course: Course, name: str) -> list[str]:
    """Which questions are withdrawn, by the names of their cells.

    Raises:
        InputError: the assignment was not released.
    """
    course.skeleton(name)
    return sorted(read_decisions(course, name).withdrawn)


def mark_seen(course: Course, name: str, students: Sequence[str]) -> list[str]:
    """Note that a person has looked at what a submission's state asks to look at; a new submission is looked at anew.

    Returns:
        Those of whom nothing was to be looked at; nothing is noted for these.

    Raises:
        InputError: one of these has no graded submission.
    """
    records = read_grading_records(course, name)
    for student in students:
        if student not in records:
            raise InputError(f"student: found {student}; {nearest(student, records)}")
    grades = class_tables(course).grades
    states = grades[grades["assignment"] == name].set_index("student")["state"]
    looked = [student for student in students if states[student] in SEEN]
    with changed_decisions(course, name) as decisions:
        decisions.seen |= {student: records[student].key for student in looked}
    return [student for student in students if student not in looked]


def choose(course: Course, name: str, student: str, *, attempt: int | None = None, undo: bool = False) -> str:
    """Decide which attempt of a student counts, or that of a group whose members handed in different work hers does.

    Args:
        attempt: its number; None decides for a group.
        undo: the rule of the course holds again.

    Returns:
        What counts now, in words.

    Raises:
        InputError: there is no such student, attempt or group.
    """
    submissions = course.submissions(name)
    attempts = attempts_of(course, name, student)
    if student not in submissions:
        raise InputError(f"student: found {student}; {nearest(student, submissions)}")
    members = shared_work(course, name, submissions).members.get(student, ())
    listed = ", ".join(
        f"{each.number} ({each.time:%Y-%m-%d %H:%M})" if each.time else f"{each.number}" for each in attempts
    )
    if attempt is not None and attempt not in [each.number for each in attempts]:
        raise InputError(f"attempt: found {attempt}, expected one of {listed or 'none'}")
    if attempt is None and not undo and not members:
        raise InputError(f"attempt: found none, expected the number of one of {student}: {listed}")
    with changed_decisions(course, name) as decisions:
        if undo:
            decisions.counts.pop(student, None)
            if members:
                decisions.groups.pop(members[0], None)
        elif attempt is not None:
            decisions.counts[student] = attempt
        else:
            decisions.groups[members[0]] = student
    placed = place_attempts(course, name, [student]).get(student)
    number = f"attempt {placed.number} of {len(attempts)}" if placed else "what was handed in"
    return f"{student}: {number}" + (f"; for {', '.join(members)}" if members and not undo else "")
