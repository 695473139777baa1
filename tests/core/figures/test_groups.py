"""Figures of groups of networks on tiny data: what is drawn, no warnings."""

import numpy as np
import pandas as pd

from repsim_core.figures import groups as figures
from repsim_core.figures.figure_source import narrow_of
from repsim_core.figures.style import show

FAMILIES = {"outputs": ("d_kl", "d_logit"), "embeddings": ("cca_loss",)}
MEASURES = [name for family in FAMILIES.values() for name in family]


def test_a_cell_a_measure_and_test_with_its_digits():
    rows = [
        (dim, test, measure, 0.1 + 0.3 * place)
        for dim, tests in ((2, ("labels", "noise")), (5, ("labels",)))
        for test in tests
        for place, measure in enumerate(MEASURES)
    ]
    table = pd.DataFrame(rows, columns=["dim", "test", "measure", "auprc"])
    table.loc[0, "auprc"] = np.nan
    table.loc[1, "auprc"] = 1.0
    figure = figures.precision_table(table, FAMILIES)
    first, second = figure.axes
    assert [first.get_title(loc="left"), second.get_title(loc="left")] == ["M = 2", "M = 5"]
    assert [each.get_text() for each in first.texts] == [".10", "1", ".40", ".70", ".70"]
    assert len(second.texts) == 3
    assert [each.get_text() for each in second.get_xticklabels()] == ["labels"]
    assert [each.get_text() for each in first.get_yticklabels()] == [figures.NAMES[name] for name in MEASURES]
    assert show(figure, alt="what it says").markup


def test_marks_are_filled_where_a_difference_is_sure():
    rows = [("one", m, 0.2, 0.1, 0.3, sure) for m, sure in zip(MEASURES, (True, False, True), strict=True)]
    rows += [("two", m, 0.2, np.nan, np.nan, False) for m in MEASURES]
    columns = ["test", "measure", "ahead", "ahead_low", "ahead_high", "sure"]
    figure = figures.beyond_accuracy(pd.DataFrame(rows, columns=columns), FAMILIES)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["one", "two"]
    filled = [len(dots.get_facecolors()) for dots in figure.axes[0].collections[1::2]]
    assert filled == [1, 0, 1]
    (legend,) = figure.legends
    assert [each.get_text() for each in legend.get_texts()] == list(FAMILIES)
    assert show(figure, alt="what it says").markup


def test_every_network_is_a_panel():
    rng = np.random.default_rng(0)
    points = pd.DataFrame(
        {
            "level": np.repeat([0.0, 1.0], 40),
            "label": np.tile(np.arange(10), 8),
            "x": rng.uniform(-1, 1, 80),
            "y": rng.uniform(-1, 1, 80),
        }
    )
    figure = figures.planes(points, {0.0: "none", 1.0: "all"})
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["none", "all"]
    for ax in figure.axes:
        assert sum(len(dots.get_offsets()) for dots in ax.collections) == 40
        assert sorted(each.get_text() for each in ax.texts) == [str(k) for k in range(10)]
    assert show(figure, alt="what it says").markup


def test_digits_of_a_narrow_column_can_be_read():
    """At a page of 320 pixels the drawing, 340 wide, has 291; a digit is 0.73 of its size in points high. Neighbours
    do not touch."""
    rows = [
        (dim, test, m, 0.48)
        for dim, count in ((2, 7), (5, 4))
        for test in range(count)
        for m in figures.NAMES
    ]
    table = pd.DataFrame(rows, columns=["dim", "test", "measure", "auprc"])
    figure = narrow_of(figures.precision_table(table, {"all": tuple(figures.NAMES)}))
    assert figure is not None
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().y0 > figure.axes[1].get_position().y1
    for ax in figure.axes:
        step = ax.transData.transform((1, 0))[0] - ax.transData.transform((0, 0))[0]
        for each in ax.texts:
            assert each.get_fontsize() * 96 / 72 * 0.729 * 291 / 340 >= 10.5
            assert each.get_window_extent().width < step
