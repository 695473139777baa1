"""The figures of the chapter "Theorem" on tiny data: what is in them, and the same bytes twice."""

import json

import numpy as np
import pandas as pd
import pytest

from repsim_core.figures import theorem
from repsim_core.figures.interactive import show_interactive
from repsim_core.figures.style import show
from repsim_core.figures.theorem_knob import turn_the_knob

K = 5
ORDER = (0, 2, 4, 1, 3)


def _place(model: int) -> np.ndarray:
    return np.array(ORDER if model == 2 else range(K))


def _directions() -> pd.DataFrame:
    frames = []
    for model in (1, 2):
        angle = 2 * np.pi * _place(model) / K
        frames.append(
            pd.DataFrame({"model": model, "label": range(K), "x": np.cos(angle), "y": np.sin(angle)})
        )
    return pd.concat(frames)


def _points() -> pd.DataFrame:
    points = pd.concat([_directions()] * 3)
    return points.assign(x=2 * points["x"], y=2 * points["y"])


def _table() -> pd.DataFrame:
    rho = np.arange(1.0, 7.0)
    kl = rho * np.exp(-rho)
    return pd.DataFrame(
        {
            "rho": rho,
            "d_kl": kl,
            "d_kl_reverse": 1.8 * kl,
            "d_llv": 1.3,
            "mean_cca": 0.0,
            "max_d_svd_f": 1.0,
            "prediction": 1.02 * kl,
            "bound": 20 * kl,
            "low": 0.99 * kl,
            "high": 1.01 * kl,
        }
    )


def _knob():
    cells = []
    for model in (1, 2):
        place = _place(model)
        k, y = (index.ravel() for index in np.indices((K, K)))
        angle = 2 * np.pi * place / K
        score = 2 * (np.cos(angle[k] - angle[y]) - 1)
        x, height = np.cos(angle[y]), np.sin(angle[y])
        cells.append(
            pd.DataFrame({"model": model, "input": k, "label": y, "score": score, "x": x, "y": height})
        )
    return turn_the_knob(pd.concat(cells), _table()[["rho", "d_kl", "d_kl_reverse", "d_llv"]], step=1.0)


def _probes():
    model_2 = _points()[_points()["model"] == 2]
    said = [model_2.assign(probe=1, x=0.0, y=0.0), model_2.assign(probe=2)]
    return theorem.probes(model_2, pd.concat(said), pd.DataFrame({"probe": [1, 2], "r2": [0.0, 0.996]}))


FIGURES = {
    "arrangements": lambda: theorem.arrangements(_points(), _directions()),
    "permutation_spread": lambda: theorem.permutation_spread(
        np.array([0.0, 0.5, 0.5, 1.0]), mean=0.5, chosen=0.0, classes=K
    ),
    "measures": lambda: theorem.measures(_table()),
    "measures_with_paper": lambda: theorem.measures(_table(), _table().iloc[::2]),
    "rate": lambda: theorem.rate(_table(), (3.0, 6.0, 0.0, -1.0)),
    "probes": _probes,
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_data_give_the_same_drawing(name):
    first, second = (show(FIGURES[name](), alt="a figure").markup for _ in range(2))
    assert first == second
    assert "<svg" in first


def test_arrangements_draw_every_cluster_and_write_every_label():
    figure = FIGURES["arrangements"]()
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["Model 1", "Model 2"]
    for axis in figure.axes:
        assert len(axis.collections) == K
        assert [text.get_text() for text in axis.texts if text.get_text()] == [str(k) for k in range(K)]
    walk = figure.axes[1].lines[0].get_xydata()
    assert len(walk) == K + 1
    assert np.allclose(walk[0], walk[-1])


def test_measures_put_the_divergence_on_a_log_scale_and_the_rest_beside_it():
    left, right = FIGURES["measures"]().axes
    assert left.get_yscale() == "log"
    assert right.get_yscale() == "linear"
    assert len(right.get_legend().get_texts()) == 3
    with_rings = FIGURES["measures_with_paper"]()
    assert len(with_rings.axes[0].lines) == len(left.lines) + 1


def test_rate_names_its_four_curves():
    left, right = FIGURES["rate"]().axes
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert names == ["measured", "leading order", "fitted line", "bound (theorem)"]
    assert left.get_yscale() == "log"
    assert right.get_ylim()[0] == 0.0


def test_probes_say_how_much_they_explain():
    axes = FIGURES["probes"]().axes
    assert [axis.get_title(loc="left") for axis in axes] == ["linear probe", "harmonics up to 2"]
    assert ["$R^2$ = 0.0000" in [text.get_text() for text in axis.texts] for axis in axes] == [True, False]


@pytest.mark.parametrize("chosen", [0.0, 0.5, 1.0])
def test_permutation_spread_says_both_numbers(chosen):
    figure = theorem.permutation_spread(np.array([0.0, 1.0]), mean=0.5, chosen=chosen, classes=K)
    text = " ".join(each.get_text() for each in figure.axes[0].texts)
    assert "average: 0.500" in text
    assert f"{chosen:.3f}" in text


def test_the_knob_has_two_sliders_and_carries_its_data():
    chart = _knob()
    spec = chart.to_dict()
    sliders = {each["name"]: each["bind"] for each in spec["params"]}
    assert sliders["rho"] == {"input": "range", "max": 6.0, "min": 1.0, "name": "norm ρ ", "step": 1.0}
    assert sliders["chosen"]["max"] == K - 1
    assert "http" not in json.dumps({**spec, "$schema": ""})
    assert len(json.dumps(spec)) < 40_000


def test_the_knob_is_drawn_without_a_browser_and_always_the_same():
    first, second = (show_interactive(_knob(), alt="a figure").markup for _ in range(2))
    assert first == second
    assert "Model 2" in first
