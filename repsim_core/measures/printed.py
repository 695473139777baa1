"""Figures under headings with what they say: printed, and rendered in a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

# Columns of a printed text, at most, where it can be wrapped.
_WIDTH = 96
_DIGITS = 4
# Smaller figures are rounding.
_ROUNDING = 1e-15
# Notebooks set the cells of tables for numbers, to the right.
_WORDS = 'style="text-align: left; white-space: normal"'
_FIGURES = 'style="text-align: left; white-space: nowrap"'


class Line(NamedTuple):
    """A figure.

    Attributes:
        name: what it is; of a figure of each model with "{}" for the models.
        values: one, or that of a and that of b.
        says: its unit, its range, or what follows from it.
        sign: ">= " where the figure is a bound of what the name says.
    """

    name: str
    values: tuple[float, ...]
    says: str = ""
    sign: str = ""

    @property
    def title(self) -> str:
        """The name, of both models where there are two figures."""
        return self.name.format("a and b")

    @property
    def figure(self) -> str:
        """The values with the digits that are shown."""
        return self.sign + ", ".join(
            f"below {_ROUNDING:g}" if 0 < value < _ROUNDING else f"{value:.{_DIGITS}g}"
            for value in self.values
        )

    def singly(self) -> list[tuple[str, float]]:
        """Each value under a name of its own."""
        return [(self.name.format(model), value) for model, value in zip("ab", self.values, strict=False)]


class Group(NamedTuple):
    """Figures under a heading."""

    heading: str
    lines: Sequence[Line]


def as_text(head: str, groups: Sequence[Group], foot: Iterable[str]) -> str:
    """The groups between sentences, in columns."""
    # Longer names of figures without a word would push all words out of sight.
    lines = [line for group in groups for line in group.lines if line.says]
    title, figure = (
        max(map(len, column)) for column in zip(*((x.title, x.figure) for x in lines), strict=True)
    )
    printed = [*_wrapped(head)]
    for group in groups:
        printed += ["", group.heading]
        printed += [f"  {x.title:<{title}}  {x.figure:<{figure}}  {x.says}".rstrip() for x in group.lines]
    return "\n".join([*printed, "", *(part for text in foot for part in _wrapped(text))])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def as_html(head: str, groups: Sequence[Group], foot: Iterable[str]) -> str:
    """The same as a table between paragraphs."""
    rows = []
    for group in groups:
        rows.append(f'<tr><th colspan="3" scope="rowgroup" {_WORDS}>{escape(group.heading)}</th></tr>')
        for x in group.lines:
            cells = ((x.title, _WORDS), (x.figure, _FIGURES), (x.says, _WORDS))
            row = "".join(f"<td {style}>{escape(text)}</td>" for text, style in cells)
            rows.append(f"<tr>{row}</tr>")
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in foot)
    return f'<p>{escape(head)}</p><table class="dataframe"><tbody>{"".join(rows)}</tbody></table>{paragraphs}'


def some(indices: Sequence[int], most: int = 10) -> str:
    """A set, or its first members."""
    if len(indices) <= most:
        return str(list(indices))
    return f"{str(list(indices[:most]))[:-1]}, ... {len(indices):,} in all]"


def many(count: int) -> str:
    """A count with few digits: there are more sets of labels than a float can say."""
    return f"{count:,}" if count < 10**6 else f"{Decimal(count):.1e}".replace("e+", "e")
