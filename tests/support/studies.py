"""What the tests of studies share: a tiny grid, an executor without processes, the commands."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from processes import MEETING, REPORT

from repsim_book.cli import main
from repsim_core.store import Store
from repsim_core.studies import width_study as width
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.run import run_study
from repsim_core.studies.study import Study

# The same grid as a call and as the command's words: four stacks of three models, hence eight entries.
STEPS = 40
TINY = ["--grid", "smoke", "--variant", "free", "--k", "4,5", "--steps", str(STEPS)]


def tiny() -> Study:
    return declare_study("width", "smoke", classes=[4, 5], variants=["free"], steps=STEPS)


def small(**changes: object) -> Study:
    """One that takes a moment: K = 4, widths 4 and 8, three seeds, 60 steps."""
    given = {"variants": ["free"], **changes}
    return declare_study("width", "smoke", **given)  # pyright: ignore[reportArgumentType]


@contextmanager
def inline(jobs: int = 1) -> Iterator[Executor]:
    """A stand-in for `local_executor`: one thread of this process."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def compute(study: Study, directory: Path, messages: list[str] | None = None) -> dict[str, bytes]:
    """Compute a study in this process; the entries of its cache."""
    with inline() as executor:
        report = None if messages is None else messages.append
        run_study(study, Store(directory, report), executor, jobs=1)
    return entries(directory)


def entries(directory: Path) -> dict[str, bytes]:
    """Every file of a cache by name, except what a killed process was writing."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if not path.name.startswith(".")}


def command(arguments: list[str]) -> int:
    """A `repsim study` command in this process; the exit code."""
    return main.main(["study", *arguments])


def stop_second_training(path: str) -> None:
    """In a worker: the second training that the cluster begins says which process it is in, and goes no further."""
    os.environ[MEETING] = path
    train = width.train_stack

    def stopping(*given, **options):
        for number in (1, 2):
            try:
                os.close(os.open(f"{path}-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            if number == 2:
                options["progress"] = lambda _: stop()
            break
        return train(*given, **options)

    def stop():
        exec(REPORT)
        threading.Event().wait()

    width.train_stack = stopping
