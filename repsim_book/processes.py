"""Processes that end when this one does, whatever ends it; and signals as interruptions.

A child holds the reading end of a pipe, its standard input, and this process the other one. When this process closes it
or is no more, killed or not, the child reads the end, clears up after itself and is gone. That needs nothing that only
some systems have.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

# Seconds that a child has to clear up, after which it is killed.
_GRACE = 10.0
# Seconds within which signals are one: a second would end what clears up after the first.
_TOGETHER = 2.0
# The signals beside Ctrl-C that ask a command to end; a system has those that it has.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """A signal asks this process to end, which is dealt with as Ctrl-C is.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _Held:
    """Whether an interruption has to wait, and the one that waits; the last one, and when it was raised."""

    depth = 0
    waiting: KeyboardInterrupt | None = None
    last: KeyboardInterrupt | None = None
    when = float("-inf")


@contextmanager
def signals_interrupt(*, last: bool) -> Iterator[None]:
    """Within, Ctrl-C, SIGTERM and SIGHUP raise in the main thread; a signal that is ignored stays so (`nohup`).

    Args:
        last: nothing but the end of the process follows, which is not to be disturbed: they are ignored then.
    """

    def interrupt(number: int, _: object) -> None:
        now = time.monotonic()
        if now - _Held.when < _TOGETHER:
            return
        _Held.when = now
        _Held.last = why = KeyboardInterrupt() if number == signal.SIGINT else Stopped(number)
        if _Held.depth:
            _Held.waiting = why
        else:
            raise why

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDING)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        _Held.last, _Held.when = None, float("-inf")
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if last else handler)


def last_signal() -> Stopped | None:
    """The signal beside Ctrl-C that came last.

    What it raised can have come to nothing: where it meets what Python does when an object is no more, exceptions are
    ignored.
    """
    return _Held.last if isinstance(_Held.last, Stopped) else None


@contextmanager
def held() -> Iterator[None]:
    """Within, an interruption waits: something is made, and the name of what will remove it again is not set yet."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    _Held.depth += 1
    try:
        yield
    finally:
        _Held.depth -= 1
        if not _Held.depth and (why := _Held.waiting) is not None:
            _Held.waiting = None
            raise why


@contextmanager
def child(
    words: Sequence[str],
    *,
    first: bytes = b"",
    program: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this interpreter that ends with this one; at the latest where the block is left.

    It must call `end_with_parent`. In a session of its own: what a terminal or a shell sends is for this process.

    Args:
        words: after the interpreter's name.
        program: words in place of that name, which start an interpreter in a sandbox.
        first: a line that the child reads, with `first_line`, before anything else.
        environment: of the child; this process's own by default.
        stdout, stderr: as for `subprocess.Popen`.
    """
    process = None
    try:
        with held():
            process = subprocess.Popen(
                [*([sys.executable] if program is None else program), *words],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                start_new_session=True,
            )
        assert process.stdin is not None
        if first:
            with suppress(BrokenPipeError):  # it has ended: how, its exit code says
                process.stdin.write(first)
                process.stdin.flush()
        yield process
    finally:
        if process is not None:
            end(process)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Have a `child` end: it is asked to, then killed."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()


def kill_group(leader: int) -> None:
    """Kill a process that leads a session, and all that it has started there."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    else:
        with suppress(OSError):
            os.kill(leader, signal.SIGTERM)


def end_with_parent(clear_up: Callable[[], object] = lambda: None) -> None:
    """In a `child`: from now on, end with all of its session when its parent closes the pipe or is no more.

    What is on standard input before, `first_line` has read. Afterwards standard input is empty.

    Args:
        clear_up: called before the end.
    """
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # what runs here is not to read the pipe
        os.dup2(nothing.fileno(), 0)

    def watch() -> None:
        while os.read(pipe, 4096):
            pass
        with suppress(Exception):
            clear_up()
        kill_group(os.getpid())
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def first_line() -> bytes:
    """In a `child`: what its parent wrote first, up to the end of the line; "" where the parent is no more."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 65536)
        if not part:
            return b""
        line += part
    return line
