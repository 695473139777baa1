"""How well a measure of pairs tells groups of models apart: the two figures of the ReSi benchmark.

For one group, pairs of two of its models are *inside*, pairs of one of its models and one of another group *across*; a
measure should call the former closer. `auprc` and `violation_rate` are what Klabunde et al. (arXiv:2408.00531) average
over groups.

Rows of results are alternatives that are looked at together: all models first, then without each, or with relabelled
models. The order of the distances is found once for all rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64, Int64, Real

from repsim_core.measures.model_intervals import LeaveOneOut

Figure = Callable[
    [Real[np.ndarray, " P"], Bool[np.ndarray, "rows P"], Bool[np.ndarray, "rows P"]],
    Float64[np.ndarray, " rows"],
]


def auprc(
    distances: Real[np.ndarray, " P"], inside: Bool[np.ndarray, "rows P"], across: Bool[np.ndarray, "rows P"]
) -> Float64[np.ndarray, " rows"]:
    """Area under the precision-recall curve of finding the inside pairs by their small distance, as average precision.

    ``sum_k (R_k - R_{k-1}) P_k`` over the distinct distances from the least on, with R_k the share of the inside pairs
    that are at most so far apart and P_k the share of inside pairs among all pairs at most so far apart.

    Args:
        distances: of pairs; pairs without one (NaN) do not count.
        inside, across: which pairs are; a row each. Other pairs do not count.

    Returns:
        1 where every inside pair is closer than every across pair; NaN for a row without pairs of both kinds.
    """
    close, far = _counts(distances, inside, across)
    found = np.diff(close, axis=1, prepend=0)
    called = np.maximum(close + far, 1)
    return _quotient((found * (close / called)).sum(axis=1), close, far)


def violation_rate(
    distances: Real[np.ndarray, " P"], inside: Bool[np.ndarray, "rows P"], across: Bool[np.ndarray, "rows P"]
) -> Float64[np.ndarray, " rows"]:
    """The share of all (inside pair, across pair) in which the inside pair is not the closer one; equal ones are
    violations.

    Args:
        distances, inside, across: as for `auprc`.

    Returns:
        0 where every inside pair is closer than every across pair; NaN for a row without pairs of both kinds.
    """
    close, far = _counts(distances, inside, across)
    found = np.diff(close, axis=1, prepend=0)
    total = np.maximum(far[:, -1], 1) if far.shape[1] else np.ones(len(far))
    return _quotient((found * far).sum(axis=1) / total, close, far)


def _counts(
    distances: Real[np.ndarray, " P"], inside: Bool[np.ndarray, "rows P"], across: Bool[np.ndarray, "rows P"]
) -> tuple[Int64[np.ndarray, "rows values"], Int64[np.ndarray, "rows values"]]:
    """How many inside and how many across pairs are at most as far apart as each distinct distance."""
    known = ~np.isnan(distances)
    order = np.flatnonzero(known)[np.argsort(distances[known], kind="stable")]
    values = distances[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], np.ones(min(len(values), 1), dtype=bool)))
    close, far = (np.cumsum(each[:, order], axis=1, dtype=np.int64)[:, last] for each in (inside, across))
    return close, far


def _quotient(
    sums: Real[np.ndarray, " rows"],
    close: Int64[np.ndarray, "rows values"],
    far: Int64[np.ndarray, "rows values"],
) -> Float64[np.ndarray, " rows"]:
    if not close.shape[1]:
        return np.full(len(close), np.nan)
    count, others = close[:, -1], far[:, -1]
    return np.where((count > 0) & (others > 0), sums / np.maximum(count, 1), np.nan)


def over_groups(
    figure: Figure,
    distances: Real[np.ndarray, " P"],
    ends: Int64[np.ndarray, "P 2"],
    groups: Int64[np.ndarray, "rows models"],
) -> Float64[np.ndarray, "rows groups"]:
    """A figure of each group.

    Args:
        figure: `auprc` or `violation_rate`.
        distances: of pairs.
        ends: the two models of each.
        groups: of each model, from 0 on; -1 for a model that is left out. A row an alternative.

    Returns:
        A column a group of the first row. ReSi's figure is their mean, and has no value where one of them has none.
    """
    first, second = groups[:, ends[:, 0]], groups[:, ends[:, 1]]
    there = (first >= 0) & (second >= 0)
    columns = []
    for group in np.unique(groups[0][groups[0] >= 0]):
        in_first, in_second = first == group, second == group
        columns.append(figure(distances, there & in_first & in_second, there & (in_first ^ in_second)))
    return np.stack(columns, axis=1)


def without_each(groups: Int64[np.ndarray, " models"]) -> Int64[np.ndarray, "rows models"]:
    """The groups of all models, then with each model left out: rows of `over_groups`."""
    rows = np.tile(groups, (len(groups) + 1, 1))
    rows[1:][np.eye(len(groups), dtype=bool)] = -1
    return rows


def relabelled(
    groups: Int64[np.ndarray, " models"], count: int, seed: int = 0
) -> Int64[np.ndarray, "rows models"]:
    """The groups with their models drawn anew, so many times: what a measure that knows nothing of groups would see.

    Args:
        groups: of the models.
        count: of rows.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(groups, (count, 1)), axis=1)


