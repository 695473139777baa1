"""How far a training run is, and a line on the terminal that says so."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass

from tqdm import tqdm


@dataclass(frozen=True)
class Progress:
    """What a progress callback is told: steps done and in all, seconds gone and (expected) left."""

    step: int
    steps: int
    seconds: float
    seconds_left: float


def terminal_progress(progress: Progress) -> None:
    """A progress callback: one line on standard error, rewritten in place; silent if that is no terminal.

    A notebook and a file that standard error goes to thus keep nothing of it.
    """
    if not sys.stderr.isatty():
        return
    left = progress.steps - progress.step
    line = tqdm.format_meter(
        progress.step,
        progress.steps,
        progress.seconds,
        ncols=shutil.get_terminal_size().columns - 1,
        unit=" steps",
        # Steps of an earlier run that this one goes on from took none of the seconds.
        rate=left / progress.seconds_left if progress.seconds_left else None,
    )
    print(f"\r{line}", end="" if left else "\n", file=sys.stderr, flush=True)
