"""Pairs of models of images: how far their scores are apart, which pair is shown, which pairs are close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from repsim_core.measures.circular_orders import Order, shared_neighbours
from repsim_core.measures.distances import kl_divergence
from repsim_core.representations import Representations
from repsim_core.studies.records import Record

KL = ["d_kl", "d_kl_reverse"]

AUTHORS_ORDERS: Mapping[int, Order] = {
    0: (0, 7, 5, 3, 4, 2, 6, 1, 9, 8),
    1: (0, 6, 2, 4, 3, 5, 7, 9, 1, 8),
    2: (0, 2, 6, 4, 3, 5, 7, 9, 1, 8),
    3: (0, 6, 2, 4, 3, 5, 7, 9, 1, 8),
    4: (0, 2, 6, 4, 3, 5, 7, 9, 1, 8),
    5: (0, 6, 2, 4, 3, 5, 7, 9, 1, 8),
    6: (0, 2, 6, 4, 3, 5, 7, 9, 1, 8),
    7: (0, 7, 4, 2, 5, 3, 6, 1, 9, 8),
    8: (0, 6, 2, 4, 3, 5, 7, 9, 1, 8),
    9: (0, 6, 2, 4, 3, 5, 7, 9, 1, 8),
}
"""Circular orders of the unembeddings in the paper's own ten networks for CIFAR-10 with M = 2, by seed: read off the
figure of them that its authors have published (section 5, and the public code's figures), not measured."""


def with_gaps(pairs: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """The pairs with columns loss_gap (nats) and accuracy_gap: absolute differences of the models' test scores.

    Args:
        pairs: columns dim, seed_a, seed_b.
        models: columns dim, seed, test_loss, test_accuracy.
    """
    by_model = models.set_index(["dim", "seed"])
    a, b = (by_model.loc[pd.MultiIndex.from_frame(pairs[["dim", end]])] for end in ("seed_a", "seed_b"))
    gaps: Any = {
        f"{name}_gap": np.abs(a[f"test_{name}"].to_numpy() - b[f"test_{name}"].to_numpy())
        for name in ("loss", "accuracy")
    }
    return pairs.assign(**gaps)


def shown_pair(pairs: pd.DataFrame) -> pd.Series:
    """The pair that is shown of near-equal scores: of those whose loss gap *and* accuracy gap are at most the median
    of all pairs the one with the least mean CCA. Should no pair pass, the nearest to passing counts.

    Args:
        pairs: columns loss_gap, accuracy_gap, mean_cca; a row at least.
    """
    larger_rank = pairs[["loss_gap", "accuracy_gap"]].rank().max(axis=1)
    of_the_median = (len(pairs) + 1) / 2
    near = pairs[larger_rank <= max(of_the_median, larger_rank.min())]
    return near.loc[near["mean_cca"].idxmin()]


def orders_in_words(a: Order, b: Order, names: Sequence[str]) -> str:
    """How two circular orders differ, a clause for a title.

    Args:
        a, b: orders as `circular_order` gives them.
        names: of the classes.
    """
    if a == b:
        return "and the same order of the classes"
    for one, other in combinations(range(len(a)), 2):
        places = {one: other, other: one}
        if _from_zero([places.get(label, label) for label in a]) == b:
            return f"another order of the classes: {names[one]} and {names[other]} have changed places"
    shared = shared_neighbours(a, b)
    return f"another order of the classes: {shared} of {len(a)} pairs of neighbours are the same"


def _from_zero(labels: list[int]) -> Order:
    """A circular order as `circular_order` writes it."""
    start = labels.index(0)
    others = labels[start + 1 :] + labels[:start]
    return (0, *(others if others[0] < others[-1] else others[::-1]))


def closer_half(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs whose d_KL is at most the median of all pairs, in both directions."""
    return pairs[(pairs[KL] <= pairs[KL].median()).all(axis=1)]


def measured_pairs(record: Record, models_of: Mapping[int, Mapping[int, Representations]]) -> pd.DataFrame:
    """The pairs of a record that could be compared, of the groups that are given, with both directions of d_KL.

    Args:
        record: of models of images.
        models_of: by dimension and seed; older records have one direction alone, and these give the other.
    """
    pairs = record.pairs.dropna(subset=["d_llv", "mean_cca"])
    pairs = pairs[pairs["dim"].isin(list(models_of))]
    if "d_kl_reverse" not in pairs:
        reverse = [
            kl_divergence(models_of[dim][b], models_of[dim][a])
            for dim, a, b in pairs[["dim", "seed_a", "seed_b"]].to_numpy().tolist()
        ]
        pairs = pairs.assign(d_kl_reverse=reverse)
    return pairs
