"""Writing files: whole or not at all; JSON that every reader knows; tables as CSV."""

import json
import math
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from repsim_core.errors import WriteError

# How the names of files begin that are not yet, or no more, what they will be called.
TEMPORARY = ".part-"


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that no other process uses, of this machine or of another that shares the folder."""
    return path.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file all at once: readers see the old one or the new one, and a failure leaves the old one.

    Raises:
        WriteError: naming the file, which could not be written.
    """
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def to_json(value: Any) -> str:
    """`value` as indented JSON with sorted keys; NaN and infinities, which JSON does not know, as strings."""
    return json.dumps(json_safe(value), indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def json_safe(value: Any) -> Any:
    """`value` with the floats that JSON does not know as strings, throughout lists and dicts."""
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def table_to_csv(table: Any) -> str:
    """A DataFrame as CSV, with its index unless that only counts the rows."""
    counts_rows = table.index.name is None and list(table.index) == list(range(len(table)))
    # pandas writes the shortest text that reads back as the same float.
    return table.to_csv(index=not counts_rows, lineterminator="\n")
