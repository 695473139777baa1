"""The `repsim study` commands: compute a study, say what of it is there, record it, check the record."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from repsim_book.cli.command import Command, Group, command, folder, typed
from repsim_book.cli.outputs import require_room
from repsim_book.cli.study_options import (
    cache_option,
    declaration,
    declared_study,
    part_options,
    record_option,
    study_name,
    wanted_axes,
    workers,
)
from repsim_book.cli.study_report import Reporter, needed, shown, summary
from repsim_book.paths import HOME, RECORDS, RUNS, find_root
from repsim_book.repository import short_commit
from repsim_core.errors import InputError, StudyError
from repsim_core.executors import MOST_JOBS, as_jobs, check_scheduler, dask_executor, local_executor
from repsim_core.files import write_atomic
from repsim_core.store import Store
from repsim_core.studies.agreement import STANDARD_ERRORS, Agreement, compare_with_record
from repsim_core.studies.catalogue import STUDIES, study_kind
from repsim_core.studies.commands import Command as TypedCommand
from repsim_core.studies.commands import note_command, noted_commands
from repsim_core.studies.estimate import estimate
from repsim_core.studies.image_copies import noted_copies
from repsim_core.studies.image_study import ImageStudy
from repsim_core.studies.records import Record, environment, read_record, write_record
from repsim_core.studies.run import StudyProgress, run_study
from repsim_core.studies.stored_representations import FILE, representations_file
from repsim_core.studies.study import (
    Study,
    comparing,
    group_columns,
    stored_stacks,
    stored_tables,
)
from repsim_core.studies.trained_elsewhere import take_in
from repsim_core.training.devices import as_device

# What `--out` gets.
_TABLES = ("models.csv", "pairs.csv")
# Options that say where something lies, with a value.
_PLACES = {"--cache", "--out", "--record", "--scheduler", "--trained"}


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


def _store(cache: Path | None, name: str, report: Callable[[str], object] | None = None) -> Store:
    try:
        return Store(cache or RUNS / name, report)
    except NotADirectoryError as error:
        raise InputError(str(error)) from error


# -- compute -------------------------------------------------------------------------------------------------------


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
        wanted, store = declared_study(name, **declared), _store(cache, f"{name}-study")
        if out:
            require_room(out, "out", _TABLES)
        study = _run(wanted, store, jobs, scheduler, only_estimate)
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


def _run(
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
    report, note = Reporter(study.name), _command()
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


def _command() -> TypedCommand:
    """The command as it was typed, less the options that say where files lie on this machine."""
    kept: list[str] = []
    words = iter(shlex.split(typed()))
    for word in words:
        name, sign, _ = word.partition("=")
        if name not in _PLACES:
            kept.append(word)
        elif not sign:
            next(words, None)
    return TypedCommand.now(shlex.join(kept), short_commit(HOME))


# -- status, record ------------------------------------------------------------------------------------------------


@study.command()
@study_name
@part_options(*STUDIES)
@declaration
@cache_option
def status(name: str, cache: Path | None, **declared: Any) -> None:
    """Say what of a study is done, missing, damaged; it needs no images."""
    wanted = declared_study(name, **declared)
    store = _store(cache, f"{name}-study", report=_silent)
    found = wanted.found_in(store)
    states = {"done": 0, "missing": 0, "damaged": 0}
    for group in found.groups:
        units = found.trainings(group)
        here = [store.state(unit.address) for unit in units]
        stacks = stored_stacks(found, group, store)
        comparison = "missing"
        if stacks is not None:
            comparison = store.state(comparing(found, group, list(stacks)).address)
        for state in [*here, comparison]:
            states[state] += 1
        line = f"{group.label:<24}stacks {here.count('done')} of {len(units)}, comparison {comparison}"
        if damaged := here.count("damaged"):
            line += f", damaged stacks: {damaged}"
        print(line)
    _say_images(found, store)
    print(", ".join(f"{number} {state}" for state, number in states.items()) + f"; cache: {store.directory}")


def _silent(line: str) -> None:
    pass


def _say_images(study: Study, store: Store) -> None:
    """Which images the results are of, where a store can hold those of several copies."""
    if not isinstance(study, ImageStudy) or study.data is None:
        return
    others = [copy for copy in noted_copies(store, study.dataset) if copy.data != study.data]
    line = f"images: {study.images}, {study.data}"
    if others:
        line += f"; not counted: results of {', '.join(f'{copy.images}, {copy.data}' for copy in others)}"
    print(line)


@study.command()
@study_name
@part_options(*STUDIES)
@declaration
@cache_option
@record_option
@click.option("--replace", is_flag=True, help="Even if the record there holds more.")
@click.option("--trained", type=folder(), metavar="DIR", help="Networks that a script has trained elsewhere.")
def record(
    name: str,
    cache: Path | None,
    record: Path | None,
    replace: bool,
    trained: Path | None,
    **declared: Any,
) -> None:
    """Write what is finished of a study to the book's records; it needs no images.

    With --trained the networks are those of a folder in place of the cache: for each group LABEL.safetensors, such as
    paper-M2.safetensors, beside origin.json and the script that made them. Their pairs are compared here.
    """
    wanted, directory = declared_study(name, **declared), _record_directory(name, record)
    require_room(directory, "record")
    if trained is None:
        store = _store(cache, f"{name}-study")
        found = wanted.found_in(store)
        _write(directory, found, store, noted_commands(store, found), replace)
        return
    if cache is not None or not isinstance(wanted, ImageStudy):
        raise InputError("trained: expected without a cache, and of a study of images")
    with TemporaryDirectory() as scratch:
        store = Store(Path(scratch))
        taken = take_in(wanted, trained, store)
        _write(directory, taken.study, store, [], replace, more=taken.files, trained=taken.origin)


def _write(
    directory: Path,
    study: Study,
    store: Store,
    commands: list[TypedCommand],
    replace: bool,
    *,
    more: dict[str, bytes] | None = None,
    trained: dict[str, Any] | None = None,
) -> None:
    """Write what the store holds of a study as a record, and say what is in it."""
    tables = stored_tables(study, store)
    if (directory / "provenance.json").exists() and not replace:
        lost = set(read_record(directory).study.groups) - (set(study.groups) - set(tables.missing))
        if lost:
            raise InputError(
                f"record: the one in {directory} holds {len(lost)} groups that are not complete here "
                f"({_groups(sorted(lost))}); finish the study, or --replace it"
            )
    files = {FILE: representations_file(study, store), **(more or {})}
    written = write_record(directory, study, tables, [*commands, _command()], more=files, trained=trained)
    size = sum(path.stat().st_size for path in directory.iterdir())
    print(f"{directory}: {len(written.models)} models, {len(written.pairs)} pairs, {size / 1e6:.2f} MB")
    _say_images(study, store)
    if tables.missing:
        print(f"not complete, hence not in it: {_groups(tables.missing)}")


def _record_directory(name: str, given: Path | None) -> Path:
    study_kind(name)  # for its message
    return given or find_root() / RECORDS / name


def _groups(groups: Sequence[Any]) -> str:
    shown = ", ".join(group.label for group in groups[:5])
    return shown + (f" and {len(groups) - 5} more" if len(groups) > 5 else "")


# -- check ---------------------------------------------------------------------------------------------------------


@study.command(
    help=f"""Compute a part of the recorded study again and compare it with the record.

    Where code, libraries and kind of machine are the record's, the same digits are expected (--no-exact lifts this).
    Elsewhere the mean of each measure in each group of models has to agree within {STANDARD_ERRORS:g} standard errors:
    training amplifies the last bit of a sum, so single models differ. Exit code 1 where that does not hold.
    """
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
    recorded = read_record(_record_directory(name, record))
    part = recorded.study.select(seeds=seeds, **wanted_axes(name, axes))
    store = _store(cache, f"{name}-check")
    study = _run(part, store, jobs, scheduler, only_estimate)
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
