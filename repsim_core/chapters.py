"""Chapters: from a MyST Markdown source to an executed notebook and its result files.

A chapter is `notebooks/NN_name.md`, a notebook in Jupytext's form. Its cell tagged `parameters` declares what
can be varied (see `parameters`), the cell after it, tagged `parameter-checks`, refuses impossible values by
calls of `check`, and any cell can record results with `keep`.
"""

import copy
import hashlib
import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repsim_core.parameters import Parameter, ParameterError, check, nearest, read_parameters, resolve
from repsim_core.results import keep, result_files, write_atomic

__all__ = ["Chapter", "ChapterError", "ParameterError", "check", "keep", "list_chapters", "run_chapter"]

SOURCE_LINES = 6  # of a failing cell, shown in the message
# One thread unless the environment says otherwise: sums then do not depend on the number of cores, and two
# chapters at once do not compete for them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ChapterError(RuntimeError):
    """A chapter that cannot be read, or that failed while it was executed."""


@dataclass(frozen=True)
class Chapter:
    """A chapter's source: its path, its title, its parameters, and its cells, a notebook without outputs."""

    path: Path
    title: str
    parameters: Mapping[str, Parameter]
    notebook: Any = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.stem

    def cell(self, tag: str) -> str:
        """The source of the code cell with this tag, "" if there is none."""
        return next((cell.source for cell in self.notebook.cells if tag in _tags(cell)), "")

    def values(self, given: Mapping[str, object]) -> dict[str, object]:
        """A value for every parameter, checked by the chapter's own rules; no kernel is started.

        Raises ParameterError for an unknown name, a wrong type or an impossible value, ChapterError if the
        checks fail in another way.
        """
        values = resolve(self.parameters, given, self.name)
        namespace: dict[str, object] = {"__name__": "parameter_checks"}
        try:
            exec(compile(self.cell("parameters"), f"{self.name}, parameters", "exec"), namespace)
            namespace.update(values)
            exec(compile(self.cell("parameter-checks"), f"{self.name}, parameter-checks", "exec"), namespace)
        except ParameterError as error:
            raise ParameterError(f"{self.name}: {error}") from None
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise ChapterError(f"{self.name}: its cell of parameter checks fails: {problem}") from error
        return values

    def changed(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of the values that differ from the defaults."""
        return {name: value for name, value in values.items() if value != self.parameters[name].default}


@dataclass(frozen=True)
class Run:
    """What `run_chapter` left behind; `warnings` are (cell number, text) of what it wrote to stderr."""

    directory: Path
    notebook: Path
    results: list[Path]
    warnings: list[tuple[int, str]]


def find_root(given: Path | None = None) -> Path:
    """The folder that holds `notebooks/`: the one given, or else the package's, or else the current one."""
    candidates = [given] if given is not None else [Path(__file__).parents[1], Path.cwd()]
    for root in candidates:
        if (root / "notebooks").is_dir():
            return root.resolve()
    raise ParameterError(f"there is no folder `notebooks` in {' or '.join(str(c) for c in candidates)}")


def read_chapter(path: Path) -> Chapter:
    """Read a chapter's source. Raises ChapterError if it is no chapter."""
    import jupytext

    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ChapterError(f"{path.name}: it cannot be read as a MyST notebook: {error}") from error
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # nbformat's are random: the same source is to give the same notebook
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "parameters" in _tags(cell)]
    if len(cells) > 1:
        raise ChapterError(f"{path.name}: {len(cells)} cells are tagged `parameters`; one can be")
    try:
        parameters = read_parameters(cells[0].source) if cells else {}
    except (ValueError, SyntaxError) as error:
        raise ChapterError(f"{path.name}: {error}") from error
    headings = (
        re.search(r"^# +(.+)$", c.source, re.MULTILINE) for c in notebook.cells if c.cell_type == "markdown"
    )
    title = next((match[1].strip() for match in headings if match), path.stem)
    return Chapter(path, title, parameters, notebook)


