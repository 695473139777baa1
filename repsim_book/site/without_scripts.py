"""What a page says where scripts do not run: where the other pages are, and what to use instead of the search."""

from typing import Any


def add(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the line at the top of a page; its first link leads to the sidebar, which stands at a narrow page's foot."""
    if doctree is not None and "body" in context:
        context["body"] = (
            '<noscript><p class="repsim-no-scripts"><a href="#pst-primary-sidebar">All pages</a> · '
            f'<a href="{context["pathto"]("search")}">Instead of the search</a></p></noscript>'
            + context["body"]
        )
