"""Searching sets of points for d_LLV, a pivot and others: input sets by seeded sampling, input or label sets exactly.

Points are what `LogRatios` has gaps between. A *field* of a model holds a vector for each point; those of a set, less
the pivot's, are the columns of the matrix that diversity (Def. 2.1) wants invertible, N or L.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import independent_columns, kth_smallest, rows_of, to_numpy
from repsim_core.diversity import SINGULAR
from repsim_core.measures.budgets import SEARCHES
from repsim_core.measures.log_ratios import LogRatios
from repsim_core.measures.pairs import ModelPair
from repsim_core.representations import Representations
from repsim_core.wording import plural

# A matrix with a smaller condition is regular without a closer look.
_REGULAR = 1e8
# Gaps have no unit, and those of equal models are rounding errors of about 1e-15.
_NONE = 1e-12
# Of the pair table, held at a time: 1 MB an array stays in the processor's cache.
_BLOCK_ENTRIES = 2**17


class NoDiverseInputs(ValueError):
    """No input set was found that is diverse in both models; there may be one."""


Field = Float64[np.ndarray, "M n"]


def settled(gaps: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Gaps to choose by: of equal models all are 0, so that the first is the least and not the best rounded."""
    return np.where(gaps < _NONE, 0.0, gaps)


def sampled_input_set(pair: ModelPair, *, num_samples: int, seed: int) -> tuple[tuple[int, ...], str]:
    """The best of `num_samples` random disjoint sets of r + 1 inputs that is diverse, as in the paper's code.

    Returns:
        The set (x_0, ..., x_r) with the least term 2, and in words how it was found. Fewer sets are drawn than asked
        for where the inputs do not suffice for so many disjoint ones, or where more would take longer than a fourth of
        the models' logits; where none is diverse, the set is one that pivoted QR proposes.

    Raises:
        NoDiverseInputs: no set was found that is diverse in both models.
    """
    inputs, size = pair.a.num_inputs, pair.dim + 1
    a, b = pair.a.essential.dim, pair.b.essential.dim
    # The products for images of inputs and for what the models' have in common.
    cost = size * (a**2 + b**2 + a * b)
    count = min(num_samples, inputs // size, pair.affordable(cost, SEARCHES))
    drawn = np.random.default_rng(seed).permutation(inputs)[: count * size]
    places = np.arange(count * size).reshape(count, size)
    terms = settled(to_numpy(pair.between_inputs(drawn).sets(places).gap).max(axis=1))
    for best in np.argsort(terms, kind="stable"):
        chosen = tuple(drawn[places[best]].tolist())
        if math.isfinite(terms[best]) and is_diverse(pair, chosen):
            return chosen, f"best of {plural(count, 'random disjoint set')}, seed {seed}"
    for model in (pair.a, pair.b):
        chosen = (0, *independent_columns(_displaced(model, 0), pair.dim))
        gaps = to_numpy(pair.between_inputs(chosen).row(0, range(1, size)).gap)
        if np.isfinite(gaps).all() and is_diverse(pair, chosen):
            return chosen, f"by pivoted QR: none of {plural(count, 'random disjoint set')} is diverse"
    raise NoDiverseInputs(
        f"input_set: found no {size} inputs with non-constant log-ratios that are diverse in both models, expected "
        "some (are there equal inputs?)"
    )


def is_diverse(pair: ModelPair, input_set: Sequence[int]) -> bool:
    """Whether N is invertible in both models, to working precision."""
    return all(is_regular(_displaced(model, input_set[0], input_set[1:])) for model in (pair.a, pair.b))


def exact_input_set(pair: ModelPair, *, min_conditioning: float) -> tuple[int, ...]:
    """The input set with the least term 2, from the N×N table of pair gaps; see `llv_distance` for the guarantee.

    Raises:
        ValueError: none was found.
    """

    def fields(pivot: int, inputs: Int64[np.ndarray, " n"]) -> list[Field]:
        return [_displaced(model, pivot, inputs) for model in (pair.a, pair.b)]

    ratios, pivots = pair.between_inputs(), range(pair.a.num_inputs)
    chosen = best_set(ratios, pair.a.num_inputs, pivots, pair.dim, fields, min_conditioning)
    if chosen is None and min_conditioning == 0.0:
        raise ValueError(
            f"input_set: no {pair.dim + 1} inputs have non-constant log-ratios; check the diversity of the embeddings"
        )
    if chosen is None:
        # That is no proof that there is none.
        raise ValueError(
            f"input_set: found no {pair.dim + 1} inputs that reach min_conditioning = {min_conditioning:g} with "
            "non-constant log-ratios; the search is greedy and can miss the few that there may be: lower "
            "min_conditioning, or check the diversity of the embeddings"
        )
    return chosen


def best_set(
    ratios: LogRatios,
    count: int,
    pivots: Sequence[int],
    size: int,
    fields: Callable[[int, Int64[np.ndarray, " n"]], list[Field]],
    floor: float,
) -> tuple[int, ...] | None:
    """The pivot and `size` of the first `count` points with the least largest gap, or None.

    The largest gap of a set is that of its pivot to another, so the best set for a pivot is made of the points with the
    least gaps in one row of the table. Rows are visited in blocks and in the order of the bound this gives.

    Args:
        ratios: with the points.
        count: of points that may be in the set; a pivot may lie beyond.
        pivots: which points to try as pivots.
        size: of the set, without the pivot.
        fields: those of both models at some points, less the pivot's.
        floor: that the conditioning of both fields must reach; 0 for none, and then the set is the least of all. With
            a floor it is the least that a greedy search finds.
    """
    bounds = _least_possible_terms(ratios, count, pivots, size)
    best, chosen = math.inf, None
    for place in np.argsort(bounds, kind="stable").tolist():
        pivot = pivots[place]
        if bounds[place] >= best:
            break
        gaps = settled(to_numpy(ratios.table([pivot]).gap)[0, :count])
        ranked = np.argsort(gaps, kind="stable")[: int((gaps < best).sum())]
        if len(ranked) < size:
            # The bound was below the best term by rounding only.
            continue
        others = (
            ranked[:size].tolist()
            if floor == 0.0
            else _admissible(fields(pivot, ranked), ranked, size, floor)
        )
        if others is not None:
            chosen = (pivot, *others)
            best = float(gaps[others].max())
    return chosen


def _least_possible_terms(
    ratios: LogRatios, count: int, pivots: Sequence[int], size: int
) -> Float64[np.ndarray, " pivots"]:
    """For each pivot the size-th smallest gap in its row: no set with this pivot has a smaller largest gap."""
    rows = max(1, _BLOCK_ENTRIES // len(ratios))
    bounds = []
    for start in range(0, len(pivots), rows):
        gaps = ratios.table(pivots[start : start + rows]).gap
        bounds.append(to_numpy(kth_smallest(gaps[:, :count], size)))
    return settled(np.concatenate(bounds))


def _admissible(
    fields: list[Field], ranked: Int64[np.ndarray, " n"], size: int, floor: float
) -> list[int] | None:
    """As many of the ranked points, as early in the ranking as pivoted QR finds, with both fields above the floor.

    The whole ranking offers QR the most to choose from; if that yields a set, the ranking is cut shorter by bisection
    for as long as it does. Either model's field makes a proposal and the earlier one counts, so that the models can
    trade places.
    """
    found = _proposal(fields, size, floor)
    if found is None:
        return None
    low, high = size - 1, max(found) + 1
    while high - low > 1:
        middle = (low + high) // 2
        earlier = _proposal([field[:, :middle] for field in fields], size, floor)
        if earlier is None:
            low = middle
        else:
            high, found = max(earlier) + 1, earlier
    return [int(ranked[i]) for i in found]


def _proposal(fields: list[Field], size: int, floor: float) -> list[int] | None:
    """Columns that either model's field proposes and that both accept; of two such sets, the earlier one."""
    accepted = []
    for field in fields:
        columns = sorted(independent_columns(field, size))
        if all(conditioning(other[:, columns]) >= floor for other in fields):
            accepted.append(columns)
    return min(accepted, key=lambda columns: sorted(columns, reverse=True), default=None)


def is_regular(matrix: np.ndarray) -> bool:
    """Whether the columns (or the rows, if there are fewer) are independent to working precision."""
    if matrix.shape[0] == matrix.shape[1]:
        with suppress(np.linalg.LinAlgError):
            # The inverse takes a third of the time of singular values, and tells most matrices.
            inverse = np.linalg.inv(matrix)
            if float(np.linalg.norm(inverse) * np.linalg.norm(matrix)) < _REGULAR:
                return True
    return conditioning(matrix) > SINGULAR


def conditioning(matrix: np.ndarray) -> float:
    """Smallest singular value over the sum of all: 1/M for a multiple of an orthogonal matrix, 0 for a singular one."""
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return float(sigma[-1] / sigma.sum()) if sigma[0] > 0 else 0.0


def _displaced(model: Representations, pivot: int, inputs: Sequence[int] | np.ndarray | None = None) -> Field:
    """Identified embeddings of some inputs (None: all) less that of the pivot, as columns."""
    f = model.essential.embeddings
    chosen = f if inputs is None else rows_of(f, inputs)
    return to_numpy(chosen - f[pivot, :]).T
