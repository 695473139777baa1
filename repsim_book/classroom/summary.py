"""How a class did, question by question, and what waits: summary.csv."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import read_decisions
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.points import graded_cells
from repsim_book.classroom.report import class_tables
from repsim_book.classroom.standing import STATES
from repsim_book.classroom.tables import write_table
from repsim_core.errors import InputError, nearest

SUMMARY = "summary.csv"
_COLUMNS = (
    "assignment",
    "part",
    "cell",
    "max_points",
    "graded",
    "mean",
    "full",
    "zero",
    "waiting",
    "withdrawn",
)
_HEADING = re.compile(r"^##\s+(.+?)\s*(?:\([\d.]+ points?\))?\s*$", re.MULTILINE)


def write_summary(course: Course, name: str) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Write summary.csv: of each question and part, and of the whole, what the class has earned.

    A row of a part has no cell, that of the whole neither part nor cell. `mean` is that of the points of those that
    have been graded (`graded`), `full` and `zero` are the shares of these with all points and with none, `waiting`
    counts the answers that wait for a person. Questions that were withdrawn are in no sum.

    Returns:
        The table, and the students by state, in the order of `standing.STATES`.

    Raises:
        InputError: the assignment was not released, or nothing of it was handed in.
    """
    parts = parts_of(course.skeleton(name))
    most, withdrawn = graded_cells(course, name), {*read_decisions(course, name).withdrawn}
    tables = class_tables(course)
    grades = tables.grades[tables.grades["assignment"] == name]
    if grades.empty:
        raise InputError(f"{name}: found nothing that was handed in, expected some")
    graded = grades.loc[~grades["state"].isin(("harmful", "refused")), "student"]
    cells = tables.cells[(tables.cells["assignment"] == name) & tables.cells["student"].isin(graded)]
    cells = cells.assign(part=lambda rows: rows["cell"].map(parts))
    rows: list[dict[str, Any]] = []

    def add(part: str, cell: str, of: list[str]) -> None:
        figures = _figures(cells[cells["cell"].isin(of)], sum(most.get(each, 0.0) for each in of))
        rows.append({"part": part, "cell": cell, **figures, "withdrawn": cell in withdrawn})

    for part in dict.fromkeys(parts.values()):
        of_part = [cell for cell, of in parts.items() if of == part]
        for cell in of_part:
            add(part, cell, [cell])
        if part and len(of_part) > 1:
            add(part, "", [cell for cell in of_part if cell not in withdrawn])
    add("", "", [cell for cell in parts if cell not in withdrawn])
    table = pd.DataFrame(rows, columns=_COLUMNS).assign(assignment=name)
    write_table(course.directory / SUMMARY, table)
    states = {state: sorted(grades.loc[grades["state"] == state, "student"]) for state in STATES}
    return table, {state: students for state, students in states.items() if students}


def parts_of(skeleton: NotebookNode) -> dict[str, str]:
    """The heading of the part that each graded cell is in, in the order of the notebook."""
    found, part = {}, ""
    for cell in skeleton.cells:
        if cell.cell_type == "markdown" and not utils.is_solution(cell):
            part = next(iter(reversed(_HEADING.findall(cell.source))), part)
        if utils.is_grade(cell) and (name := grade_id(cell)):
            found[name] = part
    return found


def cells_of(skeleton: NotebookNode, task: str) -> list[str]:
    """The graded cells that a task is graded by.

    Args:
        task: the name of a graded cell, of an answer, or the number of a part.

    Raises:
        InputError: there is no such task.
    """
    parts = parts_of(skeleton)
    known: dict[str, list[str]] = {cell: [cell] for cell in parts}
    answer = ""
    for cell in skeleton.cells:
        name = grade_id(cell)
        if name and utils.is_solution(cell):
            answer = name
        if name and utils.is_grade(cell) and answer and not utils.is_solution(cell):
            known.setdefault(answer, []).append(name)
    for cell, part in parts.items():
        if number := re.match(r"(\d+)[.:]", part):
            known.setdefault(number[1], []).append(cell)
    if task not in known:
        raise InputError(f"task: found {task}; {nearest(task, known)}")
    return known[task]


def _figures(rows: pd.DataFrame, most: float) -> Mapping[str, Any]:
    """Of some cells of all submissions, which are worth so many points together."""
    waiting = rows.groupby("student")["pending"].any()
    sums = rows.groupby("student")[["points", "max_points"]].sum()
    graded = sums[~waiting]
    full = (graded["points"] >= graded["max_points"]).mean()
    return {
        "max_points": most,
        "graded": len(graded),
        "mean": graded["points"].mean(),
        "full": full,
        "zero": (graded["points"] == 0).mean(),
        "waiting": int(rows["pending"].sum()),
    }
