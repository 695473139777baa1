"""The book: executes the chapters that changed, gathers the sources, and has Jupyter Book write the pages.

All of it is under `_build/`: `executed/PROFILE/NN_name/` holds a chapter's executed notebook and results with
the key of what they were made from, `source/PROFILE/` what Sphinx reads, `log/` what it said, and `html/`
(`html-PROFILE/` for other profiles than the default one) the pages.
"""

import time
from pathlib import Path

from repsim_book.chapters import read_chapter
from repsim_book.claims import claimed
from repsim_book.errors import ChapterError
from repsim_book.execution.batch import (
    FinishedExecution,
    Planner,
    Watcher,
    adopt,
    execute_all,
    to_execute,
)
from repsim_book.pages.built_from import note_sources
from repsim_book.pages.contents import chapters_in_toc
from repsim_book.pages.jupyter_book import build_pages
from repsim_book.paths import executed_folder, pages_folder
from repsim_book.profiles import find_profile, load_profile
from repsim_book.repository import state

# Chapters executed side by side.
AT_ONCE = 2


def build(
    root: Path,
    profile: str = "default",
    *,
    force: bool = False,
    command: str = "",
    cell_seconds: int | None = None,
    watcher: Watcher | None = None,
) -> Path:
    """Execute what changed, build what changed, print what took how long; the path of the book's first page.

    Args:
        root: the folder that holds `_config.yml`, `_toc.yml`, `book/` and `notebooks/`.
        profile: the name of a set of parameter values in `notebooks/profiles/`, or the path of such a file.
        force: execute and build even what has not changed.
        command, cell_seconds: as for `batch.execute_all`.
        watcher: is told how far things are.

    Raises:
        InputError: the profile or the table of contents names what is not there, or the book is being built already.
        ChapterError: a chapter failed or wrote to stderr, or Sphinx has a warning.
    """
    start, sources = time.perf_counter(), state(root)
    watcher = watcher or Watcher()
    given = load_profile(root, profile)
    name, _ = find_profile(root, profile)
    executed, planner = executed_folder(root, name), Planner()
    planned = [
        planner.plan(
            chapter.name,
            chapter,
            chapter.values(given.get(chapter.name, {})),
            executed / chapter.name,
            solutions=True,
        )
        for chapter in map(read_chapter, chapters_in_toc(root))
    ]
    with claimed(executed):
        if not force:
            adopt(planned, executed.parent)
        stale = to_execute(planned, force=force)
        watcher.begins(stale, len(planned))
        finished = execute_all(
            stale, at_once=AT_ONCE, strict=True, command=command, cell_seconds=cell_seconds, watcher=watcher
        )
        failures = [each.said for each in finished.values() if each.failed]
        if failures:
            raise ChapterError("\n".join(failures))
        begun = time.perf_counter()
        watcher.ends()
        html = pages_folder(root, name)
        built = build_pages(root, name, {each.name: each.notebook for each in planned}, html, force=force)
        note_sources(root, html, sources, name, [each.name for each in planned])
        pages_seconds = time.perf_counter() - begun
    rows = [(each.name, _executed(finished.get(each.name))) for each in planned]
    rows.append(("pages", f"built, {pages_seconds:.0f} s" if built else "unchanged"))
    rows.append(("total", f"{time.perf_counter() - start:.1f} s"))
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"  {name:<{width}}  {text}" for name, text in rows))
    print(f"the book: {html / 'index.html'}")
    return html / "index.html"


def _executed(finished: FinishedExecution | None) -> str:
    return "unchanged" if finished is None else f"executed, {finished.seconds:.0f} s"
