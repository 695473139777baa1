"""Chapters executed side by side, each in its own process, and only where something changed.

Beside an executed notebook lies `key.json`: the key of all that it was made from, and how long that took.
"""

import asyncio
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from repsim_book.chapters import Chapter
from repsim_book.execution.keys import chapter_key, common_key
from repsim_book.execution.worker import Order
from repsim_core.files import write_atomic

_KEY_FILE = "key.json"


@dataclass(frozen=True)
class PlannedExecution:
    """A chapter to be executed.

    Attributes:
        name: in messages, and of what comes of it; no two of a batch share one.
        chapter, values: what is executed, with which value for every parameter.
        folder: for the executed notebook and its results.
        key: of all that it is made from.
    """

    name: str
    chapter: Chapter
    values: Mapping[str, object]
    folder: Path
    key: str

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.folder / f"{self.chapter.name}.ipynb"

    def earlier(self) -> dict:
        """What `key.json` says of an earlier execution: key and seconds; empty if nothing usable is there."""
        try:
            record = json.loads((self.folder / _KEY_FILE).read_text())
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


class Planner:
    """Plans executions; what all of them depend on is looked at once."""

    def __init__(self) -> None:
        self.common = common_key()

    def plan(
        self, name: str, chapter: Chapter, values: Mapping[str, object], folder: Path
    ) -> PlannedExecution:
        """See `PlannedExecution`."""
        key = chapter_key(chapter, values, self.common)
        return PlannedExecution(name, chapter, values, folder, key)


def adopt(planned: Iterable[PlannedExecution], executed: Path) -> None:
    """Copy what another profile's executions, in `executed/PROFILE/CHAPTER/`, have made from the same."""
    for each in planned:
        if each.is_done():
            continue
        for folder in sorted(executed.glob(f"*/{each.chapter.name}")):
            if replace(each, folder=folder).is_done():
                shutil.rmtree(each.folder, ignore_errors=True)
                shutil.copytree(folder, each.folder)
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
    report: Callable[[PlannedExecution, FinishedExecution], object],
) -> dict[str, FinishedExecution]:
    """Execute chapters, a few at once; how each ended, by name.

    One that fails does not stop the others, so that what they did need not be done again.

    Args:
        planned: what to execute, in this order.
        at_once: processes side by side.
        strict: writing to stderr is a failure.
        report: called when one has ended.
    """
    slots = asyncio.Semaphore(at_once)
    finished: dict[str, FinishedExecution] = {}

    async def execute_one(each: PlannedExecution) -> None:
        async with slots:
            begun = time.perf_counter()
            (each.folder / _KEY_FILE).unlink(missing_ok=True)
            code, said = await _in_a_process(each)
            seconds = time.perf_counter() - begun
            failed = code != 0 or (strict and said != "")
            if failed and not said:
                said = f"{each.name} ended with code {code}"
            if not failed:
                record = {"key": each.key, "seconds": round(seconds, 1)}
                write_atomic(each.folder / _KEY_FILE, json.dumps(record).encode())
            finished[each.name] = FinishedExecution(seconds, said, failed)
            report(each, finished[each.name])

    async def execute_each() -> None:
        await asyncio.gather(*map(execute_one, planned))

    asyncio.run(execute_each())
    return finished


async def _in_a_process(each: PlannedExecution) -> tuple[int | None, str]:
    """The exit code of a worker, and what it wrote to stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # a reader's own copy.py, say, is none of its modules
        "-m",
        "repsim_book.execution.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    order = Order(str(each.chapter.path), dict(each.values), str(each.folder))
    try:
        _, errors = await process.communicate(order.to_json())
    except asyncio.CancelledError:  # interrupted: the chapter is to stop its kernel
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.wait()
        raise
    return process.returncode, errors.decode(errors="replace").strip()
