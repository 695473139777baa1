"""The commands about chapters: `chapters` lists them, `run` executes one, `runs` says what was run."""

import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import click

from repsim_book.chapters import Chapter, chapter_paths, find_chapter, list_chapters
from repsim_book.cli.command import Whole, command, folder, profile_option, root_option, timeout_option, typed
from repsim_book.cli.executions import Executions
from repsim_book.cli.plain_text import as_text
from repsim_book.cli.progress import ProgressLine, duration, time_left
from repsim_book.execution import sweeps
from repsim_book.execution.batch import FinishedExecution, PlannedExecution, Watcher
from repsim_book.execution.chapter import run_directory
from repsim_book.execution.run_record import Run, differences, find_runs, read_run
from repsim_book.execution.single_run import run_apart
from repsim_book.paths import RUNS, find_root
from repsim_book.profiles import load_profile, load_values
from repsim_core.errors import InputError, RepsimError
from repsim_core.extras import require
from repsim_core.files import to_json
from repsim_core.texts import written

# Columns of a listing.
_WIDTH = 110


@command()
@root_option
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def chapters(root: Path | None, as_json: bool) -> None:
    """List the chapters and their parameters."""
    found = list_chapters(find_root(root))
    if as_json:
        entries = [
            {
                "name": chapter.name,
                "title": chapter.title,
                "parameters": [
                    {"name": p.name, "type": p.type, "default": p.default, "meaning": p.meaning}
                    for p in chapter.parameters.values()
                ],
            }
            for chapter in found
        ]
        print(to_json(entries), end="")
    else:
        print("\n\n".join(map(_describe, found)) or "no chapters yet")


