"""What `repsim classroom grade` says: where students' code runs, and how far the class is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from repsim_book.classroom.apart.sandbox import Sandbox
from repsim_book.cli.plain_text import as_text
from repsim_book.cli.progress import ProgressLine, duration, time_left

if TYPE_CHECKING:
    from repsim_book.classroom.grade_class import GradeProgress

# Seconds after which it is said who is being executed.
_SLOW = 60.0


def told(sandbox: Sandbox) -> Iterator[str]:
    """Where students' code runs, and what it is not kept from."""
    yield f"repsim: isolation: {sandbox.name}" + (f": {as_text(sandbox.why)}" if sandbox.why else "")
    for each in sandbox.open:
        yield f"repsim: students' code is not contained: {each}"


class Reporter:
    """The progress of a class."""

    def __init__(self, name: str) -> None:
        self.line = ProgressLine(name, "submissions")

    def __call__(self, progress: GradeProgress) -> None:
        before = f"{progress.found} graded before" if progress.found else ""
        ended = progress.done == progress.submissions
        rest = f"{duration(progress.seconds)} in all" if ended else time_left(progress.seconds_left)
        slow = progress.longest if progress.longest and progress.longest[1] > _SLOW else None
        waits = f"{as_text(slow[0])} since {duration(slow[1])}" if slow else ""
        self.line.show(
            progress.done, progress.submissions, before, rest, _at_most(progress, bool(slow)), waits
        )


def _at_most(progress: GradeProgress, slow: bool) -> str:
    """What those at work can still take by their limits, where the mean of the others says less and nothing else waits.

    One in an endless loop takes all of it, and so may one that takes long already.
    """
    most, left = progress.seconds_most, progress.seconds_left
    last = progress.done + progress.running >= progress.submissions
    if most is None or left is None or most <= left or not (last or slow):
        return ""
    return f"at most {duration(most)} for those at work"
