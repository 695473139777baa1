"""Canonical correlations of embeddings (Hotelling 1936), and what chance gives."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from array_api_compat import device
from jaxtyping import Float64

from repsim_core.arrays import as_count, as_matrix, together
from repsim_core.beyond_standard import Array, namespace, rows_of, to_numpy
from repsim_core.coordinates import Centred, TwoBases
from repsim_core.repeats import different_rows
from repsim_core.wording import plural

# Nodes of the integral over Wachter's law.
_NODES = 400


class RankDeficientWarning(UserWarning):
    """Canonical correlations were taken between spaces of lower dimension than the arrays have columns."""


@dataclass(frozen=True)
class CanonicalCorrelations:
    """Canonical correlations of two arrays z and w, and between how many directions they are.

    Attributes:
        correlations: from the largest on, shape (min(rank_z, rank_w),); of the library of z and w.
        rank_z, rank_w: dimensions of the centred column spaces.
        columns_z, columns_w: of the arrays.
        observations: n.
        different: how many of them are; what is there more than once tells no more than once.
    """

    correlations: Float64[Array, " directions"]
    rank_z: int
    rank_w: int
    columns_z: int
    columns_w: int
    observations: int
    different: int

    @property
    def mean(self) -> float:
        """The mean canonical correlation."""
        return float(np.mean(to_numpy(self.correlations)))

    @property
    def forced(self) -> int:
        """How many correlations are 1 whatever the arrays are: functions of n different observations, centred, have
        n - 1 dimensions, in which two spaces meet in as many."""
        return max(0, self.rank_z + self.rank_w - (self.different - 1))

    @property
    def chance(self) -> float:
        """The mean correlation of unrelated arrays of these ranks over so many different observations; see
        `chance_cca`. Where a few of them make up most of the n it is higher."""
        least = max(self.rank_z, self.rank_w) + 1  # what rounding makes of equal rows may differ
        return chance_cca(max(self.different, least), self.rank_z, self.rank_w)


def canonical_correlations(z: object, w: object) -> CanonicalCorrelations:
    """Canonical correlations of two arrays of the same n observations, shapes (n, p) and (n, q).

    They are the singular values of Q^T R for orthonormal bases Q, R of the two centred column spaces, so a correlation
    of 1 comes out as 1 to rounding; directions of zero variance are dropped and show in the ranks.

    Args:
        z, w: n >= 2 observations, shapes (n, p) and (n, q).

    Raises:
        TypeError, ValueError: naming the argument; also where all columns are constant.
    """
    left, right = observations(z, w)
    return between_columns(*centred_together(left, right), left.shape[0], different_rows(left, right))


def mean_cca(z: object, w: object) -> float:
    """Mean canonical correlation of z, shape (n, p), and w, shape (n, q); invariant to invertible affine maps.

    The mean is over min(rank z, rank w) correlations (Hotelling 1936). Where an array has less than full column rank a
    `RankDeficientWarning` says so.

    Args:
        z, w: n >= 2 observations, such as the embeddings of two models.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError, ValueError: as `canonical_correlations`.
    """
    result = canonical_correlations(z, w)
    sizes = [("z", result.rank_z, result.columns_z), ("w", result.rank_w, result.columns_w)]
    for name, rank, columns in sizes:
        if rank < columns:
            warnings.warn(
                f"{name}: rank {rank} of {columns} columns; the mean is over the correlations that exist",
                RankDeficientWarning,
                stacklevel=2,
            )
    return result.mean


def chance_cca(observations: int, rank_z: int, rank_w: int) -> float:
    """The mean canonical correlation of unrelated arrays, in the limit of large ones (Wachter 1980).

    With p <= q the ranks over n - 1, the squared correlations of independent normal arrays have, as n grows, the
    density sqrt((u - x)(x - l)) / (2 pi p x (1 - x)) between l and u = (sqrt(p (1 - q)) -+ sqrt(q (1 - p)))², and
    those that are forced to 1 where p + q > 1. For p = 1/(n - 1) the square is a beta variable, and the mean is exact.

    Args:
        observations: n, at least 2, all different.
        rank_z, rank_w: at least 1, at most n - 1.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    freedom = as_count(observations, "observations", 2) - 1
    small, large = sorted((as_count(rank_z, "rank_z"), as_count(rank_w, "rank_w")))
    if large > freedom:
        raise ValueError(f"rank_z, rank_w: found {large}, expected at most n - 1 = {freedom}")
    if small == freedom or large == freedom:
        return 1.0
    if small == 1:
        half = 0.5 * large
        return math.exp(
            math.lgamma(half + 0.5)
            + math.lgamma(freedom / 2)
            - math.lgamma(half)
            - math.lgamma(freedom / 2 + 0.5)
        )
    p, q = small / freedom, large / freedom
    low, high = ((math.sqrt(p * (1 - q)) + sign * math.sqrt(q * (1 - p))) ** 2 for sign in (-1, 1))
    # x = middle + half cos t takes the square roots at both ends away.
    t = (np.arange(_NODES) + 0.5) * np.pi / _NODES
    x = (low + high) / 2 + (high - low) / 2 * np.cos(t)
    weights = np.sin(t) ** 2 / (x * (1 - x))
    forced = max(0.0, p + q - 1) / p
    return forced + (1 - forced) * float((np.sqrt(x) * weights).sum() / weights.sum())


