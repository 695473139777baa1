"""Networks on radial data trained now, at other radii and angles than those they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from repsim_core.datasets.tabular import Dataset, radial
from repsim_core.measures.comparison import compare
from repsim_core.measures.other_inputs import over_other_inputs
from repsim_core.studies.shown_models import in_numpy
from repsim_core.training.stacks import TrainedStack, train_stack

# Test points.
_POINTS = 1_000


def trained(classes: int, seeds: int, *, width: int, steps: int) -> tuple[TrainedStack, Dataset]:
    """Networks on radial data, and points to test them on that they have not seen."""
    stack = train_stack(radial(classes), seeds=range(seeds), width=width, steps=steps)
    return stack, radial(classes, _POINTS, seed=1)


def at_radii(stack: TrainedStack, points: Dataset, factors: Sequence[float]) -> pd.DataFrame:
    """All pairs at the points moved towards the origin or away from it: a row a pair and factor.

    Columns factor, seed_a, seed_b, ratio_distance, farther_kl (d_KL, the larger way), mean_cca, accuracy (the mean).
    """
    rows = []
    for factor in factors:
        moved = replace(points, inputs=points.inputs * factor)
        models = [in_numpy(model) for model in stack.representations(moved)]
        for i, j in combinations(range(len(models)), 2):
            found = compare(models[i], models[j], pivot=0, labels="all", input_set=[0, 1, 2])
            rows.append(
                {
                    "factor": factor,
                    "seed_a": i,
                    "seed_b": j,
                    "ratio_distance": found.ratio_distance,
                    "farther_kl": max(found.d_kl, found.d_kl_reverse),
                    "mean_cca": found.mean_cca,
                    "accuracy": (models[i].accuracy() + models[j].accuracy()) / 2,
                }
            )
    return pd.DataFrame(rows)


def at_angles(stack: TrainedStack, points: Dataset) -> pd.DataFrame:
    """All pairs over the half of the points that is nearest to the borders between labels, and over the other half.

    Columns part, seed_a, seed_b, and those of `OtherInputs`.
    """
    x, y = points.inputs.double().numpy().T
    place = np.mod(np.arctan2(y, x), np.pi) * points.classes / np.pi % 1.0
    order = np.argsort(np.abs(place - 0.5), kind="stable")
    half = len(order) // 2
    models, rows = [in_numpy(model) for model in stack.representations(points)], []
    for part, inputs in (("mid-cone", order[:half]), ("borders", order[half:])):
        for i, j in combinations(range(len(models)), 2):
            found = over_other_inputs(models[i], models[j], inputs.tolist())
            rows.append({"part": part, "seed_a": i, "seed_b": j, **found._asdict()})
    return pd.DataFrame(rows)
