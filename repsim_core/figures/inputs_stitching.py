"""Figures of stitched models: tidy tables in, a matplotlib figure out."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import legend_below
from repsim_core.figures.short_scales import plain_numbers
from repsim_core.figures.style import INK, edges, line_styles, new_panels, style

__all__ = ["fitted_inputs", "over_dimensions"]

_WIDTH = 7.2


@draws
def fitted_inputs(fitted: pd.DataFrame, levels: pd.DataFrame, *, fitted_name: str) -> Figure:
    """What a map says that was fitted on so many inputs, beside maps that needed none: a panel a group.

    Args:
        fitted: columns group, inputs, d_kl; a line.
        levels: columns group, kind, d_kl; a horizontal line each, the same kinds in every group.
        fitted_name: of the line.
    """
    groups, kinds = list(dict.fromkeys(fitted["group"])), list(dict.fromkeys(levels["kind"]))
    looks = line_styles(len(kinds) + 1)
    with style():
        figure, axes = new_panels(
            len(groups),
            columns=min(3, len(groups)),
            width=_WIDTH / min(3, len(groups)),
            height=2.5,
            below=0.6,
        )
        for ax, group in zip(axes, groups, strict=True):
            own = fitted[fitted["group"] == group]
            ax.plot(own["inputs"], own["d_kl"], label=fitted_name, **looks[0])
            for kind, look in zip(kinds, looks[1:], strict=True):
                level = levels[(levels["group"] == group) & (levels["kind"] == kind)]["d_kl"]
                ax.axhline(float(level.iloc[0]), label=kind, **{**look, "marker": ""})
            ax.set(xscale="log", yscale="log", title=group)
            plain_numbers(ax.yaxis, *ax.get_ylim())
            left, last = edges(ax)
            ax.set_xlabel("inputs trained on" if last else "")
            ax.set_ylabel(r"$d_{\mathrm{KL}}$, nats" if left else "")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def over_dimensions(table: pd.DataFrame) -> Figure:
    """Condition and divergence of stitched models over their dimension, by how the map was found.

    Args:
        table: columns dim, kind, condition (NaN where a map has none), d_kl.
    """
    kinds = list(dict.fromkeys(table["kind"]))
    with style():
        figure, axes = new_panels(2, columns=2, width=_WIDTH / 2, height=2.8, below=0.5)
        for ax, column, name in zip(
            axes, ("condition", "d_kl"), ("condition", r"$d_{\mathrm{KL}}$, nats"), strict=True
        ):
            for kind, look in zip(kinds, line_styles(len(kinds)), strict=True):
                own = table[(table["kind"] == kind) & table[column].notna()]
                if len(own):
                    ax.plot(own["dim"], own[column], **look)
                ax.plot([], [], label=kind, **look)
            ax.set(xscale="log", yscale="log", xlabel="M", title=name)
            ticks = sorted(table["dim"].unique())
            ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            ax.minorticks_off()
            ax.grid(axis="y", color=INK, alpha=0.12)
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=2)
    return figure
