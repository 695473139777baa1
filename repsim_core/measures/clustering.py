"""Average-linkage clustering of models by a distance, for the order in which many are shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True)
class Clustering:
    """How models join.

    Attributes:
        order: places of the models such that those of a cluster stand side by side.
        merges: (left, right, height) of each join, in order of height: of n models or earlier joins; the join number i
            is n + i.
    """

    order: tuple[int, ...]
    merges: tuple[tuple[int, int, float], ...]


def average_linkage(distances: Float64[np.ndarray, "n n"]) -> Clustering:
    """Clusters that join in the order of the mean distance of their models (average linkage, UPGMA).

    Args:
        distances: symmetric; what is not finite counts as the largest that is.

    Raises:
        ValueError: there are fewer than two models.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # they take a moment to import
    from scipy.spatial.distance import squareform

    if len(distances) < 2:
        raise ValueError(
            f"distances: found {len(distances)} model{'s' * (len(distances) != 1)}, expected at least two"
        )
    known = np.isfinite(distances)
    filled = np.where(known, distances, distances[known].max(initial=0.0))
    np.fill_diagonal(filled, 0.0)
    joined = linkage(squareform((filled + filled.T) / 2, checks=False), method="average")
    merges = tuple((int(left), int(right), float(height)) for left, right, height, _ in joined)
    return Clustering(tuple(leaves_list(joined).tolist()), merges)
