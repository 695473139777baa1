"""The records of the chapter "Transfer" about probes: properties of CIFAR-10's test images, and what became of probes.

    python -c "from repsim_core.studies.transfer.record import record_properties as r; r('RECORDS')"
    python -c "from repsim_core.studies.transfer.record import record_probes as r; r('RECORDS')"

with RECORDS the folder of all records. The first one needs the images, the second takes a few minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.datasets.images import digit_images
from repsim_core.datasets.loading import copy_here, load_images
from repsim_core.datasets.properties import COLOUR_PROPERTIES, image_properties
from repsim_core.errors import RecordError
from repsim_core.measures.others import linear_cka
from repsim_core.measures.pairs import MEAN, ModelPair
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations
from repsim_core.studies.derived import PROVENANCE, Derived, checksum_of, read_derived, write_derived
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import read_representations
from repsim_core.studies.transfer.probes import (
    LABEL_TASKS,
    Task,
    bounds_of_pairs,
    own_probes,
    tasks_of,
    transfers,
)
from repsim_core.studies.which.pair_tables import record_pairs

# Folders of the two records.
PROPERTIES, PROBES = "cifar10-properties", "transfer-probes"
# Distances of a pair that `pair_tables.record_pairs` has.
_DISTANCES = (
    "farther_kl",
    "d_llv",
    "ratio_distance",
    "normaliser_mismatch",
    "d_logit",
    "cca_loss",
    "accuracy_gap",
    "larger_error",
)
_KEYS = ["set", "dim", "seed_a", "seed_b"]
_DIGITS = 6


class Source(NamedTuple):
    """Networks whose probes are carried over.

    Attributes:
        record: the folder of their record.
        data: the data set whose test inputs it has, a key of `LABEL_TASKS`.
        words: what a set is called, with {dim}.
    """

    record: str
    data: str
    words: str


# By the value of the column `set`.
SOURCES: Mapping[str, Source] = {
    "fast": Source("cifar10", "cifar10", "fast, M = {dim}"),
    "paper": Source("cifar10-paper", "cifar10", "paper, M = {dim}"),
    "digits": Source("digits", "digits", "digits, M = {dim}"),
}


def record_properties(records: str | Path, *, commit: str = "") -> Derived:
    """Compute the properties of CIFAR-10's test images, and write their record; it holds no images.

    Args:
        records: the folder of all records.
        commit: of the code, for the provenance.

    Returns:
        The record, with a table `properties`: label, and a column a property, in the order of the test set.
    """
    _, test = load_images("cifar10")
    copy = copy_here("cifar10")
    table = pd.DataFrame({"label": test.labels.numpy(), **image_properties(test)})
    return write_derived(
        Path(records) / PROPERTIES,
        {"properties": table},
        computed={"function": f"{__name__}.record_properties"},
        sources={copy.images: copy.data},
        digits=4,
        commit=commit,
    )


def tasks_for(data: str, properties: Path) -> list[Task]:
    """The tasks of the test inputs of a data set.

    Args:
        data: a key of `LABEL_TASKS`.
        properties: the folder of the record of properties, for CIFAR-10; those of digits are computed.
    """
    if data == "digits":
        _, test = digit_images()
        return tasks_of(image_properties(test), test.labels.numpy(), LABEL_TASKS[data])
    table = read_derived(properties).tables["properties"]
    columns = {name: table[name].to_numpy(dtype=float) for name in COLOUR_PROPERTIES}
    return tasks_of(columns, table["label"].to_numpy(), LABEL_TASKS[data])


def models_of(folder: Path) -> dict[int, dict[int, Representations]]:
    """The networks of a record of images, by dimension and seed."""
    return {g.dim: own.models for g, own in read_representations(folder, read_record(folder)).items()}


def record_probes(
    records: str | Path, *, commit: str = "", progress: Callable[[str], Any] = print
) -> Derived:
    """Carry the probes of every task over between all networks of each set, and write the record.

    Args:
        records: the folder of all records, `cifar10-properties` among them.
        commit: of the code, for the provenance.
        progress: told after each set of networks.

    Returns:
        The record, with the tables `probes` (a row a network and task), `transfers` (a row an ordered pair and task)
        and `distances` (a row a pair).

    Raises:
        RecordError: a record is missing or damaged, or was made from other inputs than the properties.
    """
    records = Path(records)
    found: dict[str, list[pd.DataFrame]] = {"probes": [], "transfers": [], "distances": []}
    for name, source in SOURCES.items():
        tasks = tasks_for(source.data, records / PROPERTIES)
        for dim, models in models_of(records / source.record).items():
            _check_inputs(source, models, tasks)
            for table, rows in computed_tables(models, tasks).items():
                found[table].append(pd.concat([_named(name, dim, len(rows)), rows], axis=1))
            progress(f"{source.words.format(dim=dim)}: {len(models)} networks")
        found["distances"].append(distances(records, name))
    sources = {
        source.record: checksum_of(records / source.record / PROVENANCE) for source in SOURCES.values()
    }
    sources[PROPERTIES] = checksum_of(records / PROPERTIES / PROVENANCE)
    return write_derived(
        records / PROBES,
        {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()},
        computed={"function": f"{__name__}.record_probes", "seed_of_the_halves": 0},
        sources=sources,
        digits=_DIGITS,
        commit=commit,
    )


def computed_tables(models: Mapping[int, Representations], tasks: list[Task]) -> dict[str, pd.DataFrame]:
    """The rows of `probes` and `transfers` of networks of one set and dimension.

    Args:
        models: by seed, with the tasks' inputs.
        tasks: all of them.

    Returns:
        `probes`: seed and the columns of `probes.own_probes`. `transfers`: seed_from and seed_to, the columns of
        `probes.transfers`; beta_mean, the bound against the mean over labels in place of a pivot; and beta_pairs, that
        over the log-ratios of all pairs of labels.
    """
    probes = [own_probes(model, tasks).assign(seed=seed) for seed, model in models.items()]
    rows = []
    for i, j in permutations(models, 2):
        own = transfers(models[i], models[j], tasks).assign(seed_from=i, seed_to=j)
        against_mean = transfers(models[i], models[j], tasks, pivot=MEAN)
        least = bounds_of_pairs(models[i], models[j], tasks)
        rows.append(own.assign(beta_mean=against_mean["beta"], beta_pairs=least))
    return {
        "probes": _first(pd.concat(probes, ignore_index=True), "seed"),
        "transfers": _first(pd.concat(rows, ignore_index=True), "seed_from", "seed_to"),
    }


def distances(records: Path, name: str) -> pd.DataFrame:
    """The distances of all pairs of a set, from its record and its representations.

    Args:
        records: the folder of all records.
        name: a key of `SOURCES`.

    Returns:
        Columns set, dim, seed_a, seed_b, the measures of `pair_tables` that are looked at, d_svd (over the log-ratios
        of all labels, with the record's pivot) and cka_loss (1 - linear CKA of the embeddings).
    """
    folder = records / SOURCES[name].record
    record = read_record(folder)
    stored = read_representations(folder, record)
    models = {group.dim: own.models for group, own in stored.items()}
    pairs = record_pairs(record, stored, 0.0)
    added: dict[str, list[float]] = {"d_svd": [], "cka_loss": []}
    for row in pairs[[*_KEYS[1:], "pivot"]].to_dict("records"):
        a, b = (models[row["dim"]][row[end]] for end in ("seed_a", "seed_b"))
        labels = [y for y in range(a.num_labels) if y != row["pivot"]]
        added["d_svd"].append(StandardisedRatios.of(ModelPair(a, b), int(row["pivot"]), labels).dissimilarity)
        added["cka_loss"].append(1 - linear_cka(a.embeddings, b.embeddings))
    return pairs.assign(set=name, **added)[[*_KEYS, *_DISTANCES, *added]]


def _named(name: str, dim: int, rows: int) -> pd.DataFrame:
    return pd.DataFrame({"set": [name] * rows, "dim": dim})


def _first(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table[[*columns, *(name for name in table.columns if name not in columns)]]


def _check_inputs(source: Source, models: Mapping[int, Representations], tasks: list[Task]) -> None:
    """The record's labels say whether its inputs are those of the properties."""
    for function, ones in LABEL_TASKS[source.data].items():
        (task,) = (each for each in tasks if each.name == function)
        for model in models.values():
            assert model.labels is not None
            own = np.where(np.isin(to_numpy(model.labels), ones), 1.0, -1.0)
            if not np.array_equal(own, task.targets):
                raise RecordError(f"records: {source.record} has other inputs than those of the properties")
