"""The interactive figure of the chapter "CIFAR-10": two of many models side by side, chosen by the reader.

An image is drawn as the letter of its class: pictures are no part of the pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repsim_core.figures.cifar10_petals import petals
from repsim_core.figures.figure_source import draws
from repsim_core.figures.style import label_palette

__all__ = ["explorer"]

# A circle's radius, in the whole numbers that the page carries.
_UNITS = 500
# Between names on one side, in radii.
_GAP = 0.16
# Pixels above a panel, for its title; around a circle, for names; above the first measure, and for a row of them.
_HEAD = 30
_ROOM = 58
_FOOT = 24
_ROW = 22
# Pixels that a measure needs at least.
_MEASURE = 100
_ALL = "all"


@draws
def explorer(
    embeddings: Mapping[int, np.ndarray],
    predicted: Mapping[int, np.ndarray],
    labels: np.ndarray,
    names: Sequence[str],
    letters: Sequence[str],
    titles: Mapping[int, str],
    measures: pd.DataFrame,
    first: tuple[int, int],
) -> Any:
    """Two models side by side, with menus for the models and for a class to follow.

    The chart lays its panels out by itself, in pixels: side by side where the page is wide, one above the other on a
    phone.

    Args:
        embeddings: by seed, shape (N, 2), the same inputs for all; every one becomes a part of the page.
        predicted: by seed, the predicted classes, shape (N,).
        labels: the true classes, shape (N,).
        names: of the classes.
        letters: of the classes; an image is drawn as that of its true class.
        titles: what to write above a model, by seed.
        measures: columns seed_a, seed_b (the smaller first), and texts to write below a pair, by what they are.
        first: the seeds to begin with.

    Returns:
        An Altair chart.
    """
    seeds = sorted(embeddings)
    flowers = {seed: petals(embeddings[seed], predicted[seed], names, gap=_GAP) for seed in seeds}
    # Shape (N, seeds, 2).
    places = np.stack([flowers[seed][0] for seed in seeds], axis=1)
    whole = np.rint(_UNITS * places).astype(int).reshape(len(labels), -1)
    colours = np.stack([predicted[seed] for seed in seeds], axis=1)
    points = [
        {"k": int(label), "f": f, "p": p}
        for label, f, p in zip(labels, whole.tolist(), colours.tolist(), strict=True)
    ]
    tags = [
        {"seed": seed, "k": petal.label, "name": petal.name, **_whole(petal.place)}
        for seed in seeds
        for petal in flowers[seed][1]
    ]
    heads = [{"seed": seed, "text": titles[seed]} for seed in seeds]
    return alt.layer(
        _dots(points, seeds, names, letters),
        _tags(tags),
        _heads(heads),
        _foot(measures),
    ).add_params(*_params(seeds, names, first, len(_measured(measures))))


def _whole(place: Sequence[float]) -> dict[str, int]:
    return {"x": round(_UNITS * place[0]), "y": round(_UNITS * place[1])}


def _params(seeds: Sequence[int], names: Sequence[str], first: tuple[int, int], count: int) -> list[Any]:
    """What the reader chooses, and the layout that follows from the page's width."""
    left = alt.binding_select(options=list(seeds), name="first seed ")
    right = alt.binding_select(options=list(seeds), name="second seed ")
    follow = alt.binding_select(options=[_ALL, *names], name="follow the class ")
    params = [
        alt.param(name="left", value=first[0], bind=left),
        alt.param(name="right", value=first[1], bind=right),
        alt.param(name="follow", value=_ALL, bind=follow),
    ]
    few = math.ceil(count / 2)
    layout = {
        "wide": "width >= 520",
        "half": "wide ? min(width / 4, 185) : min(width / 2, 150)",
        "step": f"2 * half + {_HEAD}",
        "columns": f"width >= {_MEASURE * count} ? {count} : width >= {_MEASURE * few} ? {few} : {min(2, few)}",
        "foot": f"{_FOOT} + {_ROW} * max(1, ceil({count} / columns) - 1) + 16",
        "height": "(wide ? step : 2 * step) + foot",
    }
    params += [alt.param(name=name, expr=expr) for name, expr in layout.items()]
    return params


_CENTRE = {
    "cx": "wide ? width * (datum.panel ? 0.75 : 0.25) : width / 2",
    "cy": f"{_HEAD} + half + (wide ? 0 : datum.panel * step)",
}
_SEED = "datum.panel ? right : left"


