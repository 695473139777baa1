"""A book built with another profile says so on each page, and leads to the same page of the book itself.

The press puts the profile's name into a file of the sources; the books stand side by side in one folder.
"""

import json
from html import escape
from pathlib import Path
from typing import Any

from repsim_book.paths import PROFILE_FILE, pages_name


def notice(profile: str, page: str) -> str:
    """The line at the top of a page of such a book.

    Args:
        profile: its name.
        page: the page's path in the book, without suffix.
    """
    address = "../" * (page.count("/") + 1) + f"{pages_name()}/{page}.html"
    return (
        f"Built with the profile <em>{escape(profile)}</em>: chapters may have other parameters than in the book. "
        f'<a href="{escape(address)}">This page in the book</a>'
    )


def announce(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the line at the top of a page that a person wrote."""
    path = Path(app.srcdir, PROFILE_FILE)
    if doctree is not None and path.is_file():
        context["theme_announcement"] = notice(json.loads(path.read_text())["profile"], pagename)
