"""The drawing library of interactive figures: one file that the book's pages share, in place of a copy in each."""

from pathlib import Path
from typing import Any

from repsim_core.figures.interactive import CHART_MARK, INLINE_LIBRARY, LIBRARY_FILE, write_library


def write(app: Any) -> None:
    """Put the library among the pages' assets."""
    if app.builder.format == "html":
        write_library(Path(app.outdir) / "_static")


def share(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Take the copies out of a page with interactive figures, and have it load the shared file."""
    body = context.get("body", "")
    if CHART_MARK in body:
        context["body"] = INLINE_LIBRARY.sub("", body)
        app.add_js_file(LIBRARY_FILE, loading_method="defer")
