"""Figures of the chapter "Which distance tells?": tidy tables in, a matplotlib figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.style import (
    INK,
    edges,
    label_palette,
    line_styles,
    markers,
    new_panels,
    style,
)

__all__ = ["BOUNDS", "NAMES", "bounds", "by_construction", "paired_differences", "strips", "two_sides"]

# What contenders are called in figures.
NAMES = {
    "farther_kl": r"$d_{\mathrm{KL}}$, larger way",
    "d_kl": r"$d_{\mathrm{KL}}$, one way",
    "d_llv": r"$d_{\mathrm{LLV}}$",
    "ratio_distance": r"$\delta$",
    "normaliser_mismatch": r"$\nu$",
    "d_logit": r"$d_{\mathrm{logit}}$",
    "disagreement": "1 − agreement",
    "loss_gap": "loss gap",
    "accuracy_gap": "accuracy gap",
    "larger_error": "larger error",
}

# What is bounded, and its bounds.
BOUNDS = {
    "d_fg": r"$d_{\mathbf{f},\mathbf{g}}$, measured",
    "ratio_bound": r"$\delta^2/2$",
    "quadratic_bound": r"$2\,d_{\mathrm{LLV}}^2$",
    "linear_bound": r"$2M\,d_{\mathrm{LLV}}$",
}

# Colour and mark of a kind of pairs, the same in every figure.
_KINDS = ("radial data", "the authors' networks", "CIFAR-10")
_WIDTH = 7.2
# Between marks of one row, in rows.
_SPREAD = 0.46


@draws
def strips(
    told: pd.DataFrame, names: Mapping[str, str], *, axis: str, nothing: float, limits: tuple[float, float]
) -> Figure:
    """What each measure tells in each set of pairs: a row a measure, a mark a set, a bar at the median; panels beside.

    Args:
        told: columns panel, kind, measure, value.
        names: of the measures, from top to bottom.
        axis: what the values are.
        nothing: the value of a measure that tells nothing.
        limits: of the axis.
    """
    panels, kinds = list(dict.fromkeys(told["panel"])), list(dict.fromkeys(told["kind"]))
    looks = _looks(kinds)
    with style():
        figure, axes = new_panels(
            len(panels),
            columns=len(panels),
            width=_WIDTH / len(panels) if len(panels) > 1 else 5.4,
            height=0.7 + 0.36 * len(names),
            below=0.5,
            sharey=not is_narrow(),
        )
        for ax, panel in zip(axes, panels, strict=True):
            _strip(ax, told[told["panel"] == panel], list(names), looks)
            ax.axvline(nothing, color=INK, linewidth=0.8, alpha=0.5)
            ax.set(xlim=limits, ylim=(len(names) - 0.4, -0.6), title=panel)
            ax.set_yticks(range(len(names)), list(names.values()))
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel(axis if edges(ax)[1] else "")
        handles = [
            axes[0].scatter([], [], s=40, linewidths=0, label=kind, **look) for kind, look in looks.items()
        ]
        legend_below(figure, handles, columns=len(handles))
    return figure


def _looks(kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour and mark of each kind."""
    known = [*_KINDS, *(kind for kind in kinds if kind not in _KINDS)]
    every = zip(known, label_palette(len(known)), markers(len(known)), strict=True)
    return {kind: {"color": colour, "marker": shape} for kind, colour, shape in every if kind in kinds}


def _strip(
    ax: Axes, told: pd.DataFrame, measures: Sequence[str], looks: Mapping[str, dict[str, Any]]
) -> None:
    for row, measure in enumerate(measures):
        own = told[told["measure"] == measure].dropna(subset=["value"])
        if row % 2:
            ax.axhspan(row - 0.5, row + 0.5, color=INK, alpha=0.05, linewidth=0)
        if len(own):
            middle = float(own["value"].median())
            ax.plot([middle, middle], [row - 0.36, row + 0.36], color=INK, linewidth=2.4, alpha=0.75)
        heights = row + _SPREAD * (np.linspace(0, 1, len(own)) - 0.5 if len(own) > 1 else np.zeros(len(own)))
        for kind, look in looks.items():
            mine = (own["kind"] == kind).to_numpy()
            ax.scatter(own["value"].to_numpy()[mine], heights[mine], s=26, linewidths=0, alpha=0.85, **look)


@draws
def paired_differences(ahead: pd.DataFrame, rivals: Mapping[str, str], *, level: float) -> Figure:
    """By how much one measure tells more than others, set by set, with intervals: a panel a rival.

    Args:
        ahead: columns set, rival, value, low, high, p (corrected), from top to bottom.
        rivals: which, and what to write above their panels.
        level: where p is below it, the mark is filled.
    """
    sets = list(dict.fromkeys(ahead["set"]))
    colour = label_palette(1)[0]
    ends = ahead[ahead["rival"].isin(list(rivals))][["low", "high", "value"]].to_numpy(dtype=float)
    reach = 1.08 * max(float(np.nanmax(np.abs(ends))), 0.1)
    with style():
        figure, axes = new_panels(
            len(rivals),
            columns=len(rivals),
            width=_WIDTH / len(rivals),
            height=0.8 + 0.26 * len(sets),
            below=0.0,
            sharey=not is_narrow(),
        )
        for ax, (rival, title) in zip(axes, rivals.items(), strict=True):
            own = ahead[ahead["rival"] == rival].set_index("set").loc[sets]
            height = np.arange(len(sets))
            ax.axvline(0, color=INK, linewidth=0.8, alpha=0.6)
            ax.hlines(height, own["low"], own["high"], color=colour, linewidth=2.0)
            sure = (own["p"] < level).to_numpy()
            values = own["value"].to_numpy()
            ax.scatter(values[sure], height[sure], s=34, color=colour, zorder=3)
            ax.scatter(
                values[~sure],
                height[~sure],
                s=34,
                facecolors="none",
                edgecolors=colour,
                linewidths=1.6,
                zorder=3,
            )
            ax.set(xlim=(-reach, reach), ylim=(len(sets) - 0.4, -0.6), title=title)
            ax.set_yticks(height, sets)
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel("difference" if edges(ax)[1] else "")
    return figure


