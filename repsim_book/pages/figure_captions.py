"""The line under each figure: the function that drew it, and its data, with links to both."""

import html
from typing import Any

from repsim_book.execution.figure_data import recorded_figures
from repsim_book.paths import LISTINGS, RESULTS
from repsim_core.notebook import FIGURE


def add_captions(notebook: Any, chapter: str) -> None:
    """Write the function and the data under each figure of a chapter's notebook, and drop the records."""
    for output, paths in list(recorded_figures(notebook)):
        record = output["data"].pop(FIGURE)
        module, _, function = record["function"].rpartition(".")
        source = f"../{LISTINGS}/{module.replace('.', '/')}.html#{function}"
        line = f'Drawn by <a href="{source}"><code>{html.escape(record["function"])}</code></a>'
        links = [
            f'<a href="../_static/{RESULTS}/{chapter}/{path}" download>{html.escape(table)}.csv</a>'
            for path, table in zip(paths, record["tables"], strict=True)
        ]
        line += f" from {', '.join(links)}" if links else ""
        output["data"]["text/html"] = _with_line(output["data"]["text/html"], line)


def _with_line(figure: str, line: str) -> str:
    """The HTML of a figure with a line at the end of its caption, or as its caption."""
    line = f'<span class="repsim-origin">{line}</span>'
    body, _, rest = figure.rpartition("</figure>")
    if body.endswith("</figcaption>"):
        return f"{body.removesuffix('</figcaption>')}{line}</figcaption></figure>{rest}"
    return f"{body}<figcaption>{line}</figcaption></figure>{rest}"
