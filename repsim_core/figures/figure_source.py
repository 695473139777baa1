"""Who drew a figure, and from what: the function and its data stay with the drawing, for the page to name both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from repsim_core.figures.narrow import narrow_column
from repsim_core.files import table_to_csv
from repsim_core.notebook import FIGURE

__all__ = ["FigureSource", "draws", "narrow_of", "source_of"]

_SOURCE, _NARROW = "_repsim_source", "_repsim_narrow"
_Drawing = TypeVar("_Drawing", bound=Callable[..., Any])


@dataclass(frozen=True)
class FigureSource:
    """The function that drew a figure, by its full name, and the tables that it was given, by argument."""

    function: str
    tables: Mapping[str, pd.DataFrame]

    def bundle(self) -> dict[str, Any]:
        """What a notebook keeps of it, beside the figure."""
        return {
            FIGURE: {
                "function": self.function,
                "tables": {name: table_to_csv(table) for name, table in self.tables.items()},
            }
        }


def draws(function: _Drawing) -> _Drawing:
    """Decorate a function that returns a figure: with it stay its name, its data, and a drawing for narrow columns.

    Data are the arguments that are tables (DataFrame), arrays of up to two axes, or such arrays by key; the others
    (names, titles, options) are not kept.
    """
    name, parameters = f"{function.__module__}.{function.__name__}", inspect.signature(function)

    @wraps(function)
    def drawing(*args: Any, **kwargs: Any) -> Any:
        picture = function(*args, **kwargs)
        with narrow_column():
            narrow = function(*args, **kwargs)
        given = parameters.bind(*args, **kwargs).arguments
        found = {key: table for key, value in given.items() if (table := _table(value)) is not None}
        # Past the class's own __setattr__: what is set on a chart of altair's becomes a part of its specification.
        object.__setattr__(picture, _SOURCE, FigureSource(name, found))
        object.__setattr__(picture, _NARROW, narrow)
        return picture

    return drawing  # pyright: ignore[reportReturnType]


def source_of(picture: Any) -> FigureSource | None:
    """The source of a figure, None if no decorated function drew it."""
    return vars(picture).get(_SOURCE)


def narrow_of(picture: Any) -> Any:
    """The same figure drawn for a narrow column, None if no decorated function drew it."""
    return vars(picture).get(_NARROW)


def _table(value: Any) -> pd.DataFrame | None:
    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, np.ndarray) and 1 <= value.ndim <= 2:
        return pd.DataFrame(value) if value.ndim == 2 else pd.DataFrame({"value": value})
    if isinstance(value, Mapping) and value:
        parts = {key: _table(each) for key, each in value.items() if isinstance(each, np.ndarray)}
        if len(parts) == len(value) and all(part is not None for part in parts.values()):
            return pd.concat(parts, names=["key", "row"]).reset_index()
    return None
