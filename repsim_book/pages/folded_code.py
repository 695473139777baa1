"""Code that a page folds under a name: the parameters and the imports, which stand first in a chapter's source."""

import ast
from typing import Any

from repsim_book.chapters import tags

PARAMETERS = {
    "parameters": "Parameters and their defaults",
    "injected-parameters": "Parameters changed for this run",
}
IMPORTS = "Imports"
_DEFINED = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def fold_code(notebook: Any) -> None:
    """Tag the cells of parameters and the imports at the beginning, so that myst-nb folds them under their names."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        for tag, name in PARAMETERS.items():
            if tag in tags(cell):
                _fold(cell, name)
    known = {*PARAMETERS, "parameter-checks"}
    first = next((cell for cell in code if not known & set(tags(cell))), None)
    if first is not None and _only_imports(first.source):
        _fold(first, IMPORTS)


def _only_imports(source: str) -> bool:
    """Whether a cell begins with an import, and holds at most functions and classes beside."""
    body = ast.parse(source).body
    return (
        bool(body)
        and isinstance(body[0], (ast.Import, ast.ImportFrom))
        and all(isinstance(statement, _DEFINED) for statement in body)
    )


def _fold(cell: Any, name: str) -> None:
    cell.metadata["tags"] = list(dict.fromkeys([*tags(cell), "hide-input"]))
    cell.metadata["mystnb"] = {"code_prompt_show": name, "code_prompt_hide": name}
