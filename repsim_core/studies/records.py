"""Records: a study's small results as committed files, and where they come from.

A record is a folder with models.csv (a row a model), pairs.csv (a row a pair), what else the study keeps, and
provenance.json, which holds every file's checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from repsim_core.errors import RecordError
from repsim_core.files import to_json, write_atomic
from repsim_core.studies.catalogue import study_kind
from repsim_core.studies.commands import Command
from repsim_core.studies.study import Study, Tables, group_columns
from repsim_core.studies.units import PAIR_MEASURES, SETS, library_versions

# Significant digits of a recorded float.
DIGITS = 9
MODEL_MEASURES = ["test_accuracy", "test_loss", "train_loss"]
ORDERS = ["order", "order_about_mean"]
_TYPES: Any = {
    "variant": "string",
    "order": "string",
    "order_about_mean": "string",
    "input_set": "string",
    "note": "string",
    "pivot": "Int64",
    "left_out": "Int64",
}


@dataclass(frozen=True)
class Record:
    """Models, pairs and provenance as the files hold them.

    Attributes:
        models: a row a model: the group's columns, seed, `MODEL_MEASURES`, `ORDERS` (see `study.Tables`).
        pairs: a row a pair: the group's columns, seed_a, seed_b, `PAIR_MEASURES`, pivot, left_out, input_set, note.
            Records of an older protocol have fewer columns.
        provenance: what was computed, how, where and when. `commands` are as they were typed, each with its commit
            and date; of records made before 0.3.0 one command that computes the same, with the record's own commit.
            Where the networks were trained elsewhere, `trained` says how, and `environment` is that of the comparing.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def study(self) -> Study:
        """The declaration that the record was made from, its complete groups alone."""
        declared = self.provenance["study"]
        return study_kind(declared["name"]).declared.revive(declared, self.provenance["groups"])


def environment(study: Study) -> dict[str, Any]:
    """What a result's last digits can depend on: versions, protocols, and the kind of machine."""
    return {**machine(), "protocol": study.protocols()}


def machine() -> dict[str, Any]:
    """Versions and the kind of machine of this process."""
    return {
        "python": platform.python_version(),
        **library_versions(),
        "machine": {
            "processor": processor(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "cores": os.cpu_count(),
        },
    }


def write_record(
    directory: Path,
    study: Study,
    tables: Tables,
    commands: Sequence[Command],
    *,
    more: Mapping[str, bytes] | None = None,
    trained: Mapping[str, Any] | None = None,
) -> Record:
    """Write what is complete of a study; `provenance.json` says which groups the record holds and which it lacks.

    Args:
        directory: of the record.
        study: what was declared.
        tables: from `study.stored_tables`.
        commands: those that computed it, and the one that records it, as they were typed.
        more: contents of further files, by name.
        trained: how the networks came about that were not trained by these commands (`trained_elsewhere`).

    Raises:
        RecordError: no group is complete.
        WriteError: a file cannot be written; a folder that was made for the record is removed.
    """
    if not len(tables.models):
        raise RecordError("record: no group of the study is complete yet, there is nothing to record")
    group = group_columns(study)
    files = {
        "models.csv": _csv(tables.models, [*group, "seed", *MODEL_MEASURES, *ORDERS]),
        "pairs.csv": _csv(tables.pairs, [*group, "seed_a", "seed_b", *PAIR_MEASURES, *SETS]),
        **(more or {}),
    }
    declared = asdict(study)
    del declared["groups"]
    provenance = {
        "study": declared,
        "groups": [list(astuple(group)) for group in study.groups if group not in tables.missing],
        "missing": [list(astuple(group)) for group in tables.missing],
        "models": len(tables.models),
        "pairs": len(tables.pairs),
        "commands": [asdict(command) for command in commands],
        "environment": environment(study),
        "significant_digits": DIGITS,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        **({"trained": dict(trained)} if trained is not None else {}),
    }
    files["provenance.json"] = to_json(provenance).encode()
    new = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        for name, data in files.items():
            write_atomic(directory / name, data)
    except BaseException:
        for path in (directory / name for name in files if new):
            with suppress(OSError):
                path.unlink()
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return read_record(directory)


def read_record(directory: Path) -> Record:
    """Read a record and check that its tables are those that its provenance tells of.

    Raises:
        RecordError: a file is missing, cannot be read, or is not the one that was recorded.
    """
    path = directory / "provenance.json"
    try:
        provenance = json.loads(path.read_bytes())
        tables = {}
        for name, checksum in provenance["sha256"].items():
            path = directory / name
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != checksum:
                raise RecordError(f"record: {path} has changed since it was recorded (its SHA-256 differs)")
            if path.suffix == ".csv":
                tables[name] = pd.read_csv(path, dtype=_TYPES)
        record = Record(tables["models.csv"], tables["pairs.csv"], provenance)
        _ = record.study
    except FileNotFoundError as error:
        raise RecordError(f"record: there is no file {path}") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return record


def _csv(table: pd.DataFrame, columns: list[str]) -> bytes:
    text = table.to_csv(columns=columns, index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    return text.encode()


def processor() -> str:
    """The processor's model, as the machine names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
