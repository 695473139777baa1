"""A course: the folder of assignments, submissions and grades that nbgrader works on, and the release into it.

It is a plain nbgrader course. `nbgrader` typed in the folder reads it, and its gradebook, gradebook.db, is the only
place of points. Beside nbgrader's own folders, `grading/` holds how the execution of each submission went, and
`.released.json` what `release` has written, so that files changed since are not overwritten. `secret.txt` is what
hidden tests draw with, and `masters/`, if there is one, holds the teacher's own masters.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from repsim_book.classroom.masters import Masters, course_secret, drawn_anew, masters
from repsim_book.classroom.notebooks import grade_id, read_master, read_notebook, skeleton_notebook
from repsim_book.classroom.settings import SETTINGS, TEMPLATE
from repsim_book.errors import ClassroomError
from repsim_core.errors import InputError, nearest
from repsim_core.files import to_json, write_atomic

# No separators, nothing that a glob would take for a pattern.
STUDENT = re.compile(r"\w[\w.@+-]{0,99}")
STUDENT_IDS = "a student's id of at most 100 letters, digits and _ . @ + -"
_CONFIG = """\
c = get_config()  # noqa: F821, nbgrader's own

# As with `repsim classroom grade`, a warning in a test costs nothing.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "Warning"
c.Execute.timeout = 120

# grades.csv is what `repsim classroom grade` writes.
c.ExportPlugin.to = "export.csv"
"""
# Data of students are nobody else's: whatever repository the course lies in, git leaves it out.
_OWN_FILES = {"nbgrader_config.py": _CONFIG, SETTINGS: TEMPLATE, ".gitignore": "*\n"}


def quoted(name: str) -> str:
    """The name of a file or folder for a message; what does not show is replaced by a mark."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return f'"{shown}"'


def require_name(name: str) -> None:
    """Refuse a name of an assignment that is empty.

    Raises:
        InputError: it is.
    """
    if not name.strip():
        raise InputError("name: found an empty one, expected that of an assignment, NN_name")


class Course:
    """The paths of a course, and its gradebook.

    Raises:
        InputError: the folder is a file, or nbgrader would take its path for a pattern.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory).resolve()
        if self.directory.exists() and not self.directory.is_dir():
            raise InputError(f"course: found the file {self.directory}, expected a folder")
        if re.search(r"[*?\[\]{}]", str(self.directory)):
            raise InputError(f"course: found {self.directory}, expected a path without * ? [ ] {{ }}")

    @property
    def db_url(self) -> str:
        """The gradebook as SQLAlchemy wants it."""
        return f"sqlite:///{self.directory / 'gradebook.db'}"

    def source(self, name: str) -> Path:
        """The teacher's notebook of an assignment."""
        return self.directory / "source" / name / f"{name}.ipynb"

    def submission(self, name: str, student: str) -> Path:
        """Where a student's submission belongs."""
        return self.directory / "submitted" / student / name / f"{name}.ipynb"

    def autograded(self, name: str, student: str) -> Path:
        """Where the executed notebook of a submission belongs."""
        return self.directory / "autograded" / student / name / f"{name}.ipynb"

    def submissions(self, name: str) -> dict[str, Path]:
        """The submissions of an assignment by student.

        Raises:
            InputError: a folder in `submitted`, put there by hand, is called by no possible id.
        """
        found = {
            path.parents[1].name: path for path in self.directory.glob(f"submitted/*/{name}/{name}.ipynb")
        }
        for student in found:
            if not STUDENT.fullmatch(student):
                raise InputError(f"submitted: found the folder {quoted(student)}, expected {STUDENT_IDS}")
        return dict(sorted(found.items()))

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The gradebook, open."""
        with _quiet(), Gradebook(self.db_url) as gradebook:
            yield gradebook

    def nbgrader(self, name: str, student: str = ".", root: Path | None = None) -> CourseDirectory:
        """The course as nbgrader's converters want it."""
        root = root or self.directory
        return CourseDirectory(root=str(root), db_url=self.db_url, assignment_id=name, student_id=student)

    def skeleton(self, name: str) -> NotebookNode:
        """The released assignment without solutions, with all tests; see `skeleton_notebook`.

        Raises:
            InputError: it was not released, or its source differs from what the gradebook knows.
        """
        require_name(name)
        path = self.source(name)
        if not path.is_file() or not (self.directory / "gradebook.db").is_file():
            known = nearest(name, [p.name for p in self.directory.glob("source/*")])
            raise InputError(
                f"{name}: found no such assignment in {self.directory}, expected one that was released; {known}"
            )
        skeleton = skeleton_notebook(read_notebook(path.read_bytes()))
        with self.gradebook() as gradebook:
            for cell in skeleton.cells:
                cell_name = grade_id(cell)
                if cell_name is None:
                    continue
                try:
                    known = gradebook.find_source_cell(cell_name, name, name).checksum
                except MissingEntry:
                    known = None
                if known != cell.metadata.nbgrader.get("checksum"):
                    raise InputError(
                        f"{name}: found another cell {cell_name} in {path} than in the gradebook, expected what was "
                        f"released; to release what is there: nbgrader generate_assignment {name} --force"
                    )
        return skeleton


