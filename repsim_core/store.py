"""A store of results on disk: an entry is a file, its name tells what it holds and proves that it is whole.

An entry is called `label-key-checksum.suffix`. The label is for people; the key is a hash of all that defines the
content; the checksum is a hash of key and content. So one atomic rename stores an entry, two processes that store
the same entry write the same file, and a truncated, altered or foreign file cannot pass for an entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repsim_core.errors import StoreError, WriteError
from repsim_core.files import TEMPORARY, write_atomic

# Hexadecimal digits kept of a SHA-256: 128 bits.
_DIGITS = 32
# Seconds after which a temporary file belongs to a process that was killed.
_ABANDONED = 3600


@dataclass(frozen=True)
class Address:
    """Where an entry belongs: a label of letters, digits, `_` and `-`, a key from `content_key`, a suffix."""

    label: str
    key: str
    suffix: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", self.label):
            raise ValueError(f"label: found {self.label!r}, expected up to 100 letters, digits, _ and -")

    def entry(self, data: bytes) -> str:
        """The name, without suffix, of the entry that holds this content."""
        return f"{self.label}-{self.key}-{_checksum(self.key, data)}"


def user_folder() -> Path:
    """The folder for what is kept between runs and can be had again: REPSIM_CACHE, else `repsim` in XDG_CACHE_HOME or
    `~/.cache`."""
    chosen, home = os.environ.get("REPSIM_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if chosen:
        return Path(chosen)
    return Path(home or Path.home() / ".cache") / "repsim"


def content_key(definition: Mapping[str, Any]) -> str:
    """A key from all that defines a result: equal for equal definitions (plain JSON values), in any order."""
    text = json.dumps(definition, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


class Store:
    """Entries in one folder, which any number of processes may use at the same time.

    Args:
        directory: the folder; made when the first entry is stored.
        report: called with a line for each damaged entry that is met; by default it goes to standard error.

    Raises:
        NotADirectoryError: the folder is a file.
    """

    def __init__(self, directory: Path, report: Callable[[str], object] | None = None) -> None:
        self.directory = Path(directory)
        self.report = report or _to_stderr
        if self.directory.exists() and not self.directory.is_dir():
            raise NotADirectoryError(f"cache: {self.directory} is a file, expected a folder")

    def get(self, address: Address) -> bytes | None:
        """The content stored at the address; None if there is none, or only damaged files (each is reported)."""
        found, damaged = self._read(address)
        for path in damaged:
            self.report(f"damaged entry, to be computed again: {path}")
        return found

    def contents(self, key: str, suffix: str) -> Iterator[bytes]:
        """What all entries with this key hold, whatever their labels; damaged ones are reported and left out."""
        names = {path.name for path in self.directory.glob(f"*-{key}-*{suffix}")}
        for label in sorted({name.partition(f"-{key}-")[0] for name in names}):
            found = self.get(Address(label, key, suffix))
            if found is not None:
                yield found

    def state(self, address: Address) -> str:
        """`done`, `damaged` or `missing`; nothing is reported."""
        found, damaged = self._read(address)
        if found is not None:
            return "done"
        return "damaged" if damaged else "missing"

    def put(self, address: Address, data: bytes) -> Path:
        """Store the content and remove damaged files of the same address. The entry appears whole or not at all.

        Raises:
            StoreError: it cannot be written (a full disk, say); every other entry is as before.
        """
        path = self.directory / (address.entry(data) + address.suffix)
        try:
            write_atomic(path, data)
        except WriteError as error:
            raise StoreError(f"cache: {error}") from error
        for other in self._read(address)[1]:
            other.unlink(missing_ok=True)
        return path

    def sweep(self) -> None:
        """Remove the temporary files that killed processes have left."""
        for path in self.directory.glob(f"{TEMPORARY}*"):
            try:
                if path.is_file() and time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                # Another process swept it.
                pass

    def _read(self, address: Address) -> tuple[bytes | None, list[Path]]:
        """The first whole file of the address, and the damaged ones before it (all, where none is whole)."""
        damaged = []
        for path in sorted(self.directory.glob(f"{address.label}-{address.key}-*{address.suffix}")):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                # Another process replaced or removed it.
                continue
            except OSError as error:
                raise StoreError(f"cache: cannot read {path}: {error.strerror or error}") from error
            if path.name == address.entry(data) + address.suffix:
                return data, damaged
            damaged.append(path)
        return None, damaged


def _checksum(key: str, data: bytes) -> str:
    """Over key and content: content under another entry's name does not match."""
    return hashlib.sha256(key.encode() + b"\0" + data).hexdigest()[:_DIGITS]


def _to_stderr(line: str) -> None:
    print(f"repsim: {line}", file=sys.stderr, flush=True)
