"""Lets a page that is no chapter quote a chapter's results: {result}`02_theorem/kl_last:.2e`.

Within a chapter myst-nb's own glue does the same.
"""

import json
from pathlib import Path
from typing import Any

from repsim_book.paths import RESULTS


def quote(
    role: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: object = None,
    content: object = None,
) -> tuple[list[Any], list[Any]]:
    """The role: CHAPTER/NAME, or CHAPTER/NAME:FORMAT with a format specification of Python's."""
    from docutils import nodes

    address, _, spec = text.partition(":")
    chapter, _, name = address.partition("/")
    path = Path(inliner.document.settings.env.srcdir) / RESULTS / chapter / "results.json"
    values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if values is None:
        problem = f"there are no results of {chapter!r}"
    elif name not in values:
        problem = f"{chapter} keeps no scalar {name!r}; it keeps {', '.join(values)}"
    else:
        try:
            return [nodes.Text(format(values[name], spec))], []
        except ValueError as error:
            problem = f"{values[name]!r} cannot be written as {spec!r} ({error})"
    message = inliner.reporter.error(f"result role: {problem}", line=lineno)
    return [inliner.problematic(rawtext, rawtext, message)], [message]
