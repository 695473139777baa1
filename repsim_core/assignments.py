"""What the assignments import beside the package itself: numbers that depend on the student, and whose code it is.

And what the last cell of each says before it is handed in.
"""

import ast
import hashlib
import json
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from repsim_core.errors import InputError
from repsim_core.measures.circular_orders import order_cca

# About when the first cell ran, which imports this.
_FIRST_CELL = time.monotonic()
# What nbgrader writes where an answer belongs.
_PLACEHOLDERS = ("YOUR CODE HERE", "YOUR ANSWER HERE")
# Of the file, and of one run from the first cell to the last; the limits of grading are above.
_MEGABYTES, _MINUTES = 20, 10


def student_seed(student: str) -> int:
    """A seed below 2**32 from a student's id, the same on every machine; capitals and surrounding spaces do not count.

    Raises:
        InputError: the id is empty, or no text.
    """
    if not isinstance(student, str) or not student.strip():
        raise InputError(f"student: found {student!r}, expected your id as text")
    # A letter with an accent is one character or two.
    name = unicodedata.normalize("NFC", student.strip()).casefold()
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])


def student_permutation(seed: int, num_labels: int = 7) -> list[int]:
    """A permutation of labels on a circle of which a linear map explains little.

    Rotations, reflections and their like are drawn again: the mean CCA of the labels' places before and after is at
    most 0.8.

    Args:
        seed: of the draw.
        num_labels: K, at least 5; with 4, every permutation has a mean CCA of 1/2 or 1.
    """
    draw = np.random.default_rng(seed)
    while True:
        # The place of each label on the circle.
        places = draw.permutation(num_labels).tolist()
        around = tuple(np.argsort(places).tolist())
        if order_cca(tuple(range(num_labels)), around) <= 0.8:
            return places


def is_own(function: object) -> bool:
    """Whether a function is a student's own: it is none of this package's, and calls none by the package's name.

    That can be got round. Where a class is graded, a test that asks this of a name, `is_own(psi)`, has all its calls of
    `psi` run in a process in which this package cannot be imported.
    """
    # What functools.partial holds.
    function = getattr(function, "func", function)
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    module = str(getattr(function, "__module__", None))
    return not {"rc", "repsim_core"} & set(names) and not module.startswith("repsim_core")


def check_notebook(name: str, folder: str | Path = ".") -> str:
    """What is still to do before an assignment is handed in, as the notebook's file says.

    Whose it is, answers that are missing, there twice or not begun, cells that were not run or failed, how long it ran,
    how large the file is, and the hours that the student gives. It judges no answer.

    Args:
        name: of the assignment, NN_name.
        folder: where the file NN_name.ipynb is.

    Returns:
        Lines of text; those that begin with `!` are to do. It never fails: what cannot be read is such a line.
    """
    path = Path(folder) / f"{name}.ipynb"
    try:
        data = path.read_bytes()
        notebook = json.loads(data)
        cells = [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]]
        marks = [_mark(cell) for cell in cells]
        expected = notebook["metadata"].get("repsim", {}).get("answers", [])
        saved = datetime.fromtimestamp(path.stat().st_mtime)
    except OSError:
        return (
            f"! There is no {path.name} here: give the notebook its own name, and save it. (Where it is graded there "
            "is none, and this means nothing.)"
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"! {path.name} is not the file of a notebook."
    lines = [
        f"{path.name}, as saved on {saved:%d %B at %H:%M:%S}. (Not what you wanted? Save, and run this cell again.)"
    ]
    lines += _whose(dict(zip(marks, cells, strict=True)))
    lines += _answers(cells, marks, expected)
    lines += _runs(cells, marks)
    size = len(data) / 1e6
    if size > _MEGABYTES:
        lines.append(
            f"! The file has {size:.0f} MB, more than {_MEGABYTES}: some cell prints or draws too much."
        )
    return "\n".join(lines)


def _mark(cell: dict[str, Any]) -> str | None:
    """A cell's name."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def _assigned(source: str, name: str) -> object:
    """What a cell sets a name to, where that is a number or text; else None."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    value = None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in node.targets
        ):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
    return value


def hours_spent(source: str) -> float | None:
    """The hours that the cell `time_spent` gives; None where it gives no number above 0."""
    value = _assigned(source, "hours")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
        return None
    return float(value)


def _whose(named: dict[str | None, dict[str, Any]]) -> Iterator[str]:
    student = _assigned(named.get("student", {"source": ""})["source"], "student")
    if isinstance(student, str) and student.strip():
        yield f'You are "{student.strip()}". Is this your id, as your course writes it?'
    else:
        yield '! The cell under *Who you are* does not say who you are: student = "your id".'
    if hours_spent(named.get("time_spent", {"source": ""})["source"]) is None:
        yield "! How many hours did it take? Write the number into the cell `hours = ...`."


def _answers(cells: list[dict[str, Any]], marks: list[str | None], expected: list[str]) -> Iterator[str]:
    lost = [name for name in expected if name not in marks]
    if lost:
        yield f"! Cells for answers that are missing or have lost their names: {', '.join(lost)}."
    twice = [name for name in expected if marks.count(name) > 1]
    if twice:
        yield f"! Cells that are there more than once: {', '.join(twice)}. Delete the copies."
    waiting = [
        mark
        for cell, mark in zip(cells, marks, strict=True)
        if mark in expected
        and (not cell["source"].strip() or any(text in cell["source"] for text in _PLACEHOLDERS))
    ]
    if waiting:
        yield f"! Not begun, or a placeholder is left: {', '.join(dict.fromkeys(waiting))}."
    if expected and not (lost or twice or waiting):
        yield f"All {len(expected)} answers are there."


def _runs(cells: list[dict[str, Any]], marks: list[str | None]) -> Iterator[str]:
    code = [
        (mark or f"number {number}", cell)
        for number, (cell, mark) in enumerate(zip(cells, marks, strict=True), 1)
        if cell["cell_type"] == "code" and cell["source"].strip()
    ]
    # The last cell is running while it reads the file.
    counts = [cell.get("execution_count") for name, cell in code if name != "check"]
    if counts != list(range(1, len(counts) + 1)):
        yield "! The cells were not run once each from the first to the last: restart the kernel, run all, save."
    elif (minutes := (time.monotonic() - _FIRST_CELL) / 60) > _MINUTES:
        yield f"! The first cell ran {minutes:.0f} minutes ago. If running all took so long, grading may stop it."
    for name, cell in code:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                yield f"! Cell {name} ends with {output.get('ename')}: {str(output.get('evalue'))[:200]}"
