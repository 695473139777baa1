"""What is kept about the grading of a submission: how its execution went, and what people gave to its answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from repsim_book.classroom.course import Course
from repsim_core.files import to_json, write_atomic


@dataclass(frozen=True)
class GradingRecord:
    """How the execution of a submission went.

    Attributes:
        key: a hash of the submission and of the assignment.
        state: see `ExecutedSubmission`; or `unreadable` (no notebook), `refused` (nbgrader could not grade it), or
            `harmful` (it changed files of the course).
        message: one line, empty for `graded`.
        limits: that it was executed with.
        look_at: what a person has to look at, a sentence each; see `answers.Restored`.
        given: what people gave to answers, by the name of the cell; see `given.Given`.
    """

    student: str
    key: str
    state: str
    message: str
    limits: Mapping[str, int]
    look_at: Sequence[str] = field(default_factory=list)
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def grading_key(skeleton: NotebookNode, data: bytes, numbers: str = "") -> str:
    """What a grade depends on, as a hash.

    Args:
        skeleton: of the assignment.
        data: the submission's file.
        numbers: whose numbers tests ask for, where that is not who handed in.
    """
    assignment = nbformat.writes(skeleton).encode()
    return hashlib.sha256(
        b"\0".join([assignment, data, *([numbers.encode()] if numbers else [])])
    ).hexdigest()


def read_grading_records(course: Course, name: str) -> dict[str, GradingRecord]:
    """The records of an assignment by student."""
    records = {}
    for path in sorted((course.directory / "grading" / name).glob("*.json")):
        try:
            records[path.stem] = GradingRecord(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):  # damaged: graded again
            continue
    return records


def write_record(course: Course, name: str, record: GradingRecord) -> None:
    """Keep the record of a submission."""
    path = course.directory / "grading" / name / f"{record.student}.json"
    write_atomic(path, to_json(asdict(record)).encode())
