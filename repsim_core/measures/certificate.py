"""An upper bound on d_SVD over every set of labels, without looking at any set."""

from __future__ import annotations

from repsim_core.arrays import as_count
from repsim_core.measures.bounds import greatest_dissimilarity
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.sets import choose_sets
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations


def similarity_certificate(
    a: Representations, b: Representations, m: int, *, pivot: Pivot | None = None, seed: int = 0
) -> float:
    """An upper bound on d_SVD(L^T f, L'^T f') over every set of m labels with this pivot.

    With rho_y the correlation of label y's log-ratio in the two models, d_SVD(S) is at most 1 - the mean of ``|rho_y|``
    over S. So 1 - the mean of the m least is a bound for all sets, found by sorting. It holds for the pivot only.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        m: how many labels, from 1 to K - 1 (K with pivot="mean").
        pivot: y_0, "mean", or None for the one with the least term 1 over all labels.
        seed: of the pivots that are tried, where trying all would take long.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    m = as_count(m, "m")
    pair = ModelPair(a, b)
    # The input set plays no part: the first inputs stand in for a search.
    sets = choose_sets(pair, pivot=pivot, labels="all", seed=seed, input_set=range(pair.dim + 1))
    ratios = StandardisedRatios.of(pair, sets.pivot, sets.labels)
    if m > len(sets.labels):
        raise ValueError(f"m: found {m}, expected at most the number of log-ratios, {len(sets.labels)}")
    return greatest_dissimilarity(ratios.distances.tolist(), m)
