"""The `repsim study` commands: compute a study, say what of it is there, record it, check the record."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from repsim_book.cli.command import Command, Group, Whole, command, folder, option_name, typed
from repsim_book.cli.outputs import require_room
from repsim_book.cli.study_report import Reporter, needed, shown, summary
from repsim_book.paths import HOME, RECORDS, RUNS, find_root
from repsim_book.repository import short_commit
from repsim_core.errors import InputError, StudyError
from repsim_core.executors import MOST_JOBS, as_jobs, check_scheduler, dask_executor, local_executor
from repsim_core.files import write_atomic
from repsim_core.store import Store
from repsim_core.studies.agreement import STANDARD_ERRORS, Agreement, compare_with_record
from repsim_core.studies.catalogue import STUDIES, declare_study, study_kind
from repsim_core.studies.commands import Command as TypedCommand
from repsim_core.studies.commands import note_command, noted_commands
from repsim_core.studies.estimate import estimate
from repsim_core.studies.image_copies import noted_copies
from repsim_core.studies.images import ImageStudy
from repsim_core.studies.records import Record, environment, read_record, write_record
from repsim_core.studies.run import StudyProgress, run_study
from repsim_core.studies.stored_representations import FILE, representations_file
from repsim_core.studies.study import (
    MOST_VALUES,
    Study,
    comparing,
    group_columns,
    stored_stacks,
    stored_tables,
)
from repsim_core.studies.width import VARIANTS
from repsim_core.training.devices import as_device
from repsim_core.training.recipes import RECIPES

# What `--out` gets.
_TABLES = ("models.csv", "pairs.csv")
# Options that say where something lies, with a value.
_PLACES = {"--cache", "--out", "--record", "--scheduler"}


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


# -- options -------------------------------------------------------------------------------------------------------


class _Numbers(click.ParamType):
    """`4,6` or `0-19` or `0-4,10` as integers."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        numbers: list[int] = []
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not _is_number(first) or (dash and not _is_number(last)):
                _refuse(
                    value,
                    "expected numbers and ranges such as 4,6 or 0-19, without zeros in front",
                    param,
                    ctx,
                )
            span = range(int(first), int(last if dash else first) + 1)
            if len(numbers) + span.stop - span.start > MOST_VALUES:
                _refuse(value, f"expected at most {MOST_VALUES} numbers", param, ctx)
            numbers += span
        if not numbers:
            _refuse(value, "which holds no number", param, ctx)
        return numbers


def _is_number(text: str) -> bool:
    """Whether these are digits without zeros in front, and not more than could mean anything."""
    return text.isascii() and text.isdecimal() and len(text) < 100 and (text == "0" or text[0] != "0")


def _refuse(
    value: object, expected: str, param: click.Parameter | None, ctx: click.Context | None
) -> NoReturn:
    name = "" if param is None else f"{option_name(param)}: "
    raise click.UsageError(f"{name}found {str(value)!r}, {expected}", ctx)


class _Names(click.ParamType):
    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        return [part.strip() for part in str(value).split(",")]


# The axes of the studies' grids: how an option is read, what its help says, and `declare`'s argument of that meaning.
_AXES: dict[str, tuple[click.ParamType, str, str]] = {
    "k": (_Numbers(), "4,6", "Numbers of classes"),
    "widths": (_Numbers(), "16,32", "Of the hidden layers"),
    "variant": (_Names(), "NAME", ", ".join(VARIANTS) + "; several with commas"),
    "recipe": (_Names(), "NAME", ", ".join(RECIPES) + "; several with commas"),
    "m": (_Numbers(), "2,3", "Dimensions of the representations"),
}
_ARGUMENTS = {"k": "classes", "widths": "widths", "variant": "variants", "recipe": "recipes", "m": "dims"}

_Function = Callable[..., Any]


