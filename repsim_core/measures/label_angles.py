"""Two angles between models: the worst over labels, and the worst over sets of labels.

With rho_y the correlation of label y's log-ratio in the two models, cos theta_y = ``|rho_y|``; with C_S the
cross-correlation matrix of the standardised log-ratios of a set S of m labels, cos Theta_S = 1 - d_SVD(S).
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from repsim_core.arrays import as_count
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.standardised import StandardisedRatios, dissimilarities
from repsim_core.representations import Representations


class LabelAngles(NamedTuple):
    """Sines of angles, each 0 to 1.

    Attributes:
        of_labels: sin theta, the largest over labels.
        of_sets: sin Theta, the largest over all sets of m labels.
    """

    of_labels: float
    of_sets: float


def label_angles(a: Representations, b: Representations, size: int, *, pivot: int) -> LabelAngles:
    """Both sides of sin Theta <= sin theta <= (2m - 1) sin Theta, over all labels but the pivot and all their sets.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        size: m, the labels of a set, less than K - 1. Every set is looked at.
        pivot: y_0.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    pair = ModelPair(a, b)
    others = [label for label in range(pair.a.num_labels) if label != pivot]
    m = as_count(size, "size")
    if m >= len(others):
        raise ValueError(f"size: found {m}, expected less than the number of log-ratios, {len(others)}")
    ratios = StandardisedRatios.of(pair, pivot, others)
    half = ratios.distances**2 / 2
    misfit = float(np.minimum(half, 2.0 - half).max())
    sets = np.array(list(combinations(range(len(others)), m)))
    z, w = ratios.together(sets)
    worst = float(to_numpy(dissimilarities(z, w, m)).max())
    # 1 - cos² without what cancels where angles are small.
    return LabelAngles(*(np.sqrt(max(gap * (2.0 - gap), 0.0)).item() for gap in (misfit, worst)))