def _in_panels(data: list[dict[str, Any]]) -> alt.Chart:
    """Every row in both panels, with the panel's centre and model."""
    chart = alt.Chart(alt.Data(values=data)).transform_calculate(panel="[0, 1]").transform_flatten(["panel"])
    return chart.transform_calculate(**_CENTRE, shown=_SEED)


def _at(chart: alt.Chart, x: str, y: str) -> alt.Chart:
    """Placed around the panel's centre, from units to pixels."""
    scale = f"(half - {_ROOM}) / {_UNITS}"
    return chart.transform_calculate(px=f"datum.cx + {x} * {scale}", py=f"datum.cy - {y} * {scale}")


_PX = alt.X("px:Q", scale=None, axis=None)
_PY = alt.Y("py:Q", scale=None, axis=None)


def _dots(
    points: list[dict[str, Any]], seeds: Sequence[int], names: Sequence[str], letters: Sequence[str]
) -> alt.Chart:
    place = f"indexof({list(seeds)}, datum.shown)"
    chart = _in_panels(points).transform_calculate(at=place)
    chart = chart.transform_calculate(
        x="datum.f[2 * datum.at]", y="datum.f[2 * datum.at + 1]", c="datum.p[datum.at]"
    )
    chart = chart.transform_calculate(
        true=f"{list(names)}[datum.k]",
        predicted=f"{list(names)}[datum.c]",
        letter=f"{list(letters)}[datum.k]",
    )
    near = alt.selection_point(name="near", fields=["k"], on="pointerover", clear="pointerout")
    wanted = f"follow == '{_ALL}' || {list(names)}[datum.k] == follow"
    return (
        _at(chart, "datum.x", "datum.y")
        .mark_text(fontSize=11, fontWeight="bold", baseline="middle")
        .encode(
            x=_PX,
            y=_PY,
            text="letter:N",
            color=alt.Color(
                "c:N",
                legend=None,
                scale=alt.Scale(domain=list(range(len(names))), range=label_palette(len(names))),
            ),
            tooltip=[
                alt.Tooltip("true:N", title="true class"),
                alt.Tooltip("predicted:N", title="predicted class"),
            ],
            opacity=alt.OpacityValue(
                0.06, condition={"test": {"and": [{"param": "near"}, wanted]}, "value": 0.75}
            ),
        )
        .add_params(near)
    )


def _tags(tags: list[dict[str, Any]]) -> alt.Chart:
    chart = _at(_in_panels(tags).transform_filter("datum.seed == datum.shown"), "datum.x", "datum.y")
    return chart.mark_text(
        fontSize=12,
        baseline="middle",
        align=alt.expr("datum.x < 0 ? 'right' : 'left'"),
        fontWeight=alt.expr("datum.name == follow ? 'bold' : 'normal'"),
    ).encode(x=_PX, y=_PY, text="name:N")


def _heads(heads: list[dict[str, Any]]) -> alt.Chart:
    chart = _in_panels(heads).transform_filter("datum.seed == datum.shown")
    chart = chart.transform_calculate(px="datum.cx", py=f"datum.cy - half - {_HEAD} / 2")
    return _line(chart, "spoken_models")


def _foot(measures: pd.DataFrame) -> alt.Chart:
    """The pair's measures in a row, on a phone in two or more."""
    shown = _measured(measures)
    rows = [
        {"a": int(row["seed_a"]), "b": int(row["seed_b"]), "i": i, "name": name, "value": row[name]}
        for row in measures.to_dict("records")
        for i, name in enumerate(shown)
    ]
    for seed in sorted({*measures["seed_a"], *measures["seed_b"]}):
        rows.append(
            {"a": int(seed), "b": int(seed), "i": 0, "name": "the same seed twice:", "value": "choose two"}
        )
    chart = (
        alt.Chart(alt.Data(values=rows))
        .transform_filter("datum.a == min(left, right) && datum.b == max(left, right)")
        .transform_calculate(
            text="datum.name + ' ' + datum.value",
            px="datum.a == datum.b ? width / 2 : (datum.i % columns + 0.5) * width / columns",
            py=f"height - foot + {_FOOT} + {_ROW} * floor(datum.i / columns)",
        )
    )
    return _line(chart, "spoken_measures")


def _measured(measures: pd.DataFrame) -> list[str]:
    return [name for name in measures.columns if name not in ("seed_a", "seed_b")]


def _line(chart: alt.Chart, name: str) -> alt.Chart:
    """Lines of text that are read out when the reader has chosen (`charts.js`)."""
    marks = chart.mark_text(fontSize=13, align="center", baseline="middle")
    return marks.encode(x=_PX, y=_PY, text="text:N").properties(name=name)
