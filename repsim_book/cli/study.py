"""The `repsim study` commands: compute a study, say what of it is there, record it, check the record."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from repsim_book.cli.study_report import Reporter, shown, summary
from repsim_book.paths import HOME, RECORDS, RUNS, find_root
from repsim_book.repository import short_commit
from repsim_core.errors import InputError, StudyError
from repsim_core.files import write_atomic
from repsim_core.store import Store
from repsim_core.studies.agreement import STANDARD_ERRORS, Agreement, compare_with_record
from repsim_core.studies.catalogue import STUDIES, declare_study, study_kind
from repsim_core.studies.commands import Command, note_command, noted_commands
from repsim_core.studies.images import ImageStudy
from repsim_core.studies.records import Record, environment, read_record, write_record
from repsim_core.studies.run import StudyProgress, dask_executor, local_executor, run_study
from repsim_core.studies.stored_representations import FILE, representations_file
from repsim_core.studies.study import Study, comparing, group_columns, stored_stacks, stored_tables
from repsim_core.studies.width import VARIANTS
from repsim_core.training.recipes import RECIPES

DESCRIPTION = """\
A study trains a grid of models and compares all pairs of seeds. Every finished part is kept in the cache: a
study that is interrupted, by Ctrl-C or a power cut, goes on where it was when the same command is typed again.

  repsim study width --profile quick --jobs 2     compute it
  repsim study status width --profile paper       what of it is done
  repsim study record width --profile paper       keep its small results with the book
  repsim study check width --k 4 --widths 16      compute a part anew and compare it with the record
"""
CHECK_HELP = f"""\
Compute a part of the recorded study again and compare. Where code, libraries and kind of machine are the
record's, the same digits are expected (--no-exact lifts this). Elsewhere the mean of each measure in each group
of models has to agree within {STANDARD_ERRORS:g} standard errors: training amplifies the last bit of a sum, so
single models differ. Exit code 1 where that does not hold.
"""


# Options that say where something lies, with a value.
_PLACES = {"--cache", "--out", "--record", "--scheduler"}


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add `study` and its sub-commands to a parser's sub-commands."""
    layout = argparse.RawDescriptionHelpFormatter
    study = commands.add_parser(
        "study",
        help="train and compare a grid of models; resumable",
        description=DESCRIPTION,
        formatter_class=layout,
    )
    actions = study.add_subparsers(title="commands", required=True, metavar="COMMAND")

    axes = {name: _axes([name]) for name in STUDIES}
    grid = _axes(list(STUDIES))
    declared = argparse.ArgumentParser(add_help=False)
    declared.add_argument("--profile", default="paper", help="a declared grid (default: paper)")
    declared.add_argument("--steps", type=int, help="training steps")
    declared.add_argument("--device", choices=["cpu", "cuda"], help="where to train (default: cpu)")
    cache = argparse.ArgumentParser(add_help=False)
    cache.add_argument("--cache", type=Path, metavar="DIR", help="finished parts (default: runs/NAME-study)")
    workers = argparse.ArgumentParser(add_help=False)
    workers.add_argument("--jobs", type=int, metavar="N", help="processes, one thread each (default: 1)")
    workers.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="compute on this Dask cluster instead"
    )
    record = argparse.ArgumentParser(add_help=False)
    record.add_argument("--record", type=Path, metavar="DIR", help="default: book/records/NAME")

    for name in STUDIES:
        command = actions.add_parser(
            name,
            parents=[axes[name], declared, cache, workers],
            help=f"compute it; profiles: {', '.join(study_kind(name).profiles)}",
        )
        command.add_argument("--out", type=Path, metavar="DIR", help="write models.csv and pairs.csv there")
        command.set_defaults(action=_compute, study=name)

    command = actions.add_parser(
        "status", parents=[grid, declared, cache], help="what is done, missing, damaged"
    )
    command.add_argument("study", help=", ".join(STUDIES))
    command.set_defaults(action=_status)

    command = actions.add_parser(
        "record", parents=[grid, declared, cache, record], help="write what is finished to the book's records"
    )
    command.add_argument("study", help=", ".join(STUDIES))
    command.add_argument("--replace", action="store_true", help="even if the record there holds more")
    command.set_defaults(action=_record)

    command = actions.add_parser(
        "check",
        parents=[grid, cache, workers, record],
        help="compute a part again, compare with the record",
        description=CHECK_HELP,
        formatter_class=layout,
    )
    command.add_argument("study", help=", ".join(STUDIES))
    command.add_argument(
        "--exact",
        action=argparse.BooleanOptionalAction,
        help="the same digits, or only means (default: see above)",
    )
    command.set_defaults(action=_check)


