"""Processes that tests start: they end with the test, however it ends, and no clock decides what a test finds."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

# Seconds after which only a fault explains that something is still not so. It guards against a suite that never ends
# and is no measure of speed: what takes as long as the machine needs (a training, a build) is waited for without limit.
HANG = 600


@contextmanager
def running(words: Sequence[str | Path], **options) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own, which is killed in the end with all that it started there."""
    with subprocess.Popen(words, text=True, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError, PermissionError):  # nobody is left
                os.killpg(process.pid, signal.SIGKILL)


MEETING = "REPSIM_TEST_MEETING"
# What a process under test executes to report itself at the path in its environment. It waits until somebody listens
# there, and holds the pipe until it ends.
REPORT = f'os.write(os.open(os.environ["{MEETING}"], os.O_WRONLY), b"%20d" % os.getpid())'
_LENGTH = 20  # of a report


class Meeting:
    """A named pipe where processes report themselves that a test can reach by a path alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.present: list[int] = []  # who reported, and is not known to have ended

    def __enter__(self) -> "Meeting":
        os.mkfifo(self.path)
        self._ends = [os.open(self.path, os.O_RDONLY | os.O_NONBLOCK), os.open(self.path, os.O_WRONLY)]
        return self

    def __exit__(self, *_) -> None:
        for process in self.present:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for end in self._ends:
            os.close(end)

    def reports(self, number: int) -> list[int]:
        """The ids of so many processes, when they have reported."""
        found = b""
        while len(found) < _LENGTH * number:
            found += self._read(_LENGTH * number - len(found))
        pids = [int(found[at : at + _LENGTH]) for at in range(0, len(found), _LENGTH)]
        self.present += pids
        return pids

    def ended(self) -> None:
        """Return when all that reported have ended."""
        os.close(self._ends.pop())  # without a writer the pipe has an end
        while self._read(_LENGTH):
            pass
        self.present.clear()

    def _read(self, size: int) -> bytes:
        assert select.select(self._ends[:1], [], [], HANG)[0], f"nothing happens at {self.path}"
        return os.read(self._ends[0], size)


def repsim(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """The command as a person types it, to its end; its output is read as UTF-8 that may be broken."""
    words = [sys.executable, "-m", "repsim_book", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace", **options)
