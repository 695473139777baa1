"""Pairs of two kinds: what moves their mean, shares or what happens within each kind, and what the kinds explain."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, Real


class Mixture(NamedTuple):
    """A mean over pairs that agree in something and pairs that differ in it.

    Attributes:
        differing: share of the pairs that differ, 0 to 1.
        same, different: mean over the pairs that agree, and over those that differ; NaN where there is no such pair.
    """

    differing: float
    same: float
    different: float


class Split(NamedTuple):
    """The change of a mixture's mean in two parts, which add up to it.

    Attributes:
        mix: by the changed share of pairs that differ.
        within: by changed means within the two kinds.
    """

    mix: float
    within: float


def split_change(start: Mixture, end: Mixture) -> Split:
    """How much of the change of the mean (1 - s) e + s o is due to the share s, how much to e and o.

    With averages over start and end, written with a bar, the change is exactly

        (s_1 - s_0) (ō - ē)  +  (1 - s̄) (e_1 - e_0) + s̄ (o_1 - o_0)

    (Kitagawa 1955). The first part is the mix, the rest the change within. Where a kind has no pair at one end, its
    mean there is not defined and has no weight; the other end's is put in its place.

    Raises:
        ValueError: a share is outside 0 to 1, or a kind with pairs has no mean.
    """
    for name, each in (("start", start), ("end", end)):
        if not 0 <= each.differing <= 1:
            raise ValueError(f"{name}: found a share of {each.differing}, expected 0 to 1")
        lacks_same = each.differing < 1 and math.isnan(each.same)
        lacks_different = each.differing > 0 and math.isnan(each.different)
        if lacks_same or lacks_different:
            raise ValueError(f"{name}: found {each}, expected a mean of each kind that has pairs")
    same = _filled(start.same, end.same)
    different = _filled(start.different, end.different)
    rise = end.differing - start.differing
    mix = rise * (sum(different) - sum(same)) / 2 if rise else 0.0
    share = (start.differing + end.differing) / 2
    within = 0.0
    if share < 1:
        within += (1 - share) * (same[1] - same[0])
    if share > 0:
        within += share * (different[1] - different[0])
    return Split(mix, within)


def explained_share(
    values: Real[np.ndarray, " P"], groups: Int64[np.ndarray, " P"], kinds: Bool[np.ndarray, " P"]
) -> float:
    """The share of the variance within groups that lies between two kinds of pairs, 0 to 1 (eta squared).

    1 less the sum of squared deviations from the mean of each kind in each group, over that from the mean of each
    group; NaN where no group has any variance.
    """
    of_group = _squares(values, np.unique(groups, return_inverse=True)[1])
    cells = np.stack([groups, kinds.astype(np.int64)], axis=1)
    within = _squares(values, np.unique(cells, axis=0, return_inverse=True)[1].ravel())
    return 1 - within / of_group if of_group else math.nan


def greater_share(values: Real[np.ndarray, " P"], kind: Bool[np.ndarray, " P"]) -> float:
    """How often a pair of the kind has the greater value than one that is not of it, ties counted half.

    It is the area under the ROC curve; NaN where all pairs are of one kind.
    """
    of_it, others = values[kind], np.sort(values[~kind])
    if not len(of_it) or not len(others):
        return math.nan
    below = np.searchsorted(others, of_it, "left") + np.searchsorted(others, of_it, "right")
    return float(below.mean() / (2 * len(others)))


def common_slope(
    x: Real[np.ndarray, " P"], y: Real[np.ndarray, " P"], groups: Int64[np.ndarray, " P"]
) -> float:
    """The slope of y over x by least squares with an intercept for each group; NaN where x varies within none."""
    cells = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(cells)
    across, up = (each - (np.bincount(cells, each) / sizes)[cells] for each in (x, y))
    total = float((across**2).sum())
    return float((across * up).sum()) / total if total else math.nan


def _squares(values: Real[np.ndarray, " P"], cells: Int64[np.ndarray, " P"]) -> float:
    """The sum of squared deviations from the mean of each cell."""
    means = np.bincount(cells, values) / np.bincount(cells)
    return float(((values - means[cells]) ** 2).sum())


def _filled(first: float, second: float) -> tuple[float, float]:
    """Both means; a missing one is that of the other end."""
    if math.isnan(first):
        return second, second
    if math.isnan(second):
        return first, first
    return first, second
