"""Similarity of representations: d_SVD and d_{f,g} (section 4, Def. 4.5), and mean CCA."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from itertools import combinations
from typing import Unpack

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from repsim_core.arrays import Centred, as_count, as_matrix
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.sets import ComparisonSets, SetOptions, choose_sets
from repsim_core.representations import Representations

# Label subsets that are looked at, at most.
MAX_SUBSETS = 20_000
# Of which so many have their singular values taken at once.
_CHUNK = 2**14


class RankDeficientWarning(UserWarning):
    """Canonical correlations were taken between spaces of lower dimension than the arrays have columns."""


def svd_dissimilarity(z: object, w: object) -> float:
    """d_SVD(z, w) = 1 - (1/M) · sum of the singular values of the cross-correlation matrix (Def. 4.5).

    Invariant to shifting and (positive or negative) rescaling of single coordinates, and to permuting them; not to
    general linear maps.

    Args:
        z, w: the same n >= 2 observations in M coordinates each, shape (n, M).

    Returns:
        A number from 0 (each standardised coordinate the same up to an orthogonal map) to 1.

    Raises:
        TypeError, ValueError: naming the argument; also where a coordinate is constant.
    """
    left, right = _paired(z, w)
    if left.shape[1] != right.shape[1]:
        raise ValueError(f"w: found M = {right.shape[1]} columns, expected {left.shape[1]} as in z")
    correlation = _correlation(Centred.of(left), Centred.of(right), ("z", "w"))
    return float(_dissimilarities(correlation[None])[0])


@dataclass(frozen=True)
class RepresentationDistance:
    """d_{f,g} and what it is the maximum of.

    Attributes:
        value: the distance.
        embedding_dissimilarities: d_SVD(L^T f, L'^T f') of each label subset, in the order of `label_subsets`.
        unembedding_dissimilarity: d_SVD(N^T g, N'^T g').
        label_subsets: the M labels of each L, shape (number of subsets, M), in lexicographic order.
        exhaustive: whether these are all subsets, or a seeded sample because there were more than the limit.
        pivot, left_out, input_set: as in LLVDistance.
    """

    value: float
    embedding_dissimilarities: np.ndarray
    unembedding_dissimilarity: float
    label_subsets: np.ndarray
    exhaustive: bool
    pivot: int
    left_out: int | None
    input_set: tuple[int, ...]

    def __float__(self) -> float:
        return self.value


def representation_distance(
    a: Representations, b: Representations, *, max_subsets: int = MAX_SUBSETS, **sets: Unpack[SetOptions]
) -> RepresentationDistance:
    """d_{f,g} (section 4): the largest d_SVD (Def. 4.5) of L^T f over all L that the kept labels allow, and of N^T g.

    By the key identity L^T f(x) is a vector of log-ratios, so one (kept labels)² cross-correlation matrix of log-ratios
    holds the matrix of every L as a block: one pass over the inputs serves all of them.

    Args:
        a, b: two models with the same N, K and M.
        pivot, left_out, input_set, num_samples, seed, min_conditioning: the sets, as for `llv_distance`; those not
            given are chosen as there.
        max_subsets: above so many label subsets a sample of this size (without repetition, by `seed`) is taken and
            the result says so; the value is then a lower bound on d_{f,g}.

    Raises:
        TypeError, ValueError: as `llv_distance`.
    """
    limit = as_count(max_subsets, "max_subsets")
    pair = ModelPair(a, b)
    return representation_distance_over(pair, choose_sets(pair, **sets), limit)


def representation_distance_over(
    pair: ModelPair, sets: ComparisonSets, max_subsets: int
) -> RepresentationDistance:
    """`representation_distance` of a checked pair over chosen sets."""
    kept = list(sets.labels)
    ratios_a = pair.a.centred_embeddings @ pair.a.displaced_unembeddings(sets.pivot)[kept].T
    ratios_b = pair.b.centred_embeddings @ pair.b.displaced_unembeddings(sets.pivot)[kept].T
    correlation = _correlation(ratios_a, ratios_b, ("log-ratios of a", "log-ratios of b"))
    positions, exhaustive = _label_subsets(len(kept), pair.a.dim, max_subsets, sets.seed)
    parts = []
    for chunk in torch.from_numpy(positions).to(correlation.device).split(_CHUNK):
        blocks = correlation[chunk[:, :, None], chunk[:, None, :]]
        parts.append(_dissimilarities(blocks))
    embedding = torch.cat(parts)
    unembedding = svd_dissimilarity(
        pair.a.unembeddings @ pair.a.input_matrix(sets.input_set),
        pair.b.unembeddings @ pair.b.input_matrix(sets.input_set),
    )
    return RepresentationDistance(
        value=max(float(embedding.max()), unembedding),
        embedding_dissimilarities=embedding.cpu().numpy(),
        unembedding_dissimilarity=unembedding,
        label_subsets=np.asarray(kept)[positions],
        exhaustive=exhaustive,
        pivot=sets.pivot,
        left_out=sets.left_out,
        input_set=sets.input_set,
    )


@dataclass(frozen=True)
class CanonicalCorrelations:
    """Canonical correlations of two arrays z and w, and between how many directions they are.

    Attributes:
        correlations: from the largest on, shape (min(rank_z, rank_w),).
        rank_z, rank_w: dimensions of the centred column spaces.
        columns_z, columns_w: of the arrays.
    """

    correlations: np.ndarray
    rank_z: int
    rank_w: int
    columns_z: int
    columns_w: int


def canonical_correlations(z: object, w: object) -> CanonicalCorrelations:
    """Canonical correlations of two arrays of the same n observations, shapes (n, p) and (n, q).

    They are the singular values of Q^T R for orthonormal bases Q, R of the two centred column spaces, so a correlation
    of 1 comes out as 1 to rounding; directions of zero variance are dropped and show in the ranks.

    Args:
        z, w: n >= 2 observations, shapes (n, p) and (n, q).

    Raises:
        TypeError, ValueError: naming the argument; also where all columns are constant.
    """
    left, right = _paired(z, w)
    return _canonical_correlations(Centred.of(left), Centred.of(right))


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
    return _mean(canonical_correlations(z, w))


def embedding_cca(a: Representations, b: Representations) -> float:
    """`mean_cca` of the embeddings of two models that are known to have the same inputs.

    It is taken from what the models keep of earlier comparisons.
    """
    return _mean(_canonical_correlations(a.centred_embeddings, b.centred_embeddings))


def _canonical_correlations(z: Centred, w: Centred) -> CanonicalCorrelations:
    basis_z, basis_w = _column_space(z, "z"), _column_space(w, "w")
    sigma = torch.linalg.svdvals(basis_z.T @ basis_w).clamp(max=1.0)
    return CanonicalCorrelations(
        sigma.cpu().numpy(),
        basis_z.shape[1],
        basis_w.shape[1],
        z.coordinates.shape[1],
        w.coordinates.shape[1],
    )


def _mean(result: CanonicalCorrelations) -> float:
    sizes = [("z", result.rank_z, result.columns_z), ("w", result.rank_w, result.columns_w)]
    for name, rank, columns in sizes:
        if rank < columns:
            warnings.warn(
                f"{name}: rank {rank} of {columns} columns; the mean is over the correlations that exist",
                RankDeficientWarning,
                stacklevel=3,
            )
    return float(result.correlations.mean())


def _paired(z: object, w: object) -> tuple[Tensor, Tensor]:
    left, right = as_matrix(z, "z"), as_matrix(w, "w")
    if len(left) != len(right):
        raise ValueError(f"w: found n = {len(right)} rows, expected {len(left)} as in z")
    if len(left) < 2:
        raise ValueError("z: found n = 1 row, expected at least 2 observations")
    if left.device != right.device:
        raise ValueError(f"w: found on {right.device}, expected {left.device} as z")
    return left, right


def _correlation(z: Centred, w: Centred, names: tuple[str, str]) -> Float64[Tensor, "M M"]:
    """Correlations of the columns of z and w; a constant column is an error by its name."""
    (left, constant_z), (right, constant_w) = z.standardised(), w.standardised()
    for constant, name in zip((constant_z, constant_w), names, strict=True):
        if bool(constant.any()):
            column = int(constant.nonzero()[0])
            raise ValueError(
                f"{name}: column {column} is constant (zero deviation) and cannot be standardised"
            )
    return left.T @ (z.basis.T @ w.basis) @ right


def _dissimilarities(correlations: Float64[Tensor, "sets M M"]) -> Float64[Tensor, " sets"]:
    nuclear = torch.linalg.svdvals(correlations).sum(dim=-1)
    # Negative only by rounding.
    return (1.0 - nuclear / correlations.shape[-1]).clamp(min=0.0)


def _label_subsets(count: int, dim: int, limit: int, seed: int) -> tuple[np.ndarray, bool]:
    """Subsets of `dim` positions out of `count` in lexicographic order, and whether they are all."""
    total = math.comb(count, dim)
    if total <= limit:
        return np.array(list(combinations(range(count), dim)), dtype=np.int64), True
    rng = np.random.default_rng(seed)
    if total <= 2 * limit:
        # Drawing until all differ would take long.
        every = np.array(list(combinations(range(count), dim)), dtype=np.int64)
        return every[np.sort(rng.choice(total, limit, replace=False))], False
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < limit:
        drawn.add(tuple(sorted(rng.choice(count, dim, replace=False).tolist())))
    return np.array(sorted(drawn), dtype=np.int64), False


def _column_space(x: Centred, name: str) -> Float64[Tensor, "n rank"]:
    """Orthonormal basis of the centred columns, each first scaled to length 1 so that units do not matter."""
    columns, constant = x.standardised()
    if bool(constant.all()):
        raise ValueError(f"{name}: every column is constant, so no correlation is defined")
    u, sigma, _ = torch.linalg.svd(columns[:, ~constant])
    tolerance = max(len(x.basis), len(constant)) * torch.finfo(columns.dtype).eps * float(sigma[0])
    rank = int((sigma > tolerance).sum())
    return x.basis if rank == x.basis.shape[1] else x.basis @ u[:, :rank]
