"""What somebody has downloaded: a folder or an archive, read file by file. Nothing is unpacked."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from repsim_book.classroom.notebooks import MAX_FILE_BYTES
from repsim_core.errors import InputError

# Files that nobody handed in.
_SYSTEM = re.compile(r"Thumbs\.db|desktop\.ini|\.DS_Store", re.IGNORECASE)
# Who tells a time that stands in an archive alone, which no learning system has made.
ARCHIVE = "archive"


@dataclass(frozen=True)
class File:
    """A file of an origin.

    Attributes:
        read: returns its bytes, no more than one beyond `MAX_FILE_BYTES`; raises InputError where that cannot be.
        changed: when it was changed last, by the archive or the file system, in the zone of this machine.
    """

    read: Callable[[], bytes]
    changed: datetime | None


def path_of(file: str) -> PurePosixPath:
    """The path of a file with the separators of this system: some archives have others."""
    return PurePosixPath(file.replace("\\", "/"))


@contextmanager
def opened(origin: Path) -> Iterator[dict[str, File]]:
    """The files of a folder or a .zip by their paths, without those of editors and operating systems.

    Raises:
        InputError: it is neither, or cannot be read at all.
    """
    if origin.is_dir():
        yield dict(_of_folder(origin))
    elif origin.suffix.lower() == ".zip" and origin.is_file():
        try:
            archive = zipfile.ZipFile(origin)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise InputError(f"{origin}: found no readable archive ({error}), expected .zip") from error
        with archive:
            yield dict(_of_archive(archive))
    else:
        raise InputError(f"{origin}: found no folder and no .zip, expected one with submissions")


def _hidden(parts: tuple[str, ...]) -> bool:
    """Whether a path belongs to an editor, an operating system or a download, not to a student."""
    system = any(part == "__MACOSX" or (part.startswith(".") and not part.startswith("..")) for part in parts)
    return system or bool(parts and _SYSTEM.fullmatch(parts[-1]))


def _of_folder(origin: Path) -> Iterator[tuple[str, File]]:
    home, paths = origin.resolve(), sorted(origin.rglob("*"))
    filled = {path.parent for path in paths}
    for path in paths:
        relative = path.relative_to(origin)
        folder = path.is_dir() and not path.is_symlink()
        # A folder is the way to its files; one without any that is called like a notebook was meant to be one.
        if _hidden(relative.parts) or (folder and (path in filled or path.suffix != ".ipynb")):
            continue

        def read(path: Path = path) -> bytes:
            if path.is_symlink() or not path.resolve().is_relative_to(home):
                raise InputError("found a link that may leave the folder, expected a file")
            if not path.is_file():
                raise InputError(
                    f"found {'an empty folder' if path.is_dir() else 'a device'}, expected a file"
                )
            try:
                with path.open("rb") as file:
                    return file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise InputError(f"found a file that cannot be read: {error.strerror}") from error

        # Copies of a folder are as new as they are: this time says nothing.
        yield relative.as_posix(), File(read, None)


def _of_archive(archive: zipfile.ZipFile) -> Iterator[tuple[str, File]]:
    filled = {parent for name in archive.namelist() for parent in PurePosixPath(name).parents}
    for info in archive.infolist():
        path = path_of(info.filename)
        if _hidden(path.parts) or (info.is_dir() and (path in filled or path.suffix != ".ipynb")):
            continue

        def read(info: zipfile.ZipInfo = info) -> bytes:
            if info.is_dir():
                raise InputError("found an empty folder, expected a file")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise InputError("found a link that may leave the folder, expected a file")
            try:
                with archive.open(info) as file:
                    return file.read(MAX_FILE_BYTES + 1)  # whatever size the archive claims
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
                raise InputError(f"found an entry that cannot be read: {error}") from error

        try:
            changed = datetime(*info.date_time).astimezone() if info.date_time[0] > 1980 else None
        except ValueError:
            changed = None
        yield info.orig_filename, File(read, changed)
