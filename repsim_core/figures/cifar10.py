"""Figures of the chapter "CIFAR-10": petals in the plane, pairs of seeds, circular orders of the classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.optimize import isotonic_regression

from repsim_core.figures.style import label_palette, line_styles, markers, new_figure, style

__all__ = ["gallery", "mapped", "neighbour_counts", "order_prediction", "pair", "petals", "predictors", "scatter"]

_INK = "#000000"  # becomes the page's own ink (figures.style)
_WIDTH = 5.8  # inches: narrow enough to stay legible on a phone
_GAP = 0.19  # a line of text, in radii of a panel of half that width
_CCA = "mean CCA"


def petals(
    embeddings: np.ndarray, labels: np.ndarray, names: Sequence[str], *, gap: float
) -> tuple[np.ndarray, pd.DataFrame]:
    """Embeddings scaled to a unit circle, and where the names of the classes go around it.

    Args:
        embeddings: shape (N, 2).
        labels: of the inputs, shape (N,): the class whose petal an input belongs to.
        names: of all classes.
        gap: least vertical distance of two names on the same side, in radii.

    Returns:
        The embeddings, so that nearly all lie in the circle; and a row for each class that has inputs: label, name,
        x, y (the name's place, to the right of it where x < 0), end_x, end_y (the petal's end).
    """
    points = embeddings / np.quantile(np.linalg.norm(embeddings, axis=1), 0.995)
    rows = []
    for label in np.unique(labels).tolist():
        petal = points[labels == label]
        middle = np.median(petal, axis=0)
        direction = middle / max(float(np.linalg.norm(middle)), 1e-12)
        end = direction * np.quantile(petal @ direction, 0.95)
        rows.append((label, names[label], *(1.06 * direction), *end))
    places = pd.DataFrame(rows, columns=["label", "name", "x", "y", "end_x", "end_y"])
    places["y"] = _apart(places["x"].to_numpy(), places["y"].to_numpy(), gap)
    return points, places


def pair(points: pd.DataFrame, names: Sequence[str], titles: Sequence[str]) -> Figure:
    """The embeddings of two models side by side, each class named at its petal's end.

    Args:
        points: columns model (0 or 1), label (the predicted class), x, y.
        names: of the classes.
        titles: of the two panels.
    """
    with style():
        figure, axes = new_figure(1, 2, width=_WIDTH, height=3.35)
        for number, (axis, title) in enumerate(zip(axes, titles, strict=True)):
            own = points[points["model"] == number]
            _flower(axis, own, names, size=10, dot=5, gap=_GAP)
            axis.set_title(title, fontsize=11)
    return figure


def gallery(points: pd.DataFrame, unembeddings: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Embeddings and unembeddings of many models, a panel each, three a row.

    Args:
        points: columns seed, label (the predicted class), x, y.
        unembeddings: columns seed, label, x, y; drawn from their mean, to a scale of their own.
        names: of the classes.
    """
    seeds = points["seed"].unique().tolist()
    columns = min(3, len(seeds))
    rows = -(-len(seeds) // columns)
    with style():
        figure, axes = new_figure(rows, columns, width=1.95 * columns, height=2.05 * rows, squeeze=False)
        for axis in axes.ravel()[len(seeds) :]:
            axis.set_axis_off()
        for seed, axis in zip(seeds, axes.ravel(), strict=False):
            own, g = (table[table["seed"] == seed] for table in (points, unembeddings))
            _flower(axis, own, names, size=8, dot=3, gap=0.22)
            tips = g[["x", "y"]].to_numpy() - g[["x", "y"]].to_numpy().mean(axis=0)
            tips *= 0.95 / np.linalg.norm(tips, axis=1).max()
            axis.plot(*np.stack([0 * tips, tips, np.nan * tips], axis=1).reshape(-1, 2).T, color=_INK, linewidth=0.9)
            axis.plot(*tips.T, color=_INK, linestyle="none", marker="o", markersize=2.6)
            axis.set_title(f"seed {seed}", fontsize=11, pad=2)
    return figure


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
            squeeze=False,
            sharex="row",
            sharey=True,
        )
        for row, (measure, name) in zip(axes, measures.items(), strict=True):
            for number, (axis, dim) in enumerate(zip(row, dims, strict=True)):
                own = pairs[pairs["dim"] == dim]
                axis.scatter(
                    own[measure],
                    own["mean_cca"],
                    s=22,
                    color=colours[number],
                    marker=shapes[number],
                    alpha=0.75,
                    linewidths=0,
                )
                ringed = own[(own["seed_a"] == chosen[0]) & (own["seed_b"] == chosen[1])] if chosen else own[:0]
                if dim == 2:
                    axis.scatter(
                        ringed[measure], ringed["mean_cca"], s=110, facecolors="none", edgecolors=_INK, linewidths=1.3
                    )
                axis.set(title=f"M = {dim}" if row is axes[0] else "", xlabel=name)
                axis.set_ylim(min(0.0, float(pairs["mean_cca"].min())), 1.02)
                axis.set_xlim(left=0)
                axis.locator_params(axis="x", nbins=4)
            row[0].set_ylabel(f"{_CCA} of $\\mathbf{{f}}$")
    return figure


