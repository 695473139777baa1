"""What a study says on the terminal: what it needs, its progress, and a summary of what it found."""

from __future__ import annotations

from typing import Any

import pandas as pd

from repsim_book.cli.progress import ProgressLine, duration, time_left
from repsim_core.memory import size
from repsim_core.studies.estimate import Estimate
from repsim_core.studies.run import StudyProgress


class Reporter(ProgressLine):
    """The progress of a study."""

    def __init__(self, study: str) -> None:
        super().__init__(study, "units")

    def __call__(self, progress: StudyProgress) -> None:
        complete = progress.done == progress.units
        self.show(
            progress.done,
            progress.units,
            f"{progress.found} found in the cache" if progress.found else "",
            f"{len(progress.running)} at work" if progress.running else "",
            f"{duration(progress.seconds)} in all" if complete else time_left(progress.seconds_left),
        )


def needed(estimate: Estimate, cluster: bool) -> str:
    """What a study needs: `about 3 h 20 min with 2 processes, 0.9 GB of memory each, 30 MB of disk`."""
    if not estimate.units:
        return "nothing is left to compute"
    one = estimate.jobs == 1
    memory = f"{size(estimate.memory)} of memory" + (
        " for each worker" if cluster else "" if one else " each"
    )
    disk = f"{size(estimate.disk)} of disk"
    processes = f"with {estimate.jobs} process{'' if one else 'es'}"
    if estimate.seconds is None:
        where = "" if cluster else f"{processes}: "
        return f"{where}{memory}, {disk}; how long GPUs take is not estimated"
    of = "of one core like this machine's" if cluster else processes
    return f"about {duration(estimate.seconds)} {of}, {memory}, {disk}"


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
