"""The `repsim classroom` commands: release assignments, collect and grade submissions, give feedback.

nbgrader is imported only where it is used: its absence is a message of one line, and `--help` needs none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from repsim_book.claims import claimed
from repsim_book.classroom.apart.cgroups import groups_here
from repsim_book.classroom.apart.limits import DEFAULT_LIMITS, Limits
from repsim_book.classroom.apart.sandbox import CHOICES, choose
from repsim_book.cli.command import Group, Whole, course_option, folder, root_option, typed
from repsim_book.cli.grading import Reporter, told
from repsim_book.cli.plain_text import as_text
from repsim_book.paths import find_root
from repsim_core.errors import InputError
from repsim_core.extras import require

if TYPE_CHECKING:
    pass

_LIMITS = {
    "cell_seconds": "Time for a cell",
    "seconds": "Time for a submission",
    "megabytes": "Memory of a submission",
}


# Of grades.csv, what the terminal shows; the rest where there is something in it.
_ALWAYS = ("student", "state", "points", "max_points", "written_pending")
_SHOWN = (*_ALWAYS, "late_days", "deducted", "handed_in_by", "look_at", "message")
_COURSE = "repsim_book.cli.classroom_course"
LATER = {
    "summary": (_COURSE, "Show how the class did by question and part, and what waits."),
    "export": (_COURSE, "Write the grades as Moodle or Canvas imports them, or all that is known."),
    "similar": (_COURSE, "List pairs of submissions with much in common."),
    "withdraw": (_COURSE, "Take questions out of an assignment, for everybody."),
    "counts": (_COURSE, "Decide which attempt counts, or whose work that of a group is."),
    "seen": (_COURSE, "Note that you have looked at a submission."),
    "forget": (_COURSE, "Delete all that the course holds of a student."),
}


@click.group(cls=Group, later=LATER)
def classroom() -> None:
    """Assignments of a class, released and graded with nbgrader.

    A course is a folder that plain `nbgrader` reads too. It holds data of students: git leaves it out.

    \b
      repsim classroom release                          the notebooks for students, in course/release/
      repsim classroom collect 01_name submissions.zip  take in what they hand in
      repsim classroom grade 01_name --jobs 2           execute and grade; goes on where it was interrupted
      repsim classroom summary 01_name                  how the class did, and what waits
      repsim classroom feedback 01_name                 a page for each student, in course/feedback/
      repsim classroom export 01_name --for moodle      the grades for a learning system
    """
    require("classroom", "nbgrader")


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
@course_option
@click.option(
    "--masters", type=folder(), metavar="PATH", help="Your own masters NN_name.md: a folder or a .zip."
)
@click.option("--force", is_flag=True, help="Overwrite files that were changed.")
@click.option("--as-released", is_flag=True, help="Leave alone what was handed in with other cells.")
@click.option("--replace", is_flag=True, help="Put the new assignment in its place; all is graded again.")
@root_option
def release(
    names: Sequence[str],
    course: Path,
    masters: Path | None,
    force: bool,
    as_released: bool,
    replace: bool,
    root: Path | None,
) -> None:
    """Make the notebooks for students, of all assignments or of those named.

    The book's masters are open: their solutions and hidden tests are in every copy of it. Masters of your own come
    from PATH, or from the folder masters/ of the course. What hidden tests draw depends on DIR/secret.txt, which the
    first release makes; keep it to yourself, and take it along where you grade.

    A master that has got or lost cells after something was handed in is refused until you choose. With --as-released
    the assignment stays as it was handed out, and is graded so. With --replace the new one is released. The next
    `grade` then executes all again; points given by hand stay where the answer is the same, and a question that a
    notebook lacks has 0 points, unless you withdraw it.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.course import release as release_notebooks
    from repsim_book.classroom.rerelease import all_names, changed_cells, replaced

    if as_released and replace:
        raise click.UsageError("--as-released and --replace exclude each other")
    book, found = find_root(root), Course(course)
    chosen = list(names)
    with claimed(course):
        changed = changed_cells(book, found, chosen, masters)
        if changed and not (as_released or replace):
            said = "\n".join(f"  {name}: {cells}" for name, cells in changed.items())
            raise InputError(
                f"found cells that differ from those that students have handed in:\n{said}\n"
                "--as-released leaves these assignments as they were handed out, and grades them so; --replace puts "
                "the new ones in their place, and all is graded again"
            )
        if as_released:
            chosen = [name for name in (chosen or all_names(book, found, masters)) if name not in changed]
            if not chosen:
                return
        with replaced(found, list(changed) if replace else []):
            released = release_notebooks(book, found, chosen, own_masters=masters, force=force)
    print(f"repsim: from {released.origin}", file=sys.stderr)
    print("\n".join(map(str, released.notebooks)))


@classroom.command()
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


@classroom.command()
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
      look           look at what look_at names, or message: answers in other places than their cells, several
                     different answers, an exception in a cell that is no test, points that could not be kept
      needs grading  written answers wait for points
      graded         nothing is left to do

    The column look_at of grades.csv names what a person has to look at: answers in other places than their cells,
    several different answers to one question, values that tests cannot look at, code that reaches beyond its task.
    With `repsim classroom seen` a person says that stopped and look are done. A submission that is graded again keeps
    points and comments given by hand where the answer is the same.
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
            kept = f"what has been executed is kept in {found.directory}"
            print(f"{kept}; to go on: {typed()}", file=sys.stderr)
            raise
        finally:
            report.line.end()
        grades = write_grades(found)
    table = grades[grades["assignment"] == name]
    shown = table[[column for column in _SHOWN if column in _ALWAYS or table[column].astype(bool).any()]]
    print(shown.to_string(index=False, float_format="{:g}".format, na_rep=""))  # pyright: ignore[reportArgumentType]
    states = {state: (table["state"] == state).sum() for state in STATES}
    print(
        "".join(f"{number} {state}: {STATES[state]}\n" for state, number in states.items() if number), end=""
    )
    print(found.directory / GRADES, found.directory / CELLS, sep="\n")


@classroom.command()
@click.argument("name")
@course_option
def feedback(name: str, course: Path) -> None:
    """Write a page for each student."""
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.feedback import write_feedback

    found = Course(course)
    with claimed(course):
        pages, without = write_feedback(found, name)
    for student in without:
        print(f"repsim: {student} has no page: the submission was not executed", file=sys.stderr)
    print("\n".join(map(str, pages)))
