"""Which measure tells: of several sets of pairs, how each contender goes with a target, and who is ahead of whom.

Two contenders are compared on the same models: the difference of their figures is computed with all models and without
each, so that its interval is that of the difference, not of two figures apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from repsim_core.measures.model_intervals import holm
from repsim_core.measures.shared_models import Carriers, carriers
from repsim_core.measures.telling import (
    closest,
    leave_one_out,
    rank_correlations,
    separations,
    within_groups,
)
from repsim_core.studies.which.pair_tables import CONTENDERS, ORDERS

# Models that a verdict needs at least: with fewer, intervals hold the true value too seldom.
ENOUGH = 10


@dataclass(frozen=True)
class PairSet:
    """Pairs that are looked at together.

    Attributes:
        name: what to call them.
        kind: what they are of; sets of one kind have one colour.
        pairs: from `pair_tables`.
        by: the column of what was drawn apart, such as the width; None where all models are of one kind.
    """

    name: str
    kind: str
    pairs: pd.DataFrame
    by: str | None = None

    @cached_property
    def groups(self) -> np.ndarray:
        """Of each pair; all 0 where models are of one kind."""
        if self.by is None:
            return np.zeros(len(self.pairs), dtype=np.int64)
        return self.pairs[self.by].to_numpy(dtype=np.int64)

    @cached_property
    def ends(self) -> np.ndarray:
        """The seeds of each pair."""
        return self.pairs[["seed_a", "seed_b"]].to_numpy(dtype=np.int64)

    @cached_property
    def networks(self) -> int:
        """How many different models are in these pairs."""
        return len(np.unique(np.column_stack([np.repeat(self.groups, 2), self.ends.ravel()]), axis=0))

    def carried_by(self, places: np.ndarray) -> Carriers:
        """How many models are in the pairs at these places, and how few carry them."""
        groups = self.groups[places].tolist()
        return carriers(
            ((group, i), (group, j)) for group, (i, j) in zip(groups, self.ends[places].tolist(), strict=True)
        )


def pair_sets(
    pairs: pd.DataFrame, columns: Sequence[str], name: str, *, kind: str, by: str | None, fewest: int
) -> list[PairSet]:
    """A set for each value of some columns, from pairs in groups of at least so many models.

    Args:
        pairs: from `pair_tables`.
        columns: what tells sets apart, `by` not among them.
        name: with the columns in braces, such as "K = {classes}".
        kind, by: as for `PairSet`.
        fewest: models of each set, or of each value of `by` in it.
    """
    found = []
    for _, own in pairs.groupby(list(columns), sort=True):
        parts = [own] if by is None else [part for _, part in own.groupby(by)]
        large = [part for part in parts if len(np.unique(part[["seed_a", "seed_b"]])) >= fewest]
        if large:
            kept = pd.concat(large).reset_index(drop=True)
            values = {column: kept[column].iloc[0] for column in columns}
            found.append(PairSet(name.format(**values), kind, kept, by))
    return found


class Told:
    """What the contenders tell about a target in one set of pairs.

    Args:
        pair_set: the pairs.
        target: a column of `pair_tables.TARGETS`, for rank correlations, or of `ORDERS`, for separations (`about` says
            which).
        within: rank correlations at each value of `by`, of which the mean is taken.
        measures: the contenders.
    """

    def __init__(
        self,
        pair_set: PairSet,
        target: str,
        *,
        within: bool = False,
        measures: Sequence[str] = tuple(CONTENDERS),
    ) -> None:
        self.pair_set, self.target, self.measures = pair_set, target, list(measures)
        self.about: Literal["order", "degree"] = "order" if target in ORDERS else "degree"
        self._jackknife = leave_one_out(pair_set.ends, pair_set.groups)
        rows = np.ones((1, len(pair_set.pairs)), dtype=np.int64)
        if self._jackknife is not None:
            rows = self._jackknife.weights
        values = pair_set.pairs[self.measures].to_numpy(dtype=float)
        column = pair_set.pairs[target]
        if self.about == "order":
            self._rows = separations(values, column.to_numpy(dtype=bool), rows)
        elif within:
            self._rows = within_groups(values, column.to_numpy(dtype=float), pair_set.groups, rows)
        else:
            self._rows = rank_correlations(values, column.to_numpy(dtype=float), rows)

    def table(self) -> pd.DataFrame:
        """A row a contender: set, kind, measure, value, low, high, networks, pairs.

        low and high are NaN where there are too few models for an interval (`ENOUGH`).
        """
        scale: Literal["plain", "fisher"] = "plain" if self.about == "order" else "fisher"
        found = []
        for measure, column in zip(self.measures, self._rows.T, strict=True):
            value, low, high = float(column[0]), np.nan, np.nan
            if self._jackknife is not None and self.pair_set.networks >= ENOUGH and not np.isnan(value):
                _, low, high = self._jackknife.interval(column, scale=scale)
                if self.about == "order":
                    low, high = max(low, 0.0), min(high, 1.0)
            found.append({**self._named(), "measure": measure, "value": value, "low": low, "high": high})
        return pd.DataFrame(found)

    def ahead(self, contender: str) -> pd.DataFrame:
        """A row a rival: by how much the contender's figure is larger (`compared`)."""
        return self.compared([(contender, rival) for rival in self.measures if rival != contender])

    def compared(self, pairs: Iterable[tuple[str, str]], *, sizes: bool = False) -> pd.DataFrame:
        """A row a comparison: by how much a contender's figure is larger than a rival's, with its interval, and p
        corrected by Holm for all comparisons that are asked for.

        NaN for low, high and p where there are too few models for a verdict (`ENOUGH`), or a figure is unknown.

        Args:
            pairs: contender and rival of each.
            sizes: whether the sizes of figures are compared: one that is negative with all models changes its sign,
                with each model left out too.
        """
        figures = np.where(self._rows[0] < 0, -self._rows, self._rows) if sizes else self._rows
        found, p_values = [], []
        for contender, rival in pairs:
            first, second = (figures[:, self.measures.index(measure)] for measure in (contender, rival))
            gap = first - second
            value, low, high, p = float(gap[0]), np.nan, np.nan, np.nan
            if self._jackknife is not None and self.pair_set.networks >= ENOUGH and not np.isnan(gap).any():
                _, low, high = self._jackknife.interval(gap)
                p = self._jackknife.p_value(gap)
            p_values.append(p)
            row = {"contender": contender, "rival": rival, "value": value, "low": low, "high": high}
            found.append({**self._named(), **row})
        p_values = np.array(p_values)
        known = ~np.isnan(p_values)
        p_values[known] = holm(p_values[known])
        return pd.DataFrame(found).assign(p=p_values)

    def _named(self) -> dict[str, object]:
        own = self.pair_set
        return {"set": own.name, "kind": own.kind, "networks": own.networks, "pairs": len(own.pairs)}


