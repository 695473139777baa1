"""How well measures of pairs tell what the pairs' representations are like, with one model left out at a time.

Rows of results are those of `model_intervals.LeaveOneOut`: all pairs first, then without each of the models. Measures
that are compared are taken from the same rows, so that what makes all of them move together cancels in a difference.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, Int64, Real

from repsim_core.measures.model_intervals import LeaveOneOut, mean_ranks


def rank_correlations(
    measures: Real[np.ndarray, "P measures"],
    target: Real[np.ndarray, " P"],
    weights: Real[np.ndarray, "rows P"],
) -> Float64[np.ndarray, "rows measures"]:
    """Spearman's rank correlation of each measure with the target, by each row of weights.

    A pair with weight w stands for w equal pairs, and values that appear more than once have their mean rank.

    Args:
        measures: a column each.
        target: of the same pairs.
        weights: 0 where a pair does not count.

    Returns:
        NaN where a measure or the target is constant, or a row has less than two pairs.
    """
    weights = weights.astype(float)
    goal, size = _centred(target, weights)
    found = np.full((len(weights), measures.shape[1]), np.nan)
    for column, measure in zip(found.T, measures.T, strict=True):
        ranks, own_size = _centred(measure, weights)
        products = size * own_size
        np.divide(np.einsum("rp,rp->r", ranks, goal), products, out=column, where=products > 0)
    return found


def _centred(
    values: Real[np.ndarray, " P"], weights: Float64[np.ndarray, "rows P"]
) -> tuple[Float64[np.ndarray, "rows P"], Float64[np.ndarray, " rows"]]:
    """Ranks by each row of weights less their mean, times the roots of the weights; and the root of the sum of their
    squares."""
    ranks = mean_ranks(values, weights)
    totals = weights.sum(axis=1)
    totals[totals == 0] = 1.0
    ranks -= ((weights * ranks).sum(axis=1) / totals)[:, None]
    ranks *= np.sqrt(weights)
    return ranks, np.sqrt(np.einsum("rp,rp->r", ranks, ranks))


def separations(
    measures: Real[np.ndarray, "P measures"],
    positive: Bool[np.ndarray, " P"],
    rows: Int64[np.ndarray, "rows P"],
) -> Float64[np.ndarray, "rows measures"]:
    """The area under the ROC curve of each measure: how probably a positive pair has a larger one than a negative pair.

    Half for a measure that tells nothing, 1 for one that is larger for every positive pair. Equal values count half.

    Args:
        measures: a column each.
        positive: of each pair.
        rows: 1 where a pair counts, else 0.

    Returns:
        NaN where a row has pairs of one kind alone.
    """
    count, others = (rows[:, kind].sum(axis=1).astype(float) for kind in (positive, ~positive))
    pairs = np.where(count * others > 0, count * others, np.nan)
    columns = []
    for each in measures.T:
        # Ranks among all pairs of a row, less those among the positive ones.
        ranks = mean_ranks(each, rows)[:, positive] - mean_ranks(each[positive], rows[:, positive])
        columns.append((rows[:, positive] * ranks).sum(axis=1) / pairs)
    return np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))


def within_groups(
    measures: Real[np.ndarray, "P measures"],
    target: Real[np.ndarray, " P"],
    groups: Int64[np.ndarray, " P"],
    rows: Int64[np.ndarray, "rows P"],
) -> Float64[np.ndarray, "rows measures"]:
    """Rank correlations within each group of pairs, of which the mean is taken: what moves a whole group plays no part.

    Args:
        measures, target, rows: as for `rank_correlations`.
        groups: of each pair, such as a width.

    Returns:
        NaN where one of the groups has none.
    """
    names = np.unique(groups)
    total = np.zeros((len(rows), measures.shape[1]))
    for name in names:
        own = groups == name
        # Most rows have all pairs of a group: each kind of row is computed once.
        kinds, places = np.unique(rows[:, own], axis=0, return_inverse=True)
        total += rank_correlations(measures[own], target[own], kinds)[places.ravel()]
    return total / len(names)


def closest(measure: Real[np.ndarray, " P"], share: float) -> Int64[np.ndarray, " few"]:
    """The places of so large a share of the pairs, at least one, that the measure calls the closest.

    Args:
        measure: of the pairs; of equal ones the first is taken.
        share: above 0, at most 1.
    """
    count = max(1, round(share * len(measure)))
    return np.sort(np.argsort(measure, kind="stable")[:count])


def leave_one_out(ends: Int64[np.ndarray, "P 2"], groups: Int64[np.ndarray, " P"]) -> LeaveOneOut | None:
    """The rows of these pairs; None where a group has less than four models.

    Without one of three models there is one pair left, and no correlation.

    Args:
        ends: the two models of each pair.
        groups: of each pair; models are drawn apart in each.
    """
    if min(len(np.unique(ends[groups == name])) for name in np.unique(groups)) < 4:
        return None
    return LeaveOneOut.of(ends, groups)


def evenly(values: Real[np.ndarray, " P"], count: int) -> Int64[np.ndarray, " few"]:
    """The places of so many values, at most all, at even ranks from the least to the largest.

    Args:
        values: of the pairs.
        count: at least 1.
    """
    ranks = np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(np.int64)
    return np.argsort(values, kind="stable")[ranks].astype(np.int64)
