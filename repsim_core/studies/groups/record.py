"""The record of groups of networks: computed step by step, and read.

    nice python -m repsim_core.studies.groups.record FOLDER CACHE

computes it (a quarter of an hour on one core) and writes it to FOLDER. Each group of networks and each table of pairs
is kept in CACHE as soon as it is there, so that the same command goes on where it was interrupted.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load, save

from repsim_core.datasets.tabular import Dataset, digits
from repsim_core.representations import Representations
from repsim_core.store import Address, Store, content_key
from repsim_core.studies.derived import Derived, read_derived, write_derived
from repsim_core.studies.groups.answers import GroupTest, answers
from repsim_core.studies.groups.data import KINDS
from repsim_core.studies.groups.runs import (
    NETWORK_COLUMNS,
    GroupModels,
    GroupSettings,
    group_pairs,
    train_group,
)
from repsim_core.studies.units import library_versions

# Raised when the digits of results change.
PROTOCOL = 1
# The kinds of each dimension.
DIMS = {2: tuple(KINDS), 5: ("labels", "shortcut", "noise")}
# Relabellings of each test.
PERMUTATIONS = 999
# Significant digits of a recorded float.
_DIGITS = 6
# Of the test inputs, every so many-th is shown, of the first network of each group with M = 2.
_EVERY = 3
# What tells tests apart.
_TEST = ["kind", "dim", "inputs"]


def default_settings() -> list[GroupSettings]:
    """The tests that the record holds."""
    return [GroupSettings(kind, KINDS[kind].levels, dim=dim) for dim, kinds in DIMS.items() for kind in kinds]


def record_groups(
    directory: Path,
    cache: Path,
    settings: Sequence[GroupSettings],
    *,
    permutations: int = PERMUTATIONS,
    commit: str = "",
    progress: Callable[[str], object] = print,
) -> Derived:
    """Compute what is missing, and write the record.

    Args:
        directory: of the record.
        cache: the folder for what is computed, from which an interrupted run goes on.
        settings: of the tests.
        permutations: of each test, see `answers`.
        commit: of the code, for the provenance.
        progress: called with a line after each step.

    Returns:
        Tables `networks` (a row a network and inputs), `group-pairs-M2`, `group-pairs-M5` (a row a pair),
        `group-answers` (a row a test and measure), `shown` (a row an input of a network that is drawn).
    """
    store = Store(cache)
    tables: dict[str, list[pd.DataFrame]] = {"networks": [], "shown": []}
    train, test = digits()
    for number, own in enumerate(settings, 1):
        groups = [_trained(store, own, group, train, test) for group in range(len(own.levels))]
        progress(f"{number} of {len(settings)}: {own.kind}, M = {own.dim}: trained")
        for inputs in KINDS[own.kind].inputs:
            every = [model for group in groups for model in group.models[inputs]]
            named = {"kind": own.kind, "dim": own.dim, "inputs": inputs}
            scores = {"accuracy": [m.accuracy() for m in every], "loss": [m.loss() for m in every]}
            networks = pd.concat([group.table for group in groups], ignore_index=True)
            tables["networks"].append(_first(networks.assign(**scores), named))
            pairs = _first(_compared(store, own, inputs, every), named)
            tables.setdefault(f"group-pairs-M{own.dim}", []).append(pairs)
            if own.dim == 2:
                firsts = {
                    level: group.models[inputs][0] for level, group in zip(own.levels, groups, strict=True)
                }
                tables["shown"].append(_first(shown_points(firsts), named))
            progress(f"{number} of {len(settings)}: {own.kind}, M = {own.dim}, {inputs} inputs: compared")
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items() if parts}
    # From digits as they are written, so that a reader of the tables finds the same.
    written = {name: _rounded(table) for name, table in joined.items()}
    written["group-answers"] = pd.concat(
        [
            _first(
                answers(each, permutations=permutations).drop(columns="test"),
                dict(zip(_TEST, key, strict=True)),
            )
            for key, each in group_tests(written).items()
        ],
        ignore_index=True,
    )
    return write_derived(
        directory,
        written,
        computed={
            "function": "repsim_core.studies.groups.record.record_groups",
            "settings": [asdict(own) for own in settings],
            "permutations": permutations,
            "protocol": PROTOCOL,
        },
        sources={
            name: hashlib.sha256(own.inputs.numpy().tobytes()).hexdigest()
            for name, own in (("train", train), ("test", test))
        },
        digits=_DIGITS,
        commit=commit,
    )


def read_groups(directory: Path) -> Derived:
    """Read the record, as `record_groups` returns it; each test has a name in column `test`."""
    found = read_derived(directory)
    tables = {
        name: table.assign(test=[name_of_test(*key) for key in table[_TEST].itertuples(index=False)])
        for name, table in found.tables.items()
    }
    return Derived(tables, found.provenance)


def name_of_test(kind: str, dim: int, inputs: str) -> str:
    """What to call a test: "shortcut, misleading marks"; the dimension is told apart from it."""
    return KINDS[kind].name + {"misleading": ", misleading", "unmarked": ", no mark"}.get(inputs, "")


def group_tests(tables: dict[str, pd.DataFrame]) -> dict[tuple[str, int, str], GroupTest]:
    """The tests of a record, by kind, dimension and inputs.

    Args:
        tables: `Derived.tables`.
    """
    networks = {key: own for key, own in tables["networks"].groupby(_TEST, sort=False)}
    found = {}
    for name, table in tables.items():
        if name.startswith("group-pairs"):
            for key, pairs in table.groupby(_TEST, sort=False):
                own = networks[key].sort_values("model")
                levels = tuple(own.drop_duplicates("group").sort_values("group")["level"].tolist())
                groups = own["group"].to_numpy(dtype=np.int64)
                kind, dim, inputs = key
                title = name_of_test(kind, dim, inputs)
                found[kind, int(dim), inputs] = GroupTest(title, pairs.reset_index(drop=True), groups, levels)
    return found


def shown_points(models: dict[float, Representations], every: int = _EVERY) -> pd.DataFrame:
    """Embeddings of some test inputs, each network scaled to a largest coordinate of 1: level, label, x, y.

    Args:
        models: by level, M = 2.
        every: so many-th input.
    """
    rows = []
    for level, model in models.items():
        x, y = (np.asarray(model.embeddings, dtype=float) / np.abs(np.asarray(model.embeddings)).max())[
            ::every
        ].T
        labels = np.asarray(model.labels)[::every]
        rows.append(pd.DataFrame({"level": level, "label": labels, "x": x.round(3), "y": y.round(3)}))
    return pd.concat(rows, ignore_index=True)


def _first(table: pd.DataFrame, named: dict[str, Any]) -> pd.DataFrame:
    """With columns that name the test before all others."""
    return table.assign(**named)[[*named, *table.columns]]


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False, float_format=f"%.{_DIGITS}g")))


# -- what is kept while it is computed -------------------------------------------------------------------------------


def _address(label: str, suffix: str, **definition: Any) -> Address:
    key = content_key({**definition, "protocol": PROTOCOL, "libraries": library_versions()})
    return Address(label, key, suffix)


def _trained(store: Store, settings: GroupSettings, group: int, train: Dataset, test: Dataset) -> GroupModels:
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
    # In an order of our own: that of the arrays in a file is by chance.
    table = pd.DataFrame({name: arrays[f"table/{name}"] for name in NETWORK_COLUMNS})
    models = {}
    for inputs in (name.removesuffix("/labels") for name in arrays if name.endswith("/labels")):
        parts = zip(arrays[f"{inputs}/embeddings"], arrays[f"{inputs}/unembeddings"], strict=True)
        models[inputs] = [Representations(f, g, arrays[f"{inputs}/labels"]) for f, g in parts]
    return GroupModels(models, table)


def _main(folder: str, cache: str, commit: str = "") -> None:
    record_groups(
        Path(folder),
        Path(cache),
        default_settings(),
        commit=commit,
        progress=lambda line: print(line, file=sys.stderr, flush=True),
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