def _describe(chapter: Chapter) -> str:
    """A chapter's title and a table of its parameters."""
    rows = [(p.name, p.type, written(p.default), p.meaning) for p in chapter.parameters.values()]
    head = f"{chapter.name}: {chapter.title}\n"
    return head + (
        _table([("parameter", "type", "default", "meaning"), *rows]) if rows else "  (no parameters)"
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the last one broken where it is long."""
    *narrow, _ = zip(*rows, strict=True)
    widths = [max(map(len, column)) for column in narrow]
    indent = " " * (sum(widths) + 2 + 2 * len(widths))
    lines = []
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        start = "  " + "  ".join([*cells, row[-1]])
        lines.append(textwrap.fill(start, _WIDTH, subsequent_indent=indent, break_on_hyphens=False).rstrip())
    return "\n".join(lines)


def _chapter_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    try:
        return [
            name for name in chapter_paths(find_root(ctx.params.get("root"))) if name.startswith(incomplete)
        ]
    except RepsimError:
        return []


def _parameter_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    # Before the option has its value, click takes no argument for what it is.
    wanted = ctx.params.get("chapter") or next(iter(ctx.args), "")
    try:
        chapter = find_chapter(find_root(ctx.params.get("root")), wanted)
    except RepsimError:
        return []
    return [f"{name}=" for name in chapter.parameters if name.startswith(incomplete)]


@command()
@click.argument("chapter", shell_complete=_chapter_names)
@click.option(
    "-p",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value; repeatable.",
    shell_complete=_parameter_names,
)
@click.option("-f", "--file", type=folder(), metavar="FILE", help="A .yml file of values, NAME: VALUE.")
@profile_option
@click.option("--out", type=folder(), metavar="DIR", help="Default: runs/NN_name-HASH.")
@click.option("--html", is_flag=True, help="Also leave a page that needs no other file.")
@click.option(
    "--sweep",
    "swept",
    multiple=True,
    metavar="NAME=V,V,...",
    help="Values to go through; repeatable.",
    shell_complete=_parameter_names,
)
@click.option("--jobs", type=Whole(), metavar="N", help="Runs of a sweep side by side; default 2.")
@timeout_option
@root_option
def run(
    chapter: str,
    given: Sequence[str],
    file: Path | None,
    profile: str,
    out: Path | None,
    html: bool,
    swept: Sequence[str],
    jobs: int | None,
    timeout: int | None,
    root: Path | None,
) -> int:
    """Execute a copy of a chapter with other parameters (`repsim chapters` lists them).

    CHAPTER is its number, its name, or the path of a notebook of the same form: 02, theorem, notebooks/02_theorem.md.
    Values come from the chapter, then from the profile, then from the file, then from -p. Paths count from the
    folder where the command is typed. The folder receives NN_name.ipynb, results/ (results.json and a CSV file for
    each table), run.json, which says what the run was, and with --html NN_name.html. A run that fails leaves
    NN_name.partial.ipynb and earlier files as they were.

    \b
      repsim run 02 -p classes=9 -p permutation=0,3,1,4,2

    With --sweep the chapter is executed for each value (with several: for each combination), and the runs are
    compared on one page, comparison/comparison.html in the sweep's folder. Runs that are there already are kept.

    \b
      repsim run 02 --sweep rho_max=5,10,20 --jobs 2
      repsim run 05 --sweep "widths=[16];[16,64]"
    """
    require("run", "jupytext", "papermill")
    book = find_root(root)
    found = find_chapter(book, chapter)
    own = _own_values(map(as_text, given))
    values = {**load_profile(book, profile).get(found.name, {}), **(load_values(file, found) if file else {})}
    if swept:
        return _run_sweep(book, found, values, own, swept, out, 2 if jobs is None else jobs, timeout)
    if jobs is not None:
        raise InputError("--jobs: there is nothing to do side by side without --sweep")
    checked = found.values({**values, **own})
    directory = out or run_directory(found, checked)
    watcher = _RunWatcher(found.name)
    try:
        paths, said = run_apart(
            found, checked, directory, command=typed(), cell_seconds=timeout, watcher=watcher
        )
    finally:
        watcher.line.end()
    for warning in said.splitlines():
        print(f"repsim: {warning}", file=sys.stderr)
    if html:
        from repsim_book.pages.standalone import standalone_page

        paths.append(standalone_page(book, found.path, paths[0]))
    print("\n".join(map(str, paths)))
    return 0


def _own_values(given: Iterable[str]) -> dict[str, object]:
    """The values of `-p NAME=VALUE`."""
    own: dict[str, object] = {}
    for item in given:
        name, sign, value = item.partition("=")
        name = name.strip()
        if not sign or not name:
            raise InputError(f"-p {item}: expected NAME=VALUE")
        if "\ufffd" in value:
            raise InputError(f"-p {name}: found bytes that are no UTF-8, expected a text in UTF-8")
        if name in own:
            raise InputError(f"-p {name}: found two values, {own[name]} and {value}, expected one")
        own[name] = value
    return own


def _run_sweep(
    root: Path,
    chapter: Chapter,
    values: Mapping[str, object],
    own: Mapping[str, object],
    swept: Sequence[str],
    out: Path | None,
    jobs: int,
    timeout: int | None,
) -> int:
    grid = sweeps.read_grid(chapter, list(map(as_text, swept)))
    if not 1 <= jobs <= sweeps.MOST_RUNS:
        raise InputError(f"--jobs: found {jobs}, expected 1 to {sweeps.MOST_RUNS}")
    if twice := own.keys() & grid.keys():
        raise InputError(f"--sweep {min(twice)}: a value is given by -p as well")
    given = {name: value for name, value in {**values, **own}.items() if name not in grid}
    directory = out or sweeps.sweep_directory(chapter, given, grid)
    watcher = _SweepWatcher()
    try:
        notebook, failures = sweeps.run_sweep(
            chapter, given, grid, directory, jobs=jobs, command=typed(), cell_seconds=timeout, watcher=watcher
        )
    except KeyboardInterrupt:
        watcher.line.end()
        print(f"finished runs are kept in {directory}; to go on: {typed()}", file=sys.stderr)
        raise
    finally:
        watcher.line.end()
    for failure in failures:
        print(f"repsim: {failure}", file=sys.stderr)
    from repsim_book.pages.standalone import standalone_page

    print(standalone_page(root, sweeps.TEMPLATE, notebook))
    return 1 if failures else 0


class _RunWatcher(Watcher):
    """The cells of one chapter."""

    def __init__(self, name: str) -> None:
        self.line = ProgressLine(name, "cells")

    def cell(self, planned: PlannedExecution, done: int, cells: int) -> None:
        if done < cells:
            self.line.show(done, cells)


class _SweepWatcher(Executions):
    """The runs of a sweep, with a line for each that has ended."""

    def __init__(self) -> None:
        super().__init__("sweep", "runs")
        self.seconds = 0.0

    def begins(self, stale: Sequence[PlannedExecution], planned: int) -> None:
        super().begins(stale, planned)
        if self.stale < planned:
            self.line.say(f"{planned - self.stale} of {planned} runs are there already")

    def finished(self, planned: PlannedExecution, finished: FinishedExecution) -> None:
        super().finished(planned, finished)
        self.seconds += finished.seconds
        line = f"{planned.name}: {'failed' if finished.failed else 'done'}, {duration(finished.seconds)}"
        if left := self.stale - self.ended:
            seconds = self.seconds / self.ended * left / (len(self.running) + 1)
            line += f"; {left} left, {time_left(seconds)}"
        self.line.say(line)


@command()
@click.argument("folders", nargs=-1, type=folder(), metavar="[DIR | RUN RUN]")
def runs(folders: Sequence[Path]) -> None:
    """List the finished runs in a folder (default: runs), or show how two of them differ.

    \b
      repsim runs                    what is in runs/: folder, date, commit, values that are not the chapter's own
      repsim runs mine               in another folder
      repsim runs runs/A runs/B      in which values, versions and results two runs differ
    """
    if len(folders) > 2:
        raise InputError(f"found {len(folders)} folders, expected one to list, or two runs to compare")
    if len(folders) == 2:
        print(_compared(read_run(folders[0]), read_run(folders[1])))
        return
    place = folders[0] if folders else RUNS
    if not place.is_dir():
        raise InputError(
            f"there is no folder {place}; `repsim run` makes runs, in {RUNS} unless --out names another"
        )
    found, problems = find_runs(place)
    for problem in problems:
        print(f"repsim: not listed: {problem}", file=sys.stderr)
    head = ("run", "date (UTC)", "commit", "values")
    print(
        _table([head, *(run.row() for run in found)]) if found else f"there are no finished runs in {place}"
    )


def _compared(a: Run, b: Run) -> str:
    rows = differences(a, b)
    if not rows:
        return "no difference in values, versions and results"
    return _side_by_side([("", str(a.folder), str(b.folder)), *rows])


def _side_by_side(rows: Iterable[Sequence[str]]) -> str:
    """Three columns of one width, what is longer broken."""
    width = (_WIDTH - 6) // 3
    lines = []
    for row in rows:
        cells = [textwrap.wrap(text, width) for text in row]
        for parts in zip_longest(*cells, fillvalue=""):
            lines.append("".join(f"  {part:<{width}}" for part in parts).rstrip())
    return "\n".join(lines)
