"""Bounds on the dissimilarity of representations by the distance of distributions."""

from __future__ import annotations

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
