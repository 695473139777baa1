"""Pictures in the texts of a notebook: files that a cell holds by name and shows as `attachment:NAME`."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import nbformat
from nbformat import NotebookNode

_SHOWN = re.compile(r"(?<=attachment:)[^)\s\"'>]+")
# What is shown in the place of a picture that was not handed in; nbgrader shows no notebook in which one is missing.
_MISSING = {
    "image/svg+xml": base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="260" height="20"><text y="15" font-family="sans-serif" '
        b'font-size="13">This picture was not handed in.</text></svg>'
    ).decode()
}


def complete_pictures(cell: NotebookNode) -> None:
    """Give a text, in the cell, every picture that it shows, under the name by which it does."""
    if cell.cell_type != "markdown":
        return
    held: Mapping[str, Any] = cell.get("attachments", {})
    for name in dict.fromkeys(_SHOWN.findall(cell.source)):
        plain = unquote(name)
        found = held.get(name, held.get(plain, _MISSING))
        for form in (
            name,
            plain,
            quote(plain),
        ):  # what a name is when it is looked up depends on who reads the text
            cell.setdefault("attachments", nbformat.from_dict({})).setdefault(form, copy.deepcopy(found))


def moved(source: str, held: Mapping[str, Any], number: int) -> tuple[str, dict[str, Any]]:
    """A text for another cell, with its pictures, whose names have a number in front: others may have the same names.

    Args:
        source: the text.
        held: its cell's pictures by name.
        number: of its cell.
    """
    source = _SHOWN.sub(lambda name: f"{number}-{name[0]}", source)
    return source, {f"{number}-{name}": copy.deepcopy(content) for name, content in held.items()}
