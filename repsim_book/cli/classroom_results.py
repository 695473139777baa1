"""The `repsim classroom` commands around what came of grading: what waits, decisions, pages, grades for other systems.

nbgrader is imported only where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from repsim_book.claims import claimed
from repsim_book.cli.command import command, course_option


@command()
@click.argument("name")
@course_option
def summary(name: str, course: Path) -> None:
    """Show how the class did by question and part, and what waits.

    Writes DIR/summary.csv. The mean is that of answers that are graded; full and zero are the shares of these with all
    points and with none. Then come the students by state, with what is to be done.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.standing import STATES
    from repsim_book.classroom.summary import SUMMARY, write_summary

    found = Course(course)
    table, states = write_summary(found, name)  # unclaimed, as all that reads: also while a class is graded
    print(table.drop(columns="assignment").to_string(index=False, float_format="{:.3g}".format, na_rep=""))  # pyright: ignore[reportArgumentType]
    for state, students in states.items():
        print(f"\n{len(students)} {state} ({STATES[state]})\n  {' '.join(students)}")
    print(f"\n{found.directory / SUMMARY}")


@command()
@click.argument("name")
@click.argument("students", nargs=-1, required=True, metavar="STUDENT...")
@course_option
def seen(name: str, students: Sequence[str], course: Path) -> None:
    """Note that you have looked at what `look`, `blank` or `stopped` asks to look at.

    A submission that comes later is to be looked at anew.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.deciding import mark_seen
    from repsim_book.classroom.report import write_grades

    found = Course(course)
    with claimed(course):
        nothing = mark_seen(found, name, students)
        grades = write_grades(found)
    states = grades[grades["assignment"] == name].set_index("student")["state"]
    for student in nothing:
        print(f"repsim: {student}: there was nothing to look at, and nothing is noted", file=sys.stderr)
    print("\n".join(f"{student}: {states[student]}" for student in students))


@command()
@click.argument("name")
@click.option("--least", type=float, default=0.5, metavar="SHARE", help="In common (default: 0.5).")
@course_option
def similar(name: str, least: float, course: Path) -> None:
    """List pairs of submissions with much in common, for a person to look at.

    What the released notebook and the solution hold, and what many share, does not count; names of variables and
    numbers are not looked at. Members of a group are not compared. A pair in the list says nothing about who wrote
    what, nor how it came: short answers can be alike by themselves. Writes DIR/similar.csv, with the passages.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.similar import SIMILAR, write_similar

    found = Course(course)
    table = write_similar(found, name, least=least)
    if table.empty:
        print("no two submissions have so much in common")
    else:
        print(table[["one", "other", "kind", "share", "cells"]].to_string(index=False))
    print(found.directory / SIMILAR)


@command()
@click.argument("name")
@course_option
def feedback(name: str, course: Path) -> int:
    """Write a page for each student.

    Students whose page cannot be made are named with the reason, the others have theirs; the exit code is then 1.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.feedback import write_feedback

    found = Course(course)
    with claimed(course):
        written = write_feedback(found, name)
    for student in written.without:
        print(f"repsim: {student} has no page: the submission was not executed", file=sys.stderr)
    for path in written.pages:
        print(path)
    for student, reason in written.failed.items():
        print(f"repsim: {student} has no page: {reason}", file=sys.stderr)
    return 1 if written.failed else 0


@command()
@click.argument("name")
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
@course_option
@click.option("--reason", default="", metavar="TEXT", help="Kept with the decision.")
@click.option("--undo", is_flag=True, help="They count again.")
def withdraw(name: str, tasks: Sequence[str], course: Path, reason: str, undo: bool) -> None:
    """Take questions out of an assignment, for everybody.

    TASK is the name of a test or an answer, or the number of a part. Its points leave what was earned and what could
    be earned, in grades, summary, exports and pages of feedback. Nobody is graded again; nbgrader's own tables still
    have the points. Without TASK: what is withdrawn.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.deciding import withdraw as withdraw_tasks
    from repsim_book.classroom.deciding import withdrawn_tasks
    from repsim_book.classroom.report import write_grades

    found = Course(course)
    if not tasks:
        print(_said(withdrawn_tasks(found, name)))
        return
    with claimed(course):
        withdrawn = withdraw_tasks(found, name, tasks, reason=reason, undo=undo)
        write_grades(found)
    print(_said(withdrawn))


def _said(withdrawn: Sequence[str]) -> str:
    return f"withdrawn: {', '.join(withdrawn) or 'nothing'}"


@command()
@click.argument("name")
@click.option(
    "--for", "system", default="csv", metavar="SYSTEM", help="moodle, canvas or csv (default: csv)."
)
@click.option("--column", metavar="NAME", help="What the column of points is called (default: NAME).")
@click.option("--unfinished", is_flag=True, help="Also grades that are not final, as they are so far.")
@course_option
def export(name: str, system: str, column: str | None, unfinished: bool, course: Path) -> int:
    """Write the grades as Moodle or Canvas imports them, or all that is known.

    Students whose work waits for something have no row for Moodle and Canvas, and are named; the exit code is then 1.
    Who handed in nothing has 0 points. For Canvas give the column its name there, with the number: --column "Twins
    (1234)". Where questions are withdrawn, give the assignment the new maximum there before you import.
    """
    from repsim_book.classroom.course import Course
    from repsim_book.classroom.decisions import read_decisions
    from repsim_book.classroom.export import export_grades
    from repsim_book.classroom.points import graded_cells

    found = Course(course)
    path, left_out = export_grades(found, name, system, column=column, unfinished=unfinished)
    print(path)
    if system != "csv" and (withdrawn := read_decisions(found, name).withdrawn):
        most = sum(points for cell, points in graded_cells(found, name).items() if cell not in withdrawn)
        print(
            f"repsim: questions are withdrawn: {most:g} points can be earned; make this the maximum of the assignment "
            f"in {system.capitalize()} before you import, or what is withdrawn counts as lost",
            file=sys.stderr,
        )
    if left_out:
        print(f"repsim: not final: {', '.join(left_out)}", file=sys.stderr)
    return 1 if left_out else 0
