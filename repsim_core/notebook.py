"""What a chapter calls: `check` for its parameters, `keep` for its results.

`keep` leaves each result in the outputs of its cell. There the book's prose can quote it, {glue:text}`name:.3f`, and
the press finds it again, so that a notebook carries all it found.
"""

from __future__ import annotations

import json
import re
from typing import Any

from repsim_core.errors import InputError
from repsim_core.files import json_safe, table_to_csv
from repsim_core.texts import shown

# Kinds of outputs that the press looks for. Of a result: the text "table", or a scalar as JSON.
RESULT = "application/vnd.repsim.result"
# Of a figure: {"function": its full name, "tables": {argument: CSV}}.
FIGURE = "application/vnd.repsim.figure+json"
Scalar = bool | int | float | str
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check(condition: object, name: str, value: object, allowed: str) -> None:
    """Refuse a parameter's value unless `condition` holds.

    A chapter calls it in its cell tagged `parameter-checks`, so that the same rule stops `repsim run` before a kernel
    starts, and the notebook when it is opened by hand.

    Args:
        condition: what has to hold.
        name, value: of the parameter.
        allowed: what is allowed, to complete "allowed is", such as "at least 4".

    Raises:
        InputError: the condition does not hold.
    """
    if not bool(condition):
        raise InputError(f"{name} = {shown(value)} is not possible; allowed is: {allowed}")


def keep(name: str, value: Any) -> None:
    """Record a result of the chapter, once for each name.

    Prose quotes it as {glue:text}`name:.3f`; `repsim run` writes scalars to results.json and each table to `name`.csv.

    Args:
        name: letters, digits and _, beginning with a letter.
        value: a scalar (int, float, str, bool; NumPy and torch scalars are converted) or a pandas DataFrame.

    Raises:
        ValueError: another name.
        TypeError: another kind of value.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"keep: the name {name!r} must be letters, digits and _, beginning with a letter")
    # It takes a moment to import, and only a notebook needs it.
    from myst_nb import glue

    glue(name, _Kept(name, value), display=False)


class _Kept:
    """What `keep` shows: plain text for the prose, and the exact value for the result files."""

    def __init__(self, name: str, value: Any) -> None:
        if hasattr(value, "to_csv") and hasattr(value, "_repr_html_"):
            self.bundle = {"text/plain": repr(value), "text/html": value._repr_html_()}
            self.bundle["text/csv"] = table_to_csv(value)
            self.bundle[RESULT] = "table"
        else:
            scalar = _as_scalar(name, value)
            self.bundle = {"text/plain": repr(scalar), RESULT: json.dumps(json_safe(scalar))}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.bundle


def _as_scalar(name: str, value: Any) -> Scalar:
    # NumPy's float64 is a float, and its repr is not a number: item() first.
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if type(value) not in (bool, int, float, str):
        kinds = "an int, float, str, bool, or a pandas DataFrame"
        raise TypeError(f"keep: {name} is a {type(value).__name__}; what a chapter keeps is {kinds}")
    return value
