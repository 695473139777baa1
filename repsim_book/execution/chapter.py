"""Execution of a chapter with given values: the executed notebook, its result files, and clear failures."""

import copy
import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repsim_book.chapters import Chapter, tags
from repsim_book.errors import ChapterError
from repsim_book.execution.kernel import OUTPUT_SECONDS, START_SECONDS, kernels_of_this_interpreter
from repsim_book.execution.results import result_files
from repsim_book.paths import RUNS
from repsim_core.errors import InputError
from repsim_core.files import write_atomic

# Of a failing cell, shown in the message.
_SOURCE_LINES = 6


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
    chapter: Chapter, values: Mapping[str, object], partial: Path, progress: bool | dict = False
) -> Any:
    """Execute a chapter with these values in a new kernel of this interpreter; the executed notebook.

    `partial` is where the notebook is kept while it is executed, and where it stays if the execution fails or
    is interrupted; if it fails, a log is put beside it: the message, the traceback, what the kernel said.
    `progress` shows a bar (True, or tqdm's arguments). Raises ChapterError; the working directory of the
    process is changed meanwhile (papermill's way), so do not call this from several threads at once.
    """
    import papermill
    from papermill.exceptions import PapermillException

    partial.parent.mkdir(parents=True, exist_ok=True)
    # papermill warns of parameters whose declaration it cannot read; they are checked already
    logging.getLogger("papermill").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="repsim-", ignore_cleanup_errors=True) as folder:
        try:
            return papermill.execute_notebook(
                copy.deepcopy(chapter.notebook),
                str(partial.resolve()).replace("{", "{{").replace("}", "}}"),  # papermill formats paths
                parameters=chapter.changed(values),
                kernel_name="python3",
                language="python",
                cwd=str(chapter.path.parent),
                progress_bar=progress,  # pyright: ignore[reportArgumentType]
                kernel_manager_class=kernels_of_this_interpreter(Path(folder)),
                start_timeout=START_SECONDS,
                iopub_timeout=OUTPUT_SECONDS,
            )
        except PapermillException as error:
            name, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
            failure, trace = f"{name}: {text}", "\n".join(getattr(error, "traceback", []))
            said = _kernel_log(folder)
        except RuntimeError as error:  # nbclient's: the kernel died, or did not start
            said, trace = _kernel_log(folder), ""
            last_words = "".join(f"\n    {line}" for line in said.splitlines()[-_SOURCE_LINES:])
            failure = f"{type(error).__name__}: {error}{last_words}"
    message = _failure_message(chapter, values, partial, failure)
    log = log_path(partial)
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", f"{trace}\n\nThe kernel's own words:\n{said or '(none)'}")
    write_atomic(log, f"{message}\n\n{plain.strip()}\n".encode())
    raise ChapterError(f"{message}\nlog: {log}")


def log_path(partial: Path) -> Path:
    """The log of a failed execution, beside its partly executed notebook."""
    return partial.with_name(partial.name.removesuffix(".ipynb").removesuffix(".partial") + ".log")


def _kernel_log(folder: str) -> str:
    path = Path(folder, "log")
    return path.read_text(errors="replace").strip() if path.exists() else ""


def run_chapter(
    chapter: Chapter, values: Mapping[str, object], directory: Path, progress: bool | dict = False
) -> ExecutedChapter:
    """Execute a chapter and leave in `directory` the executed notebook and `results/`.

    Files of an earlier run stay as they are until this one has succeeded. A failed or interrupted run leaves
    the partly executed notebook as `NN_name.partial.ipynb`. Raises InputError if `directory` is not fit,
    ChapterError if the chapter fails.
    """
    import nbformat

    target, results = directory / f"{chapter.name}.ipynb", directory / "results"
    partial = directory / f"{chapter.name}.partial.ipynb"
    refuse_file(directory)
    if results.exists() and not target.exists():
        raise InputError(
            f"{results} holds something other than results of {chapter.name}; name another folder"
        )
    earlier = set(result_files(nbformat.read(target, as_version=4))) if target.exists() else set()
    notebook = execute(chapter, values, partial, progress)
    try:
        files = result_files(notebook)
    except ValueError as error:
        raise ChapterError(f"{chapter.name}: {error}; executed notebook: {partial}") from error
    for name, data in files.items():
        write_atomic(results / name, data)
    write_atomic(target, nbformat.writes(notebook).encode())
    for name in earlier - files.keys():
        (results / name).unlink(missing_ok=True)
    partial.unlink(missing_ok=True)
    log_path(partial).unlink(missing_ok=True)
    return ExecutedChapter(target, [results / name for name in files], stderr_outputs(notebook))


def refuse_file(directory: Path) -> None:
    """Raise InputError where a folder for output is a file."""
    if directory.exists() and not directory.is_dir():
        raise InputError(f"the output folder {directory} is a file")


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


def _failure_message(chapter: Chapter, values: Mapping[str, object], partial: Path, failure: str) -> str:
    """Where a chapter stopped, and all one needs to look into it."""
    import nbformat

    lines = [f"{chapter.name} failed: {failure}"]
    if partial.is_file():
        cells = nbformat.read(partial, as_version=4).cells
        # without papermill's own remarks
        cells = [cell for cell in cells if "papermill-error-cell-tag" not in tags(cell)]
        begun = [n for n, cell in enumerate(cells) if cell.metadata.get("papermill", {}).get("start_time")]
        if begun:
            source = cells[begun[-1]].source.splitlines()
            shown = [f"    {line}" for line in source[:_SOURCE_LINES]]
            if len(source) > _SOURCE_LINES:
                shown.append("    ...")
            line = cells[begun[-1]].metadata.get("source_line")
            place = f" (line {line} of {chapter.path.name})" if line else ""
            lines += [f"in cell {begun[-1] + 1} of {len(cells)}{place}:", *shown]
        lines.append(f"partly executed notebook: {partial}")
    lines.insert(-1, "parameters: " + (", ".join(f"{k} = {v!r}" for k, v in values.items()) or "none"))
    return "\n".join(lines)
