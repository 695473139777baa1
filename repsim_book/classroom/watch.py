"""What students' code must not change: the files of the course, its gradebook among them.

Submissions run with the rights of who grades. So all is read before the first one runs, and looked at after each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from repsim_book.classroom.course import Course
from repsim_core.files import write_atomic

_WATCHED = ("source", "masters", "release", "submitted", "attempts", "autograded", "feedback", "grading")
_FILES = (
    "gradebook.db",
    "roster.csv",
    "course.toml",
    "decisions.json",
    "secret.txt",
    "masters.json",
    "masters.key",
    "nbgrader_config.py",
    ".released.json",
)


class Watch:
    """The files of a course as they are now.

    Args:
        course: whose.
    """

    def __init__(self, course: Course) -> None:
        self.directory = course.directory
        self.files: dict[Path, bytes] = {}
        self.renew()

    def renew(self) -> None:
        """Take the files as they are now for what they should be; after this process has changed them."""
        self.files = {path: path.read_bytes() for path in self._paths()}

    def write(self, path: Path, data: bytes) -> None:
        """Write a file that is to be there from now on."""
        write_atomic(path, data)
        self.files[path] = data

    def changed(self) -> bool:
        """Whether something is not as it was."""
        return any(self._changes())

    def _changes(self) -> tuple[list[Path], list[Path]]:
        """The files that are not as they were, or no more there; and those that are new."""
        there = set(self._paths())
        wrong = [path for path, data in self.files.items() if path not in there or path.read_bytes() != data]
        return wrong, sorted(there - set(self.files))

    def undo(self) -> list[str]:
        """Put back what is not as it was, and say which files that were: changed, removed or added."""
        wrong, added = self._changes()
        for path in wrong:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            write_atomic(path, self.files[path])
        for path in added:
            path.unlink()
        return [path.relative_to(self.directory).as_posix() for path in sorted([*wrong, *added])]

    def _paths(self) -> Iterator[Path]:
        for name in _FILES:
            if (path := self.directory / name).is_file():
                yield path
        for name in _WATCHED:
            for path in sorted((self.directory / name).rglob("*")):
                if path.is_file() or path.is_symlink():
                    yield path
