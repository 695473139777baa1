"""A book built with another profile says so on each page, and leads to the same page of the book itself.

A Sphinx extension (`_config.yml` lists it). `pages` puts the profile's name into `variant.json` of the sources; the
books stand side by side in one folder.
"""

import json
from html import escape
from pathlib import Path
from typing import Any

FILE = "variant.json"
BOOK = "html"  # the folder of the book itself, beside the variant's


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", _announce)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def notice(profile: str, page: str) -> str:
    """The line at the top of a page of a variant.

    Args:
        profile: its name.
        page: the page's path in the book, without suffix.
    """
    address = "../" * (page.count("/") + 1) + f"{BOOK}/{page}.html"
    return (
        f"Built with the profile <em>{escape(profile)}</em>: chapters may have other parameters than in the book. "
        f'<a href="{escape(address)}">This page in the book</a>'
    )


def _announce(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    path = Path(app.srcdir, FILE)
    if doctree is not None and path.is_file():
        context["theme_announcement"] = notice(json.loads(path.read_text())["profile"], pagename)
