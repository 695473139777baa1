"""Records that are computed from other records or from images: tables, each a CSV file, and where they come from.

The record of a study has its own form (`records.py`). Here a folder holds tables and provenance.json, whose keys are
`computed` (the function and its parameters), `sources` (what it read, with checksums), `commit`, `date`,
`environment`, `significant_digits` and `sha256` of every file. Arrays can lie beside the tables, in other files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from repsim_core.errors import RecordError
from repsim_core.files import to_json, write_atomic
from repsim_core.studies.records import machine

PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Derived:
    """A record of tables.

    Attributes:
        tables: by the name of their file without its ending.
        provenance: see the module's text.
    """

    tables: dict[str, pd.DataFrame]
    provenance: dict[str, Any]


def write_derived(
    directory: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    computed: Mapping[str, Any],
    sources: Mapping[str, str],
    digits: int,
    commit: str = "",
    more: Mapping[str, bytes] | None = None,
) -> Derived:
    """Write tables and their provenance; a file that is there is replaced.

    Args:
        directory: of the record.
        tables: by the name of their file without its ending.
        computed: which function, with which parameters.
        sources: checksums by the name of what was read.
        digits: significant digits of floats.
        commit: of the code, with `+` where files differ from it.
        more: contents of further files, by name.

    Raises:
        WriteError: a file cannot be written.
    """
    files = {
        f"{name}.csv": table.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n").encode()
        for name, table in tables.items()
    } | dict(more or {})
    provenance = {
        "computed": dict(computed),
        "sources": dict(sources),
        "commit": commit,
        "date": datetime.now(UTC).date().isoformat(),
        "environment": machine(),
        "significant_digits": digits,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    for name, data in {**files, PROVENANCE: to_json(provenance).encode()}.items():
        write_atomic(directory / name, data)
    return read_derived(directory)


def read_derived(directory: Path) -> Derived:
    """Read a record of tables and check that they are those that its provenance tells of.

    Raises:
        RecordError: a file is missing, cannot be read, or is not the one that was recorded.
    """
    path = directory / PROVENANCE
    try:
        provenance = json.loads(path.read_bytes())
        tables = {}
        for name, checksum in provenance["sha256"].items():
            path = directory / name
            if checksum_of(path) != checksum:
                raise RecordError(f"record: {path} has changed since it was recorded (its SHA-256 differs)")
            if path.suffix == ".csv":
                tables[path.stem] = pd.read_csv(path)
    except FileNotFoundError as error:
        raise RecordError(f"record: there is no file {path}") from error
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return Derived(tables, provenance)


def checksum_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
