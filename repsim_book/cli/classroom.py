"""The `repsim classroom` commands: release assignments, collect and grade submissions, give feedback.

nbgrader is imported only where it is used: its absence is a message of one line, and `--help` needs none of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from repsim_book.classroom.isolated import DEFAULT_LIMITS, Limits
from repsim_book.cli.progress import ProgressLine
from repsim_book.paths import find_root
from repsim_core.extras import require

if TYPE_CHECKING:
    from repsim_book.classroom.grade_class import GradeProgress

DESCRIPTION = """\
Assignments of a class, released and graded with nbgrader. A course is a folder that plain `nbgrader` reads too.

  repsim classroom release                          the notebooks for students, in course/release/
  repsim classroom collect 01_name submissions.zip  take in what they hand in
  repsim classroom grade 01_name --jobs 2           execute and grade; goes on where it was interrupted
  repsim classroom feedback 01_name                 a page for each student, in course/feedback/
"""
COLLECT_HELP = """\
FROM is a folder or a .zip of files <student>.ipynb or <student>/NN_name.ipynb. Files that cannot be used are
named, the others are taken; the exit code is then 1. A later submission replaces an earlier one.
"""
GRADE_HELP = """\
Each submission is executed in a process of its own, with these limits. What an endless loop, an import that
fails or a memory that is exhausted do to a submission is written in its row of grades.csv, and the class goes
on. Students' code runs with your rights: grade a class that you do not trust in a container.

states:
  graded      the answers ran; tests may have failed
  raised      a cell other than a test raised an exception
  timeout     a cell, or all together, took too long
  memory      a cell wanted more memory than allowed, or printed too much
  died        the kernel ended
  unreadable  the file is no notebook
  refused     nbgrader could not grade it
"""


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add `classroom` and its sub-commands to a parser's sub-commands."""
    layout = argparse.RawDescriptionHelpFormatter
    classroom = commands.add_parser(
        "classroom",
        help="release, collect and grade the assignments",
        description=DESCRIPTION,
        formatter_class=layout,
    )
    actions = classroom.add_subparsers(title="commands", required=True, metavar="COMMAND")
    course = argparse.ArgumentParser(add_help=False)
    course.add_argument(
        "--course", type=Path, default=Path("course"), metavar="DIR", help="its folder (default: course)"
    )

    command = actions.add_parser("release", parents=[course], help="make the notebooks for students")
    command.add_argument("names", nargs="*", metavar="NAME", help="assignments (default: all)")
    command.add_argument("--root", type=Path, help="the book's folder, which holds notebooks/assignments/")
    command.add_argument("--force", action="store_true", help="overwrite files that were changed")
    command.set_defaults(action=_with_nbgrader(_release))

    command = actions.add_parser(
        "collect",
        parents=[course],
        help="take submissions in",
        description=COLLECT_HELP,
        formatter_class=layout,
    )
    command.add_argument("name", metavar="NAME", help="the assignment")
    command.add_argument("origin", type=Path, metavar="FROM", help="a folder or a .zip")
    command.set_defaults(action=_with_nbgrader(_collect))

    command = actions.add_parser(
        "grade",
        parents=[course],
        help="execute and grade submissions; resumable",
        description=GRADE_HELP,
        formatter_class=layout,
    )
    command.add_argument("name", metavar="NAME", help="the assignment")
    command.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="submissions at a time (default: 1)"
    )
    command.add_argument("--force", action="store_true", help="grade also what is graded and unchanged")
    for option, text in _LIMITS.items():
        default = getattr(DEFAULT_LIMITS, option)
        name = "--" + option.replace("_", "-")
        command.add_argument(
            name, type=int, default=default, metavar="N", help=f"{text} (default: {default})"
        )
    command.set_defaults(action=_with_nbgrader(_grade))

    command = actions.add_parser("feedback", parents=[course], help="write a page for each student")
    command.add_argument("name", metavar="NAME", help="the assignment")
    command.set_defaults(action=_with_nbgrader(_feedback))


_LIMITS = {
    "cell_seconds": "time for a cell",
    "seconds": "time for a submission",
    "megabytes": "memory of a submission",
}


def _with_nbgrader(action: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The action, or the message that nbgrader is missing."""

    def guarded(options: argparse.Namespace) -> int:
        require("classroom", "nbgrader")
        return action(options)

    return guarded


def _release(options: argparse.Namespace) -> int:
    from repsim_book.classroom.course import Course, release

    released = release(find_root(options.root), Course(options.course), options.names, force=options.force)
    print("\n".join(map(str, released)))
    return 0


def _collect(options: argparse.Namespace) -> int:
    from repsim_book.classroom.collect import collect_submissions
    from repsim_book.classroom.course import Course

    found = collect_submissions(Course(options.course), options.name, options.origin)
    for file, reason in found.refused.items():
        print(f"repsim: {file!r} is not taken: {reason}", file=sys.stderr)
    counts = {"new": found.new, "changed": found.changed, "unchanged": found.unchanged}
    print(", ".join(f"{len(students)} {kind}" for kind, students in counts.items()))
    return 1 if found.refused else 0


def _grade(options: argparse.Namespace) -> int:
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.grade_class import grade_class
    from repsim_book.classroom.report import CELLS, GRADES, write_grades

    course, report = Course(options.course), _Reporter(options.name)
    limits = Limits(**{name: getattr(options, name) for name in _LIMITS})
    try:
        grade_class(
            course, options.name, jobs=options.jobs, limits=limits, force=options.force, progress=report
        )
    except KeyboardInterrupt:
        report.end()
        print(f"what is graded is kept in {course.directory}; to go on: {options.typed}", file=sys.stderr)
        raise
    report.end()
    grades = write_grades(course)
    table = grades[grades["assignment"] == options.name].drop(columns="assignment")
    print(table.to_string(index=False, float_format="{:g}".format))  # pyright: ignore[reportArgumentType]
    print(course.directory / GRADES, course.directory / CELLS, sep="\n")
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.report import write_feedback, write_grades

    course = Course(options.course)
    pages, without = write_feedback(course, options.name)
    write_grades(course)  # people may have given points since
    for student in without:
        print(f"repsim: {student} has no page: the submission was not executed", file=sys.stderr)
    print("\n".join(map(str, pages)))
    return 0


class _Reporter(ProgressLine):
    """The progress of a class."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __call__(self, progress: GradeProgress) -> None:
        self.show(self._text(progress), progress.done, progress.submissions)

    def _text(self, progress: GradeProgress) -> str:
        parts = [f"{self.name}: {progress.done} of {progress.submissions} submissions"]
        if progress.found:
            parts.append(f"{progress.found} graded before")
        if progress.done == progress.submissions:
            parts.append(f"{timedelta(seconds=round(progress.seconds))} in all")
        elif progress.seconds_left is not None:
            parts.append(f"about {timedelta(seconds=round(progress.seconds_left))} left")
        return ", ".join(parts)
