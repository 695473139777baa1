"""Which masters a course uses, and hidden tests that no public copy of the book holds.

The masters in `notebooks/assignments/` are open: with the book, everybody has their solutions and hidden tests. A
teacher's own stand in a folder or an archive that is in no repository. And whatever the masters, the numbers that
hidden tests draw depend on a secret of the course, made when it is first released.
"""

from __future__ import annotations

import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from nbformat import NotebookNode

from repsim_book.paths import ASSIGNMENTS
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# In the folder of a course: the teacher's own masters, and what hidden tests draw with.
OWN, SECRET = "masters", "secret.txt"
_NAME = re.compile(r"[0-9]{2}_\w+\.md")
# Of all masters in an archive.
_MOST_BYTES = 20_000_000
_HIDDEN = re.compile(r"(?<=### BEGIN HIDDEN TESTS\n).*?(?=### END HIDDEN TESTS)", re.DOTALL)
_DRAW = re.compile(r"\bdefault_rng\((\d+)\)")


@dataclass(frozen=True)
class Masters:
    """The masters of a course.

    Attributes:
        origin: where they are from, in words for a teacher.
        paths: by the name of the assignment.
    """

    origin: str
    paths: Mapping[str, Path]


@contextmanager
def masters(root: Path, course: Path, given: Path | None = None) -> Iterator[Masters]:
    """The masters to release: those given, else the course's own (its folder `masters`), else the book's.

    Args:
        root: the book's folder.
        course: that of the course.
        given: a folder, or a .zip, of files NN_name.md; they lie anywhere in it.

    Raises:
        InputError: `given` is neither, or holds two masters of one name.
    """
    own = course / OWN
    if given is not None and not given.is_dir():
        with TemporaryDirectory(prefix="repsim-") as folder:
            _unpack(given, Path(folder))
            yield Masters(f"the masters in {given}", _found(Path(folder)))
    elif given is not None:
        yield Masters(f"the masters in {given}", _found(given))
    elif own.is_dir():
        yield Masters(f"the course's own masters, {own}", _found(own))
    else:
        yield Masters(
            "the open masters of the book, whose solutions anybody can read", _found(root / ASSIGNMENTS)
        )


def _found(folder: Path) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.md")):
        if _NAME.fullmatch(path.name):
            if path.stem in paths:
                raise InputError(f"masters: found {path.name} twice in {folder}, expected one")
            paths[path.stem] = path
    return paths


def _unpack(archive: Path, folder: Path) -> None:
    """Write the masters of an archive into a folder, by their names alone."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [
                each for each in opened.infolist() if _NAME.fullmatch(PurePosixPath(each.filename).name)
            ]
            if sum(each.file_size for each in entries) > _MOST_BYTES:
                raise InputError(
                    f"masters: found more than {_MOST_BYTES // 1_000_000} MB in {archive}, expected less"
                )
            for number, entry in enumerate(entries):
                place = folder / str(number) / PurePosixPath(entry.filename).name
                place.parent.mkdir()
                place.write_bytes(opened.read(entry))
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: it wants a password
        raise InputError(f"masters: found no readable folder or .zip {archive}: {error}") from error


def course_secret(course: Path) -> int:
    """The secret of a course, made anew where there is none. Whoever grades on another machine takes the file along.

    Raises:
        InputError: the file holds something else.
    """
    path = course / SECRET
    if not path.exists():
        write_atomic(path, f"{secrets.token_hex(16)}\n".encode())
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise InputError(
            f"{path}: found something else than 32 hexadecimal digits, expected what `release` wrote"
        )
    return int(text, 16)


def drawn_anew(master: NotebookNode, secret: int) -> None:
    """Let the hidden tests of a master draw other numbers: default_rng(11) becomes default_rng([11, secret])."""

    def with_secret(hidden: re.Match[str]) -> str:
        return _DRAW.sub(rf"default_rng([\1, {secret}])", hidden[0])

    for cell in master.cells:
        if cell.cell_type == "code":
            cell.source = _HIDDEN.sub(with_secret, cell.source)
