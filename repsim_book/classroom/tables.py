"""Tables as CSV that a spreadsheet opens without running what a student wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from repsim_core.files import write_atomic

# With these a cell of a spreadsheet is a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV; text that a spreadsheet would take for a formula has a quotation mark in front.

    Raises:
        WriteError: naming the file, which could not be written.
    """
    write_atomic(path, table.map(_harmless).to_csv(index=False, lineterminator="\n").encode())


def _harmless(value: Any) -> Any:
    """The value, a text without formulas and without line ends that are not quoted."""
    if not isinstance(value, str):
        return value
    text = f"'{value}" if value.startswith(_FORMULA) else value
    return text.replace("\r\n", "\n").replace("\r", "\n")
