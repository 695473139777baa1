"""Pairs of models that show what each term of d_LLV is there for, and where it is no metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float64

from repsim_core.constructions import noisy_copy
from repsim_core.measures.distances import divergences, llv_distance
from repsim_core.measures.similarity import representation_distance
from repsim_core.representations import Representations

Probabilities = Float64[np.ndarray, "N 3"]


def from_probabilities(p: Probabilities) -> Representations:
    """The model with these probabilities of three labels: its log-ratios to the first one are its embeddings.

    Args:
        p: positive; rows sum to 1.
    """
    return Representations(np.log(p[:, 1:] / p[:, :1]), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))


def on_a_circle(points: int, radius: float = 0.32) -> Probabilities:
    """Distributions round the uniform one, where the sum of p² is the same everywhere."""
    turn = 2 * np.pi * (np.arange(points) + 0.5) / points
    plane = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
    return 1 / 3 + radius * np.column_stack([np.cos(turn), np.sin(turn)]) @ plane


def on_a_line(points: int) -> Probabilities:
    """Distributions on a line of the triangle."""
    share = np.linspace(0.05, 0.95, points)[:, None]
    return share * np.array([0.8, 0.2, 0.0]) + (1 - share) * np.array([0.0, 0.4, 0.6])


def squared(p: Probabilities) -> Probabilities:
    """p², made to sum to 1: twice the log-probabilities, up to a constant for each input."""
    return p**2 / (p**2).sum(axis=1, keepdims=True)


def shuffled(p: Probabilities, keep: Sequence[int], seed: int) -> Probabilities:
    """The same distributions at other inputs, but for some inputs that keep theirs."""
    places = np.arange(len(p))
    others = np.setdiff1d(places, keep)
    places[others] = np.random.default_rng(seed).permutation(others)
    return p[places]


# Weights of the labels for which the weighted probabilities sum to 1 everywhere on the line.
LINE_WEIGHTS = np.array([1.15, 0.4, 1.4])


def examples(
    points: int, seed: int
) -> tuple[dict[str, tuple[Probabilities, Probabilities]], tuple[int, int, int]]:
    """Four pairs of distributions that all terms but some take for equal, and the input set that they are seen at.

    Args:
        points: inputs, at least 9.
        seed: of the shuffled inputs.
    """
    inputs = (0, points // 3, 2 * points // 3)
    circle, line = on_a_circle(points), on_a_line(points)
    pairs = {
        "inputs shuffled": (circle, shuffled(circle, inputs, seed)),
        "labels reweighted": (line, line * LINE_WEIGHTS),
        "squared, on a circle": (circle, squared(circle)),
        "squared, on a line": (line, squared(line)),
    }
    return pairs, inputs


def terms(a: Representations, b: Representations, input_set: Sequence[int]) -> dict[str, float | None]:
    """All four terms of d_LLV with weight 1 and all labels, both directions of d_KL and d_fg over the same sets."""
    d = llv_distance(a, b, weight=1.0, pivot=0, left_out="none", input_set=input_set)
    one_way, reverse = divergences(a, b)
    return {
        "T1": d.label_term,
        "T2": d.input_term,
        "T3": d.label_scale_term,
        "T4": d.input_scale_term,
        "d_KL": one_way,
        "d_KL reverse": reverse,
        "d_fg": representation_distance(a, b, **d.sets).value,
    }


def halfway(a: Representations, b: Representations) -> Representations:
    """The model halfway between two others: the means of their embeddings and of their unembeddings."""
    return Representations(
        (a.embeddings + b.embeddings) / 2,
        (a.unembeddings + b.unembeddings) / 2,
    )


def triangles(
    distance: Callable[[Representations, Representations], float], *, trials: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Random triples of models: does a distance obey the triangle inequality, is it symmetric?

    In every second triple the model on the way is halfway between the other two, which are close: there the inequality
    is nearly an equality.

    Returns:
        Columns ratio, d(a, c)/(d(a, b) + d(b, c)), and asymmetry, ``|d(a, c) - d(c, a)|``; a row for each triple.
    """
    rng = np.random.default_rng(seed)

    def drawn() -> Representations:
        return Representations(rng.standard_normal((30, 2)), rng.standard_normal((5, 2)))

    rows = []
    for trial in range(trials):
        a = drawn()
        if trial % 2:
            c = noisy_copy(a, 0.1, seed=trial)
            b = halfway(a, c)
        else:
            b, c = drawn(), drawn()
        direct = distance(a, c)
        rows.append((direct / (distance(a, b) + distance(b, c)), abs(direct - distance(c, a))))
    return pd.DataFrame(rows, columns=["ratio", "asymmetry"])


def broken_triangle(seed: int) -> tuple[Representations, Representations, Representations]:
    """Three models with which a d_LLV that searches its sets breaks the triangle inequality.

    M = 3, five labels: one with the unembedding zero, three with the unit vectors, the last opposite to the third. The
    first two of these are improbable everywhere. From the first model to the second the first coordinate of the
    embeddings changes, from the second to the third the second one; on a tenth of the 600 inputs neither does.
    """
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((600, 3)) - np.array([6.0, 6.0, 0.0])
    g = np.vstack([np.zeros(3), np.eye(3), [0.0, 0.0, -1.0]])
    first, second = np.zeros((2, 600, 3))
    first[60:, 0], second[60:, 1] = rng.standard_normal(540), rng.standard_normal(540)
    return Representations(f, g), Representations(f + first, g), Representations(f + first + second, g)
