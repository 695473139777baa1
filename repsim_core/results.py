"""What a chapter keeps: numbers for its prose, and the same numbers as files.

`keep` runs inside the notebook and leaves each result in the cell's outputs, where the book's prose can quote
it ({glue:text}`name:.3f`) and where `extract_results` finds it again, so that a notebook carries all it
found.
"""

import json
import re
from typing import Any

from repsim_core.figure_data import as_csv, figure_files
from repsim_core.files import json_safe, to_json

GLUE_PREFIX = "application/papermill.record/"  # how myst-nb marks outputs that are recorded and not shown
RESULT = "application/vnd.repsim.result"  # text: "table", or a scalar as JSON
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Scalar = bool | int | float | str


def keep(name: str, value: Any) -> None:
    """Record a result of the chapter under `name`, once for each name.

    `value` is a scalar (int, float, str, bool; NumPy and torch scalars are converted) or a pandas DataFrame.
    Prose quotes it as {glue:text}`name:.3f`; `repsim run` writes scalars to results.json and each table to
    `name`.csv. Raises ValueError for a name that is no identifier, TypeError for any other kind of value.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"keep: the name {name!r} must be letters, digits and _, beginning with a letter")
    from myst_nb import glue  # a moment to import, and only a notebook needs it

    glue(name, _Kept(name, value), display=False)


class _Kept:
    """What `keep` shows: plain text for the prose, and the exact value for the result files."""

    def __init__(self, name: str, value: Any):
        if hasattr(value, "to_csv") and hasattr(value, "_repr_html_"):
            self.bundle = {"text/plain": repr(value), "text/html": value._repr_html_()}
            self.bundle["text/csv"] = as_csv(value)
            self.bundle[RESULT] = "table"
        else:
            scalar = _as_scalar(name, value)
            self.bundle = {"text/plain": repr(scalar), RESULT: json.dumps(json_safe(scalar))}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.bundle


def extract_results(notebook: Any) -> tuple[dict[str, Scalar], dict[str, str]]:
    """The scalars and the tables (as CSV text) kept in an executed notebook, sorted by name.

    Raises ValueError if two cells keep a result of the same name.
    """
    scalars: dict[str, Scalar] = {}
    tables: dict[str, str] = {}
    first: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if GLUE_PREFIX + RESULT not in data:
                continue
            name = output["metadata"]["scrapbook"]["name"]
            if name in first:
                raise ValueError(f"the result {name} is kept twice, in cells {first[name]} and {number}")
            first[name] = number
            if data[GLUE_PREFIX + RESULT] == "table":
                tables[name] = data[GLUE_PREFIX + "text/csv"]
            else:
                scalars[name] = json.loads(data[GLUE_PREFIX + RESULT])
    return dict(sorted(scalars.items())), dict(sorted(tables.items()))


def result_files(notebook: Any) -> dict[str, bytes]:
    """The result files of an executed notebook: results.json for all scalars, a CSV file for each table, and the
    data of the figures.

    They hold no dates and no paths: the same chapter with the same parameters gives the same bytes. Floats
    have full precision; those that JSON cannot hold are the strings "NaN", "Infinity" and "-Infinity".
    """
    scalars, tables = extract_results(notebook)
    files = {f"{name}.csv": text.encode() for name, text in tables.items()}
    files["results.json"] = to_json(scalars).encode()
    return files | figure_files(notebook)


def _as_scalar(name: str, value: Any) -> Scalar:
    # NumPy's float64 is a float, and its repr is not a number: item() first
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if type(value) not in (bool, int, float, str):
        kinds = "an int, float, str, bool, or a pandas DataFrame"
        raise TypeError(f"keep: {name} is a {type(value).__name__}; what a chapter keeps is {kinds}")
    return value
