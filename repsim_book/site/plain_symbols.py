"""Symbols that texts without formulas spell in letters, as in `d_KL`: set as symbols on the page, and read as words.

Captions, tables and what code prints have no formulas of their own; the descriptions of figures are heard.
"""

import re

# What is shown as it was written, or is a formula already.
_KEPT = re.compile(
    r"(<(pre|code|script|style|svg|math|textarea|select|button|noscript|title)\b.*?</\2>)", re.DOTALL
)
_TEXT = re.compile(r"(?<=>)[^<>]+(?=<)")
# A distance by its index; a matrix by its power, with what it acts on.
_DISTANCE = re.compile(r"\bd_(?:(KL|LLV|SVD|logit|rep)|(?:fg|\{f,g\}))(?![A-Za-z0-9_])")
_POWER = re.compile(r"\b([A-Z])\^(?:(T)|[({]-T[)}])(?!\w)")
_LABEL = re.compile(r'(?<=\baria-label=")[^"]*')
_ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)


def typeset(html: str) -> str:
    """The HTML of a page whose article has such symbols set, and the descriptions in it readable."""
    return _ARTICLE.sub(lambda article: _article(article[0]), html)


def _article(html: str) -> str:
    pieces = _KEPT.split(_LABEL.sub(lambda label: in_words(label[0]), html))
    # What is between two kept elements, the element, its name, and so on.
    pieces[::3] = [_TEXT.sub(lambda text: as_html(text[0]), f">{piece}<")[1:-1] for piece in pieces[::3]]
    del pieces[2::3]
    return "".join(pieces)


def as_html(text: str) -> str:
    """A text of HTML without tags, with its symbols set."""
    text = _DISTANCE.sub(
        lambda found: f"<i>d</i><sub>{found[1]}</sub>" if found[1] else "<i>d</i><sub><b>f,g</b></sub>", text
    )
    return _POWER.sub(
        lambda found: f"<b>{found[1]}</b><sup>{'T' if found[2] else '−T'}</sup>",
        text,
    )


def in_words(text: str) -> str:
    """A text with its symbols as one says them."""
    text = _DISTANCE.sub(lambda found: f"d {found[1] or 'f,g'}", text)
    return _POWER.sub(
        lambda found: f"the {'transpose' if found[2] else 'inverse transpose'} of {found[1]}", text
    )
