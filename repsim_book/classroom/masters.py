"""Which masters a course uses, and hidden tests that no public copy of the book holds.

The masters in `notebooks/assignments/` are an open example set: with the book, everybody has their solutions and hidden
tests. A teacher's own stand in a folder or an archive that is in no repository, or in a sealed file (`sealed`), which
may be in any. And whatever the masters, the numbers that hidden tests draw depend on a secret of the course, made when
it is first released.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zipfile
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from repsim_book.classroom.notebooks import read_master
from repsim_book.classroom.sealed import (
    KEY,
    MOST_BYTES,
    Key,
    files_of,
    is_sealed,
    key_name,
    make_key,
    opened,
    read_key,
    seal,
    write_private,
)
from repsim_book.paths import ASSIGNMENTS
from repsim_core.errors import InputError

# In the folder of a course: the teacher's own masters, and what hidden tests draw with.
OWN, SECRET = "masters", "secret.txt"
# In the book, in the place of open masters.
SEALED = "masters.sealed"
_NAME = re.compile(r"[0-9]{2}_\w+\.md")
_HIDDEN = re.compile(r"(?<=### BEGIN HIDDEN TESTS\n).*?(?=### END HIDDEN TESTS)", re.DOTALL)
_DRAW = re.compile(r"\bdefault_rng\((\d+)\)")


@dataclass(frozen=True)
class Masters:
    """The masters of a course, in memory.

    Attributes:
        origin: where they are from, in words for a teacher.
        texts: by the name of the assignment.
        open: the names of those that anybody can read: they are the book's open ones, or the same text.
        key: the name of the key that opened them, empty where they were not sealed.
    """

    origin: str
    texts: Mapping[str, str] = field(repr=False)
    open: Set[str] = frozenset()
    key: str = ""

    def read(self, name: str) -> NotebookNode:
        """One of them as a notebook; see `notebooks.read_master`."""
        return read_master(Path(f"{name}.md"), self.texts[name])

    def about(self, name: str) -> dict[str, str | bool]:
        """What is kept of one that was released."""
        digest = hashlib.sha256(self.texts[name].encode()).hexdigest()
        return {"from": self.origin, "open": name in self.open, "key": self.key, "sha256": digest}


@dataclass(frozen=True)
class Sealing:
    """What was sealed.

    Attributes:
        names: of the assignments.
        open: those among them whose master is one of the book's open ones.
        key: that opens it.
        new: the key was made.
    """

    names: list[str]
    key: Key
    new: bool
    open: list[str]


def masters(root: Path, course: Path, given: Path | None = None, key: Path | None = None) -> Masters:
    """The masters to release: those given, else the course's own (its folder `masters`), else the book's.

    The book's are its sealed ones, where it has a file `notebooks/assignments/masters.sealed`, else the open ones. A
    master that is the text of an open one, wherever it comes from and whatever it is called, is as open.

    Args:
        root: the book's folder.
        course: that of the course.
        given: a folder, a .zip or a sealed file, of files NN_name.md; they lie anywhere in it.
        key: the file of the key that opens a sealed one; `masters.key` of the course by default.

    Raises:
        InputError: `given` is none of these, cannot be opened, or holds two masters of one name.
    """
    found = _found(root, course, given, key)
    return replace(found, open=same_as_open(found.texts, root))


def same_as_open(texts: Mapping[str, str], root: Path) -> frozenset[str]:
    """The names of those masters whose text is that of an open one of the book; ends of lines do not matter."""
    known = {_digest(text) for text in _of_folder(root / ASSIGNMENTS).values()}
    return frozenset(name for name, text in texts.items() if _digest(text) in known)


def _digest(text: str) -> bytes:
    return hashlib.sha256("\n".join(line.rstrip() for line in text.strip().splitlines()).encode()).digest()


def _found(root: Path, course: Path, given: Path | None, key: Path | None) -> Masters:
    own, sealed = course / OWN, root / ASSIGNMENTS / SEALED
    if given is None and own.is_dir():
        return Masters(f"the course's own masters, {own}", _of_folder(own))
    place = given or (sealed if sealed.is_file() else None)
    if place is None:
        return Masters("the open example set of the book", _of_folder(root / ASSIGNMENTS))
    if place.is_dir():
        return Masters(f"the masters in {place}", _of_folder(place))
    if not is_sealed(place):
        return Masters(f"the masters in {place}", _of_archive(place))
    found = read_key(key_for(place, key, course))
    texts = _texts(opened(place, found).items(), place)
    return Masters(f"the masters in {place}, opened with the key {found.path}", texts, key=found.name)


def seal_masters(folder: Path, key: Path, to: Path, root: Path | None = None) -> Sealing:
    """Encrypt all files of a folder of masters into one; the key is made where there is none.

    Args:
        folder: of masters NN_name.md and what belongs to them; hidden files stay out.
        key: the file of the key.
        to: the sealed file; an earlier edition under the same key is replaced.
        root: the book's folder, whose open masters these are compared with.

    Raises:
        InputError: the folder holds no masters, the key or the sealed file would lie in it, or one of these is another
            than it should be.
        WriteError: a file cannot be written.
    """
    files = files_of(folder)
    texts = _texts(files.items(), folder)
    names = [*texts]
    if not names:
        raise InputError(f"folder: found no masters in {folder}, expected files NN_name.md")
    for argument, path in {"key": key, "to": to}.items():
        if path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{argument}: found {path} in the folder that is sealed, expected it elsewhere")
    new = not key.exists()
    if new and is_sealed(to):
        raise InputError(
            f"key: found no file {key}, expected the key that opens {to}, {key_name(to)}; for a new key name another "
            "file, or remove that one"
        )
    used = make_key(key) if new else read_key(key)
    seal(files, used, to)
    return Sealing(names, used, new, sorted(same_as_open(texts, root)) if root else [])


def key_for(place: Path, key: Path | None, course: Path) -> Path:
    """The file of the key that opens a sealed file: the one that is given, else that of the course.

    Raises:
        InputError: neither is there.
    """
    if key is None and not (course / KEY).is_file():
        raise InputError(
            f"key: found none, expected the file of the key that opens {place}, or {course / KEY}"
        )
    return key or course / KEY


def _of_folder(folder: Path) -> dict[str, str]:
    paths = sorted(folder.rglob("*.md"))
    return _texts(((str(path), path.read_bytes()) for path in paths if _NAME.fullmatch(path.name)), folder)


def _of_archive(archive: Path) -> dict[str, str]:
    try:
        with zipfile.ZipFile(archive) as found:
            entries = [
                each for each in found.infolist() if _NAME.fullmatch(PurePosixPath(each.filename).name)
            ]
            if sum(each.file_size for each in entries) > MOST_BYTES:
                raise InputError(
                    f"masters: found more than {MOST_BYTES // 1_000_000} MB in {archive}, expected less"
                )
            return _texts([(each.filename, found.read(each)) for each in entries], archive)
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: it wants a password
        raise InputError(
            f"masters: found no readable folder, .zip or sealed file {archive}: {error}"
        ) from error


def _texts(files: Iterable[tuple[str, bytes]], place: Path) -> dict[str, str]:
    """The masters among files, by their names alone."""
    found: dict[str, str] = {}
    for path, data in files:
        name = PurePosixPath(path.replace("\\", "/")).name
        if not _NAME.fullmatch(name):
            continue
        if name[:-3] in found:
            raise InputError(f"masters: found {name} twice in {place}, expected one")
        try:
            # Line ends as Python reads those of a file.
            found[name[:-3]] = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"masters: found {name} in {place} in another encoding, expected UTF-8"
            ) from error
    return dict(sorted(found.items()))


def course_secret(course: Path) -> int:
    """The secret of a course, made anew where there is none; its owner alone can read it.

    Whoever grades on another machine takes the file along.

    Raises:
        InputError: the file holds something else.
    """
    path = course / SECRET
    if not path.exists():
        with suppress(FileExistsError):  # another release was first
            write_private(path, f"{secrets.token_hex(16)}\n".encode())
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise InputError(
            f"{path}: found something else than 32 hexadecimal digits, expected what `release` wrote"
        )
    return int(text, 16)


def assignment_secret(secret: int, name: str) -> int:
    """The number of one assignment: pages of feedback show hidden tests, and with them this number and no other's."""
    return int.from_bytes(hashlib.sha256(f"{secret:032x} {name}".encode()).digest()[:16])


def drawn_anew(master: NotebookNode, secret: int) -> None:
    """Let the hidden tests of a master draw other numbers: default_rng(11) becomes default_rng([11, secret])."""

    def with_secret(hidden: re.Match[str]) -> str:
        return _DRAW.sub(rf"default_rng([\1, {secret}])", hidden[0])

    for cell in master.cells:
        if cell.cell_type == "code":
            cell.source = _HIDDEN.sub(with_secret, cell.source)
