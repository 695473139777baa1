"""Both sides of the theorem on two angles for the networks that records keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

from repsim_core.measures.label_angles import label_angles
from repsim_core.studies.which.telling import PairSet
from repsim_core.wording import plural, verb

_COLUMNS = ["kind", "size", "of_labels", "of_sets"]
_ROUNDING = 1e-9


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


class Factors(NamedTuple):
    """Between the two sides of the theorem: the ratio of both sines.

    Attributes:
        pairs: how many.
        median, largest: of the ratio; NaN without pairs.
        below, above: pairs outside the strip from 1 to 2 M - 1, more than rounding explains.
    """

    pairs: int
    median: float
    largest: float
    below: int
    above: int

    def in_words(self) -> str:
        """How many pairs lie outside the strip, and where the others lie."""
        if not self.pairs:
            return "No pair was looked at here."
        return (
            f"Of {plural(self.pairs, 'pair')} {self.below or 'none'} {verb(max(self.below, 1), 'are')} below "
            f"the strip and {self.above or 'none'} above. The ratio of both sines has a median of "
            f"{self.median:.2f} and is {self.largest:.2f} at most."
        )


def factors(angles: pd.DataFrame) -> Factors:
    """From rows of `trained_angles`, all with a positive of_sets."""
    ratio = angles["of_labels"] / angles["of_sets"]
    return Factors(
        len(angles),
        float(ratio.median()),
        float(ratio.max()),
        int((ratio < 1 - _ROUNDING).sum()),
        int((ratio > (2 * angles["size"] - 1) * (1 + _ROUNDING)).sum()),
    )


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
