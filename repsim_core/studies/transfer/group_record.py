"""The record of groups of networks: computed step by step, and read.

    nice python -m repsim_core.studies.transfer.group_record FOLDER CACHE

computes it (about half an hour on one core) and writes it to FOLDER. Each group of networks and each table of pairs is
kept in CACHE as soon as it is there, so that the same command goes on where it was interrupted.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import load, save

from repsim_core.datasets.tabular import digits
from repsim_core.errors import RecordError
from repsim_core.files import to_json, write_atomic
from repsim_core.representations import Representations
from repsim_core.store import Address, Store, content_key
from repsim_core.studies.records import processor
from repsim_core.studies.transfer.group_data import KINDS
from repsim_core.studies.transfer.group_runs import (
    MEASURES,
    GroupModels,
    GroupSettings,
    group_pairs,
    train_group,
)
from repsim_core.studies.units import library_versions

# Raised when the digits of results change.
PROTOCOL = 1
COMMAND = "python -m repsim_core.studies.transfer.group_record FOLDER CACHE"
DIMS = (2, 5)
# Significant digits of a recorded float.
_DIGITS = 6
_SHOWN = "shown.safetensors"
# Of the models' columns, those that name one.
_MODEL = ("kind", "dim", "inputs", "model", "group", "level")


@dataclass(frozen=True)
class GroupRecord:
    """What the record holds.

    Attributes:
        models: a row a network and inputs: kind, dim, inputs, model, group, level, accuracy and loss on these
            inputs, train_accuracy, train_loss.
        pairs: a row a pair: kind, dim, inputs, model_a, model_b, and `group_runs.MEASURES`.
        shown: one network of each group with M = 2, by (kind, inputs, level).
        provenance: settings, versions, date, checksums.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    shown: dict[tuple[str, str, float], Representations]
    provenance: dict[str, Any]


def default_settings() -> list[GroupSettings]:
    """The tests that the record holds: all with M = 2, and with M = 5 those where a group shares its data."""
    return [
        GroupSettings(kind, own.levels, dim=dim)
        for dim in DIMS
        for kind, own in KINDS.items()
        if dim == 2 or not own.own
    ]


