"""The sources of the pages: what a person wrote, and executed notebooks in the places of chapters."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from repsim_book.chapters import chapter_paths, needs_of
from repsim_book.execution.results import result_files
from repsim_book.pages.declared import declare, declared_parameters
from repsim_book.pages.figure_captions import add_captions
from repsim_book.pages.folded_code import fold_code
from repsim_book.paths import CHAPTERS, CONFIG, DECLARED_FILE, HEADS_FILE, PARAMETERS_FILE, RESULTS, TOC
from repsim_book.repository import tracked_files
from repsim_core.files import to_json


def gather(root: Path, notebooks: Mapping[str, Path]) -> dict[str, bytes]:
    """All files that Sphinx is to read, by their path: tracked sources, and executed notebooks with results."""
    import nbformat
    import yaml

    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    toc = yaml.safe_load((root / TOC).read_text(encoding="utf-8"))
    mentioned = {name for name in [*_strings(config), *_strings(toc)] if _is_inside(root, name)}
    documents = {f"{name}{suffix}" for name in mentioned for suffix in (".md", ".ipynb", ".rst")}
    wanted = [
        CONFIG,
        TOC,
        "CITATION.cff",
        "book",
        CHAPTERS,
        *mentioned,
        *documents,
    ]
    chapters = set(chapter_paths(root).values())  # the executed ones take their places
    tracked = [p for p in tracked_files(root, *wanted) if p not in chapters and p.suffix != ".ipynb"]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in tracked}
    for name in [name for name in files if name.endswith(".md")]:
        files[name] = _to_executed(files[name].decode("utf-8"), notebooks).encode()
    declared = {}
    for name, path in notebooks.items():
        notebook = nbformat.read(path, as_version=4)
        for file, data in result_files(notebook).items():
            files[f"{RESULTS}/{name}/{file}"] = data
        if parameters := declared_parameters(notebook):
            values = {parameter.name: value for parameter, value in parameters}
            files[f"{RESULTS}/{name}/{PARAMETERS_FILE}"] = to_json(values).encode()
            declared[name] = declare(path, notebook, parameters)
        add_captions(notebook, name)
        fold_code(notebook)
        files[f"{CHAPTERS}/{name}.ipynb"] = nbformat.writes(_tidy(notebook, notebooks)).encode()
    files[DECLARED_FILE] = to_json(declared).encode()
    needs = {name: needs_of(path) for name, path in chapter_paths(root).items()}
    files[HEADS_FILE] = to_json(needs).encode()
    return files


def _tidy(notebook: Any, chapters: Collection[str]) -> Any:
    """The notebook without what would differ from one execution to the next, and without progress bars."""
    for name in ("papermill", "jupytext"):
        notebook.metadata.pop(name, None)
    starts: list[int] = []
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        # the cell with the injected parameters is in no source
        starts.append(cell.metadata.pop("source_line", starts[-1] + 1 if starts else 1) - 1)
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.cell_type == "markdown":
            cell["source"] = _to_executed(cell["source"], chapters)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":  # a carriage return overwrites the line before it
                output["text"] = re.sub(r"[^\n]*\r(?!\n)", "", output["text"])
    notebook.metadata["source_map"] = starts  # with it myst-nb's warnings name lines of the chapter's source
    return notebook


def _to_executed(markdown: str, chapters: Collection[str]) -> str:
    """The text with links to chapters' sources, as Jupyter follows them, leading to the executed notebooks."""
    if not chapters:
        return markdown
    names = "|".join(map(re.escape, chapters))
    return re.sub(rf"(\]\((?:[^()\s]*/)?(?:{names}))\.md(?=[)#])", r"\1.ipynb", markdown)


def _strings(value: object) -> Iterator[str]:
    """Every string in a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _is_inside(root: Path, name: str) -> bool:
    """Whether a string of a configuration could be a path under the root."""
    path = Path(name)
    plain = re.fullmatch(r"[\w./ -]+", name) is not None
    return plain and not path.is_absolute() and ".." not in path.parts and path != Path()
