"""Figures of groups of networks on tiny data: what is drawn, no warnings."""

import numpy as np
import pandas as pd

from repsim_core.figures import transfer_groups as figures
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
