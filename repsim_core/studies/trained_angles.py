"""Both sides of the theorem on two angles for the networks that records keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from repsim_core.measures.label_angles import label_angles
from repsim_core.studies.telling import PairSet

_COLUMNS = ["kind", "size", "of_labels", "of_sets"]


def trained_angles(stored: Mapping[Any, Any], sets: Sequence[PairSet], kind: str, seeds: int) -> pd.DataFrame:
    """The sines of both angles of pairs that count, over every set of M labels, with the pivot of the record.

    Args:
        stored: the models of a record by group (`stored_representations.read_representations`).
        sets: of pairs; those of the kind say which count.
        kind: of the record's pairs.
        seeds: pairs of the first so many networks of each group.

    Returns:
        A row for each pair: kind, size (M), of_labels, of_sets (`label_angles`).
    """
    rows = [
        {"kind": kind, "size": a.dim, **label_angles(a, b, a.dim, pivot=pivot)._asdict()}
        for a, b, pivot in _counted(stored, [own for own in sets if own.kind == kind], seeds)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _counted(
    stored: Mapping[Any, Any], sets: Sequence[PairSet], seeds: int
) -> Iterator[tuple[Any, Any, int]]:
    if not stored or not sets:
        return
    group = list(vars(next(iter(stored))))
    # Sets of another record of the kind have other columns.
    own = [each.pairs for each in sets if set(group) <= set(each.pairs)]
    pivots = {
        tuple(key): int(pivot)
        for pairs in own
        for *key, pivot in pairs[[*group, "seed_a", "seed_b", "pivot"]].itertuples(index=False, name=None)
    }
    for each, kept in stored.items():
        for i, j in combinations(list(kept.models)[:seeds], 2):
            pivot = pivots.get((*vars(each).values(), i, j))
            if pivot is not None:
                yield kept.models[i], kept.models[j], pivot