def _options(*options: Callable[[_Function], _Function]) -> Callable[[_Function], _Function]:
    """Several options as one decorator; help lists them in this order."""

    def add(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _part_options(*studies: str) -> Callable[[_Function], _Function]:
    """The options that choose a part of these studies' grids."""
    of: dict[str, list[str]] = {}
    for name in studies:
        for axis in study_kind(name).declared.OPTIONS:
            of.setdefault(axis, []).append(name)
    axes = []
    for axis, names in of.items():
        kind, metavar, text = _AXES[axis]
        said = text if len(studies) == 1 else f"{text} ({', '.join(names)})"
        axes.append(click.option(f"--{axis}", type=kind, metavar=metavar, help=f"{said}."))
    seeds = click.option("--seeds", type=_Numbers(), metavar="0-19", help="Numbers and ranges, with commas.")
    return _options(*axes, seeds)


def _refuse_profile(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise click.UsageError(f"--profile: a study has grids; found {value}, expected --grid NAME", ctx)


_declaration = _options(
    click.option("--grid", default="paper", metavar="NAME", help="A declared grid; default: paper."),
    click.option("--profile", hidden=True, expose_value=False, callback=_refuse_profile),
    click.option("--steps", type=Whole(), metavar="N", help="Training steps."),
    click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where to train; default: cpu."),
)
_cache = click.option(
    "--cache",
    type=folder(),
    metavar="DIR",
    help="Finished parts; default: runs/STUDY-study (check: runs/STUDY-check).",
)
_workers = _options(
    click.option("--jobs", type=Whole(), metavar="N", help="Processes, one thread each; default: 1."),
    click.option("--scheduler", metavar="tcp://HOST:PORT", help="Compute on this Dask cluster instead."),
    click.option("--estimate", "only_estimate", is_flag=True, help="Say what it needs, and stop."),
)
_record_folder = click.option("--record", type=folder(), metavar="DIR", help="Default: book/records/STUDY.")
_study = click.argument(
    "name",
    metavar="STUDY",
    shell_complete=lambda _ctx, _param, text: [each for each in STUDIES if each.startswith(text)],
)


def _wanted(name: str, axes: dict[str, Any]) -> dict[str, Any]:
    """The values given for the axes of the study's grid, by option.

    Raises:
        InputError: there is no such study, or an axis of another one is given.
    """
    own = study_kind(name).declared.OPTIONS
    for axis, values in axes.items():
        if axis not in own and values is not None:
            raise InputError(f"{axis}: the study {name} has no such axis, expected one of {', '.join(own)}")
    return {axis: axes[axis] for axis in own}


def _declared(
    name: str, grid: str, seeds: list[int] | None, steps: int | None, device: str | None, **axes: Any
) -> Any:
    wanted = {_ARGUMENTS[axis]: values for axis, values in _wanted(name, axes).items()}
    return declare_study(name, grid, seeds=seeds, steps=steps, device=device, **wanted)


def _store(cache: Path | None, name: str, report: Callable[[str], object] | None = None) -> Store:
    try:
        return Store(cache or RUNS / name, report)
    except NotADirectoryError as error:
        raise InputError(str(error)) from error


# -- compute -------------------------------------------------------------------------------------------------------


def _computing(name: str) -> Command:
    """The command that computes the study of this name."""

    @command(name, short_help=f"Compute it; grids: {', '.join(study_kind(name).grids)}.")
    @_part_options(name)
    @_declaration
    @_cache
    @_workers
    @click.option("--out", type=folder(), metavar="DIR", help="Write models.csv and pairs.csv there.")
    def compute(
        cache: Path | None,
        jobs: int | None,
        scheduler: str | None,
        only_estimate: bool,
        out: Path | None,
        **declared: Any,
    ) -> None:
        wanted, store = _declared(name, **declared), _store(cache, f"{name}-study")
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
@_study
@_part_options(*STUDIES)
@_declaration
@_cache
def status(name: str, cache: Path | None, **declared: Any) -> None:
    """Say what of a study is done, missing, damaged; it needs no images."""
    wanted = _declared(name, **declared)
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
@_study
@_part_options(*STUDIES)
@_declaration
@_cache
@_record_folder
@click.option("--replace", is_flag=True, help="Even if the record there holds more.")
def record(name: str, cache: Path | None, record: Path | None, replace: bool, **declared: Any) -> None:
    """Write what is finished of a study to the book's records; it needs no images."""
    wanted, store = _declared(name, **declared), _store(cache, f"{name}-study")
    found = wanted.found_in(store)
    directory = _record_directory(name, record)
    require_room(directory, "record")
    tables = stored_tables(found, store)
    if (directory / "provenance.json").exists() and not replace:
        lost = set(read_record(directory).study.groups) - (set(found.groups) - set(tables.missing))
        if lost:
            raise InputError(
                f"record: the one in {directory} holds {len(lost)} groups that are not complete here "
                f"({_groups(sorted(lost))}); finish the study, or --replace it"
            )
    commands = [*noted_commands(store, found), _command()]
    more = {FILE: representations_file(found, store)}
    written = write_record(directory, found, tables, commands, more=more)
    size = sum(path.stat().st_size for path in directory.iterdir())
    print(f"{directory}: {len(written.models)} models, {len(written.pairs)} pairs, {size / 1e6:.2f} MB")
    _say_images(found, store)
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
@_study
@_part_options(*STUDIES)
@_cache
@_workers
@_record_folder
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
    part = recorded.study.select(seeds=seeds, **_wanted(name, axes))
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
    }
    said = [
        f"{named.get(name, f'another {name}')} ({old}; here {new})"
        for name, (old, new) in parts.items()
        if old != new
    ]
    return "the record was made with " + ", ".join(said)
