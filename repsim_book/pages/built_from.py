"""What a book's pages were built from: a note beside them, for those who publish them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from repsim_book.repository import state
from repsim_core.files import to_json, write_atomic

NOTE = ".book.json"


@dataclass(frozen=True)
class BuiltFrom:
    """What pages were built from.

    Attributes:
        commit: that was checked out, with `+` where files differed from it; "" without git.
        profile: the name of the set of parameter values.
        chapters: names of the executed chapters, in the book's order.
    """

    commit: str
    profile: str
    chapters: tuple[str, ...]


def note_sources(root: Path, html: Path, before: str, profile: str, chapters: list[str]) -> None:
    """Write beside the pages what they were built from.

    Args:
        root: the folder of the book.
        html: the folder of the pages.
        before: `repository.state` when the building began. Sources that have changed since count as changes.
        profile, chapters: as in `BuiltFrom`.

    Raises:
        WriteError: the note cannot be written.
    """
    commit = before if state(root) == before else f"{before.removesuffix('+')}+"
    write_atomic(html / NOTE, to_json(asdict(BuiltFrom(commit, profile, tuple(chapters)))).encode())


def built_from(html: Path) -> BuiltFrom | None:
    """What pages were built from; None where nothing usable says so."""
    try:
        found = json.loads((html / NOTE).read_text(encoding="utf-8"))
        return BuiltFrom(str(found["commit"]), str(found["profile"]), tuple(map(str, found["chapters"])))
    except (OSError, ValueError, LookupError, TypeError):
        return None
