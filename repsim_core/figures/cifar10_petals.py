"""Figures of the chapter "CIFAR-10", embeddings: petals in the plane, a name at the end of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow
from repsim_core.figures.style import INK, label_palette, new_figure, new_panels, style, xy

__all__ = ["Petal", "gallery", "mapped", "pair", "part", "petals"]

# Inches: narrow enough to stay legible on a phone.
_WIDTH = 5.8
# A line of text, in radii of a panel of half that width.
_GAP = 0.19
# Half the width of a panel, in radii: the circle and the names around it.
_ACROSS = 1.62
_TINY = 1e-12


@dataclass(frozen=True)
class Petal:
    """A class's embeddings in the plane, as seen from the origin.

    Attributes:
        label, name: of the class.
        end: where its embeddings end, (x, y).
        place: where its name goes, beyond the circle; to the right of this point, where x < 0 to the left.
    """

    label: int
    name: str
    end: tuple[float, ...]
    place: tuple[float, ...]


def petals(
    embeddings: np.ndarray, labels: np.ndarray, names: Sequence[str], *, gap: float
) -> tuple[np.ndarray, list[Petal]]:
    """Embeddings scaled so that nearly all lie in a circle of radius 1, and the petals that they form.

    Args:
        embeddings: shape (N, 2).
        labels: of the inputs, shape (N,): the class whose petal an input belongs to.
        names: of all classes.
        gap: least vertical distance of two names on the same side, in radii.

    Returns:
        The scaled embeddings, and a petal for each class that has inputs.
    """
    points = embeddings / np.quantile(np.linalg.norm(embeddings, axis=1), 0.995)
    present = np.unique(labels).tolist()
    ends, places = np.empty((len(present), 2)), np.empty((len(present), 2))
    for row, label in enumerate(present):
        petal = points[labels == label]
        middle = np.median(petal, axis=0)
        direction = middle / max(float(np.linalg.norm(middle)), _TINY)
        ends[row] = direction * np.quantile(petal @ direction, 0.95)
        places[row] = 1.09 * direction
    places[:, 1] = _apart(places[:, 0], places[:, 1], gap)
    found = [
        Petal(label, str(names[label]), tuple(end.tolist()), tuple(place.tolist()))
        for label, end, place in zip(present, ends, places, strict=True)
    ]
    return points, found


def part(table: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The rows of a table that hold the values named."""
    chosen = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        chosen &= (table[column] == value).to_numpy(dtype=bool)
    return cast(pd.DataFrame, table[chosen])


@draws
def pair(points: pd.DataFrame, names: Sequence[str], titles: Sequence[str]) -> Figure:
    """The embeddings of two models side by side, each class named at its petal's end.

    Args:
        points: columns model (0 or 1), label (the predicted class), x, y.
        names: of the classes.
        titles: of the two panels.
    """
    with style():
        figure, axes = new_figure(1, 2, width=_WIDTH, height=2.75)
        for number, (axis, title) in enumerate(zip(axes, titles, strict=True)):
            own = part(points, model=number)
            _flower(axis, own, names, size=10, dot=5, gap=_GAP)
            axis.set_title(title, fontsize=11)
    return figure


@draws
def gallery(
    points: pd.DataFrame,
    unembeddings: pd.DataFrame,
    names: Sequence[str],
    titles: Mapping[int, str] | None = None,
) -> Figure:
    """Embeddings and unembeddings of many models, a panel each, three a row.

    Args:
        points: columns seed, label (the predicted class), x, y.
        unembeddings: columns seed, label, x, y; drawn from their mean, to a scale of their own.
        names: of the classes.
        titles: of the panels, by seed; by default the seeds' numbers.
    """
    seeds = points["seed"].unique().tolist()
    colours = label_palette(len(names))
    # Two a row on a phone leave less room for names than three on a wide page, where letters can be smaller.
    size, gap, across, height = (10, 0.36, 2.1, 1.5) if is_narrow() else (8, 0.22, _ACROSS, 1.9)
    with style():
        figure, axes = new_panels(len(seeds), columns=3, width=1.95, height=height, narrow_columns=2)
        for seed, axis in zip(seeds, axes, strict=True):
            own, g = part(points, seed=seed), part(unembeddings, seed=seed)
            _flower(axis, own, names, size=size, dot=3, gap=gap, across=across, lines=False)
            tips = xy(g) - xy(g).mean(axis=0)
            tips *= 0.95 / np.linalg.norm(tips, axis=1).max()
            shades = [colours[i] for i in g["label"]]
            axis.scatter(*tips.T, s=13, c=shades, marker="D", edgecolors=INK, linewidths=0.8, zorder=3)
            axis.set_title(f"seed {seed}" if titles is None else titles[seed], fontsize=11, pad=2)
    return figure


@draws
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
        figure, axes = new_figure(1, len(titles), width=_WIDTH, height=2.75, squeeze=False)
        for number, (axis, title) in enumerate(zip(axes[0], titles, strict=True)):
            own, middle = part(points, panel=number), part(means, panel=number)
            target, wanted = xy(own, "target_x", "target_y"), xy(middle, "target_x", "target_y")
            radius = float(np.quantile(np.linalg.norm(target, axis=1), 0.995))
            scaled, found = petals(target, own["label"].to_numpy(), names, gap=_GAP)
            _names(axis, found, 10)
            axis.scatter(*scaled.T, s=4, color=INK, alpha=0.14, linewidths=0)
            axis.scatter(
                *(xy(own) / radius).T, s=5, c=[colours[i] for i in own["label"]], alpha=0.7, linewidths=0
            )
            for label, start, end in zip(
                middle["label"].tolist(), xy(middle) / radius, wanted / radius, strict=True
            ):
                axis.plot(*np.array([start, end]).T, color=INK, linewidth=1.1)
                axis.scatter(*start, s=30, color=colours[label], edgecolors=INK, linewidths=0.7, zorder=3)
                axis.scatter(*end, s=70, facecolors="none", edgecolors=INK, linewidths=1.1, zorder=3)
            _frame(axis)
            axis.set_title(title, fontsize=11)
    return figure


def _flower(
    axis: Axes,
    points: pd.DataFrame,
    names: Sequence[str],
    *,
    size: float,
    dot: float,
    gap: float,
    across: float = _ACROSS,
    lines: bool = True,
) -> None:
    """Embeddings coloured by class, scaled to a circle, with the names around it, and lines from petals to names."""
    colours, labels = label_palette(len(names)), points["label"].to_numpy()
    scaled, found = petals(xy(points), labels, names, gap=gap)
    axis.scatter(*scaled.T, s=dot, c=[colours[i] for i in labels], alpha=0.7, linewidths=0)
    if lines:
        for petal in found:
            x, y = zip(petal.end, petal.place, strict=True)
            axis.plot(x, y, color=colours[petal.label], linewidth=1, alpha=0.8)
    _names(axis, found, size)
    _frame(axis, across)


def _names(axis: Axes, found: Sequence[Petal], size: float) -> None:
    for petal in found:
        right = petal.place[0] >= 0
        text = f" {petal.name}" if right else f"{petal.name} "
        axis.text(
            petal.place[0], petal.place[1], text, ha="left" if right else "right", va="center", fontsize=size
        )


def _frame(axis: Axes, across: float = _ACROSS) -> None:
    up = 1.3 * across / _ACROSS
    axis.set(xlim=(-across, across), ylim=(-up, up), aspect="equal")
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
