"""Figures of groups of networks in the chapter "Transfer": tidy tables in, a matplotlib figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.style import INK, edges, label_palette, new_panels, style, xy

__all__ = ["NAMES", "beyond_accuracy", "planes", "precision_table"]

# What measures are called in figures.
NAMES = {
    "farther_kl": r"$d_{\mathrm{KL}}$, larger way",
    "d_kl": r"$d_{\mathrm{KL}}$, one way",
    "d_kl_reverse": r"$d_{\mathrm{KL}}$, other way",
    "d_logit": r"$d_{\mathrm{logit}}$",
    "disagreement": "1 − agreement",
    "d_llv": r"$d_{\mathrm{LLV}}$",
    "ratio_distance": r"$\delta$",
    "normaliser_mismatch": r"$\nu$",
    "certificate": "certificate",
    "d_svd_all_labels": r"$d_{\mathrm{SVD}}$, all",
    "d_fg": r"$d_{\mathbf{f},\mathbf{g}}$",
    "d_rep": r"$d_{\mathrm{rep}}$",
    "cca_loss": "1 − mean CCA",
    "cka_loss": "1 − CKA",
    "procrustes": "Procrustes",
    "r2_loss": r"1 − $R^2$",
    "neighbours_loss": "1 − neighbours",
    "accuracy_gap": "accuracy gap",
    "loss_gap": "loss gap",
    "larger_error": "larger error",
}
# Colours that differ from the ink, which is light on a dark page.
_ON_LIGHT, _ON_DARK = "#101418", "#fafafa"
_DARK = 0.5
# Points of digits in cells. In a narrow column a digit, 0.73 of this high, then has 10.5 pixels on a page of 320.
_DIGITS, _NARROW_DIGITS = 9.0, 12.7


@draws
def precision_table(table: pd.DataFrame, families: Mapping[str, Sequence[str]]) -> Figure:
    """AUPRC by measure and test, a panel a dimension: a coloured cell with its two digits.

    Args:
        table: columns dim, test, measure, auprc.
        families: the measures from top to bottom, in groups that a line parts.
    """
    measures = [name for family in families.values() for name in family]
    dims = list(dict.fromkeys(table["dim"]))
    tests = list(dict.fromkeys(table["test"]))
    with style():
        figure, axes = new_panels(
            len(dims),
            columns=len(dims),
            width=7.2 / len(dims) if len(dims) > 1 else 5.4,
            height=1.3 + 0.27 * len(measures),
            sharey=not is_narrow(),
        )
        for ax, dim in zip(axes, dims, strict=True):
            own = table[table["dim"] == dim]
            shown = [test for test in tests if (own["test"] == test).any()]
            wide = own.pivot(index="measure", columns="test", values="auprc").reindex(measures)[shown]
            _cells(ax, wide)
            ends = np.cumsum([len(family) for family in families.values()])[:-1]
            ax.hlines(ends - 0.5, -0.5, len(shown) - 0.5, color=INK, linewidth=1.2)
            ax.set_title(f"M = {dim}")
            ax.set_yticks(range(len(measures)), [NAMES[name] for name in measures])
            ax.set_xticks(range(len(shown)), shown, rotation=90)
            ax.tick_params(length=0, labelleft=edges(ax)[0])
            ax.spines[:].set_visible(False)
    return figure


def _cells(ax: Axes, wide: pd.DataFrame) -> None:
    values = wide.to_numpy(dtype=float)
    colours = mpl.colormaps["viridis"]
    rows, columns = values.shape
    ax.pcolormesh(
        np.arange(columns + 1) - 0.5,
        np.arange(rows + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap=colours,
        vmin=0,
        vmax=1,
        edgecolors="none",
    )
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        red, green, blue, _ = colours(value)
        light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > _DARK
        text = f"{value:.2f}".replace("0.", ".", 1) if value < 0.995 else "1"
        size = _NARROW_DIGITS if is_narrow() else _DIGITS
        colour = _ON_LIGHT if light else _ON_DARK
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))


@draws
def beyond_accuracy(table: pd.DataFrame, families: Mapping[str, Sequence[str]]) -> Figure:
    """How far each measure's AUPRC is from that of the accuracy gap, with its interval: a panel a test.

    Args:
        table: columns test, measure, ahead, ahead_low, ahead_high, sure (whether the difference is no chance).
        families: the measures from top to bottom; a colour each.
    """
    tests = list(dict.fromkeys(table["test"]))
    present = set(table["measure"])
    measures = [name for family in families.values() for name in family if name in present]
    colours = dict(zip(families, label_palette(len(families)), strict=True))
    with style():
        figure, axes = new_panels(
            len(tests),
            columns=3,
            width=7.2 / min(len(tests), 3),
            height=0.8 + 0.25 * len(measures),
            sharey=not is_narrow(),
        )
        for ax, test in zip(axes, tests, strict=True):
            own = table[table["test"] == test].set_index("measure")
            ax.axvline(0, color=INK, linewidth=0.8, alpha=0.6)
            for row, name in enumerate(measures):
                colour = next(colours[family] for family, members in families.items() if name in members)
                found = own.loc[name]
                ax.hlines(row, found["ahead_low"], found["ahead_high"], color=colour, linewidth=2.0)
                face = colour if found["sure"] else "none"
                ax.scatter([found["ahead"]], [row], s=30, facecolors=face, edgecolors=colour, zorder=3)
            ax.set(xlim=(-1.05, 1.05), ylim=(len(measures) - 0.4, -0.6), title=test)
            ax.set_yticks(range(len(measures)), [NAMES[name] for name in measures])
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel("difference" if edges(ax)[1] else "")
        shown = [family for family, members in families.items() if present & set(members)]
        handles = [Line2D([], [], color=colours[family], marker="o", label=family) for family in shown]
        legend_below(figure, handles, columns=len(handles))
    return figure


@draws
def planes(points: pd.DataFrame, titles: Mapping[float, str], columns: int = 5) -> Figure:
    """Embeddings of one network of each group in the plane, a panel a group, labels as digits at their mean.

    Args:
        points: columns level, label, x, y.
        titles: of the panels, by level.
        columns: the most in a row.
    """
    labels = sorted(set(points["label"]))
    colours = label_palette(max(labels) + 1)
    with style():
        figure, axes = new_panels(
            len(titles),
            columns=columns,
            width=7.2 / min(columns, len(titles)),
            height=1.75,
            narrow_columns=2,
        )
        for ax, (level, title) in zip(axes, titles.items(), strict=True):
            own = points[points["level"] == level]
            for label in labels:
                mine = xy(own[own["label"] == label])
                ax.scatter(*mine.T, s=7, color=colours[label], alpha=0.6, linewidths=0)
            for label in labels:
                x, y = xy(own[own["label"] == label]).mean(axis=0)
                ax.text(x, y, str(label), ha="center", va="center", fontsize=10, fontweight="bold")
            ax.set(title=title, aspect="equal", xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
    return figure
