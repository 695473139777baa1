"""Pages: gathers sources and executed notebooks in a folder, and has Jupyter Book turn it into HTML.

Sphinx always starts afresh: an incremental run repeats no warnings of pages that it does not read again, so a
second run after a failed one would pass. Where nothing at all changed it is not started.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from repsim_core import variant
from repsim_core.chapters import ChapterError, chapter_paths, tags
from repsim_core.figure_data import name_origins
from repsim_core.files import to_json, write_atomic
from repsim_core.git import git
from repsim_core.launch import PUBLISHED, launch_files
from repsim_core.live import live_files
from repsim_core.parameters import read_parameters
from repsim_core.results import result_files

NO_SOURCES = {"__pycache__", "_build", "runs"}
KEY_FILE = ".key"


def build_pages(
    root: Path, profile: str, notebooks: Mapping[str, Path], html: Path, *, force: bool = False
) -> bool:
    """Build the book with these executed notebooks (by chapter) into `html`; False if it is there already.

    Result files are at `results/CHAPTER/` of the sources, for {download}, and at `_static/results/CHAPTER/`
    of the pages. Raises ChapterError, with Sphinx's warnings, if it has any.
    """
    files = gather(root, notebooks) | launch_files(root, notebooks) | live_files(root)
    if profile != "default":
        files[variant.FILE] = to_json({"profile": profile}).encode()
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"\n{name}\n{hashlib.sha256(data).hexdigest()}".encode())
    key_file = html / KEY_FILE
    if not force and key_file.is_file() and key_file.read_text() == digest.hexdigest():
        return False
    source = root / "_build" / "source" / profile
    shutil.rmtree(source, ignore_errors=True)
    for name, data in files.items():
        write_atomic(source / name, data)
    new = run_jupyter_book(
        source, root / "_build" / "work" / profile, root / "_build" / "log" / f"{profile}.log"
    )
    for name, data in files.items():
        if name.startswith("results/"):
            write_atomic(new / "_static" / name, data)
        elif name.startswith(PUBLISHED):
            write_atomic(new / name.removeprefix(PUBLISHED), data)
    (new / KEY_FILE).write_text(digest.hexdigest())
    publish(new, html)
    return True


def gather(root: Path, notebooks: Mapping[str, Path]) -> dict[str, bytes]:
    """All files that Sphinx is to read, by their path: tracked sources, and executed notebooks with results."""
    import nbformat
    import yaml

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    mentioned = {name for name in [*_strings(config), *_strings(toc)] if _is_inside(root, name)}
    documents = {f"{name}{suffix}" for name in mentioned for suffix in (".md", ".ipynb", ".rst")}
    wanted = [
        "_config.yml",
        "_toc.yml",
        "CITATION.cff",
        "book",
        "notebooks",
        "repsim_core",
        *mentioned,
        *documents,
    ]
    chapters = set(chapter_paths(root).values())  # the executed ones take their places
    tracked = [p for p in tracked_files(root, *wanted) if p not in chapters and p.suffix != ".ipynb"]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in tracked}
    for name in [name for name in files if name.endswith(".md")]:
        files[name] = _to_executed(files[name].decode("utf-8"), notebooks).encode()
    for name, path in notebooks.items():
        notebook = nbformat.read(path, as_version=4)
        for file, data in result_files(notebook).items():
            files[f"results/{name}/{file}"] = data
        if parameters := _parameters(notebook):
            files[f"results/{name}/parameters.json"] = to_json(parameters).encode()
        name_origins(notebook, name)
        files[f"notebooks/{name}.ipynb"] = nbformat.writes(_tidy(notebook, notebooks)).encode()
    return files


def tracked_files(root: Path, *names: str) -> list[Path]:
    """The files under these names, relative to `root`, that git tracks or at least does not ignore.

    Without git (an unpacked archive) all, save hidden ones and products of builds.
    """
    names = tuple(name for name in names if (root / name).exists())
    command = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    if names and (listed := git(root, *command, *names)) is not None:
        paths = {root / name for name in listed.split("\0") if name}
        return sorted(path for path in paths if path.is_file())
    starts = [root / name for name in names]
    found = {path for start in starts for path in ([start] if start.is_file() else start.rglob("*"))}
    return sorted(p for p in found if p.is_file() and not _is_hidden(p.relative_to(root)))


def run_jupyter_book(source: Path, work: Path, log: Path, *, strict: bool = True) -> Path:
    """Have Jupyter Book build `source`; the folder of the pages, under `work`. All it says is in the file
    `log`.

    Warnings are errors where it is `strict`. Raises ChapterError with them, named by file and line.
    """
    shutil.rmtree(work, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(source)]
    done = subprocess.run(
        [*command, "--path-output", str(work), *(["-W", "-n", "--keep-going"] if strict else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "NO_COLOR": "1"},
        text=True,
        errors="replace",
    )
    said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout).replace(f"{source}/", "")
    said = re.sub(r"^(notebooks/\w+)\.ipynb:(\d+): ", r"\1.md:\2: ", said, flags=re.MULTILINE)
    write_atomic(log, said.encode())
    pages = work / "_build" / "html"
    if done.returncode or not (pages / "index.html").is_file():
        problems = [
            line for line in said.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL|Error)\b", line)
        ]
        shown = "\n".join(problems or said.splitlines()[-15:])
        raise ChapterError(f"Jupyter Book did not build the pages:\n{shown}\nall it said: {log}")
    return pages


def publish(new: Path, final: Path) -> None:
    """Put the folder `new` in the place of `final`, which readers see whole, old or new."""
    old = final.with_name(f".{final.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    new.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _parameters(notebook: Any) -> dict[str, Any]:
    """The values of all parameters that an executed notebook was given or declares."""
    declared = next((cell.source for cell in notebook.cells if "parameters" in tags(cell)), "")
    values = {name: parameter.default for name, parameter in read_parameters(declared).items()}
    return values | notebook.metadata.get("papermill", {}).get("parameters", {})


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


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in NO_SOURCES for part in path.parts)
