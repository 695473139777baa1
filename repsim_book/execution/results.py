"""What the cells of an executed notebook have kept: scalars and tables, and the files that they become."""

import json
from typing import Any

from repsim_book.execution.figure_data import figure_files
from repsim_core.files import to_json
from repsim_core.notebook import RESULT, Scalar

# How myst-nb marks outputs that are recorded and not shown.
GLUED = "application/papermill.record/"


def extract_results(notebook: Any) -> tuple[dict[str, Scalar], dict[str, str]]:
    """The scalars and the tables (as CSV text) kept in an executed notebook, sorted by name.

    Raises:
        ValueError: two cells keep a result of the same name.
    """
    scalars: dict[str, Scalar] = {}
    tables: dict[str, str] = {}
    first: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if GLUED + RESULT not in data:
                continue
            name = output["metadata"]["scrapbook"]["name"]
            if name in first:
                raise ValueError(f"the result {name} is kept twice, in cells {first[name]} and {number}")
            first[name] = number
            if data[GLUED + RESULT] == "table":
                tables[name] = data[GLUED + "text/csv"]
            else:
                scalars[name] = json.loads(data[GLUED + RESULT])
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
