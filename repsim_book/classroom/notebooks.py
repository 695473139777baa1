"""Notebooks of an assignment: the teacher's master, what students receive, and a submission with its tests restored.

A master is `notebooks/assignments/NN_name.md`, a notebook in Jupytext's form that carries nbgrader's own metadata.
Every cell that has a `grade_id` there is *marked*: solution, test, written answer, or locked text.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
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
from repsim_core.errors import InputError

# Of a submitted notebook.
MAX_BYTES = 20_000_000

# In nbgrader's order (its GenerateAssignment): hidden tests are cleared after the gradebook has been told.
_SKELETON = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums)
_RELEASE = (ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata)


def read_master(path: Path) -> NotebookNode:
    """A master as a notebook, with solutions and all tests; the same file gives the same notebook.

    Raises:
        InputError: the file cannot be read, or nbgrader does not accept its cells.
    """
    try:
        notebook = read_chapter(Path(path)).notebook
    except ChapterError as error:
        raise InputError(f"master: {error}") from error
    for cell in notebook.cells:
        cell.metadata.pop("source_line", None)
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
    """A notebook from the bytes of its file.

    Raises:
        InputError: it is too large or no notebook.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"found more than {MAX_BYTES // 1_000_000} MB, expected a notebook of less")
    if not data.strip():
        raise InputError("found no notebook (the file is empty), expected .ipynb")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            "found no notebook (the file is no JSON, or not all of it), expected .ipynb"
        ) from error
    try:
        if (found["nbformat"], found["nbformat_minor"]) >= (4, 5):
            # editors leave ids out, or repeat them
            for number, cell in enumerate(found["cells"]):
                cell["id"] = f"cell-{number}"
        notebook = nbformat.reads(json.dumps(found), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # whatever the parser meets in a file from anyone
        raise InputError(
            "found no notebook (the file is JSON, but not that of a notebook), expected .ipynb"
        ) from error
    return notebook


def grade_id(cell: NotebookNode) -> str | None:
    """The name of a marked cell, None for any other."""
    marks: Any = cell.metadata.get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else None


def restore(skeleton: NotebookNode, submission: NotebookNode) -> NotebookNode:
    """The submission's answers in the assignment's own frame; nothing else that a student did to it can matter.

    All marked cells are there, in the skeleton's order and with its metadata (points, and no tags that would skip a
    cell); tests and locked text are the skeleton's. Answers are the student's, of a cell that is there twice the last
    one, as nbgrader does. Unmarked cells are the student's own and stay behind the marked cell that they follow. They
    may be the answer, where its cell has been left as it was or is missing (editors can lose its name): their text is
    then put into the written answer, and a missing code cell does not undo what theirs define.
    """
    marked = {name: cell for cell in skeleton.cells if (name := grade_id(cell)) is not None}
    last = {
        name: number for number, cell in enumerate(submission.cells) if (name := grade_id(cell)) in marked
    }
    followers: dict[str | None, list[NotebookNode]] = defaultdict(list)
    before: str | None = None
    for number, cell in enumerate(submission.cells):
        name = grade_id(cell)
        if name is not None and last.get(name) == number:
            before = name
        else:
            followers[before].append(_plain(cell))
    released = {"", *(cell.source for cell in skeleton.cells)}
    own = followers[None]
    cells = list(own)
    for name, cell in marked.items():
        missing = name not in last
        own = own if missing else followers[name]  # what follows a missing cell follows the one before
        texts = [each.source for each in own if each.cell_type == "markdown" and each.source not in released]
        cells.append(_answered(cell, None if missing else submission.cells[last[name]], texts))
        if not missing:
            cells += own
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(skeleton.metadata))


def _plain(cell: NotebookNode) -> NotebookNode:
    new = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}
    return new.get(cell.cell_type, nbformat.v4.new_markdown_cell)(cell.source)


def _answered(cell: NotebookNode, answer: NotebookNode | None, texts: list[str]) -> NotebookNode:
    """A marked cell with the student's answer, None if it is missing; `texts` are what the student wrote beside it."""
    cell, released = copy.deepcopy(cell), cell.source
    if answer is not None and not utils.is_locked(cell):
        cell.source = answer.source
        if cell.cell_type == "markdown" and "attachments" in answer:  # pictures of a written answer
            cell["attachments"] = copy.deepcopy(answer["attachments"])
    if not utils.is_solution(cell):
        return cell
    if cell.cell_type == "markdown" and cell.source == released:
        cell.source = "\n\n".join([released, *texts])
    elif cell.cell_type == "code" and answer is None:
        cell.source = "# The cell for this answer is missing."
    return cell
