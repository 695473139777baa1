"""Assignments that are released again after something was handed in, with other cells than were handed out.

nbgrader refuses that once a submission is graded, and says nothing before. Here it is a choice: the assignment stays as
it was handed out, or the new one takes its place and everything is graded again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from nbgrader.api import MissingEntry

from repsim_book.classroom.course import Course
from repsim_book.classroom.given import Given, remembered
from repsim_book.classroom.masters import Masters
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.records import read_grading_records, write_record
from repsim_core.files import write_atomic


@dataclass(frozen=True)
class Changed:
    """Cells of a master that differ from those that were released.

    Attributes:
        added, removed: the names of marked cells.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        parts = {"added": self.added, "removed": self.removed}
        return "; ".join(f"{what}: {', '.join(cells)}" for what, cells in parts.items() if cells)


def changed_cells(used: Masters, course: Course, names: Sequence[str] = ()) -> dict[str, Changed]:
    """Of which assignments (of all by default) the master has other cells than those that submissions have.

    Args:
        used: the masters that are to be released.
    """
    released = [
        name
        for name in used.texts
        if name in (names or used.texts) and course.source(name).is_file() and course.submissions(name)
    ]
    new = {name: {cell for each in used.read(name).cells if (cell := grade_id(each))} for name in released}
    found = {}
    for name, cells in new.items():
        with course.gradebook() as gradebook:
            try:
                old = {cell.name for cell in gradebook.find_notebook(name, name).source_cells}
            except MissingEntry:
                continue
        # nbgrader keeps those that can be graded, answered or are locked: all marked ones.
        if cells != old:
            found[name] = Changed(tuple(sorted(cells - old)), tuple(sorted(old - cells)))
    return found


@contextmanager
def replaced(course: Course, names: Sequence[str]) -> Iterator[None]:
    """Take what was graded of these assignments out of the gradebook, so that a new release can be made inside.

    What people gave is remembered in the records of the grading, which gives it again where it can. If the release
    fails, all is as before.
    """
    before = (course.directory / "gradebook.db").read_bytes() if names else b""
    for name in names:
        for student, record in read_grading_records(course, name).items():
            earlier = {cell: Given(**each) for cell, each in record.given.items()}
            given = remembered(course, name, student, earlier)
            write_record(
                course, name, replace(record, given={cell: asdict(each) for cell, each in given.items()})
            )
        with course.gradebook() as gradebook:
            gradebook.remove_assignment(name)
    try:
        yield
    except BaseException:
        if names:
            write_atomic(course.directory / "gradebook.db", before)
        raise
