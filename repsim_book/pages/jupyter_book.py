"""Pages: has Jupyter Book turn the sources into HTML.

Sphinx always starts afresh: an incremental run repeats no warnings of pages that it does not read again, so a
second run after a failed one would pass. Where nothing at all changed it is not started.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import repsim_book
import repsim_core
from repsim_book.errors import ChapterError
from repsim_book.execution.keys import code_of, versions_of
from repsim_book.pages.sources import gather
from repsim_book.paths import PROFILE_FILE, PUBLISHED, RESULTS, build_folder
from repsim_book.site.launch import launch_files
from repsim_book.site.live import live_files
from repsim_core.files import to_json, write_atomic

_KEY_FILE = ".key"
# The distributions that pages are written with.
_WRITERS = ("jupyter-book", "myst-nb", "sphinx", "sphinx-book-theme", "vl-convert-python")


def build_pages(
    root: Path, profile: str, notebooks: Mapping[str, Path], html: Path, *, force: bool = False
) -> bool:
    """Build the book with these executed notebooks (by chapter) into `html`; False if it is there already.

    Result files are at `results/CHAPTER/` of the sources, for {download}, and at `_static/results/CHAPTER/`
    of the pages. Raises ChapterError, with Sphinx's warnings, if it has any.
    """
    files = gather(root, notebooks) | launch_files(root, notebooks) | live_files(root)
    if profile != "default":
        files[PROFILE_FILE] = to_json({"profile": profile}).encode()
    # The press writes the pages, and shows code of the core.
    code = {package.__name__: code_of(package) for package in (repsim_book, repsim_core)}
    digest = hashlib.sha256(to_json([code, versions_of(_WRITERS)]).encode())
    for name, data in sorted(files.items()):
        digest.update(f"\n{name}\n{hashlib.sha256(data).hexdigest()}".encode())
    key_file = html / _KEY_FILE
    if not force and key_file.is_file() and key_file.read_text() == digest.hexdigest():
        return False
    made = build_folder(root)
    source = made / "source" / profile
    shutil.rmtree(source, ignore_errors=True)
    for name, data in files.items():
        write_atomic(source / name, data)
    new = run_jupyter_book(source, made / "work" / profile, made / "log" / f"{profile}.log")
    for name, data in files.items():
        if name.startswith(f"{RESULTS}/"):
            write_atomic(new / "_static" / name, data)
        elif name.startswith(PUBLISHED):
            write_atomic(new / name.removeprefix(PUBLISHED), data)
    (new / _KEY_FILE).write_text(digest.hexdigest())
    publish(new, html)
    return True


def run_jupyter_book(source: Path, work: Path, log: Path, *, strict: bool = True) -> Path:
    """Have Jupyter Book build `source`; the folder of the pages, under `work`. All it says is in the file
    `log`.

    Warnings are errors where it is `strict`. Raises ChapterError with them, named by file and line.
    """
    shutil.rmtree(work, ignore_errors=True)
    command = [
        sys.executable,
        "-P",
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        str(source),
    ]
    command += ["--path-output", str(work)]
    if strict:
        command += ["-W", "-n", "--keep-going"]
    done = subprocess.run(
        command,
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
