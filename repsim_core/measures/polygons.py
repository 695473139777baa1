"""Permutations of the corners of a regular polygon: how much of one a linear map explains.

Read the plane as complex numbers, u the corner of a label and u' the corner that a permutation gives to it. The best
linear prediction of u' from u is z -> a z + b conj(z) with a = mean(conj(u) u') and b = mean(u u'), and its singular
values ``|a| + |b|`` and ``||a| - |b||`` are the canonical correlations at the class centres (chapter Theorem, the
section on star polygons).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.arrays import as_count

# Up to so many labels every order is tried.
_ALL_UP_TO = 9
_DRAWN = 20_000
# Of figures that are 0 or 1 but for rounding.
_ROUNDING = 1e-9


def stride(permutation: Sequence[int]) -> int | None:
    """The step s of a permutation k -> t + s k mod K, from 1 to K - 1; None if it is no such walk round the circle.

    1 is a rotation, K - 1 a reflection, and any other step that of a star polygon.

    Args:
        permutation: whose place each label takes.
    """
    classes = len(permutation)
    steps = {(permutation[(k + 1) % classes] - permutation[k]) % classes for k in range(classes)}
    return steps.pop() if len(steps) == 1 else None


def orders_to_try(classes: int, *, seed: int = 0) -> Int64[np.ndarray, "n K"]:
    """Permutations of the corners in which label 0 stays where it is, since turning an arrangement changes nothing.

    Args:
        classes: K, at least 3.
        seed: of the draw.

    Returns:
        All (K - 1)! of them for at most nine labels, else 20,000 drawn ones.
    """
    classes = as_count(classes, "classes", 3)
    if classes <= _ALL_UP_TO:
        return np.array([(0, *rest) for rest in permutations(range(1, classes))])
    rest = np.tile(np.arange(1, classes), (_DRAWN, 1))
    rest = np.random.default_rng(seed).permuted(rest, axis=1)
    return np.pad(rest, ((0, 0), (1, 0)))


class Explained(NamedTuple):
    """What a linear map explains of permuted corners, for each permutation.

    Attributes:
        mean_cca: mean of the two canonical correlations, ``max(|a|, |b|)``.
        r2: mean of their squares, ``|a|² + |b|²``, the R² of the best linear prediction.
    """

    mean_cca: Float64[np.ndarray, " n"]
    r2: Float64[np.ndarray, " n"]

    @property
    def linear(self) -> int:
        """How many of the permutations are linear maps."""
        return int((self.r2 > 1 - _ROUNDING).sum())

    @property
    def uncorrelated(self) -> int:
        """Of how many a linear map explains nothing."""
        return int((self.r2 < _ROUNDING).sum())


def explained(orders: Int64[np.ndarray, "n K"]) -> Explained:
    """How much of the permuted corners a linear map of the corners explains, inputs at the class centres.

    Args:
        orders: permutations, a row each.
    """
    classes = orders.shape[1]
    corners = np.exp(2j * np.pi * np.arange(classes) / classes)
    other = corners[orders]
    a, b = np.abs(other @ corners.conj()) / classes, np.abs(other @ corners) / classes
    return Explained(np.maximum(a, b), a**2 + b**2)


def average_r2(classes: int, dim: int = 2) -> float:
    """M/(K - 1): the mean squared canonical correlation at the class centres, averaged over all permutations of K
    directions (lemma "The average permutation" of the chapter Theorem)."""
    return dim / (as_count(classes, "classes", dim + 1) - 1)


def star_distance(classes: int, step: int) -> float:
    """d_LLV of a star polygon {K/s} at the class centres, where it does not depend on the norm of the unembeddings:

        max_j sqrt( 1/(4 sin²(j α/2)) + 1/(4 sin²(s j α/2)) ),    α = 2π/K

    (equation "d_LLV of a star" of the chapter Theorem).

    Args:
        classes: K.
        step: s, prime to K and neither 1 nor K - 1.
    """
    half = np.pi * np.arange(1, classes) / classes
    return float(np.sqrt(0.25 / np.sin(half) ** 2 + 0.25 / np.sin(step * half) ** 2).max())
