"""Pages on paper: at the foot of each sheet stands the page's title, and the paper is white whatever the theme.

How pages are laid out on paper is in `print.css`; here is what differs from page to page.
"""

from typing import Any

# What `pages.one_document` leaves out, where many pages become one document.
FOOT_MARK = "data-repsim-foot"
_ESCAPED = str.maketrans({"\\": r"\5c ", '"': r"\22 ", "<": r"\3c ", "\n": " "})


def add_foot(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Have a page's title at the foot of each of its sheets."""
    if doctree is not None:
        context["metatags"] = context.get("metatags", "") + foot(app.env.titles[pagename].astext())


def foot(title: str) -> str:
    """The style that puts a title at the foot of sheets, where the browser draws in the margin."""
    said = title.translate(_ESCAPED)
    return f'<style {FOOT_MARK}>@media print {{ @page {{ @bottom-left {{ content: "{said}"; }} }} }}</style>'
