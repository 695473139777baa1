"""Standardised log-ratios of two models: the pair quantity of which terms 1 and 2 of d_LLV are made.

Look at a table of log-probabilities from one side: its *points* are the labels and its *observations* the
inputs, or the other way round. For two points i (the pivot) and j, each model standardises by the deviation of
its own log-ratio,

    psi_ij = std[ log p_j - log p_i ],    psi'_ij = std[ log p'_j - log p'_i ]       (over observations),

and Def. 4.4 asks how far apart the models then are, on both ends of the ratio:

    gap(i, j) = max( std[ log p_j / psi_ij - log p'_j / psi'_ij ],
                     std[ log p_i / psi_ij - log p'_i / psi'_ij ] ).

A point is given by its image in each model (`point_images.py`) and by what all points of a model have in common. There
are about M coordinates, however many observations there are.

Term 1 of d_LLV is the largest gap between the pivot label and another label, with inputs as observations; term 2
is the largest gap between x_0 and another x_i, with labels as observations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import (
    Array,
    distances,
    namespace,
    row_lengths,
    rows_of,
    squared_lengths,
)
from repsim_core.coordinates import MANY_COLUMNS, NOT_CLOSE, Split, WithColumns, row_blocks
from repsim_core.measures.point_images import PointImages

# From so many products on, distances between points are made by matrix products.
_MANY = 2**24
# A deviation below this share of the log-probabilities' own counts as zero.
_CONSTANT = 1e-12


@dataclass(frozen=True)
class Gaps:
    """gap(i, j) and the deviations it was standardised with, for the pairs asked for; one shape for all.

    A pair whose log-ratio is constant in either model cannot be standardised: its gap is infinite.

    Attributes:
        gap: the larger of the two deviations in its definition.
        pivot_variance: the square of the one at the pivot's end; of no meaning where the gap is infinite.
        psi, psi_other: of the log-ratio in the two models.
    """

    gap: Float64[Array, "*pairs"]
    pivot_variance: Float64[Array, "*pairs"]
    psi: Float64[Array, "*pairs"]
    psi_other: Float64[Array, "*pairs"]

    @property
    def pivot_gap(self) -> Float64[Array, "*pairs"]:
        """The deviation at the pivot's end, the quantity of the normaliser mismatch."""
        return self.pivot_variance**0.5

    @property
    def scale_difference(self) -> Float64[Array, "*pairs"]:
        """|psi - psi'|, the quantity of terms 3 and 4 of d_LLV."""
        return abs(self.psi - self.psi_other)


class _Points(NamedTuple):
    """Of each point: the deviations of its log-probability in the two models, the misfit between them, and half the
    deviation at which a log-ratio with another point like it counts as constant."""

    s: Array
    s_other: Array
    misfit: Array
    floor: Array
    floor_other: Array


class LogRatios:
    """Both models' log-probabilities seen from one side.

    Args:
        images: of the points.
        common: what all points of a model have besides, as a function of the observations, in its model's basis;
            None where that is nothing.
        roundings: of the two models, size of the rounding errors in the log-probabilities, for each point or one for
            all: a log-ratio that deviates by no more is constant.
        freedom: observations less one.
    """

    def __init__(
        self,
        images: PointImages,
        common: tuple[Split, Split] | None,
        roundings: tuple[Float64[Array, " #points"], Float64[Array, " #points"]],
        freedom: int,
    ) -> None:
        self.images = images
        # So many that only products are quick enough.
        self._many = len(images) * max(math.prod(images.p.shape), math.prod(images.q.shape)) > _MANY
        root = freedom**0.5
        xp = namespace(images.p)
        both = images.bases.with_columns(common)
        s, t = (
            _lengths_with(x, None if common is None else common[place].coordinates / root)
            for place, x in enumerate((images.p, images.q))
        )
        misfit = xp.concat([_misfits(images, rows, s, t, both, root) for rows in images.blocks()])
        floor, floor_other = (
            _CONSTANT * size + rounding for size, rounding in zip((s, t), roundings, strict=True)
        )
        self._points = _Points(s, t, misfit, floor, floor_other)

    def some(self, points: Int64[np.ndarray, " fewer"]) -> LogRatios:
        """Those of some of the points."""
        fewer = copy(self)
        fewer.images = self.images.some(points)
        fewer._points = _Points._make(rows_of(values, points) for values in self._points)
        return fewer

    def __len__(self) -> int:
        return len(self.images)

    def table(self, pivots: Sequence[int] | np.ndarray, points: slice = slice(None)) -> Gaps:
        """Gaps of some points (all) to each of the pivots, shape (pivots, points); a point has an infinite gap to
        itself. Of very many points to seven digits."""
        p, q = self.images.p, self.images.q
        return self._gaps(
            distances(rows_of(p, pivots), p[points, :], by_products=self._many),
            distances(rows_of(q, pivots), q[points, :], by_products=self._many),
            _Points._make(rows_of(values, pivots)[:, None] for values in self._points),
            _Points._make(values[points] for values in self._points),
        )

    def row(self, pivot: int, points: Sequence[int]) -> Gaps:
        """Gaps of the pivot to these points, shape (points,)."""
        psi, psi_other = (rows_of(each, points) for each in self.images.displacements(pivot))
        of_pivot, of_points = (
            _Points._make(rows_of(values, places) for values in self._points) for places in ([pivot], points)
        )
        return self._gaps(psi, psi_other, of_pivot, of_points)

    def sets(self, members: Int64[np.ndarray, "sets size"]) -> Gaps:
        """Gaps of the first member of each set to its other members, shape (sets, size - 1)."""
        psi, psi_other = (_displacements(x, members) for x in (self.images.p, self.images.q))
        chosen = [rows_of(values, members) for values in self._points]
        first = _Points._make(values[:, :1] for values in chosen)
        return self._gaps(psi, psi_other, first, _Points._make(values[:, 1:] for values in chosen))

    def _gaps(self, psi: Array, psi_other: Array, pivot: _Points, point: _Points) -> Gaps:
        """gap(i, j) from the deviations psi, psi' of the log-ratios and what is known of either end."""
        xp = namespace(psi)
        constant = None
        ends = ((psi, pivot.floor, point.floor), (psi_other, pivot.floor_other, point.floor_other))
        # Where even the least is larger there is nothing to look at.
        if any(
            float(xp.min(each)) <= float(xp.max(first)) + float(xp.max(last)) for each, first, last in ends
        ):
            (each, first, last), (other, first_other, last_other) = ends
            constant = (each <= first + last) | (other <= first_other + last_other)
            psi_safe, other_safe = (xp.where(constant, xp.ones_like(x), x) for x in (psi, psi_other))
        else:
            psi_safe, other_safe = psi, psi_other
        mine, theirs = 1.0 / psi_safe, 1.0 / other_safe
        at_pivot = _variance(pivot, mine, theirs)
        gap = xp.sqrt(xp.maximum(at_pivot, _variance(point, mine, theirs)))
        if constant is not None:
            gap = xp.where(constant, xp.full_like(gap, xp.inf), gap)
        return Gaps(gap, at_pivot, psi, psi_other)