def record_groups(
    directory: Path,
    cache: Path,
    settings: Sequence[GroupSettings],
    *,
    commit: str = "",
    progress: Callable[[str], object] = print,
) -> GroupRecord:
    """Compute what is missing, and write the record.

    Args:
        directory: of the record.
        cache: the folder for what is computed, from which an interrupted run goes on.
        settings: of the tests.
        commit: of the code, for the provenance.
        progress: called with a line after each step.
    """
    store = Store(cache)
    models, pairs, shown = [], [], {}
    train, test = digits()
    for number, own in enumerate(settings, 1):
        groups = [_trained(store, own, group, train, test) for group in range(len(own.levels))]
        progress(f"{number} of {len(settings)}: {own.kind}, M = {own.dim}: trained")
        for inputs in KINDS[own.kind].inputs:
            every = [model for group in groups for model in group.models[inputs]]
            named = {"kind": own.kind, "dim": own.dim, "inputs": inputs}
            scores = {"accuracy": [m.accuracy() for m in every], "loss": [m.loss() for m in every]}
            table = pd.concat([group.table for group in groups], ignore_index=True)
            models.append(table.assign(**named, **scores))
            pairs.append(_compared(store, own, inputs, every).assign(**named))
            progress(f"{number} of {len(settings)}: {own.kind}, M = {own.dim}, {inputs} inputs: compared")
            if own.dim == 2:
                for level, group in zip(own.levels, groups, strict=True):
                    shown[f"{own.kind}/{inputs}/{level:g}"] = group.models[inputs][0]
    columns = ["accuracy", "loss", "train_accuracy", "train_loss"]
    every_pair = pd.concat(pairs, ignore_index=True)
    files = {"networks.csv": _csv(pd.concat(models, ignore_index=True), [*_MODEL, *columns])}
    for dim in dict.fromkeys(own.dim for own in settings):
        own_pairs = every_pair[every_pair["dim"] == dim]
        files[_pairs_file(dim)] = _csv(own_pairs, ["kind", "inputs", "model_a", "model_b", *MEASURES])
    files[_SHOWN] = _packed(shown, test.labels.numpy())
    provenance = {
        "command": COMMAND,
        "commit": commit,
        "date": datetime.now(UTC).date().isoformat(),
        "settings": [asdict(own) for own in settings],
        "environment": {
            "python": platform.python_version(),
            **library_versions(),
            "protocol": PROTOCOL,
            "machine": {
                "processor": processor(),
                "instructions": torch.backends.cpu.get_cpu_capability(),
            },
        },
        "significant_digits": _DIGITS,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    for name, data in {**files, "provenance.json": to_json(provenance).encode()}.items():
        write_atomic(directory / name, data)
    return read_groups(directory)


def read_groups(directory: Path) -> GroupRecord:
    """Read the record and check its files against their checksums.

    Raises:
        RecordError: a file is missing, cannot be read, or is not the one that was recorded.
    """
    path = directory / "provenance.json"
    try:
        provenance = json.loads(path.read_bytes())
        files = {}
        for name, checksum in provenance["sha256"].items():
            path = directory / name
            files[name] = path.read_bytes()
            if hashlib.sha256(files[name]).hexdigest() != checksum:
                raise RecordError(f"record: {path} has changed since it was recorded (its SHA-256 differs)")
        models = pd.read_csv(io.BytesIO(files["networks.csv"]))
        pairs = [
            pd.read_csv(io.BytesIO(files[_pairs_file(dim)])).assign(dim=dim) for dim in models["dim"].unique().tolist()
        ]
        shown = _unpacked(files[_SHOWN])
    except FileNotFoundError as error:
        raise RecordError(f"record: there is no file {path}") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return GroupRecord(models, pd.concat(pairs, ignore_index=True), shown, provenance)


def _pairs_file(dim: int) -> str:
    return f"pairs-M{dim}.csv"


def _csv(table: pd.DataFrame, columns: list[str]) -> bytes:
    text = table.to_csv(columns=columns, index=False, float_format=f"%.{_DIGITS}g", lineterminator="\n")
    return text.encode()


# -- what is kept while it is computed -------------------------------------------------------------------------------


def _address(label: str, suffix: str, **definition: Any) -> Address:
    key = content_key({**definition, "protocol": PROTOCOL, "libraries": library_versions()})
    return Address(label, key, suffix)


def _trained(store: Store, settings: GroupSettings, group: int, train: Any, test: Any) -> GroupModels:
    address = _address(
        f"group-{settings.kind}-M{settings.dim}-{group}", ".safetensors", **asdict(settings), group=group
    )
    data = store.get(address)
    if data is None:
        data = _entry(train_group(settings, group, train, test))
        store.put(address, data)
    return _from_entry(data)


def _compared(
    store: Store, settings: GroupSettings, inputs: str, models: list[Representations]
) -> pd.DataFrame:
    address = _address(
        f"pairs-{settings.kind}-M{settings.dim}-{inputs}", ".csv", **asdict(settings), inputs=inputs
    )
    data = store.get(address)
    if data is None:
        data = group_pairs(models).to_csv(index=False, lineterminator="\n").encode()
        store.put(address, data)
    return pd.read_csv(io.BytesIO(data))


def _entry(group: GroupModels) -> bytes:
    arrays = {f"table/{name}": group.table[name].to_numpy() for name in group.table}
    for inputs, models in group.models.items():
        arrays[f"{inputs}/embeddings"] = np.stack([m.embeddings for m in models])
        arrays[f"{inputs}/unembeddings"] = np.stack([m.unembeddings for m in models])
        arrays[f"{inputs}/labels"] = np.asarray(models[0].labels)
    return _saved(arrays)


def _saved(arrays: dict[str, np.ndarray]) -> bytes:
    """As safetensors, which writes an array's memory as it lies there: row by row it has to be."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _from_entry(data: bytes) -> GroupModels:
    arrays = load(data)
    table = pd.DataFrame({n.removeprefix("table/"): a for n, a in arrays.items() if n.startswith("table/")})
    models = {}
    for inputs in (name.removesuffix("/labels") for name in arrays if name.endswith("/labels")):
        parts = zip(arrays[f"{inputs}/embeddings"], arrays[f"{inputs}/unembeddings"], strict=True)
        models[inputs] = [Representations(f, g, arrays[f"{inputs}/labels"]) for f, g in parts]
    return GroupModels(models, table)


# -- networks that are shown -----------------------------------------------------------------------------------------


def _packed(shown: dict[str, Representations], labels: np.ndarray) -> bytes:
    """In 16 bits, each scaled to a largest entry of 1, so that all fit: a drawing has no unit."""
    arrays = {"labels": labels.astype(np.int8)}
    for name, model in shown.items():
        for part in ("embeddings", "unembeddings"):
            values = np.asarray(getattr(model, part), dtype=float)
            arrays[f"{name}/{part}"] = (values / np.abs(values).max()).astype(np.float16)
    return _saved(arrays)


def _unpacked(data: bytes) -> dict[tuple[str, str, float], Representations]:
    arrays = load(data)
    labels = arrays["labels"].astype(np.int64)
    found = {}
    for name in (own.removesuffix("/embeddings") for own in arrays if own.endswith("/embeddings")):
        kind, inputs, level = name.split("/")
        f, g = (arrays[f"{name}/{part}"].astype(float) for part in ("embeddings", "unembeddings"))
        found[kind, inputs, float(level)] = Representations(f, g, labels)
    return found


def _main(folder: str, cache: str, commit: str = "") -> None:
    began = datetime.now(UTC)
    record_groups(
        Path(folder),
        Path(cache),
        default_settings(),
        commit=commit,
        progress=lambda line: print(f"{datetime.now(UTC) - began} {line}", file=sys.stderr, flush=True),
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
