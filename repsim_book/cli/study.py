"""The `repsim study` commands: compute a study, say what of it is there, record it, check the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from repsim_book.cli.command import Command, Group, command, folder
from repsim_book.cli.outputs import require_room
from repsim_book.cli.study_check import check
from repsim_book.cli.study_options import cache_option, declaration, declared_study, part_options, workers
from repsim_book.cli.study_record import record, status
from repsim_book.cli.study_report import summary
from repsim_book.cli.study_work import compute_missing, store_at
from repsim_core.files import write_atomic
from repsim_core.studies.catalogue import STUDIES, study_kind
from repsim_core.studies.study import stored_tables

# What `--out` gets.
_TABLES = ("models.csv", "pairs.csv")


@click.group(cls=Group)
def study() -> None:
    """Train a grid of models, compare all pairs of seeds.

    Every finished part is kept in the cache: a study that is interrupted, by Ctrl-C or a power cut, goes on where it
    was when the same command is typed again. Before it begins it says how long it takes and what it needs.

    \b
      repsim study width --grid quick --jobs 2      compute it
      repsim study width --estimate                 say what that needs, and stop
      repsim study status width --grid quick        what of it is done
      repsim study record width --grid quick        keep its small results with the book
      repsim study check width --k 4 --widths 16    compute a part anew and compare it with the record
    """


def _computing(name: str) -> Command:
    """The command that computes the study of this name."""

    @command(name, short_help=f"Compute it; grids: {', '.join(study_kind(name).grids)}.")
    @part_options(name)
    @declaration
    @cache_option
    @workers
    @click.option("--out", type=folder(), metavar="DIR", help="Write models.csv and pairs.csv there.")
    def compute(
        cache: Path | None,
        jobs: int | None,
        scheduler: str | None,
        only_estimate: bool,
        out: Path | None,
        **declared: Any,
    ) -> None:
        wanted, store = declared_study(name, **declared), store_at(cache, f"{name}-study")
        if out:
            require_room(out, "out", _TABLES)
        study = compute_missing(wanted, store, jobs, scheduler, only_estimate)
        if study is None:
            return
        tables = stored_tables(study, store)
        print(summary(tables.models, tables.pairs))
        if out:
            for file, table in zip(_TABLES, (tables.models, tables.pairs), strict=True):
                path = out / file
                write_atomic(path, table.to_csv(index=False, lineterminator="\n").encode())
                print(path)

    grids = ", ".join(study_kind(name).grids)
    compute.help = f"Compute the study {name}, as far as the cache lacks it. Its grids: {grids}."
    return compute


for _name in STUDIES:
    study.add_command(_computing(_name))
for each in (status, record, check):
    study.add_command(each)
