"""What `CITATION.cff` says of the book and of the paper, for those who cite them."""

from pathlib import Path
from typing import Any

CITATION = "CITATION.cff"


def edition(source: Path) -> dict[str, Any]:
    """The content of `CITATION.cff` in a folder; empty if there is none."""
    import yaml

    path = source / CITATION
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}


def authors(work: dict[str, Any]) -> list[str]:
    """The names of those who wrote a work."""
    return [each.get("name") or f"{each['given-names']} {each['family-names']}" for each in work["authors"]]
