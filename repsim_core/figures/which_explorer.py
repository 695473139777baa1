"""The interactive figure of the chapter "Which distance tells?": point at a pair, see its two arrangements, aligned."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow
from repsim_core.figures.raised import axis_labels
from repsim_core.figures.style import label_palette

__all__ = ["arrangements", "explorer"]

# Of a line, in a narrow column.
_LETTERS = 32
# Half the side of a panel, in the whole numbers that the page carries.
_UNITS = 400


def arrangements(
    target: np.ndarray, mapped: np.ndarray, labels: np.ndarray, *, points: int
) -> list[dict[str, Any]]:
    """The same inputs in two models, in one frame and in whole numbers, evenly by label.

    Args:
        target: embeddings of the first model, shape (N, 2).
        mapped: those of the second after the map onto the first.
        labels: the true ones.
        points: about how many inputs to take.

    Returns:
        For each input its label k and, in f, the coordinates x, y in the first and u, v in the second model.
    """
    low, high = np.quantile(target, [0.01, 0.99], axis=0)
    middle, half = (low + high) / 2, max(0.55 * float((high - low).max()), 1e-300)
    both = np.hstack([(each - middle) / half * _UNITS for each in (target, mapped)])
    each_label = max(1, points // len(np.unique(labels)))
    places = np.concatenate([np.flatnonzero(labels == label)[:each_label] for label in np.unique(labels)])
    whole = np.rint(np.clip(both[places], -4 * _UNITS, 4 * _UNITS)).astype(int)
    return [
        {"k": int(label), "f": four}
        for label, four in zip(labels[places].tolist(), whole.tolist(), strict=True)
    ]


@draws
def explorer(
    pairs: pd.DataFrame,
    points: Mapping[int, list[dict[str, Any]]],
    measures: Mapping[str, str],
    *,
    first: int,
) -> alt.VConcatChart:
    """Pairs by a measure that the reader chooses and by how unlike they are; the pair pointed at, in two panels.

    The browser draws the second model's arrangement over the first's frame, with a line from each input's place in the
    one to its place in the other.

    Args:
        pairs: a row a pair: number (1, 2, ...), cca_loss, words, second (words of a second line), a column a measure.
        points: by number, from `arrangements`.
        measures: what the menu offers: what a measure is called, by column.
        first: the number to begin with.
    """
    names = list(measures.values())
    by = alt.param(name="by", value=names[0], bind=alt.binding_select(options=names, name="distance "))
    # The slider serves those who point at nothing.
    pair = alt.selection_point(
        name="pair",
        fields=["number"],
        value=[{"number": first}],
        bind=alt.binding_range(min=1, max=len(pairs), step=1, name="pair "),
        on="pointerover",
        clear=False,
        toggle=False,
        nearest=True,
    )
    narrow = is_narrow()
    width, side = (180, 180) if narrow else (560, 262)
    table = pairs.map(lambda value: float(f"{value:.4g}") if isinstance(value, float) else value)
    table = table.rename(columns=dict(measures))
    spoken = ("words", "second")
    if narrow:
        table = table.assign(**{name: table[name].map(_in_lines) for name in spoken})
    rows = [int(table[name].str.count("\n").max()) + 1 for name in spoken]
    base = alt.Chart(table).transform_calculate(distance="datum[by]")
    x = alt.X("distance:Q", title="the distance chosen", scale=alt.Scale(type="log", nice=False, padding=12))
    y = alt.Y("cca_loss:Q", title="1 − mean CCA", scale=alt.Scale(type="log", nice=False, padding=12))
    axis = {"format": "~g", "labelExpr": axis_labels(), "tickCount": 5, "grid": True}
    x, y = x.axis(**axis), y.axis(**axis)
    shown = "datum.number == pair_number"
    colours = label_palette(2)
    dots = base.mark_circle(size=70, opacity=0.55, color=colours[0]).encode(x=x, y=y).add_params(pair)
    ring = (
        base.transform_filter(shown)
        .mark_point(size=190, strokeWidth=3, color=colours[1], opacity=1)
        .encode(x=x, y=y)
    )
    scatter = alt.layer(dots, ring).properties(width=width, height=190)
    # In a view of their own: a named layer beside the dots would take over their pointer.
    said = alt.layer(
        *(
            base.transform_filter(shown)
            .mark_text(
                align="left", baseline="top", fontSize=11 if narrow else 13, lineBreak="\n", lineHeight=15
            )
            .encode(x=alt.value(-30 if narrow else 0), y=alt.value(18 * sum(rows[:i])), text=f"{name}:N")
            .properties(name=f"spoken_{name}")
            for i, name in enumerate(spoken)
        )
    ).properties(width=width, height=18 * sum(rows))
    panels = alt.concat(
        _panel(points, 0, shown, "the first network", side),
        _panel(
            points, 1, shown, "the second, mapped" if narrow else "the second, mapped onto the first", side
        ),
        columns=1 if narrow else 2,
        spacing=18,
    )
    return alt.vconcat(scatter, said, panels, spacing=14).add_params(by)


def _in_lines(words: str) -> str:
    """A sentence in lines for a narrow column."""
    return "\n".join(wrap(words, _LETTERS))


def _panel(points: Mapping[int, list[dict[str, Any]]], model: int, shown: str, title: str, side: int) -> Any:
    """One arrangement of the chosen pair."""
    data = [{"number": int(number), "p": listed} for number, listed in points.items()]
    count = 1 + max(point["k"] for listed in points.values() for point in listed)
    frame = alt.Scale(domain=[-_UNITS, _UNITS], nice=False, zero=False)
    base = (
        alt.Chart(alt.Data(values=data))
        .transform_filter(shown)
        .transform_flatten(["p"])
        .transform_calculate(
            k="datum.p.k", x="datum.p.f[0]", y="datum.p.f[1]", u="datum.p.f[2]", v="datum.p.f[3]"
        )
    )
    here = ("x", "y") if model == 0 else ("u", "v")
    place = {
        "x": alt.X(f"{here[0]}:Q", scale=frame, axis=None),
        "y": alt.Y(f"{here[1]}:Q", scale=frame, axis=None),
    }
    colour = alt.Color(
        "k:N", legend=None, scale=alt.Scale(domain=list(range(count)), range=label_palette(count))
    )
    layers = []
    if model == 1:
        start = {"x": alt.X("x:Q", scale=frame, axis=None), "y": alt.Y("y:Q", scale=frame, axis=None)}
        rules = base.mark_rule(opacity=0.3, strokeWidth=1, clip=True)
        layers.append(rules.encode(**start, x2="u:Q", y2="v:Q"))
    layers.append(base.mark_text(fontSize=12, clip=True).encode(**place, color=colour, text="k:N"))
    return alt.layer(*layers).properties(width=side, height=side, title=title)
