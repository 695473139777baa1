"""Closeness over other inputs than those on which it was measured: what a bound on the density of the others promises.

Let Q have a density of at most kappa with respect to P. With z_y, w_y the log-ratios of two models standardised over P,
and s_y, t_y the deviations of these over Q, the ratio distance over Q of a label is

    delta_y(Q)² <= (kappa delta_y(P)² - (s_y - t_y)²) / (s_y t_y)

(proved in the book's chapter 07b). Where Q has inputs that P has not, there is no bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from repsim_core.arrays import as_indices
from repsim_core.beyond_standard import rows_of, to_numpy
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations


class OtherInputs(NamedTuple):
    """The ratio distance over some of the inputs, and what it can be at most.

    Attributes:
        density: kappa, (N - 1)/(n - 1) for n of N inputs and sample deviations.
        here: delta, the largest deviation of z_y - w_y over all inputs.
        there: delta over the others, every log-ratio standardised over them.
        bound: on `there`, from what is known over all inputs, kappa, s_y and t_y; at most 2, which nothing exceeds.
        spread: the least root of s_y t_y over the labels: how far log-ratios still vary over the others.
    """

    density: float
    here: float
    there: float
    bound: float
    spread: float


def over_other_inputs(
    a: Representations,
    b: Representations,
    inputs: Sequence[int],
    *,
    labels: Sequence[int] | None = None,
    pivot: Pivot = "mean",
) -> OtherInputs:
    """The ratio distance over some of the inputs of two models beside that over all, and the bound on it.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        inputs: distinct ones, two or more; Q is uniform on them and P on all.
        labels: whose log-ratios are looked at; None for all of them.
        pivot: a label, or "mean".

    Raises:
        TypeError, ValueError: naming the argument; also where a log-ratio is constant over either inputs.
    """
    pair = ModelPair(a, b)
    count = pair.a.num_inputs
    if not hasattr(inputs, "__len__"):
        raise TypeError(f"inputs: found {inputs!r}, expected distinct integers from 0 to {count - 1}")
    rows = as_indices(inputs, "inputs", count, len(inputs))
    if len(rows) < 2:
        raise ValueError(f"inputs: found {len(rows)}, expected two or more")
    if labels is None:
        labels = [label for label in range(pair.a.num_labels) if label != pivot]
    few = [
        Representations(rows_of(model.embeddings, rows), model.unembeddings, None, model.bias)
        for model in (pair.a, pair.b)
    ]
    here = StandardisedRatios.of(pair, pivot, labels)
    there = StandardisedRatios.of(ModelPair(*few), pivot, labels)
    s, t = (
        to_numpy(after) / to_numpy(before)
        for before, after in zip(here.deviations, there.deviations, strict=True)
    )
    density = (count - 1) / (len(rows) - 1)
    # Not below 0 but by rounding: std_Q(z - w) is at least the difference of s and t.
    squares = np.maximum(density * here.distances**2 - (s - t) ** 2, 0.0) / (s * t)
    return OtherInputs(
        density,
        float(here.distances.max()),
        float(there.distances.max()),
        min(float(squares.max()) ** 0.5, 2.0),
        float(np.sqrt(s * t).min()),
    )
