"""What submissions came to that have run and have no points yet: kept, so that an interruption costs none of it.

It lies beside nbgrader's executed notebooks, `autograded/<student>/NN_name.executed.json`, until points are recorded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import nbformat
from nbformat import NotebookNode

from repsim_book.classroom.apart.limits import Limits
from repsim_book.classroom.course import Course
from repsim_book.classroom.isolated import ExecutedSubmission

_END = ".executed.json"


def executed_path(course: Course, name: str, student: str) -> Path:
    """Where the outcome of a submission is kept."""
    return course.directory / "autograded" / student / f"{name}{_END}"


def all_executed(course: Course, name: str) -> list[Path]:
    """The outcomes of an assignment that are kept."""
    return sorted(course.directory.glob(f"autograded/*/{name}{_END}"))


def as_kept(key: str, limits: Limits, outcome: ExecutedSubmission) -> bytes:
    """An outcome as it is kept.

    Args:
        key: from `grading_key`.
        limits: that it was executed with.
    """
    return json.dumps({"key": key, "limits": asdict(limits), "outcome": asdict(outcome)}).encode()


def kept(course: Course, name: str, student: str, key: str, limits: Limits) -> ExecutedSubmission | None:
    """The outcome that is kept of just this submission with just these limits."""
    try:
        found: Mapping = json.loads(executed_path(course, name, student).read_bytes())
        if (found["key"], found["limits"]) != (key, asdict(limits)):
            return None
        outcome = found["outcome"]
        return ExecutedSubmission(
            **outcome | {"notebook": cast(NotebookNode, nbformat.from_dict(outcome["notebook"]))}
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
