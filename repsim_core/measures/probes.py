"""Probes that read one representation of the plane and predict another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from repsim_core.arrays import as_count


class Probe(NamedTuple):
    """What a probe predicts.

    Attributes:
        predicted: of every input.
        r2: 1 - (sum of squared errors)/(sum of squares of the centred target).
    """

    predicted: Float64[np.ndarray, "N 2"]
    r2: float


def harmonic_probe(
    source: Float64[np.ndarray, "N 2"], target: Float64[np.ndarray, "N 2"], highest: int
) -> Probe:
    """Least squares with an intercept from the harmonics cos jθ, sin jθ of the source's angle θ, j = 1 .. `highest`.

    With highest = 1 the probe reads the source itself: it is the linear probe.

    Args:
        source, target: the same inputs in two representations.
        highest: the last harmonic, at least 1.
    """
    orders = np.arange(1, as_count(highest, "highest") + 1)
    waves = np.arctan2(source[:, 1], source[:, 0])[:, None] * orders
    read = source if highest == 1 else np.hstack([np.cos(waves), np.sin(waves)])
    features = np.column_stack([np.ones(len(source)), read])
    predicted = features @ np.linalg.lstsq(features, target, rcond=None)[0]
    unexplained = ((target - predicted) ** 2).sum()
    return Probe(predicted, float(1 - unexplained / ((target - target.mean(axis=0)) ** 2).sum()))


def sufficient(r2: Float64[np.ndarray, " probes"], level: float = 0.9) -> int:
    """The least highest harmonic whose R² exceeds a level; the last one where none does.

    Args:
        r2: of the probes with harmonics up to 1, 2, ...
        level: of R².
    """
    good = np.flatnonzero(r2 > level)
    return int(good[0]) + 1 if len(good) else len(r2)
