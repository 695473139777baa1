"""Searching the input set {x_0, x_1, ..., x_M} of d_LLV: by seeded sampling, or exactly."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from repsim_core.measures.log_ratios import LogRatios
from repsim_core.measures.pairs import ModelPair
from repsim_core.representations import independent_columns

# Of the pair table, held at a time: 1 MB an array stays in the processor's cache.
_BLOCK_ENTRIES = 2**17


def sampled_input_set(pair: ModelPair, *, num_samples: int, seed: int) -> tuple[tuple[int, ...], int]:
    """The best of `num_samples` random disjoint sets of M + 1 inputs, as in the paper's code.

    Returns:
        The set (x_0, ..., x_M) with the least term 2, and how many sets were drawn: fewer than asked for where the
        inputs do not suffice for so many disjoint ones.
    """
    inputs, size = pair.a.num_inputs, pair.a.dim + 1
    count = min(num_samples, inputs // size)
    drawn = torch.from_numpy(np.random.default_rng(seed).permutation(inputs)[: count * size])
    places = torch.arange(count * size).reshape(count, size)
    best = int(pair.between_inputs(drawn).sets(places).gap.amax(dim=1).argmin())
    return tuple(drawn[places[best]].tolist()), count


def exact_input_set(pair: ModelPair, *, min_conditioning: float) -> tuple[int, ...]:
    """The input set with the least term 2, from the N×N table of pair gaps; see `llv_distance` for the guarantee.

    With a floor it is the least that a greedy search finds.

    Term 2 of a set is the largest gap(x_0, x_i), so the best set for a pivot x_0 is made of the M inputs with the
    least gaps in one row of the table. Rows are visited in blocks and in the order of the bound this gives.
    """
    ratios, dim = pair.between_inputs(), pair.a.dim
    bounds = _least_possible_terms(ratios, dim)
    order = torch.argsort(bounds, stable=True)
    best, chosen = math.inf, None
    for pivot in order.tolist():
        if float(bounds[pivot]) >= best:
            break
        gaps = ratios.table(torch.tensor([pivot])).gap[0]
        gaps[pivot] = torch.inf
        ranked = torch.argsort(gaps, stable=True)
        ranked = ranked[: int((gaps < best).sum())]
        if len(ranked) < dim:
            # The bound was below the best term by rounding only.
            continue
        if min_conditioning == 0.0:
            others = tuple(ranked[:dim].tolist())
        else:
            others = _admissible_set(pair, pivot, ranked, min_conditioning)
        if others is not None:
            chosen = (pivot, *others)
            best = float(gaps[list(others)].max())
    if chosen is None and min_conditioning == 0.0:
        raise ValueError(
            f"input_set: no {dim + 1} inputs have non-constant log-ratios; check the diversity of the embeddings"
        )
    if chosen is None:
        # That is no proof that there is none.
        raise ValueError(
            f"input_set: found no {dim + 1} inputs that reach min_conditioning = {min_conditioning:g} with "
            "non-constant log-ratios; the search is greedy and can miss the few that there may be: lower "
            "min_conditioning, or check the diversity of the embeddings"
        )
    return chosen


def _least_possible_terms(ratios: LogRatios, dim: int) -> Float64[Tensor, " N"]:
    """For each pivot the M-th smallest gap in its row: no set with this pivot has a smaller term 2."""
    count = len(ratios)
    rows = max(1, _BLOCK_ENTRIES // count)
    bounds = []
    for start in range(0, count, rows):
        block = ratios.table(slice(start, start + rows)).gap
        bounds.append(block.kthvalue(dim, dim=1).values)
    return torch.cat(bounds)


def _admissible_set(
    pair: ModelPair, pivot: int, ranked: Int64[Tensor, " n"], floor: float
) -> tuple[int, ...] | None:
    """M of the ranked inputs, as early in the ranking as pivoted QR finds, with both N's conditioned above the floor.

    The whole ranking offers QR the most to choose from; if that yields a set, the ranking is cut shorter by bisection
    for as long as it does. Either model's field makes a proposal and the earlier one counts, so that the models can
    trade places.
    """
    fields = [model.displaced_embeddings(pivot)[ranked].T.cpu().numpy() for model in (pair.a, pair.b)]
    found = _proposal(fields, floor)
    if found is None:
        return None
    low, high = pair.a.dim - 1, max(found) + 1
    while high - low > 1:
        middle = (low + high) // 2
        earlier = _proposal([field[:, :middle] for field in fields], floor)
        if earlier is None:
            low = middle
        else:
            high, found = max(earlier) + 1, earlier
    return tuple(int(ranked[i]) for i in found)


def _proposal(fields: list[Float64[np.ndarray, "M n"]], floor: float) -> list[int] | None:
    """M columns that either model's field proposes and that both accept; of two such sets, the earlier one."""
    accepted = []
    for field in fields:
        columns = sorted(independent_columns(field, len(field)))
        if all(conditioning(other[:, columns]) >= floor for other in fields):
            accepted.append(columns)
    return min(accepted, key=lambda columns: sorted(columns, reverse=True), default=None)


def conditioning(matrix: np.ndarray) -> float:
    """Smallest singular value over the sum of all: 1/M for a multiple of an orthogonal matrix, 0 for a singular one."""
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return float(sigma[-1] / sigma.sum()) if sigma[0] > 0 else 0.0
