"""Figures of the chapter "Setup": representations in the plane, label sets, twins and best linear maps."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow
from repsim_core.figures.style import INK, label_palette, new_figure, style, xy

__all__ = ["label_sets", "mapped", "side_by_side", "twin_dial"]

_TINY = 1e-12
# The share of its column that a panel takes; how far apart labels are, in points; and how often they are moved.
_PANEL, _LETTER, _ROUNDS = 0.8, 11.5, 200
# Decimals of the coordinates that an interactive figure carries.
_DIGITS = 3


@draws
def side_by_side(embeddings: pd.DataFrame, unembeddings: pd.DataFrame) -> Figure:
    """Embeddings (above) and unembeddings (below) of each model, a column a model.

    Args:
        embeddings: columns model, label, x, y; coloured by label, each label written next to its inputs.
        unembeddings: columns model, label, x, y; arrows from their mean, each label at its tip.
    """
    above, below = _by_model(embeddings), _by_model(unembeddings)
    colours = _palette_for(unembeddings)
    with style():
        figure, axes = new_figure(2, len(above), width=5.8, height=6.3, squeeze=False, beside=True)
        for column, name in enumerate(above):
            _clouds(axes[0, column], above[name], colours)
            _arrows(axes[1, column], below[name], colours)
            axes[0, column].set_title(f"{name}\nembeddings f(x)")
            axes[1, column].set_title("unembeddings g(y)", pad=14)
    return figure


@draws
def label_sets(unembeddings: pd.DataFrame, sets: pd.DataFrame) -> Figure:
    """Displaced unembeddings of label sets and the area they span, a panel a set (for M = 2, |det L|).

    Args:
        unembeddings: columns label, x, y, of one model; row k is label k.
        sets: columns title, pivot, first, second: a row a panel.
    """
    places, colour = xy(unembeddings), label_palette(1)[0]
    names = unembeddings["label"].tolist()
    with style():
        figure, axes = new_figure(1, len(sets), width=5.8, height=3.2, squeeze=False)
        for axis, row in zip(axes[0], sets.to_dict("records"), strict=True):
            chosen = [row["pivot"], row["first"], row["second"]]
            start, first, second = places[chosen]
            corners = np.array([start, first, first + second - start, second])
            axis.add_patch(Polygon(corners, facecolor=colour, alpha=0.18, edgecolor="none"))
            _arrow(axis, start, first, colour)
            _arrow(axis, start, second, colour)
            axis.scatter(*places.T, s=20, c=INK, alpha=0.6, linewidths=0)
            axis.scatter(*start, s=60, c=colour, marker="s", linewidths=0, zorder=3)
            _frame(axis, np.vstack([places, corners]))
            _names(axis, names, places, away=11, centre=places.mean(axis=0), bold=chosen)
            axis.set_title(row["title"])
    return figure


@draws
def mapped(embeddings: pd.DataFrame, targets: pd.DataFrame) -> Figure:
    """Models after a linear map onto a target: where each class arrives, and where it should have arrived.

    Args:
        embeddings: mapped embeddings, columns model, label, x, y; a panel a model.
        targets: columns model, label, x, y, target_x, target_y: for each class, the mean of its mapped
            embeddings and the mean of the target's embeddings of the same inputs.
    """
    clouds, means = _by_model(embeddings), _by_model(targets)
    colours = _palette_for(embeddings, targets)
    everything = np.vstack([xy(embeddings), xy(targets, "target_x", "target_y")])
    with style():
        figure, axes = new_figure(1, len(clouds), width=5.8, height=3.3, squeeze=False)
        for axis, name in zip(axes[0], clouds, strict=True):
            points, labels = xy(clouds[name]), clouds[name]["label"].tolist()
            axis.scatter(*points.T, s=7, c=[colours[i] for i in labels], alpha=0.7, linewidths=0)
            labels = means[name]["label"].tolist()
            found, wanted = xy(means[name]), xy(means[name], "target_x", "target_y")
            for label, start, end in zip(labels, found, wanted, strict=True):
                axis.plot(*np.array([start, end]).T, color=colours[label])
            axis.scatter(*found.T, s=34, c=[colours[i] for i in labels], linewidths=0, zorder=3)
            axis.scatter(*wanted.T, s=95, facecolors="none", edgecolors=INK, zorder=3)
            _frame(axis, everything)
            _names(axis, labels, wanted, away=13)
            axis.set_title(name)
    return figure


@draws
def twin_dial(embeddings: pd.DataFrame, unembeddings: pd.DataFrame, example: int) -> Any:
    """A twin to turn by hand: sliders for B move f and g, and the probabilities of one input stay.

    The reader's browser applies B and B^{-T}, B = stretch along one axis, then a turn, and takes the softmax anew.

    Args:
        embeddings: columns label, x, y; all rows are drawn and become part of the page.
        unembeddings: columns label, x, y, rest: rest is what the other coordinates add to the logit of the example
            (0 for M = 2).
        example: the row of `embeddings` whose probabilities are drawn.

    Returns:
        An Altair chart.
    """
    least, most = 0.6, 1.6
    # Pixels.
    side = 228 if is_narrow() else 310
    angle = alt.param("angle", value=0, bind=alt.binding_range(min=-180, max=180, step=5, name="turn (°) "))
    stretch = alt.param(
        "stretch", value=1, bind=alt.binding_range(min=least, max=most, step=0.1, name="stretch ")
    )
    points, arrows = _brief(embeddings, "label", "x", "y"), _brief(unembeddings, "label", "x", "y", "rest")
    chosen = points.iloc[example : example + 1]
    fx, fy = xy(chosen)[0].tolist()
    mx, my = xy(arrows).mean(axis=0).round(_DIGITS).tolist()
    arrows = arrows.assign(fx=fx, fy=fy, mx=mx, my=my)
    colours = label_palette(len(arrows))
    colour = alt.Color(
        "label:N", legend=None, scale=alt.Scale(domain=list(range(len(colours))), range=colours)
    )
    longest = np.vstack([xy(points) * [most, 1], xy(arrows) * [1 / least, 1]])
    # Nothing leaves the frame at any turn.
    limit = 1.12 * float(np.linalg.norm(longest, axis=1).max())
    scale = alt.Scale(domain=[-limit, limit], nice=False)
    f = _turned("x", "y", "angle", "stretch")
    # B^{-T}: the same turn, the opposite stretch.
    g = _turned("x", "y", "angle", "1 / stretch")

    def placed(data: pd.DataFrame, formula: tuple[str, str]) -> alt.Chart:
        return alt.Chart(data).transform_calculate(u=formula[0], v=formula[1])

    across = alt.X("u:Q", scale=scale, title=None)
    up = alt.Y("v:Q", scale=scale, title=None)
    middle = _turned("mx", "my", "angle", "1 / stretch")
    tips = placed(arrows, g).transform_calculate(u0=middle[0], v0=middle[1]).encode(x=across, y=up)
    plane = alt.layer(
        placed(points, f).mark_circle(size=22, opacity=0.7, clip=True).encode(x=across, y=up, color=colour),
        tips.mark_rule(strokeWidth=2, clip=True).encode(x2="u0:Q", y2="v0:Q", color=colour),
        tips.mark_text(fontSize=14, fontWeight="bold", dy=-9, clip=True).encode(text="label:N"),
        placed(chosen, f)
        .mark_point(size=190, shape="circle", strokeWidth=2, filled=False, clip=True)
        .encode(x=across, y=up, stroke=alt.value("currentColor")),
    ).properties(
        width=side,
        height=side,
        title=["Embeddings f(x): dots.", "Unembeddings g(y): lines"]
        if is_narrow()
        else "Embeddings f(x): dots. Unembeddings g(y): lines",
    )
    example_f = _turned("fx", "fy", "angle", "stretch")
    bars = (
        placed(arrows, g)
        .transform_calculate(logit=f"({example_f[0]}) * datum.u + ({example_f[1]}) * datum.v + datum.rest")
        .transform_joinaggregate(highest="max(logit)")
        .transform_calculate(weight="exp(datum.logit - datum.highest)")
        .transform_joinaggregate(total="sum(weight)")
        .transform_calculate(p="datum.weight / datum.total")
        .transform_calculate(
            words="datum.p < 0.005 ? '' : 'label ' + datum.label + ': ' + format(datum.p, '.2f')"
        )
        .mark_bar(aria=True)
        .encode(
            x=alt.X("label:N", title="label y", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("p:Q", title="p(y|x)", scale=alt.Scale(domain=[0, 1])),
            color=colour,
            description="words:N",
            tooltip=[alt.Tooltip("label:N"), alt.Tooltip("p:Q", format=".4f")],
        )
        .properties(
            width=side, height=110, title="Probabilities of the circled input", name="spoken_probabilities"
        )
    )
    return alt.vconcat(plane, bars).add_params(angle, stretch)


def _brief(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns alone, rounded: every figure of every row becomes a part of the page."""
    return pd.DataFrame({name: table[name].to_numpy() for name in columns}).round(_DIGITS)


