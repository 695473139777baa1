"""Labels that are in another order in one of two files: models that agree once labels are matched."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

# Distinct predictions of which a matching is sought, at most: it takes the cube of their number.
_MOST = 2_000
# The order is suspected where matched labels agree on so much larger a share, and on a multiple of it.
_RISE, _MULTIPLE = 0.2, 2.0


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
    if agreement > 1 / _MULTIPLE:
        return None
    labels_a, places_a = np.unique(a, return_inverse=True)
    labels_b, places_b = np.unique(b, return_inverse=True)
    if max(len(labels_a), len(labels_b)) > _MOST:
        return None
    from scipy.optimize import linear_sum_assignment  # it takes a moment to import, and is seldom needed

    shape = len(labels_a), len(labels_b)
    counts = np.bincount(places_a * shape[1] + places_b, minlength=shape[0] * shape[1]).reshape(shape)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    matched = float(counts[rows, columns].sum()) / len(a)
    if matched < agreement + _RISE or matched < _MULTIPLE * agreement:
        return None
    renamed = {
        int(labels_b[column]): int(labels_a[row])
        for row, column in zip(rows, columns, strict=True)
        if counts[row, column] and labels_a[row] != labels_b[column]
    }
    return matched, renamed
