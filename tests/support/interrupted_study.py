"""The `study` commands as a process that is interrupted, or waits, at a point that it reaches by itself.

The point is named in the environment: `PLACE NUMBER WHAT`. What happens is done by the process that is there, at the
NUMBER-th passing, so that it depends on no clock. Before, it says so on standard output.

The places: `computing` (in a worker, within a training), and in the process that stores: `writing` (half of an entry is
in its temporary file), `renaming` (all of it is), `stored` (the entry has its name).
What is done: `SIGINT`, `SIGTERM` or `SIGKILL` to the command (the worker that sends it stays at work), `lost` (the
worker is killed), or `hold` (the command waits for a line on its standard input).
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import running
from studies import command

from repsim_core.studies import width_study as width

_POINT = "REPSIM_TEST_POINT"
_REACHED = "reached\n"


@contextmanager
def interrupted(arguments: list[str], point: str) -> Iterator[subprocess.Popen[str]]:
    """The command with these arguments, which has reached the point."""
    with started(arguments, point) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == _REACHED, (point, process.communicate()[1])
        yield process


@contextmanager
def started(arguments: list[str], point: str = "") -> Iterator[subprocess.Popen[str]]:
    """The command as a process, with pipes for its standard streams.

    Its workers have the same standard output and error: those end when the last process has.
    """
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", _POINT: point}
    with running([sys.executable, __file__, *arguments], env=environment, **pipes) as process:
        yield process


def _set_point(place: str, number: int, act: Callable[[], None]) -> None:
    passing = itertools.count(1)
    train, write, rename = width.train_stack, Path.write_bytes, os.replace

    def train_and_act(*given, **options):
        options["progress"] = (lambda _: act()) if next(passing) == number else None
        return train(*given, **options)

    def write_and_act(path, data):
        if not _is_note(path) and next(passing) == number:
            write(path, data[: len(data) // 2])
            act()
        return write(path, data)

    def rename_and_act(source, target):
        here = not _is_note(target) and next(passing) == number
        if here and place == "renaming":
            act()
        rename(source, target)
        if here and place == "stored":
            act()

    if place == "computing":
        width.train_stack = train_and_act
    elif place == "writing":
        Path.write_bytes = write_and_act
    else:
        os.replace = rename_and_act


def _is_note(path: str | os.PathLike[str]) -> bool:
    """Whether a file is none of the entries that are counted: it keeps the commands that were typed."""
    return ".command-" in str(path)


def _act(what: str, in_worker: bool) -> None:
    os.write(1, _REACHED.encode())
    if what == "hold":
        os.read(0, 1)
    elif what == "lost":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        os.kill(os.getppid() if in_worker else os.getpid(), signal.Signals[what])
    while in_worker:
        signal.pause()


if __name__ in {"__main__", "__mp_main__"} and os.environ.get(_POINT):  # the second: in workers
    _in_worker = __name__ == "__mp_main__"
    _place, _number, _what = os.environ[_POINT].split()
    if (_place == "computing") == _in_worker:
        _set_point(_place, int(_number), lambda: _act(_what, _in_worker))

if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
