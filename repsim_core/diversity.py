"""The diversity condition (paper, Definition 2.1) and the displaced vectors that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from repsim_core.arrays import as_index, as_indices
from repsim_core.beyond_standard import Array, independent_columns, rows_of, to_numpy
from repsim_core.wording import plural

# Relative size below which a singular value counts as zero.
SINGULAR = 1e-12


@dataclass(frozen=True)
class Diversity:
    """The diversity condition (Def. 2.1) on the sets that were looked at.

    Attributes:
        holds: whether both L and N are invertible to working precision.
        pivot, labels: y_0 and the M labels of L.
        input_set: x_0 and the M inputs of N, in this order.
        label_condition, input_condition: condition numbers of L and N (infinite when singular).
    """

    holds: bool
    pivot: int
    labels: tuple[int, ...]
    input_set: tuple[int, ...]
    label_condition: float
    input_condition: float


def displaced(points: Float64[Array, "n M"], origin: int, argument: str) -> Float64[Array, "n M"]:
    """Points less one of them.

    Raises:
        TypeError, ValueError: naming the argument, where the origin is none of them.
    """
    return points - points[as_index(origin, argument, points.shape[0]), :]


def label_matrix(
    unembeddings: Float64[Array, "K M"], pivot: int, labels: Sequence[int]
) -> Float64[Array, "M M"]:
    """L = [g_0(y_1) ... g_0(y_M)]: displaced unembeddings of M labels as columns."""
    chosen = as_indices(labels, "labels", *unembeddings.shape)
    return rows_of(displaced(unembeddings, pivot, "pivot"), chosen).T


def input_matrix(embeddings: Float64[Array, "N M"], input_set: Sequence[int]) -> Float64[Array, "M M"]:
    """N = [f_0(x_1) ... f_0(x_M)] for input_set = (x_0, x_1, ..., x_M)."""
    num_inputs, dim = embeddings.shape
    x0, *others = as_indices(input_set, "input_set", num_inputs, dim + 1)
    return (rows_of(embeddings, others) - embeddings[x0, :]).T


def diversity(
    embeddings: Float64[Array, "N M"],
    unembeddings: Float64[Array, "K M"],
    pivot: int,
    labels: Sequence[int] | None,
    input_set: Sequence[int] | None,
) -> Diversity:
    """What `Representations.diversity` returns."""
    num_inputs, dim = embeddings.shape
    num_labels = unembeddings.shape[0]
    if num_labels < dim + 1:
        raise ValueError(
            f"unembeddings: found K = {num_labels} labels for M = {dim}, "
            f"expected at least M + 1 = {dim + 1} (diversity, Def. 2.1)"
        )
    if num_inputs < dim + 1:
        raise ValueError(
            f"embeddings: found N = {plural(num_inputs, 'input')}, expected at least M + 1 = {dim + 1}"
        )
    if labels is None:
        labels = independent_columns(to_numpy(displaced(unembeddings, pivot, "pivot")).T, dim)
    if input_set is None:
        input_set = (0, *independent_columns(to_numpy(displaced(embeddings, 0, "pivot_input")).T, dim))
    matrices = label_matrix(unembeddings, pivot, labels), input_matrix(embeddings, input_set)
    conditions = []
    for matrix in matrices:
        sigma = np.linalg.svd(to_numpy(matrix), compute_uv=False)
        singular = float(sigma[-1]) <= SINGULAR * float(sigma[0])
        conditions.append(float("inf") if singular else float(sigma[0] / sigma[-1]))
    return Diversity(
        holds=bool(np.isfinite(conditions).all()),
        pivot=int(pivot),
        labels=tuple(int(i) for i in labels),
        input_set=tuple(int(i) for i in input_set),
        label_condition=conditions[0],
        input_condition=conditions[1],
    )
