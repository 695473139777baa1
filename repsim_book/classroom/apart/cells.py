"""The cells of a submission's notebook: which are tests, and which have run to their end."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Any

from repsim_book.classroom.apart.judge import error_output

Cell = dict[str, Any]


def is_test(cell: Cell) -> bool:
    """Whether a cell is graded by what it asserts."""
    marks = cell["metadata"].get("nbgrader", {})
    return cell["cell_type"] == "code" and bool(marks.get("grade")) and not marks.get("solution")


def runs(cell: Cell) -> bool:
    """Whether there is something to execute."""
    return cell["cell_type"] == "code" and bool(cell["source"].strip())


def unfinished(cells: Sequence[Cell], finished: Collection[int] = ()) -> None:
    """Give an error to each code cell that has not finished: nbgrader takes a test without error for passed."""
    for number, cell in enumerate(cells):
        if number in finished or not runs(cell):
            continue
        if not any(isinstance(each, dict) and each.get("output_type") == "error" for each in cell["outputs"]):
            cell["outputs"].append(error_output("NotExecuted", "this cell was not executed to its end"))


def line(text: object) -> str:
    """One line of what a student's code may have written, without what would command a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())[:200]


def canaries() -> list[tuple[str, str]]:
    """Cells that must fail, with numbers drawn anew; and what it means if one does not."""
    draw = random.SystemRandom()
    found, other = draw.random(), 2 + draw.random()
    compared = [
        (
            f"numpy.{name} takes different numbers for equal",
            f"if 'numpy' not in __import__('sys').modules: raise ValueError\n"
            f"if not __import__('numpy').{name}([{found}], [{other}]): raise ValueError",
        )
        for name in ("allclose", "isclose", "array_equal")
    ]
    return [("`assert` asserts nothing", f"assert {found} == {other}"), *compared]
