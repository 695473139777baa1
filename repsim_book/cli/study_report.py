"""What a study says on the terminal: its progress, and a summary of what it found."""

from __future__ import annotations

from typing import Any

import pandas as pd

from repsim_book.cli.progress import ProgressLine
from repsim_core.studies.run import StudyProgress
from repsim_core.studies.study import Study


class Reporter(ProgressLine):
    """The progress of a study."""

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study

    def __call__(self, progress: StudyProgress) -> None:
        self.show(self._text(progress), progress.done, progress.units)

    def _text(self, progress: StudyProgress) -> str:
        parts = [f"{self.study.name}: {progress.done} of {progress.units} units"]
        if progress.found:
            parts.append(f"{progress.found} found in the cache")
        if progress.running:
            parts.append(f"{len(progress.running)} at work")
        if progress.done == progress.units:
            parts.append(f"{_duration(progress.seconds)} in all")
        elif progress.seconds_left is not None:
            parts.append(f"about {_duration(progress.seconds_left)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def summary(models: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """A line a group: how many models and pairs, and the means of the main measures."""
    by = list(models.columns[: list(models.columns).index("seed")])
    table = models.groupby(by, sort=False).agg(
        models=("seed", "size"), test_accuracy=("test_accuracy", "mean")
    )
    shown_measures = ("d_kl", "d_kl_reverse", "d_llv", "d_fg", "mean_cca")
    measures: Any = {name: (name, "mean") for name in shown_measures if name in pairs}
    means = pairs.groupby(by, sort=False).agg(pairs=("seed_a", "size"), **measures)
    return shown(table.join(means).reset_index(), 4)


def shown(table: pd.DataFrame, digits: int) -> str:
    """A table as text, floats with so many significant digits."""
    write: Any = f"{{:.{digits}g}}".format  # the type stubs know text only
    return table.to_string(index=False, float_format=write, na_rep="")
