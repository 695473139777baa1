"""Figures of the chapter "Width" about single pairs: close and dissimilar ones, and which distance tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import legend_below
from repsim_core.figures.style import INK, edges, label_palette, markers, new_figure, new_panels, style, xy

__all__ = ["both_directions", "one_on_the_other"]

_WIDTH = 6.0
# nats
_LEAST = 1e-9


@draws
def both_directions(pairs: pd.DataFrame, close: float, dissimilar: float) -> Figure:
    """d_KL of pairs one way against the other way; a panel for each number of labels.

    Args:
        pairs: columns classes, d_kl, d_kl_reverse (nats), mean_cca.
        close: the divergence below which a pair is close; the square holds the pairs that are close both ways.
        dissimilar: pairs with a mean CCA below this have a colour and a shape of their own.
    """
    counts = sorted(set(pairs["classes"].tolist()))
    # Equal distributions have no place on a logarithmic axis.
    one_way, other_way = (
        np.maximum(pairs[name].to_numpy(dtype=float), _LEAST) for name in ("d_kl", "d_kl_reverse")
    )
    least = min(one_way.min(), other_way.min(), close) / 1.5
    most = max(one_way.max(), other_way.max(), close) * 1.5
    below = pairs["mean_cca"].to_numpy(dtype=float) < dissimilar
    looks: list[tuple[np.ndarray, str, dict[str, Any]]] = [
        (~below, "at least", {"s": 9, "color": label_palette(1)[0], "marker": "o", "alpha": 0.7}),
        (below, "below", {"s": 20, "color": label_palette(2)[1], "marker": "X", "alpha": 0.9}),
    ]
    with style():
        figure, panels = new_panels(
            len(counts),
            width=_WIDTH / 2 if len(counts) > 1 else 3.6,
            height=2.9,
            below=0.6,
            sharex=True,
            sharey=True,
        )
        for ax, count in zip(panels, counts, strict=True):
            own = (pairs["classes"] == count).to_numpy()
            for kind, _, look in looks:
                ax.scatter(one_way[own & kind], other_way[own & kind], linewidths=0, **look)
            side = close - least
            ax.add_patch(Rectangle((least, least), side, side, fill=False, edgecolor=INK, linewidth=1.2))
            ax.set(xscale="log", yscale="log", xlim=(least, most), ylim=(least, most), title=f"K = {count}")
            ax.set_aspect("equal")
        for ax in panels:
            first, last = edges(ax)
            ax.set_xlabel(r"$d_{\mathrm{KL}}$, nats" if last else "")
            ax.set_ylabel(r"$d_{\mathrm{KL}}$, reverse" if first else "")
        handles = [
            panels[0].scatter(
                [],
                [],
                linewidths=0,
                label=f"mean CCA {word} {dissimilar:g}",
                **{**look, "s": 34, "alpha": 1.0},
            )
            for _, word, look in looks
        ]
        legend_below(figure, handles, columns=2)
    return figure


@draws
def one_on_the_other(points: pd.DataFrame, names: tuple[str, str], joined: int) -> Figure:
    """Embeddings of the same inputs in two models, and those of the second after an affine map onto the first.

    Args:
        points: a row an input: label (the true one), x, y in the first model, other_x, other_y in the second, mapped_x,
            mapped_y after the map.
        names: of the models.
        joined: how many of the first rows are joined to where the map takes them.

    The few points far outside are not drawn.
    """
    labels = points["label"].tolist()
    colours, shapes = label_palette(1 + max(labels)), markers(1 + max(labels))
    first, second, mapped = (xy(points, f"{end}x", f"{end}y") for end in ("", "other_", "mapped_"))
    with style():
        figure, axes = new_figure(1, 3, width=_WIDTH + 0.6, height=2.9)
        for ax, places, title in zip(
            axes, (first, second, first), (*names, f"{names[1]},\nmapped onto {names[0]}"), strict=True
        ):
            moved = places if ax is not axes[2] else mapped
            if ax is axes[2]:
                for start, end in zip(mapped[:joined], first[:joined], strict=True):
                    ax.plot(*np.array([start, end]).T, color=INK, linewidth=0.6, alpha=0.5)
                ax.scatter(*first.T, s=5, color=INK, alpha=0.3, linewidths=0)
            for label in sorted(set(labels)):
                own = moved[np.array(labels) == label]
                ax.scatter(*own.T, s=12, color=colours[label], marker=shapes[label], alpha=0.75, linewidths=0)
            ax.set_title(title, fontsize=11)
            _square(ax, np.vstack([places, moved]))
        handles = [
            axes[0].scatter([], [], s=30, color=colours[i], marker=shapes[i], label=str(i))
            for i in sorted(set(labels))
        ]
        legend_below(figure, handles, columns=min(len(handles), 9), title="label", title_fontsize=10)
    return figure


def _square(ax: Axes, places: np.ndarray) -> None:
    """A frame as wide as high around all but the outermost of these points, without numbers: units differ by model."""
    low, high = np.quantile(places, [0.005, 0.995], axis=0)
    middle, half = (low + high) / 2, 0.58 * float((high - low).max())
    ax.set(
        xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half), aspect="equal"
    )
    ax.set(xticks=[], yticks=[])