def _axes(studies: list[str]) -> argparse.ArgumentParser:
    """The options that choose a part of these studies' grids."""
    parser = argparse.ArgumentParser(add_help=False)
    for study in studies:
        for name in study_kind(study).declared.OPTIONS:
            kind, metavar, text = _AXES[name]
            of = f" (study {study})" if len(studies) > 1 else ""
            parser.add_argument(f"--{name}", type=kind, metavar=metavar, help=text + of)
    parser.add_argument("--seeds", type=_integers, metavar="0-19", help="numbers and ranges, with commas")
    return parser


def _wanted(options: argparse.Namespace) -> dict[str, list[int] | list[str] | None]:
    """The values given for the axes of the study's grid, by option.

    Raises:
        InputError: an axis of another study is given.
    """
    own = study_kind(options.study).declared.OPTIONS
    for name in _AXES:
        if name not in own and getattr(options, name, None) is not None:
            raise InputError(
                f"{name}: the study {options.study} has no such axis, expected one of {', '.join(own)}"
            )
    return {name: getattr(options, name) for name in own}


def _declared(options: argparse.Namespace) -> Study:
    arguments = {_ARGUMENTS[name]: values for name, values in _wanted(options).items()}
    return declare_study(
        options.study,
        options.profile,
        seeds=options.seeds,
        steps=options.steps,
        device=options.device,
        **arguments,
    )


def _cache(options: argparse.Namespace, kind: str = "study") -> Store:
    return Store(options.cache or RUNS / f"{options.study}-{kind}")


def _compute(options: argparse.Namespace) -> int:
    study, cache = _declared(options), _cache(options)
    _run(study, cache, options)
    tables = stored_tables(study, cache)
    print(summary(tables.models, tables.pairs))
    if options.out:
        for name, table in (("models", tables.models), ("pairs", tables.pairs)):
            path = options.out / f"{name}.csv"
            write_atomic(path, table.to_csv(index=False, lineterminator="\n").encode())
            print(path)
    return 0


def _run(study: Study, cache: Store, options: argparse.Namespace) -> None:
    """Compute what the cache lacks, with progress, and with what to type after an interruption."""
    report, command = Reporter(study), _command(options)
    noted = False

    def told(progress: StudyProgress) -> None:
        nonlocal noted
        report(progress)
        if progress.done > progress.found and not noted:  # this command has computed something
            note_command(cache, study, command)
            noted = True

    try:
        if options.scheduler is not None:
            with dask_executor(options.scheduler) as executor:
                # All at once by default: the cluster's scheduler spreads them, and an adaptive cluster grows with them.
                run_study(study, cache, executor, jobs=_jobs(options, 10_000), progress=told)
        else:
            with local_executor(_jobs(options, 1)) as executor:
                run_study(study, cache, executor, jobs=_jobs(options, 1), progress=told)
    except (KeyboardInterrupt, StudyError, OSError):
        report.end()
        print(f"finished parts are kept in {cache.directory}; to go on: {options.typed}", file=sys.stderr)
        raise
    report.end()


def _command(options: argparse.Namespace) -> Command:
    """The command as it was typed, less the options that say where files lie on this machine."""
    kept: list[str] = []
    words = iter(shlex.split(options.typed))
    for word in words:
        name, sign, _ = word.partition("=")
        if name not in _PLACES:
            kept.append(word)
        elif not sign:
            next(words, None)
    return Command.now(shlex.join(kept), short_commit(HOME))


