"""Live code: a button on each chapter's page that turns its cells into editors, whose code runs on a Jupyter server.

That server is the one that serves the page (`live_server`), or one that Binder starts, where the book's repository is
known. The rest is done in the reader's browser, by `live.js` and Thebe. A Sphinx extension (`_config.yml` lists it).
"""

import json
from pathlib import Path
from typing import Any

from repsim_core import live_markdown
from repsim_core.launch import FOLDER, PUBLISHED, Repository, find_repository, provider
from repsim_core.thebe import thebe_files

FILE = "live.json"
THEBE = "_static/thebe"  # of the pages
PROVIDERS = {"gh": "github", "gl": "gitlab", "git": "git"}  # Binder's abbreviations, and Thebe's names


def live_files(root: Path) -> dict[str, bytes]:
    """What the pages need of all this, by path in the sources of Sphinx.

    Args:
        root: the folder of the book.

    Raises:
        ParameterError: the repository's address is none.
        ChapterError: the pages need Thebe, and it cannot be fetched.
    """
    repository = find_repository(root)
    files = {FILE: json.dumps(binder_options(repository) if repository else None).encode()}
    if repository:
        files |= {f"{PUBLISHED}{THEBE}/{name}": data for name, data in thebe_files(root).items()}
    return files


def binder_options(repository: Repository) -> dict[str, str]:
    """What Thebe is told of the published branch, which Binder turns into a server."""
    host, name = provider(repository)
    return {"repoProvider": PROVIDERS[host], "repo": name, "ref": repository.published}


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_css_file("live.css")
    app.add_js_file("live.js", loading_method="defer")
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_to_page(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell `live.js` which notebook is behind a chapter's page, what Binder is told, and what a kernel."""
    file, chapter = Path(app.srcdir) / FILE, pagename.removeprefix("notebooks/")
    if chapter == pagename or not file.is_file():
        return
    told = {
        "notebook": f"{FOLDER}/{chapter}.ipynb",
        "binder": json.loads(file.read_text(encoding="utf-8")),
        "first": Path(live_markdown.__file__).read_text(encoding="utf-8"),
    }
    text = json.dumps(told).replace("<", "\\u003c")
    context["body"] += f'<script type="application/json" id="repsim-live">{text}</script>'
