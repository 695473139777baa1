"""Collecting submissions from a folder or an archive of anyone's making.

Nothing is unpacked: each file is read, and written under a path made of the student's id and the assignment's name.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nbgrader import utils

from repsim_book.classroom.course import STUDENT, STUDENT_IDS, Course, quoted
from repsim_book.classroom.notebooks import MAX_BYTES, grade_id, read_notebook
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# No student is called so.
ASSIGNMENT = re.compile(r"\d\d_\w+")
MAX_FILES = 5000
# What file systems take as the name of a folder.
_NAME_BYTES = 255
_Read = Callable[[], bytes]


@dataclass(frozen=True)
class Collected:
    """What came of a collection: students by how their submission compares with the earlier one, and what was refused.

    Attributes:
        refused: the reason by file.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def collect_submissions(course: Course, name: str, origin: Path) -> Collected:
    """Take the submissions of an assignment into the course; a later collection replaces an earlier one.

    Args:
        origin: a folder or a .zip of `<student>.ipynb`, `<student>/NN_name.ipynb`, or nbgrader's own
            `<student>/NN_name/NN_name.ipynb`.

    Raises:
        InputError: the assignment was not released, or the origin cannot be read at all.
    """
    answers = {grade_id(cell) for cell in course.skeleton(name).cells if utils.is_solution(cell)} - {None}
    known = {student.casefold(): student for student in course.submissions(name)}
    collected = Collected()
    with _opened(origin) as files:
        if len(files) > MAX_FILES:
            raise InputError(f"{origin}: found {len(files)} files, expected at most {MAX_FILES}")
        paths = [PurePosixPath(file).parts for file in files]
        tops = {parts[:1] for parts in paths}
        notebooks = [parts for parts in paths if parts[-1].endswith(".ipynb")]
        # One folder is the one that an archive was made of, or that of the only student.
        only_student = [parts[1:] for parts in notebooks] == [(f"{name}.ipynb",)]
        top = tops.pop() if len(tops) == 1 and len(files) > 1 and not only_student else ()
        by_student: dict[str, list[str]] = defaultdict(list)
        for file in files:
            try:
                student = _student(file, name, top)
                by_student[known.setdefault(student.casefold(), student)].append(file)
            except InputError as error:
                collected.refused[file] = str(error)
        for student, theirs in by_student.items():
            for file in theirs:
                try:
                    if len(theirs) > 1:
                        raise InputError(f"found {len(theirs)} files of {student}, expected one")
                    data = files[file]()
                    there = answers & {grade_id(cell) for cell in read_notebook(data).cells}
                    if 2 * len(there) < len(answers):  # assignments share some: the student's name, a proof
                        raise InputError(
                            f"found {len(there)} of the {len(answers)} cells for answers of {name}, expected the "
                            "released notebook, answered"
                        )
                except InputError as error:
                    collected.refused[file] = str(error)
                    continue
                path = course.submission(name, student)
                before = path.read_bytes() if path.is_file() else None
                if before != data:
                    write_atomic(path, data)
                kept = collected.new if before is None else collected.changed
                (collected.unchanged if before == data else kept).append(student)
    return collected


def _student(file: str, name: str, top: tuple[str, ...]) -> str:
    """Whose submission a file is, by its path."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file or "\0" in file:
        raise InputError("found a path that leaves the folder, expected one within")
    if path.suffix != ".ipynb":
        raise InputError(f"found a file {path.suffix or 'without suffix'}, expected .ipynb")
    folders = path.parts[:-1]
    if top and folders[:1] == top:
        folders = folders[1:]
    if path.stem != name:
        if folders:
            raise InputError(f"found {quoted(path.name)} in a student's folder, expected {name}.ipynb")
        if ASSIGNMENT.fullmatch(path.stem):
            raise InputError(f"found the name of an assignment, expected <student>.ipynb of {name}")
        student = path.stem
    else:
        student = next((folder for folder in reversed(folders) if folder != name), "")
    student = unicodedata.normalize("NFC", student)  # an accent is one character or two
    if not STUDENT.fullmatch(student):
        found = quoted(student) if student else "no folder of a student"
        if len(student) > 100:
            found = f"a name of {len(student)} characters"
        raise InputError(f"found {found}, expected {STUDENT_IDS}")
    if (length := len(student.encode())) > _NAME_BYTES:
        raise InputError(f"found a name of {length} bytes, expected at most {_NAME_BYTES}")
    return student


@contextmanager
def _opened(origin: Path) -> Iterator[dict[str, _Read]]:
    """How to read each file, by its path."""
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
    """Whether a path belongs to an editor or an operating system, not to a student."""
    return any(part == "__MACOSX" or (part.startswith(".") and not part.startswith("..")) for part in parts)


def _of_folder(origin: Path) -> Iterator[tuple[str, _Read]]:
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
                    return file.read(MAX_BYTES + 1)
            except OSError as error:
                raise InputError(f"found a file that cannot be read: {error.strerror}") from error

        yield relative.as_posix(), read


def _of_archive(archive: zipfile.ZipFile) -> Iterator[tuple[str, _Read]]:
    filled = {parent for name in archive.namelist() for parent in PurePosixPath(name).parents}
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        if _hidden(path.parts) or (info.is_dir() and (path in filled or path.suffix != ".ipynb")):
            continue

        def read(info: zipfile.ZipInfo = info) -> bytes:
            if info.is_dir():
                raise InputError("found an empty folder, expected a file")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise InputError("found a link that may leave the folder, expected a file")
            try:
                with archive.open(info) as file:
                    return file.read(MAX_BYTES + 1)  # whatever size the archive claims
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
                raise InputError(f"found an entry that cannot be read: {error}") from error

        yield info.orig_filename, read
