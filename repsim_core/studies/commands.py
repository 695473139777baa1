"""Which commands have computed what a store holds: kept beside it, for the provenance of a record.

Each is a file of its own, named by its content: commands at the same time do not touch each other's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from repsim_core.files import to_json, write_atomic
from repsim_core.store import Store, content_key
from repsim_core.studies.study import Study


@dataclass(frozen=True, order=True)
class Command:
    """A command as it was typed.

    Attributes:
        date: when, in UTC.
        typed: its words, quoted for a shell; without those that say where files lie on the machine.
        commit: of the code that ran, with `+` where files differed from it; "" where that is not known.
    """

    date: str
    typed: str
    commit: str

    @classmethod
    def now(cls, typed: str, commit: str) -> Command:
        """One that is given today."""
        return cls(datetime.now(UTC).date().isoformat(), typed, commit)


def note_command(store: Store, study: Study, command: Command) -> None:
    """Remember a command that has computed some of the study into the store; the same one is remembered once."""
    key = content_key(asdict(command))
    path = store.directory / f".command-{_protocol(study)}-{key}.json"
    write_atomic(path, to_json(asdict(command)).encode())


def noted_commands(store: Store, study: Study) -> list[Command]:
    """The commands that have computed something by the study's protocol into the store, by date."""
    found = []
    for path in store.directory.glob(f".command-{_protocol(study)}-*.json"):
        try:
            found.append(Command(**json.loads(path.read_bytes())))
        except (OSError, ValueError, TypeError):
            store.report(f"damaged note of a command, left out: {path}")
    return sorted(found)


def _protocol(study: Study) -> str:
    """A key of how the study's models are trained, whichever of them are wanted."""
    declared = asdict(study)
    for name in ("groups", "seeds", "stacks"):
        del declared[name]
    return content_key(declared)
