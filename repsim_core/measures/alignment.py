"""One model's embeddings laid over the other's by the best affine map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.canonical import observations


class Aligned(NamedTuple):
    """Embeddings after a map, and how good it is.

    Attributes:
        mapped: where the map takes w, shape (N, M).
        explained: share of the variance of z that it explains, 0 to 1.
    """

    mapped: Float64[np.ndarray, "N M"]
    explained: float


def aligned(z: object, w: object) -> Aligned:
    """The affine map of w that comes closest to z in least squares.

    Args:
        z, w: the same N >= 2 observations, shapes (N, M) and (N, M').

    Raises:
        TypeError, ValueError: naming the argument; also where all observations of z are the same.
    """
    y, x = (to_numpy(each) for each in observations(z, w))
    middle = y.mean(axis=0)
    centred, goal = x - x.mean(axis=0), y - middle
    total = float((goal**2).sum())
    if total == 0:
        raise ValueError("z: found the same value for every observation, expected that some differ")
    mapped = centred @ np.linalg.lstsq(centred, goal)[0]
    return Aligned(mapped + middle, 1.0 - float(((goal - mapped) ** 2).sum()) / total)
