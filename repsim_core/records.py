"""Records: a study's small results as committed files, and where they come from.

A record is a folder with models.csv (a row a model), pairs.csv (a row a pair) and provenance.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from repsim_core.parameters import ParameterError
from repsim_core.results import to_json, write_atomic
from repsim_core.study import Group, Study, Tables
from repsim_core.units import code_versions, library_versions

DIGITS = 9  # significant digits of a recorded float
GROUP = ["classes", "width", "variant"]
MODEL_MEASURES = ["test_accuracy", "test_loss", "train_loss"]
PAIR_MEASURES = [
    "d_kl",
    "d_llv",
    "label_term",
    "input_term",
    "label_scale_term",
    "input_scale_term",
    "d_fg",
    "max_d_svd_f",
    "d_svd_g",
    "mean_cca",
    "linear_bound",
    "quadratic_bound",
]
MODEL_COLUMNS = [*GROUP, "seed", *MODEL_MEASURES]
PAIR_COLUMNS = [*GROUP, "seed_a", "seed_b", *PAIR_MEASURES, "pivot", "left_out", "input_set", "note"]
_TYPES: Any = {
    "variant": "string",
    "input_set": "string",
    "note": "string",
    "pivot": "Int64",
    "left_out": "Int64",
}


class RecordError(ParameterError):
    """A record that is missing, damaged, or not what it is taken for; the message names the file."""


@dataclass(frozen=True)
class Record:
    """Models, pairs and provenance as the files hold them; columns `MODEL_COLUMNS` and `PAIR_COLUMNS`."""

    models: pd.DataFrame
    pairs: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def study(self) -> Study:
        """The declaration that the record was made from, its complete groups alone."""
        values = dict(self.provenance["study"])
        values["groups"] = tuple(Group(*group) for group in self.provenance["groups"])
        values["seeds"], values["stacks"] = tuple(values["seeds"]), tuple(map(tuple, values["stacks"]))
        return Study(**values)


def environment() -> dict[str, Any]:
    """What a result's last digits can depend on: versions, code, and the kind of machine."""
    return {
        "python": platform.python_version(),
        **library_versions(),
        "code": code_versions(),
        "machine": {
            "processor": _processor(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "cores": os.cpu_count(),
        },
    }


def write_record(directory: Path, study: Study, tables: Tables, command: str) -> Record:
    """Write what is complete of a study; `provenance.json` says which groups the record holds and which it lacks.

    Args:
        directory: of the record.
        study: what was declared.
        tables: from `study.collect`.
        command: what to type to compute it.

    Raises:
        RecordError: no group is complete.
        OSError: a file cannot be written.
    """
    if not len(tables.models):
        raise RecordError("record: no group of the study is complete yet, there is nothing to record")
    files = {
        "models.csv": _csv(tables.models, MODEL_COLUMNS),
        "pairs.csv": _csv(tables.pairs, PAIR_COLUMNS),
    }
    declared = asdict(study)
    del declared["groups"]
    provenance = {
        "study": declared,
        "groups": [[g.classes, g.width, g.variant] for g in study.groups if g not in tables.missing],
        "missing": [[g.classes, g.width, g.variant] for g in tables.missing],
        "models": len(tables.models),
        "pairs": len(tables.pairs),
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "environment": environment(),
        "significant_digits": DIGITS,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    for name, data in files.items():
        write_atomic(directory / name, data)
    write_atomic(directory / "provenance.json", to_json(provenance).encode())
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
        for name in ("models.csv", "pairs.csv"):
            path = directory / name
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != provenance["sha256"][name]:
                raise RecordError(f"record: {path} has changed since it was recorded (its SHA-256 differs)")
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


def _processor() -> str:
    """The processor's model, as the machine names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