def _turned(x: str, y: str, angle: str, stretch: str) -> tuple[str, str]:
    """Vega expressions of the columns (x, y) after a stretch of x and a turn by the slider `angle`, degrees."""
    first, second, radians = f"({stretch}) * datum.{x}", f"datum.{y}", f"{angle} * PI / 180"
    return (
        f"cos({radians}) * {first} - sin({radians}) * {second}",
        f"sin({radians}) * {first} + cos({radians}) * {second}",
    )


def _by_model(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each model, in the order in which the models appear."""
    return {str(name): part for name, part in table.groupby("model", sort=False)}


def _palette_for(*tables: pd.DataFrame) -> list[str]:
    """A colour for each label from 0 to the largest in the tables."""
    return label_palette(1 + max(int(table["label"].to_numpy().max()) for table in tables))


def _clouds(axis: Axes, embeddings: pd.DataFrame, colours: list[str]) -> None:
    """Embeddings as points, each label beyond the far end of its cloud as seen from the origin."""
    points, labels = xy(embeddings), embeddings["label"].to_numpy()
    axis.scatter(*points.T, s=8, c=[colours[i] for i in labels], alpha=0.7, linewidths=0)
    present, ends = np.unique(labels).tolist(), []
    for label in present:
        cloud = points[labels == label]
        middle = np.median(cloud, axis=0)
        direction = middle / max(float(np.linalg.norm(middle)), _TINY)
        ends.append(direction * np.quantile(cloud @ direction, 0.97))
    _frame(axis, np.vstack([points, ends]))
    _names(axis, present, np.array(ends))


def _arrows(axis: Axes, unembeddings: pd.DataFrame, colours: list[str]) -> None:
    places, labels = xy(unembeddings), unembeddings["label"].tolist()
    middle = places.mean(axis=0)
    for label, place in zip(labels, places, strict=True):
        _arrow(axis, middle, place, colours[label])
    _frame(axis, np.vstack([places, np.zeros((1, 2))]))
    _names(axis, labels, places, centre=middle)


def _arrow(axis: Axes, start: np.ndarray, end: np.ndarray, colour: str) -> None:
    axis.annotate(
        "",
        xy=(float(end[0]), float(end[1])),
        xytext=(float(start[0]), float(start[1])),
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0},
    )


def _names(
    axis: Axes,
    labels: list[int],
    places: np.ndarray,
    *,
    away: float = 9,
    centre: np.ndarray | None = None,
    bold: list[int] | None = None,
) -> None:
    """Labels next to their places, `away` points further from the centre (by default the origin), and as far from each
    other as it takes to read them. The axes have their limits."""
    outward = places if centre is None else places - centre
    outward = away * outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), _TINY)
    in_points = places * _points_a_unit(axis)
    outward = _apart(in_points + outward) - in_points
    for label, place, offset in zip(labels, places, outward, strict=True):
        axis.annotate(
            str(label),
            (float(place[0]), float(place[1])),
            xytext=(float(offset[0]), float(offset[1])),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=11,
            fontweight="bold" if bold is None or label in bold else "normal",
        )


def _points_a_unit(axis: Axes) -> float:
    """How many points of the drawing a unit of square axes takes, about: what is around the panel is not known yet."""
    place, figure = axis.get_subplotspec(), axis.get_figure(root=True)
    assert place is not None
    assert figure is not None
    low, high = axis.get_xlim()
    return _PANEL * 72 * figure.get_figwidth() / place.get_gridspec().ncols / (high - low)


def _apart(places: np.ndarray) -> np.ndarray:
    """Places of labels, in points, moved as little as leaves them apart."""
    for _ in range(_ROUNDS):
        between = places[:, None] - places[None]
        distances = np.linalg.norm(between, axis=2) + np.diag(np.full(len(places), np.inf))
        missing = np.maximum(_LETTER - distances, 0.0)
        if not missing.any():
            break
        places = places + np.einsum("ij,ijk->ik", 0.5 * missing / np.maximum(distances, _TINY), between)
    return places


def _frame(axis: Axes, points: np.ndarray) -> None:
    """Equal scales, room for the labels, and thin lines through the origin."""
    low, high = points.min(axis=0), points.max(axis=0)
    # Labels are as large in a narrow drawing, whose panels are smaller.
    half = (0.72 if is_narrow() else 0.6) * float((high - low).max()) or 1.0
    middle = (low + high) / 2
    axis.set_xlim(float(middle[0] - half), float(middle[0] + half))
    axis.set_ylim(float(middle[1] - half), float(middle[1] + half))
    axis.set_aspect("equal")
    axis.axhline(0, color=INK, alpha=0.25, linewidth=0.8, zorder=0)
    axis.axvline(0, color=INK, alpha=0.25, linewidth=0.8, zorder=0)
    axis.tick_params(length=3)
    axis.locator_params(nbins=3 if is_narrow() else 5)
