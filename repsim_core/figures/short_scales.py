"""Logarithmic scales with plain numbers, for axes that have no room for powers of ten or are too short for them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

__all__ = ["plain_log", "plain_numbers"]

# A longer scale has powers of ten, which fit.
_FACTOR = 50.0


def plain_log(axis: Axis, subs: Sequence[float] = (1.0, 2.0, 5.0)) -> None:
    """Plain numbers at some places of each decade of a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def plain_numbers(axis: Axis, low: float, high: float) -> None:
    """The same on an axis that reaches from low to high; one of several decades keeps its powers of ten."""
    if high / low <= _FACTOR:
        plain_log(axis, (1.0, 2.0, 5.0) if high / low > 5 else (1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0))
