"""The bound on probes that are carried over, with the log-ratios of all pairs of labels to write them in.

A pivot is one choice; the proof of the bound (`linear_maps.transfer_bound`) uses nothing but that each log-ratio is
linear in either embedding, and so is that of any two labels (the book's chapter Transfer, cor-transfer-pairs).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from repsim_core.arrays import as_matrix
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.linear_maps import displaced, least_weights
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations
from repsim_core.wording import plural


def least_transfer_bounds(
    a: Representations, b: Representations, probes: object
) -> Float64[np.ndarray, " P"]:
    """beta of `transfer_bound` over the log-ratios of all pairs of labels: at most the least over all pivots.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        probes: the vectors v, shape (P, M_a), none of them zero.

    Returns:
        A bound for each. Time grows with K² log-ratios: it is for some tens of labels.

    Raises:
        TypeError, ValueError: naming the argument; also where a v is not in the span of the displaced unembeddings.
    """
    vectors = to_numpy(as_matrix(probes, "probes"))
    pair = ModelPair(a, b)
    a, b = pair.a, pair.b
    if vectors.shape[1] != a.dim:
        raise ValueError(
            f"probes: found {plural(vectors.shape[1], 'column')}, expected {a.dim}, the dimension of a"
        )
    directions, costs = [], []
    for pivot in range(a.num_labels - 1):
        every = StandardisedRatios(pair.label_images, pivot, range(pivot + 1, a.num_labels))
        labels = (pivot + 1 + np.flatnonzero(~(every.constant[0] | every.constant[1]))).tolist()
        if labels:
            ratios = StandardisedRatios.of(pair, pivot, labels)
            psi, _ = ratios.deviations
            directions.append(to_numpy(displaced(a, pivot, labels)[0] / psi[:, None]))
            # sqrt(1 - rho²), without cancellation at either end.
            costs.append(ratios.distances * ratios.distances_of_mirrored / 2)
    if not directions:
        raise ValueError(
            "b: found no log-ratio of two labels that varies in both models, expected at least one"
        )
    table, sines = np.concatenate(directions), np.concatenate(costs)
    return np.array([np.abs(least_weights(table, v, sines)) @ sines for v in vectors])
