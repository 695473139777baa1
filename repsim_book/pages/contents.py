"""The book's table of contents: the pages and chapters that it names."""

from pathlib import Path

from repsim_book.chapters import chapter_paths
from repsim_book.paths import CHAPTERS, TOC
from repsim_core.errors import InputError, nearest


def pages_in_toc(root: Path) -> list[str]:
    """The pages in the table of contents, in its order, by path from the book's folder, without suffix.

    Raises:
        InputError: there is no table of contents.
    """
    import yaml

    toc = root / TOC
    if not toc.is_file():
        raise InputError(f"there is no table of contents {toc}")
    return [name.removesuffix(".md") for name in _files_in(yaml.safe_load(toc.read_text(encoding="utf-8")))]


def chapters_in_toc(root: Path) -> list[Path]:
    """The sources of the chapters in the table of contents, in its order.

    Raises:
        InputError: there is no table of contents, or it names a chapter that is not there.
    """
    paths, found = chapter_paths(root), []
    for entry in pages_in_toc(root):
        folder, _, name = entry.rpartition("/")
        if folder == CHAPTERS:
            if name not in paths:
                raise InputError(f"{TOC}: there is no chapter {name}; {nearest(name, paths)}")
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
