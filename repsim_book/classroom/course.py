"""A course: the folder of assignments, submissions and grades that nbgrader works on.

It is a plain nbgrader course. `nbgrader` typed in the folder reads it, and its gradebook, gradebook.db, is the only
place of points. Beside nbgrader's own folders, `grading/` holds how the execution of each submission went, and
`.released.json` what `release` has written, so that files changed since are not overwritten. `secret.txt` is what
hidden tests draw with; `masters.json` says from which masters each assignment is. `masters/`, if there is one, holds
the teacher's own, and `masters.key` opens sealed ones.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning

from repsim_book.classroom.notebooks import grade_id, read_notebook, skeleton_notebook
from repsim_book.errors import ClassroomError
from repsim_core.errors import InputError, WriteError, nearest

# Data of students, hidden tests, the secret: a new course is its owner's alone.
PRIVATE = 0o700
# No separators, nothing that a glob would take for a pattern.
STUDENT = re.compile(r"\w[\w.@+-]{0,99}")
STUDENT_IDS = "a student's id of at most 100 letters, digits and _ . @ + -"


def quoted(name: str) -> str:
    """The name of a file or folder for a message; what does not show is replaced by a mark."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return f'"{shown}"'


def made(folder: Path) -> None:
    """The folder of a course, made for its owner alone where there is none; one that is there stays as it is.

    Raises:
        WriteError: it cannot be made.
    """
    try:
        folder.mkdir(PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot make the folder {folder}: {error.strerror or error}") from error


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
        """The gradebook, open.

        Raises:
            InputError: there is none; nbgrader would make one.
        """
        self.require_gradebook()
        with _quiet(), Gradebook(self.db_url) as gradebook:
            yield gradebook

    def require_gradebook(self) -> None:
        """Refuse to go on without the file that holds all points.

        Raises:
            InputError: it is not there, with what to do.
        """
        if (self.directory / "gradebook.db").is_file():
            return
        if any(self.directory.glob("source/*")):
            raise InputError(
                f"course: found no gradebook.db in {self.directory}, expected the file that holds all points: put it "
                "back from a copy; without one make an empty one with `repsim classroom release`, then grade again "
                "with --force, which keeps points given by hand as far as they were known at the last grading"
            )
        raise InputError(
            f"course: found no gradebook in {self.directory}, expected a course: repsim classroom release"
        )

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
        if any(self.directory.glob("source/*")):
            self.require_gradebook()
        if not path.is_file():
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that nbgrader's own calls to SQLAlchemy and nbformat cause."""
    with warnings.catch_warnings():
        for category in (SAWarning, DuplicateCellId, MissingIDFieldWarning):
            warnings.simplefilter("ignore", category)
        yield


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
