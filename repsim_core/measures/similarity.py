"""Similarity of representations: d_SVD and d_{f,g} (section 4, Def. 4.5)."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Unpack

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.arrays import as_count
from repsim_core.beyond_standard import Array, beside, namespace, rows_of, to_numpy
from repsim_core.measures.budgets import SUBSETS
from repsim_core.measures.canonical import centred_together, observations
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.point_sets import is_regular
from repsim_core.measures.printed import many
from repsim_core.measures.sets import ComparisonSets, OverSets, SetOptions, choose_sets
from repsim_core.measures.standardised import StandardisedRatios, dissimilarities
from repsim_core.representations import Representations
from repsim_core.wording import plural

# Label subsets that are looked at, at most.
MAX_SUBSETS = 20_000
# Multiplications of the singular values of an m × m matrix, over m³.
_WORK = 60
# Entries of label subsets that are held at a time.
_CHUNK = 2**21
# A correlation matrix with a larger determinant, or a smaller condition than its inverse, is not singular, and needs
# no closer look.
_REGULAR = 1e-8


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
    left, right = observations(z, w)
    if left.shape[1] != right.shape[1]:
        raise ValueError(f"w: found M = {plural(right.shape[1], 'column')}, expected {left.shape[1]} as in z")
    z, w = centred_together(left, right)
    (left, constant_z), (right, constant_w) = z.standardised(), w.standardised()
    for constant, name in zip((constant_z, constant_w), ("z", "w"), strict=True):
        bad = np.flatnonzero(to_numpy(constant))
        if len(bad):
            raise ValueError(
                f"{name}: column {int(bad[0])} is constant (zero deviation) and cannot be standardised"
            )
    return float(dissimilarities(left.T[None, :, :], right.T[None, :, :], left.shape[1])[0])


@dataclass(frozen=True)
class RepresentationDistance(OverSets):
    """d_{f,g} and what it is the maximum of.

    Attributes:
        value: the distance; a lower bound of it where not `exhaustive`.
        embedding_dissimilarities: d_SVD(L^T f, L'^T f') of each label subset, in the order of `label_subsets`; of the
            library of the models.
        unembedding_dissimilarity: d_SVD(N^T g, N'^T g'); None where there is no input set.
        label_subsets: the labels of each L, shape (number of subsets, m), in lexicographic order.
        total: how many subsets of so many labels there are.
        dependent: how many were set aside because their log-ratios are linearly dependent in a model, so that L is
            not invertible.
        diverse: whether there are others; where all are dependent they count after all.
        chosen: the sets, as in LLVDistance.
    """

    value: float
    embedding_dissimilarities: Float64[Array, " subsets"]
    unembedding_dissimilarity: float | None
    label_subsets: Int64[np.ndarray, "subsets m"]
    total: int
    dependent: int
    diverse: bool
    chosen: ComparisonSets

    @property
    def exhaustive(self) -> bool:
        """Whether all subsets were looked at, or a seeded sample because there were too many."""
        return len(self.label_subsets) + self.dependent == self.total

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        if self.exhaustive:
            return f"{self.value:.6g}"
        return f">= {self.value:.6g} ({len(self.label_subsets):,} of {many(self.total)} label subsets)"


def representation_distance(
    a: Representations, b: Representations, *, max_subsets: int | None = None, **sets: Unpack[SetOptions]
) -> RepresentationDistance:
    """d_{f,g} (section 4): the largest d_SVD (Def. 4.5) of L^T f over all L that the kept labels allow, and of N^T g.

    By the key identity L^T f(x) is a vector of log-ratios. With r the smaller rank of the two models (M for diverse
    models of equal dimension), L takes r of the kept labels, or all where they are fewer. Subsets whose log-ratios are
    linearly dependent in a model do not count, unless all are.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        pivot, labels, left_out, input_set, num_samples, seed, min_conditioning: the sets, as for `llv_distance`; those
            not given are chosen as there. With labels="all" there is one d_SVD over all K - 1 log-ratios, and no
            subset.
        max_subsets: above so many label subsets a sample of this size (without repetition, by `seed`) is taken and
            the result says so; the value is then a lower bound on d_{f,g}. None: at most 20,000, and no more than
            take as long as the logits of a model (or 0.1 s).

    Raises:
        TypeError, ValueError: as `llv_distance`.
    """
    limit = None if max_subsets is None else as_count(max_subsets, "max_subsets")
    pair = ModelPair(a, b)
    return representation_distance_over(pair, choose_sets(pair, **sets), limit)


def representation_distance_over(
    pair: ModelPair, sets: ComparisonSets, max_subsets: int | None, ratios: StandardisedRatios | None = None
) -> RepresentationDistance:
    """`representation_distance` of a checked pair over chosen sets, with their standardised log-ratios if known."""
    ratios = ratios or StandardisedRatios.of(pair, sets.pivot, sets.labels)
    kept = np.asarray(sets.labels)
    dependent, diverse = 0, True
    if sets.all_labels:
        positions, total = np.arange(len(kept))[None], 1
        embedding = beside(np.array([ratios.dissimilarity]), pair.a.embeddings)
    else:
        size = min(pair.dim, len(kept))
        total = math.comb(len(kept), size)
        # As many as take as long as the logits of one model, about.
        limit = max_subsets or min(MAX_SUBSETS, pair.affordable(_WORK * size**3, SUBSETS))
        positions = _label_subsets(len(kept), size, limit, sets.seed)
        embedding, regular = _of_subsets(ratios, positions)
        diverse = bool(regular.any())
        if diverse and not regular.all():
            embedding, positions = rows_of(embedding, np.flatnonzero(regular)), positions[regular]
            dependent = int((~regular).sum())
    unembedding = None
    if sets.input_set is not None:
        along = StandardisedRatios(pair.input_images(sets.input_set), 0, range(1, len(sets.input_set)))
        along.require_varying(
            lambda name, place: (
                f"N^T g of {name}: column {place} is constant (zero deviation) and cannot be standardised"
            )
        )
        unembedding = along.dissimilarity
    return RepresentationDistance(
        value=max(float(np.max(to_numpy(embedding))), unembedding or 0.0),
        embedding_dissimilarities=embedding,
        unembedding_dissimilarity=unembedding,
        label_subsets=kept[positions],
        total=total,
        dependent=dependent,
        diverse=diverse,
        chosen=sets,
    )


def _of_subsets(
    ratios: StandardisedRatios, positions: Int64[np.ndarray, "subsets m"]
) -> tuple[Float64[Array, " subsets"], np.ndarray]:
    """d_SVD of each subset, and whether its log-ratios are independent in both models."""
    found, regular = [], []
    count, size = positions.shape
    step = max(1, _CHUNK // size**2)
    for start in range(0, count, step):
        chunk = positions[start : start + step]
        z, w = ratios.together(chunk)
        found.append(dissimilarities(z, w, size))
        regular.append(_independent(z) & _independent(w))
    return namespace(*found).concat(found), np.concatenate(regular)


def _independent(images: Float64[Array, "subsets m D"]) -> np.ndarray:
    """Whether the rows of each matrix are linearly independent, to working precision."""
    xp = namespace(images)
    gram = images @ xp.matrix_transpose(images)
    regular = to_numpy(xp.linalg.det(gram)) > _REGULAR
    # The determinant of many dimensions is small anyhow; the inverse tells most of them.
    doubtful = np.flatnonzero(~regular)
    if len(doubtful):
        left = rows_of(gram, doubtful)
        with suppress(np.linalg.LinAlgError, RuntimeError):  # PyTorch's is of the second kind
            norm = xp.linalg.matrix_norm
            regular[doubtful] = to_numpy(norm(left) * norm(xp.linalg.inv(left))) < 1.0 / _REGULAR
    for i in np.flatnonzero(~regular):
        regular[i] = is_regular(to_numpy(images[int(i), ...]))
    return regular


def _label_subsets(count: int, size: int, limit: int, seed: int) -> Int64[np.ndarray, "subsets m"]:
    """Subsets of `size` positions out of `count` in lexicographic order: all, or a sample."""
    total = math.comb(count, size)
    if total <= limit:
        return np.array(list(combinations(range(count), size)), dtype=np.int64)
    rng = np.random.default_rng(seed)
    if total <= 2 * limit:
        # Drawing until all differ would take long.
        every = np.array(list(combinations(range(count), size)), dtype=np.int64)
        return every[np.sort(rng.choice(total, limit, replace=False))]
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < limit:
        drawn.add(tuple(sorted(rng.choice(count, size, replace=False).tolist())))
    return np.array(sorted(drawn), dtype=np.int64)
