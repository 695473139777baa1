"""`repsim study status` and `record`: what of a study is there, and its small results kept with the book."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from repsim_book.cli.command import command, folder
from repsim_book.cli.outputs import require_room
from repsim_book.cli.study_options import (
    cache_option,
    declaration,
    declared_study,
    part_options,
    record_option,
    study_name,
)
from repsim_book.cli.study_work import as_typed, record_directory, store_at
from repsim_core.errors import InputError
from repsim_core.store import Store
from repsim_core.studies.catalogue import STUDIES
from repsim_core.studies.commands import Command, noted_commands
from repsim_core.studies.image_copies import noted_copies
from repsim_core.studies.image_study import ImageStudy
from repsim_core.studies.records import read_record, write_record
from repsim_core.studies.stored_representations import FILE, representations_file
from repsim_core.studies.study import Study, comparing, stored_stacks, stored_tables
from repsim_core.studies.trained_elsewhere import take_in


@command("status")
@study_name
@part_options(*STUDIES)
@declaration
@cache_option
def status(name: str, cache: Path | None, **declared: Any) -> None:
    """Say what of a study is done, missing, damaged; it needs no images."""
    wanted = declared_study(name, **declared)
    store = store_at(cache, f"{name}-study", report=_silent)
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


@command("record")
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
    wanted, directory = declared_study(name, **declared), record_directory(name, record)
    require_room(directory, "record")
    if trained is None:
        store = store_at(cache, f"{name}-study")
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
    commands: list[Command],
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
    written = write_record(directory, study, tables, [*commands, as_typed()], more=files, trained=trained)
    size = sum(path.stat().st_size for path in directory.iterdir())
    print(f"{directory}: {len(written.models)} models, {len(written.pairs)} pairs, {size / 1e6:.2f} MB")
    _say_images(study, store)
    if tables.missing:
        print(f"not complete, hence not in it: {_groups(tables.missing)}")


def _groups(groups: Sequence[Any]) -> str:
    shown = ", ".join(group.label for group in groups[:5])
    return shown + (f" and {len(groups) - 5} more" if len(groups) > 5 else "")
