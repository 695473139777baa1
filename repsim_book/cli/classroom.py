"""The `repsim classroom` commands: release assignments, collect and grade submissions, give feedback.

nbgrader is imported only where it is used: its absence is a message of one line, and `--help` needs none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from repsim_book.claims import claimed
from repsim_book.classroom.apart.limits import DEFAULT_LIMITS, Limits
from repsim_book.classroom.apart.sandbox import CHOICES, Sandbox, choose
from repsim_book.cli.command import Group, Whole, folder, root_option, typed
from repsim_book.cli.plain_text import as_text
from repsim_book.cli.progress import ProgressLine, duration, time_left
from repsim_book.paths import find_root
from repsim_core.errors import InputError
from repsim_core.extras import require

if TYPE_CHECKING:
    from repsim_book.classroom.grade_class import GradeProgress

_LIMITS = {
    "cell_seconds": "Time for a cell",
    "seconds": "Time for a submission",
    "megabytes": "Memory of a submission",
}


@click.group(cls=Group)
def classroom() -> None:
    """Assignments of a class, released and graded with nbgrader.

    A course is a folder that plain `nbgrader` reads too.

    \b
      repsim classroom release                          the notebooks for students, in course/release/
      repsim classroom collect 01_name submissions.zip  take in what they hand in
      repsim classroom grade 01_name --jobs 2           execute and grade; goes on where it was interrupted
      repsim classroom feedback 01_name                 a page for each student, in course/feedback/
    """
    require("classroom", "nbgrader")


def _course_option(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--course", type=folder(), default="course", metavar="DIR", help="Its folder (default: course)."
    )
    return option(function)


def _limit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, text in reversed(_LIMITS.items()):
        default = getattr(DEFAULT_LIMITS, name)
        option = click.option(
            "--" + name.replace("_", "-"),
            type=Whole(),
            default=default,
            metavar="N",
            help=f"{text} (default: {default}).",
        )
        function = option(function)
    return function


@classroom.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_course_option
@click.option(
    "--masters", type=folder(), metavar="PATH", help="Your own masters NN_name.md: a folder or a .zip."
)
@click.option("--force", is_flag=True, help="Overwrite files that were changed.")
@root_option
def release(names: Sequence[str], course: Path, masters: Path | None, force: bool, root: Path | None) -> None:
    """Make the notebooks for students, of all assignments or of those named.

    The book's masters are open: their solutions and hidden tests are in every copy of it. Masters of your own come
    from PATH, or from the folder masters/ of the course. What hidden tests draw depends on DIR/secret.txt, which the
    first release makes; keep it to yourself, and take it along where you grade.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.course import release as release_notebooks

    book, found = find_root(root), Course(course)
    with claimed(course):
        released = release_notebooks(book, found, list(names), own_masters=masters, force=force)
    print(f"repsim: from {released.origin}", file=sys.stderr)
    print("\n".join(map(str, released.notebooks)))


@classroom.command()
@click.argument("name")
@click.argument("origin", type=folder(), metavar="FROM")
@_course_option
@click.option("--who", multiple=True, metavar="X=ID", help="Who is called X there; repeatable.")
@click.option(
    "--names", metavar="REGEX", help="Where the id is in a path: a pattern with a group (?P<id>...)."
)
def collect(name: str, origin: Path, course: Path, who: Sequence[str], names: str | None) -> int:
    """Take submissions in.

    FROM is a folder or a .zip: a download of Moodle, Canvas or Gradescope, or files <student>.ipynb or
    <student>/NN_name.ipynb. With DIR/roster.csv (columns id, name, email, lms_id, extra_time, group) a submission
    is of somebody who is in it; without, the name is the student's id, and downloads are refused.

    Files that cannot be used are named, the others are taken; the exit code is then 1. Files beside a notebook are
    kept with it. A later submission replaces an earlier one.
    """
    from repsim_book.classroom.collect import collect_submissions
    from repsim_book.classroom.course import Course, quoted

    called = {}
    for pair in who:
        label, equals, student = pair.rpartition("=")
        if not (label and equals and student):
            raise InputError(f"who: found {pair!r}, expected what a student is called there and the id: X=ID")
        called[label] = student
    place = Course(course)
    with claimed(course):
        found = collect_submissions(place, name, origin, who=called, names=names)
    for file, reason in found.refused.items():
        print(f"repsim: {quoted(as_text(file))} is not taken: {reason}", file=sys.stderr)
    for student, said in found.says.items():
        print(
            f"repsim: {student}: the notebook says that it is of {quoted(as_text(said))}; if that is right, "
            f"--who takes it in under that id",
            file=sys.stderr,
        )
    counts = {"new": found.new, "changed": found.changed, "unchanged": found.unchanged}
    print(", ".join(f"{len(students)} {kind}" for kind, students in counts.items()))
    return 1 if found.refused else 0


