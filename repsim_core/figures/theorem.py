"""Figures of the chapter "Theorem": the same predictions, other arrangements."""

from __future__ import annotations

from typing import Any

import altair as alt
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repsim_core.figures.style import MODEL_COLORS, label_palette, line_styles, markers, new_figure, style

__all__ = ["arrangements", "measures", "permutation_spread", "probes", "rate", "turn_the_knob"]

_RING = 2.0  # where the embeddings lie
_WIDTH = 5.8  # inches of two panels: narrow enough to stay legible on a phone
_ARROW = 1.3  # drawn length of an unembedding


def arrangements(points: pd.DataFrame, directions: pd.DataFrame) -> Figure:
    """The embeddings of two models side by side, with the unembeddings' directions and the walk 0, 1, ..., K - 1, 0.

    Args:
        points: embeddings; columns model (1 or 2), label, x, y. A few dozen a label are enough.
        directions: unit vectors of the unembeddings; columns model, label, x, y, sorted by label.
    """
    with style():
        figure, axes = new_figure(1, 2, width=_WIDTH, height=3.2, sharex=True, sharey=True)
        classes = len(np.unique(directions["label"]))
        colours = label_palette(classes)
        for number, axis in enumerate(axes, start=1):
            mine = directions[directions["model"] == number]
            walk = mine.iloc[[*range(classes), 0]] * _RING
            axis.plot(walk["x"], walk["y"], color=mpl.rcParams["text.color"], alpha=0.35, linewidth=1.0)
            for label, x, y in zip(mine["label"], mine["x"], mine["y"], strict=True):
                colour = colours[int(label)]
                cluster = points[(points["model"] == number) & (points["label"] == label)]
                axis.scatter(cluster["x"], cluster["y"], s=9, color=colour, linewidths=0)
                axis.annotate(
                    "",
                    xy=(_ARROW * x, _ARROW * y),
                    xytext=(0, 0),
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": colour,
                        "linewidth": 1.4,
                        "shrinkA": 0,
                        "shrinkB": 0,
                    },
                )
                axis.text(
                    1.2 * _RING * x, 1.2 * _RING * y, str(int(label)), ha="center", va="center", size=12
                )
            axis.set_title(f"Model {number}")
            axis.set_aspect("equal")
            axis.set_axis_off()
        axes[0].set(xlim=(-2.75, 2.75), ylim=(-2.75, 2.75))
    return figure


def permutation_spread(r2: np.ndarray, *, mean: float, chosen: float, classes: int) -> Figure:
    """How much of one arrangement a linear map explains, over many permutations of the labels.

    Args:
        r2: mean squared canonical correlation of each permutation, shape (n,), from 0 to 1.
        mean: its expectation over all permutations.
        chosen: the value of the permutation in use.
        classes: K.
    """
    with style():
        figure, axis = new_figure(height=3.0, width=5.6)
        blue, vermilion = MODEL_COLORS
        shares, edges = np.histogram(r2, bins=np.linspace(0.0, 1.0, 41))
        axis.stairs(100 * shares / len(r2), edges, fill=True, color=blue, alpha=0.75)
        top = 1.45 * axis.get_ylim()[1]
        axis.set_ylim(0, top)
        dashed = {"color": mpl.rcParams["text.color"], "linestyle": (0, (5, 2)), "linewidth": 1.4}
        for height, value, text, line in (
            (0.86, mean, "average", dashed),
            (0.99, chosen, "this chapter's permutation", {"color": vermilion, "linewidth": 2.2}),
        ):
            axis.plot([value, value], [0, height * top], **line)
            left = value < 0.5
            axis.text(
                value + (0.015 if left else -0.015),
                height * top,
                f"{text}: {value:.3f}",
                ha="left" if left else "right",
                va="top",
            )
        axis.set(
            xlim=(-0.02, 1.02),
            xlabel="mean squared canonical correlation",
            ylabel="share of permutations [%]",
            title=f"Permutations of K = {classes} directions in the plane",
        )
    return figure


