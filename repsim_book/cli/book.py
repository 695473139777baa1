"""The command `book`: executes the chapters and builds the pages."""

from collections.abc import Sequence
from pathlib import Path

import click

from repsim_book.cli.command import command, profile_option, root_option, timeout_option, typed
from repsim_book.cli.executions import Executions
from repsim_book.cli.progress import duration
from repsim_book.execution.batch import FinishedExecution, PlannedExecution
from repsim_book.paths import find_root
from repsim_book.processes import held
from repsim_core.extras import require


@command()
@profile_option
@click.option("--force", is_flag=True, help="Execute and build also what has not changed.")
@timeout_option
@root_option
def book(profile: str, force: bool, timeout: int | None, root: Path | None) -> None:
    """Execute all chapters and build the HTML book.

    What has not changed is kept. The pages are in _build/html/, those of another profile than the default one in
    _build/html-NAME/.
    """
    require("book", "jupyter_book", "papermill", "jupytext")
    with held():  # what makes pages draws figures, and not every installation can
        from repsim_book.pages.book import build

    watcher = _BookWatcher()
    try:
        build(find_root(root), profile, force=force, command=typed(), cell_seconds=timeout, watcher=watcher)
    finally:
        watcher.line.end()


class _BookWatcher(Executions):
    """The chapters, with a line for each that is executed."""

    def __init__(self) -> None:
        super().__init__("book", "chapters")

    def begins(self, stale: Sequence[PlannedExecution], planned: int) -> None:
        super().begins(stale, planned)
        if stale:
            self.line.say(f"executing {', '.join(each.name for each in stale)}")

    def finished(self, planned: PlannedExecution, finished: FinishedExecution) -> None:
        super().finished(planned, finished)
        state = "failed" if finished.failed else "executed"
        self.line.say(f"{planned.name}: {state}, {duration(finished.seconds)}")

    def ends(self) -> None:
        self.line.end()
