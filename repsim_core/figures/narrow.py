"""The second drawing of a figure, for a narrow column: a page shows it where the first would have to shrink.

`figure_source.draws` calls a drawing function twice, the second time within `narrow_column()`. There `new_figure` sets
panels below each other at the width of a phone, legends take fewer columns and titles more lines; all else is the same
code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

__all__ = ["NARROW_WIDTH", "fit_texts", "is_narrow", "legend_below", "narrow_column"]

NARROW_WIDTH = 3.54
"""Inches: 340 CSS pixels, which a phone of 390 has between its margins; at 320 the letters are a seventh smaller."""

_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)
# Outside of formulas.
_SPACE = re.compile(r" (?=(?:[^$]*\$[^$]*\$)*[^$]*$)")
# Inches that stay free to the left and right of a legend.
_MARGIN = 0.05


@contextmanager
def narrow_column() -> Iterator[None]:
    """Draw for a narrow column inside the `with` block."""
    token = _NARROW.set(True)
    try:
        yield
    finally:
        _NARROW.reset(token)


def is_narrow() -> bool:
    """Whether the drawing is for a narrow column."""
    return _NARROW.get()


def legend_below(
    figure: Figure,
    handles: Sequence[Any],
    names: Sequence[str] | None = None,
    *,
    columns: int,
    **options: Any,
) -> Legend:
    """A legend under all panels, in as many columns as fit, at most `columns`; `names`: by default the handles' own."""
    names = [each.get_label() for each in handles] if names is None else names
    renderer = FigureCanvasAgg(figure).get_renderer()
    for count in range(columns, 0, -1):
        legend = figure.legend(handles, names, loc="outside lower center", ncols=count, **options)
        width = legend.get_window_extent(renderer).width / figure.dpi
        if count == 1 or width <= figure.get_figwidth() - 2 * _MARGIN:
            return legend
        legend.remove()
    raise ValueError(f"columns must be at least 1, got {columns}")


def fit_texts(figure: Figure) -> None:
    """Break titles and names of axes that are longer than there is room, between words."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    for axes in figure.axes:
        box = axes.get_window_extent(renderer)
        others = (each.get_window_extent(renderer) for each in figure.axes)
        # A title begins where its axes do, and may end where the next ones begin.
        ends = [each.x0 for each in others if each.x0 > box.x1 and each.y0 < box.y1 and each.y1 > box.y0]
        _break(axes._left_title, min([figure.bbox.width, *ends]) - box.x0, renderer)  # pyright: ignore[reportAttributeAccessIssue]
        _break(axes.title, box.width, renderer)
        if axes.axison:
            middle = (box.x0 + box.x1) / 2
            _break(axes.xaxis.label, 2 * min(middle, figure.bbox.width - middle), renderer)
            _break(axes.yaxis.label, max(box.height, 1.0), renderer, upright=True)


def _break(text: Text, room: float, renderer: Any, *, upright: bool = False) -> None:
    """Break the lines of a text that are longer than `room` pixels, as far as they have spaces."""
    fitting = []
    for line in text.get_text().split("\n"):
        words = _SPACE.split(line)
        for count in range(1, len(words) + 1):
            text.set_text(_in_lines(words, count))
            extent = text.get_window_extent(renderer)
            if (extent.height if upright else extent.width) <= room:
                break
        fitting.append(text.get_text())
    text.set_text("\n".join(fitting))


def _in_lines(words: list[str], count: int) -> str:
    """Words in at most so many lines of nearly equal length."""
    target = sum(map(len, words)) / count
    lines: list[list[str]] = [[]]
    for word in words:
        if lines[-1] and len(lines) < count and sum(map(len, [*lines[-1], word])) > 1.15 * target + 1:
            lines.append([])
        lines[-1].append(word)
    return "\n".join(" ".join(line) for line in lines)
