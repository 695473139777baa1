"""HTML and Markdown of others as HTML without what could act: scripts, forms, frames, redirections.

bleach keeps a list of elements and attributes that only show something. What nbconvert's own list leaves out, such as
paragraphs, headings and pictures that are in the page itself, is in this one.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TAGS = (
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 "
    "h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub summary sup table tbody td tfoot "
    "th thead tr tt u ul var"
)
_ANYWHERE = "class id title style lang dir align"
_OWN = {"ol": "start", "td": "colspan rowspan", "th": "colspan rowspan scope", "img": "alt width height"}
# None of these can name a file.
_STYLES = (
    "background-color border color display float font-style font-weight height margin max-width padding text-align "
    "text-decoration vertical-align width"
)
# A picture from elsewhere would tell its owner who looks at it, and when.
_LINK = re.compile(r"https?://|mailto:|#", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml|webp);base64,")
# Their content is no text; that nothing of them is left is the business of the list above.
_NO_TEXT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)

# Elements within elements: the parser's time grows with the square of their number, and no page needs so many.
_DEEPEST = 1000
_TAG = re.compile(
    r"<(?P<ends>/?)(?!(?:area|br|col|embed|hr|img|input|link|meta|source|wbr)\b)[a-z]", re.IGNORECASE
)


def _is_deep(text: str) -> bool:
    """Whether more elements are open at once than are read."""
    depth = 0
    for tag in _TAG.finditer(text):
        depth = max(0, depth - 1) if tag["ends"] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _is_kept(tag: str, name: str, value: str) -> bool:
    """Whether an element keeps an attribute."""
    if (tag, name) == ("a", "href"):
        return _LINK.match(value) is not None
    if (tag, name) == ("img", "src"):
        return _PICTURE.match(value) is not None
    return name in [*_ANYWHERE.split(), *_OWN.get(tag, "").split()]


def clean_html(html: str | bytes) -> str:
    """The HTML without all that is not on the lists; a filter for nbconvert, in the place of its own of this name.

    What is nested too deeply to be read is shown as it is written.
    """
    text = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    if _is_deep(text):
        return f"<pre>{escape(text)}</pre>"
    return bleach.clean(
        _NO_TEXT.sub("", text),
        tags={*_TAGS.split()},
        attributes=_is_kept,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES.split()),
        strip=True,
    )


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Markdown as clean HTML, for nbconvert: nbgrader's pages show what its own filter of this name makes as it is."""
    return clean_markdown(source, context.get("cell", {}).get("attachments", {}))


def clean_markdown(
    source: str, attachments: Any, renderer: type[IPythonRenderer] = IPythonRenderer, **of_it: Any
) -> str:
    """Markdown as clean HTML.

    Args:
        attachments: pictures by name, as a notebook's cell has them.
        renderer: of the HTML, and settings of it.
    """
    made = renderer(escape=False, attachments=attachments, **of_it)
    return clean_html(MarkdownWithMath(renderer=made).render(source))