def chapter_paths(root: Path) -> dict[str, Path]:
    """The sources of all chapters by name, in the order of their numbers."""
    return {path.stem: path for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.md"))}


def list_chapters(root: Path) -> list[Chapter]:
    """All chapters of the book, in order."""
    return [read_chapter(path) for path in chapter_paths(root).values()]


def find_chapter(root: Path, wanted: str) -> Chapter:
    """The chapter given by number (`2`, `02`), name (`02_theorem`, `theorem`) or path; or ParameterError."""
    paths = chapter_paths(root)
    for name, path in paths.items():
        number, _, rest = name.partition("_")
        if wanted in (name, rest, number, number.lstrip("0")):
            return read_chapter(path)
    if wanted.endswith(".md") and Path(wanted).is_file():
        return read_chapter(Path(wanted).resolve())
    raise ParameterError(f"there is no chapter {wanted}; {nearest(wanted, paths)}")


def load_profile(root: Path, name: str) -> dict[str, dict[str, object]]:
    """The parameter values of a profile, `notebooks/profiles/NAME.yml`, by chapter. Raises ParameterError.

    The chapters' and the parameters' names are checked here, the values where a chapter is run.
    """
    import yaml

    known = {path.stem: path for path in sorted((root / "notebooks" / "profiles").glob("*.yml"))}
    if name not in known:
        raise ParameterError(f"there is no profile {name}; {nearest(name, known)}")
    where = f"profiles/{name}.yml"
    try:
        profile = yaml.safe_load(known[name].read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ParameterError(f"{where} is not YAML: {error}") from error
    paths = chapter_paths(root)
    if not isinstance(profile, dict):
        raise ParameterError(f"{where}: expected chapters with their parameters, found {profile!r}")
    for chapter, given in profile.items():
        if chapter not in paths:
            raise ParameterError(f"{where}: there is no chapter {chapter}; {nearest(str(chapter), paths)}")
        if not isinstance(given, dict | None):
            raise ParameterError(f"{where}, {chapter}: expected parameters with values, found {given!r}")
        try:
            resolve(read_chapter(paths[chapter]).parameters, given or {}, chapter)
        except ParameterError as error:
            raise ParameterError(f"{where}: {error}") from None
    return {chapter: given or {} for chapter, given in profile.items()}


def execute(
    chapter: Chapter, values: Mapping[str, object], partial: Path, progress: bool | dict = False
) -> Any:
    """Execute a chapter with these values in a new kernel of this interpreter; the executed notebook.

    `partial` is where the notebook is kept while it is executed, and where it stays if the execution fails or
    is interrupted. `progress` shows a bar (True, or tqdm's arguments). Raises ChapterError; the working
    directory of the process is changed meanwhile (papermill's way), so do not call this from several threads
    at once.
    """
    import papermill
    from jupyter_client.manager import AsyncKernelManager
    from papermill.exceptions import PapermillException

    class ThisInterpreter(AsyncKernelManager):
        """Starts kernels of the running interpreter, whatever Jupyter means by `python3` on this machine."""

        def __init__(self, **settings: Any):
            super().__init__(**settings)
            self.transport_encryption = "auto"  # the kernel would warn without

        @property
        def kernel_spec(self) -> Any:
            spec = super().kernel_spec
            assert spec is not None
            spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            spec.env = {"PYTHONHASHSEED": "0", **{name: os.environ.get(name, "1") for name in THREADS}}
            return spec

    partial.parent.mkdir(parents=True, exist_ok=True)
    # papermill warns of parameters whose declaration it cannot read; they are checked already
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        return papermill.execute_notebook(
            copy.deepcopy(chapter.notebook),
            str(partial.resolve()).replace("{", "{{").replace("}", "}}"),  # papermill formats paths
            parameters=chapter.changed(values),
            kernel_name="python3",
            language="python",
            cwd=str(chapter.path.parent),
            progress_bar=progress,  # pyright: ignore[reportArgumentType]
            kernel_manager_class=ThisInterpreter,
        )
    except PapermillException as error:
        name, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
        failure = f"{name}: {text}"
    except RuntimeError as error:  # nbclient's: the kernel died, or did not start
        failure = f"{type(error).__name__}: {error}"
    raise ChapterError(_failure_message(chapter, values, partial, failure))


def run_chapter(
    chapter: Chapter, values: Mapping[str, object], directory: Path, progress: bool | dict = False
) -> Run:
    """Execute a chapter and leave in `directory` the executed notebook and `results/`.

    Files of an earlier run stay as they are until this one has succeeded. A failed or interrupted run leaves
    the partly executed notebook as `NN_name.partial.ipynb`. Raises ParameterError if `directory` is not fit,
    ChapterError if the chapter fails.
    """
    import nbformat

    target, results = directory / f"{chapter.name}.ipynb", directory / "results"
    partial = directory / f"{chapter.name}.partial.ipynb"
    if directory.exists() and not directory.is_dir():
        raise ParameterError(f"the output folder {directory} is a file")
    if results.exists() and not target.exists():
        raise ParameterError(
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
    return Run(directory, target, [results / name for name in files], stderr_outputs(notebook))


def default_directory(chapter: Chapter, values: Mapping[str, object]) -> Path:
    """`runs/NN_name-<8 hex digits of the parameters>`, under the current folder."""
    text = json.dumps(dict(values), sort_keys=True)
    return Path("runs") / f"{chapter.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


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
        cells = [
            cell for cell in cells if "papermill-error-cell-tag" not in _tags(cell)
        ]  # papermill's own remarks
        begun = [n for n, cell in enumerate(cells) if cell.metadata.get("papermill", {}).get("start_time")]
        if begun:
            source = cells[begun[-1]].source.splitlines()
            shown = [f"    {line}" for line in source[:SOURCE_LINES]] + ["    ..."] * (
                len(source) > SOURCE_LINES
            )
            lines += [f"in cell {begun[-1] + 1} of {len(cells)}:", *shown]
        lines.append(f"partly executed notebook: {partial}")
    lines.insert(-1, "parameters: " + (", ".join(f"{k} = {v!r}" for k, v in values.items()) or "none"))
    return "\n".join(lines)


def _tags(cell: Any) -> list[str]:
    return cell.metadata.get("tags", [])
