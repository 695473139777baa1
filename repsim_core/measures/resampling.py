"""Intervals for what is averaged over pairs of models: the models are drawn again, not the pairs.

The pairs of n models are not independent, since each model is in n - 1 of them. So models are drawn with
replacement, a pair counts as often as its two models were drawn, the product of the two counts, and a pair of a model
with itself, whose distance is 0 by definition, is left out (Snijders and Borgatti 1999, for networks of actors).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64, Real

from repsim_core.arrays import as_count


def pair_weights(
    pairs: Int64[np.ndarray, "P 2"], *, draws: int, seed: int | Sequence[int] = 0
) -> Int64[np.ndarray, "draws P"]:
    """How often each pair counts in each draw of the models.

    Args:
        pairs: the two models of each pair; the models are the numbers that appear.
        draws: how many times to draw as many models as there are.
        seed: of the draws.

    Raises:
        ValueError: where `pairs` has another shape, no rows, or a pair of a model with itself.
    """
    as_count(draws, "draws")
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(f"pairs: found shape {pairs.shape}, expected (P, 2) with P of at least 1")
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise ValueError("pairs: found a pair of a model with itself, expected different models")
    models, places = np.unique(pairs, return_inverse=True)
    first, second = places.reshape(-1, 2).T
    count = len(models)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    return times[:, first] * times[:, second]


def weighted_means(
    values: Real[np.ndarray, " P"], weights: Real[np.ndarray, "draws P"]
) -> Float64[np.ndarray, " draws"]:
    """The mean over pairs in each draw; NaN where one model was drawn every time, which leaves no pair."""
    return (weights @ values) / _totals(weights)[:, 0]


def rank_correlations(
    x: Real[np.ndarray, " P"], y: Real[np.ndarray, " P"], weights: Real[np.ndarray, "draws P"]
) -> Float64[np.ndarray, " draws"]:
    """Spearman's rank correlation of two measures of the pairs in each draw; NaN where one is constant.

    A pair with weight w stands for w equal pairs, and values that appear more than once have their mean rank.
    """
    x_ranks, y_ranks = _centred_ranks(x, weights), _centred_ranks(y, weights)
    xx = (weights * x_ranks * x_ranks).sum(axis=1)
    yy = (weights * y_ranks * y_ranks).sum(axis=1)
    xy = (weights * x_ranks * y_ranks).sum(axis=1)
    sizes = np.sqrt(xx * yy)
    sizes[sizes == 0] = np.nan
    return xy / sizes


def _centred_ranks(
    values: Real[np.ndarray, " P"], weights: Real[np.ndarray, "draws P"]
) -> Float64[np.ndarray, "draws P"]:
    """The rank of each pair in each draw, less the draw's mean rank."""
    other = values[:, None]
    below = np.where(other < values, 1.0, np.where(other == values, 0.5, 0.0))
    ranks = weights @ below
    return ranks - (weights * ranks).sum(axis=1, keepdims=True) / _totals(weights)


def interval(samples: Real[np.ndarray, " draws"], level: float = 0.95) -> tuple[float, float]:
    """The middle `level` of the samples, by quantiles; NaNs do not count, and (NaN, NaN) if there is nothing else."""
    known = samples[~np.isnan(samples)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def _totals(weights: Real[np.ndarray, "draws P"]) -> Float64[np.ndarray, "draws 1"]:
    total = weights.sum(axis=1, keepdims=True).astype(float)
    total[total == 0] = np.nan
    return total
