"""Figures of the chapter "Two theorems" on tiny data, and what the interactive one computes."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import repsim_core as rc
from repsim_core.figures import two_theorems
from repsim_core.figures.interactive import show_interactive
from repsim_core.figures.style import show


def log_ratios():
    points = pd.DataFrame([(y, z, 0.9 * z) for y in (1, 4) for z in (-1.0, 1.0)], columns=["label", "z", "w"])
    summary = pd.DataFrame({"label": [1, 4], "correlation": [0.98, 0.5], "gap": [0.2, 1.0]})
    return two_theorems.log_ratios(points, summary)


def weights():
    rho = np.arange(1.0, 6.0)
    kl = rho * np.exp(-rho)
    columns = {
        "d_kl": kl,
        "d_kl_reverse": 2 * kl,
        "by_least": kl / 9,
        "by_largest": 9 * kl,
        "unweighted": rho,
    }
    return two_theorems.weights_of_divergence(pd.DataFrame({"rho": rho, **columns}))


def start(size, s, t):
    return pd.DataFrame({"m": [size], "s": [s], "t": [t]})


def one_direction():
    columns = {name: [-1.0, 1.0, 1.0, -1.0] for name in ("shared_1", "shared_2", "other_1", "other_2")}
    return two_theorems.one_direction(pd.DataFrame({**columns, "flipped": [False, False, True, True]}))


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (log_ratios, ["label 1\nρ = 0.98, δ = 0.20", "label 4\nρ = 0.50, δ = 1.00"]),
        (weights, [""]),
        (one_direction, ["along the shared direction", "across it"]),
    ],
)
def test_figure(make, titles):
    figure = make()
    assert [ax.get_title(loc="left") for ax in figure.axes] == titles
    assert show(figure, alt="what it says").markup


@pytest.mark.parametrize(("size", "s", "t"), [(2, 0.8, 0.27), (3, 0.5, 0.1), (4, 0.3, 0.6), (3, 0.9, 0.0)])
def test_what_the_sliders_compute_is_what_the_measures_find(size, s, t):
    """The worst label and the worst set of m labels, by the formulas of the figure and from the log-ratios."""
    angles = np.arcsin([s, *[-t] * size]) / 2
    inputs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    directions = np.stack([np.cos(angles), np.sin(angles)])
    z, w = inputs @ directions, (inputs * [1.0, -1.0]) @ directions
    found = [
        max(
            rc.svd_dissimilarity(z[:, chosen], w[:, chosen])
            for chosen in map(list, combinations(range(size + 1), k))
        )
        for k in (1, size)
    ]
    sines = [np.sqrt(d * (2 - d)) for d in found]
    assert sines == pytest.approx([max(s, t), max(abs(s - (size - 1) * t) / size, t)], abs=1e-7)
    chart = json.dumps(two_theorems.extremal_angles(start(size, s, t)).to_dict())
    assert "max(abs(s - (m - 1) * t) / m, t)" in chart
    assert "max(s, t)" in chart


def test_the_interactive_figure_begins_where_the_bound_is_met():
    markup = show_interactive(two_theorems.extremal_angles(start(3, 0.8, 0.16)), alt="what it says").markup
    assert "labels in a set m: 3, one label s: 0.8, the others t: 0.16" in markup
    assert "5.00 times sin Θ; at most 5: the bound is met" in markup
