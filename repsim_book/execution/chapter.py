"""Execution of a chapter with given values: the executed notebook, its result files, and clear failures."""

import copy
import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repsim_book.chapters import Chapter, tags
from repsim_book.errors import ChapterError
from repsim_book.execution.apart import executed_apart, left_out
from repsim_book.execution.kernel import (
    OUTPUT_SECONDS,
    START_SECONDS,
    kernel_folder,
    kernels_of_this_interpreter,
)
from repsim_book.execution.results import result_files
from repsim_book.execution.run_files import RESULTS, keep_run, refuse_foreign
from repsim_book.execution.run_record import run_record
from repsim_book.paths import RUNS
from repsim_core.errors import WriteError
from repsim_core.files import write_atomic
from repsim_core.texts import written

# Of the time of an execution, at most, that is spent on keeping what is done.
_KEEPING = 1 / 20
# Of a failing cell, shown in the message, with the failing line among them.
_SOURCE_LINES = 7
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class ExecutedChapter:
    """What `run_chapter` left behind; `warnings` are (cell number, text) of what it wrote to stderr."""

    notebook: Path
    results: list[Path]
    warnings: list[tuple[int, str]]

    def warnings_said(self) -> list[str]:
        """A message for each of the warnings."""
        return [f"cell {n} of {self.notebook.stem} wrote to stderr: {text}" for n, text in self.warnings]


