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

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from repsim_core.family import Representations, require_pair

_CONSTANT = (
    1e-12  # a deviation below this share of the log-probabilities' own is rounding: the ratio is constant
)


@dataclass(frozen=True)
class Gaps:
    """gap(i, j) and the deviations it was standardised with, for the pairs asked for; one shape for all three.

    A pair whose log-ratio is constant in either model cannot be standardised: its gap is infinite.
    """

    gap: Float64[Tensor, "*pairs"]
    psi: Float64[Tensor, "*pairs"]
    psi_other: Float64[Tensor, "*pairs"]

    @property
    def scale_difference(self) -> Float64[Tensor, "*pairs"]:
        """|psi - psi'|, the quantity of terms 3 and 4 of d_LLV."""
        return (self.psi - self.psi_other).abs()


class LogRatios:
    """Both models' log-probabilities seen from one side.

    Args:
        p, q: log-probabilities of the two models, shape (points, observations), at least two observations.
    """

    def __init__(self, p: Float64[Tensor, "points obs"], q: Float64[Tensor, "points obs"]) -> None:
        # Centred and divided by sqrt(n - 1): Euclidean norms are then sample deviations.
        self._p, self._q = (_centred(table) for table in (p, q))
        self._s, self._t = (torch.linalg.vector_norm(table, dim=1) for table in (self._p, self._q))
        # Squared distance between the two models' standardised log-probabilities of one point, 2(1 - correlation).
        # Taken as a distance, not from the correlation, so that equal models come out as 0 and not as rounding.
        apart = _unit(self._p, self._s) - _unit(self._q, self._t)
        self._misfit = (apart * apart).sum(dim=1)

    def __len__(self) -> int:
        return len(self._p)

    def table(self, pivots: slice | Int64[Tensor, " rows"]) -> Gaps:
        """Gaps of every point to each pivot, shape (rows, points); a point has an infinite gap to itself."""
        return self._gaps(
            _distances(self._p[pivots], self._p),
            _distances(self._q[pivots], self._q),
            (self._s[pivots, None], self._t[pivots, None], self._misfit[pivots, None]),
            (self._s, self._t, self._misfit),
        )

    def sets(self, members: Int64[Tensor, "sets size"]) -> Gaps:
        """Gaps of the first member of each set to its other members, shape (sets, size - 1)."""
        first, others = members[:, :1], members[:, 1:]
        return self._gaps(
            _distances(self._p[first], self._p[others])[:, 0],
            _distances(self._q[first], self._q[others])[:, 0],
            (self._s[first], self._t[first], self._misfit[first]),
            (self._s[others], self._t[others], self._misfit[others]),
        )

    def _gaps(
        self,
        psi: Tensor,
        psi_other: Tensor,
        pivot: tuple[Tensor, Tensor, Tensor],
        point: tuple[Tensor, Tensor, Tensor],
    ) -> Gaps:
        """For either end e of the ratio, with deviations s, s' of its log-probability and misfit m:

        Var[ log p_e/psi - log p'_e/psi' ] = (s/psi - s'/psi')² + (s/psi)(s'/psi') m,

        the law of cosines for two vectors of lengths s/psi and s'/psi'. Both summands are non-negative, so nothing
        cancels when the models are close, and a table of all pairs needs no pass over the observations but psi's.
        """
        constant = (psi <= _CONSTANT * (pivot[0] + point[0])) | (
            psi_other <= _CONSTANT * (pivot[1] + point[1])
        )
        ends = []
        for s, t, misfit in (pivot, point):
            mine, theirs = s / psi, t / psi_other
            ends.append((mine - theirs).square() + mine * theirs * misfit)
        gap = torch.maximum(*ends).sqrt().masked_fill(constant, torch.inf)
        return Gaps(gap, psi, psi_other)


class PairLogRatios:
    """The log-ratios of two comparable models (else an error) from both sides, computed when first asked for."""

    def __init__(self, a: Representations, b: Representations) -> None:
        require_pair(a, b)
        self.a, self.b = a, b

    @cached_property
    def between_labels(self) -> LogRatios:
        """Points are the K labels, observations the N inputs."""
        return LogRatios(self.a.log_probs().T, self.b.log_probs().T)

    @cached_property
    def between_inputs(self) -> LogRatios:
        """Points are the N inputs, observations the K labels."""
        return LogRatios(self.a.log_probs(), self.b.log_probs())


def _centred(table: Float64[Tensor, "points obs"]) -> Float64[Tensor, "points obs"]:
    observations = table.shape[1]
    return (table - table.mean(dim=1, keepdim=True)) / (observations - 1) ** 0.5


def _unit(
    table: Float64[Tensor, "points obs"], norms: Float64[Tensor, " points"]
) -> Float64[Tensor, "points obs"]:
    return table / torch.where(norms > 0, norms, torch.ones_like(norms))[:, None]


def _distances(left: Tensor, right: Tensor) -> Tensor:
    # Not through the Gram matrix: it loses half the digits of close points, and psi is divided by.
    return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")
