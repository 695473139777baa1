"""Figures of the chapter "Distance" on tiny data: right axes and labels, no warnings."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import distance
from repsim_core.figures.style import show

GRID = np.array([0.01, 0.1, 1.0])


def simplex() -> Figure:
    shares = np.linspace(0.1, 0.8, 9)
    path = pd.DataFrame({"p_0": shares, "p_1": 0.9 - shares, "p_2": 0.1})
    return distance.simplex(
        pd.concat(
            [path.assign(example=name, model=model) for name in ("one", "two") for model in (1, 2)],
            ignore_index=True,
        )
    )


def bounds(classes: tuple[int, ...] = (4,)) -> Figure:
    models = pd.DataFrame(
        [(count, d, d**2) for count in classes for d in GRID], columns=["classes", "d_llv", "d_fg"]
    )
    curves = pd.DataFrame({"d_llv": GRID, "quadratic": 2 * GRID**2, "linear": 4 * GRID})
    return distance.bounds(models, curves, pd.DataFrame({"d_llv": [0.3], "d_fg": [0.18]}))


def input_search() -> Figure:
    sampled = pd.DataFrame({"sets": [10, 30], "low": [0.1, 0.05], "median": [0.2, 0.1], "high": [0.3, 0.2]})
    return distance.input_search(sampled, pd.DataFrame({"floor": [0.0, 0.1], "term": [0.04, 0.06]}))


def scaling() -> Figure:
    rows = [(name, factor, abs(factor - 1), 0.0) for name in ("a", "b") for factor in (0.5, 1.0, 2.0)]
    return distance.scaling(pd.DataFrame(rows, columns=["model", "factor", "d_llv", "d_fg"]))


def rotation() -> Figure:
    angles = np.array([0.0, 90.0, 180.0])
    columns = {name: angles / 180 for name in ("d_llv", "d_fg", "d_kl", "d_kl_reverse")}
    return distance.rotation(pd.DataFrame({"angle": angles, "cca_f": 1.0, "cca_g": 1.0, **columns}))


def kl_against_llv() -> Figure:
    noisy = pd.DataFrame(
        [(rho, d, d**2, 2 * d**2) for rho in (1.0, 20.0) for d in GRID],
        columns=["rho", "d_llv", "d_kl", "d_kl_reverse"],
    )
    kl = {"d_kl": [0.8, 1e-5], "d_kl_reverse": [0.7, 2e-5]}
    return distance.kl_against_llv(noisy, pd.DataFrame({"rho": [1.0, 20.0], "d_llv": [1.3, 1.3], **kl}))


def sampling() -> Figure:
    rows = [(n, term, 0.2, n**-0.5) for n in (10, 100, 1000) for term in ("term 1", "term 2")]
    return distance.sampling(pd.DataFrame(rows, columns=["inputs", "term", "mean", "spread"]))


FIGURES: list[tuple[Callable[[], Figure], int, str, str]] = [
    (simplex, 2, "", ""),
    (bounds, 2, "LLV", "mathbf{f}"),
    (input_search, 1, "random input sets drawn", "term 2"),
    (scaling, 1, "factor on the embeddings", "distance"),
    (rotation, 2, "angle between them (degrees)", ""),
    (kl_against_llv, 1, "LLV", "KL"),
    (sampling, 2, "inputs N", "value"),
]


@pytest.mark.parametrize(
    ("make", "count", "xlabel", "ylabel"), FIGURES, ids=lambda each: getattr(each, "__name__", "")
)
def test_figure(make: Callable[[], Figure], count: int, xlabel: str, ylabel: str) -> None:
    figure = make()
    assert len([ax for ax in figure.axes if ax.axison or make is simplex]) == count
    assert xlabel in figure.axes[0].get_xlabel()
    assert ylabel in figure.axes[0].get_ylabel()
    assert show(figure, alt="what it says").markup


def test_bounds_has_a_panel_for_each_k_and_one_for_all() -> None:
    titles = [ax.get_title(loc="left") for ax in bounds((4, 5, 6, 10, 18)).axes]
    assert titles == ["K = 4", "K = 5", "K = 6", "K = 10", "K = 18", "all, linear axes"]


def test_legends_name_what_is_drawn() -> None:
    for make, expected in (
        (input_search, "exact, floor 0.1"),
        (kl_against_llv, "permuted circles"),
        (scaling, "b"),
        (bounds, "made to meet it"),
    ):
        texts = [text.get_text() for legend in make().legends for text in legend.get_texts()]
        assert any(expected in text for text in texts), texts
