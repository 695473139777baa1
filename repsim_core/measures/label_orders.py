"""Labels that are in another order in one of two files: models that agree once labels are matched."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

# Distinct predictions of which a matching is sought, at most: it takes the cube of their number.
_MOST = 2_000
# Inputs of a predicted label, on average, that a matching needs to mean something.
_INPUTS_OF_A_LABEL = 5
# The order is suspected where matching the labels removes so large a share of the disagreement, on so many inputs.
# Between unrelated models it removes less.
_SHARE, _RISE = 0.6, 0.1


def suspected_order(
    a: Int64[np.ndarray, " N"], b: Int64[np.ndarray, " N"]
) -> tuple[float, dict[int, int]] | None:
    """Whether two models' predictions agree far better once the labels of one are renamed.

    Args:
        a, b: predicted labels of the same inputs.

    Returns:
        The share of equal predictions with labels matched one to one, and for each label of b that is another one in
        a the label of a; None where nothing is suspected.
    """
    agreement = float((a == b).mean())
    enough = agreement + max(_RISE, _SHARE * (1 - agreement))
    if enough > 1:
        return None
    labels_a, places_a = _distinct(a)
    labels_b, places_b = _distinct(b)
    # Where most labels are predicted a few times, one renaming or another fits any two models.
    if max(len(labels_a), len(labels_b)) > min(_MOST, len(a) / _INPUTS_OF_A_LABEL):
        return None
    shape = len(labels_a), len(labels_b)
    counts = np.bincount(places_a * shape[1] + places_b, minlength=shape[0] * shape[1]).reshape(shape)
    # No matching gives more than the best partner of each label.
    if min(counts.max(axis=0).sum(), counts.max(axis=1).sum()) < enough * len(a):
        return None
    from scipy.optimize import linear_sum_assignment  # it takes a moment to import, and is seldom needed

    rows, columns = linear_sum_assignment(counts, maximize=True)
    matched = float(counts[rows, columns].sum()) / len(a)
    if matched < enough:
        return None
    renamed = {
        int(labels_b[column]): int(labels_a[row])
        for row, column in zip(rows, columns, strict=True)
        if counts[row, column] and labels_a[row] != labels_b[column]
    }
    return matched, renamed


def _distinct(
    labels: Int64[np.ndarray, " N"],
) -> tuple[Int64[np.ndarray, " distinct"], Int64[np.ndarray, " N"]]:
    """The labels that occur, and the place of each among them; counting, which takes less than sorting."""
    found = np.flatnonzero(np.bincount(labels))
    places = np.zeros(int(found[-1]) + 1, dtype=np.int64)
    places[found] = np.arange(len(found))
    return found, places[labels]
