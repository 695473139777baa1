"""Bounds on the dissimilarity of representations by the distance of distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from repsim_core.arrays import as_count, as_real


def linear_bound(d_llv: float, dim: int) -> float:
    """d_{f,g} <= 2 M d_LLV (Thm 4.7), over the sets that both are taken over.

    Args:
        d_llv: the distance of the distributions, at least 0.
        dim: M, the dimension of the representations.

    Returns:
        2 M d_LLV; it says something where it is below 1.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    return 2.0 * as_count(dim, "dim") * as_real(d_llv, "d_llv")


def quadratic_bound(d_llv: float) -> float:
    """d_{f,g} <= 2 d_LLV²: quadratic and free of the dimension (proved in the book's chapter Distance).

    Args:
        d_llv: the distance of the distributions, at least 0.

    Returns:
        2 d_LLV², which is at most the linear bound wherever that one says something.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    return 2.0 * as_real(d_llv, "d_llv") ** 2


def ratio_bound(ratio_distance: float) -> float:
    """d_SVD <= delta²/2 over every set of the labels that delta was taken over, of any size: the sharper of the
    quadratic bounds, since delta <= 2 d_LLV.

    Args:
        ratio_distance: delta, the largest deviation of the difference of two standardised log-ratios, 0 to 2.

    Returns:
        delta²/2; it says something where it is below 1.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    return as_real(ratio_distance, "ratio_distance") ** 2 / 2


def least_dissimilarity(ratio_distances: Sequence[float], size: int) -> float:
    """A lower bound on the largest d_SVD over the sets of so many labels, from the distances of the log-ratios.

    With cos theta the least absolute correlation of a label's log-ratio in the two models, and cos Theta = 1 - d_SVD
    for the set of m labels with the largest d_SVD, sin Theta <= sin theta <= (2m - 1) sin Theta for m less than the
    number of log-ratios. Both constants are the best.

    Args:
        ratio_distances: delta_y = std(z_y - w_y) of each label, with one pivot; correlations are 1 - delta_y²/2.
        size: m, at least 1 and less than there are labels.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    misfits = _misfits(ratio_distances)
    m = as_count(size, "size")
    if m >= len(misfits):
        raise ValueError(f"size: found {m}, expected less than the number of log-ratios, {len(misfits)}")
    worst = float(misfits.max())
    # 1 - cos² and then 1 - cos, without what cancels where the angles are small.
    square = worst * (2.0 - worst) / (2 * m - 1) ** 2
    return square / (1.0 + math.sqrt(1.0 - square))


def greatest_dissimilarity(ratio_distances: Sequence[float], size: int) -> float:
    """An upper bound on d_SVD over every set of so many labels: 1 less the mean of the m least absolute correlations.

    It is the best one given the correlations alone, since the nuclear norm of a matrix is at least the sum of the
    absolute values of its diagonal.

    Args:
        ratio_distances: delta_y = std(z_y - w_y) of each label, with one pivot; correlations are 1 - delta_y²/2.
        size: m, from 1 to the number of labels.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    misfits = _misfits(ratio_distances)
    m = as_count(size, "size")
    if m > len(misfits):
        raise ValueError(f"size: found {m}, expected at most the number of log-ratios, {len(misfits)}")
    return float(np.mean(np.sort(misfits)[-m:]))


def _misfits(ratio_distances: Sequence[float]) -> np.ndarray:
    """1 - |rho_y| of each label, from its distance, so that close models keep their digits."""
    distances = np.asarray(ratio_distances, dtype=float)
    if distances.ndim != 1 or not len(distances) or not ((distances >= 0) & (distances <= 2 + 1e-9)).all():
        raise ValueError(
            "ratio_distances: found none, or some outside 0 to 2, expected std(z_y - w_y) of each label"
        )
    half = np.minimum(distances**2 / 2, 2.0)
    return np.minimum(half, 2.0 - half)
