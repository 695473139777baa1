"""Bounds on the dissimilarity of representations by the distance of distributions."""

from __future__ import annotations

from repsim_core.arrays import as_count, as_real


def linear_bound(d_llv: float, dim: int) -> float:
    """d_{f,g} <= 2 M d_LLV (Thm 4.7), for representations of dimension `dim` = M."""
    return 2.0 * as_count(dim, "dim") * as_real(d_llv, "d_llv")


def quadratic_bound(d_llv: float) -> float:
    """d_{f,g} <= 2 d_LLV²: quadratic and free of the dimension (derived in the chapter on the distance)."""
    return 2.0 * as_real(d_llv, "d_llv") ** 2