def _displacements(
    images: Float64[Array, "points rank"], members: Int64[np.ndarray, "sets size"]
) -> Float64[Array, "sets more"]:
    """How far the first member of each set is from its other members."""
    xp = namespace(images)
    found = []
    for sets in row_blocks(members.shape[0], members.shape[1] * images.shape[1]):
        chosen = rows_of(images, members[sets])
        found.append(xp.linalg.vector_norm(chosen[:, 1:, :] - chosen[:, :1, :], axis=2))
    return found[0] if len(found) == 1 else xp.concat(found)


def _variance(end: _Points, mine: Array, theirs: Array) -> Array:
    """For one end e of the ratio, with deviations s, s' of its log-probability and misfit m, and 1/psi and 1/psi':

    Var[ log p_e/psi - log p'_e/psi' ] = (s/psi - s'/psi')² + (s/psi)(s'/psi') m,

    the law of cosines for two vectors of lengths s/psi and s'/psi'. Both summands are non-negative, so nothing cancels
    when the models are close.
    """
    apart = end.s * mine - end.s_other * theirs
    return apart * apart + mine * theirs * (end.s * end.s_other * end.misfit)


def _lengths_with(
    images: Float64[Array, "points rank"], common: Float64[Array, " coordinates"] | None
) -> Float64[Array, " points"]:
    """Deviations of the points together with what they have in common, whose last coordinate is beyond the images."""
    xp = namespace(images)
    along = 0.0 if common is None else common[:-1]
    found = xp.concat(
        [row_lengths(images[rows, :] + along) for rows in row_blocks(images.shape[0], images.shape[1])]
    )
    return found if common is None else xp.hypot(found, common[-1])


def _misfits(
    images: PointImages,
    rows: slice,
    s: Float64[Array, " points"],
    t: Float64[Array, " points"],
    both: WithColumns,
    root: float,
) -> Float64[Array, " n"]:
    """Of some points, the squared distance between the two models' standardised log-probabilities, 2(1 - correlation).

    Taken as a distance, not from the correlation, so that equal models come out as 0 and not as rounding.
    """
    xp = namespace(s)
    rank = images.p.shape[1]
    first, second = both.first / root, both.second / root
    p, q = images.p[rows, :], images.q[rows, :]
    here, there = _divisor(s[rows]), _divisor(t[rows])
    common = q @ both.along.T + second[:rank]
    near = squared_lengths((p + first[:rank]) / here - common / there, 1)
    if q.shape[1] >= MANY_COLUMNS:
        # What is beyond is what is left of a known length: no product is needed. Few digits are lost of models that
        # are not close.
        mine, theirs = xp.sum(first[rank:] ** 2), t[rows] ** 2 - squared_lengths(common, 1)
        cross = q @ (both.beyond.T @ first[rank:]) + xp.sum(first[rank:] * second[rank:])
        here, there = here[:, 0], there[:, 0]
        found = near + (mine / here**2 - 2 * cross / (here * there) + theirs / there**2)
        if float(xp.min(found)) > NOT_CLOSE:
            return found
        here, there = here[:, None], there[:, None]
    return near + squared_lengths(first[rank:] / here - (q @ both.beyond.T + second[rank:]) / there, 1)


def _divisor(norms: Float64[Array, " points"]) -> Float64[Array, "points 1"]:
    """Norms as a column, with 1 for 0: a point that does not vary stays 0."""
    xp = namespace(norms)
    return xp.where(norms > 0, norms, xp.ones_like(norms))[:, None]
