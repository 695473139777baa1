"""What the commands of a study have in common: its store, and computing what the store lacks."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from repsim_book.cli.command import typed
from repsim_book.cli.outputs import require_room
from repsim_book.cli.study_report import Reporter, needed
from repsim_book.paths import HOME, RECORDS, RUNS, find_root
from repsim_book.repository import short_commit
from repsim_core.errors import InputError, StudyError
from repsim_core.executors import MOST_JOBS, as_jobs, check_scheduler, dask_executor, local_executor
from repsim_core.store import Store
from repsim_core.studies.catalogue import study_kind
from repsim_core.studies.commands import Command, note_command
from repsim_core.studies.estimate import estimate
from repsim_core.studies.run import StudyProgress, run_study
from repsim_core.studies.study import Study
from repsim_core.training.devices import as_device

# Options that say where something lies, with a value.
_PLACES = {"--cache", "--out", "--record", "--scheduler", "--trained"}


def store_at(cache: Path | None, name: str, report: Callable[[str], object] | None = None) -> Store:
    """The store of a study's results, in the folder that was named or in that of its name among the runs."""
    try:
        return Store(cache or RUNS / name, report)
    except NotADirectoryError as error:
        raise InputError(str(error)) from error


def record_directory(name: str, given: Path | None) -> Path:
    """The folder of a record: the one that was named, or that of the study among the records of the book."""
    study_kind(name)  # for its message
    return given or find_root() / RECORDS / name


def compute_missing(
    study: Study, store: Store, jobs: int | None, scheduler: str | None, only_estimate: bool
) -> Study | None:
    """Say what the study needs, then compute what the store lacks, with progress; None where only that is said.

    What to type after an interruption is said as well.
    """
    if scheduler is None:
        jobs = as_jobs(1 if jobs is None else jobs)
    else:
        # All at once by default: the cluster's scheduler spreads them, and an adaptive cluster grows with them.
        jobs = as_jobs(MOST_JOBS if jobs is None else jobs, MOST_JOBS)
        check_scheduler(scheduler)
    require_room(store.directory, "cache")
    if not only_estimate:
        study = study.prepared()
    needs = estimate(study, store, 1 if scheduler else jobs)
    if needs.units and scheduler is None:
        _require_device(study)
    print(needed(needs, cluster=scheduler is not None), file=sys.stdout if only_estimate else sys.stderr)
    needs.check(store, here=scheduler is None)
    if only_estimate:
        return None
    report, note = Reporter(study.name), as_typed()
    noted = False

    def told(progress: StudyProgress) -> None:
        nonlocal noted
        report(progress)
        if progress.done > progress.found and not noted:  # this command has computed something
            note_command(store, study, note)
            noted = True

    chosen = partial(local_executor, jobs) if scheduler is None else partial(dask_executor, scheduler)
    try:
        with chosen() as executor:
            run_study(study, store, executor, jobs=jobs, progress=told)
    except (KeyboardInterrupt, StudyError, OSError):
        report.end()
        kept = "nothing is finished yet"
        if _has_parts(study, store):
            kept = f"finished parts are kept in {store.directory}"
        print(f"{kept}; to go on: {typed()}", file=sys.stderr)
        raise
    finally:
        report.end()
    return study


def _require_device(study: Study) -> None:
    """Refuse a device that this machine does not have; those of a cluster are its workers'.

    Raises:
        InputError: naming it.
    """
    try:
        as_device(getattr(study, "device", "cpu"))
    except ValueError as error:
        raise InputError(str(error)) from error


def _has_parts(study: Study, store: Store) -> bool:
    """Whether anything of a study is stored; what is compared is stored after what was trained for it."""
    units = (unit for group in study.groups for unit in study.trainings(group))
    return any(store.state(unit.address) == "done" for unit in units)


def as_typed() -> Command:
    """The command as it was typed, less the options that say where files lie on this machine."""
    kept: list[str] = []
    words = iter(shlex.split(typed()))
    for word in words:
        name, sign, _ = word.partition("=")
        if name not in _PLACES:
            kept.append(word)
        elif not sign:
            next(words, None)
    return Command.now(shlex.join(kept), short_commit(HOME))
