"""Figures of the chapter "Why care" on tiny data: what they draw, and the same bytes every time."""

import numpy as np
import pandas as pd
import pytest

from repsim_core.figures import why
from repsim_core.figures.style import show


def same_answers():
    turns = 2 * np.pi * np.arange(6) / 6
    own = pd.DataFrame({"label": np.arange(6) % 3, "x": np.cos(turns), "y": np.sin(turns) + 0.1})
    return why.same_answers(pd.concat([own.assign(model="one"), own.assign(model="two", x=3 * own["x"])]))


def verdicts():
    rows = [
        (of, measure, pair, value, unlike)
        for of, measure in (("distributions", "d"), ("representations", "c"), ("representations", "p"))
        for pair, value, unlike in (("twin", 0.0, 0.0), ("other", 40.2, 1.0))
    ]
    return why.verdicts(pd.DataFrame(rows, columns=["of", "measure", "pair", "value", "unlike"]))


def stretched():
    rows = [(c, name, 1 / c) for c in (1.0, 10.0) for name in ("linear CKA", "mean CCA")]
    return why.stretched(pd.DataFrame(rows, columns=["condition", "measure", "value"]))


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (same_answers, ["one", "two"]),
        (verdicts, ["distributions", "representations"]),
        (stretched, [""]),
    ],
)
def test_figure(make, titles):
    figure = make()
    found = [axes.get_title() or axes.get_title(loc="left") for axes in figure.axes]
    assert found == titles
    first, second = (show(each, alt="what it says").markup for each in (figure, make()))
    assert first == second


def test_a_cell_has_its_value_and_is_the_darker_the_less_alike():
    axes = verdicts().axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.00", "40"]
    assert [patch.get_alpha() for patch in axes.patches] == [0.0, 0.5]
