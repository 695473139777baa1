"""Figures of networks on shifted inputs: tidy tables in, a matplotlib figure out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.short_scales import plain_numbers
from repsim_core.figures.style import INK, edges, label_palette, markers, new_panels, style

__all__ = ["bounded", "carried", "here_and_there"]

_WIDTH = 7.2


@draws
def here_and_there(pairs: pd.DataFrame, *, axis: str) -> Figure:
    """A measure of the same pairs on the inputs as they are and on shifted ones: a panel a kind, a colour a strength.

    Args:
        pairs: columns kind, strength, here, there.
        axis: what is measured.
    """
    kinds = list(dict.fromkeys(pairs["kind"]))
    values = pairs[["here", "there"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(values)) / 1.15, float(np.nanmax(values)) * 1.15
    with style():
        figure, axes = new_panels(
            len(kinds), columns=min(4, len(kinds)), width=_WIDTH / min(4, len(kinds)), height=2.3, below=0.5
        )
        for ax, kind in zip(axes, kinds, strict=True):
            own = pairs[pairs["kind"] == kind]
            strengths = sorted(own["strength"].unique(), reverse=kind == "contrast")
            looks = zip(strengths, label_palette(3), markers(3), ("weak", "middle", "strong"), strict=True)
            for strength, colour, shape, name in looks:
                mine = own[own["strength"] == strength]
                ax.scatter(
                    mine["here"], mine["there"], s=12, color=colour, marker=shape, alpha=0.7, linewidths=0
                )
                ax.scatter([], [], s=34, color=colour, marker=shape, linewidths=0, label=name)
            ax.plot([low, high], [low, high], color=INK, linewidth=0.9, alpha=0.6)
            ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), title=kind)
            for each in (ax.xaxis, ax.yaxis):
                plain_numbers(each, low, high)
            left, last = edges(ax)
            ax.set_xlabel(f"{axis} here" if last else "")
            ax.set_ylabel(f"{axis} there" if left else "")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=3)
    return figure


@draws
def carried(told: pd.DataFrame, names: Mapping[str, str], *, axis: str) -> Figure:
    """Rank correlations with intervals by condition: a panel a measure, a mark a group of networks.

    Args:
        told: columns measure, condition, group, value, low, high (NaN where not known); conditions from top to bottom.
        names: of the measures, by column.
        axis: what the values are.
    """
    conditions, groups = (list(dict.fromkeys(told[name])) for name in ("condition", "group"))
    looks = dict(zip(groups, zip(label_palette(len(groups)), markers(len(groups)), strict=True), strict=True))
    spread = 0.66
    with style():
        figure, axes = new_panels(
            len(names),
            columns=len(names),
            width=_WIDTH / len(names),
            height=0.7 + 0.4 * len(conditions),
            below=0.6,
            sharey=not is_narrow(),
        )
        for ax, (measure, name) in zip(axes, names.items(), strict=True):
            ax.axvline(0, color=INK, linewidth=0.8, alpha=0.5)
            for place, (group, (colour, shape)) in enumerate(looks.items()):
                own = told[(told["measure"] == measure) & (told["group"] == group)].set_index("condition")
                own = own.reindex(conditions)
                height = np.arange(len(conditions)) + spread * ((place + 0.5) / len(groups) - 0.5)
                ax.hlines(height, own["low"], own["high"], color=colour, linewidth=1.2, alpha=0.6)
                ax.scatter(own["value"], height, s=18, color=colour, marker=shape, linewidths=0, label=group)
            for row in range(1, len(conditions), 2):
                ax.axhspan(row - 0.5, row + 0.5, color=INK, alpha=0.05, linewidth=0)
            ax.set(xlim=(-1.02, 1.05), ylim=(len(conditions) - 0.4, -0.6), title=name)
            ax.set_yticks(range(len(conditions)), conditions)
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel(axis if edges(ax)[1] else "")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=3)
    return figure


@draws
def bounded(pairs: pd.DataFrame, *, axis: str) -> Figure:
    """A measure over some of the inputs against its bound from all of them, on logarithmic axes: a colour a part.

    Args:
        pairs: columns part, there, bound.
        axis: what is measured.
    """
    parts = list(dict.fromkeys(pairs["part"]))
    values = pairs[["there", "bound"]].to_numpy(dtype=float)
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    with style():
        figure, axes = new_panels(1, columns=1, width=5.0, height=3.4, below=0.5)
        (ax,) = axes
        for part, colour, shape in zip(parts, label_palette(len(parts)), markers(len(parts)), strict=True):
            own = pairs[pairs["part"] == part]
            ax.scatter(
                own["bound"],
                own["there"],
                s=18,
                color=colour,
                marker=shape,
                linewidths=0,
                alpha=0.8,
                label=part,
            )
        ax.plot([low, high], [low, high], color=INK, linewidth=1.0)
        ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), xlabel="bound", ylabel=axis)
        for each in (ax.xaxis, ax.yaxis):
            plain_numbers(each, low, high)
        legend_below(figure, *ax.get_legend_handles_labels(), columns=3)
    return figure
