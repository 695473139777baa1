"""Figures of the chapter "CIFAR-10", statistics: measures of pairs against each other, circular orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from repsim_core.figures.cifar10_petals import part
from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.style import INK, edges, label_palette, markers, new_figure, style

__all__ = ["order_prediction", "predictors", "scatter"]

# Inches: narrow enough to stay legible on a phone.
_WIDTH = 5.8
_CCA = "mean CCA"


@draws
def scatter(pairs: pd.DataFrame, measures: dict[str, str], chosen: tuple[int, int] | None = None) -> Figure:
    """Mean CCA of all pairs against other measures: a row for each measure, a column for each M.

    Args:
        pairs: columns dim, seed_a, seed_b, mean_cca, and the measures.
        measures: columns to set on the horizontal axes, with what to call them.
        chosen: seeds of a pair with M = 2 to ring; None for none.
    """
    dims = sorted(pairs["dim"].unique().tolist())
    colours, shapes = label_palette(max(len(dims), 2)), markers(len(dims))
    width = _WIDTH if len(dims) > 1 else 3.6
    with style():
        figure, axes = new_figure(
            len(measures),
            len(dims),
            width=width,
            height=2.55 * len(measures) + 0.2,
            beside=True,
            squeeze=False,
            sharey=True,
        )
        for axis, dim in zip(axes[0], dims, strict=True):
            axis.set_title(f"M = {dim}")
        for row, (measure, name) in zip(axes, measures.items(), strict=True):
            for number, (axis, dim) in enumerate(zip(row, dims, strict=True)):
                own = part(pairs, dim=dim)
                axis.scatter(
                    own[measure],
                    own["mean_cca"],
                    s=22,
                    color=colours[number],
                    marker=shapes[number],
                    alpha=0.75,
                    linewidths=0,
                    clip_on=False,
                )
                if dim == 2 and chosen is not None:
                    ringed = part(own, seed_a=chosen[0], seed_b=chosen[1])
                    ring = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.3}
                    axis.scatter(ringed[measure], ringed["mean_cca"], s=110, clip_on=False, **ring)
                axis.set_ylim(0, 1.02)
                axis.set_xlim(0, 1.07 * float(own[measure].to_numpy().max()))
                # More numbers would touch those of the next panel.
                axis.locator_params(axis="x", nbins=2 if is_narrow() else 3)
            row[len(dims) // 2].set_xlabel(name)
            row[0].set_ylabel(f"{_CCA} of $\\mathbf{{f}}$")
    return figure


@draws
def predictors(table: pd.DataFrame, names: dict[str, str]) -> Figure:
    """Rank correlations with dissimilarity and their intervals: a group of bars for each predictor.

    Args:
        table: columns predictor, dim, value, low, high.
        names: of the predictors, from top to bottom.
    """
    dims = sorted(table["dim"].unique().tolist())
    colours, shapes = label_palette(max(len(dims), 2)), markers(len(dims))
    with style():
        figure, axis = new_figure(width=_WIDTH * 0.8, height=1.2 + 0.62 * len(names))
        axis.axvline(0, color=INK, linewidth=0.8, alpha=0.5)
        for number, dim in enumerate(dims):
            own = part(table, dim=dim).set_index("predictor").loc[list(names)]
            height = np.arange(len(names)) + 0.2 * (number - (len(dims) - 1) / 2)
            axis.hlines(height, own["low"], own["high"], color=colours[number], linewidth=2.2)
            look = {"color": colours[number], "marker": shapes[number], "markersize": 7, "linestyle": "none"}
            axis.plot(own["value"], height, label=f"M = {dim}", **look)
        axis.set(
            xlim=(-1.05, 1.05), ylim=(len(names) - 0.5, -0.5), xlabel=f"rank correlation with 1 − {_CCA}"
        )
        axis.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "", "0", "", "1"])
        axis.set_yticks(range(len(names)), list(names.values()))
        legend_below(figure, *axis.get_legend_handles_labels(), columns=3)
    return figure


@draws
def order_prediction(pairs: pd.DataFrame) -> Figure:
    """Mean CCA of pairs against what their circular orders say: shared neighbours (left), predicted CCA (right).

    Args:
        pairs: columns shared (pairs of classes that are neighbours in both), predicted_cca, mean_cca.
    """
    with style():
        figure, (left, right) = new_figure(1, 2, width=_WIDTH, height=3.0, sharey=True)
        look = {"s": 24, "color": label_palette(1)[0], "alpha": 0.7, "linewidths": 0}
        # Apart from each other, the same every time.
        aside = 0.18 * np.sin(2.4 * np.arange(len(pairs)))
        place = pairs["shared"].to_numpy() + aside
        left.scatter(place, pairs["mean_cca"], **look)
        left.set(xlabel="shared neighbours")
        for axis in (left, right):
            if edges(axis)[0]:
                axis.set_ylabel(f"{_CCA}, measured")
        right.plot([0, 1], [0, 1], color=INK, linewidth=0.9, alpha=0.5)
        right.scatter(pairs["predicted_cca"], pairs["mean_cca"], **look)
        right.set(xlabel=f"{_CCA}, from the orders", xlim=(-0.03, 1.05))
        left.set_ylim(-0.03, 1.05)
        left.xaxis.get_major_locator().set_params(integer=True)
    return figure
