"""A process and all that it has started: its memory, and its end."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import psutil

# Seconds between two looks at the memory of a family.
_TICK = 0.2
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def adopt_orphans() -> None:
    """From now on processes whose parents have ended are this one's children, whatever session they are in (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def family(pid: int) -> list[psutil.Process]:
    """All that a process has started and that runs, and itself."""
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []


def end_family(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all that it has started, in whatever session, where they still run."""
    for member in family(process.pid):
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def end_children() -> None:
    """Kill all that this process has started, and what they start meanwhile."""
    while left := [child for child in psutil.Process().children(recursive=True) if _runs(child)]:
        for child in left:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(left, timeout=1)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def running() -> set[int]:
    """The ids of all that this process has started, without what has ended and is waited for."""
    return {child.pid for child in psutil.Process().children(recursive=True) if _runs(child)}


class MemoryWatch:
    """Kills all that this process has started as soon as together they use more memory than they may.

    The system's own limits are for each process alone.

    Args:
        most: bytes.
        over: whether the system has found that, and has ended some of them; the others are killed then, too.

    Attributes:
        broken: whether it did.
    """

    def __init__(self, most: int, over: Callable[[], bool] = lambda: False) -> None:
        self.most, self.over, self.broken = most, over, False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_TICK):
            started = psutil.Process().children(recursive=True)
            # What is shared is counted for each, at first; the exact number takes longer.
            if self.over() or (
                sum(_used(each, exact=False) for each in started) > self.most
                and sum(map(_used, started)) > self.most
            ):
                self.broken = True
                end_children()
                return


def _used(process: psutil.Process, *, exact: bool = True) -> int:
    """Bytes that a process uses; exact is, of what it shares, its share."""
    try:
        memory = process.memory_info()
        if not exact:
            return memory.rss
        try:
            return getattr(process.memory_full_info(), "pss", memory.rss)
        except psutil.AccessDenied:
            return max(0, memory.rss - getattr(memory, "shared", 0))
    except psutil.Error:
        return 0
