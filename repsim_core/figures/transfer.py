"""Figures of the chapter "Transfer" about probes: tidy tables in, a matplotlib figure out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.short_scales import plain_log
from repsim_core.figures.style import (
    INK,
    MODEL_COLORS,
    edges,
    label_palette,
    line_styles,
    markers,
    new_figure,
    new_panels,
    style,
)

__all__ = ["NAMES", "bound_against_error", "carried_values", "explained_by_task"]

# What measures are called in figures.
NAMES = {
    "farther_kl": r"$d_{\mathrm{KL}}$, larger way",
    "d_llv": r"$d_{\mathrm{LLV}}$",
    "ratio_distance": r"$\delta$",
    "d_logit": r"$d_{\mathrm{logit}}$",
    "d_svd": r"$d_{\mathrm{SVD}}$",
    "cca_loss": "1 − mean CCA",
    "cka_loss": "1 − CKA",
    "bound": r"$\beta$ over deviation",
    "larger_error": "larger error",
    "own_r2": r"$R^2$ before",
}
_WIDTH = 7.2


@draws
def bound_against_error(points: pd.DataFrame, *, error: str = "error") -> Figure:
    """A bound against an error of carried probes, both over the probe's deviation, on logarithmic axes: a panel for
    each kind of networks, a colour a dimension.

    Args:
        points: columns panel, dim, error, bound; a mark each.
        error: which one, the name of the axis.
    """
    panels, dims = list(dict.fromkeys(points["panel"])), sorted(set(points["dim"].tolist()))
    looks = dict(zip(dims, line_styles(len(dims)), strict=True))
    low = float(points["error"].min()) / 1.3
    top = float(points["bound"].max()) * 1.3
    line = np.array([low, max(top, 1.5)])
    with style():
        figure, axes = new_panels(
            len(panels),
            columns=len(panels),
            width=_WIDTH / len(panels),
            height=3.0,
            below=0.4,
            sharey=not is_narrow(),
        )
        for ax, panel in zip(axes, panels, strict=True):
            ax.plot(line, line, color=INK, linewidth=1.2, label=f"bound = {error}")
            ax.axhline(1, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="error of a constant")
            for dim, look in looks.items():
                own = points[(points["panel"] == panel) & (points["dim"] == dim)]
                ax.scatter(
                    own["error"],
                    own["bound"],
                    s=9,
                    color=look["color"],
                    marker=look["marker"],
                    alpha=0.55,
                    linewidths=0,
                )
                ax.scatter(
                    [], [], s=36, color=look["color"], marker=look["marker"], linewidths=0, label=f"M = {dim}"
                )
            ax.set(xscale="log", yscale="log", title=panel, xlabel=error)
            ax.set(xlim=(low, max(float(points["error"].max()), 1.0) * 1.15), ylim=(low, line[1]))
            for axis in (ax.xaxis, ax.yaxis):
                plain_log(axis)
            if edges(ax)[0]:
                ax.set_ylabel("bound")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=5)
    return figure


@draws
def explained_by_task(tasks: pd.DataFrame) -> Figure:
    """What a probe explains of each task on its own network, carried over, and fitted on the other: a panel for each
    set of networks.

    Args:
        tasks: columns set, task, own_r2, r2; a row of marks each, from top to bottom.
    """
    sets, names = list(dict.fromkeys(tasks["set"])), list(dict.fromkeys(tasks["task"]))
    before, after = MODEL_COLORS
    values = tasks[["own_r2", "r2"]].to_numpy(dtype=float)
    limits = min(float(values.min()), 0.0) - 0.03, float(values.max()) + 0.05
    with style():
        figure, axes = new_panels(
            len(sets),
            columns=len(sets),
            width=_WIDTH / len(sets) if len(sets) > 1 else 5.4,
            height=0.8 + 0.27 * len(names),
            below=0.4,
            sharey=not is_narrow(),
        )
        for ax, words in zip(axes, sets, strict=True):
            own = tasks[tasks["set"] == words].set_index("task").reindex(names)
            height = np.arange(len(names))
            ax.axvline(0, color=INK, linewidth=0.8, alpha=0.5)
            ax.hlines(height, own["r2"], own["own_r2"], color=INK, linewidth=1.0, alpha=0.5)
            ax.scatter(
                own["own_r2"], height, s=44, color=before, marker="o", linewidths=0, label="own network"
            )
            ax.scatter(
                own["r2"],
                height,
                s=40,
                facecolors="none",
                edgecolors=after,
                marker="s",
                linewidths=1.8,
                label="carried over",
            )
            ax.set(xlim=limits, ylim=(len(names) - 0.4, -0.6), title=words)
            ax.set_yticks(height, names)
            ax.tick_params(axis="y", length=0, labelleft=edges(ax)[0])
            ax.set_xlabel(r"$R^2$" if edges(ax)[1] else "")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def carried_values(
    values: pd.DataFrame, parts: pd.DataFrame, chain: Mapping[str, float], names: Mapping[int, str]
) -> Figure:
    """A probe's values on both networks, and what its bound is the sum of.

    Args:
        values: columns own, carried; a mark an input.
        parts: columns label, part; a bar each, from top to bottom.
        chain: rms, beta and deviation of the probe; a line each in the second panel.
        names: of the labels.
    """
    first, second = MODEL_COLORS
    both = values[["own", "carried"]].to_numpy(dtype=float)
    ends = np.array([both.min(), both.max()])
    with style():
        figure, (left, right) = new_figure(1, 2, height=3.5)
        left.fill_between(
            ends, ends - chain["beta"], ends + chain["beta"], color=INK, alpha=0.1, linewidth=0, label="± β"
        )
        left.plot(ends, ends, color=INK, linewidth=1.0)
        left.scatter(values["own"], values["carried"], s=8, color=first, alpha=0.5, linewidths=0)
        left.set(xlabel="probe on its own network", ylabel="carried over", xlim=ends, ylim=ends)
        left.set_title("inputs held back, shaded ± β")
        height = np.arange(len(parts))
        starts = np.concatenate([[0.0], np.cumsum(parts["part"].to_numpy())[:-1]])
        right.barh(height, parts["part"], left=starts, height=0.6, color=label_palette(1)[0])
        looks = {"rms": ("error", markers(3)[0]), "deviation": ("constant", markers(3)[1])}
        for name, (words, shape) in looks.items():
            right.axvline(chain[name], color=second if name == "rms" else INK, linewidth=1.4)
            right.scatter(
                [chain[name]], [len(parts)], color=second if name == "rms" else INK, marker=shape, s=40
            )
            right.annotate(
                words,
                (chain[name], len(parts)),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
            )
        right.set_yticks(height, [names[label] for label in parts["label"]])
        right.set(ylim=(len(parts) + 0.6, -0.6), xlabel="error, in units of the probe")
        right.set_xlim(0, 1.25 * max(chain["beta"], chain["rms"], chain["deviation"]))
        right.set_title("the bound, on inputs of the fit")
        right.tick_params(axis="y", length=0)
    return figure
