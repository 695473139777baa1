"""Where work is done: in processes of this machine, on a Dask cluster, or in this process; each is an executor.

What is handed out is a function and plain values, what comes back is a value. Workers have one thread each, so that
sums do not depend on the number of cores.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from numbers import Integral
from typing import Any
from urllib.parse import urlsplit

from repsim_core.errors import ExecutionError, InputError
from repsim_core.extras import require

# Pieces of work handed out at a time, and processes of one machine, at most.
MOST_JOBS = 10_000
_MOST_PROCESSES = 1_000
# What interrupts a command, here and in its workers; those leave it to the command. (Windows has no SIGHUP.)
_INTERRUPTIONS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
# Seconds that a scheduler has to answer.
_ANSWER_SECONDS = 20
# By which the libraries of linear algebra learn how many threads to have. They look when they are loaded, and no later.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@contextmanager
def losses_told(error: type[ExecutionError], kept: Callable[[], str]) -> Iterator[None]:
    """Within, workers that are lost are an error in words.

    Args:
        error: of which kind.
        kept: says what is not lost with them, as the end of a sentence.
    """
    try:
        yield
    except BrokenExecutor as lost:
        raise error(f"a worker process ended suddenly (was it killed, or out of memory?){kept()}") from lost
    except CancelledError as lost:
        # Nobody here cancels.
        raise error(f"the cluster was lost{kept()}") from lost


def as_jobs(jobs: int, most: int = _MOST_PROCESSES) -> int:
    """A number of processes of this machine, or another number of jobs that is at most `most`.

    Raises:
        InputError: it is out of range.
    """
    expected = f"expected an integer from 1 to {most}"
    if isinstance(jobs, bool) or not isinstance(jobs, Integral):
        raise InputError(f"jobs: found {jobs!r}, {expected}")
    if not 1 <= int(jobs) <= most:
        raise InputError(f"jobs: found {int(jobs)}, {expected}")
    return int(jobs)


class ThisProcess(Executor):
    """An executor that does what it is handed at once, with this process's threads."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call's outcome; an interruption is not kept for later."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def local_executor(jobs: int) -> Iterator[Executor]:
    """Up to `jobs` new processes of this machine, one thread each; they end with this one, however it ends.

    Raises:
        InputError: jobs is out of range.
    """
    jobs, before = as_jobs(jobs), set(multiprocessing.active_children())
    with _undisturbed():
        _begin_watching()
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


def _begin_watching() -> None:
    """Begin the process that watches over shared resources: it is to outlive the workers, and to clean up without a
    word should this process be killed."""
    if os.name != "posix":  # others have none
        return
    from multiprocessing import resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker")))
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


class _Pool(ProcessPoolExecutor):
    """A pool whose workers are deaf to interruptions, and have one thread, from their first moment: before any code of
    theirs runs and any library is loaded."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        # Processes that are started here inherit what is blocked, and the environment.
        with _undisturbed(), _one_thread_for_children():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _one_thread_for_children() -> Iterator[None]:
    """Within, processes start with an environment that allows one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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
    """In a new worker: leave Ctrl-C to the parent; end when the parent does, even if it was killed."""
    if torch := sys.modules.get("torch"):  # the parent's script loads it
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

    Dask does again elsewhere what a lost worker was at. The workers need this package in the same version.

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