@classroom.command()
@click.argument("name")
@_course_option
@click.option("--jobs", type=Whole(), default=1, metavar="N", help="Submissions at a time (default: 1).")
@click.option("--force", is_flag=True, help="Grade also what is graded and unchanged.")
@click.option(
    "--isolation",
    type=click.Choice(CHOICES),
    default="auto",
    help="Where code of students runs (default: auto, in bubblewrap where it works).",
)
@_limit_options
def grade(name: str, course: Path, jobs: int, force: bool, isolation: str, **limits: int) -> None:
    """Execute and grade submissions; goes on where it was interrupted.

    Each submission is executed in processes of its own, with these limits. What an endless loop, an import that
    fails or a memory that is exhausted do to a submission is written in its row of grades.csv, and the class goes
    on. With bubblewrap (Linux) students' code sees no network and no files but its own; without, it runs with your
    rights. What it is not kept from is said before it starts.

    \b
    States:
      graded      the answers ran; tests may have failed
      raised      a cell other than a test raised an exception
      timeout     a cell, or all together, took too long
      memory      a cell wanted more memory than allowed, or printed too much
      died        the kernel ended
      unreadable  the file is no notebook
      refused     nbgrader could not grade it
      harmful     it changed files of the course; they are as before
      nothing     somebody in roster.csv has handed in nothing

    The column look_at of grades.csv names what a person has to look at: answers in other places than their cells,
    several different answers to one question, values that tests cannot look at, code that reaches beyond its task.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.grade_class import grade_class
    from repsim_book.classroom.report import CELLS, GRADES, write_grades

    found, report = Course(course), _Reporter(name)
    sandbox = choose(isolation, [found.directory])
    for line in _told(sandbox):
        print(line, file=sys.stderr)
    with claimed(course):
        try:
            grade_class(
                found,
                name,
                jobs=jobs,
                limits=Limits(**limits),
                sandbox=sandbox,
                force=force,
                progress=report,
            )
        except KeyboardInterrupt:
            report.line.end()
            print(f"what is graded is kept in {found.directory}; to go on: {typed()}", file=sys.stderr)
            raise
        finally:
            report.line.end()
        grades = write_grades(found)
    table = grades[grades["assignment"] == name].drop(columns="assignment")
    print(table.to_string(index=False, float_format="{:g}".format))  # pyright: ignore[reportArgumentType]
    print(found.directory / GRADES, found.directory / CELLS, sep="\n")


@classroom.command()
@click.argument("name")
@_course_option
def feedback(name: str, course: Path) -> None:
    """Write a page for each student."""
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.report import write_feedback, write_grades

    found = Course(course)
    with claimed(course):
        pages, without = write_feedback(found, name)
        write_grades(found)  # people may have given points since
    for student in without:
        print(f"repsim: {student} has no page: the submission was not executed", file=sys.stderr)
    print("\n".join(map(str, pages)))


def _told(sandbox: Sandbox) -> Iterator[str]:
    """Where students' code runs, and what it is not kept from."""
    yield f"repsim: isolation: {sandbox.name}" + (f": {as_text(sandbox.why)}" if sandbox.why else "")
    for each in sandbox.open:
        yield f"repsim: students' code is not contained: {each}"


class _Reporter:
    """The progress of a class."""

    def __init__(self, name: str) -> None:
        self.line = ProgressLine(name, "submissions")

    def __call__(self, progress: GradeProgress) -> None:
        before = f"{progress.found} graded before" if progress.found else ""
        ended = progress.done == progress.submissions
        rest = f"{duration(progress.seconds)} in all" if ended else time_left(progress.seconds_left)
        self.line.show(progress.done, progress.submissions, before, rest)
