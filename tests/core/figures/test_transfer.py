"""Figures of the chapter "Transfer" about probes, on tiny data: what is drawn, no warnings."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import transfer as figures
from repsim_core.figures.style import show


def bound_against_error() -> Figure:
    rows = [(p, m, 0.1 * m, 0.15 * m) for p in ("images", "digits") for m in (2, 3, 5)]
    return figures.bound_against_error(pd.DataFrame(rows, columns=["panel", "dim", "error", "bound"]))


def explained_by_task() -> Figure:
    rows = [(s, t, 0.2, r) for s in ("M = 2", "M = 3") for t, r in (("brightness", 0.15), ("sky", -0.02))]
    return figures.explained_by_task(pd.DataFrame(rows, columns=["set", "task", "own_r2", "r2"]))


def carried_values() -> Figure:
    values = pd.DataFrame({"own": [0.0, 1.0, 2.0], "carried": [0.1, 0.8, 2.2]})
    parts = pd.DataFrame({"label": [1, 3], "part": [0.2, 0.3]})
    chain = {"rms": 0.2, "beta": 0.5, "deviation": 1.0}
    return figures.carried_values(values, parts, chain, {1: "cat", 3: "dog"})


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (bound_against_error, ["images", "digits"]),
        (explained_by_task, ["M = 2", "M = 3"]),
        (carried_values, ["inputs held back, shaded ± β", "the bound, on inputs of the fit"]),
    ],
)
def test_figure(make: Callable[[], Figure], titles: list[str]) -> None:
    figure = make()
    assert [ax.get_title(loc="left") for ax in figure.axes] == titles
    assert show(figure, alt="what it says").markup


def test_no_mark_is_below_the_line_of_equality_and_the_line_at_one_is_there() -> None:
    for ax in bound_against_error().axes:
        equality, constant = ax.lines
        assert np.allclose(equality.get_xdata(), equality.get_ydata())
        assert set(constant.get_ydata()) == {1}
        offsets = np.concatenate([np.asarray(each.get_offsets()) for each in ax.collections])
        offsets = offsets[~np.isnan(offsets).any(axis=1)]
        assert len(offsets) == 3
        assert (offsets[:, 1] >= offsets[:, 0]).all()


def test_bars_begin_where_the_last_one_ends_and_end_at_the_bound() -> None:
    bars = carried_values().axes[1].patches
    assert [bar.get_x() for bar in bars] == pytest.approx([0.0, 0.2])
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(0.5)
