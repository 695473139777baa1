"""Figures of the chapter "Why care": the same answers from other places, and what measures make of pairs of models."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.style import MODEL_COLORS, label_palette, line_styles, new_figure, style, xy

__all__ = ["same_answers", "stretched", "verdicts"]

# How strongly a cell is filled that stands for the least alike; the ink on it stays readable on light and dark pages.
_STRONGEST = 0.5


@draws
def same_answers(points: pd.DataFrame) -> Figure:
    """The embeddings of models that give every input the same label, a panel a model.

    Args:
        points: columns model (its title), label, x, y. A few dozen points a label are enough.
    """
    with style():
        names = list(dict.fromkeys(points["model"]))
        figure, axes = new_figure(1, len(names), width=7.2, height=2.9, beside=True, squeeze=False)
        colours = label_palette(1 + int(points["label"].max()))
        for axis, name in zip(axes[0], names, strict=True):
            own = points[points["model"] == name]
            centres = own.groupby("label")[["x", "y"]].mean()
            walk = xy(centres)[[*range(len(centres)), 0]]
            axis.plot(*walk.T, color=mpl.rcParams["text.color"], alpha=0.35, linewidth=1.0)
            axis.scatter(*xy(own).T, s=9, c=[colours[y] for y in own["label"]], linewidths=0)
            reach = float(np.abs(xy(own)).max())
            for label, place in zip(centres.index, xy(centres), strict=True):
                away = 0.24 * reach * place / np.linalg.norm(place)
                axis.text(*(place + away), str(label), ha="center", va="center")
            axis.set(xlim=(-1.35 * reach, 1.35 * reach), ylim=(-1.35 * reach, 1.35 * reach), aspect="equal")
            axis.set_axis_off()
            axis.set_title(name.replace(": ", ":\n") if is_narrow() else name, loc="center")
    return figure


@draws
def verdicts(table: pd.DataFrame) -> Figure:
    """What each measure says of each pair of models: its value, and a cell the darker the less alike it calls them.

    Args:
        table: columns of (what the measure looks at, in words), measure, pair, value, unlike (0 to 1); the same pairs
            for each measure.
    """
    with style():
        groups = list(dict.fromkeys(table["of"]))
        counts = [table.loc[table["of"] == each, "measure"].nunique() for each in groups]
        pairs = list(dict.fromkeys(table["pair"]))
        ratios = None if is_narrow() else {"width_ratios": counts}
        height = 0.5 * len(pairs) + 0.8
        figure, axes = new_figure(1, len(groups), width=7.2, height=height, gridspec_kw=ratios)
        for number, (axis, group) in enumerate(zip(axes, groups, strict=True)):
            _cells(axis, table[table["of"] == group], pairs, names=is_narrow() or number == 0)
            axis.set_title(group, pad=26)
    return figure


def _cells(axis: Axes, table: pd.DataFrame, pairs: list[str], *, names: bool) -> None:
    measures = list(dict.fromkeys(table["measure"]))
    for row in table.itertuples():
        x, y = measures.index(row.measure), pairs.index(row.pair)
        share = _STRONGEST * float(row.unlike)
        axis.add_patch(Rectangle((x + 0.04, y + 0.06), 0.92, 0.88, facecolor=MODEL_COLORS[1], alpha=share))
        size = 10 if is_narrow() else 11
        axis.text(x + 0.5, y + 0.5, _brief(float(row.value)), ha="center", va="center", size=size)
    axis.set(xlim=(0, len(measures)), ylim=(len(pairs), 0))
    axis.set_xticks(np.arange(len(measures)) + 0.5, measures)
    axis.set_yticks(np.arange(len(pairs)) + 0.5, pairs if names else [""] * len(pairs))
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)


def _brief(value: float) -> str:
    """Two decimals, or none for what is large."""
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.0f}"


@draws
def stretched(table: pd.DataFrame) -> Figure:
    """Measures of a model and its twin against the condition number of the map between them.

    Args:
        table: columns condition, measure, value.
    """
    with style():
        figure, axis = new_figure(width=5.6, height=3.1)
        names = list(dict.fromkeys(table["measure"]))
        for name, line in zip(names, line_styles(len(names)), strict=True):
            own = table[table["measure"] == name]
            axis.plot(own["condition"], own["value"], label=name, markevery=4, **line)
        axis.set(xscale="log", ylim=(-0.05, 1.08), xlabel="condition number of the twin's map")
        axis.grid(True)
        legend_below(figure, *axis.get_legend_handles_labels(), columns=2)
    return figure
