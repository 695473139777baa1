"""The figures of an executed notebook: the function that drew each, and its data as CSV files.

A figure's output holds a record of both (`repsim_core.figures.figure_source`).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from repsim_core.notebook import FIGURE

FOLDER = "figures"


def figure_files(notebook: Any) -> dict[str, bytes]:
    """The data of all figures, by path: `figures/FUNCTION.csv`, with the argument where a figure has more tables.

    The second figure by a function is `FUNCTION-2`, and so on.
    """
    return {
        path: text.encode()
        for output, paths in recorded_figures(notebook)
        for path, text in zip(paths, output["data"][FIGURE]["tables"].values(), strict=True)
    }


def recorded_figures(notebook: Any) -> Iterator[tuple[Any, list[str]]]:
    """The outputs that are figures with a record, each with the paths of its tables."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if FIGURE not in output.get("data", {}):
                continue
            record = output["data"][FIGURE]
            name = record["function"].rpartition(".")[2]
            seen[name] += 1
            stem = name if seen[name] == 1 else f"{name}-{seen[name]}"
            alone = len(record["tables"]) == 1
            yield (
                output,
                [f"{FOLDER}/{stem if alone else f'{stem}-{table}'}.csv" for table in record["tables"]],
            )
