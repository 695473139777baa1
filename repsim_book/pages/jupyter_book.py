"""Pages: has Jupyter Book turn the sources into HTML.

Sphinx always starts afresh: an incremental run repeats no warnings of pages that it does not read again, so a
second run after a failed one would pass. Where nothing at all changed it is not started.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import repsim_book
import repsim_core
from repsim_book.errors import ChapterError
from repsim_book.execution.keys import code_of, versions_of
from repsim_book.pages.downloads import executed_notebooks
from repsim_book.pages.slides import slide_files
from repsim_book.pages.sources import gather
from repsim_book.paths import PROFILE_FILE, PUBLISHED, RESULTS, build_folder
from repsim_book.processes import child, held
from repsim_book.site.address import address_files
from repsim_book.site.launch import launch_files
from repsim_book.site.live import live_files
from repsim_core.files import to_json, write_atomic

# Beside the pages: the key of what they were made from.
KEY_FILE = ".key"
# What writes the pages, and ends when this process does.
_WRITER = """
import os
import shutil
from repsim_book.processes import end_with_parent
temporary = os.environ.pop("REPSIM_TEMPORARY", "")
end_with_parent(lambda: temporary and shutil.rmtree(temporary, ignore_errors=True))
from jupyter_book.cli.main import main
main()
"""
# Its output is read by people, whatever their terminal takes for letters.
_PLAIN = {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
# The distributions that pages are written with.
_WRITERS = ("jupyter-book", "myst-nb", "sphinx", "sphinx-book-theme", "vl-convert-python")


def build_pages(
    root: Path, profile: str, notebooks: Mapping[str, Path], html: Path, *, force: bool = False
) -> bool:
    """Build the book with these executed notebooks (by chapter) into `html`; False if it is there already.

    Result files are at `results/CHAPTER/` of the sources, for {download}, and at `_static/results/CHAPTER/`
    of the pages. Raises ChapterError, with Sphinx's warnings, if it has any.
    """
    files = gather(root, notebooks)
    files |= executed_notebooks(root, files, notebooks) | launch_files(root, notebooks) | live_files(root)
    files |= address_files(root, profile)
    if profile != "default":
        files[PROFILE_FILE] = to_json({"profile": profile}).encode()
    # The press writes the pages, and shows code of the core.
    code = {package.__name__: code_of(package) for package in (repsim_book, repsim_core)}
    digest = hashlib.sha256(to_json([code, versions_of(_WRITERS)]).encode())
    for name, data in sorted(files.items()):
        digest.update(f"\n{name}\n{hashlib.sha256(data).hexdigest()}".encode())
    key_file = html / KEY_FILE
    there = key_file.is_file() and (html / "index.html").is_file()
    if not force and there and key_file.read_text(encoding="utf-8") == digest.hexdigest():
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
    for name, data in slide_files(root, notebooks, strict=profile == "default").items():
        write_atomic(new / name, data)
    write_atomic(new / KEY_FILE, digest.hexdigest().encode())
    publish(new, html)
    return True


def run_jupyter_book(
    source: Path, work: Path, log: Path, *, strict: bool = True, temporary: Path | None = None
) -> Path:
    """Have Jupyter Book build a folder of sources; the folder of the pages.

    Args:
        source: what is built.
        work: is emptied, and holds the pages then.
        log: a file, for all that it says.
        strict: warnings are errors.
        temporary: a folder that is removed when this process ends before.

    Raises:
        ChapterError: with the warnings and errors, named by file and line.
    """
    shutil.rmtree(work, ignore_errors=True)
    words = ["-P", "-c", _WRITER, "build", str(source), "--path-output", str(work)]
    if strict:
        words += ["-W", "-n", "--keep-going"]
    environment = {**os.environ, **_PLAIN}
    if temporary is not None:
        environment["REPSIM_TEMPORARY"] = str(temporary.resolve())
    with child(words, stderr=subprocess.STDOUT, environment=environment) as process:
        assert process.stdout is not None
        printed = process.stdout.read().decode(errors="replace")
        code = process.wait()
    said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", printed).replace(f"{source}/", "")
    said = re.sub(r"^(notebooks/\w+)\.ipynb:(\d+): ", r"\1.md:\2: ", said, flags=re.MULTILINE)
    write_atomic(log, said.encode())
    pages = work / "_build" / "html"
    if code or not (pages / "index.html").is_file():
        problems = [
            line for line in said.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL|Error)\b", line)
        ]
        shown = "\n".join(problems or said.splitlines()[-15:])
        raise ChapterError(f"Jupyter Book did not build the pages:\n{shown}\nall it said: {log}")
    _name_redirect(pages / "index.html")
    return pages


def _name_redirect(page: Path) -> None:
    """Make a whole page of the one that leads to the first page: with a title, and a link to follow by hand."""
    html = page.read_text(encoding="utf-8")
    if "<title" not in html and (found := re.search(r"url=([^\"]+)", html)):
        page.write_text(
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>To the first page</title>\n'
            f'{html.strip()}\n</head><body><p><a href="{found[1]}">To the first page</a></p></body></html>\n',
            encoding="utf-8",
        )


def publish(new: Path, final: Path) -> None:
    """Put the folder `new` in the place of `final`, which readers see whole, old or new."""
    old = final.with_name(f".{final.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    with held():
        if final.exists():
            final.rename(old)
        new.rename(final)
    shutil.rmtree(old, ignore_errors=True)
