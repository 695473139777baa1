"""What a run was: all values, code, versions, date and command; written as `run.json` beside its results.

It is no part of the results: those hold no dates and no paths, so that two runs can be compared with `diff`.
"""

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from repsim_book.chapters import Chapter
from repsim_book.execution.keys import LIBRARIES, versions_of
from repsim_book.execution.run_files import RECORD, RESULTS
from repsim_book.paths import HOME
from repsim_book.repository import short_commit
from repsim_core.errors import InputError
from repsim_core.texts import written


def run_record(chapter: Chapter, values: Mapping[str, object], command: str) -> dict[str, Any]:
    """What `run.json` says of a run that begins now.

    Args:
        chapter: what is executed.
        values: of all its parameters.
        command: as it was typed; "" where there was none.
    """
    versions = {"python": platform.python_version(), **versions_of(["repsim-core", *LIBRARIES])}
    return {
        "chapter": chapter.name,
        "command": command,
        "commit": short_commit(HOME),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "values": dict(values),
        "changed": sorted(chapter.changed(values)),
        "versions": {name: number for name, number in versions.items() if number},
    }


@dataclass(frozen=True)
class Run:
    """A run as its folder tells.

    Attributes:
        folder: of the run.
        record: what `run.json` holds.
    """

    folder: Path
    record: Mapping[str, Any]

    def row(self) -> tuple[str, str, str, str]:
        """Folder, date, commit, and the values that are not the chapter's own."""
        values = self.record["values"]
        changed = ", ".join(f"{name}={written(values[name])}" for name in self.record["changed"])
        date = self.record["date"][:16].replace("T", " ")
        return str(self.folder), date, self.record["commit"] or "unknown", changed or "(defaults)"


def read_run(folder: Path) -> Run:
    """A run from its folder.

    Raises:
        InputError: there is none, or its record is damaged.
    """
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{folder} holds no finished run: cannot read {path} ({error.strerror or error})"
        ) from error
    except ValueError:
        record = None
    if not isinstance(record, dict) or not is_record(record):
        raise InputError(f"{path}: found something else than the record of a run, or a damaged one")
    return Run(folder, record)


def is_record(value: Mapping[str, Any]) -> bool:
    """Whether this is what `run_record` makes."""
    texts = all(isinstance(value.get(name), str) for name in ("chapter", "command", "commit", "date"))
    tables = all(isinstance(value.get(name), dict) for name in ("values", "versions"))
    changed = value.get("changed")
    return texts and tables and isinstance(changed, list) and value["values"].keys() >= set(changed)


def find_runs(folder: Path) -> tuple[list[Run], list[str]]:
    """The finished runs in a folder and in those below it, the newest last; and what is wrong with others."""
    found, problems = [], []
    for path in sorted(folder.rglob(RECORD)):
        try:
            found.append(read_run(path.parent))
        except InputError as error:
            problems.append(str(error))
    return sorted(found, key=lambda run: (run.record["date"], str(run.folder))), problems


def differences(a: Run, b: Run) -> list[tuple[str, str, str]]:
    """How two runs differ: what, in the first, in the second; of values, versions, commit and results.

    Of numbers and texts that a run kept each is named, of its tables and figures' data those whose content differs.

    Raises:
        InputError: the results of one are missing or damaged.
    """
    rows = _differing("", a.record, b.record, ("chapter", "commit"))
    rows += _differing("-p ", a.record["values"], b.record["values"])
    rows += _differing("version of ", a.record["versions"], b.record["versions"])
    first, second = (_result_files(run.folder) for run in (a, b))
    rows += _differing("result ", _scalars(a.folder, first), _scalars(b.folder, second))
    for name in sorted((first.keys() | second.keys()) - {"results.json"}):
        if first.get(name) != second.get(name):
            there = [
                "missing" if name not in files else f"{_lines(files[name])} lines"
                for files in (first, second)
            ]
            rows.append((f"{RESULTS}/{name}", there[0], there[1]))
    return rows


def _differing(
    prefix: str, a: Mapping[str, Any], b: Mapping[str, Any], names: Iterable[str] | None = None
) -> list[tuple[str, str, str]]:
    wanted = list(dict.fromkeys([*a, *b])) if names is None else names
    return [
        (f"{prefix}{name}", _value(a, name), _value(b, name))
        for name in wanted
        if _value(a, name) != _value(b, name)
    ]


def _value(values: Mapping[str, Any], name: str) -> str:
    return written(values[name]) if name in values else "missing"


def _result_files(folder: Path) -> dict[str, bytes]:
    results = folder / RESULTS
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file()
    }


def _scalars(folder: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    path = folder / RESULTS / "results.json"
    if path.name not in files:
        raise InputError(f"{folder} has no results: there is no file {path}")
    try:
        scalars = json.loads(files[path.name])
    except ValueError:
        scalars = None
    if not isinstance(scalars, dict):
        raise InputError(f"{path}: found a damaged file, expected the results of a run")
    return scalars


def _lines(data: bytes) -> int:
    return data.count(b"\n")
