"""Notebooks of an assignment: the teacher's master, what students receive, and files that they hand in.

A master is `notebooks/assignments/NN_name.md`, a notebook in Jupytext's form that carries nbgrader's own metadata.
Every cell that has a `grade_id` there is *marked*: solution, test, written answer, or locked text.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from repsim_book.chapters import read_chapter
from repsim_book.errors import ChapterError
from repsim_core.assignments import hours_spent
from repsim_core.errors import InputError

# Of a submitted notebook, without what its cells have printed and drawn; and of the file.
MAX_BYTES = 20_000_000
MAX_FILE_BYTES = 100_000_000

_DEEP = (
    "found no notebook (its JSON has brackets within brackets, too many for any notebook), expected .ipynb"
)
# The cell in which a student says who it is.
_SAYS = re.compile(r"^\s*student\s*=\s*(['\"])(?P<id>.*?)\1", re.MULTILINE)
# In nbgrader's order (its GenerateAssignment): hidden tests are cleared after the gradebook has been told.
_SKELETON = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums)
_RELEASE = (ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata)


def read_master(path: Path, text: str | None = None) -> NotebookNode:
    """A master as a notebook, with solutions and all tests; the same file gives the same notebook.

    Args:
        text: of the master, where it is in no file.

    Raises:
        InputError: the file cannot be read, or nbgrader does not accept its cells.
    """
    try:
        notebook = read_chapter(Path(path), text).notebook
    except ChapterError as error:
        raise InputError(f"master: {error}") from error
    for cell in notebook.cells:
        cell.metadata.pop("source_line", None)
    # For the notebook that checks itself: `repsim_core.assignments.check_notebook`.
    answers = [grade_id(cell) for cell in notebook.cells if grade_id(cell) and utils.is_solution(cell)]
    notebook.metadata["repsim"] = {"answers": answers}
    try:
        release_notebook(notebook)
    except InputError as error:
        raise InputError(f"{Path(path).name}: {error}") from error
    return notebook


def skeleton_notebook(master: NotebookNode) -> NotebookNode:
    """The master without solutions and with all its tests, as nbgrader's gradebook keeps it."""
    return _preprocessed(master, _SKELETON)


def release_notebook(master: NotebookNode) -> NotebookNode:
    """What students receive: the master without solutions and hidden tests."""
    return _preprocessed(master, _SKELETON + _RELEASE)


def _preprocessed(notebook: NotebookNode, preprocessors: tuple[type, ...]) -> NotebookNode:
    notebook, resources = copy.deepcopy(notebook), {}
    try:
        for preprocessor in preprocessors:
            notebook, resources = preprocessor().preprocess(notebook, resources)
    except Exception as error:  # nbgrader raises RuntimeError, KeyError and jsonschema's errors
        raise InputError(f"nbgrader refuses it: {type(error).__name__}: {error}") from error
    return notebook


def read_notebook(data: bytes) -> NotebookNode:
    """A notebook from the bytes of its file. What its cells have printed and drawn is dropped from a large one.

    Raises:
        InputError: it is too large or no notebook.
    """
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"found more than {MAX_FILE_BYTES // 1_000_000} MB, expected a notebook of less")
    if not data.strip():
        raise InputError("found no notebook (the file is empty), expected .ipynb")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise InputError(_DEEP) from error
    except ValueError as error:
        raise InputError(
            "found no notebook (the file is no JSON, or not all of it), expected .ipynb"
        ) from error
    try:
        # Editors leave ids out, repeat them, or write them where the format has none.
        has_ids = (found["nbformat"], found["nbformat_minor"]) >= (4, 5)
        for number, cell in enumerate(found["cells"]) if found["nbformat"] >= 4 else ():
            cell.pop("id", None)
            if has_ids:
                cell["id"] = f"cell-{number}"
            if len(data) > MAX_BYTES and cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        notebook = nbformat.reads(as_utf8(found), as_version=4)
        nbformat.validate(notebook)
    except RecursionError as error:
        raise InputError(_DEEP) from error
    except Exception as error:  # whatever the parser meets in a file from anyone
        raise InputError(
            "found no notebook (the file is JSON, but not that of a notebook), expected .ipynb"
        ) from error
    if len(data) > MAX_BYTES and len(nbformat.writes(notebook).encode()) > MAX_BYTES:
        raise InputError(
            f"found more than {MAX_BYTES // 1_000_000} MB without outputs, expected a notebook of less"
        )
    return notebook


def as_utf8(found: object) -> str:
    """JSON of what anybody has written or printed, with a mark for half a character, which no file can hold."""
    return json.dumps(found, ensure_ascii=False).encode(errors="replace").decode()


def grade_id(cell: NotebookNode) -> str | None:
    """The name of a marked cell, None for any other."""
    marks: Any = cell.metadata.get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else None


def time_spent(notebook: NotebookNode) -> float | None:
    """The hours that a student gives in the cell `time_spent` of a submission; None where there is no number."""
    sources = [cell.source for cell in notebook.cells if grade_id(cell) == "time_spent"]
    return next((hours for source in reversed(sources) if (hours := hours_spent(source)) is not None), None)


def says(notebook: NotebookNode) -> str:
    """Whom a notebook names as its student."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and (found := _SAYS.search(cell.source)):
            return found["id"]
    return ""
