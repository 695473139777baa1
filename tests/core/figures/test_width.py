"""Figures of the chapter "Width" on tiny data: right axes and labels, no warnings."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import width
from repsim_core.figures.figure_source import narrow_of
from repsim_core.figures.style import show

WIDTHS = (16, 32)
MEASURES = ("d_llv", "d_fg")


def radial_data() -> Figure:
    rows = [(k, i % k, np.cos(i), np.sin(i)) for k in (4, 6) for i in range(12)]
    return width.radial_data(pd.DataFrame(rows, columns=["classes", "label", "x", "y"]))


def means(classes: tuple[int, ...] = (4, 6), variants: tuple[str, ...] = ("free",)) -> pd.DataFrame:
    rows = [
        (k, w, name, measure, 8.0 / w, 0.1, 7.0 / w, 9.0 / w)
        for k in classes
        for w in WIDTHS
        for name in variants
        for measure in MEASURES
    ]
    columns = ["classes", "width", "variant", "measure", "mean", "sd", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def width_curves() -> Figure:
    return width.width_curves(means(), means((4,)).assign(mean=0.4))


def variants() -> Figure:
    return width.variants(means(variants=("both", "free")))


def bounds() -> Figure:
    grid = np.array([0.01, 0.1, 1.0])
    pairs = [(k, w, d, d**2) for k in (4, 6) for w in WIDTHS for d in grid]
    curves = pd.DataFrame({"d_llv": grid, "linear": 4 * grid, "quadratic": 2 * grid**2})
    return width.bounds(pd.DataFrame(pairs, columns=["classes", "width", "d_llv", "d_fg"]), curves)


def progress(x: str = "steps") -> Figure:
    rows = [
        {"classes": k, "width": w, "steps": s, "loss": 1 / s}
        | {f"{m}{end}": f * w / s for m in MEASURES for end, f in (("_low", 0.8), ("", 1.0), ("_high", 1.2))}
        for k in (4, 6)
        for w in WIDTHS
        for s in (10, 20, 40)
    ]
    return width.progress(pd.DataFrame(rows), x)


def against_loss() -> Figure:
    return progress("loss")


def orders() -> Figure:
    rows = [
        (k, w, same, 1.0 if same else 0.5, 0.9, 0.3) for k in (4, 6) for w in WIDTHS for same in (True, False)
    ]
    columns = ["classes", "width", "same", "predicted_cca", "mean_cca", "d_llv"]
    return width.orders(pd.DataFrame(rows, columns=columns))


def orders_by_width() -> Figure:
    rows = [(k, w, 4 / w, 2 / w, np.nan if w == 32 else 0.9) for k in (4, 6) for w in WIDTHS]
    columns = ["classes", "width", "differing", "same", "different"]
    return width.orders_by_width(pd.DataFrame(rows, columns=columns))


FIGURES: list[tuple[Callable[[], Figure], int, str, str]] = [
    (radial_data, 2, "x_1", "x_2"),
    (width_curves, 2, "width", "distance"),
    (variants, 4, "", "LLV"),
    (bounds, 2, "LLV", "mathbf{f}"),
    (progress, 4, "training steps", ""),
    (against_loss, 4, "test loss (nats)", ""),
    (orders, 4, "from the orders", "measured"),
    (orders_by_width, 2, "width", "different order"),
]


@pytest.mark.parametrize(
    ("make", "count", "xlabel", "ylabel"), FIGURES, ids=lambda each: getattr(each, "__name__", "")
)
def test_figure(make: Callable[[], Figure], count: int, xlabel: str, ylabel: str) -> None:
    figure = make()
    assert len([ax for ax in figure.axes if ax.axison]) == count
    assert xlabel in figure.axes[0].get_xlabel()
    assert ylabel in figure.axes[0].get_ylabel()
    assert show(figure, alt="what it says").markup


def test_a_panel_for_each_k_that_is_there() -> None:
    for classes in ((4,), (4, 6), (4, 6, 10), (4, 6, 10, 18)):
        figure = width.width_curves(means(classes))
        titles = [ax.get_title(loc="left") for ax in figure.axes if ax.axison]
        assert titles == [f"K = {count}" for count in classes]


@pytest.mark.parametrize("make", [width.variants, width.width_curves])
def test_no_panel_cuts_off_what_only_it_has(make: Callable[[pd.DataFrame], Figure]) -> None:
    """The panels of a row share their heights, and the last one is the highest."""
    table = means()
    high = table["classes"] == 6
    table.loc[high, ["mean", "low", "high"]] *= 5
    for draw in (lambda: make(table), lambda: narrow_of(make(table))):
        panels = [ax for ax in draw().axes if ax.axison]
        assert all(ax.get_ylim()[0] == 0 for ax in panels)
        drawn = table.loc[high, "high"].max()
        assert any(ax.get_ylim()[1] >= drawn for ax in panels)
        for ax in panels:
            heights = np.concatenate([line.get_ydata() for line in ax.lines])
            assert ax.get_ylim()[1] >= heights.max(), ax.get_title(loc="left")


def test_live_points_without_a_curve_have_a_panel() -> None:
    figure = width.width_curves(means((4,)), means((6,)))
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["K = 4", "K = 6"]
    show(figure, alt="what it says")


def test_an_interval_that_is_not_known_is_not_drawn() -> None:
    table = means((4,)).assign(sd=0.0, low=np.nan, high=np.nan)
    show(width.width_curves(table, table), alt="what it says")


def test_losses_run_from_large_to_small() -> None:
    assert all(ax.xaxis_inverted() for ax in against_loss().axes)


def test_legends_name_what_is_drawn() -> None:
    for make, expected in (
        (width_curves, "trained here"),
        (variants, "both"),
        (bounds, "width 32"),
        (progress, "width 16"),
        (orders, "different order"),
    ):
        texts = [text.get_text() for legend in make().legends for text in legend.get_texts()]
        assert any(expected in text for text in texts), texts


def test_every_panel_of_a_stack_says_its_number_of_labels() -> None:
    panels = narrow_of(variants()).axes
    assert [ax.get_title(loc="left") for ax in panels] == ["K = 4", "K = 6"] * 2
