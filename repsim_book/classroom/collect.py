"""Collecting submissions from a folder or an archive of anyone's making.

Nothing is unpacked: each file is read, and written under a path made of the student's id and the assignment's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.attempts import OWN_FILES, Attempt, keep_attempt, place_attempts
from repsim_book.classroom.course import Course, quoted
from repsim_book.classroom.notebooks import MAX_BYTES, grade_id, read_notebook, says
from repsim_book.classroom.origins import File, opened, path_of
from repsim_book.classroom.owners import NAME_BYTES, Owner, Owners
from repsim_book.classroom.roster import ROSTER, read_roster
from repsim_book.classroom.settings import SETTINGS, read_settings
from repsim_book.classroom.times import read_times
from repsim_core.errors import InputError

MAX_FILES = 5000
# Of a file beside a notebook that is kept for the grader.
_KEPT = re.compile(r"\w[\w .()+@,=-]{0,150}")


@dataclass(frozen=True)
class Collected:
    """What came of a collection: students by how their submission compares with the earlier one, and what was refused.

    Attributes:
        refused: the reason by file.
        kept: files beside a notebook, by student; they lie beside it in the course.
        says: who the notebook says it is of, by student, where that is somebody else.
        older: students of whom an attempt was kept that does not count.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    older: list[str] = field(default_factory=list)


def collect_submissions(
    course: Course,
    name: str,
    origin: Path,
    *,
    who: Mapping[str, str] | None = None,
    names: str | None = None,
    times: Path | None = None,
) -> Collected:
    """Take the submissions of an assignment into the course; earlier attempts are kept (`attempts`).

    With a roster (`roster.read_roster`) a submission is of a student who is in it, by the id, number, address or name
    that a learning system puts into the name of a file or a folder. Without one the name is the student's id.

    Args:
        origin: a folder or a .zip: a download of Moodle, Canvas or Gradescope, or of `<student>.ipynb`,
            `<student>/NN_name.ipynb`, or nbgrader's own `<student>/NN_name/NN_name.ipynb`.
        who: ids by what a student is called there, for names that tell nothing.
        names: a regular expression that is looked for in a file's path, with a group `id`.
        times: a table of times of submission; see `times.read_times`.

    Raises:
        InputError: the assignment was not released, a file of the course or the pattern is wrong, or the origin cannot
            be read at all.
    """
    skeleton = course.skeleton(name)
    settings = read_settings(course.directory / SETTINGS, name)
    told = read_times(times, read_roster(course.directory / ROSTER)) if times else {}
    collected = Collected()
    with opened(origin) as files:
        if len(files) > MAX_FILES:
            raise InputError(f"{origin}: found {len(files)} files, expected at most {MAX_FILES}")
        owners = Owners(course, name, files, who or {}, names, settings.groups)
        owned: dict[str, list[tuple[str, Owner]]] = defaultdict(list)
        for file in files:
            if owners.of_nobody(file):
                continue
            try:
                owner = owners.of(file)
                owned[owner.student].append((file, owner))
            except InputError as error:
                collected.refused[file] = str(error)
        for student, theirs in owned.items():
            _collect(course, name, skeleton, student, theirs, files, told.get(student), owners, collected)
    return collected


def _collect(
    course: Course,
    name: str,
    skeleton: NotebookNode,
    student: str,
    theirs: list[tuple[str, Owner]],
    files: Mapping[str, File],
    told: datetime | None,
    owners: Owners,
    collected: Collected,
) -> None:
    """Take what is of one student."""
    notebooks = [file for file, _ in theirs if path_of(file).suffix.lower() == ".ipynb"]
    taken: dict[str, bytes] = {}
    for file in notebooks:
        try:
            if len(notebooks) > 1:
                raise InputError(f"found {len(notebooks)} files of {student}, expected one")
            data = files[file].read()
            notebook = read_notebook(data)
            _require_answers(skeleton, notebook, name)
            if len(data) > MAX_BYTES:  # without outputs
                data = nbformat.writes(notebook).encode()
            taken[f"{name}.ipynb"] = data
            said = says(notebook)
            if said not in ("", says(skeleton)) and owners.id_of(said) not in owners.group_of(student):
                collected.says[student] = said
        except InputError as error:
            collected.refused[file] = str(error)
    for file, _ in theirs:
        if file in notebooks:
            continue
        try:
            path = path_of(file)
            if not taken:
                raise InputError(f"found a file {path.suffix or 'without suffix'}, expected .ipynb")
            taken[path.name] = _beside(path.name, files[file])
            collected.kept.setdefault(student, []).append(path.name)
        except InputError as error:
            collected.refused[file] = str(error)
    if not taken:
        return
    owner = next(owner for file, owner in theirs if file in notebooks)
    path = course.submission(name, student)
    before = path.read_bytes() if path.is_file() else None
    time, time_from = (told, "table") if told else (owner.time, owner.time_from)
    attempt = keep_attempt(
        course, name, student, taken, Attempt(0, time, time_from, owner.late, owner.members)
    )
    if place_attempts(course, name, [student])[student].number != attempt.number:
        collected.older.append(student)
    after = path.read_bytes()
    kept = collected.new if before is None else collected.unchanged if before == after else collected.changed
    kept.append(student)


def _require_answers(skeleton: NotebookNode, notebook: NotebookNode, name: str) -> None:
    """Refuse a notebook of something else: assignments share some cells, the student's name, a proof."""
    answers = {grade_id(cell) for cell in skeleton.cells if utils.is_solution(cell)} - {None}
    there = answers & {grade_id(cell) for cell in notebook.cells}
    if 2 * len(there) < len(answers):
        raise InputError(
            f"found {len(there)} of the {len(answers)} cells for answers of {name}, expected the released notebook, "
            "answered"
        )


def _beside(name: str, file: File) -> bytes:
    """What lies beside a notebook and is kept for the grader."""
    if not _KEPT.fullmatch(name) or len(name.encode()) > NAME_BYTES or name in OWN_FILES:
        raise InputError(f"found a file {quoted(name)} beside a notebook, expected a plain name")
    data = file.read()
    if len(data) > MAX_BYTES:
        raise InputError(f"found more than {MAX_BYTES // 1_000_000} MB beside a notebook, expected less")
    return data
