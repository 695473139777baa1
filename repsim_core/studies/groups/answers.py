"""Which measures tell the groups of a test apart, how surely, and what they add to accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from repsim_core.measures.group_separation import (
    auprc,
    beyond,
    chance_auprc,
    jackknife,
    over_groups,
    relabelled,
    violation_rate,
    without_each,
)
from repsim_core.measures.model_intervals import Interval, LeaveOneOut, holm
from repsim_core.studies.groups.runs import BASELINE, MEASURES

# Networks of a group that an interval needs at least: without one of three there is one pair inside the group.
FEWEST = 4


@dataclass(frozen=True)
class GroupTest:
    """A test: all pairs of some groups of networks.

    Attributes:
        name: what to call it.
        pairs: columns model_a, model_b and the measures.
        groups: of each network, by its number.
        levels: of the groups.
    """

    name: str
    pairs: pd.DataFrame
    groups: np.ndarray
    levels: tuple[float, ...]

    @property
    def ends(self) -> np.ndarray:
        """The numbers of each pair's networks."""
        return self.pairs[["model_a", "model_b"]].to_numpy(dtype=np.int64)

    def some(self, models: Sequence[int]) -> GroupTest:
        """The test with some of its networks alone, numbered anew in this order."""
        places = {model: place for place, model in enumerate(models)}
        kept = self.pairs[self.pairs["model_a"].isin(places) & self.pairs["model_b"].isin(places)]
        ends = np.sort(np.vectorize(places.get)(kept[["model_a", "model_b"]].to_numpy()), axis=1)
        pairs = kept.assign(model_a=ends[:, 0], model_b=ends[:, 1]).reset_index(drop=True)
        present = np.unique(self.groups[list(models)])
        groups = np.searchsorted(present, self.groups[list(models)])
        return GroupTest(self.name, pairs, groups, tuple(self.levels[group] for group in present))


def answers(
    test: GroupTest, measures: Sequence[str] = tuple(MEASURES), *, permutations: int = 99, seed: int = 0
) -> pd.DataFrame:
    """A row a measure.

    Args:
        test: of at least two groups of at least two networks.
        measures: columns of the test's pairs; `BASELINE` is compared with whether or not it is among them.
        permutations: how often the networks are drawn into groups anew.
        seed: of these draws.

    Returns:
        Columns test, measure; auprc, low, high; violation, violation_low, violation_high: ReSi's figures with
        intervals of level .95, NaN with fewer than `FEWEST` networks in a group; chance (the AUPRC of a random order);
        null: the AUPRC that one in twenty relabellings exceeds; p: the share of relabellings, itself counted, with an
        AUPRC as large; ahead, ahead_low, ahead_high, ahead_p: of the AUPRC over that of `BASELINE`, Holm's correction
        for the number of measures; beyond, beyond_low, beyond_high: `group_separation.beyond` the baseline.
    """
    ends, jackknifed = test.ends, None
    rows = test.groups[None]
    if np.bincount(test.groups).min() >= FEWEST:
        jackknifed, rows = jackknife(ends, test.groups), without_each(test.groups)
    drawn = relabelled(test.groups, permutations, seed)
    known = test.pairs[BASELINE].to_numpy(dtype=float)
    base = over_groups(auprc, known, ends, rows).mean(axis=1)
    chance = _chance(test.groups)
    found = []
    for measure in measures:
        distances = test.pairs[measure].to_numpy(dtype=float)
        precision = over_groups(auprc, distances, ends, rows).mean(axis=1)
        violations = over_groups(violation_rate, distances, ends, rows).mean(axis=1)
        null = over_groups(auprc, distances, ends, drawn).mean(axis=1) if permutations else np.empty(0)
        more = beyond(distances, known, ends, rows)
        known_p = jackknifed is not None and measure != BASELINE and not np.isnan(precision - base).any()
        found.append(
            {
                "test": test.name,
                "measure": measure,
                **_named("auprc", _interval(precision, jackknifed), ("auprc", "low", "high")),
                **_named("violation", _interval(violations, jackknifed)),
                "chance": chance,
                "null": float(np.quantile(null, 0.95)) if permutations else np.nan,
                "p": float((1 + (null >= precision[0]).sum()) / (1 + permutations)),
                **_named("ahead", _interval(precision - base, jackknifed, (-1.0, 1.0))),
                "ahead_p": jackknifed.p_value(precision - base) if jackknifed and known_p else np.nan,
                **_named("beyond", _interval(more, jackknifed)),
            }
        )
    table = pd.DataFrame(found)
    decided = table["ahead_p"].notna()
    table.loc[decided, "ahead_p"] = holm(table.loc[decided, "ahead_p"].to_numpy(dtype=float))
    return table


def by_group(test: GroupTest, measures: Sequence[str] = tuple(MEASURES)) -> pd.DataFrame:
    """AUPRC and violation rate of each group by each measure: columns test, measure, level, auprc, violation, inside
    and across (the median distances)."""
    rows = []
    first, second = (test.groups[column] for column in test.ends.T)
    for measure in measures:
        distances = test.pairs[measure].to_numpy(dtype=float)
        figures = [
            over_groups(each, distances, test.ends, test.groups[None])[0] for each in (auprc, violation_rate)
        ]
        for group, level in enumerate(test.levels):
            inside = (first == group) & (second == group)
            across = (first == group) ^ (second == group)
            rows.append(
                {
                    "test": test.name,
                    "measure": measure,
                    "level": level,
                    "auprc": figures[0][group],
                    "violation": figures[1][group],
                    "inside": float(np.nanmedian(distances[inside])),
                    "across": float(np.nanmedian(distances[across])),
                }
            )
    return pd.DataFrame(rows)


def halves(test: GroupTest, measures: Sequence[str] = tuple(MEASURES)) -> pd.DataFrame:
    """AUPRC by the first half of each group's networks and by the second: columns test, measure, first, second."""
    order = [np.flatnonzero(test.groups == group) for group in range(len(test.levels))]
    parts = [
        test.some([int(model) for own in order for model in own[part]])
        for part in (slice(0, len(order[0]) // 2), slice(len(order[0]) // 2, 2 * (len(order[0]) // 2)))
    ]
    columns = []
    for part in parts:
        values = part.pairs[list(measures)].to_numpy(dtype=float).T
        columns.append([over_groups(auprc, each, part.ends, part.groups[None])[0].mean() for each in values])
    first, second = columns
    return pd.DataFrame({"test": test.name, "measure": list(measures), "first": first, "second": second})


def _chance(groups: np.ndarray) -> float:
    sizes = np.bincount(groups)
    return float(np.mean([chance_auprc(n * (n - 1) // 2, n * (len(groups) - n)) for n in sizes.tolist()]))


def _interval(
    values: np.ndarray, jackknifed: LeaveOneOut | None, ends: tuple[float, float] = (0.0, 1.0)
) -> Interval:
    """Of a figure that lies between `ends`."""
    if jackknifed is None or np.isnan(values).any():
        return Interval(float(values[0]), np.nan, np.nan)
    value, low, high = jackknifed.interval(values)
    return Interval(value, max(low, ends[0]), min(high, ends[1]))


def _named(name: str, interval: Interval, names: tuple[str, str, str] | None = None) -> dict[str, float]:
    return dict(zip(names or (name, f"{name}_low", f"{name}_high"), interval, strict=True))
