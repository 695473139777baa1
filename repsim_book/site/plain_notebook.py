"""A chapter's notebook for Jupyter and Colab, which know no MyST: words for it, and solutions folded."""

import copy
from collections.abc import Iterator
from typing import Any

from repsim_book.chapters import tags
from repsim_book.site.plain_markdown import SOLUTION, Words, pieces
from repsim_book.solutions import TAG


def plain_notebook(notebook: Any, words: Words) -> Any:
    """A copy of a notebook without MyST, and without what the press has noted in its cells.

    A solution has a heading, under which JupyterLab and Colab fold it away; its code is folded once more.
    """
    import nbformat

    plain = copy.deepcopy(notebook)
    plain.cells = [part for cell in plain.cells for part in _parts(cell, words)]
    folded = []
    for cell in plain.cells:
        for name in ("source_line", "solution"):
            cell.metadata.pop(name, None)
        if TAG in tags(cell):
            cell.metadata["cellView"] = "form"  # Colab's word for a cell without its code
            cell.metadata["jupyter"] = nbformat.from_dict({"source_hidden": True, "outputs_hidden": True})
        elif cell.cell_type == "markdown" and cell.source == SOLUTION:
            cell.metadata["jp-MarkdownHeadingCollapsed"] = True
            cell.metadata["id"] = cell.id  # by which Colab knows it
            folded.append(cell.id)
    if folded:
        plain.metadata["colab"] = nbformat.from_dict({"collapsed_sections": folded})
    return plain


def _parts(cell: Any, words: Words) -> Iterator[Any]:
    """The cells that stand for one: as many as its text has pieces."""
    if cell.cell_type != "markdown":
        yield cell
        return
    for number, text in enumerate(pieces(cell.source, words)):
        part = copy.deepcopy(cell)
        part.source = text
        part["id"] = f"{cell.id}-{number}" if number else cell.id
        yield part
