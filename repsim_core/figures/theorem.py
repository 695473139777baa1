"""Figures of the chapter "Theorem": the same predictions, other arrangements."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import legend_below
from repsim_core.figures.style import MODEL_COLORS, label_palette, line_styles, markers, new_figure, style

__all__ = ["arrangements", "measures", "permutation_spread", "probes", "rate"]

# The radius at which the embeddings lie.
_RING = 2.0
# Inches of two panels: narrow enough to stay legible on a phone.
_WIDTH = 5.8
# The drawn length of an unembedding.
_ARROW = 1.3


@draws
def arrangements(points: pd.DataFrame, directions: pd.DataFrame) -> Figure:
    """The embeddings of two models side by side, with the unembeddings' directions and the walk 0, 1, ..., K - 1, 0.

    Args:
        points: embeddings; columns model (1 or 2), label, x, y. A few dozen a label are enough.
        directions: unit vectors of the unembeddings; columns model, label, x, y, sorted by label.
    """
    with style():
        figure, axes = new_figure(1, 2, width=_WIDTH, height=3.2, beside=True, sharex=True, sharey=True)
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


@draws
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


@draws
def measures(table: pd.DataFrame, paper: pd.DataFrame | None = None) -> Figure:
    """Table 1 as a picture: d_KL falls in both directions, nothing else moves.

    Args:
        table: columns rho, d_kl, d_kl_reverse, d_llv, mean_cca, max_d_svd_f.
        paper: the same columns without d_kl_reverse, drawn as rings; None for none.
    """
    with style():
        figure, (left, right) = new_figure(1, 2, width=_WIDTH, height=3.5)
        lines = line_styles(5)
        every = max(1, len(table) // 10)
        left.semilogy(table["rho"], table["d_kl"], label="model 1 to 2", markevery=every, **lines[0])
        left.semilogy(table["rho"], table["d_kl_reverse"], label="model 2 to 1", markevery=every, **lines[4])
        left.set(xlabel=r"norm $\rho$", title=r"$d_{\mathrm{KL}}$ [nats]")
        shown = {
            "d_llv": r"$d_{\mathrm{LLV}}$",
            "max_d_svd_f": r"largest $d_{\mathrm{SVD}}$ of $\mathbf{f}$",
            "mean_cca": r"mean CCA of $\mathbf{f}$",
        }
        for line, (name, text) in zip(lines[1:4], shown.items(), strict=True):
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


@draws
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


@draws
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
                axis.scatter(cloud["x"], cloud["y"], s=9, color=colours[label], alpha=0.7, linewidths=0)
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
            Line2D([], [], color=ink, marker="o", markersize=4, linestyle="none", alpha=0.7),
            Line2D([], [], color=ink, marker="s", markersize=6, linestyle="none"),
        ]
        names = [r"embeddings $\mathbf{f}\,'(x)$", r"what the probe makes of $\mathbf{f}(x)$"]
        legend_below(figure, handles, names, columns=2)
    return figure
