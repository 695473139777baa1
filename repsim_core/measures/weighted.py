"""The KL divergence as a weighted distance of log-probabilities: what it looks at, and where it is enough.

At each input, with Delta_y = log p(y|x) - log p'(y|x), the divergence lies between half the sums of Delta_y² weighted
by the lesser and by the larger of the two probabilities (proved in the book's chapter Two theorems).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from repsim_core.arrays import as_index, as_real
from repsim_core.beyond_standard import namespace, rows_of, to_numpy
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.sets import choose_sets
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations, together_on_one_device


class WeightedDistances(NamedTuple):
    """Means over inputs, in nats (the last three in nats²).

    Attributes:
        d_kl, d_kl_reverse: the divergence of b's distribution from a's, and the other way round.
        by_least, by_largest: half the sum over labels of Delta_y² times the lesser, the larger, of the two
            probabilities; both divergences lie between.
        unweighted: half the sum of Delta_y².
    """

    d_kl: float
    d_kl_reverse: float
    by_least: float
    by_largest: float
    unweighted: float


def weighted_distances(a: Representations, b: Representations) -> WeightedDistances:
    """Distances of log-probabilities with the weights between which those of the KL divergence lie, and with none.

    A few tables of inputs times labels are held at a time.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    a, b = together_on_one_device(a, b)
    xp = namespace(a.embeddings)
    there, back = a.divergences(b)
    p, q = a.log_probs(), b.log_probs()
    squares = (p - q) ** 2

    def half(weights: object) -> float:
        return float(xp.mean(xp.sum(weights * squares, axis=1))) / 2

    return WeightedDistances(
        float(xp.mean(there)),
        float(xp.mean(back)),
        half(xp.exp(xp.minimum(p, q))),
        half(xp.exp(xp.maximum(p, q))),
        half(xp.ones_like(p)),
    )


class CompetingLabels(NamedTuple):
    """What a small KL divergence says of labels that all have some probability.

    Attributes:
        bound: an upper bound on d_SVD of the log-ratios over these inputs; it says something where it is below 1.
        dissimilarity: that d_SVD.
        d_kl: the divergence over these inputs, in nats.
        inputs: the inputs, on which both models give every one of the labels the probability `floor` at least.
    """

    bound: float
    dissimilarity: float
    d_kl: float
    inputs: np.ndarray


def competing_labels(
    a: Representations, b: Representations, labels: Sequence[int], *, pivot: int, floor: float
) -> CompetingLabels:
    """A bound on d_SVD by the KL divergence, over the inputs where some labels compete.

    On the inputs B on which p and p' give at least tau to the pivot and to each of m labels S,
    d_SVD <= 4 (1 + 1/m) E_B[KL] / (tau min_S (psi_y + psi'_y)²), all means and deviations over B with divisor N_B
    (proved in the book's chapter Two theorems). The mean of KL over B is at most d_KL over B's share of the inputs.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        labels: S, without the pivot.
        pivot: y_0.
        floor: tau, more than 0, less than 1.

    Raises:
        TypeError, ValueError: naming the argument; also where fewer than two inputs are left, or a log-ratio is
            constant over them.
    """
    pair = ModelPair(a, b)
    origin = as_index(pivot, "pivot", pair.a.num_labels)
    # The input set plays no part: the first inputs stand in for a search.
    chosen = choose_sets(pair, pivot=origin, labels=labels, input_set=range(pair.dim + 1)).labels
    if not 0 < as_real(floor, "floor") < 1:
        raise ValueError(f"floor: found {floor:g}, expected a number between 0 and 1")
    of_labels = [rows_of(model.log_probs().T, (origin, *chosen)) for model in (pair.a, pair.b)]
    least = np.minimum(*(to_numpy(each).min(axis=0) for each in of_labels))
    inputs = np.flatnonzero(least >= np.log(floor))
    if len(inputs) < 2:
        raise ValueError(
            f"floor: found {floor:g}, which both models give all of the labels on {len(inputs)} inputs, "
            "expected two or more"
        )
    over = pair.with_inputs(inputs)
    there = float(to_numpy(pair.a.divergences(pair.b)[0])[inputs].mean())
    scales = []
    for each in of_labels:
        table = to_numpy(each)[:, inputs]
        scales.append((table[1:] - table[:1]).std(axis=1))
    size = float(min(scales[0] + scales[1])) ** 2
    dissimilarity = StandardisedRatios.of(over, origin, chosen).dissimilarity
    bound = 4 * (1 + 1 / len(chosen)) * max(there, 0.0) / (floor * size)
    return CompetingLabels(bound, dissimilarity, there, inputs)
