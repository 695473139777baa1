"""The pages of a build that are written: each is read once, repaired and made lighter, and written again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from repsim_book.site import accessibility, page_weight, plain_symbols, search, sharing
from repsim_core.files import write_atomic


def written_pages(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pages of a built book, without what lies among its assets: path and text of each."""
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] != "_static":
            yield path, path.read_text(encoding="utf-8")


def finish(app: Any, error: Exception | None) -> None:
    """Change all pages of a build that has succeeded, and leave the icons that they show."""
    if error is not None or app.builder.format != "html":
        return
    folder, icons = Path(app.outdir), set[str]()
    for path, text in written_pages(folder):
        page = page_weight.lightened(sharing.said_once(search.without_leftovers(text)), path.parent)
        icons |= page_weight.icons_in(page)
        write_atomic(path, plain_symbols.typeset(accessibility.repaired(page)).encode())
    for name in (*search.SPHINX_FILES, page_weight.ICONS):
        (folder / "_static" / name).unlink(missing_ok=True)
    page_weight.keep_icons(folder / "_static", icons)
