"""The drawing library of interactive figures: one file that the book's pages share, in place of a copy in each.

`figures.js` loads it when a reader comes near the first of a page's figures.
"""

from pathlib import Path
from typing import Any

from repsim_book.site.joined import LATER
from repsim_core.figures.interactive import CHART_MARK, INLINE_LIBRARY, LIBRARY_FILE, write_library


def write(app: Any) -> None:
    """Put the library among the pages' assets."""
    if app.builder.format == "html":
        write_library(Path(app.outdir) / "_static")


def share(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Take the copies out of a page with interactive figures, and tell it where the shared file is."""
    body = context.get("body", "")
    if CHART_MARK in body:
        file = context["pathto"](f"_static/{LIBRARY_FILE}", resource=True)
        script = f'<script {LATER} src="{file}"></script>'
        context["body"] = f'{INLINE_LIBRARY.sub("", body)}<template id="repsim-library">{script}</template>'