def measures(table: pd.DataFrame, paper: pd.DataFrame | None = None) -> Figure:
    """Table 1 as a picture: d_KL falls, nothing else moves.

    Args:
        table: columns rho, d_kl, d_llv, mean_cca, max_d_svd_f.
        paper: the same columns, drawn as rings; None for none.
    """
    with style():
        figure, (left, right) = new_figure(1, 2, width=_WIDTH, height=3.5)
        lines = line_styles(4)
        every = max(1, len(table) // 10)
        left.semilogy(table["rho"], table["d_kl"], markevery=every, **lines[0])
        left.set(xlabel=r"norm $\rho$", title=r"$d_{\mathrm{KL}}$ [nats]")
        shown = {
            "d_llv": r"$d_{\mathrm{LLV}}$",
            "max_d_svd_f": r"largest $d_{\mathrm{SVD}}$ of $\mathbf{f}$",
            "mean_cca": r"mean CCA of $\mathbf{f}$",
        }
        for line, (name, text) in zip(lines[1:], shown.items(), strict=True):
            right.plot(table["rho"], table[name], label=text, markevery=every, **line)
        right.set(xlabel=r"norm $\rho$", title="everything else")
        bottom, top = right.get_ylim()
        right.set_ylim(min(bottom, -0.05), top + 0.45 * (top - min(bottom, -0.05)))
        if paper is not None:
            ring = {
                "marker": "o",
                "markersize": 11,
                "fillstyle": "none",
                "linestyle": "none",
                "linewidth": 1.2,
            }
            ink = mpl.rcParams["text.color"]
            left.plot(paper["rho"], paper["d_kl"], color=ink, label="the paper's code", **ring)
            for name in shown:
                right.plot(paper["rho"], paper[name], color=ink, **ring)
            left.legend(loc="lower left")
        right.legend(loc="upper right")
    return figure


def rate(table: pd.DataFrame, fit: tuple[float, float, float, float]) -> Figure:
    """d_KL / rho beside the leading-order prediction, the theorem's bound and a fitted line; and their ratio.

    Args:
        table: columns rho, d_kl, prediction, bound, and low, high: range of d_kl over redraws.
        fit: first and last rho of the fit, intercept and slope of log(d_kl / rho).
    """
    with style():
        figure, (left, right) = new_figure(1, 2, width=_WIDTH, height=3.5)
        lines = line_styles(4)
        ink = mpl.rcParams["text.color"]
        rho = table["rho"].to_numpy()
        plain = [{**line, "marker": ""} for line in lines]
        left.semilogy(rho, table["bound"] / rho, label="bound (theorem)", **plain[1])
        left.semilogy(rho, table["prediction"] / rho, label="leading order", **{**plain[2], "linestyle": "-"})
        left.semilogy(
            rho, table["d_kl"] / rho, color=lines[0]["color"], marker="o", linestyle="none", label="measured"
        )
        start, stop, intercept, slope = fit
        ends = np.array([start, stop])
        left.semilogy(ends, np.exp(intercept + slope * ends), color=ink, linewidth=1.2, label="fitted line")
        left.set(xlabel=r"$\rho$", title=r"$d_{\mathrm{KL}}/\rho$")
        handles, texts = left.get_legend_handles_labels()
        left.legend(
            [handles[i] for i in (2, 1, 3, 0)],
            [texts[i] for i in (2, 1, 3, 0)],
            loc="lower left",
            handlelength=1.8,
        )
        prediction = table["prediction"]
        right.axhline(1.0, color=ink, linewidth=0.9, alpha=0.5)
        right.fill_between(
            rho,
            table["low"] / prediction,
            table["high"] / prediction,
            color=lines[0]["color"],
            alpha=0.3,
            linewidth=0,
        )
        right.plot(rho, table["d_kl"] / prediction, color=lines[0]["color"], marker="o")
        right.set(xlabel=r"$\rho$", title="measured / leading order")
        right.set_ylim(bottom=0.0, top=1.15)
    return figure


def probes(true: pd.DataFrame, predicted: pd.DataFrame, r2: pd.DataFrame) -> Figure:
    """What a probe that reads model 1's embedding says about model 2's, for two kinds of probes.

    Args:
        true: model 2's embeddings; columns label, x, y.
        predicted: what the probes say; columns probe, label, x, y; `probe` is the highest harmonic it reads.
        r2: columns probe, r2; the panels' order and numbers.
    """
    with style():
        figure, axes = new_figure(1, 2, width=_WIDTH, height=3.6, sharex=True, sharey=True)
        classes = len(np.unique(true["label"]))
        colours, shapes = label_palette(classes), markers(classes)
        ink = mpl.rcParams["text.color"]
        for axis, probe, value in zip(axes, r2["probe"], r2["r2"], strict=True):
            said = predicted[predicted["probe"] == probe]
            for label in range(classes):
                cloud, guess = true[true["label"] == label], said[said["label"] == label]
                axis.scatter(cloud["x"], cloud["y"], s=9, color=colours[label], alpha=0.55, linewidths=0)
                axis.plot(
                    guess["x"],
                    guess["y"],
                    linestyle="none",
                    marker=shapes[label],
                    markersize=6,
                    color=colours[label],
                    markeredgecolor=ink,
                    markeredgewidth=0.6,
                )
                x, y = cloud["x"].mean(), cloud["y"].mean()
                axis.text(1.22 * x, 1.22 * y, str(label), ha="center", va="center", size=12)
            kind = "linear probe" if probe == 1 else f"harmonics up to {probe}"
            axis.set_title(kind)
            axis.text(0, -0.7, f"$R^2$ = {value:.4f}", ha="center", va="center")
            axis.set_aspect("equal")
            axis.set_axis_off()
        axes[0].set(xlim=(-2.75, 2.75), ylim=(-2.75, 2.75))
        handles = [
            Line2D([], [], color=ink, marker="o", markersize=4, linestyle="none", alpha=0.55),
            Line2D([], [], color=ink, marker="s", markersize=6, linestyle="none"),
        ]
        names = [r"embeddings $\mathbf{f}\,'(x)$", r"what the probe makes of $\mathbf{f}(x)$"]
        figure.legend(handles, names, loc="outside lower center", ncols=2)
    return figure


def turn_the_knob(cells: pd.DataFrame, curve: pd.DataFrame, *, step: float) -> alt.VConcatChart:
    """Two models under a slider for rho: where the probability goes, and what d_KL and d_LLV say of it.

    The browser computes every probability: exp(rho · score), normalised over the labels of an input.

    Args:
        cells: one row for each model, input class and label; columns model (1 or 2), input, label, score (f·v_y less
            its largest value), x, y (unit vector of the label's unembedding).
        curve: columns rho, d_kl, d_llv; rho rises in steps of `step`, which are the slider's.
        step: the slider's step.
    """
    classes = len(np.unique(cells["label"]))
    grid = curve["rho"].to_numpy()
    low, high, start = (float(grid[i]) for i in (0, -1, len(grid) // 10))
    rho = alt.param("rho", value=start, bind=alt.binding_range(min=low, max=high, step=step, name="norm ρ "))
    chosen = alt.param(
        "chosen", value=0, bind=alt.binding_range(min=0, max=classes - 1, step=1, name="input of class ")
    )
    table = (
        alt.Chart(cells.round(5))
        .transform_calculate(e="exp(rho * datum.score)")
        .transform_joinaggregate(total="sum(e)", groupby=["model", "input"])
        .transform_calculate(p="datum.e / datum.total", percent="format(datum.e / datum.total, '.1%')")
    )
    side = 185
    circles = [_circle(table, number, side) for number in (1, 2)]
    matrices = [_matrix(table, number, side, classes) for number in (1, 2)]
    top = alt.concat(*circles, *matrices, columns=2, spacing={"row": 22, "column": 18})
    top = top.resolve_scale(size="independent")
    chart = alt.vconcat(
        top, _curves(curve.map(lambda value: float(f"{value:.5g}")), table, step, 2 * side + 18), spacing=24
    )
    return chart.add_params(rho, chosen)


def _circle(table: Any, number: int, side: int) -> Any:
    """One model's labels at their directions, each a disc as large as its probability for the chosen input."""
    scale = alt.Scale(domain=[-1.5, 1.5], nice=False, zero=False)
    colour = MODEL_COLORS[number - 1]
    mine = table.transform_filter(f"datum.model == {number} && datum.input == chosen")
    at = {
        "x": alt.X("x:Q", scale=scale, axis=None),
        "y": alt.Y("y:Q", scale=scale, axis=None),
    }
    room = 500
    rings = mine.mark_point(size=room, color="currentColor", opacity=0.35, strokeWidth=1, filled=False)
    discs = mine.mark_point(filled=True, color=colour, opacity=0.85)
    names = mine.transform_calculate(tx="1.36 * datum.x", ty="1.36 * datum.y").mark_text(fontSize=13)
    arrow = (
        mine.transform_filter("datum.label == chosen")
        .transform_calculate(tx="0.78 * datum.x", ty="0.78 * datum.y", zero="0")
        .mark_rule(strokeWidth=2.5, color=colour)
    )
    hint = [alt.Tooltip("label:Q", title="label y"), alt.Tooltip("percent:N", title="p(y|x)")]
    size = alt.Size("p:Q", scale=alt.Scale(domain=[0, 1], range=[0, room], type="linear"), legend=None)
    return alt.layer(
        arrow.encode(
            x=alt.X("zero:Q", scale=scale, axis=None),
            y=alt.Y("zero:Q", scale=scale, axis=None),
            x2="tx:Q",
            y2="ty:Q",
        ),
        rings.encode(**at),
        discs.encode(**at, size=size, tooltip=hint),
        names.encode(
            x=alt.X("tx:Q", scale=scale, axis=None), y=alt.Y("ty:Q", scale=scale, axis=None), text="label:Q"
        ),
    ).properties(width=side, height=side, title=f"Model {number}")


def _matrix(table: Any, number: int, side: int, classes: int) -> Any:
    """p(y|x in class k) of one model as squares: the input's class downwards, the label rightwards."""
    mine = table.transform_filter(f"datum.model == {number}")
    room = (0.94 * side / classes) ** 2
    every = max(1, -(-classes // 10))
    axis = alt.Axis(
        labelAngle=0, ticks=False, domain=False, labelExpr=f"datum.value % {every} ? '' : datum.label"
    )
    x = alt.X("label:O", title="label y", axis=axis)
    y = alt.Y("input:O", title="class of the input x" if number == 1 else None, axis=axis)
    hint = [
        alt.Tooltip("input:Q", title="input of class"),
        alt.Tooltip("label:Q", title="label y"),
        alt.Tooltip("percent:N", title="p(y|x)"),
    ]
    squares = mine.mark_point(shape="square", filled=True, opacity=0.9, color=MODEL_COLORS[number - 1])
    row = mine.transform_filter("datum.input == chosen && datum.label == chosen").mark_rect(
        fill=None, stroke="currentColor", strokeWidth=1, opacity=0.45
    )
    size = alt.Size("p:Q", scale=alt.Scale(domain=[0, 1], range=[0, room], type="linear"), legend=None)
    return alt.layer(
        squares.encode(x=x, y=y, size=size, tooltip=hint),
        row.encode(y=y),
    ).properties(width=side, height=side, title=f"p(y|x), model {number}")


def _curves(curve: pd.DataFrame, table: Any, step: float, width: int) -> Any:
    """d_KL and d_LLV against rho, a marker at the slider's rho, and the numbers there."""
    base = alt.Chart(curve)
    here = base.transform_filter(f"abs(datum.rho - rho) < {0.5 * step:.6g}")
    span = [float(curve["rho"].to_numpy()[end]) for end in (0, -1)]
    x = alt.X("rho:Q", title="norm of the unembeddings ρ", scale=alt.Scale(domain=span, nice=False))
    axis = alt.Axis(format="~g", tickCount=6, grid=True)
    kl = alt.Y("d_kl:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    llv = alt.Y("d_llv:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    green = line_styles(3)[2]["color"]
    purple = label_palette(4)[3]
    words = (
        "'d_KL = ' + format(datum.d_kl, datum.d_kl < 0.001 ? '.1e' : '.3f') + ' nats,  '"
        " + 'd_LLV = ' + format(datum.d_llv, '.3f')"
    )
    small = "datum.largest < 0.0001 ? '< 0.0001' : format(datum.largest, '.4f')"
    gap = (
        table.transform_calculate(signed="datum.model == 1 ? datum.p : -datum.p")
        .transform_aggregate(difference="sum(signed)", groupby=["input", "label"])
        .transform_calculate(size="abs(datum.difference)")
        .transform_aggregate(largest="max(size)")
        .transform_calculate(words=f"'largest difference of a probability: ' + ({small})")
    )
    place = {"align": "left", "baseline": "top", "fontSize": 13}
    return alt.layer(
        base.mark_line(color=green, strokeWidth=2.5).encode(x=x, y=kl),
        base.mark_line(color=purple, strokeWidth=2.5, strokeDash=[6, 3]).encode(x=x, y=llv),
        here.mark_rule(opacity=0.5).encode(x=x),
        here.mark_point(size=110, filled=True, color=green, opacity=1).encode(x=x, y=kl),
        here.mark_point(size=110, filled=True, shape="square", color=purple, opacity=1).encode(x=x, y=llv),
        here.transform_calculate(words=words)
        .mark_text(**place)
        .encode(x=alt.value(4), y=alt.value(-38), text="words:N"),
        gap.mark_text(**place).encode(x=alt.value(4), y=alt.value(-20), text="words:N"),
    ).properties(width=width, height=170)
