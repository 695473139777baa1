"""The version of a piece of code: a hash of the sources that its results depend on."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PACKAGE = "repsim_core"


@cache
def source_version(*modules: str, follow: bool = True) -> str:
    """A hash of the named modules of this package and of all modules of it that they import, in any depth.

    It is taken from the syntax trees without docstrings: comments, docstrings and layout do not matter, everything
    else does. Python's own minor version shows in it too, because it shapes the trees.

    Args:
        modules: names within the package, such as "training".
        follow: False for the named modules alone.
    """
    found: dict[str, str] = {}
    waiting = [f"{PACKAGE}.{name}" for name in modules]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        tree = ast.parse(_source(name))
        waiting += _imports(tree) if follow else []
        found[name] = ast.dump(_without_docstrings(tree))
    text = "\0".join(f"{name}\0{found[name]}" for name in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _source(name: str) -> bytes:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"modules: there is no module {name}")
    return Path(spec.origin).read_bytes()


def _imports(tree: ast.Module) -> list[str]:
    """The package's modules that this one imports, wherever in its body."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith(f"{PACKAGE}.")]
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            names += [f"{PACKAGE}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            names.append(str(node.module))
    return names


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree
