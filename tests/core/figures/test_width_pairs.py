"""Figures of pairs of the chapter "Width" on tiny data: right axes and labels, no warnings."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from repsim_core.figures import width_pairs
from repsim_core.figures.style import show


def both_directions(classes: tuple[int, ...] = (4, 6, 10)) -> Figure:
    rows = [(k, 0.01 * i, 0.02 / i, 0.5 + 0.1 * i) for k in classes for i in (1, 2, 3)]
    columns = ["classes", "d_kl", "d_kl_reverse", "mean_cca"]
    return width_pairs.both_directions(pd.DataFrame(rows, columns=columns), 0.015, 0.7)


def one_on_the_other() -> Figure:
    rng = np.random.default_rng(0)
    names = [f"{end}{axis}" for end in ("", "other_", "mapped_") for axis in "xy"]
    points = pd.DataFrame(rng.standard_normal((30, 6)), columns=names)
    return width_pairs.one_on_the_other(points.assign(label=np.arange(30) % 3), ("seed 2", "seed 5"), 7)


@pytest.mark.parametrize(
    ("make", "panels", "texts"),
    [
        (both_directions, 3, ["mean CCA at least 0.7", "mean CCA below 0.7"]),
        (one_on_the_other, 3, ["0", "1", "2"]),
    ],
)
def test_figure(make: Callable[[], Figure], panels: int, texts: list[str]) -> None:
    figure = make()
    assert len([ax for ax in figure.axes if ax.axison]) == panels
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == texts
    assert show(figure, alt="what it says").markup


def test_the_square_ends_where_a_pair_is_no_longer_close() -> None:
    for ax in both_directions((4,)).axes:
        (square,) = (patch for patch in ax.patches if isinstance(patch, Rectangle))
        assert square.get_x() + square.get_width() == pytest.approx(0.015)
        assert square.get_y() + square.get_height() == pytest.approx(0.015)
        assert ax.get_xscale() == ax.get_yscale() == "log"


def test_equal_distributions_have_a_place_too() -> None:
    pairs = pd.DataFrame(
        {"classes": [4, 4], "d_kl": [0.0, 0.1], "d_kl_reverse": [0.0, 0.2], "mean_cca": [1.0, 0.9]}
    )
    show(width_pairs.both_directions(pairs, 0.06, 0.7), alt="what it says")


def test_lines_join_as_many_points_as_asked_for() -> None:
    *_, last = one_on_the_other().axes
    assert len(last.lines) == 7
