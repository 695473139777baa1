"""Chapters: reading their sources, finding them, and the values of their parameters.

A chapter is `notebooks/NN_name.md`, a notebook in Jupytext's form. Its cell tagged `parameters` declares what
can be varied (see `parameters`), the cell after it, tagged `parameter-checks`, refuses impossible values by
calls of `check`, and any cell can record results with `keep`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repsim_book.errors import ChapterError
from repsim_book.parameters import Parameter, read_parameters, resolve
from repsim_book.paths import CHAPTERS, PROFILES
from repsim_core.errors import InputError, nearest


@dataclass(frozen=True)
class Chapter:
    """A chapter's source.

    Attributes:
        path: of the file.
        title: its first heading.
        parameters: by name, from its cell of parameters.
        reads: the parameters that name folders of records which the chapter reads, as its metadata declare them.
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

    def cell(self, tag: str) -> str:
        """The source of the code cell with this tag, "" if there is none."""
        return next((cell.source for cell in self.notebook.cells if tag in tags(cell)), "")

    def values(self, given: Mapping[str, object]) -> dict[str, object]:
        """A value for every parameter, checked by the chapter's own rules; no kernel is started.

        Raises InputError for an unknown name, a wrong type or an impossible value, ChapterError if the
        checks fail in another way.
        """
        values = resolve(self.parameters, given, self.name)
        namespace: dict[str, object] = {"__name__": "parameter_checks", **values}
        try:
            exec(compile(self.cell("parameter-checks"), f"{self.name}, parameter-checks", "exec"), namespace)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from None
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise ChapterError(f"{self.name}: its cell of parameter checks fails: {problem}") from error
        return values

    def changed(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of the values that differ from the defaults."""
        return {name: value for name, value in values.items() if value != self.parameters[name].default}


def read_chapter(path: Path) -> Chapter:
    """Read a chapter's source; each cell's metadata has its first line as `source_line`. Raises ChapterError."""
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook

    try:
        text = path.read_text(encoding="utf-8")
        notebook = myst_to_notebook(text, add_source_map=True)
    except (OSError, UnicodeDecodeError, MystMetadataParsingError) as error:
        raise ChapterError(f"{path.name}: it cannot be read as a MyST notebook: {error}") from error
    lines = text.splitlines()
    for number, (cell, start) in enumerate(
        zip(notebook.cells, notebook.metadata.pop("source_map"), strict=True)
    ):
        cell["id"] = f"cell-{number}"  # nbformat's are random: the same source is to give the same notebook
        blank = next((n for n, line in enumerate(lines[start:]) if line.strip()), 0)
        cell.metadata["source_line"] = start + blank + 1
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "parameters" in tags(cell)]
    if len(cells) > 1:
        raise ChapterError(f"{path.name}: {len(cells)} cells are tagged `parameters`; one can be")
    try:
        parameters = read_parameters(cells[0].source) if cells else {}
    except (ValueError, SyntaxError) as error:
        raise ChapterError(f"{path.name}: {error}") from error
    reads = tuple(notebook.metadata.pop("repsim", {}).get("reads", ()))
    if strange := set(reads) - parameters.keys():
        raise ChapterError(f"{path.name}: its metadata name {min(strange)} in `reads`, which is no parameter")
    headings = (
        re.search(r"^# +(.+)$", c.source, re.MULTILINE) for c in notebook.cells if c.cell_type == "markdown"
    )
    title = next((match[1].strip() for match in headings if match), path.stem)
    return Chapter(path, title, parameters, reads, notebook)


def chapter_paths(root: Path) -> dict[str, Path]:
    """The sources of all chapters by name, in the order of their numbers."""
    return {path.stem: path for path in sorted((root / CHAPTERS).glob("[0-9][0-9]_*.md"))}


def list_chapters(root: Path) -> list[Chapter]:
    """All chapters of the book, in order."""
    return [read_chapter(path) for path in chapter_paths(root).values()]


def find_chapter(root: Path, wanted: str) -> Chapter:
    """The chapter given by number (`2`, `02`), name (`02_theorem`, `theorem`) or path; or InputError."""
    paths = chapter_paths(root)
    for name, path in paths.items():
        number, _, rest = name.partition("_")
        if wanted in (name, rest, number, number.lstrip("0")):
            return read_chapter(path)
    if wanted.endswith(".md") and Path(wanted).is_file():
        return read_chapter(Path(wanted).resolve())
    raise InputError(f"there is no chapter {wanted}; {nearest(wanted, paths)}")


def find_profile(root: Path, wanted: str) -> tuple[str, Path]:
    """A profile's name and file: `wanted` is a name in `notebooks/profiles/`, or the path of a .yml file.

    A file's name without .yml is the profile's. Raises InputError.
    """
    known = {path.stem: path for path in sorted((root / PROFILES).glob("*.yml"))}
    if wanted in known:
        return wanted, known[wanted]
    path = Path(wanted)
    if path.suffix not in (".yml", ".yaml"):
        raise InputError(f"there is no profile {wanted}; {nearest(wanted, known)}")
    if not path.is_file():
        raise InputError(f"there is no file {wanted}")
    name = path.stem
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise InputError(f"profile {path.name}: expected a file name of letters, digits, _ and -")
    if name in known and known[name].resolve() != path.resolve():
        raise InputError(f"profile {wanted}: the book has a profile {name} of its own; rename the file")
    return name, path.resolve()


def load_profile(root: Path, wanted: str) -> dict[str, dict[str, object]]:
    """The parameter values of a profile (see `find_profile`), by chapter. Raises InputError.

    The chapters' and the parameters' names are checked here, the values where a chapter is run.
    """
    import yaml

    _, path = find_profile(root, wanted)
    where = f"profiles/{path.name}" if path.parent == root / PROFILES else path.name
    try:
        profile = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not YAML: {error}") from error
    paths = chapter_paths(root)
    if not isinstance(profile, dict):
        raise InputError(f"{where}: expected chapters with their parameters, found {profile!r}")
    for chapter, given in profile.items():
        if chapter not in paths:
            raise InputError(f"{where}: there is no chapter {chapter}; {nearest(str(chapter), paths)}")
        if not isinstance(given, dict | None):
            raise InputError(f"{where}, {chapter}: expected parameters with values, found {given!r}")
        if odd := [name for name in given or {} if not isinstance(name, str)]:
            raise InputError(f"{where}, {chapter}: found {odd[0]!r}, expected the name of a parameter")
        try:
            resolve(read_chapter(paths[chapter]).parameters, given or {}, chapter)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    return {chapter: given or {} for chapter, given in profile.items()}


def tags(cell: Any) -> list[str]:
    """The tags of a notebook's cell."""
    return cell.metadata.get("tags", [])
