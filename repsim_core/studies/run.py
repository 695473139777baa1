"""Computing a study's units: on processes of this machine, or on any executor such as a Dask cluster's.

Workers compute, this process alone reads and writes the cache: workers need no shared folder. Each unit is looked up
just before it is handed out, so that a process does not repeat what another on the same cache has finished.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any
from urllib.parse import urlsplit

import torch

from repsim_core.errors import InputError, StudyError
from repsim_core.extras import require
from repsim_core.store import Store
from repsim_core.studies.study import Group, Study, comparing, stored_stacks, within
from repsim_core.studies.units import ComparingUnit, Unit, compute_unit

# Seconds between two reports of progress.
_TICK = 1.0
# Units handed out at a time, and processes of one machine, at most.
MOST_JOBS = 10_000
_MOST_PROCESSES = 1_000
# What interrupts a command, here and in its workers; those leave it to the command. (Windows has no SIGHUP.)
_INTERRUPTIONS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
# Seconds that a scheduler has to answer.
_ANSWER_SECONDS = 20


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


def as_jobs(jobs: int, most: int = _MOST_PROCESSES) -> int:
    """A number of processes of this machine, or another number of jobs that is at most `most`.

    Raises:
        InputError: it is out of range.
    """
    try:
        return within(jobs, "jobs", 1, most)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error


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
        self.running: dict[Future[bytes], tuple[Unit, Group]] = {}
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
            while self.waiting or self.running:
                while self.waiting and len(self.running) < self.jobs:
                    unit, group = self.waiting.popleft()
                    self._hand_out(unit, group)
                self._report()
                finished, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
                for future in finished:
                    unit, group = self.running.pop(future)
                    self._take_in(future, unit, group)
        except BrokenExecutor as error:
            raise StudyError(
                f"a worker process ended suddenly (was it killed, or out of memory?){self._kept()}"
            ) from error
        except CancelledError as error:
            # Nobody here cancels.
            raise StudyError(f"the cluster was lost{self._kept()}") from error
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
        future = self.executor.submit(compute_unit, unit, unit.address.key, list(stacks.values()))
        self.running[future] = unit, group

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

    def _take_in(self, future: Future[bytes], unit: Unit, group: Group) -> None:
        try:
            data = future.result()
        except (BrokenExecutor, CancelledError):
            # Not the unit's fault.
            raise
        except Exception as error:
            self.failures.append(f"  {unit.address.label}: {type(error).__name__}: {error}")
            self.cost_left -= unit.needs.cost
            return
        if not self.noted:
            self.study.leave_note(self.cache)
            self.noted = True
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
        running = tuple(unit.address.label for unit, _ in self.running.values())
        self.progress(StudyProgress(self.done, self.units, self.found, running, now - self.started, left))


@contextmanager
def local_executor(jobs: int) -> Iterator[Executor]:
    """Up to `jobs` new processes of this machine, one thread each; they end with this one, however it ends.

    Raises:
        InputError: jobs is out of range.
    """
    jobs, before = as_jobs(jobs), set(multiprocessing.active_children())
    with _undisturbed():
        # With it begins the process that watches over shared resources, which is to outlive the workers.
        pool = _Pool(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    complete = False

    def close() -> None:
        with _undisturbed():
            if not complete:
                # An interruption, a full disk: a unit at work would take minutes to end.
                for child in set(multiprocessing.active_children()) - before:
                    child.kill()
            pool.shutdown(cancel_futures=True)

    try:
        yield pool
        complete = True
    finally:
        try:
            close()
        except BaseException:
            # A second interruption, which came before this one was dealt with.
            close()
            raise


class _Pool(ProcessPoolExecutor):
    """A pool whose workers are deaf to interruptions from their first moment, before any code of theirs runs."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        # Processes that are started here inherit what is blocked.
        with _undisturbed():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Interruptions wait until the end of the block (where the system knows how to do that)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTIONS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """In a new worker: one thread; leave Ctrl-C to the parent; end when the parent does, even if it was killed."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def check_scheduler(address: str) -> None:
    """Refuse an address at which no scheduler can be, without asking whether there is one.

    Raises:
        InputError: Dask is not installed, or it knows no such address.
    """
    require("scheduler", "distributed")
    from distributed.comm.registry import backends

    scheme, _, place = address.rpartition("://")
    try:
        parts = urlsplit(f"//{place}")
        complete = bool(parts.hostname and parts.port) and parts.netloc == place
    except ValueError:  # a port that is none, or half of an IPv6 address
        complete = False
    if not complete or (scheme or "tcp") not in backends:
        raise InputError(f"scheduler: found {address!r}, expected an address such as tcp://HOST:PORT")


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of the Dask cluster whose scheduler listens at `address`.

    Dask runs a unit again elsewhere when its worker is lost. The workers need this package in the same version.

    Raises:
        InputError: Dask is not installed, or no scheduler answers.
    """
    check_scheduler(address)
    from distributed import Client

    try:
        client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"scheduler: no Dask scheduler answers at {address}: {error}") from error
    with client:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)
