"""Listings: pages of the book that show the source of modules, with a place for each function, class and method.

The lines under figures link here (`pages.figure_captions`), and so does each entry of the API reference.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

import repsim_core
from repsim_book.paths import LISTINGS

PACKAGE = Path(repsim_core.__file__).parent
# What marks a module that draws figures.
DRAWS = "@draws"


class Listings:
    """The modules that pages link to, and their pages."""

    def __init__(self) -> None:
        self.modules = {
            ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            for path in (PACKAGE / "figures").glob("*.py")
            if DRAWS in path.read_text(encoding="utf-8")
        }

    def link(self, app: Any, document: Any) -> None:
        """Give each entry of the API reference a link to its source."""
        up = "../" * app.env.docname.count("/")
        for signature in document.findall(addnodes.desc_signature):
            if (place := defined_in(signature["module"], signature["fullname"])) is None:
                continue
            module, name = place
            self.modules.add(module)
            label = nodes.inline("", "[source]", classes=["viewcode-link"])
            address = f"{up}{LISTINGS}/{module.replace('.', '/')}.html#{name}"
            signature += nodes.reference("", "", label, internal=False, refuri=address)

    def pages(self, app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
        """A page for each module: its address, its context, its template."""
        for module in sorted(self.modules):
            path = PACKAGE.parent / f"{module.replace('.', '/')}.py"
            source = path.read_text(encoding="utf-8")
            code = app.builder.highlighter.highlight_block(source, "python", linenos=False)
            body = (
                f"<h1>{module}</h1>\n<p>The source of the module, as it was when this book was built.</p>\n"
            )
            context = {"title": module, "body": body + listing(source, code)}
            yield f"{LISTINGS}/{module.replace('.', '/')}", context, "page.html"


def defined_in(module: str, fullname: str) -> tuple[str, str] | None:
    """The module that defines a function, a class or a method, and its name there; None for what is just a value."""
    found: Any = sys.modules[module]
    for part in fullname.split("."):
        found = (
            inspect.getattr_static(found, part, None)
            if inspect.isclass(found)
            else getattr(found, part, None)
        )
    found = getattr(found, "fget", None) or getattr(found, "func", None) or found
    found = inspect.unwrap(getattr(found, "__func__", found))
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        return None
    inside = found.__module__.startswith(f"{repsim_core.__name__}.")
    return (found.__module__, found.__qualname__) if inside and "<" not in found.__qualname__ else None


def listing(source: str, highlighted: str) -> str:
    """The highlighted HTML of a source, line by line the same, with the names of what it defines as ids."""
    lines = highlighted.split("\n")
    for name, node in _definitions(ast.parse(source), ""):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
        start, pre, rest = lines[first].rpartition("<pre>")  # the first line begins with it
        lines[first] = f'{start}{pre}<span id="{name}"></span>{rest}'
    return "\n".join(lines)


def _definitions(node: ast.AST, before: str) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """The functions and classes in a module or a class, by their names, and the methods of the classes."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield before + each.name, each
            if isinstance(each, ast.ClassDef):
                yield from _definitions(each, f"{before}{each.name}.")
