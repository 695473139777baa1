"""The book: executes the chapters that changed, gathers the sources, and has Jupyter Book write the pages.

All of it is under `_build/`: `executed/PROFILE/NN_name/` holds a chapter's executed notebook and results with
the key of what they were made from, `source/PROFILE/` what Sphinx reads, `log/` what it said, and `html/`
(`html-PROFILE/` for other profiles than the default one) the pages.
"""

import sys
import time
from pathlib import Path

from repsim_core.chapters import (
    ChapterError,
    ParameterError,
    chapter_paths,
    find_profile,
    load_profile,
    read_chapter,
)
from repsim_core.executions import Execution, Outcome, adopt, common_hash, execute_all, to_execute
from repsim_core.pages import build_pages
from repsim_core.parameters import nearest
from repsim_core.variant import BOOK

AT_ONCE = 2  # chapters executed side by side


def build(root: Path, profile: str = "default", *, force: bool = False) -> Path:
    """Execute what changed, build what changed, print what took how long; the path of the book's first page.

    Args:
        root: the folder that holds `_config.yml`, `_toc.yml`, `book/` and `notebooks/`.
        profile: the name of a set of parameter values in `notebooks/profiles/`, or the path of such a file.
        force: execute and build even what has not changed.

    Raises:
        ParameterError: the profile or the table of contents names what is not there.
        ChapterError: a chapter failed or wrote to stderr, or Sphinx has a warning.
    """
    start = time.perf_counter()
    given = load_profile(root, profile)
    name, profile_path = find_profile(root, profile)
    build_folder = root / "_build"
    executions = [
        Execution(
            chapter.name,
            chapter,
            chapter.values(given.get(chapter.name, {})),
            ["--profile", str(profile_path)],
            build_folder / "executed" / name / chapter.name,
        )
        for chapter in map(read_chapter, _chapters_in_toc(root))
    ]
    common = common_hash(root)
    if not force:
        adopt(executions, common, build_folder / "executed")
    stale = to_execute(executions, common, force=force)
    if stale and sys.stderr.isatty():
        print(f"executing {', '.join(execution.name for execution in stale)}", file=sys.stderr)
    outcomes = execute_all(root, stale, common=common, at_once=AT_ONCE, strict=True, report=_report)
    failures = [outcome.said for outcome in outcomes.values() if outcome.failed]
    if failures:
        raise ChapterError("\n".join(failures))

    begun = time.perf_counter()
    html = pages_of(root, name)
    notebooks = {execution.name: execution.notebook for execution in executions}
    built = build_pages(root, name, notebooks, html, force=force)
    rows = [
        (e.name, f"executed, {outcomes[e.name].seconds:.0f} s" if e.name in outcomes else "unchanged")
        for e in executions
    ]
    rows.append(("pages", f"built, {time.perf_counter() - begun:.0f} s" if built else "unchanged"))
    rows.append(("total", f"{time.perf_counter() - start:.1f} s"))
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"  {name:<{width}}  {text}" for name, text in rows))
    print(f"the book: {html / 'index.html'}")
    return html / "index.html"


def pages_of(root: Path, profile: str) -> Path:
    """The folder of the pages that are built with the profile of this name."""
    return root / "_build" / (BOOK if profile == "default" else f"{BOOK}-{profile}")


def _report(execution: Execution, outcome: Outcome) -> None:
    if not outcome.failed and sys.stderr.isatty():
        print(f"{execution.name} executed, {outcome.seconds:.0f} s", file=sys.stderr)


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