def between_columns(z: Centred, w: Centred, count: int, different: int) -> CanonicalCorrelations:
    """Canonical correlations of columns that are known in one basis, of so many observations, of which so many are
    different."""
    basis_z, basis_w = _column_space(z, "z"), _column_space(w, "w")
    sigma = namespace(basis_z).linalg.svdvals(basis_z.T @ basis_w)
    ranks = basis_z.shape[1], basis_w.shape[1]
    columns = z.coordinates.shape[1], w.coordinates.shape[1]
    return _at_most_one(sigma, ranks, columns, (count, different))


def between_bases(bases: TwoBases, count: int, different: int) -> CanonicalCorrelations:
    """Canonical correlations of the columns of two bases, of so many observations, of which so many are different."""
    first, second = bases.first, bases.second
    if not (first.independent and second.independent):
        xp = namespace(bases.along)
        beyond = xp.zeros(
            (bases.beyond.shape[0], first.coordinates.shape[0]), dtype=xp.float64, device=device(bases.along)
        )
        z = xp.concat((first.coordinates, beyond @ first.coordinates))
        w = xp.concat((bases.along, bases.beyond)) @ second.coordinates
        return between_columns(Centred(z, first.sizes), Centred(w, second.sizes), count, different)
    sigma = namespace(bases.along).linalg.svdvals(bases.along)
    widths = first.coordinates.shape[1], second.coordinates.shape[1]
    return _at_most_one(sigma, widths, widths, (count, different))


def _at_most_one(
    sigma: Float64[Array, " directions"],
    ranks: tuple[int, int],
    columns: tuple[int, int],
    counts: tuple[int, int],
) -> CanonicalCorrelations:
    """Canonical correlations from singular values that may be above 1 by rounding."""
    xp = namespace(sigma)
    return CanonicalCorrelations(xp.minimum(sigma, xp.ones_like(sigma)), *ranks, *columns, *counts)


def observations(z: object, w: object) -> tuple[Array, Array]:
    """Both as float64 arrays of one library with the same n >= 2 rows; errors name the argument."""
    joined = together({"z": as_matrix(z, "z"), "w": as_matrix(w, "w")})
    left, right = joined["z"], joined["w"]
    if left.shape[0] != right.shape[0]:
        raise ValueError(f"w: found n = {plural(right.shape[0], 'row')}, expected {left.shape[0]} as in z")
    if left.shape[0] < 2:
        raise ValueError("z: found n = 1 row, expected at least 2 observations")
    return left, right


def centred_together(left: Array, right: Array) -> tuple[Centred, Centred]:
    """The columns of both arrays, centred, in one basis."""
    both = Centred.of(left, right)
    return both.columns(0, left.shape[1]), both.columns(left.shape[1], left.shape[1] + right.shape[1])


def _column_space(x: Centred, name: str) -> Float64[Array, "D rank"]:
    """Orthonormal basis of the centred columns, each first scaled to length 1 so that units do not matter."""
    columns, constant = x.standardised()
    xp = namespace(columns)
    varying = np.flatnonzero(~to_numpy(constant)).tolist()
    if not varying:
        raise ValueError(f"{name}: every column is constant, so no correlation is defined")
    u, sigma, _ = xp.linalg.svd(rows_of(columns.T, varying).T, full_matrices=False)
    sizes = to_numpy(sigma)
    tolerance = max(columns.shape) * float(np.finfo(np.float64).eps) * float(sizes[0])
    return u[:, : int((sizes > tolerance).sum())]
