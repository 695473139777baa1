"""Figures of stitched models and of shifted inputs on tiny data: what is drawn, no warnings."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import inputs_shift, inputs_stitching
from repsim_core.figures.style import show


def fitted_inputs() -> Figure:
    groups = ("paper, M = 2", "fast, M = 5")
    fitted = pd.DataFrame(
        [(g, n, 1 / n) for g in groups for n in (10, 100)], columns=["group", "inputs", "d_kl"]
    )
    levels = pd.DataFrame(
        [(g, k, 0.05) for g in groups for k in ("all labels", "one set")], columns=["group", "kind", "d_kl"]
    )
    return inputs_stitching.fitted_inputs(fitted, levels, fitted_name="fitted on inputs")


def over_dimensions() -> Figure:
    rows = [(dim, kind, 2.0 * dim, 0.1) for dim in (2, 8) for kind in ("one set", "all labels")]
    rows += [(dim, "itself", np.nan, 0.2) for dim in (2, 8)]
    return inputs_stitching.over_dimensions(pd.DataFrame(rows, columns=["dim", "kind", "condition", "d_kl"]))


def here_and_there() -> Figure:
    rows = [(kind, s, 0.1, 0.2 * s) for kind in ("blur", "contrast") for s in (0.5, 1.0, 2.0)]
    pairs = pd.DataFrame(rows, columns=["kind", "strength", "here", "there"])
    return inputs_shift.here_and_there(pairs, axis="δ")


def carried() -> Figure:
    rows = [
        (measure, condition, group, 0.5, *ends)
        for measure in ("d_llv", "d_kl")
        for condition in ("blur/1", "noise/50")
        for group, ends in (("ten", (0.1, 0.8)), ("five", (np.nan, np.nan)))
    ]
    told = pd.DataFrame(rows, columns=["measure", "condition", "group", "value", "low", "high"])
    return inputs_shift.carried(told, {"d_llv": "LLV", "d_kl": "KL"}, axis="rank correlation")


def bounded() -> Figure:
    pairs = pd.DataFrame({"part": ["animals", "vehicles"], "there": [0.2, 0.3], "bound": [0.4, 0.5]})
    return inputs_shift.bounded(pairs, axis="δ")


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (fitted_inputs, ["paper, M = 2", "fast, M = 5"]),
        (over_dimensions, ["condition", r"$d_{\mathrm{KL}}$, nats"]),
        (here_and_there, ["blur", "contrast"]),
        (carried, ["LLV", "KL"]),
        (bounded, [""]),
    ],
)
def test_figures_draw_what_they_are_given(make, titles):
    figure = make()
    assert [ax.get_title(loc="left") for ax in figure.axes] == titles
    assert all(ax.collections or ax.lines for ax in figure.axes)
    assert show(figure, alt="what is seen").markup


def test_pale_images_are_ordered_by_strength_too():
    """The strongest contrast is the smallest number."""
    rows = [("contrast", s, 0.1, 0.2) for s in (0.6, 0.35, 0.15)]
    figure = inputs_shift.here_and_there(
        pd.DataFrame(rows, columns=["kind", "strength", "here", "there"]), axis="δ"
    )
    handles, names = figure.axes[0].get_legend_handles_labels()
    assert names == ["weak", "middle", "strong"]
    assert len(handles) == 3
