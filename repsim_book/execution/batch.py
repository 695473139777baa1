"""Chapters executed side by side, each in its own process, and only where something changed.

Beside an executed notebook lies `key.json`: the key of all that it was made from, and how long that took.
"""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from repsim_book.chapters import Chapter
from repsim_book.execution.keys import chapter_key, common_key
from repsim_book.execution.worker import Order
from repsim_book.processes import child, end
from repsim_core.files import write_atomic

_KEY_FILE = "key.json"


@dataclass(frozen=True)
class PlannedExecution:
    """A chapter to be executed.

    Attributes:
        name: in messages, and of what comes of it; no two of a batch share one.
        chapter, values: what is executed, with which value for every parameter.
        folder: for the executed notebook and its results.
        key: of all that it is made from; "" for what is always executed.
        place: the working directory of its cells, if that is not the folder of its source.
        solutions: whether solutions are executed as well.
    """

    name: str
    chapter: Chapter
    values: Mapping[str, object]
    folder: Path
    key: str = ""
    place: Path | None = None
    solutions: bool = False

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.folder / f"{self.chapter.name}.ipynb"

    def earlier(self) -> dict:
        """What `key.json` says of an earlier execution: key and seconds; empty if nothing usable is there."""
        try:
            record = json.loads((self.folder / _KEY_FILE).read_text(encoding="utf-8"))
            return record if isinstance(record, dict) and self.notebook.is_file() else {}
        except (OSError, ValueError):
            return {}

    def is_done(self) -> bool:
        """Whether it was executed before, from the same."""
        return self.earlier().get("key") == self.key


@dataclass(frozen=True)
class FinishedExecution:
    """How an execution ended: its seconds, what it wrote to stderr, and whether it failed."""

    seconds: float
    said: str
    failed: bool


class Watcher:
    """Who is told how far executions are; the base class does not listen. Calls come one at a time."""

    def begins(self, stale: Sequence[PlannedExecution], planned: int) -> None:
        """Of so many that were planned these are to be executed; the others are there already."""

    def ends(self) -> None:
        """All have ended, and what comes now is no execution."""

    def cell(self, planned: PlannedExecution, done: int, cells: int) -> None:
        """So many of its cells are done."""

    def finished(self, planned: PlannedExecution, finished: FinishedExecution) -> None:
        """It has ended."""


class Planner:
    """Plans executions; what all of them depend on is looked at once."""

    def __init__(self) -> None:
        self.common = common_key()

    def plan(
        self,
        name: str,
        chapter: Chapter,
        values: Mapping[str, object],
        folder: Path,
        *,
        solutions: bool = False,
    ) -> PlannedExecution:
        """See `PlannedExecution`."""
        key = chapter_key(chapter, values, self.common, solutions=solutions)
        return PlannedExecution(name, chapter, values, folder, key, solutions=solutions)


def adopt(planned: Iterable[PlannedExecution], executed: Path) -> None:
    """Copy what another profile's executions, in `executed/PROFILE/CHAPTER/`, have made from the same."""
    for each in planned:
        if each.is_done():
            continue
        for folder in sorted(executed.glob(f"*/{each.chapter.name}")):
            other = replace(each, folder=folder)
            if other.is_done():
                shutil.rmtree(each.folder, ignore_errors=True)
                # The key comes last, as in an execution: what is copied in part is not taken for whole.
                with suppress(OSError):  # it is being executed again meanwhile
                    shutil.copytree(folder, each.folder, ignore=lambda *_: {_KEY_FILE})
                    if other.is_done():
                        shutil.copy2(folder / _KEY_FILE, each.folder / _KEY_FILE)
                break


def to_execute(planned: Iterable[PlannedExecution], *, force: bool = False) -> list[PlannedExecution]:
    """Those that changed, or all where it is forced, the longest first, so that the last end at about one time.

    Those of unknown length come before all.
    """
    stale = [each for each in planned if force or not each.is_done()]
    return sorted(stale, key=lambda each: -float(each.earlier().get("seconds", "inf")))


def execute_all(
    planned: Sequence[PlannedExecution],
    *,
    at_once: int,
    strict: bool,
    command: str,
    cell_seconds: int | None = None,
    watcher: Watcher | None = None,
) -> dict[str, FinishedExecution]:
    """Execute chapters, a few at once; how each ended, by name.

    One that fails does not stop the others, so that what they did need not be done again. An interruption ends all.

    Args:
        planned: what to execute, in this order.
        at_once: processes side by side.
        strict: writing to stderr is a failure.
        command: as it was typed, for the records of the runs.
        cell_seconds: that a cell may take; None for as long as it needs.
        watcher: is told how far things are.
    """
    batch = _Batch(strict, command, cell_seconds, watcher or Watcher())
    with ThreadPoolExecutor(at_once) as pool:
        try:
            executions = {pool.submit(batch.execute, each): each for each in planned}
            return {executions[each].name: each.result() for each in as_completed(executions)}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            batch.end()
            raise


class _Batch:
    """What the executions of a batch share."""

    def __init__(self, strict: bool, command: str, cell_seconds: int | None, watcher: Watcher) -> None:
        self.strict, self.command, self.cell_seconds = strict, command, cell_seconds
        self.watcher, self.lock = watcher, threading.Lock()
        self.running: set[subprocess.Popen[bytes]] = set()
        self.ended = False

    def execute(self, each: PlannedExecution) -> FinishedExecution:
        """In a thread of its own."""
        begun = time.perf_counter()
        (each.folder / _KEY_FILE).unlink(missing_ok=True)
        code, said = self._in_a_process(each)
        seconds = time.perf_counter() - begun
        failed = code != 0 or (self.strict and said != "")
        if failed and not said:
            said = f"{each.name}: the process that executes it ended with code {code}"
        if not failed and each.key:
            record = {"key": each.key, "seconds": round(seconds, 1)}
            write_atomic(each.folder / _KEY_FILE, json.dumps(record).encode())
        finished = FinishedExecution(seconds, said, failed)
        with self.lock:
            if not self.ended:
                self.watcher.finished(each, finished)
        return finished

    def _in_a_process(self, each: PlannedExecution) -> tuple[int, str]:
        """The exit code of a worker, and what it wrote to stderr."""
        order = Order(
            chapter=str(each.chapter.path),
            values=dict(each.values),
            folder=str(each.folder),
            command=self.command,
            solutions=each.solutions,
            cell_seconds=self.cell_seconds,
            place=None if each.place is None else str(each.place),
        )
        # -P: a reader's own copy.py, say, is none of its modules
        words = ["-P", "-m", "repsim_book.execution.worker"]
        with child(words, first=order.to_line()) as process:
            with self.lock:
                self.running.add(process)
                if self.ended:
                    end(process)
            errors: list[bytes] = []
            assert process.stdout is not None
            said = process.stderr
            assert said is not None
            listener = threading.Thread(target=lambda: errors.append(said.read()))
            listener.start()
            for line in process.stdout:
                done, cells = json.loads(line)
                with self.lock:
                    if not self.ended:
                        self.watcher.cell(each, done, cells)
            listener.join()
            code = process.wait()
            with self.lock:
                self.running.discard(process)
        return code, b"".join(errors).decode(errors="replace").strip()

    def end(self) -> None:
        """End what runs, and what is about to."""
        with self.lock:
            self.ended = True
            running = list(self.running)
        for process in running:  # all are asked before any is waited for
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        for process in running:
            end(process)
