"""How far a training run is, and a line on the terminal that says so."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """What a progress callback is told: steps done and in all, seconds gone and (expected) left."""

    step: int
    steps: int
    seconds: float
    seconds_left: float


def terminal_progress(progress: Progress) -> None:
    """A progress callback: one line on standard error, rewritten in place; silent if that is no terminal."""
    if sys.stderr.isatty():
        text = f"\r{progress.step}/{progress.steps} steps, {progress.seconds_left:.0f} s left    "
        print(text, end="\n" if progress.step == progress.steps else "", file=sys.stderr, flush=True)