class Answers(NamedTuple):
    """What the contenders tell about a target in several sets.

    Attributes:
        told: `Told.table` of each set.
        ahead: `Told.ahead` of each set, of one contender.
    """

    told: pd.DataFrame
    ahead: pd.DataFrame


def tell(sets: Sequence[PairSet], target: str, contender: str, *, within: bool = False) -> Answers:
    """Ask about a target in each set where it varies.

    Args:
        sets: of pairs; with `within` those count whose models are of several groups.
        target, within: as for `Told`.
        contender: that is compared with all others.

    Returns:
        Tables without rows where no set can be asked.
    """
    asked = [own for own in sets if (own.by or not within) and own.pairs[target].nunique() > 1]
    found = [Told(own, target, within=within) for own in asked]
    if not found:
        none = pd.DataFrame(columns=["set", "kind", "networks", "pairs", "measure", "value", "low", "high"])
        return Answers(none, none.assign(contender=[], rival=[], p=[]))
    return Answers(
        pd.concat([each.table() for each in found], ignore_index=True),
        pd.concat([each.ahead(contender) for each in found], ignore_index=True),
    )


def closest_pairs(pair_set: PairSet, share: float, dissimilar: float) -> pd.DataFrame:
    """What each contender's closest pairs are like.

    Args:
        pair_set: the pairs.
        share: of the pairs, those that a contender calls the closest.
        dissimilar: pairs with a smaller mean CCA are dissimilar.

    Returns:
        A row a contender: set, kind, networks, pairs (in all), measure, closest (how many are taken), least_cca among
        them, dissimilar (how many), and how few models carry these (`shared_models.carriers`).
    """
    rows = []
    unlike = pair_set.pairs["mean_cca"].to_numpy(dtype=float) < dissimilar
    for measure in CONTENDERS:
        places = closest(pair_set.pairs[measure].to_numpy(dtype=float), share)
        listed = places[unlike[places]]
        rows.append(
            {
                "set": pair_set.name,
                "kind": pair_set.kind,
                "networks": pair_set.networks,
                "pairs": len(pair_set.pairs),
                "measure": measure,
                "closest": len(places),
                "least_cca": float(pair_set.pairs["mean_cca"].to_numpy(dtype=float)[places].min()),
                "dissimilar": len(listed),
                "carried_by": pair_set.carried_by(listed).fewest,
            }
        )
    return pd.DataFrame(rows)


def closest_sums(nearest: pd.DataFrame) -> pd.DataFrame:
    """`closest_pairs` of several sets together: a row a contender with closest, dissimilar and carried_by, summed over
    the sets, and the least mean CCA of all, least_cca."""
    by_measure = nearest.groupby("measure")
    sums = by_measure[["closest", "dissimilar", "carried_by"]].sum()
    return sums.assign(least_cca=by_measure["least_cca"].min().round(2)).loc[list(CONTENDERS)]
