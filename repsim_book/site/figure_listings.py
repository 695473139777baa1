"""Listings: pages of the book that show the source of the modules that draw its figures, with a place a function.

The lines under figures link here (`pages.figure_captions`).
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import repsim_core
from repsim_book.paths import LISTINGS

# Whose figures they are.
PACKAGE = Path(repsim_core.__file__).parent


def listing(source: str, highlighted: str) -> str:
    """The highlighted HTML of a source, line by line the same, with its functions' names as ids."""
    lines = highlighted.split("\n")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            start, pre, rest = lines[first].rpartition("<pre>")  # the first line begins with it
            lines[first] = f'{start}{pre}<span id="{node.name}"></span>{rest}'
    return "\n".join(lines)


def pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each module that draws: its address, its context, its template."""
    for path in sorted((PACKAGE / "figures").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "@draws" not in source:
            continue
        name = path.relative_to(PACKAGE.parent).with_suffix("").as_posix()
        code = app.builder.highlighter.highlight_block(source, "python", linenos=False)
        title = name.replace("/", ".")
        body = f"<h1>{title}</h1>\n<p>The functions that draw the figures, as they were when this book was built.</p>\n"
        yield f"{LISTINGS}/{name}", {"title": title, "body": body + listing(source, code)}, "page.html"
