"""Figures that lay the runs of a sweep over each other: numbers against the swept parameter, curves by run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import legend_below
from repsim_core.figures.style import line_styles, new_panels, style

_COLUMNS = 3
# Decades that positive values must span for a logarithmic axis.
_DECADES = 2.0


@draws
def sweep_scalars(scalars: pd.DataFrame, swept: Sequence[str], shown: Sequence[str]) -> Figure:
    """Scalars of the runs against the first swept parameter, a panel each.

    Args:
        scalars: a row a run: the swept parameters, and the columns `shown`.
        swept: names of the swept parameters; a line for each combination of those after the first.
        shown: the scalars to draw.
    """
    figure, axes = _panels(len(shown))
    first, rest = swept[0], list(swept[1:])
    numeric = pd.api.types.is_numeric_dtype(scalars[first])
    groups = [own for _, own in scalars.groupby(rest, sort=False)] if rest else [scalars]
    looks = line_styles(len(groups))
    with style():
        for axis, name in zip(axes, shown, strict=True):
            for look, own in zip(looks, groups, strict=True):
                label = _label(own, rest)
                x = own[first] if numeric else own[first].astype(str)
                axis.plot(x, own[name].astype(float), label=label or None, **look)
            _scale(axis, "y", scalars[name].to_numpy(float))
            if numeric:
                _scale(axis, "x", scalars[first].to_numpy(float))
            axis.set(title=name, xlabel=first)
        if rest:
            legend_below(figure, *axes[0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def sweep_curves(table: pd.DataFrame, swept: Sequence[str]) -> Figure:
    """The columns of a table against its first one, a panel each, a line for each run.

    Args:
        table: of all runs, one below the other: the swept parameters in front, then the columns; see `curve_columns`.
        swept: the columns that tell the runs apart.
    """
    x, *columns = curve_columns(table, swept)
    figure, axes = _panels(len(columns))
    runs = [own for _, own in table.groupby(list(swept), sort=False)]
    looks = line_styles(len(runs))
    with style():
        for axis, name in zip(axes, columns, strict=True):
            for look, own in zip(looks, runs, strict=True):
                label = _label(own, swept)
                axis.plot(own[x], own[name].astype(float), label=label, **{**look, "marker": "none"})
            _scale(axis, "x", table[x].to_numpy(float))
            _scale(axis, "y", table[name].to_numpy(float))
            axis.set(title=name, xlabel=x)
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=2)
    return figure


def curve_columns(table: pd.DataFrame, swept: Sequence[str]) -> list[str]:
    """The columns of a table that is a set of curves: x, and each y that is not constant; empty if it is none.

    It is one if its first column rises from row to row, within each run, over three rows or more.
    """
    own = [name for name in table.columns if name not in swept]
    numeric = [
        name
        for name in own
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
    ]
    if len(numeric) < 2 or numeric[0] != own[0]:
        return []
    rises = [
        len(x) > 2 and bool((np.diff(x.to_numpy(float)) > 0).all())
        for _, x in table.groupby(list(swept), sort=False)[own[0]]
    ]
    varying = [name for name in numeric[1:] if len(table[name].unique()) > 1]
    return [own[0], *varying] if all(rises) and varying else []


def _label(own: pd.DataFrame, swept: Sequence[str]) -> str:
    """The swept values of a run, from its rows."""
    return ", ".join(f"{name} = {own[name].iloc[0]}" for name in swept)


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, _COLUMNS)
    return new_panels(
        count, columns=columns, width=5.0 if columns == 1 else 7.2 / columns, height=2.5, below=0.6
    )


def _scale(axis: Axes, direction: str, values: Float64[np.ndarray, " N"]) -> None:
    """A logarithmic axis for positive values that span some decades."""
    finite = values[np.isfinite(values)]
    if len(finite) and finite.min() > 0 and finite.max() > 10**_DECADES * finite.min():
        axis.set(**{f"{direction}scale": "log"})