def predictors(table: pd.DataFrame, outcomes: dict[str, str], names: dict[str, str]) -> Figure:
    """Rank correlations with their intervals: a panel for each outcome, a group of bars for each predictor.

    Args:
        table: columns outcome, predictor, dim, value, low, high.
        outcomes: titles of the panels.
        names: of the predictors, from top to bottom.
    """
    dims = sorted(table["dim"].unique().tolist())
    colours, shapes = label_palette(max(len(dims), 2)), markers(len(dims))
    with style():
        figure, axes = new_figure(
            1, len(outcomes), width=_WIDTH, height=1.2 + 0.62 * len(names), squeeze=False, sharey=True, sharex=True
        )
        for axis, (outcome, title) in zip(axes[0], outcomes.items(), strict=True):
            axis.axvline(0, color=_INK, linewidth=0.8, alpha=0.5)
            for number, dim in enumerate(dims):
                own = table[(table["outcome"] == outcome) & (table["dim"] == dim)].set_index("predictor").loc[[*names]]
                height = np.arange(len(names)) + 0.2 * (number - (len(dims) - 1) / 2)
                axis.hlines(height, own["low"], own["high"], color=colours[number], linewidth=2.2)
                axis.plot(
                    own["value"],
                    height,
                    color=colours[number],
                    marker=shapes[number],
                    markersize=7,
                    linestyle="none",
                    label=f"M = {dim}",
                )
            axis.set(title=title, xlim=(-1.05, 1.05), xlabel="rank correlation")
            axis.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "", "0", "", "1"])
            axis.set_yticks(range(len(names)), [*names.values()])
        axes[0][0].set_ylim(len(names) - 0.5, -0.5)
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def neighbour_counts(counts: np.ndarray, names: Sequence[str], models: int) -> Figure:
    """In how many models two classes are neighbours on the circle, for each pair of classes.

    Args:
        counts: shape (K, K), symmetric.
        names: of the classes, in the order of the rows.
        models: the largest possible count.
    """
    colour = label_palette(1)[0]
    with style():
        figure, axis = new_figure(width=4.9, height=4.1)
        for i in range(1, len(names)):
            for j in range(i):
                count = int(counts[i, j])
                shade = {"facecolor": colour, "alpha": 0.75 * count / models, "linewidth": 0}
                axis.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, **shade))
                if count:
                    bold = "bold" if 2 * count > models else "normal"
                    axis.text(j, i, str(count), ha="center", va="center", fontsize=10, fontweight=bold)
        axis.set_xlim(-0.5, len(names) - 1.5)
        axis.set_ylim(len(names) - 0.5, 0.5)
        axis.set_xticks(range(len(names) - 1), names[:-1], rotation=45, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(1, len(names)), names[1:])
        axis.set_aspect("equal")
        axis.tick_params(length=0)
        for spine in axis.spines.values():
            spine.set_visible(False)
    return figure


