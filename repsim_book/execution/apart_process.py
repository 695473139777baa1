"""What a kernel does with a solution (see `apart`): a fork of it executes the cells, and `run` relays the outputs."""

import io
import multiprocessing
import os
import random
import sys
import tempfile
import warnings
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from repsim_core.notebook import FIGURE

# How myst-nb marks what is recorded for the prose.
_RECORD = "application/papermill.record/"


def run(solution: str, source: str, folder: str) -> None:
    """Execute a cell of a solution, as if it were a cell of the kernel in what it prints, shows and raises.

    Args:
        solution: the label of its exercise; the cells of one solution share a fork.
        source: of the cell.
        folder: where the fork gets a working directory.

    Raises:
        Exception: what the cell raises, of a class with the same name, with the traceback that it has there.
        RuntimeError: the fork ended.
    """
    global _fork
    if _fork is None or _fork.solution != solution:
        if _fork is not None:
            _fork.end()
        _fork = _Fork(solution, folder)
    _fork.execute(source)


class _Fork:
    """The process that executes the cells of a solution."""

    def __init__(self, solution: str, folder: str) -> None:
        self.solution = solution
        context = multiprocessing.get_context("fork")
        self.pipe, child = context.Pipe()
        given = (child, self.pipe, tempfile.mkdtemp(dir=folder), random.getstate())
        self.process = context.Process(target=_serve, args=given, daemon=True)
        with warnings.catch_warnings():
            # of Python's threads only this one goes on in the fork, which waits for no other
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        child.close()

    def execute(self, source: str) -> None:
        self.pipe.send(source)
        error: tuple[str, str, list[str]] | None = None
        try:
            while (message := self.pipe.recv()) is not None:
                kind, content = message
                if kind == "error":
                    error = content
                elif kind == "display":
                    InteractiveShell.instance().display_pub.publish(**content)
                else:
                    getattr(sys, kind).write(content)
        except EOFError:
            self.process.join()
            code = self.process.exitcode
            raise RuntimeError(
                f"the process of the solution of {self.solution} ended with code {code}"
            ) from None
        if error is not None:
            name, text, trace = error
            raise type(name, (Exception,), {"_render_traceback_": lambda _: trace})(text)

    def end(self) -> None:
        self.pipe.close()
        self.process.join()


# The fork of the solution that was executed last, which may have more cells.
_fork: _Fork | None = None


def _serve(pipe: Connection, other_end: Connection, folder: str, state: Any) -> None:
    """In the fork: execute what comes through the pipe until it is closed, and send back what comes of it."""
    other_end.close()
    os.chdir(folder)
    tempfile.tempdir = folder
    random.setstate(state)  # which Python has drawn anew for the fork
    _one_thread()
    sys.stdout, sys.stderr = (_Stream(pipe, name) for name in ("stdout", "stderr"))
    shell: Any = InteractiveShell.instance()
    shell.display_pub = _Publisher(pipe)
    shell._showtraceback = partial(_send_error, pipe)
    sys.displayhook = partial(_show, shell)
    with suppress(EOFError):
        while True:
            shell.run_cell(pipe.recv(), store_history=True)
            pipe.send(None)


def _one_thread() -> None:
    """The threads of libraries are not in a fork, and would be waited for."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


class _Stream(io.TextIOBase):
    """Standard output or standard error of the fork."""

    def __init__(self, pipe: Connection, name: str) -> None:
        self.pipe, self.name = pipe, name

    def write(self, text: str) -> int:
        self.pipe.send((self.name, text))
        return len(text)


class _Publisher(DisplayPublisher):
    """What `display` hands over to in the fork."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self.pipe = pipe

    def publish(self, data: dict[str, Any], metadata: Any = None, *_: object, **options: Any) -> None:
        if any(kind.startswith(_RECORD) for kind in data):
            raise ValueError("a solution keeps no results: runs of the chapter leave solutions out")
        # the data of figures are results as well
        shown = {kind: content for kind, content in data.items() if kind != FIGURE}
        more = {name: options[name] for name in ("transient", "update") if options.get(name)}
        self.pipe.send(("display", {"data": shown, "metadata": metadata, **more}))


def _show(shell: Any, value: object) -> None:
    """What the last line of a cell comes to, shown."""
    if value is not None and not shell.displayhook.quiet():
        data, metadata = shell.display_formatter.format(value)
        shell.display_pub.publish(data, metadata)


def _send_error(pipe: Connection, kind: type, value: object, trace: list[str]) -> None:
    pipe.send(("error", (kind.__name__, str(value), trace)))
