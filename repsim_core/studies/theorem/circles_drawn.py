"""Tables for the figures of the chapter "Theorem": embeddings, places on the circle, what probes say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import to_numpy
from repsim_core.constructions import CIRCLE_LENGTH
from repsim_core.measures.probes import harmonic_probe
from repsim_core.representations import Representations
from repsim_core.studies.theorem.circles import Pair

# Inputs of a label that are drawn, and of which a probe's prediction is.
_DRAWN, _PREDICTED = 30, 3


def first_of_each(model: Representations, count: int) -> Int64[np.ndarray, " rows"]:
    """The first inputs of each label, of labels that have equally many inputs, sorted by label."""
    rows = np.arange(model.num_inputs).reshape(model.num_labels, -1)
    return rows[:, :count].ravel()


def as_points(
    xy: Float64[np.ndarray, "N 2"], model: Representations, rows: Int64[np.ndarray, " rows"]
) -> pd.DataFrame:
    """Points of the plane with the labels of their inputs: columns label, x, y."""
    labels = to_numpy(model.labels)
    return pd.DataFrame({"label": labels[rows], "x": xy[rows, 0], "y": xy[rows, 1]})


def arrangements(pair: Pair, rho: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A few embeddings of each label and the unembeddings over rho, of both models: for `figures.arrangements`."""
    points, directions = [], []
    for number, model in enumerate(pair, start=1):
        f, g = to_numpy(model.embeddings), to_numpy(model.unembeddings) / rho
        points.append(as_points(f, model, first_of_each(model, _DRAWN)).assign(model=number))
        labels = range(model.num_labels)
        directions.append(pd.DataFrame({"model": number, "label": labels, "x": g[:, 0], "y": g[:, 1]}))
    return pd.concat(points), pd.concat(directions)


def probabilities(permutation: Sequence[int]) -> pd.DataFrame:
    """What a browser needs for the probabilities at the class centres, at any norm: for `turn_the_knob`.

    Returns:
        A row for each model (1, 2), input and label, with columns model, input, label, score (f·v_y less its largest
        value) and x, y (the label's direction).
    """
    classes = len(permutation)
    step = 2 * np.pi / classes
    rows = []
    for number, place in enumerate((np.arange(classes), np.array(permutation)), start=1):
        k, y = (index.ravel() for index in np.indices((classes, classes)))
        score = CIRCLE_LENGTH * (np.cos(step * (place[k] - place[y])) - 1)
        at = {"x": np.cos(step * place[y]), "y": np.sin(step * place[y])}
        rows.append(pd.DataFrame({"model": number, "input": k, "label": y, "score": score, **at}))
    return pd.concat(rows)


def probe_ladder(pair: Pair) -> pd.DataFrame:
    """R² of the probes of model 2's embeddings with harmonics of model 1's up to 1, 2, ..., K/2: columns probe, r2."""
    source, target = (to_numpy(model.embeddings) for model in pair)
    probes = range(1, pair[0].num_labels // 2 + 1)
    return pd.DataFrame({"probe": probes, "r2": [harmonic_probe(source, target, n).r2 for n in probes]})


def probed(pair: Pair, probes: Sequence[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Model 2's embeddings, and what some probes make of model 1's: for `figures.probes`.

    Args:
        pair: both models.
        probes: the highest harmonics.
    """
    source, target = (to_numpy(model.embeddings) for model in pair)
    other = pair[1]
    few = first_of_each(other, _PREDICTED)
    said = [
        as_points(harmonic_probe(source, target, n).predicted, other, few).assign(probe=n) for n in probes
    ]
    return as_points(target, other, first_of_each(other, _DRAWN)), pd.concat(said)
