"""The sets of pairs that the chapter "Which distance tells?" asks: from four records, of three kinds of networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import FILE, read_representations
from repsim_core.studies.which.label_choices import over_label_choices
from repsim_core.studies.which.pair_tables import record_pairs
from repsim_core.studies.which.telling import PairSet, pair_sets

RADIAL, AUTHORS, IMAGES = KINDS = "radial data", "the authors' networks", "CIFAR-10"
# Models of each set that is compared over several choices of labels: one is left out at a time.
_FEWEST_OF_CHOICES = 4


class Source(NamedTuple):
    """What is made of a record.

    Attributes:
        kind: of its pairs, one of `KINDS`.
        columns: what tells its sets apart.
        name: of a set, with the columns in braces.
        by: the column of what was drawn apart, or None.
        filtered: whether models count by their accuracy.
    """

    kind: str
    columns: tuple[str, ...]
    name: str
    by: str | None
    filtered: bool

    def sets(self, pairs: pd.DataFrame, fewest: int) -> list[PairSet]:
        """The record's sets, of at least so many models (`telling.pair_sets`)."""
        return pair_sets(pairs, self.columns, self.name, kind=self.kind, by=self.by, fewest=fewest)


# By the chapter's parameter.
SOURCES: Mapping[str, Source] = {
    "radial": Source(RADIAL, ("classes", "variant"), "K = {classes}, {variant}", "width", True),
    "authors": Source(AUTHORS, ("classes",), "authors, K = {classes}", "width", True),
    "fast": Source(IMAGES, ("dim",), "fast, M = {dim}", None, False),
    "paper": Source(IMAGES, ("dim",), "paper, M = {dim}", None, False),
}


class Gathered(NamedTuple):
    """What several records give.

    Attributes:
        sets: of all pairs that count; radial data with free norms first.
        choice_sets: of pairs that were measured over several choices of labels (`label_choices`).
        stored: the models of each record that keeps its representations, by its name in `SOURCES` and by group.
    """

    sets: list[PairSet]
    choice_sets: list[PairSet]
    stored: dict[str, Mapping[Any, Any]]


def gather(paths: Mapping[str, Path], *, least_accuracy: float, fewest: int, choice_seeds: int) -> Gathered:
    """The sets of pairs of some records.

    Args:
        paths: the folders of records, by their names in `SOURCES`.
        least_accuracy: models count above this test accuracy, where a source is filtered.
        fewest: models of each set, or of each width in it.
        choice_seeds: pairs of the first so many models of each group are measured over other labels too.

    Raises:
        InputError: a folder has no record.
    """
    sets: list[PairSet] = []
    choices: list[PairSet] = []
    stored: dict[str, Mapping[Any, Any]] = {}
    for name, path in paths.items():
        source, record = SOURCES[name], read_record(path)
        if (path / FILE).is_file():  # the authors' networks themselves are theirs
            stored[name] = read_representations(path, record)
        own = stored.get(name, {})
        pairs = record_pairs(record, own, least_accuracy if source.filtered else 0.0)
        sets += source.sets(pairs, fewest)
        models_of = {group: each.models for group, each in own.items()}
        choices += source.sets(over_label_choices(pairs, models_of, choice_seeds), _FEWEST_OF_CHOICES)
    return Gathered(sorted(sets, key=_place), choices, stored)


def _place(own: PairSet) -> tuple[int, bool]:
    """Kinds in their order; of radial data free norms before fixed ones."""
    return KINDS.index(own.kind), own.kind == RADIAL and not own.name.endswith("free")


def of_kinds(rows: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    """The rows of some kinds of pairs."""
    return rows[rows["kind"].isin(kinds)]
