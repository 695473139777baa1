"""The many-model form of the command `compare`: a row for each pair in a file, resumable, and a page to look at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from repsim_book.cli.command import Whole, folder, typed
from repsim_book.cli.outputs import require_room
from repsim_book.cli.progress import ProgressLine, duration, time_left
from repsim_core.errors import ExecutionError, InputError
from repsim_core.files import table_to_csv, to_json, write_atomic
from repsim_core.memory import size

_OPTIONS = (
    click.option(
        "--pairs", type=folder(), metavar="FILE.csv", help="All pairs of the models: a row for each."
    ),
    click.option("--html", type=folder(), metavar="FILE.html", help="Also a clustered heat map of them."),
    click.option(
        "--jobs", type=Whole(), metavar="N", help="For --pairs: processes, one thread each; default 1."
    ),
    click.option("--scheduler", metavar="tcp://HOST:PORT", help="For --pairs: on this Dask cluster instead."),
    click.option(
        "--cache", type=folder(), metavar="DIR", help="For --pairs: finished parts; default: FILE.csv.parts."
    ),
)
_NAMES = ("pairs", "html", "jobs", "scheduler", "cache")
# Tiles on a cluster are cut for so many workers, which may come and go.
_WORKERS = 32


def pairs_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the many-model form."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def compared_pairs(models: Sequence[str], given: dict[str, Any], as_json: bool, draws: int | None) -> bool:
    """Compare all pairs, if that is what was asked for.

    Args:
        models: paths, as they were typed.
        given: the options that were typed; those of this form are taken out.

    Returns:
        Whether it was. If not, there are two models and no option of this form.

    Raises:
        InputError: naming the option or the file; nothing was compared.
        ExecutionError: something failed; what was finished is kept.
    """
    own = {name: given.pop(name) for name in _NAMES if name in given}
    if "pairs" not in own:
        if own:
            raise InputError(
                f"{next(iter(own))}: found one without --pairs, expected --pairs FILE.csv beside it"
            )
        if len(models) != 2:
            raise InputError(
                f"models: found {len(models)}, expected two; or two or more with --pairs FILE.csv for all pairs"
            )
        return False
    if draws is not None:
        raise InputError(f"draws: found {draws} beside --pairs, expected none: intervals are of two models")
    _AllPairs(models, own, given).compare(as_json)
    return True


class _AllPairs:
    """One command: what is asked for, checked, and done."""

    def __init__(self, models: Sequence[str], own: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        from repsim_core.executors import MOST_JOBS, as_jobs, check_scheduler
        from repsim_core.measures.all_pairs import ARRAYS, as_files, as_named, plain_options
        from repsim_core.store import Store

        self.scheduler: str | None = own.get("scheduler")
        if self.scheduler is None:
            self.jobs = as_jobs(own.get("jobs", 1))
        else:
            # All at once by default: the cluster's scheduler spreads them, and an adaptive cluster grows with them.
            self.jobs = as_jobs(own.get("jobs", MOST_JOBS), MOST_JOBS)
            check_scheduler(self.scheduler)
        self.pairs: Path = own["pairs"]
        self.html: Path | None = own.get("html")
        cache: Path = own.get("cache") or self.pairs.with_name(f"{self.pairs.name}.parts")
        for name, file, suffix in (("pairs", self.pairs, ".csv"), ("html", self.html, ".html")):
            if file is not None:
                if file.suffix.lower() != suffix:
                    raise InputError(f"{name}: found {file}, expected a name that ends in {suffix}")
                require_room(file.parent, name, [file.name])
        require_room(cache, "cache")
        self.store = Store(cache)
        arrays = {}
        for name in ARRAYS:
            if name in given:
                keys = named_in_each(name, given[name])
                arrays[name] = keys[0] if len(keys) == 1 else keys
        try:
            named = as_named(models)
            self.names = list(named)
            self.files = as_files(list(named.values()), arrays)
            self.options = plain_options({name: value for name, value in given.items() if name not in ARRAYS})
        except (TypeError, ValueError) as error:
            raise InputError(str(error)) from error

    def compare(self, as_json: bool) -> None:
        from repsim_core.measures.all_pairs import pairs_table
        from repsim_core.measures.comparison_notes import OTHER_ORDER

        try:
            table = pairs_table(self.names, self._rows())
        except (KeyboardInterrupt, ExecutionError, OSError, MemoryError):
            kept = "nothing is finished yet"
            if any(self.store.directory.glob("pairs-*")):
                kept = f"finished pairs are kept in {self.store.directory}"
            print(f"{kept}; to go on: {typed()}", file=sys.stderr)
            raise
        except (TypeError, ValueError) as error:  # they name the argument
            raise InputError(str(error)) from error
        write_atomic(self.pairs, table_to_csv(table).encode())
        if self.html is not None:
            from repsim_book.pages.pair_map import pair_map

            write_atomic(self.html, pair_map(table, self.names, *self.sizes).encode())
        out = sys.stderr if as_json else sys.stdout
        failed = int(table["note"].notna().sum())
        missing = f", of which {failed} cannot be compared (column note)" if failed else ""
        print(f"{self.pairs}: {_pairs(len(table))} of {len(self.names)} models{missing}", file=out)
        noted = table["notes"].dropna()
        if len(noted):
            asked = int(noted.str.contains(OTHER_ORDER, regex=False).sum())
            order = f"; on {asked:,} of them: {OTHER_ORDER}" if asked else ""
            print(f"notes on {len(noted):,} of {_pairs(len(table))}: see column notes{order}", file=out)
        if self.html is not None:
            print(self.html, file=out)
        if as_json:
            rows = table.astype(object).where(table.notna(), None).to_dict("records")
            print(to_json(rows), end="")

    def _rows(self) -> list[dict[str, Any]]:
        from repsim_core.executors import dask_executor, local_executor
        from repsim_core.measures.model_sources import checked_files
        from repsim_core.measures.pair_run import run_pairs
        from repsim_core.measures.pair_tiles import WORKER_MEMORY, block_side, bytes_held, memory_for_models

        reading, comparing = ProgressLine("models", "read"), _Reporter("compare", "pairs")
        try:
            count = len(self.files)
            files, sizes = checked_files(self.files, self.options, lambda done: reading.show(done, count))
            reading.end()
            self.sizes = sizes.num_inputs, sizes.num_labels
            wide = self.jobs if self.scheduler is None else min(self.jobs, _WORKERS)
            memory = WORKER_MEMORY if self.scheduler else memory_for_models() / wide
            side = block_side(count, sizes, wide, memory)
            held = min(side + 1, count)
            each = "each worker" if self.scheduler else "each process" if wide > 1 else "the process"
            print(
                f"{count} models, {_pairs(count * (count - 1) // 2)}; {each} holds up to {held} models at a time, "
                f"{_about(held * bytes_held(sizes))}",
                file=sys.stderr,
            )
            if self.scheduler is None:
                chosen = partial(local_executor, self.jobs)
            else:
                chosen = partial(dask_executor, self.scheduler)
            with chosen() as executor:
                return run_pairs(
                    files,
                    self.options,
                    executor,
                    jobs=self.jobs,
                    side=side,
                    one_thread=True,
                    store=self.store,
                    progress=comparing,
                )
        finally:
            reading.end()
            comparing.end()


class _Reporter(ProgressLine):
    """The progress of the pairs."""

    def __call__(self, progress: Any) -> None:
        complete = progress.done == progress.pairs
        self.show(
            progress.done,
            progress.pairs,
            f"{progress.found} found" if progress.found else "",
            f"{duration(progress.seconds)} in all" if complete else time_left(progress.seconds_left),
        )


def named_in_each(name: str, given: str) -> list[str | None]:
    """What an array is called in the files, one name for all or one for each; None in those that have no such array."""
    from repsim_core.measures.all_pairs import OPTIONAL

    keys = [key or None for key in given.split(",")]
    if not all(keys) and not (name in OPTIONAL and any(keys)):
        raise InputError(
            f"{name}: found {given}, expected a name, or one for each model with commas between them"
        )
    return keys


def _pairs(count: int) -> str:
    return f"{count:,} pair{'s' * (count != 1)}"


def _about(number: float) -> str:
    """Bytes in words; of few there is nothing to say but that."""
    said = size(number)
    return said if said.startswith("less") else f"about {said}"