def execute(
    chapter: Chapter,
    values: Mapping[str, object],
    partial: Path,
    *,
    solutions: bool = False,
    cell_seconds: int | None = None,
    place: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Any:
    """Execute a chapter with these values in a new kernel of this interpreter; the executed notebook.

    The working directory of the process is changed meanwhile (papermill's way): not for several threads at once.

    Args:
        chapter: what to execute.
        values: of all its parameters.
        partial: where the notebook is kept while it is executed, and where it stays if that fails or is interrupted;
            if it fails, a log is put beside it: the message, the traceback, what the kernel said.
        solutions: whether solutions are executed as well, apart (see `apart`).
        cell_seconds: that a cell may take; None for as long as it needs.
        place: the working directory of the cells; the folder of the source by default.
        progress: called with the number of cells that are done, and of all.

    Raises:
        ChapterError: a cell failed, or took too long, or the kernel ended.
        WriteError: the notebook cannot be kept.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillException

    # papermill warns of parameters whose declaration it cannot read, which are checked already, and says without
    # a place what the message below says with it
    logging.getLogger("papermill").setLevel(logging.CRITICAL + 1)
    kept = _Partial(partial.resolve(), progress)  # papermill changes the working directory
    with kernel_folder() as folder:
        try:
            return papermill.execute_notebook(
                copy.deepcopy(chapter.notebook),
                None,
                parameters=chapter.changed(values),
                engine_name=_engine(),
                kernel_name="python3",
                language="python",
                cwd=str(place or chapter.path.parent),
                progress_bar=False,
                kernel_manager_class=kernels_of_this_interpreter(folder),
                start_timeout=START_SECONDS,
                iopub_timeout=OUTPUT_SECONDS,
                execution_timeout=cell_seconds,
                **(executed_apart(folder) if solutions else left_out()),
                keep=kept,
            )
        except TimeoutError:  # nbclient's, of a cell; beside these its message has the cell's source
            failure, trace = f"a cell took longer than {cell_seconds} s", ""
            said = _kernel_log(folder)
        except PapermillException as error:
            name, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
            failure, trace = f"{name}: {text}", "\n".join(getattr(error, "traceback", []))
            said = _kernel_log(folder)
        except RuntimeError as error:
            if isinstance(error, WriteError):
                raise WriteError(str(error).replace(str(kept.path), str(partial))) from error
            said, trace = _kernel_log(folder), ""
            last_words = "".join(f"\n    {line}" for line in said.splitlines()[-_SOURCE_LINES:])
            problem = "its kernel ended" if isinstance(error, DeadKernelError) else f"its kernel: {error}"
            failure = f"{problem}{last_words}"
        finally:
            with suppress(WriteError):  # the first one is told
                kept.write()
    trace = _COLOUR.sub("", trace)
    message = _failure_message(chapter, values, partial, failure, trace)
    log = log_path(partial)
    words = _COLOUR.sub("", f"{trace}\n\nThe kernel's own words:\n{said or '(none)'}")
    try:
        write_atomic(log, f"{message}\n\n{words.strip()}\n".encode())
    except WriteError as error:
        raise ChapterError(f"{message}\nlog: {error}") from error
    raise ChapterError(f"{message}\nlog: {log}")


def _engine() -> str:
    """papermill's way to execute a notebook, but for where and how it is kept meanwhile; its name there."""
    from papermill.engines import NBClientEngine, papermill_engines

    class Keeping(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            keep = options.pop("keep")
            nb_man.save = lambda **_: keep(nb_man.nb)
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("repsim", Keeping)
    return "repsim"


class _Partial:
    """The notebook as far as it is, whole in a file: a call has it written unless that would take too much time.

    Args:
        path: of the file.
        progress: called with the number of cells that are done, and of all.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], object] | None) -> None:
        self.path, self._progress = path, progress
        self._notebook: Any = None
        # Seconds that the last writing took, and when it ended.
        self._took, self._ended = 0.0, 0.0

    def __call__(self, notebook: Any) -> None:
        self._notebook = notebook
        if time.perf_counter() - self._ended >= self._took / _KEEPING:
            self.write()
        if self._progress is not None:
            done = [cell for cell in notebook.cells if cell.metadata.papermill["end_time"]]
            self._progress(len(done), len(notebook.cells))

    def write(self) -> None:
        """Write what there is."""
        import nbformat

        if self._notebook is None:
            return
        begun = time.perf_counter()
        write_atomic(self.path, nbformat.writes(self._notebook).encode())
        self._ended = time.perf_counter()
        self._took = self._ended - begun


def log_path(partial: Path) -> Path:
    """The log of a failed execution, beside its partly executed notebook."""
    return partial.with_name(partial.name.removesuffix(".ipynb").removesuffix(".partial") + ".log")


def _kernel_log(folder: Path) -> str:
    path = folder / "log"
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""


def run_chapter(
    chapter: Chapter,
    values: Mapping[str, object],
    directory: Path,
    *,
    command: str = "",
    solutions: bool = False,
    cell_seconds: int | None = None,
    place: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> ExecutedChapter:
    """Execute a chapter and leave in `directory` the executed notebook, `results/` and `run.json`.

    Files of an earlier run stay as they are until this one has succeeded. A failed or interrupted run leaves
    the partly executed notebook as `NN_name.partial.ipynb`.

    Args:
        chapter, values, solutions, cell_seconds, place, progress: as for `execute`.
        directory: nobody else writes there meanwhile (`claims.claimed`).
        command: as it was typed, for `run.json`.

    Raises:
        InputError: `directory` is not fit.
        ChapterError: the chapter fails.
        WriteError: naming the file that cannot be written; files of an earlier run are as they were.
    """
    import nbformat

    refuse_foreign(directory, chapter.name)
    target = directory / f"{chapter.name}.ipynb"
    partial = directory / f"{chapter.name}.partial.ipynb"
    record = run_record(chapter, values, command)
    notebook = execute(
        chapter,
        values,
        partial,
        solutions=solutions,
        cell_seconds=cell_seconds,
        place=place,
        progress=progress,
    )
    try:
        files = result_files(notebook)
    except ValueError as error:
        raise ChapterError(f"{chapter.name}: {error}; executed notebook: {partial}") from error
    warnings = stderr_outputs(notebook)
    _forget_places(notebook)
    keep_run(directory, chapter.name, nbformat.writes(notebook).encode(), files, record)
    partial.unlink(missing_ok=True)
    log_path(partial).unlink(missing_ok=True)
    return ExecutedChapter(target, [directory / RESULTS / name for name in files], warnings)


def _forget_places(notebook: Any) -> None:
    """Take from the metadata what papermill noted beside the parameters: the source again, folders, the minutes."""
    noted = notebook.metadata.papermill
    notebook.metadata["papermill"] = {name: noted[name] for name in ("parameters", "version")}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)


def run_directory(chapter: Chapter, values: Mapping[str, object]) -> Path:
    """`runs/NN_name-<8 hex digits of the parameters>`, under the current folder."""
    return RUNS / f"{chapter.name}-{short_hash(dict(values))}"


def short_hash(value: object) -> str:
    """8 hex digits that tell values (anything that JSON can hold) apart, for the name of a folder."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def stderr_outputs(notebook: Any) -> list[tuple[int, str]]:
    """What the cells wrote to stderr, warnings as a rule: (number of the cell from 1, text)."""
    return [
        (number, output.text.strip())
        for number, cell in enumerate(notebook.cells, start=1)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


def _failure_message(
    chapter: Chapter, values: Mapping[str, object], partial: Path, failure: str, trace: str
) -> str:
    """Where a chapter stopped, and all one needs to look into it."""
    import nbformat

    lines = [f"{chapter.name} failed: {failure}"]
    if partial.is_file():
        cells = nbformat.read(partial, as_version=4).cells
        # without papermill's own remarks
        cells = [cell for cell in cells if "papermill-error-cell-tag" not in tags(cell)]
        begun = [n for n, cell in enumerate(cells) if cell.metadata.get("papermill", {}).get("start_time")]
        if begun:
            cell = cells[begun[-1]]
            failing = _failing_line(trace)
            place = ""
            if first := cell.metadata.get("source_line"):
                place = f" (line {first + (failing or 1) - 1} of {chapter.path.name})"
            label = cell.metadata.get("solution")
            where = f"in the solution of {label}, cell" if label else "in cell"
            lines += [f"{where} {begun[-1] + 1} of {len(cells)}{place}:", *_shown(cell.source, failing)]
        lines.append(f"partly executed notebook: {partial}")
    said = ", ".join(f"{name} = {written(value)}" for name, value in values.items())
    lines.insert(-1, "parameters: " + (said or "none"))
    return "\n".join(lines)


def _failing_line(trace: str) -> int | None:
    """The line of the cell in which its exception was raised, from 1, as IPython's traceback has it."""
    found = re.findall(r"^\s*Cell In\[\d+\], line (\d+)", trace, re.MULTILINE)
    return int(found[0]) if found else None


def _shown(source: str, failing: int | None) -> list[str]:
    """Lines of a cell, the failing one marked and among them."""
    lines = source.splitlines()
    start = max(0, min((failing or 1) - 1 - _SOURCE_LINES // 2, len(lines) - _SOURCE_LINES))
    shown = [
        f"{'  > ' if number == failing else '    '}{line}"
        for number, line in enumerate(lines[start : start + _SOURCE_LINES], start=start + 1)
    ]
    before = ["    ..."] if start else []
    after = ["    ..."] if start + _SOURCE_LINES < len(lines) else []
    return [*before, *shown, *after]
