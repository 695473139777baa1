"""Solutions executed apart from their chapter: in forks of its kernel, which see all that it has and change nothing.

A solution finds the chapter as it is where the solution stands, and nothing of other solutions; cells of one solution
share a fork. What it changes (variables, modules, random states, files in the working directory) is the fork's alone.
"""

import os
from pathlib import Path
from typing import Any

from repsim_book.solutions import TAG

_PROCESS = "repsim_book.execution.apart_process"


def left_out() -> dict[str, Any]:
    """Settings of nbclient with which it executes no solutions."""
    return {"skip_cells_with_tag": TAG}


def executed_apart(folder: Path) -> dict[str, Any]:
    """Settings of nbclient with which it executes solutions apart; on a system without forks it leaves them out.

    Args:
        folder: for their working directories; the caller removes it when the kernel has ended.
    """
    if not hasattr(os, "fork"):
        return left_out()
    own: dict[int, str] = {}

    def before_sending(cell: Any, cell_index: int) -> None:
        if label := cell.metadata.get("solution"):
            own[cell_index] = cell.source
            given = f"{label!r}, {cell.source!r}, {str(folder)!r}"
            cell.source = f"__import__({_PROCESS!r}, fromlist=['run']).run({given})"

    def after_sending(cell: Any, cell_index: int) -> None:
        cell.source = own.pop(cell_index, cell.source)

    return {"on_cell_execute": before_sending, "on_cell_complete": after_sending}
