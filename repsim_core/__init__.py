"""Measures of closeness in distribution and of representational similarity.

An executable edition of Nielsen, Marconato, Dittadi and Gresele, "When Does Closeness in Distribution Imply
Representational Similarity? An Identifiability Perspective" (NeurIPS 2025, arXiv:2506.03784).

The public names are listed once, in `__init__.pyi`, where type checkers and editors find them too. Each is taken from
its module when it is first asked for: a command that only reads the book's chapters starts without NumPy.
"""

import ast
import importlib
from pathlib import Path
from typing import Any

# The module of each public name, as the stub has it: `from .measures.comparison import compare as compare`.
_MODULE_OF = {
    alias.name: f"{__name__}.{statement.module}"
    for statement in ast.parse(Path(__file__).with_suffix(".pyi").read_text("utf-8")).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}
__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll] - the stub says which


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
