"""`repsim study check`: a part of a record, computed again and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from repsim_book.cli.command import command
from repsim_book.cli.study_options import (
    cache_option,
    part_options,
    record_option,
    study_name,
    wanted_axes,
    workers,
)
from repsim_book.cli.study_report import shown
from repsim_book.cli.study_work import compute_missing, record_directory, store_at
from repsim_core.errors import InputError
from repsim_core.studies.agreement import STANDARD_ERRORS, Agreement, compare_with_record
from repsim_core.studies.catalogue import STUDIES
from repsim_core.studies.records import Record, environment, read_record
from repsim_core.studies.study import group_columns, stored_tables


@command(
    "check",
    help=f"""Compute a part of the recorded study again and compare it with the record.

    Where code, libraries and kind of machine are the record's, the same digits are expected (--no-exact lifts this).
    Elsewhere the mean of each measure in each group of models has to agree within {STANDARD_ERRORS:g} standard errors:
    training amplifies the last bit of a sum, so single models differ. Exit code 1 where that does not hold.
    """,
)
@study_name
@part_options(*STUDIES)
@cache_option
@workers
@record_option
@click.option("--exact/--no-exact", default=None, help="The same digits, or only means; default: see above.")
def check(
    name: str,
    cache: Path | None,
    jobs: int | None,
    scheduler: str | None,
    only_estimate: bool,
    record: Path | None,
    exact: bool | None,
    seeds: list[int] | None,
    **axes: Any,
) -> int:
    recorded = read_record(record_directory(name, record))
    part = recorded.study.select(seeds=seeds, **wanted_axes(name, axes))
    store = store_at(cache, f"{name}-check")
    study = compute_missing(part, store, jobs, scheduler, only_estimate)
    if study is None:
        return 0
    agreement = compare_with_record(recorded, stored_tables(study, store))
    print(shown(agreement.columns, 3))
    return _verdict(agreement, recorded, agreement.same_environment if exact is None else exact)


def _verdict(agreement: Agreement, record: Record, exact: bool) -> int:
    if agreement.identical:
        print("agrees with the record in every recorded digit")
        return 0
    if exact:
        print("differs from the record, where the same digits are expected (--no-exact compares means only)")
        return 1
    if not agreement.statistics:
        raise InputError("seeds: the digits differ, and for means there have to be at least three seeds")
    means = agreement.means
    worst = means.loc[means["standard_errors"].idxmax()]
    of = ", ".join(f"{name} {worst[name]}" for name in group_columns(record.study))
    print(
        f"{len(means)} means of a measure in a group: the largest difference is {worst['standard_errors']:.2g} "
        f"standard errors ({worst['measure']}, {of})"
    )
    if not agreement.same_environment:
        print(f"{_elsewhere(record)}: means are compared, not digits")
    if agreement.means_agree:
        print("agrees with the record")
        return 0
    bad = means.query("not agrees")
    print(f"disagrees with the record in {len(bad)} means:")
    print(shown(bad, 4))
    return 1


def _elsewhere(record: Record) -> str:
    """How the record's environment differs from this one."""
    here, there = environment(record.study), record.provenance["environment"]
    parts = {name: (there.get(name), here[name]) for name in here if name != "machine"}
    machine = there.get("machine", {})
    parts |= {name: (machine.get(name), value) for name, value in here["machine"].items() if name != "cores"}
    named = {
        "processor": "another processor",
        "instructions": "other instructions",
        "protocol": "another protocol",
        "networks": "other networks",
    }
    if "trained" in record.provenance:
        parts["networks"] = ("trained elsewhere", "trained here")
    said = [
        f"{named.get(name, f'another {name}')} ({old}; here {new})"
        for name, (old, new) in parts.items()
        if old != new
    ]
    return "the record was made with " + ", ".join(said)
