"""The figure of the chapter "Theorem" that readers turn themselves: the browser computes both models for any rho."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow
from repsim_core.figures.raised import axis_labels, number
from repsim_core.figures.style import MODEL_COLORS, label_palette, line_styles

__all__ = ["turn_the_knob"]

# Pixels between panels.
_APART = 18


@draws
def turn_the_knob(cells: pd.DataFrame, curve: pd.DataFrame, *, step: float) -> alt.VConcatChart:
    """Two models under a slider for rho: where the probability goes, and what d_KL and d_LLV say of it.

    The browser computes every probability: exp(rho · score), normalised over the labels of an input.

    Args:
        cells: one row for each model, input class and label; columns model (1 or 2), input, label, score (f·v_y less
            its largest value), x, y (unit vector of the label's unembedding).
        curve: columns rho, d_kl, d_kl_reverse, d_llv; rho rises in steps of `step`, which are the slider's.
        step: the slider's step.
    """
    classes = len(np.unique(cells["label"]))
    grid = curve["rho"].to_numpy()
    low, high, start = float(grid[0]), float(grid[-1]), float(grid[len(grid) // 10])
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
    side = 106 if is_narrow() else 185
    circles = [_circle(table, number, side) for number in (1, 2)]
    matrices = [_matrix(table, number, side, classes) for number in (1, 2)]
    top = alt.concat(*circles, *matrices, columns=2, spacing={"row": 22, "column": _APART})
    top = top.resolve_scale(size="independent")
    chart = alt.vconcat(
        top,
        _curves(curve.map(lambda value: float(f"{value:.5g}")), table, step, 2 * side + _APART),
        spacing=24,
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
    # Discs of the largest probability just touch neither the middle nor each other.
    room = round(500 * (side / 185) ** 2)
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
    every = max(1, math.ceil(classes / 10))
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
    """d_KL in both directions and d_LLV against rho, a marker at the slider's rho, and the numbers there."""
    base = alt.Chart(curve)
    here = base.transform_filter(f"abs(datum.rho - rho) < {0.5 * step:.6g}")
    grid = curve["rho"].to_numpy()
    span = [float(grid[0]), float(grid[-1])]
    x = alt.X("rho:Q", title="norm of the unembeddings ρ", scale=alt.Scale(domain=span, nice=False))
    axis = alt.Axis(format="~g", labelExpr=axis_labels(), tickCount=6, grid=True)
    kl = alt.Y("d_kl:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    reverse = alt.Y("d_kl_reverse:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    llv = alt.Y("d_llv:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    green = line_styles(3)[2]["color"]
    purple = label_palette(4)[3]
    kl_in_words, reverse_in_words = (number(f"datum.{name}", 2, ".3f") for name in ("d_kl", "d_kl_reverse"))
    words = (
        f"'d_KL = ' + {kl_in_words} + ' and ' + {reverse_in_words} + ' nats,  '"
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
    place = {"align": "left", "baseline": "top", "fontSize": 12 if is_narrow() else 13}
    # Where the axis has its numbers there is room for words as well.
    left = alt.value(-30 if is_narrow() else 4)
    return alt.layer(
        base.mark_line(color=green, strokeWidth=2.5).encode(x=x, y=kl),
        base.mark_line(color=green, strokeWidth=2, strokeDash=[1, 3]).encode(x=x, y=reverse),
        base.mark_line(color=purple, strokeWidth=2.5, strokeDash=[6, 3]).encode(x=x, y=llv),
        here.mark_rule(opacity=0.5).encode(x=x),
        here.mark_point(size=110, filled=True, color=green, opacity=1).encode(x=x, y=kl),
        here.mark_point(size=70, color=green, opacity=1, strokeWidth=2).encode(x=x, y=reverse),
        here.mark_point(size=110, filled=True, shape="square", color=purple, opacity=1).encode(x=x, y=llv),
        here.transform_calculate(words=words)
        .mark_text(**place)
        .encode(x=left, y=alt.value(-38), text="words:N")
        .properties(name="spoken_distances"),
        gap.mark_text(**place).encode(x=left, y=alt.value(-20), text="words:N").properties(name="spoken_gap"),
    ).properties(width=width, height=170)
