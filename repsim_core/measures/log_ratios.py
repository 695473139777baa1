"""Standardised log-ratios of two models: the pair quantity of which terms 1 and 2 of d_LLV are made.

Look at a table of log-probabilities from one side: its *points* are the labels and its *observations* the
inputs, or the other way round. For two points i (the pivot) and j, each model standardises by the deviation of
its own log-ratio,

    psi_ij = std[ log p_j - log p_i ],    psi'_ij = std[ log p'_j - log p'_i ]       (over observations),

and Def. 4.4 asks how far apart the models then are, on both ends of the ratio:

    gap(i, j) = max( std[ log p_j / psi_ij - log p'_j / psi'_ij ],
                     std[ log p_i / psi_ij - log p'_i / psi'_ij ] ).

Term 1 of d_LLV is the largest gap between the pivot label and another label, with inputs as observations; term 2
is the largest gap between x_0 and another x_i, with labels as observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

# A deviation below this share of the log-probabilities' own counts as zero.
_CONSTANT = 1e-12


@dataclass(frozen=True)
class Gaps:
    """gap(i, j) and the deviations it was standardised with, for the pairs asked for; one shape for all three.

    A pair whose log-ratio is constant in either model cannot be standardised: its gap is infinite.
    """

    gap: Float64[Tensor, "*pairs"]
    psi: Float64[Tensor, "*pairs"]
    psi_other: Float64[Tensor, "*pairs"]

    def of(self, points: Sequence[int]) -> Gaps:
        """The gaps of these points, in this order."""
        chosen = list(points)
        return Gaps(self.gap[..., chosen], self.psi[..., chosen], self.psi_other[..., chosen])

    @property
    def scale_difference(self) -> Float64[Tensor, "*pairs"]:
        """|psi - psi'|, the quantity of terms 3 and 4 of d_LLV."""
        return (self.psi - self.psi_other).abs()


class _Points(NamedTuple):
    """Of each point: the deviations of its log-probability in the two models, the misfit between them, and half the
    deviation at which a log-ratio with another point like it counts as constant."""

    s: Tensor
    s_other: Tensor
    misfit: Tensor
    floor: Tensor
    floor_other: Tensor

    def at(self, places: Any) -> _Points:
        """Those at these places."""
        return self._make(values[places] for values in self)


class LogRatios:
    """Both models' log-probabilities seen from one side.

    Args:
        p, q: log-probabilities of the two models, shape (points, observations), at least two observations.
        rounding_p, rounding_q: size of the rounding errors in p and q, for each point or one for all: a log-ratio
            that deviates by no more is constant.
    """

    def __init__(
        self,
        p: Float64[Tensor, "points obs"],
        q: Float64[Tensor, "points obs"],
        rounding_p: Float64[Tensor, " #points"],
        rounding_q: Float64[Tensor, " #points"],
    ) -> None:
        # Centred and divided by sqrt(n - 1): Euclidean norms are then sample deviations.
        self._p, self._q = _centred(p), _centred(q)
        s, t = torch.linalg.vector_norm(self._p, dim=1), torch.linalg.vector_norm(self._q, dim=1)
        # Squared distance between the two models' standardised log-probabilities of one point, 2(1 - correlation).
        # Taken as a distance, not from the correlation, so that equal models come out as 0 and not as rounding.
        apart = self._p / _divisor(s)
        apart.addcdiv_(self._q, _divisor(t), value=-1.0)
        misfit = torch.linalg.vector_norm(apart, dim=1).square()
        self._points = _Points(s, t, misfit, _CONSTANT * s + rounding_p, _CONSTANT * t + rounding_q)

    def __len__(self) -> int:
        return len(self._p)

    def table(self, pivots: slice | Int64[Tensor, " rows"]) -> Gaps:
        """Gaps of every point to each pivot, shape (rows, points); a point has an infinite gap to itself."""
        return self._gaps(
            _distances(self._p[pivots], self._p),
            _distances(self._q[pivots], self._q),
            self._points.at((pivots, None)),
            self._points,
        )

    def sets(self, members: Int64[Tensor, "sets size"]) -> Gaps:
        """Gaps of the first member of each set to its other members, shape (sets, size - 1)."""
        first, others = members[:, :1], members[:, 1:]
        return self._gaps(
            _distances(self._p[first], self._p[others])[:, 0],
            _distances(self._q[first], self._q[others])[:, 0],
            self._points.at(first),
            self._points.at(others),
        )

    def _gaps(self, psi: Tensor, psi_other: Tensor, pivot: _Points, point: _Points) -> Gaps:
        """gap(i, j) from the deviations psi, psi' of the log-ratios and what is known of either end."""
        constant = (psi <= pivot.floor + point.floor) | (psi_other <= pivot.floor_other + point.floor_other)
        variance = torch.maximum(_variance(pivot, psi, psi_other), _variance(point, psi, psi_other))
        return Gaps(variance.sqrt().masked_fill(constant, torch.inf), psi, psi_other)


def _variance(end: _Points, psi: Tensor, psi_other: Tensor) -> Tensor:
    """For one end e of the ratio, with deviations s, s' of its log-probability and misfit m:

    Var[ log p_e/psi - log p'_e/psi' ] = (s/psi - s'/psi')² + (s/psi)(s'/psi') m,

    the law of cosines for two vectors of lengths s/psi and s'/psi'. Both summands are non-negative, so nothing cancels
    when the models are close, and a table of all pairs needs no pass over the observations but psi's.
    """
    mine, theirs = end.s / psi, end.s_other / psi_other
    return (mine - theirs).square() + mine * theirs * end.misfit


def _centred(table: Float64[Tensor, "points obs"]) -> Float64[Tensor, "points obs"]:
    observations = table.shape[1]
    return (table - table.mean(dim=1, keepdim=True)).div_((observations - 1) ** 0.5)


def _divisor(norms: Float64[Tensor, " points"]) -> Float64[Tensor, "points 1"]:
    """Norms as a column, with 1 for 0: a point that does not vary stays 0."""
    return torch.where(norms > 0, norms, torch.ones_like(norms))[:, None]


def _distances(left: Tensor, right: Tensor) -> Tensor:
    # Not through the Gram matrix: it loses half the digits of close points, and psi is divided by.
    if left.shape == right.shape and left.data_ptr() == right.data_ptr():
        # Points among themselves: every pair once.
        table = left.new_zeros(len(left), len(left))
        above = torch.triu_indices(len(left), len(left), 1, device=left.device).unbind()
        table[above] = torch.pdist(left)
        return table + table.T
    return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")
