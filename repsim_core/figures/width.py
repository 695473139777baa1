"""Figures of the chapter "Width": tidy data in, a matplotlib figure out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.short_scales import plain_log
from repsim_core.figures.style import (
    INK,
    edges,
    label_palette,
    line_styles,
    markers,
    new_figure,
    new_panels,
    style,
)

__all__ = ["bounds", "orders", "orders_by_width", "progress", "radial_data", "variants", "width_curves"]

_LLV = r"$d_{\mathrm{LLV}}$"
_FG = r"$d_{\mathbf{f},\mathbf{g}}$"
_MEASURES = {"d_llv": _LLV, "d_fg": _FG}
_LIVE = label_palette(5)[4]


@draws
def radial_data(points: pd.DataFrame) -> Figure:
    """The inputs in the plane, coloured by label, a panel for each number of labels.

    Args:
        points: columns classes, label, x, y.
    """
    counts = _values(points, "classes")
    radius = np.hypot(points["x"].to_numpy(), points["y"].to_numpy())
    # The few points beyond are not drawn.
    limit = 1.15 * float(np.quantile(radius, 0.99))
    with style():
        figure, panels = _grid(len(counts), panel_height=2.9)
        for ax, count in zip(panels, counts, strict=True):
            own, colours = _rows(points, classes=count), label_palette(int(count))
            inside = np.hypot(own["x"], own["y"]) < 0.95 * limit
            own = {name: column[inside] for name, column in own.items()}
            ax.scatter(own["x"], own["y"], s=5, c=[colours[i] for i in own["label"]], linewidths=0)
            for label in range(int(count)):
                angle = math.pi * (label + 0.5) / count
                # Opposite cones share a label.
                for side in (1, -1):
                    place = (side * limit * math.cos(angle), side * limit * math.sin(angle))
                    ax.text(*place, str(label), ha="center", va="center", fontsize=10)
            ax.set(aspect="equal", xlim=(-1.1 * limit, 1.1 * limit), ylim=(-1.1 * limit, 1.1 * limit))
            ax.set(title=f"K = {count}", xlabel="$x_1$")
            if edges(ax)[0]:
                ax.set_ylabel("$x_2$")
    return figure


@draws
def width_curves(means: pd.DataFrame, live: pd.DataFrame | None = None) -> Figure:
    """Mean d_LLV and mean d_{f,g} against width, a panel for each number of labels.

    Args:
        means: columns classes, width, measure ("d_llv" or "d_fg"), mean, sd (over pairs: the band), low, high (an
            interval of the mean: the bars). One row for each group and measure.
        live: the same columns, for points to set beside the curves; None for none.
    """
    both = means if live is None or not len(live) else pd.concat([means, live])
    counts, widths = _values(both, "classes"), _values(both, "width")
    with style():
        figure, panels = _grid(len(counts), panel_height=2.9, sharey=True)
        for ax, count in zip(panels, counts, strict=True):
            for look, (measure, name) in zip(line_styles(2), _MEASURES.items(), strict=True):
                own = _rows(means, classes=count, measure=measure)
                ax.fill_between(
                    own["width"],
                    own["mean"] - own["sd"],
                    own["mean"] + own["sd"],
                    color=look["color"],
                    alpha=0.2,
                    linewidth=0,
                )
                _with_bars(ax, own, look, f"mean {name}")
                if live is not None:
                    shown = _rows(live, classes=count, measure=measure)
                    ax.scatter(
                        shown["width"],
                        shown["mean"],
                        s=70,
                        marker=look["marker"],
                        facecolors="none",
                        edgecolors=_LIVE,
                        linewidths=1.8,
                        zorder=4,
                        label=f"{name}, trained here",
                    )
            ax.set(title=f"K = {count}", ylim=(0, _top(both)))
            _width_axis(ax, widths)
            if edges(ax)[0]:
                ax.set_ylabel("distance")
        legend_below(figure, *panels[0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def variants(means: pd.DataFrame) -> Figure:
    """Means against width for networks with and without fixed norms; a column for each K, a row a measure.

    Args:
        means: as for `width_curves`, with a column variant.
    """
    counts, names, widths = (_values(means, each) for each in ("classes", "variant", "width"))
    # "free" comes first.
    names.sort(key=lambda name: (name != "free", name))
    with style():
        figure, axes = new_figure(
            2,
            len(counts),
            width=min(max(3.4, 2.9 * len(counts)), 7.2),
            height=5.6,
            squeeze=False,
            sharey="row",
        )
        for row, (measure, label) in zip(axes, _MEASURES.items(), strict=True):
            for ax, count in zip(row, counts, strict=True):
                for look, name in zip(line_styles(len(names)), names, strict=True):
                    own = _rows(means, classes=count, measure=measure, variant=name)
                    _with_bars(ax, own, look, name)
                # Stacked, a panel has none above it that says its K.
                ax.set_title(f"K = {count}" if is_narrow() or measure == "d_llv" else "")
                _width_axis(ax, widths)
            for ax in row:
                # When all panels are drawn: a limit that is set ends the search for those that the others need.
                ax.set_ylim(bottom=0)
                if edges(ax)[0]:
                    ax.set_ylabel(f"mean {label}")
        legend_below(figure, *axes[0][0].get_legend_handles_labels(), columns=4)
    return figure


@draws
def bounds(pairs: pd.DataFrame, curves: pd.DataFrame) -> Figure:
    """d_{f,g} against d_LLV for pairs of trained models, with both bounds; a panel for each number of labels.

    Args:
        pairs: columns classes, width, d_llv, d_fg.
        curves: columns d_llv, linear, quadratic: the bounds.
    """
    every, counts, widths = _rows(pairs), _values(pairs, "classes"), _values(pairs, "width")
    colours, shapes, looks = label_palette(max(len(widths), 2)), markers(len(widths)), line_styles(2)
    with style():
        figure, panels = _grid(len(counts), panel_height=3.0, sharey=True)
        for ax, count in zip(panels, counts, strict=True):
            for column, look, name in (
                ("quadratic", looks[0], rf"$2\,${_LLV}²"),
                ("linear", looks[1], rf"$2M\,${_LLV}"),
            ):
                ax.plot(
                    curves["d_llv"],
                    curves[column],
                    color=INK,
                    linestyle=look["linestyle"],
                    linewidth=1.4,
                    label=f"bound {name}",
                )
            for width, colour, shape in zip(widths, colours, shapes, strict=False):
                own = _rows(pairs, classes=count, width=width)
                ax.scatter(own["d_llv"], own["d_fg"], s=8, color=colour, marker=shape, linewidths=0)
                ax.scatter([], [], s=28, color=colour, marker=shape, linewidths=0, label=f"width {width}")
            ax.axhline(1.0, color=INK, linewidth=0.6)
            ax.set(xscale="log", yscale="log", title=f"K = {count}", xlabel=_LLV)
            ax.set_xlim(every["d_llv"].min() / 1.3, every["d_llv"].max() * 1.3)
            ax.set_ylim(max(every["d_fg"].min(), 1e-6) / 2, 4)
            ax.grid(True)
            if edges(ax)[0]:
                ax.set_ylabel(_FG)
        columns = 3 if len(counts) > 1 else 2
        legend_below(figure, *panels[0].get_legend_handles_labels(), columns=columns)
    return figure


@draws
def progress(table: pd.DataFrame, x: str = "steps") -> Figure:
    """The distances during training: a row for each K, d_LLV to the left and d_{f,g} to the right.

    Args:
        table: columns classes, width, steps, loss (median test loss, nats), and for both measures the quartiles over
            pairs: d_llv_low, d_llv, d_llv_high, d_fg_low, d_fg, d_fg_high.
        x: "steps" or "loss"; the axis of losses runs from large to small, as training does.
    """
    counts, widths = _values(table, "classes"), _values(table, "width")
    with style():
        figure, axes = new_figure(len(counts), 2, width=6.0, height=2.8 * len(counts) + 0.6, squeeze=False)
        for row, count in zip(axes, counts, strict=True):
            for ax, (measure, name) in zip(row, _MEASURES.items(), strict=True):
                for look, width in zip(line_styles(len(widths)), widths, strict=True):
                    own = _rows(table, classes=count, width=width)
                    low, high = own[f"{measure}_low"], own[f"{measure}_high"]
                    ax.fill_between(own[x], low, high, color=look["color"], alpha=0.18, linewidth=0)
                    ax.plot(own[x], own[measure], **look, label=f"width {width}")
                ax.set(xscale="log", yscale="log", title=f"{name}, K = {count}")
                for axis in (ax.xaxis, ax.yaxis):
                    plain_log(axis)
                if x == "steps":
                    steps = _values(table, "steps")
                    # Four numbers at most.
                    apart = math.ceil(len(steps) / 4)
                    ax.xaxis.set_major_locator(FixedLocator(steps[::apart]))
                    ax.xaxis.set_minor_locator(NullLocator())
                else:
                    ax.xaxis.set_inverted(True)
                ax.set_xlabel("training steps" if x == "steps" else "test loss (nats)")
        legend_below(figure, *axes[0][0].get_legend_handles_labels(), columns=4)
    return figure


@draws
def orders(pairs: pd.DataFrame) -> Figure:
    """What the circular order of the labels says about a pair; a row for each number of labels.

    Left, the mean canonical correlation against what the two orders alone predict; right, d_LLV by width, pairs of
    equal order apart from pairs of different order.

    Args:
        pairs: columns classes, width, same (bool), predicted_cca, mean_cca, d_llv.
    """
    counts, widths = _values(pairs, "classes"), _values(pairs, "width")
    colours, shapes = label_palette(max(len(widths), 2)), markers(len(widths))
    with style():
        figure, axes = new_figure(len(counts), 2, width=6.0, height=3.0 * len(counts) + 0.7, squeeze=False)
        for (left, right), count in zip(axes, counts, strict=True):
            left.plot([0, 1], [0, 1], color=INK, linewidth=0.8, alpha=0.5)
            for i, width in enumerate(widths):
                own = _rows(pairs, classes=count, width=width)
                left.scatter(
                    own["predicted_cca"] + 0.02 * (i - (len(widths) - 1) / 2),
                    own["mean_cca"],
                    s=16,
                    color=colours[i],
                    marker=shapes[i],
                    alpha=0.7,
                    linewidths=0,
                )
                left.scatter([], [], s=28, color=colours[i], marker=shapes[i], label=f"width {width}")
            left.set(xlim=(-0.05, 1.08), ylim=(-0.03, 1.05), title=f"K = {count}")
            left.set(xlabel="mean CCA, from the orders", ylabel="mean CCA, measured")
            for same, colour, shape, shift, name in (
                (True, label_palette(4)[3], "P", -0.14, "same order"),
                (False, label_palette(5)[4], "X", 0.14, "different order"),
            ):
                own = _rows(pairs, classes=count, same=same)
                place = np.array([widths.index(width) for width in own["width"]], dtype=float)
                # Apart from each other, the same every time.
                spread = 0.09 * np.sin(2.4 * np.arange(len(place)))
                right.scatter(
                    place + shift + spread,
                    own["d_llv"],
                    s=22,
                    color=colour,
                    marker=shape,
                    alpha=0.7,
                    linewidths=0,
                )
                right.scatter([], [], s=28, color=colour, marker=shape, label=name)
            right.set(yscale="log", xlim=(-0.5, len(widths) - 0.5), xlabel="width", ylabel=_LLV)
            plain_log(right.yaxis)
            right.set_xticks(range(len(widths)), [str(width) for width in widths])
        handles, names = axes[0][0].get_legend_handles_labels()
        more, others = axes[0][1].get_legend_handles_labels()
        legend_below(figure, handles + more, names + others, columns=3)
    return figure


@draws
def orders_by_width(table: pd.DataFrame) -> Figure:
    """What becomes of the labels' orders as width grows.

    Left, the share of pairs whose orders differ; right, the mean d_LLV of the pairs whose orders are equal (full lines)
    and of those whose orders differ (dashed).

    Args:
        table: columns classes, width, differing (share of the pairs), same, different (mean d_LLV; missing where there
            is no such pair). One row for each group.
    """
    counts, widths = _values(table, "classes"), _values(table, "width")
    with style():
        figure, (left, right) = new_figure(1, 2, width=6.0, height=3.4)
        for look, count in zip(line_styles(len(counts)), counts, strict=True):
            own = _rows(table, classes=count)
            plain: Any = {**look, "linestyle": "-"}
            left.plot(own["width"], own["differing"], **plain, label=f"K = {count}")
            right.plot(own["width"], own["same"], **plain)
            right.plot(own["width"], own["different"], **{**plain, "linestyle": "--"})
        left.set(ylim=(-0.03, 1.03), ylabel="pairs of different order, share")
        right.set(ylim=(0, None), ylabel=f"mean {_LLV}")
        for ax in (left, right):
            _width_axis(ax, widths)
        handles = left.get_legend_handles_labels()[0]
        handles += [
            Line2D([], [], color=INK, linestyle="-", label="same order"),
            Line2D([], [], color=INK, linestyle="--", label="different order"),
        ]
        legend_below(figure, handles, columns=3)
    return figure


def _grid(count: int, *, panel_height: float, **subplots: Any) -> tuple[Figure, list[Axes]]:
    """So many panels, two a row, and the figure they are in."""
    width = 3.6 if count == 1 else 3.0
    return new_panels(count, width=width, height=panel_height, below=0.6, **subplots)


def _with_bars(ax: Axes, own: dict[str, np.ndarray], look: dict[str, object], name: str) -> None:
    """A line through the means, and their intervals as bars."""
    ax.plot(own["width"], own["mean"], **look, label=name)  # pyright: ignore[reportArgumentType]
    ax.vlines(own["width"], own["low"], own["high"], color=look["color"], linewidth=2.2)  # pyright: ignore[reportArgumentType]


def _width_axis(ax: Axes, widths: list) -> None:
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(widths))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(min(widths) / 1.25, max(widths) * 1.25)
    ax.set_xlabel("width")


def _top(means: pd.DataFrame) -> float:
    """Room for the means and their bars, and for the bands where these are not far larger."""
    bars = np.nanmax(means[["mean", "high"]].to_numpy(dtype=float))
    bands = np.nanmax(means["mean"].to_numpy(dtype=float) + np.nan_to_num(means["sd"].to_numpy(dtype=float)))
    return 1.05 * float(min(max(bands, bars), 2 * bars))


def _values(table: pd.DataFrame, column: str) -> list:
    """The different values of a column, sorted."""
    return sorted(set(table[column].tolist()))


def _rows(table: pd.DataFrame, **where: object) -> dict[str, np.ndarray]:
    """The columns of a table as arrays, of the rows that hold the values named."""
    chosen = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        chosen &= (table[column] == value).to_numpy(dtype=bool)
    return {str(name): table[name].to_numpy()[chosen] for name in table.columns}
