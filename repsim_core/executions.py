"""Chapters executed side by side, each by `repsim run` in its own process, and only where something changed.

Beside an executed notebook lies `key.json`: a hash of all that it was made from, and how long that took.
"""

import asyncio
import hashlib
import json
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from repsim_core.chapters import Chapter
from repsim_core.files import write_atomic
from repsim_core.pages import tracked_files


@dataclass(frozen=True)
class Execution:
    """A chapter to be executed.

    Attributes:
        name: in messages, and of the outcome; no two executions share one.
        chapter, values: what is executed, with which value for every parameter.
        options: of `repsim run` that lead to these values.
        folder: for the executed notebook and its results.
    """

    name: str
    chapter: Chapter
    values: Mapping[str, object]
    options: Sequence[str]
    folder: Path

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.folder / f"{self.chapter.name}.ipynb"

    def key(self, common: str) -> str:
        """The hash of what it is made from; `common` is `common_hash` of the book."""
        values = json.dumps(dict(self.values), sort_keys=True)
        text = "\n".join([common, values, self.chapter.path.read_text("utf-8")])
        return hashlib.sha256(text.encode()).hexdigest()

    def earlier(self) -> dict:
        """What `key.json` says of an earlier execution: key and seconds; empty if nothing usable is there."""
        try:
            record = json.loads((self.folder / "key.json").read_text())
            return record if isinstance(record, dict) and self.notebook.is_file() else {}
        except (OSError, ValueError):
            return {}


@dataclass(frozen=True)
class Outcome:
    """How an execution ended: its seconds, what it wrote to stderr, and whether it failed."""

    seconds: float
    said: str
    failed: bool


def common_hash(root: Path) -> str:
    """A hash of all that every chapter depends on: the package's code, recorded inputs, the lock, Python."""
    package = Path(__file__).parent
    digest = hashlib.sha256(platform.python_version().encode())
    sources = [(f"package/{p.relative_to(package)}", p) for p in package.rglob("*.py")]
    recorded = tracked_files(root, "book/records", "requirements.lock")
    sources += [(str(p.relative_to(root)), p) for p in recorded]
    for name, path in sorted(sources):
        digest.update(f"\n{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def adopt(executions: Iterable[Execution], common: str, executed: Path) -> None:
    """Copy what another profile's executions, in `executed/PROFILE/CHAPTER/`, have made from the same values."""
    for execution in executions:
        key = execution.key(common)
        if execution.earlier().get("key") == key:
            continue
        for folder in sorted(executed.glob(f"*/{execution.chapter.name}")):
            if replace(execution, folder=folder).earlier().get("key") == key:
                shutil.rmtree(execution.folder, ignore_errors=True)
                shutil.copytree(folder, execution.folder)
                break


def to_execute(executions: Iterable[Execution], common: str, *, force: bool = False) -> list[Execution]:
    """Those that changed, or all where it is forced, the longest first, so that the last end at about one time.

    Those of unknown length come before all.
    """
    earlier = {execution.name: execution.earlier() for execution in executions}
    found = [e for e in executions if force or earlier[e.name].get("key") != e.key(common)]
    return sorted(found, key=lambda execution: -float(earlier[execution.name].get("seconds", "inf")))


def execute_all(
    root: Path,
    executions: Sequence[Execution],
    *,
    common: str,
    at_once: int,
    strict: bool,
    report: Callable[[Execution, Outcome], object],
) -> dict[str, Outcome]:
    """Execute chapters, a few at once; their outcomes by name.

    One that fails does not stop the others, so that what they did need not be done again.

    Args:
        root: the book's folder.
        executions: what to execute, in this order.
        common: see `common_hash`.
        at_once: processes side by side.
        strict: writing to stderr is a failure.
        report: called when one has ended.
    """
    slots = asyncio.Semaphore(at_once)
    outcomes: dict[str, Outcome] = {}

    async def execute_one(execution: Execution) -> None:
        async with slots:
            begun, key = time.perf_counter(), execution.key(common)
            (execution.folder / "key.json").unlink(missing_ok=True)
            command = ["-m", "repsim_core.cli", "run", str(execution.chapter.path), *execution.options]
            process = await asyncio.create_subprocess_exec(
                *[sys.executable, *command, "--root", str(root), "--out", str(execution.folder)],
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, errors = await process.communicate()
            except asyncio.CancelledError:  # interrupted: the chapter is to stop its kernel
                if process.returncode is None:
                    process.send_signal(signal.SIGINT)
                    await process.wait()
                raise
            said = errors.decode(errors="replace").strip()
            seconds = time.perf_counter() - begun
            failed = bool(process.returncode) or (strict and bool(said))
            said = said or f"{execution.name} ended with code {process.returncode}" * failed
            if not failed:
                record = {"key": key, "seconds": round(seconds, 1)}
                write_atomic(execution.folder / "key.json", json.dumps(record).encode())
            outcomes[execution.name] = Outcome(seconds, said.replace("repsim: ", ""), failed)
            report(execution, outcomes[execution.name])

    async def execute_each() -> None:
        await asyncio.gather(*map(execute_one, executions))

    asyncio.run(execute_each())
    return outcomes