@draws
def by_construction(pairs: pd.DataFrame, curves: pd.DataFrame, names: Mapping[str, str]) -> Figure:
    """d_fg against distances that bound it, with the bounds: a panel a distance, the places that no pair can have
    above the line.

    Args:
        pairs: columns kind, d_fg and the distances.
        curves: columns measure, distance, bound.
        names: of the distances, by column.
    """
    kinds = list(dict.fromkeys(pairs["kind"]))
    with style():
        figure, axes = new_panels(
            len(names),
            columns=len(names),
            width=_WIDTH / len(names),
            height=3.1,
            below=0.3,
            sharey=not is_narrow(),
        )
        for ax, (measure, name) in zip(axes, names.items(), strict=True):
            own = curves[curves["measure"] == measure]
            ax.plot(own["distance"], own["bound"], color=INK, linewidth=1.4)
            for kind, look in _looks(kinds).items():
                mine = pairs[pairs["kind"] == kind]
                ax.scatter(mine[measure], mine["d_fg"], s=7, **look, alpha=0.5, linewidths=0)
                ax.scatter([], [], s=34, **look, linewidths=0, label=kind)
            ax.set(xscale="log", yscale="log", xlabel=name)
            low = float(pairs[measure].min())
            ax.set_xlim(low / 1.3, float(pairs[measure].max()) * 1.3)
            ax.set_ylim(max(float(pairs["d_fg"].min()), 1e-7) / 2, 1.6)
            if edges(ax)[0]:
                ax.set_ylabel(r"$d_{\mathbf{f},\mathbf{g}}$")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=3)
    return figure


@draws
def bounds(table: pd.DataFrame, names: Mapping[str, str]) -> Figure:
    """What each bound says of all pairs: a panel for each set, a row for each quantity, a line where bounds end.

    Args:
        table: columns panel, quantity, value; a dot each.
        names: of the quantities, from top to bottom; the first is what the others bound.
    """
    panels = list(dict.fromkeys(table["panel"]))
    colours = label_palette(len(names))
    positive = table.loc[table["value"] > 0, "value"]
    with style():
        figure, axes = new_panels(
            len(panels),
            columns=min(len(panels), 3),
            width=_WIDTH / min(len(panels), 3),
            height=0.9 + 0.36 * len(names),
            below=0.0,
            sharey=not is_narrow(),
        )
        for ax, panel in zip(axes, panels, strict=True):
            ax.axvline(1, color=INK, linewidth=1, alpha=0.6)
            for row, name in enumerate(names):
                own = (table["panel"] == panel) & (table["quantity"] == name)
                values = table.loc[own, "value"].to_numpy()
                # Apart from each other, the same every time.
                height = row + 0.22 * np.sin(2.4 * np.arange(len(values)))
                ax.scatter(values, height, s=12, color=colours[row], alpha=0.6, linewidths=0)
            ax.set(title=panel, xscale="log", ylim=(len(names) - 0.5, -0.5))
            ax.set_xlim(float(positive.min()) / 1.5, max(float(positive.max()), 1) * 1.5)
            ax.set_yticks(range(len(names)), list(names.values()))
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel("value" if edges(ax)[1] else "")
    return figure


@draws
def two_sides(angles: pd.DataFrame) -> Figure:
    """The worst angle over labels against the worst over label sets, between the two lines that bound it; a panel for
    each size of the sets.

    Args:
        angles: columns kind, size, of_sets, of_labels (sines).
    """
    sizes, kinds = sorted(set(angles["size"].tolist())), list(dict.fromkeys(angles["kind"]))
    least = max(float(angles["of_sets"].min()), 1e-4) / 1.5
    line = np.array([least / 10, 2.0])
    looks = line_styles(2)
    with style():
        figure, axes = new_panels(
            len(sizes), columns=len(sizes), width=max(_WIDTH / len(sizes), 2.4), height=3.1, below=0.5
        )
        for ax, size in zip(axes, sizes, strict=True):
            for factor, look, name in ((1, looks[0], "1"), (2 * size - 1, looks[1], "2M − 1")):
                ax.plot(
                    line,
                    factor * line,
                    color=INK,
                    linewidth=1.3,
                    linestyle=look["linestyle"],
                    label=f"slope {name}",
                )
            for kind, look in _looks(kinds).items():
                own = angles[(angles["size"] == size) & (angles["kind"] == kind)]
                ax.scatter(
                    own["of_sets"],
                    own["of_labels"],
                    s=10,
                    **look,
                    alpha=0.6,
                    linewidths=0,
                )
                ax.scatter([], [], s=34, **look, linewidths=0, label=kind)
            ax.set(xscale="log", yscale="log", xlim=(least, 1.2), ylim=(least, 1.5), title=f"M = {size}")
            ax.set_xlabel(r"$\sin\,\Theta$, worst label set")
            if edges(ax)[0]:
                ax.set_ylabel(r"$\sin\,\theta$, worst label")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=3)
    return figure