@dataclass(frozen=True)
class Released:
    """What a release has written.

    Attributes:
        origin: which masters it used, in words for a teacher.
        notebooks: for students.
    """

    origin: str
    notebooks: list[Path]


def release(
    root: Path,
    course: Course,
    names: Sequence[str] = (),
    *,
    own_masters: Path | None = None,
    force: bool = False,
) -> Released:
    """Write the teacher's and the students' notebooks of these assignments (of all by default) into the course.

    All is prepared before anything is written; the same masters give the same files.

    Args:
        root: the book's folder, whose notebooks/assignments/ holds the open masters.
        own_masters: a folder or .zip of masters, in place of the course's own or the book's; see `masters`.
        force: overwrite also files that were changed since they were released.

    Raises:
        InputError: there is no such master, nbgrader does not accept it, or a file was changed by hand.
        ClassroomError: nbgrader failed (cells were added or removed after submissions were graded, say).
    """
    with masters(root, course.directory, own_masters) as used:
        chosen = _chosen(used, names)
        sources = {name: read_master(used.paths[name]) for name in chosen}
    course.directory.mkdir(parents=True, exist_ok=True)
    secret = course_secret(course.directory)
    for master in sources.values():
        drawn_anew(master, secret)
    written = {name: nbformat.writes(master).encode() for name, master in sources.items()}
    files = {f"source/{name}/{name}.ipynb": data for name, data in written.items()}
    released = [f"release/{name}/{name}.ipynb" for name in chosen]
    manifest = course.directory / ".released.json"
    before = json.loads(manifest.read_text()) if manifest.exists() else {}
    changed = [
        path
        for path in [*files, *released]
        if (found := _checksum(course.directory / path)) is not None
        and found != before.get(path)
        and found != hashlib.sha256(files.get(path, b"")).hexdigest()
    ]
    if changed and not force:
        raise InputError(
            f"found files in {course.directory} that were changed or not made by `release`: {', '.join(changed)}; "
            "they stay as they are; --force overwrites them"
        )
    with tempfile.TemporaryDirectory(prefix="repsim-") as folder:
        if not (course.directory / "gradebook.db").exists():
            write_atomic(course.directory / "gradebook.db", _new_gradebook(Path(folder)))
        for name, data in written.items():
            write_atomic(Path(folder, "source", name, f"{name}.ipynb"), data)
        for name in chosen:
            convert(name, GenerateAssignment(coursedir=course.nbgrader(name, root=Path(folder).resolve())))
        files |= {path: Path(folder, path).read_bytes() for path in released}
    for file, text in _OWN_FILES.items():
        if not (course.directory / file).exists():  # from then on it is the teacher's
            write_atomic(course.directory / file, text.encode())
    for path, data in files.items():
        write_atomic(course.directory / path, data)
        before[path] = hashlib.sha256(data).hexdigest()
    write_atomic(manifest, to_json(before).encode())
    return Released(used.origin, [course.directory / path for path in released])


def _chosen(used: Masters, names: Sequence[str]) -> list[str]:
    for name in names:
        require_name(name)
        if name not in used.paths:
            raise InputError(f"there is no assignment {name}; {nearest(name, used.paths)}")
    if not used.paths:
        raise InputError(f"found no assignments in {used.origin}, expected NN_name.md")
    return list(names or used.paths)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that nbgrader's own calls to SQLAlchemy and nbformat cause."""
    with warnings.catch_warnings():
        for category in (SAWarning, DuplicateCellId, MissingIDFieldWarning):
            warnings.simplefilter("ignore", category)
        yield


def _new_gradebook(folder: Path) -> bytes:
    """An empty gradebook, made in this folder."""
    path = os.environ.get("PATH", "")
    # nbgrader calls alembic by name, and who calls .venv/bin/repsim need not have .venv/bin among the paths.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), path])
    try:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}"):
            pass
    except (OSError, subprocess.CalledProcessError, SQLAlchemyError) as error:
        raise ClassroomError(f"gradebook: nbgrader cannot make one: {error}") from error
    finally:
        os.environ["PATH"] = path
    return (folder / "gradebook.db").read_bytes()


def convert(name: str, converter: BaseConverter) -> None:
    """Let one of nbgrader's converters do its work on this assignment, quietly.

    Raises:
        ClassroomError: with what nbgrader logged as the cause.
    """

    class Listener(logging.Handler):
        heard = ""

        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage().strip()
            if not self.heard or text.startswith("Traceback"):
                self.heard = text.splitlines()[-1]

    listener = Listener(logging.ERROR)
    converter.log.addHandler(listener)
    try:
        with _quiet():
            converter.start()
    except Exception as error:  # nbgrader raises its own, SQLAlchemy's and those of the file system
        cause = listener.heard or f"{type(error).__name__}: {error}"
        raise ClassroomError(f"{name}: nbgrader failed: {cause}") from error
    finally:
        converter.log.removeHandler(listener)


def _checksum(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
