"""The grade of one submission, from its master alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.answers import restore
from repsim_book.classroom.apart.sandbox import Sandbox
from repsim_book.classroom.isolated import DEFAULT_LIMITS, Limits, execute_apart, given_by
from repsim_book.classroom.notebooks import read_master, read_notebook, skeleton_notebook


@dataclass(frozen=True)
class Grade:
    """What a submission earned.

    Attributes:
        points: by the grade_id of each graded cell; None for what waits for a person, as written answers do.
        max_points: by grade_id.
        state, message: see `ExecutedSubmission`.
        look_at: what a person has to look at; see `Restored`.
        notebook: the executed notebook, for what a failing test says.
    """

    points: Mapping[str, float | None]
    max_points: Mapping[str, float]
    state: str
    message: str
    look_at: tuple[str, ...]
    notebook: NotebookNode = field(repr=False)

    @property
    def total(self) -> float:
        """The points earned so far."""
        return sum(points for points in self.points.values() if points is not None)


def grade_notebook(
    master: Path | NotebookNode,
    submission: Path | NotebookNode,
    *,
    student: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    sandbox: Sandbox | None = None,
) -> Grade:
    """Grade a submission as the classroom does, without a course: tests restored, executed apart, nbgrader's points.

    Args:
        master: the file `NN_name.md`, or what `read_master` returns. The master itself is a submission too; what
            students receive is `release_notebook(read_master(path))`.
        submission: a notebook, or its file.
        student: what REPSIM_STUDENT is for the kernel; None leaves it unset.
        sandbox: see `execute_apart`.

    Raises:
        InputError: the master or the submission cannot be read.
    """
    if isinstance(master, Path):
        master = read_master(master)
    if isinstance(submission, Path):
        submission = read_notebook(submission.read_bytes())
    skeleton = skeleton_notebook(master)
    restored = restore(skeleton, submission, student)
    outcome = execute_apart(
        restored.notebook, given=given_by(skeleton), student=student, limits=limits, sandbox=sandbox
    )
    graded = [cell for cell in outcome.notebook.cells if utils.is_grade(cell)]
    found = {cell.metadata.nbgrader["grade_id"]: utils.determine_grade(cell) for cell in graded}
    return Grade(
        points={name: None if name in outcome.waits else points for name, (points, _) in found.items()},
        max_points={name: most for name, (_, most) in found.items()},
        state=outcome.state,
        message=outcome.message,
        look_at=(*restored.look_at, *outcome.look_at),
        notebook=outcome.notebook,
    )