def _jobs(options: argparse.Namespace, default: int) -> int:
    return default if options.jobs is None else options.jobs


def _status(options: argparse.Namespace) -> int:
    study, cache = _declared(options), Store(options.cache or RUNS / f"{options.study}-study", report=_silent)
    states = {"done": 0, "missing": 0, "damaged": 0}
    lines = []
    for group in study.groups:
        units = study.trainings(group)
        here = [cache.state(unit.address) for unit in units]
        stacks = stored_stacks(study, group, cache)
        comparison = "missing"
        if stacks is not None:
            comparison = cache.state(comparing(study, group, list(stacks)).address)
        for state in [*here, comparison]:
            states[state] += 1
        line = f"{group.label:<24}stacks {here.count('done')} of {len(units)}, comparison {comparison}"
        if damaged := here.count("damaged"):
            line += f", damaged stacks: {damaged}"
        lines.append(line)
    print("\n".join(lines))
    print(", ".join(f"{number} {state}" for state, number in states.items()) + f"; cache: {cache.directory}")
    return 0


def _record(options: argparse.Namespace) -> int:
    study = _declared(options)
    directory = _record_directory(options)
    tables = stored_tables(study, _cache(options))
    if (directory / "provenance.json").exists() and not options.replace:
        lost = set(read_record(directory).study.groups) - (set(study.groups) - set(tables.missing))
        if lost:
            raise InputError(
                f"record: the one in {directory} holds {len(lost)} groups that are not complete here "
                f"({_groups(sorted(lost))}); finish the study, or --replace it"
            )
    store = _cache(options)
    commands = [*noted_commands(store, study), _command(options)]
    more = {FILE: representations_file(study, store)} if isinstance(study, ImageStudy) else {}
    record = write_record(directory, study, tables, commands, more=more)
    size = sum(path.stat().st_size for path in directory.iterdir())
    print(f"{directory}: {len(record.models)} models, {len(record.pairs)} pairs, {size / 1e6:.2f} MB")
    if tables.missing:
        print(f"not complete, hence not in it: {_groups(tables.missing)}")
    return 0


def _record_directory(options: argparse.Namespace) -> Path:
    study_kind(options.study)  # for its message
    return options.record or find_root() / RECORDS / options.study


def _groups(groups: Sequence[Any]) -> str:
    shown = ", ".join(group.label for group in groups[:5])
    return shown + (f" and {len(groups) - 5} more" if len(groups) > 5 else "")


def _check(options: argparse.Namespace) -> int:
    record = read_record(_record_directory(options))
    study = record.study.select(seeds=options.seeds, **_wanted(options))
    cache = _cache(options, "check")
    _run(study, cache, options)
    agreement = compare_with_record(record, stored_tables(study, cache))
    print(shown(agreement.columns, 3))
    exact = agreement.same_environment if options.exact is None else options.exact
    return _verdict(agreement, record, exact)


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


def _integers(text: str) -> list[int]:
    """`4,6` or `0-19` or `0-4,10` as integers."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(
                f"found {text!r}, expected numbers and ranges such as 4,6 or 0-19"
            )
        numbers += range(int(first), int(last if dash else first) + 1)
    if not numbers:
        raise argparse.ArgumentTypeError(f"found {text!r}, which holds no number")
    return numbers


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _silent(line: str) -> None:
    pass


# The axes of the studies' grids: how an option is read, what its help says, and `declare`'s argument of that meaning.
_AXES: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "k": (_integers, "4,6", "numbers of classes"),
    "widths": (_integers, "16,32", "of the hidden layers"),
    "variant": (_names, "NAME", ", ".join(VARIANTS) + "; several with commas"),
    "recipe": (_names, "NAME", ", ".join(RECIPES) + "; several with commas"),
    "m": (_integers, "2,3", "dimensions of the representations"),
}
_ARGUMENTS = {"k": "classes", "widths": "widths", "variant": "variants", "recipe": "recipes", "m": "dims"}
