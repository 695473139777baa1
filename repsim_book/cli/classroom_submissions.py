"""The `repsim classroom` commands around what students hand in: to take it in, to say which counts, to delete it.

nbgrader is imported only where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from repsim_book.claims import claimed
from repsim_book.cli.command import Whole, command, course_option, folder
from repsim_book.cli.plain_text import as_text
from repsim_core.errors import InputError


@command()
@click.argument("name")
@click.argument("origin", type=folder(), metavar="FROM")
@course_option
@click.option("--who", multiple=True, metavar="X=ID", help="Who is called X there; repeatable.")
@click.option(
    "--names", metavar="REGEX", help="Where the id is in a path: a pattern with a group (?P<id>...)."
)
@click.option(
    "--times",
    type=folder(),
    metavar="FILE",
    help="When they were handed in: Moodle's grading worksheet, or CSV with the columns id and time.",
)
def collect(
    name: str, origin: Path, course: Path, who: Sequence[str], names: str | None, times: Path | None
) -> int:
    """Take submissions in.

    FROM is a folder or a .zip: a download of Moodle, Canvas or Gradescope, or files <student>.ipynb or
    <student>/NN_name.ipynb. With DIR/roster.csv (columns id, name, email, lms_id, extra_time, group) a submission
    is of somebody who is in it; without, the name is the student's id, and downloads are refused.

    Files that cannot be used are named, the others are taken; the exit code is then 1. Files beside a notebook are
    kept with it. All attempts of a student are kept, in DIR/attempts/; the last counts, unless DIR/course.toml or
    `repsim classroom counts` says otherwise.

    Gradescope's downloads and plain archives tell when work was handed in; those of Moodle and Canvas do not: for
    these there is --times. Canvas only marks what is late.
    """
    from repsim_book.classroom.collect import collect_submissions
    from repsim_book.classroom.course import Course, quoted
    from repsim_book.classroom.groups import shared_work

    called = {}
    for pair in who:
        label, equals, student = pair.rpartition("=")
        if not (label and equals and student):
            raise InputError(f"who: found {pair!r}, expected what a student is called there and the id: X=ID")
        called[label] = student
    place = Course(course)
    with claimed(course):
        found = collect_submissions(place, name, origin, who=called, names=names, times=times)
        asked = {*shared_work(place, name, place.submissions(name)).asks.values()}
    for file, reason in found.refused.items():
        print(f"repsim: {quoted(as_text(file))} is not taken: {reason}", file=sys.stderr)
    for student, said in found.says.items():
        print(
            f"repsim: {student}: the notebook says that it is of {quoted(as_text(said))}; if that is right, "
            f"--who takes it in under that id",
            file=sys.stderr,
        )
    for question in sorted(asked):
        print(f"repsim: {question}", file=sys.stderr)
    for student in found.older:
        print(f"repsim: {student}: the attempt is kept, an earlier one counts", file=sys.stderr)
    counts = {"new": found.new, "changed": found.changed, "unchanged": found.unchanged}
    print(", ".join(f"{len(students)} {kind}" for kind, students in counts.items()))
    return 1 if found.refused else 0


@command()
@click.argument("name")
@click.argument("student")
@course_option
@click.option("--attempt", type=Whole(), metavar="N", help="Its number, from 1 in the order of collection.")
@click.option("--undo", is_flag=True, help="The rule of DIR/course.toml holds again.")
def counts(name: str, student: str, course: Path, attempt: int | None, undo: bool) -> None:
    """Decide what counts: an attempt of a student, or of a group that STUDENT's work does.

    All attempts are in DIR/attempts/. Without this the rule in DIR/course.toml holds: counts = "last" (which it is
    without a word), "first" or "last on time".
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.deciding import choose
    from repsim_book.classroom.report import write_grades

    found = Course(course)
    with claimed(course):
        said = choose(found, name, student, attempt=attempt, undo=undo)
        write_grades(found)
    print(said)


@command()
@click.argument("student")
@course_option
@click.option("--yes", is_flag=True, help="Delete; without it the files are only listed.")
def forget(student: str, course: Path, yes: bool) -> None:
    """Delete all that the course holds of a student.

    Files, points, comments, decisions, and rows of tables, the roster's among them. Files of others that name the
    student, such as the notebook of a group, are left and listed. To delete a whole course, remove its folder: nothing
    about it is anywhere else.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.forget import forget as forget_student
    from repsim_book.classroom.forget import student_data

    found = Course(course)
    if not (found.directory / "gradebook.db").is_file():
        raise InputError(f"course: found no course in {found.directory}, expected one with a gradebook")
    if yes:
        with claimed(course):
            data = forget_student(found, student)
    else:
        data = student_data(found, student)
        if not data:
            raise InputError(f"{student}: found nothing of such a student in {found.directory}")
    before, still = ("deleted: ", "still ") if yes else ("", "")
    for path in data.files:
        print(f"{before}{path}")
    for path, what in data.parts.items():
        print(f"{before}{what} in {path}")
    for path in data.left:
        print(f"{still}named in {path}, which stays")
    for name, others in data.shared.items():
        print(
            f"repsim: {name}: the hand-in of {student} {'was' if yes else 'is'} that of {', '.join(others)} as well, "
            f"who {'have' if len(others) > 1 else 'has'} none without it; what was given for it is in the last export",
            file=sys.stderr,
        )
    if not yes:
        print("these are deleted by the same command with --yes")
