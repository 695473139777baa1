"""Chapters that are executed side by side, as the terminal shows them."""

from collections.abc import Sequence

from repsim_book.cli.progress import ProgressLine
from repsim_book.execution.batch import FinishedExecution, PlannedExecution, Watcher


class Executions(Watcher):
    """How many have ended, and on a terminal at which cell the others are.

    Args:
        name, unit: as for `ProgressLine`.
    """

    def __init__(self, name: str, unit: str) -> None:
        self.line = ProgressLine(name, unit)
        self.stale, self.ended = 0, 0
        self.running: dict[str, str] = {}

    def begins(self, stale: Sequence[PlannedExecution], planned: int) -> None:
        self.stale = len(stale)

    def cell(self, planned: PlannedExecution, done: int, cells: int) -> None:
        self.running[planned.name] = f"{planned.name}: cell {done} of {cells}"
        self._draw()

    def finished(self, planned: PlannedExecution, finished: FinishedExecution) -> None:
        self.running.pop(planned.name, None)
        self.ended += 1
        self._draw()

    def _draw(self) -> None:
        if self.line.terminal:
            self.line.show(self.ended, self.stale, *self.running.values())
