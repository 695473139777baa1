"""The figures of an executed notebook: the function that drew each, and its data as CSV files.

A figure's output holds a record of both (`figures.origin`). For the pages the data become files, and the record a
line under the figure with links to the function's source and to the files.
"""

import html
from collections import Counter
from collections.abc import Iterator
from typing import Any

FIGURE = "application/vnd.repsim.figure+json"  # {"function": full name, "tables": {argument: CSV}}
FOLDER = "figures"
LISTINGS = "source"  # where the book has listings of modules, by their paths


def as_csv(table: Any) -> str:
    """A DataFrame as CSV, with its index unless that only counts the rows."""
    counts_rows = table.index.name is None and list(table.index) == list(range(len(table)))
    # pandas writes the shortest text that reads back as the same float
    return table.to_csv(index=not counts_rows, lineterminator="\n")


def figure_files(notebook: Any) -> dict[str, bytes]:
    """The data of all figures, by path: `figures/FUNCTION.csv`, with the argument where a figure has more tables.

    The second figure by a function is `FUNCTION-2`, and so on.
    """
    return {
        path: text.encode()
        for output, paths in _figures(notebook)
        for path, text in zip(paths, output["data"][FIGURE]["tables"].values(), strict=True)
    }


def name_origins(notebook: Any, chapter: str) -> None:
    """Write the function and the data under each figure of a chapter's notebook, and drop the records."""
    for output, paths in list(_figures(notebook)):
        record = output["data"].pop(FIGURE)
        module, _, function = record["function"].rpartition(".")
        source = f"../{LISTINGS}/{module.replace('.', '/')}.html#{function}"
        line = f'Drawn by <a href="{source}"><code>{html.escape(record["function"])}</code></a>'
        links = [
            f'<a href="../_static/results/{chapter}/{path}" download>{html.escape(table)}.csv</a>'
            for path, table in zip(paths, record["tables"], strict=True)
        ]
        line += f" from {', '.join(links)}" if links else ""
        output["data"]["text/html"] = _with_line(output["data"]["text/html"], line)


def _figures(notebook: Any) -> Iterator[tuple[Any, list[str]]]:
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


def _with_line(figure: str, line: str) -> str:
    """The HTML of a figure with a line at the end of its caption, or as its caption."""
    line = f'<span class="repsim-origin">{line}</span>'
    body, _, rest = figure.rpartition("</figure>")
    if body.endswith("</figcaption>"):
        return f"{body.removesuffix('</figcaption>')}{line}</figcaption></figure>{rest}"
    return f"{body}<figcaption>{line}</figcaption></figure>{rest}"
