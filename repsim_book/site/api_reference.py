"""The API reference: entries that autodoc makes from docstrings, without what serves nobody."""

from dataclasses import is_dataclass
from typing import Any


def without_constructor(
    app: Any, what: str, name: str, found: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, None] | None:
    """No signature for a class of results: it is returned and not called, and its attributes are listed below."""
    return ("", None) if what == "class" and is_dataclass(found) else None
