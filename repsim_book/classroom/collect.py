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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
import yaml
from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.course import STUDENT, STUDENT_IDS, Course, quoted
from repsim_book.classroom.notebooks import MAX_BYTES, MAX_FILE_BYTES, grade_id, read_notebook
from repsim_book.classroom.roster import ROSTER, of_gradescope, of_learning_system, read_roster
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# No student is called so.
ASSIGNMENT = re.compile(r"\d\d_\w+")
MAX_FILES = 5000
# What file systems take as the name of a folder.
_NAME_BYTES = 255
# The cell in which a student says who it is.
_SAYS = re.compile(r"^\s*student\s*=\s*(['\"])(?P<id>.*?)\1", re.MULTILINE)
# Files that nobody handed in, and those that come with a download.
_SYSTEM = re.compile(r"Thumbs\.db|desktop\.ini|\.DS_Store", re.IGNORECASE)
_BESIDE = re.compile(r"README.*|submission_metadata\.yml", re.IGNORECASE)
_METADATA = "submission_metadata.yml"
# Of a file beside a notebook that is kept for the grader.
_KEPT = re.compile(r"\w[\w .()+@,=-]{0,150}")
_Read = Callable[[], bytes]


@dataclass(frozen=True)
class Collected:
    """What came of a collection: students by how their submission compares with the earlier one, and what was refused.

    Attributes:
        refused: the reason by file.
        kept: files beside a notebook, by student; they lie beside it in the course.
        says: who the notebook says it is of, by student, where that is somebody else.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)


def collect_submissions(
    course: Course,
    name: str,
    origin: Path,
    *,
    who: Mapping[str, str] | None = None,
    names: str | None = None,
) -> Collected:
    """Take the submissions of an assignment into the course; a later collection replaces an earlier one.

    With a roster (`roster.read_roster`) a submission is of a student who is in it, by the id, number, address or name
    that a learning system puts into the name of a file or a folder. Without one the name is the student's id.

    Args:
        origin: a folder or a .zip: a download of Moodle, Canvas or Gradescope, or of `<student>.ipynb`,
            `<student>/NN_name.ipynb`, or nbgrader's own `<student>/NN_name/NN_name.ipynb`.
        who: ids by what a student is called there, for names that tell nothing.
        names: a regular expression that is looked for in a file's path, with a group `id`.

    Raises:
        InputError: the assignment was not released, the roster or the pattern is wrong, or the origin cannot be read
            at all.
    """
    skeleton = course.skeleton(name)
    answers = {grade_id(cell) for cell in skeleton.cells if utils.is_solution(cell)} - {None}
    collected = Collected()
    with _opened(origin) as files:
        if len(files) > MAX_FILES:
            raise InputError(f"{origin}: found {len(files)} files, expected at most {MAX_FILES}")
        owners = _Owners(course, name, files, who or {}, names)
        by_student: dict[str, list[str]] = defaultdict(list)
        beside: dict[str, str] = {}
        for file in files:
            if owners.of_nobody(file):
                continue
            try:
                student = owners.of(file)
                if PurePosixPath(_path(file)).suffix.lower() == ".ipynb":
                    by_student[student].append(file)
                else:
                    beside[file] = student
            except InputError as error:
                collected.refused[file] = str(error)
        for student, theirs in by_student.items():
            for file in theirs:
                try:
                    if len(theirs) > 1:
                        raise InputError(f"found {len(theirs)} files of {student}, expected one")
                    data = files[file]()
                    notebook = read_notebook(data)
                    there = answers & {grade_id(cell) for cell in notebook.cells}
                    if 2 * len(there) < len(answers):  # assignments share some: the student's name, a proof
                        raise InputError(
                            f"found {len(there)} of the {len(answers)} cells for answers of {name}, expected the "
                            "released notebook, answered"
                        )
                except InputError as error:
                    collected.refused[file] = str(error)
                    continue
                if len(data) > MAX_BYTES:  # without outputs
                    data = nbformat.writes(notebook).encode()
                path = course.submission(name, student)
                before = path.read_bytes() if path.is_file() else None
                if before != data:
                    write_atomic(path, data)
                kept = collected.new if before is None else collected.changed
                (collected.unchanged if before == data else kept).append(student)
                if (said := _says(notebook)) not in ("", _says(skeleton)) and owners.id_of(said) != student:
                    collected.says[student] = said
        taken = {*collected.new, *collected.changed, *collected.unchanged}
        for file, student in beside.items():
            try:
                if student not in taken:
                    suffix = PurePosixPath(_path(file)).suffix
                    raise InputError(f"found a file {suffix or 'without suffix'}, expected .ipynb")
                kept_name = _keep(course.submission(name, student).parent, file, files[file])
                collected.kept.setdefault(student, []).append(kept_name)
            except InputError as error:
                collected.refused[file] = str(error)
    return collected


class _Owners:
    """Whose the files of an origin are.

    Raises:
        InputError: the roster or the pattern is wrong.
    """

    def __init__(
        self, course: Course, name: str, files: dict[str, _Read], who: Mapping[str, str], names: str | None
    ) -> None:
        self.name, self.who = name, dict(who)
        self.roster = read_roster(course.directory / ROSTER)
        self.known = {student.casefold(): student for student in course.submissions(name)}
        self.pattern = _pattern(names)
        paths = [PurePosixPath(_path(file)).parts for file in files if not _SYSTEM.fullmatch(_last(file))]
        notebooks = [parts for parts in paths if parts[-1].lower().endswith(".ipynb")]
        tops = {parts[:1] for parts in paths}
        # One folder is the one that an archive was made of, or that of the only student.
        only = len(notebooks) == 1 and len(notebooks[0]) == 2
        of_one = only and (
            notebooks[0][1] == f"{name}.ipynb" or of_learning_system(notebooks[0][:1], "") is not None
        )
        self.top = tops.pop() if len(tops) == 1 and (len(paths) > 1 or only) and not of_one else ()
        self.gradescope: dict[str, tuple[str, ...]] = {}
        for file, read in files.items():
            if _last(file) == _METADATA:
                self.gradescope |= _gradescope(read())

    def of_nobody(self, file: str) -> bool:
        """Whether a file comes with the download."""
        folders = PurePosixPath(_path(file)).parts[:-1]
        return folders in ((), self.top) and _BESIDE.fullmatch(_last(file)) is not None

    def of(self, file: str) -> str:
        """Whose a file is.

        Raises:
            InputError: that cannot be known, or its path leads elsewhere.
        """
        path = PurePosixPath(_path(file))
        if path.is_absolute() or ".." in path.parts or ":" in file or "\0" in file:
            raise InputError("found a path that leaves the folder, expected one within")
        folders = path.parts[:-1]
        if self.top and folders[:1] == self.top:
            folders = folders[1:]
        notebook = path.suffix.lower() == ".ipynb"
        if self.pattern is not None:
            found = self.pattern.search("/".join([*folders, path.name]))
            if found is None:
                raise InputError(
                    "found no part that the pattern of --names describes, expected the student's id"
                )
            return self._student([found["id"]])
        if (parts := of_learning_system(folders, path.stem)) is not None:
            submission = next((folder for folder in reversed(folders) if folder in self.gradescope), "")
            labels = [*self.gradescope.get(submission, ()), *parts.values()]
            return self._student([*labels, *folders[::-1], path.stem], certain=False)
        if not folders and not notebook:
            raise InputError(f"found a file {path.suffix or 'without suffix'}, expected .ipynb")
        if notebook and path.stem != self.name:
            if folders and self.roster is None:
                raise InputError(
                    f"found {quoted(path.name)} in a student's folder, expected {self.name}.ipynb"
                )
            if ASSIGNMENT.fullmatch(path.stem):
                raise InputError(f"found the name of an assignment, expected <student>.ipynb of {self.name}")
            return self._student([*folders[::-1], path.stem] if folders else [path.stem])
        return self._student([next((folder for folder in reversed(folders) if folder != self.name), "")])

    def id_of(self, said: str) -> str:
        """The id of who says so, as it is known here."""
        said = unicodedata.normalize("NFC", said.strip())
        found = self.roster.find(said) if self.roster else self.known.get(said.casefold())
        return found or said

    def _student(self, labels: list[str], *, certain: bool = True) -> str:
        """The id of whom one of these stands for; without a roster the first is one, if that is certain."""
        label = unicodedata.normalize("NFC", labels[0])  # an accent is one character or two
        if given := next((self.who[each] for each in labels if each in self.who), None):
            label, certain = given, True
            labels = [given]
        if self.roster is not None:
            found = self.roster.find(*labels)
            if found is None:
                raise self.roster.unknown(label)
            return found
        if not certain:
            raise InputError(
                f"found the name of a download, {quoted(label)}, expected {ROSTER} in the course, which says whose it "
                f"is, or --who {label}=ID"
            )
        if not STUDENT.fullmatch(label):
            found = quoted(label) if label else "no folder of a student"
            if len(label) > 100:
                found = f"a name of {len(label)} characters"
            raise InputError(f"found {found}, expected {STUDENT_IDS}")
        if (length := len(label.encode())) > _NAME_BYTES:
            raise InputError(f"found a name of {length} bytes, expected at most {_NAME_BYTES}")
        return self.known.setdefault(label.casefold(), label)


def _path(file: str) -> str:
    """With the separators of this system: some archives have others."""
    return file.replace("\\", "/")


def _last(file: str) -> str:
    return PurePosixPath(_path(file)).name


def _pattern(names: str | None) -> re.Pattern[str] | None:
    if names is None:
        return None
    try:
        found = re.compile(names)
    except re.error as error:
        raise InputError(f"names: found {names!r}, expected a regular expression: {error}") from error
    if "id" not in found.groupindex:
        raise InputError(f"names: found {names!r}, expected a group for the student's id, (?P<id>...)")
    return found


def _gradescope(data: bytes) -> dict[str, tuple[str, ...]]:
    try:
        return of_gradescope(yaml.safe_load(data))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return {}


def _says(notebook: NotebookNode) -> str:
    """Whom a notebook names as its student."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and (found := _SAYS.search(cell.source)):
            return found["id"]
    return ""


def _keep(folder: Path, file: str, read: _Read) -> str:
    """Put a file beside the notebook; its name there."""
    kept = _last(file)
    if not _KEPT.fullmatch(kept) or len(kept.encode()) > _NAME_BYTES:
        raise InputError(f"found a file {quoted(kept)} beside a notebook, expected a plain name")
    data = read()
    if len(data) > MAX_BYTES:
        raise InputError(f"found more than {MAX_BYTES // 1_000_000} MB beside a notebook, expected less")
    write_atomic(folder / kept, data)
    return kept


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
    """Whether a path belongs to an editor, an operating system or a download, not to a student."""
    system = any(part == "__MACOSX" or (part.startswith(".") and not part.startswith("..")) for part in parts)
    return system or bool(parts and _SYSTEM.fullmatch(parts[-1]))


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
                    return file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise InputError(f"found a file that cannot be read: {error.strerror}") from error

        yield relative.as_posix(), read


def _of_archive(archive: zipfile.ZipFile) -> Iterator[tuple[str, _Read]]:
    filled = {parent for name in archive.namelist() for parent in PurePosixPath(name).parents}
    for info in archive.infolist():
        path = PurePosixPath(_path(info.filename))
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

        yield info.orig_filename, read
