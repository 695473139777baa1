"""The figure of the chapter "CIFAR-10" in which readers go back through a training: all seeds in one frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow
from repsim_core.figures.style import label_palette, line_styles

__all__ = ["rings_in_training"]

# Whole numbers that the page carries: of a radius, and of a radian.
_UNITS = 200
_RADIAN = 1000
# Radii of the rings of letters: from the innermost to the outermost.
_FIRST, _LAST = 1.14, 1.86
# Half the width of a panel, in radii.
_ACROSS = 2.0
# Pixels between panels, and the height of the curves.
_APART = 18
_LOW = 130


@draws
def rings_in_training(
    angles: pd.DataFrame,
    dots: pd.DataFrame,
    progress: pd.DataFrame,
    letters: Sequence[str],
    titles: Mapping[int, str],
) -> Any:
    """Where each class stands in many seeds, after so many steps: a ring of letters for each seed, a slider for steps.

    Args:
        angles: columns panel, ring (from 0, the innermost), step, label, angle (radians): the direction of a class's
            mean embedding.
        dots: columns panel, step, point, label (true), x, y: embeddings of one seed of each panel, most of them in a
            circle of radius 1.
        progress: columns step, accuracy (mean), decided (number of seeds with their final order), seeds; a row for
            each step of the others, in their order.
        letters: of the labels.
        titles: of the panels.

    Returns:
        An Altair chart.
    """
    steps = progress["step"].tolist()
    last = len(steps) - 1
    chosen = alt.param(
        "chosen", value=last, bind=alt.binding_range(min=0, max=last, step=1, name="snapshot ")
    )
    side = 218 if is_narrow() else 288
    panels = [
        _panel(angles[angles["panel"] == panel], dots[dots["panel"] == panel], letters, side, title)
        for panel, title in titles.items()
    ]
    beside = alt.concat(*panels, columns=1 if is_narrow() else 2, spacing={"row": 20, "column": _APART})
    width = side if is_narrow() else 2 * side + _APART
    return alt.vconcat(beside, _progress(progress, width), spacing=26).add_params(chosen)


def _panel(angles: pd.DataFrame, dots: pd.DataFrame, letters: Sequence[str], side: int, title: str) -> Any:
    """The dots of one seed, and around them the letters of all."""
    rings = 1 + int(angles["ring"].to_numpy().max())
    apart = (_LAST - _FIRST) / max(rings - 1, 1)
    places = [
        {
            "k": int(label),
            "r": int(ring),
            "a": np.rint(_RADIAN * own["angle"].to_numpy()).astype(int).tolist(),
        }
        for (ring, label), own in angles.groupby(["ring", "label"])
    ]
    clouds = [
        {
            "k": int(own["label"].iloc[0]),
            "f": np.rint(_UNITS * own[["x", "y"]].to_numpy()).astype(int).ravel().tolist(),
        }
        for _, own in dots.groupby("point")
    ]
    colour = alt.Color(
        "k:N",
        legend=None,
        scale=alt.Scale(domain=list(range(len(letters))), range=label_palette(len(letters))),
    )
    scale = alt.Scale(domain=[-_ACROSS, _ACROSS], nice=False, zero=False)
    x, y = alt.X("u:Q", scale=scale, axis=None), alt.Y("v:Q", scale=scale, axis=None)
    cloud = (
        alt.Chart(alt.Data(values=clouds))
        .transform_calculate(
            u=f"datum.f[2 * chosen] / {_UNITS}",
            v=f"datum.f[2 * chosen + 1] / {_UNITS}",
        )
        .mark_circle(size=12, opacity=0.6, clip=True)
        .encode(x=x, y=y, color=colour)
    )
    radius = f"({_FIRST} + {apart:.4g} * datum.r)"
    names = (
        alt.Chart(alt.Data(values=places))
        .transform_calculate(
            u=f"{radius} * cos(datum.a[chosen] / {_RADIAN})",
            v=f"{radius} * sin(datum.a[chosen] / {_RADIAN})",
            letter=f"{list(letters)}[datum.k]",
        )
        .mark_text(fontSize=11 if rings <= 6 else 9, fontWeight="bold")
        .encode(x=x, y=y, color=colour, text="letter:N")
    )
    # In a narrow column a title has a line for what is before its colon.
    lines = title.replace(": ", ":\n").split("\n") if is_narrow() else title
    return alt.layer(cloud, names).properties(width=side, height=side, title=alt.Title(lines))


def _progress(progress: pd.DataFrame, width: int) -> Any:
    """How many seeds have their final order, and how accurate they are; a sentence on the chosen snapshot."""
    table = progress.assign(
        place=range(len(progress)),
        share=progress["decided"] / progress["seeds"],
        name=_named(progress["step"]),
    ).round(4)
    total = int(progress["step"].iloc[-1])
    shown = ["place", "step", "accuracy", "decided", "seeds", "share"]
    base = alt.Chart(alt.Data(values=table[shown].to_dict("records")))
    here = base.transform_filter("datum.place == chosen")
    names = f"{table['name'].tolist()}"
    x = alt.X(
        "place:Q",
        title="steps of training",
        scale=alt.Scale(domain=[0, len(table) - 1], nice=False),
        axis=alt.Axis(values=list(range(len(table))), labelExpr=f"{names}[datum.value]", grid=True),
    )

    def up(name: str) -> alt.Y:
        axis = alt.Axis(format="%", tickCount=3)
        return alt.Y(f"{name}:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=axis)

    order, score = (each["color"] for each in line_styles(2))
    begun = f"'After ' + format(datum.step, ',') + ' of {total:,} steps: '"
    words = "datum.decided + ' of ' + datum.seeds + ' seeds have their final order'"
    more = "'test accuracy ' + format(datum.accuracy, '.0%')"
    place = {"align": "left", "baseline": "top", "fontSize": 12 if is_narrow() else 13}
    apart = [begun, words, more] if is_narrow() else [f"{begun} + {words} + ', ' + {more}"]
    lines = [
        here.transform_calculate(words=each)
        .mark_text(**place)
        .encode(x=alt.value(-30), y=alt.value(-18 * (len(apart) - number) - 6), text="words:N")
        .properties(name=name)
        for number, (name, each) in enumerate(
            zip(("spoken_steps", "spoken_orders", "spoken_accuracy"), apart, strict=False)
        )
    ]
    ends = base.transform_filter(f"datum.place == {len(table) - 1}")
    label = {"align": "right", "fontSize": 12, "fontWeight": "bold"}
    return alt.layer(
        base.mark_line(color=order, strokeWidth=2.5).encode(x=x, y=up("share")),
        base.mark_line(color=score, strokeWidth=2.5, strokeDash=[6, 3]).encode(x=x, y=up("accuracy")),
        here.mark_rule(opacity=0.5).encode(x=x),
        here.mark_point(size=90, filled=True, color=order, opacity=1).encode(x=x, y=up("share")),
        here.mark_point(size=90, filled=True, shape="square", color=score, opacity=1).encode(
            x=x, y=up("accuracy")
        ),
        ends.transform_calculate(words="'final order'")
        .mark_text(**label, dy=12, baseline="top", color=order)
        .encode(x=x, y=up("share"), text="words:N"),
        ends.transform_calculate(words="'accuracy'")
        .mark_text(**label, dy=8, baseline="top", color=score)
        .encode(x=x, y=up("accuracy"), text="words:N"),
        *lines,
    ).properties(width=width, height=_LOW)


def _named(steps: pd.Series) -> list[str]:
    """Numbers of steps that fit under an axis: 300, 1k, 20k."""
    return [
        str(step) if step < 1000 or math.fmod(step, 100) else f"{step / 1000:g}k" for step in steps.tolist()
    ]