def jackknife(ends: Int64[np.ndarray, "P 2"], groups: Int64[np.ndarray, " models"]) -> LeaveOneOut:
    """The rows of `without_each` for intervals: each group's models are drawn apart, and pairs across groups count.

    Args:
        ends: the two models of each pair.
        groups: of the models.
    """
    lacks = (ends[None] == np.arange(len(groups))[:, None, None]).any(axis=2)
    every = np.ones((1, len(ends)), dtype=np.int64)
    return LeaveOneOut(np.vstack([every, (~lacks).astype(np.int64)]), groups)


def chance_auprc(inside: int, across: int) -> float:
    """The mean AUPRC of distances in random order, no two equal.

    With N pairs of which n are inside, ``h + (1 - h) (n - 1)/(N - 1)`` with ``h = (1 + 1/2 + ... + 1/N)/N``: the
    precision at the place k of an inside pair is ``(1 + (k - 1)(n - 1)/(N - 1))/k`` in the mean, and every k is
    equally probable.

    Args:
        inside, across: numbers of pairs, at least 1.
    """
    total = inside + across
    harmonic = float((1 / np.arange(1, total + 1)).sum()) / total
    return harmonic + (1 - harmonic) * (inside - 1) / (total - 1)


def beyond(
    distances: Real[np.ndarray, " P"],
    known: Real[np.ndarray, " P"],
    ends: Int64[np.ndarray, "P 2"],
    groups: Int64[np.ndarray, "rows models"],
) -> Float64[np.ndarray, " rows"]:
    """What a measure adds to another: of the couples (inside pair, across pair) that the other gets wrong or level, the
    share that the measure gets right, over all groups together. Equal distances count half.

    A measure that has nothing to do with either groups or `known` gets half of them right, an increasing function of
    `known` at most half (those where `known` itself is equal).

    Args:
        distances: of the measure; pairs without one (NaN) do not count.
        known: of the measure that is known already.
        ends, groups: as for `over_groups`.

    Returns:
        NaN where `known` gets every couple right.
    """
    usable = ~(np.isnan(distances) | np.isnan(known))
    distances, known, ends = distances[usable], known[usable], ends[usable]
    first, second = groups[:, ends[:, 0]], groups[:, ends[:, 1]]
    there = (first >= 0) & (second >= 0)
    right, wrong = np.zeros(len(groups)), np.zeros(len(groups))
    for group in np.unique(groups[0][groups[0] >= 0]):
        in_first, in_second = first == group, second == group
        inside, across = there & in_first & in_second, there & (in_first ^ in_second)
        rows, columns = inside.any(axis=0), across.any(axis=0)
        missed = known[rows][:, None] >= known[columns]
        gaps = distances[columns] - distances[rows][:, None]
        found = missed * ((gaps > 0) + 0.5 * (gaps == 0))
        near, far = inside[:, rows].astype(float), across[:, columns].astype(float)
        right += ((near @ found) * far).sum(axis=1)
        wrong += ((near @ missed.astype(float)) * far).sum(axis=1)
    return np.divide(right, wrong, out=np.full(len(groups), np.nan), where=wrong > 0)
