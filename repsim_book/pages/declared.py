"""What the box on a chapter's page is told: its parameters, the rules that they keep, and what a run needs."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from repsim_book import limits
from repsim_book.chapters import tags
from repsim_book.parameters import Parameter, read_parameters

_KEY_FILE = "key.json"  # beside an executed notebook: how long it took


def declare(path: Path, notebook: Any, parameters: list[tuple[Parameter, object]]) -> dict[str, Any]:
    """All of it, as JSON has it.

    Args:
        path: of the executed notebook.
        notebook: what it holds.
        parameters: from `declared_parameters`.
    """
    return {
        "parameters": [asdict(parameter) | {"value": value} for parameter, value in parameters],
        "limits": _limits(notebook, {each.name: each for each, _ in parameters}),
        "needs": _needs(path, notebook),
    }


def declared_parameters(notebook: Any) -> list[tuple[Parameter, object]]:
    """The parameters that an executed notebook declares, each with the value that it was executed with."""
    given = notebook.metadata.get("papermill", {}).get("parameters", {})
    return [
        (parameter, given.get(name, parameter.default))
        for name, parameter in read_parameters(_source(notebook, "parameters")).items()
    ]


def _source(notebook: Any, tag: str) -> str:
    return next((cell.source for cell in notebook.cells if tag in tags(cell)), "")


def _limits(notebook: Any, parameters: dict[str, Parameter]) -> list[Any]:
    """The rules. A chapter of somebody's own may need more than a page knows; then the command alone has them."""
    try:
        return limits.as_data(_source(notebook, "parameter-checks"), parameters)
    except (ValueError, ImportError, AttributeError):
        return []


def _needs(path: Path, notebook: Any) -> str:
    """What a run needs besides the command, in a sentence or two."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    said = []
    try:
        seconds = float(json.loads((path.parent / _KEY_FILE).read_text(encoding="utf-8"))["seconds"])
        said.append(f"With the values of this page it took {_rounded(seconds)}.")
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a run that nobody kept
    if re.search(r"\bimport torch\b|\brepsim_core\.training\b", code):
        said.append("It trains networks, with PyTorch (the extra train), on the CPU if need be.")
    if re.search(r"\bload_images\b", code):
        said.append("CIFAR-10 is fetched once (170 MB) where it is asked for and not there.")
    return " ".join(said)


def _rounded(seconds: float) -> str:
    """A time with the digits that mean something on another machine."""
    if seconds < 90:
        return f"about {max(10 * round(seconds / 10), 10)} seconds"
    return f"about {round(seconds / 60)} minutes"
