"""Computing a study's units: on processes of this machine, or on any executor such as a Dask cluster's.

Workers compute, this process alone reads and writes the cache: workers need no shared folder. Each unit is looked up
just before it is handed out, so that a process does not repeat what another on the same cache has finished.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass

from repsim_core.errors import StudyError
from repsim_core.executors import MOST_JOBS, as_jobs, losses_told
from repsim_core.store import Store
from repsim_core.studies.study import Group, Study, comparing, stored_stacks
from repsim_core.studies.units import ComparingUnit, Unit, compute_units

# Seconds between two reports of progress.
_TICK = 1.0


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes:
        done, units: units finished (those found in the cache included), and all units.
        found: units that were found in the cache.
        running: names of the units that are being computed.
        seconds: time since the start.
        seconds_left: expected; None as long as nothing was computed.
    """

    done: int
    units: int
    found: int
    running: tuple[str, ...]
    seconds: float
    seconds_left: float | None


def run_study(
    study: Study,
    cache: Store,
    executor: Executor,
    *,
    jobs: int,
    progress: Callable[[StudyProgress], object] | None = None,
) -> Study:
    """Compute every unit of the study that the cache lacks, and store it.

    Args:
        executor: where to compute; `local_executor` or `dask_executor` make one.
        jobs: units handed out at a time.
        progress: called about once a second and after each unit.

    Returns:
        The study as it was computed (`Study.prepared`), for `stored_tables`.

    Raises:
        InputError: jobs is out of range, or what the study is computed from is missing; nothing was computed.
        StudyError: naming the units that failed; all others were computed.
        StoreError: an entry cannot be written; nothing more was computed.
    """
    jobs, ready = as_jobs(jobs, MOST_JOBS), study.prepared()
    cache.sweep()
    _StudyPass(ready, cache, executor, jobs, progress).work()
    return ready


class _StudyPass:
    """One pass over a study: what waits, what runs, what failed."""

    def __init__(
        self,
        study: Study,
        cache: Store,
        executor: Executor,
        jobs: int,
        progress: Callable[[StudyProgress], object] | None,
    ) -> None:
        self.study, self.cache, self.executor = study, cache, executor
        self.jobs, self.progress = jobs, progress
        self.waiting: deque[tuple[Unit, Group]] = deque(
            (unit, group) for group in study.groups for unit in study.trainings(group)
        )
        self.running: dict[Future[list[bytes]], tuple[list[Unit], Group]] = {}
        self.stacks_left = {group: len(study.stacks) for group in study.groups}
        self.failures: list[str] = []
        self.noted = False
        self.units = len(self.waiting) + len(study.groups)
        self.done, self.found = 0, 0
        self.cost_left = sum(unit.needs.cost for unit, _ in self.waiting)
        self.cost_left += sum(comparing(study, group, ()).needs.cost for group in study.groups)
        self.cost_done = 0.0
        self.started = time.monotonic()
        # Moves when a unit is finished, so that the time left counts down in between.
        self.expected_end: float | None = None

    def work(self) -> None:
        try:
            with losses_told(StudyError, self._kept):
                while self.waiting or self.running:
                    while self.waiting and len(self.running) < self.jobs:
                        unit, group = self.waiting.popleft()
                        self._hand_out(unit, group)
                    self._report()
                    finished, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._take_in(future, *self.running.pop(future))
        finally:
            for future in self.running:
                future.cancel()
        self._report()
        if self.failures:
            summary = f"{len(self.failures)} of {self.units} units failed{self._kept()}:"
            raise StudyError("\n".join([summary, *self.failures]))

    def _kept(self) -> str:
        return "; what was finished is stored" if self.done else ""

    def _hand_out(self, unit: Unit, group: Group) -> None:
        if self.cache.get(unit.address) is not None:
            self.found += 1
            self._finished(unit, group)
            return
        stacks = self._stacks(group) if isinstance(unit, ComparingUnit) else {}
        if stacks is None:
            return
        units = [unit, *self._companions(unit, group)]
        keys = [each.address.key for each in units]
        future = self.executor.submit(compute_units, units, keys, list(stacks.values()))
        self.running[future] = units, group

    def _companions(self, unit: Unit, group: Group) -> list[Unit]:
        """Units that wait and are computed together with this one; they wait no more."""
        if self.study.together == 1 or isinstance(unit, ComparingUnit):
            return []
        others = [
            (one, its) for one, its in self.waiting if its == group and not isinstance(one, ComparingUnit)
        ]
        lacking = [each for each in others if self.cache.get(each[0].address) is None]
        chosen = lacking[: self.study.together - 1]
        for each in chosen:
            self.waiting.remove(each)
        return [one for one, _ in chosen]

    def _stacks(self, group: Group) -> dict[str, bytes] | None:
        """`stored_stacks`; where some are lost (removed or damaged), they are arranged to be trained again."""
        stacks = stored_stacks(self.study, group, self.cache)
        if stacks is None:
            units = self.study.trainings(group)
            lost = [unit for unit in units if self.cache.state(unit.address) != "done"]
            self.stacks_left[group] = len(lost)
            self.waiting.extendleft((unit, group) for unit in lost)
            self.units += len(lost)
            self.cost_left += sum(unit.needs.cost for unit in lost)
        return stacks

    def _take_in(self, future: Future[list[bytes]], units: list[Unit], group: Group) -> None:
        try:
            contents = future.result()
        except (BrokenExecutor, CancelledError):
            # Not the units' fault.
            raise
        except Exception as error:
            for unit in units:
                self.failures.append(f"  {unit.address.label}: {type(error).__name__}: {error}")
                self.cost_left -= unit.needs.cost
            return
        if not self.noted:
            self.study.leave_note(self.cache)
            self.noted = True
        for unit, data in zip(units, contents, strict=True):
            self.cache.put(unit.address, data)
            self.cost_done += unit.needs.cost
            self._finished(unit, group)
        now = time.monotonic()
        self.expected_end = now + (now - self.started) * self.cost_left / self.cost_done

    def _finished(self, unit: Unit, group: Group) -> None:
        self.done += 1
        self.cost_left -= unit.needs.cost
        if isinstance(unit, ComparingUnit):
            return
        self.stacks_left[group] -= 1
        if self.stacks_left[group] == 0:
            stacks = self._stacks(group)
            if stacks is not None:
                self.waiting.appendleft((comparing(self.study, group, list(stacks)), group))

    def _report(self) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        left = None if self.expected_end is None else max(self.expected_end - now, 0.0)
        running = tuple(unit.address.label for units, _ in self.running.values() for unit in units)
        self.progress(StudyProgress(self.done, self.units, self.found, running, now - self.started, left))
