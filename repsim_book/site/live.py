"""Live code: a button on each chapter's page that turns its cells into editors, whose code runs on a Jupyter server.

That server is the one that serves the page (`live_server`), or one that Binder starts, where the book's repository is
known. The rest is done in the reader's browser, by
`live.js` and Thebe.
"""

import json
from pathlib import Path
from typing import Any

from repsim_book.paths import LAUNCH, LIVE_FILE, PUBLISHED, THEBE
from repsim_book.site import live_cell
from repsim_book.site.launch import Repository, find_repository, provider
from repsim_book.site.thebe import thebe_files

# Binder's abbreviations, and Thebe's names.
PROVIDERS = {"gh": "github", "gl": "gitlab", "git": "git"}


def live_files(root: Path) -> dict[str, bytes]:
    """What the pages need of all this, by path in the sources of Sphinx.

    Args:
        root: the folder of the book.

    Raises:
        InputError: the repository's address is none.
        ChapterError: the pages need Thebe, and it cannot be fetched.
    """
    repository = find_repository(root)
    files = {LIVE_FILE: json.dumps(binder_options(repository) if repository else None).encode()}
    if repository:
        files |= {f"{PUBLISHED}{THEBE}/{name}": data for name, data in thebe_files(root).items()}
    return files


def binder_options(repository: Repository) -> dict[str, str]:
    """What Thebe is told of the published branch, which Binder turns into a server."""
    host, name = provider(repository)
    return {"repoProvider": PROVIDERS[host], "repo": name, "ref": repository.published}


def add_to_page(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell `live.js` which notebook is behind a chapter's page, what Binder is told, and what a kernel."""
    file, chapter = Path(app.srcdir) / LIVE_FILE, pagename.removeprefix("notebooks/")
    if chapter == pagename or not file.is_file():
        return
    told = {
        "notebook": f"{LAUNCH}/{chapter}.ipynb",
        "binder": json.loads(file.read_text(encoding="utf-8")),
        "first": Path(live_cell.__file__).read_text(encoding="utf-8"),
    }
    text = json.dumps(told).replace("<", "\\u003c")
    context["body"] += f'<script type="application/json" id="repsim-live">{text}</script>'
