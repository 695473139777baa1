"""Which commands have computed what a store holds: kept beside it, for the provenance of a record."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from repsim_core.files import to_json, write_atomic
from repsim_core.store import Store

_FILE = ".commands.json"


@dataclass(frozen=True)
class Command:
    """A command as it was typed.

    Attributes:
        typed: its words, quoted for a shell; without those that say where files lie on the machine.
        commit: of the code that ran, with `+` where files differed from it; "" where that is not known.
        date: when, in UTC.
    """

    typed: str
    commit: str
    date: str

    @classmethod
    def now(cls, typed: str, commit: str) -> Command:
        """One that is given today."""
        return cls(typed, commit, datetime.now(UTC).date().isoformat())


def note_command(store: Store, command: Command) -> None:
    """Remember a command that computes into the store; the same one is remembered once."""
    commands = [each for each in noted_commands(store) if each != command]
    text = to_json([asdict(each) for each in [*commands, command]])
    write_atomic(store.directory / _FILE, text.encode())


def noted_commands(store: Store) -> list[Command]:
    """The commands that have computed into the store, the first one first; none where that is not known."""
    try:
        entries = json.loads((store.directory / _FILE).read_bytes())
        return [Command(**each) for each in entries]
    except (OSError, ValueError, TypeError):
        return []
