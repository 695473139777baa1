"""What a study needs: hours of this machine, memory, disk; said before it begins.

Units say what they need (`units.Needs`) from sizes alone: seconds of a core of a Xeon of 2023 with nothing else to do.
How much slower a core of this machine is now, some training steps of a small stack tell in less than half a second.

Compared with eleven units computed on such a machine, its two cores shared with other work (stacks of 1 to 10 networks,
widths 4 to 512, depths 3 and 6, mini-batches of 128 and 512, 4 to 100 classes; digits; images by the fast recipe), the
estimate of processor time was 0.7 to 1.5 times the true one, of memory 1.02 to 1.15 times. ResNet-18 was compared by
seven training steps and 400 images of the test set (0.9 to 1.1 times), not by whole models. Of a processor whose
convolutions are faster or slower than its matrix products say, nothing is known. All this is of cores that compute
nothing else: other programs that take their turns on them are not foreseen.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from repsim_core.datasets.tabular import radial
from repsim_core.errors import InputError
from repsim_core.memory import size, total
from repsim_core.store import Store
from repsim_core.studies.study import Study, comparing, stored_stacks
from repsim_core.studies.units import Needs, one_thread
from repsim_core.training.stacks import train_stack

# The stack whose steps are timed, how many, and what they take on the machine whose microseconds units count.
_STACK = {"seeds": range(10), "width": 64, "batch_size": 128, "device": "cpu"}
_STEPS = 30
_USUAL = 0.075
# Seconds of such a core until a new process is ready, and bytes that it then has for itself alone.
_START = 3.0
_PROCESS = 3.5e8


@dataclass(frozen=True)
class Estimate:
    """What the parts of a study need that a store lacks.

    Attributes:
        units: how many there are, of training and of comparing.
        jobs: processes that compute them.
        seconds: on this machine where nothing else is computed; None on a GPU, whose speed is not estimated.
        memory: bytes for each process.
        disk: bytes, those of checkpoints included, which are removed in the end.
    """

    units: int
    jobs: int
    seconds: float | None
    memory: float
    disk: float

    def check(self, store: Store, *, here: bool = True) -> None:
        """Refuse what this machine cannot hold.

        Args:
            store: where the results are to be.
            here: whether the processes are this machine's; the disk is in any case.

        Raises:
            InputError: there is not so much memory or disk; the message names what to lower.
        """
        memory, free = total(), _free(store.directory)
        if here and memory is not None and self.memory * self.jobs > memory:
            raise InputError(
                f"jobs: found {self.jobs}, each with {size(self.memory)} of memory, expected at most the "
                f"{size(memory)} of this machine; fewer jobs need less, as do smaller models"
            )
        if self.disk > free:
            raise InputError(
                f"cache: found {size(free)} free in {store.directory}, expected {size(self.disk)}; fewer seeds or "
                "groups need less"
            )


def estimate(study: Study, store: Store, jobs: int) -> Estimate:
    """What is needed to compute those parts of a study that the store lacks. Nothing is loaded for it.

    Args:
        study: as declared, or prepared.
        store: where its results are and will be.
        jobs: processes.
    """
    study = study.found_in(store)
    left = _missing(study, store)
    if not left:
        return Estimate(0, jobs, 0.0, 0.0, 0.0)
    costs = [needs.cost for needs in left]
    # Processes beyond the cores, or the units, bring nothing; the longest unit is one process's.
    busy = min(jobs, len(left), os.cpu_count() or 1)
    seconds = None
    if getattr(study, "device", "cpu") == "cpu":
        seconds = (_START + max(sum(costs) / busy, max(costs)) / 1e6) * _slowness()
    return Estimate(
        len(left),
        jobs,
        seconds,
        _PROCESS + max(needs.memory for needs in left),
        sum(needs.kept for needs in left)
        + min(jobs * study.together, len(left)) * max(needs.scratch for needs in left),
    )


def _missing(study: Study, store: Store) -> list[Needs]:
    """What each unit needs that is not stored, in the order of the study."""
    found = []
    for group in study.groups:
        stacks = stored_stacks(study, group, store)
        if stacks is None:
            units = study.trainings(group)
            found += [unit.needs for unit in units if store.state(unit.address) != "done"]
        comparison = comparing(study, group, list(stacks or ()))
        if stacks is None or store.state(comparison.address) != "done":
            found.append(comparison.needs)
    return found


def _slowness() -> float:
    """How many times longer than usual a core of this machine takes now, by the training steps of a small stack."""
    data = radial(4, 1_000)

    def seconds() -> float:
        began = time.process_time()
        train_stack(data, steps=_STEPS, **_STACK)
        return time.process_time() - began

    with one_thread():
        # The first one finds nothing in the caches.
        return min(seconds() for _ in range(3)) / _USUAL


def _free(folder: Path) -> float:
    """Free bytes where the folder is, or will be."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return float(shutil.disk_usage(there).free)
