"""Searching the input set {x_0, x_1, ..., x_M} of d_LLV: by seeded sampling, or exactly."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from repsim_core.family import Representations, independent_columns
from repsim_core.logratios import LogRatios, PairLogRatios

_BLOCK_ENTRIES = (
    2**17
)  # entries of the pair table held at a time (1 MB an array: stays in the processor's cache)


def sampled_input_set(pair: PairLogRatios, *, num_samples: int, seed: int) -> tuple[tuple[int, ...], int]:
    """The best of `num_samples` random disjoint sets of M + 1 inputs, as in the paper's code.

    Returns:
        The set (x_0, ..., x_M) with the least term 2, and how many sets were drawn: fewer than asked for where the
        inputs do not suffice for so many disjoint ones.
    """
    ratios, size = pair.between_inputs, pair.a.dim + 1
    count = min(num_samples, len(ratios) // size)
    drawn = np.random.default_rng(seed).permutation(len(ratios))[: count * size].reshape(count, size)
    terms = ratios.sets(torch.from_numpy(drawn)).gap.amax(dim=1)
    return tuple(int(i) for i in drawn[int(terms.argmin())]), count


def exact_input_set(pair: PairLogRatios, *, min_conditioning: float) -> tuple[int, ...]:
    """The input set with the least term 2, from the N×N table of pair gaps; see `llv_distance` for the guarantee.

    Term 2 of a set is the largest gap(x_0, x_i), so the best set for a pivot x_0 is made of the M inputs with the
    least gaps in one row of the table. Rows are visited in blocks and in the order of the bound this gives.
    """
    ratios, dim = pair.between_inputs, pair.a.dim
    bounds = _least_possible_terms(ratios, dim)
    order = torch.argsort(bounds, stable=True)
    best, chosen = torch.inf, None
    for pivot in order.tolist():
        if float(bounds[pivot]) >= best:
            break
        gaps = ratios.table(torch.tensor([pivot])).gap[0]
        gaps[pivot] = torch.inf
        ranked = torch.argsort(gaps, stable=True)
        ranked = ranked[: int((gaps < best).sum())]
        if min_conditioning == 0.0:
            others = tuple(int(i) for i in ranked[:dim])
        else:
            others = _shortest_admissible_prefix(pair, pivot, ranked, min_conditioning)
        if others is not None:
            chosen = (pivot, *others)
            best = float(gaps[list(others)].max())
    if chosen is None:
        raise ValueError(
            f"input_set: no {dim + 1} inputs reach min_conditioning = {min_conditioning:g} with non-constant "
            "log-ratios; lower min_conditioning, or check the diversity of the embeddings"
        )
    return chosen


def conditioning(model: Representations, input_set: tuple[int, ...]) -> float:
    """Smallest singular value of N over the sum of all; at most 1/M, and 0 where N is singular."""
    sigma = torch.linalg.svdvals(model.input_matrix(input_set))
    total = float(sigma.sum())
    return float(sigma[-1]) / total if total > 0 else 0.0


def _least_possible_terms(ratios: LogRatios, dim: int) -> Float64[Tensor, " N"]:
    """For each pivot the M-th smallest gap in its row: no set with this pivot has a smaller term 2."""
    count = len(ratios)
    rows = max(1, _BLOCK_ENTRIES // count)
    bounds = []
    for start in range(0, count, rows):
        block = ratios.table(slice(start, start + rows)).gap
        bounds.append(block.kthvalue(dim, dim=1).values)
    return torch.cat(bounds)


def _shortest_admissible_prefix(
    pair: PairLogRatios, pivot: int, ranked: Int64[Tensor, " n"], floor: float
) -> tuple[int, ...] | None:
    """M inputs from as short a prefix of `ranked` as pivoted QR finds, with both N's conditioned above the floor.

    The prefix is doubled until it yields a set and then bisected.
    """
    dim = pair.a.dim
    fields = [(model, model.displaced_embeddings(pivot)[ranked].T) for model in (pair.a, pair.b)]

    def admissible(length: int) -> tuple[int, ...] | None:
        for _, field in fields:
            others = tuple(int(ranked[i]) for i in independent_columns(field[:, :length], dim))
            if all(conditioning(model, (pivot, *others)) >= floor for model, _ in fields):
                return others
        return None

    low, high, found = dim - 1, dim, None
    while low < len(ranked) and found is None:
        high = min(high, len(ranked))
        if high < dim:
            return None
        found = admissible(high)
        if found is None:
            low, high = high, 2 * high
    if found is None:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        shorter = admissible(middle)
        if shorter is None:
            low = middle
        else:
            high, found = middle, shorter
    return found
