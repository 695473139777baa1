"""`repsim classroom grade`; what it shows while it runs is in `grading`.

nbgrader is imported only where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from repsim_book.claims import claimed
from repsim_book.classroom.apart.cgroups import groups_here
from repsim_book.classroom.apart.limits import DEFAULT_LIMITS, Limits
from repsim_book.classroom.apart.sandbox import CHOICES, choose
from repsim_book.cli.command import Whole, command, course_option, typed
from repsim_book.cli.grading import Reporter, told

_LIMITS = {
    "cell_seconds": "Time for a cell",
    "seconds": "Time for a submission",
    "megabytes": "Memory of a submission",
}


# Of grades.csv, what the terminal shows; the rest where there is something in it.
_ALWAYS = ("student", "state", "points", "max_points", "written_pending")
_SHOWN = (*_ALWAYS, "late_days", "deducted", "handed_in_by")
# Sentences, which stand below the table; and how much of them.
_SAID, _MOST = ("look_at", "message"), 500


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


@command()
@click.argument("name")
@course_option
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
    States, of which a submission has the first that applies:
      nothing        somebody in roster.csv has handed in nothing
      ungraded       handed in, or changed, since the last grading
      harmful        it changed files of the course, which are as before; it has no points
      refused        it cannot be graded; message says why
      stopped        not run to its end: a limit, or the kernel ended; message says where
      blank          nothing was answered in it
      look           look at what look_at names, or message: answers in other places than their cells, several
                     different answers, an exception in a cell that is no test, points that could not be kept
      needs grading  written answers wait for points
      graded         nothing is left to do

    The column look_at of grades.csv names what a person has to look at: answers in other places than their cells,
    several different answers to one question, values that tests cannot look at, code that reaches beyond its task.
    With `repsim classroom seen` a person says that stopped, blank and look are done. A submission that is graded again
    keeps points and comments given by hand where the answer is the same.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.grade_class import grade_class
    from repsim_book.classroom.report import CELLS, GRADES, write_grades
    from repsim_book.classroom.standing import STATES

    found, report = Course(course), Reporter(name)
    with groups_here() as groups, claimed(course):
        sandbox = choose(isolation, [found.directory], groups)
        for line in told(sandbox):
            print(line, file=sys.stderr)
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
            write_grades(found)  # of whom points have been recorded
            kept = f"what has been executed is kept in {found.directory}"
            print(f"{kept}; to go on: {typed()}", file=sys.stderr)
            raise
        finally:
            report.line.end()
        grades = write_grades(found)
    table = grades[grades["assignment"] == name]
    shown = table[[column for column in _SHOWN if column in _ALWAYS or table[column].astype(bool).any()]]
    print(shown.to_string(index=False, float_format="{:g}".format, na_rep=""))  # pyright: ignore[reportArgumentType]
    for row in table.to_dict("records"):
        for text in (row[column] for column in _SAID if isinstance(row[column], str) and row[column]):
            print(f"{row['student']}: {text[:_MOST]}{' ...' * (len(text) > _MOST)}")
    states = {state: (table["state"] == state).sum() for state in STATES}
    print(
        "".join(f"{number} {state}: {STATES[state]}\n" for state, number in states.items() if number), end=""
    )
    print(found.directory / GRADES, found.directory / CELLS, sep="\n")
