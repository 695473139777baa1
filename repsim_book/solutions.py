"""Solutions of exercises that hold cells of code.

In a chapter's source such a solution stands between the directives `{solution-start} LABEL` and `{solution-end}`. Its
cells are no cells of the chapter: they are executed for the book alone, and apart (`execution.apart`).
"""

import re
from collections.abc import Iterable
from typing import Any

# The tag of these cells.
TAG = "solution"
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,}|:{3,})(?:\{(?P<kind>[\w:-]+)\})?(?P<rest>.*)")


def mark_solutions(cells: Iterable[Any]) -> None:
    """Tag the cells of code of solutions, and note in their metadata the exercise's label, as `solution`.

    Raises:
        ValueError: naming the line, where a solution begins in another one, ends without a beginning, or does not end.
    """
    label, begun = "", 0
    for cell in cells:
        if cell.cell_type == "code":
            if label:
                cell.metadata["solution"] = label
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), TAG]
            continue
        for number, kind, rest in _directives(cell.source):
            line = cell.metadata["source_line"] + number
            if kind == "solution-start" and label:
                raise ValueError(f"line {line}: a solution begins in that of {label}, which has not ended")
            if kind == "solution-end" and not label:
                raise ValueError(f"line {line}: a solution ends that has not begun")
            if kind in ("solution-start", "solution-end"):
                label, begun = (rest, line) if kind == "solution-start" else ("", 0)
    if label:
        raise ValueError(f"line {begun}: the solution of {label} does not end")


def _directives(markdown: str) -> Iterable[tuple[int, str, str]]:
    """The directives of a text that stand in no block of code: lines from 0, kinds, and what follows them."""
    code = ""  # the mark of the block of code that is open
    for number, line in enumerate(markdown.splitlines()):
        if not (fence := _FENCE.fullmatch(line)):
            continue
        mark, kind, rest = fence["mark"], fence["kind"], fence["rest"].strip()
        if code:
            code = "" if mark[0] == code[0] and len(mark) >= len(code) and not kind and not rest else code
        elif kind:
            yield number, kind, rest
        elif mark[0] != ":" and rest:
            code = mark
