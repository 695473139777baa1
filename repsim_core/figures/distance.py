"""Figures of the chapter "Distance": tidy data in, a matplotlib figure out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter, ScalarFormatter

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import legend_below
from repsim_core.figures.style import (
    MODEL_COLORS,
    edges,
    label_palette,
    line_styles,
    markers,
    new_figure,
    new_panels,
    style,
)

__all__ = ["bounds", "input_search", "kl_against_llv", "rotation", "sampling", "scaling", "simplex"]

_LLV = r"$d_{\mathrm{LLV}}$"
_FG = r"$d_{\mathbf{f},\mathbf{g}}$"
_KL = r"$d_{\mathrm{KL}}$ (nats)"


@draws
def simplex(points: pd.DataFrame) -> Figure:
    """Distributions over three labels as points of a triangle, one panel for each example.

    Args:
        points: columns example (title of the panel), model (1 or 2), p_0, p_1, p_2 (probabilities). Rows of one
            model are joined in their order.
    """
    examples = list(dict.fromkeys(points["example"]))
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3) / 2]])
    with style():
        figure, axes = new_figure(1, len(examples), width=2.9 * len(examples), height=3.3, squeeze=False)
        for ax, example in zip(axes[0], examples, strict=True):
            ax.plot(*np.vstack([corners, corners[:1]]).T, color="black", linewidth=0.9)
            for name, corner, shift in zip("012", corners, ((-9, -6), (9, -6), (0, 9)), strict=True):
                ax.annotate(
                    f"$y_{name}$", corner, shift, textcoords="offset points", ha="center", va="center"
                )
            for model, dash, shape, name in (
                (1, "-", "o", r"$p(\cdot\,|\,x)$"),
                (2, (0, (5, 2)), "s", r"$p′(\cdot\,|\,x)$"),
            ):
                own = _rows(points, example=example, model=model)
                path = np.column_stack([own["p_0"], own["p_1"], own["p_2"]]) @ corners
                ax.plot(
                    *path.T,
                    color=MODEL_COLORS[model - 1],
                    linestyle=dash,
                    marker=shape,
                    markevery=(0, max(1, len(path) // 8)),
                    label=name,
                )
            ax.text(0.5, 1.12, example, ha="center", va="center")
            ax.set(aspect="equal", xlim=(-0.14, 1.14), ylim=(-0.12, 1.18))
            ax.set_axis_off()
        legend_below(figure, *axes[0][0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def bounds(models: pd.DataFrame, curves: pd.DataFrame, tight: pd.DataFrame) -> Figure:
    """d_{f,g} against d_LLV with both bounds: a panel for each number of labels, and one with linear axes.

    Args:
        models: columns classes, d_llv, d_fg, a row for each pair of models.
        curves: columns d_llv, linear, quadratic: the bounds.
        tight: columns d_llv, d_fg: pairs made to meet the quadratic bound, for the last panel.
    """
    every = _rows(models)
    classes = sorted(set(every["classes"].tolist()))
    colours, shapes = label_palette(max(len(classes), 1)), markers(max(len(classes), 1))
    with style():
        figure, panels = new_panels(len(classes) + 1, width=2.9, height=2.6, below=0.5)
        for i, count in enumerate(classes):
            ax, own = panels[i], _rows(models, classes=count)
            _draw_bounds(ax, curves)
            ax.scatter(own["d_llv"], own["d_fg"], s=9, color=colours[i], marker=shapes[i], linewidths=0)
            ax.set(xscale="log", yscale="log", title=f"K = {count}")
            ax.set_xlim(every["d_llv"].min() / 1.3, every["d_llv"].max() * 1.3)
            ax.set_ylim(every["d_fg"].min() / 2, 4)
            ax.axhline(1.0, color="black", linewidth=0.6)
        last = panels[len(classes)]
        _draw_bounds(last, curves)
        for i, count in enumerate(classes):
            own = _rows(models, classes=count)
            last.scatter(own["d_llv"], own["d_fg"], s=7, color=colours[i], marker=shapes[i], linewidths=0)
        last.plot(
            tight["d_llv"],
            tight["d_fg"],
            linestyle="none",
            marker="*",
            markersize=9,
            color=label_palette(5)[4],
            label="made to meet it",
        )
        last.set(xlim=(0, 1), ylim=(0, 1.02), title="all, linear axes")
        for ax in panels:
            ax.grid(True)
            if edges(ax)[0]:
                ax.set_ylabel(_FG)
            ax.set_xlabel(_LLV)
        legend_below(figure, *last.get_legend_handles_labels(), columns=3)
    return figure


@draws
def input_search(sampled: pd.DataFrame, exact: pd.DataFrame) -> Figure:
    """Term 2 of the best of so many random input sets, beside what the exact search finds.

    Args:
        sampled: columns sets (number drawn), low, median, high (of term 2 over repeated draws).
        exact: columns floor (on the conditioning of N), term.
    """
    draws, found = _rows(sampled), _rows(exact)
    counts = draws["sets"]
    with style():
        figure, ax = new_figure(width=5.6, height=3.6)
        look = line_styles(1)[0]
        ax.fill_between(counts, draws["low"], draws["high"], color=look["color"], alpha=0.25, linewidth=0)
        ax.plot(counts, draws["median"], **look, label="best of random sets: median, 10 to 90 %")
        looks = line_styles(len(exact) + 1)[1:]
        for each, floor, term in zip(looks, found["floor"], found["term"], strict=True):
            ax.axhline(
                term,
                color=each["color"],
                linestyle=each["linestyle"],
                linewidth=1.6,
                label=f"exact, floor {floor:g}",
            )
        ax.set(xscale="log", xlim=(counts.min() / 1.15, counts.max() * 1.15))
        ax.set_ylim(0.0, 1.05 * max(draws["high"].max(), found["term"].max()))
        ax.xaxis.set_major_locator(FixedLocator(counts.tolist()))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set(xlabel="random input sets drawn", ylabel="term 2")
        legend_below(figure, *ax.get_legend_handles_labels(), columns=2)
    return figure


@draws
def scaling(table: pd.DataFrame) -> Figure:
    """d_LLV and d_SVD when every embedding is multiplied by one factor.

    Args:
        table: columns model (name), factor, d_llv, d_fg.
    """
    names = list(dict.fromkeys(table["model"]))
    looks = line_styles(len(names) + 1)
    with style():
        figure, ax = new_figure(width=5.6, height=3.6)
        for look, name in zip(looks, names, strict=False):
            own = _rows(table, model=name)
            ax.plot(own["factor"], own["d_llv"], **look, markevery=4, label=f"{_LLV}, {name}")
        every = _rows(table)
        factors = sorted(set(every["factor"].tolist()))
        largest = [every["d_fg"][every["factor"] == factor].max() for factor in factors]
        ax.plot(factors, largest, **looks[-1], markevery=4, label=f"{_FG}, the larger of both")
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.set(xlabel="factor on the embeddings", ylabel="distance")
        legend_below(figure, *ax.get_legend_handles_labels(), columns=2)
    return figure


@draws
def rotation(table: pd.DataFrame) -> Figure:
    """What every measure says when embeddings and unembeddings are turned in opposite directions.

    Args:
        table: columns angle (degrees, between the two turned halves), cca_f, cca_g, d_llv, d_fg, d_kl, d_kl_reverse.
    """
    looks = line_styles(5)
    with style():
        figure, (left, right) = new_figure(1, 2, width=6.0, height=3.7)
        for look, column, name in (
            (looks[0], "cca_f", "mean CCA of f"),
            (looks[1], "cca_g", "mean CCA of g"),
            (looks[2], "d_fg", _FG),
        ):
            left.plot(table["angle"], table[column], **look, markevery=4, label=name)
        right.plot(table["angle"], table["d_llv"], **looks[3], markevery=4, label=_LLV)
        right.plot(table["angle"], _larger_kl(table), **looks[4], markevery=4, label=_KL)
        left.set(title="representations", ylim=(-0.03, 1.06))
        right.set(title="distributions", ylim=(0, None))
        for ax in (left, right):
            ax.set_xlabel("angle between them (degrees)")
            ax.xaxis.set_major_locator(FixedLocator([0, 45, 90, 135, 180]))
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=1)
    return figure


@draws
def kl_against_llv(noisy: pd.DataFrame, permuted: pd.DataFrame) -> Figure:
    """d_KL against d_LLV for noisy copies, and the permuted circles of Theorem 3.1 as the exception.

    Args:
        noisy: columns rho, d_llv, d_kl, d_kl_reverse: copies of a model whose unembeddings have norm rho.
        permuted: the same columns: the permuted pair at this norm.
    """
    norms = sorted(set(_rows(noisy)["rho"].tolist()))
    colours, shapes = label_palette(len(norms)), markers(len(norms))
    with style():
        figure, ax = new_figure(width=5.8, height=4.2)
        for colour, shape, rho in zip(colours, shapes, norms, strict=True):
            own = _rows(noisy, rho=rho)
            ax.scatter(own["d_llv"], _larger_kl(own), s=16, color=colour, marker=shape, linewidths=0)
            pair = _rows(permuted, rho=rho)
            ax.scatter(
                pair["d_llv"],
                _larger_kl(pair),
                s=70,
                marker=shape,
                facecolors="none",
                edgecolors=colour,
                linewidths=2,
            )
            ax.scatter([], [], s=30, color=colour, marker=shape, linewidths=0, label=f"noise, ρ = {rho:g}")
        ax.scatter([], [], s=70, marker="o", facecolors="none", edgecolors="black", label="permuted circles")
        ax.set(xscale="log", yscale="log", xlabel=_LLV, ylabel=_KL)
        ax.set_xlim(right=2.2 * max(_rows(noisy)["d_llv"].max(), _rows(permuted)["d_llv"].max()))
        ax.grid(True)
        legend_below(figure, *ax.get_legend_handles_labels(), columns=3)
    return figure


@draws
def sampling(table: pd.DataFrame) -> Figure:
    """How d_LLV's two main terms settle as the number of inputs grows.

    Args:
        table: columns inputs, term (name), mean, spread (deviation over redraws of the inputs), one row for each
            number of inputs and term.
    """
    names = list(dict.fromkeys(table["term"]))
    looks = line_styles(len(names))
    with style():
        figure, (left, right) = new_figure(1, 2, width=6.0, height=3.4)
        for look, name in zip(looks, names, strict=True):
            own = _rows(table, term=name)
            left.plot(own["inputs"], own["mean"], **look, label=name)
            left.fill_between(
                own["inputs"],
                own["mean"] - own["spread"],
                own["mean"] + own["spread"],
                color=look["color"],
                alpha=0.25,
                linewidth=0,
            )
            right.plot(own["inputs"], own["spread"] / own["mean"], **look)
        left.set(title="mean ± deviation", ylabel="value", xscale="log", ylim=(0, None))
        right.set(title="deviation / mean", xscale="log", yscale="log")
        right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        right.yaxis.set_minor_formatter(NullFormatter())
        for ax in (left, right):
            ax.set_xlabel("inputs N")
            ax.xaxis.set_minor_formatter(NullFormatter())
            ax.xaxis.set_major_locator(FixedLocator(sorted(set(_rows(table)["inputs"].tolist()))))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.grid(True)
        legend_below(figure, *left.get_legend_handles_labels(), columns=2)
    return figure


def _rows(table: pd.DataFrame, **where: object) -> dict[str, np.ndarray]:
    """The columns of a table as arrays, of the rows that hold the values named."""
    chosen = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        chosen &= table[column].to_numpy() == value
    return {str(name): table[name].to_numpy()[chosen] for name in table.columns}


def _draw_bounds(ax: Axes, curves: pd.DataFrame) -> None:
    looks = line_styles(8)
    for column, look, name in (
        ("quadratic", looks[0], rf"$2\,${_LLV}²"),
        ("linear", looks[1], rf"$2M\,${_LLV}"),
    ):
        ax.plot(
            curves["d_llv"],
            curves[column],
            color="black",
            linestyle=look["linestyle"],
            linewidth=1.5,
            label=f"bound {name}",
        )


def _larger_kl(table: pd.DataFrame | dict[str, np.ndarray]) -> np.ndarray:
    """The larger direction of d_KL: models are close only if both directions are small."""
    return np.maximum(np.asarray(table["d_kl"]), np.asarray(table["d_kl_reverse"]))
