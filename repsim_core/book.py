"""The book: executes the chapters that changed, gathers the sources, and has Jupyter Book write the pages.

All of it is under `_build/`: `executed/PROFILE/NN_name/` holds a chapter's executed notebook and results with
the key of what they were made from, `source/PROFILE/` what Sphinx reads, `log/` what it said, and `html/`
(`html-PROFILE/` for other profiles than the default one) the pages.
"""

import asyncio
import hashlib
import json
import platform
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from repsim_core.chapters import (
    Chapter,
    ChapterError,
    ParameterError,
    chapter_paths,
    load_profile,
    read_chapter,
)
from repsim_core.pages import build_pages, tracked_files
from repsim_core.parameters import nearest, resolve
from repsim_core.results import write_atomic

AT_ONCE = 2  # chapters executed side by side


def build(root: Path, profile: str = "default", *, force: bool = False) -> Path:
    """Execute what changed, build what changed, print what took how long; the path of the book's first page.

    Args:
        root: the folder that holds `_config.yml`, `_toc.yml`, `book/` and `notebooks/`.
        profile: the name of a set of parameter values in `notebooks/profiles/`.
        force: execute and build even what has not changed.

    Raises:
        ParameterError: the profile or the table of contents names what is not there.
        ChapterError: a chapter failed or wrote to stderr, or Sphinx has a warning.
    """
    start = time.perf_counter()
    given = load_profile(root, profile)
    chapters = [read_chapter(path) for path in _chapters_in_toc(root)]
    build_folder = root / "_build"
    executed = build_folder / "executed" / profile
    common = _common_hash(root)
    keys = {chapter.name: _key(chapter, given.get(chapter.name, {}), common) for chapter in chapters}
    earlier = {chapter.name: _earlier(executed / chapter.name) for chapter in chapters}
    changed = [c for c in chapters if force or earlier[c.name].get("key") != keys[c.name]]
    # the longest first, those of unknown length before all: so that two at once end at about the same time
    changed.sort(key=lambda chapter: -float(earlier[chapter.name].get("seconds", "inf")))
    seconds = asyncio.run(_execute_all(root, profile, changed, keys, executed))

    begun = time.perf_counter()
    html = build_folder / ("html" if profile == "default" else f"html-{profile}")
    notebooks = {chapter.name: executed / chapter.name / f"{chapter.name}.ipynb" for chapter in chapters}
    built = build_pages(root, profile, notebooks, html, force=force)
    rows = [
        (chapter.name, f"executed, {seconds[chapter.name]:.0f} s" if chapter.name in seconds else "unchanged")
        for chapter in chapters
    ]
    rows.append(("pages", f"built, {time.perf_counter() - begun:.0f} s" if built else "unchanged"))
    rows.append(("total", f"{time.perf_counter() - start:.1f} s"))
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"  {name:<{width}}  {text}" for name, text in rows))
    print(f"the book: {html / 'index.html'}")
    return html / "index.html"


def _chapters_in_toc(root: Path) -> list[Path]:
    """The sources of the chapters in the table of contents, in its order."""
    import yaml

    toc, paths = root / "_toc.yml", chapter_paths(root)
    if not toc.is_file():
        raise ParameterError(f"there is no table of contents {toc}")
    found = []
    for entry in _files_in(yaml.safe_load(toc.read_text(encoding="utf-8"))):
        folder, _, name = entry.removesuffix(".md").rpartition("/")
        if folder == "notebooks":
            if name not in paths:
                raise ParameterError(f"_toc.yml: there is no chapter {name}; {nearest(name, paths)}")
            found.append(paths[name])
    return found


def _files_in(toc: object) -> list[str]:
    """Every `root` and `file` of a table of contents, in order."""
    if isinstance(toc, list):
        return [name for item in toc for name in _files_in(item)]
    if isinstance(toc, dict):
        own = [str(toc[key]) for key in ("root", "file") if key in toc]
        return own + [name for value in toc.values() for name in _files_in(value)]
    return []


def _common_hash(root: Path) -> str:
    """A hash of all that every chapter depends on: the package's code, recorded inputs, the lock, Python."""
    package = Path(__file__).parent
    digest = hashlib.sha256(platform.python_version().encode())
    sources = [(f"package/{p.relative_to(package)}", p) for p in package.rglob("*.py")]
    recorded = tracked_files(root, "book/records", "requirements.lock")
    sources += [(str(p.relative_to(root)), p) for p in recorded]
    for name, path in sorted(sources):
        digest.update(f"\n{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def _key(chapter: Chapter, given: Mapping[str, object], common: str) -> str:
    values = json.dumps(resolve(chapter.parameters, given, chapter.name), sort_keys=True)
    return hashlib.sha256("\n".join([common, values, chapter.path.read_text("utf-8")]).encode()).hexdigest()


def _earlier(folder: Path) -> dict:
    """The key and the duration of what is in a chapter's folder; empty if nothing usable is."""
    try:
        record = json.loads((folder / "key.json").read_text())
        return record if isinstance(record, dict) and (folder / f"{folder.name}.ipynb").is_file() else {}
    except (OSError, ValueError):
        return {}


async def _execute_all(
    root: Path, profile: str, chapters: list[Chapter], keys: Mapping[str, str], executed: Path
) -> dict[str, float]:
    """Execute chapters, a few at once, each by `repsim run` in its own process; their durations in seconds.

    A chapter that fails does not stop the others, so that what they did need not be done again.
    """
    slots = asyncio.Semaphore(AT_ONCE)
    seconds: dict[str, float] = {}
    failures: list[str] = []

    async def execute_one(chapter: Chapter) -> None:
        async with slots:
            begun = time.perf_counter()
            folder = executed / chapter.name
            (folder / "key.json").unlink(missing_ok=True)
            command = ["-m", "repsim_core.cli", "run", str(chapter.path), "--profile", profile]
            process = await asyncio.create_subprocess_exec(
                *[sys.executable, *command, "--root", str(root), "--out", str(folder)],
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, errors = await process.communicate()
            except asyncio.CancelledError:  # interrupted: the chapter is to stop its kernel
                if process.returncode is None:
                    process.send_signal(signal.SIGINT)
                    await process.wait()
                raise
            said = errors.decode(errors="replace").strip()
            # warnings are errors in the book, also those that a chapter only prints
            if process.returncode or said:
                failures.append(said or f"{chapter.name} ended with code {process.returncode}")
                return
            seconds[chapter.name] = time.perf_counter() - begun
            record = {"key": keys[chapter.name], "seconds": round(seconds[chapter.name], 1)}
            write_atomic(folder / "key.json", json.dumps(record).encode())
            if sys.stderr.isatty():
                print(f"{chapter.name} executed, {seconds[chapter.name]:.0f} s", file=sys.stderr)

    if chapters and sys.stderr.isatty():
        print(f"executing {', '.join(chapter.name for chapter in chapters)}", file=sys.stderr)
    await asyncio.gather(*map(execute_one, chapters))
    if failures:
        raise ChapterError("\n".join(failures).replace("repsim: ", ""))
    return seconds