def order_prediction(pairs: pd.DataFrame) -> Figure:
    """Mean CCA of pairs against what their circular orders say: shared neighbours (left), predicted CCA (right).

    Args:
        pairs: columns shared (pairs of classes that are neighbours in both), predicted_cca, mean_cca.
    """
    with style():
        figure, (left, right) = new_figure(1, 2, width=_WIDTH, height=3.0, sharey=True)
        look = {"s": 24, "color": label_palette(1)[0], "alpha": 0.7, "linewidths": 0}
        place = pairs["shared"].to_numpy() + 0.18 * np.sin(2.4 * np.arange(len(pairs)))  # apart from each other
        left.scatter(place, pairs["mean_cca"], **look)
        left.set(xlabel="shared neighbours", ylabel=f"{_CCA}, measured")
        right.plot([0, 1], [0, 1], color=_INK, linewidth=0.9, alpha=0.5)
        right.scatter(pairs["predicted_cca"], pairs["mean_cca"], **look)
        right.set(xlabel=f"{_CCA}, from the orders", xlim=(-0.03, 1.05))
        left.set_ylim(-0.03, 1.05)
        left.xaxis.get_major_locator().set_params(integer=True)
    return figure


def mapped(points: pd.DataFrame, means: pd.DataFrame, names: Sequence[str], titles: Sequence[str]) -> Figure:
    """Embeddings of one model after the best linear map onto another's, over these; a panel for each map.

    Args:
        points: columns panel, label (the true class), x, y, target_x, target_y: where an input arrives, and where the
            other model has it.
        means: the same columns, the means of each class.
        names: of the classes.
        titles: of the panels.
    """
    colours = label_palette(len(names))
    with style():
        figure, axes = new_figure(1, len(titles), width=_WIDTH, height=3.35, squeeze=False)
        for number, (axis, title) in enumerate(zip(axes[0], titles, strict=True)):
            own, middle = (table[table["panel"] == number] for table in (points, means))
            target, arrived = (own[list(ends)].to_numpy() for ends in (("target_x", "target_y"), ("x", "y")))
            radius = float(np.quantile(np.linalg.norm(target, axis=1), 0.995))
            wanted, found = (middle[list(ends)].to_numpy() for ends in (("target_x", "target_y"), ("x", "y")))
            _, places = petals(target, own["label"].to_numpy(), names, gap=_GAP)
            _names(axis, places, 10)
            axis.scatter(*(target / radius).T, s=4, color=_INK, alpha=0.14, linewidths=0)
            axis.scatter(
                *(arrived / radius).T, s=5, c=[colours[i] for i in own["label"]], alpha=0.45, linewidths=0
            )
            for label, start, end in zip(middle["label"].tolist(), found / radius, wanted / radius, strict=True):
                axis.plot(*np.array([start, end]).T, color=_INK, linewidth=1.1)
                axis.scatter(*start, s=30, color=colours[label], edgecolors=_INK, linewidths=0.7, zorder=3)
                axis.scatter(*end, s=70, facecolors="none", edgecolors=_INK, linewidths=1.1, zorder=3)
            _frame(axis)
            axis.set_title(title, fontsize=11)
    return figure


def _flower(axis: Axes, points: pd.DataFrame, names: Sequence[str], *, size: float, dot: float, gap: float) -> None:
    """Embeddings coloured by class, scaled to a circle, with the names around it."""
    colours, labels = label_palette(len(names)), points["label"].to_numpy()
    scaled, places = petals(points[["x", "y"]].to_numpy(), labels, names, gap=gap)
    axis.scatter(*scaled.T, s=dot, c=[colours[i] for i in labels], alpha=0.6, linewidths=0)
    _names(axis, places, size, colours)
    _frame(axis)


def _names(axis: Axes, places: pd.DataFrame, size: float, colours: Sequence[str] | None = None) -> None:
    for row in places.itertuples():
        if colours:
            line = {"color": colours[row.label], "linewidth": 1.0, "alpha": 0.8}
            axis.plot([row.end_x, row.x], [row.end_y, row.y], **line)
        side = "left" if row.x >= 0 else "right"
        axis.text(row.x, row.y, f" {row.name} ".replace("  ", " "), ha=side, va="center", fontsize=size)


def _frame(axis: Axes) -> None:
    axis.set(xlim=(-1.62, 1.62), ylim=(-1.3, 1.3), aspect="equal")
    axis.set_axis_off()


def _apart(x: np.ndarray, y: np.ndarray, gap: float) -> np.ndarray:
    """Heights moved as little as possible (least squares) so that those on one side differ by `gap`."""
    moved = y.copy()
    for side in (x >= 0, x < 0):
        own = np.flatnonzero(side)[np.argsort(y[side], kind="stable")]
        shift = gap * np.arange(len(own))
        if len(own):
            moved[own] = isotonic_regression(y[own] - shift).x + shift
    return moved
