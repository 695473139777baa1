"""Repairs of the written pages: for readers who use a keyboard, a screen reader or a link.

The finished pages are repaired, because what is wrong comes from templates and writers of other packages: ids that
occur twice, roles that do not fit, text outside of landmarks.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from repsim_core.files import write_atomic

# Every statement and proof gets these ids, so that no link can mean one of them.
SHARED_ID = re.compile(r' id="(?:proof|(?:proof|exercise|solution)-content)"')
REPLACED = {
    # a list must hold list items; the role that is written here has been taken out of ARIA
    'role="doc-biblioentry"': 'role="listitem"',
    # pandas writes the empty corner of a table as a header that names nothing
    "<th></th>": "<td></td>",
    '<div id="pst-primary-sidebar"': '<div id="pst-primary-sidebar" role="complementary" aria-label="Book"',
}


def repaired(html: str) -> str:
    """The HTML of a page with its repairs."""
    html = SHARED_ID.sub("", html)
    for found, better in REPLACED.items():
        html = html.replace(found, better)
    return html


def written_pages(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pages of a built book, without what lies among its assets: path and text of each."""
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] != "_static":
            yield path, path.read_text(encoding="utf-8")


def repair_pages(app: Any, error: Exception | None) -> None:
    """Repair all pages of a build that has succeeded."""
    if error is None and app.builder.format == "html":
        for path, text in written_pages(Path(app.outdir)):
            write_atomic(path, repaired(text).encode())
