"""Chapters: reading their sources, finding them, and the values of their parameters.

A chapter is `notebooks/NN_name.md`, a notebook in Jupytext's form. Its cell tagged `parameters` declares what
can be varied (see `parameters`), the cell after it, tagged `parameter-checks`, refuses impossible values by
calls of `check`, and any cell can record results with `keep`. The chapter's metadata name, as `repsim: reads: [...]`,
the parameters that are folders of records, and as `needs: [...]` the chapters that it builds on.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repsim_book.errors import ChapterError
from repsim_book.parameters import Parameter, read_parameters, resolve
from repsim_book.paths import CHAPTERS, typed_path
from repsim_book.solutions import mark_solutions
from repsim_core.errors import InputError, nearest
from repsim_core.texts import shown


@dataclass(frozen=True)
class Chapter:
    """A chapter's source.

    Attributes:
        path: of the file.
        title: its first heading.
        parameters: by name, from its cell of parameters.
        reads: the parameters that are folders of records which the chapter reads.
        notebook: its cells, a notebook without outputs.
    """

    path: Path
    title: str
    parameters: Mapping[str, Parameter]
    reads: tuple[str, ...]
    notebook: Any = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def above(self) -> Path:
        """The folder above the chapter's own, the book's: its folders of records count from there."""
        return self.path.parent.resolve().parent

    def cell(self, tag: str) -> str:
        """The source of the code cell with this tag, "" if there is none."""
        return next((cell.source for cell in self.notebook.cells if tag in tags(cell)), "")

    def values(self, given: Mapping[str, object]) -> dict[str, object]:
        """A value for every parameter, checked by the chapter's own rules; no kernel is started.

        Folders of records that are given count from the current folder, and come back as they are seen from the book's:
        what is returned here is no `given` for another call.

        Args:
            given: values by name, texts as the command line writes them. Other parameters have their defaults.

        Raises:
            InputError: an unknown name, a value of a wrong type or an impossible one, or a folder without a record.
            ChapterError: the checks fail in another way.
        """
        values = resolve(self.parameters, given, self.name)
        for name in self.reads:
            if (value := values[name]) is not None:
                values[name] = self._record(name, str(value), is_default=name not in given)
        namespace: dict[str, object] = {"__name__": "parameter_checks", **values}
        try:
            exec(compile(self.cell("parameter-checks"), f"{self.name}, parameter-checks", "exec"), namespace)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from None
        except (Exception, SystemExit) as error:
            problem = f"{type(error).__name__}: {error}"
            raise ChapterError(f"{self.name}: its cell of parameter checks fails: {problem}") from error
        return values

    def _record(self, name: str, value: str, *, is_default: bool) -> str:
        """The folder of a record, as seen from the book's folder; InputError if it holds none."""
        default = self.parameters[name].default
        try:
            folder = (self.above / value).resolve() if is_default else typed_path(value)
        except InputError as error:
            raise InputError(f"{self.name}: {name}: {error}") from None
        if not value:
            problem = "a folder has a name"
        elif os.path.isfile(folder):
            problem = f"{folder} is a file"
        elif not os.path.isdir(folder):
            problem = f"there is no folder {folder}"
        elif not os.path.isfile(folder / "provenance.json"):
            problem = f"{folder} is no record, it has no provenance.json"
        elif folder == (self.above / str(default)).resolve():
            return str(default)
        else:
            try:
                return Path(os.path.relpath(folder, self.above)).as_posix()
            except ValueError:  # Windows
                problem = f"{folder} is on another drive than the book"
        expected = "the folder of a record" + (", or none" if self.parameters[name].optional else "")
        raise InputError(f"{self.name}: {name} = {shown(value)}: {problem}; expected is {expected}")

    def changed(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of the values that differ from the defaults."""
        return {name: value for name, value in values.items() if value != self.parameters[name].default}


def read_chapter(path: Path, text: str | None = None) -> Chapter:
    """Read a chapter's source; each cell's metadata has its first line as `source_line`.

    Args:
        text: the source, where it is in no file; messages then name `path` all the same.

    Raises:
        ChapterError: it cannot be read, or its parameters or metadata are not of the form that a chapter's have.
    """
    from jupytext.myst import myst_to_notebook

    try:
        text = path.read_text(encoding="utf-8") if text is None else text
        notebook = myst_to_notebook(text, add_source_map=True)
    except Exception as error:  # whatever parsers of three formats raise
        problem = next(iter(str(error).splitlines()), type(error).__name__)
        raise ChapterError(f"{path.name}: it cannot be read as a MyST notebook: {problem}") from error
    lines = text.splitlines()
    for number, (cell, start) in enumerate(
        zip(notebook.cells, notebook.metadata.pop("source_map"), strict=True)
    ):
        cell["id"] = f"cell-{number}"  # nbformat's are random: the same source is to give the same notebook
        own = cell.source.splitlines()  # which begins below blank lines and options
        found = (n for n in range(start, len(lines)) if lines[n : n + len(own)] == own)
        cell.metadata["source_line"] = next(found, start) + 1
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "parameters" in tags(cell)]
    if len(cells) > 1:
        raise ChapterError(f"{path.name}: {len(cells)} cells are tagged `parameters`; one can be")
    try:
        mark_solutions(notebook.cells)
        parameters = read_parameters(cells[0].source) if cells else {}
        reads = _reads(notebook.metadata.pop("repsim", {}), parameters)
    except ValueError as error:
        raise ChapterError(f"{path.name}: {error}") from error
    headings = (
        re.search(r"^# +(.+)$", c.source, re.MULTILINE) for c in notebook.cells if c.cell_type == "markdown"
    )
    title = next((match[1].strip() for match in headings if match), path.stem)
    return Chapter(path, title, parameters, reads, notebook)


def _reads(declared: object, parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """The parameters that the metadata declare as folders of records; ValueError if they are none."""
    names = declared.get("reads", []) if isinstance(declared, dict) else None
    if not isinstance(names, list):
        raise ValueError(f"its metadata have `repsim: {declared}`, expected `repsim: reads: [names]`")
    for name in names:
        if name not in list(parameters):
            raise ValueError(f"its metadata name {name} in `reads`, which is no parameter")
        if parameters[name].kind != "str" or parameters[name].is_list:
            raise ValueError(
                f"its metadata name {name} in `reads`, which is no text but {parameters[name].type}"
            )
    return tuple(names)


def needs_of(path: Path) -> list[str]:
    """The chapters that the metadata of a chapter's source say it builds on; none where it says nothing."""
    import yaml

    _, mark, rest = path.read_text(encoding="utf-8").partition("---\n")
    header = yaml.safe_load(rest.partition("\n---")[0]) if mark else None
    declared = header.get("repsim") if isinstance(header, dict) else None
    return list(declared.get("needs", [])) if isinstance(declared, dict) else []


def chapter_paths(root: Path) -> dict[str, Path]:
    """The sources of all chapters by name, in the order of their numbers."""
    return {path.stem: path for path in sorted((root / CHAPTERS).glob("[0-9][0-9]*_*.md"))}


def list_chapters(root: Path) -> list[Chapter]:
    """All chapters of the book, in order."""
    return [read_chapter(path) for path in chapter_paths(root).values()]


def find_chapter(root: Path, wanted: str) -> Chapter:
    """The chapter given by number (`2`, `02`), name (`02_theorem`, `theorem`) or path.

    Raises:
        InputError: there is none.
        ChapterError: it cannot be read.
    """
    paths = chapter_paths(root)
    for name, path in paths.items():
        number, _, rest = name.partition("_")
        if wanted in (name, rest, number, number.lstrip("0") or "0"):
            return read_chapter(path)
    if wanted.endswith(".md"):
        path = typed_path(wanted)
        if os.path.isfile(path):
            return read_chapter(path)
        if os.path.exists(path):
            raise InputError(f"{wanted} is no file, expected a chapter, a notebook in Markdown")
    raise InputError(f"there is no chapter {wanted}; {nearest(wanted, paths)}")


def tags(cell: Any) -> list[str]:
    """The tags of a notebook's cell."""
    return cell.metadata.get("tags", [])
