"""What a page says about itself at its end: when it was built, from which version, with which parameters, and how to
cite it.

A chapter's parameters are among its results, the book's authors and title in `CITATION.cff`; where a file is missing,
its part is left out.
"""

import json
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from repsim_book.paths import HOME, PARAMETERS_FILE, RESULTS
from repsim_book.repository import short_commit

# The book and its package have one version; book/errata.md lists them.
PACKAGE = "repsim-core"


@cache  # git looks at every file, and every page asks
def commit() -> str:
    """The commit that the book is built from, "" if it is not known."""
    return short_commit(HOME)


def facts(
    title: str,
    name: str,
    built: str,
    *,
    edition: dict[str, Any],
    parameters: dict[str, Any],
    address: str = "",
) -> str:
    """The HTML of the box at the end of a page.

    Args:
        title: of the page, plain text.
        name: of the page's file without suffix, for the key of the BibTeX entry.
        built: the date.
        edition: what CITATION.cff says of the book; empty for no citation.
        parameters: values by name; empty for a page without.
        address: of the published page, if it is known.
    """
    made_from = f"version {version(PACKAGE)}" + (f", commit {known}" if (known := commit()) else "")
    parts = [f"<p>{escape(made_from.capitalize())}, built on {built}.</p>"]
    if parameters:
        lines = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
        parts.append(_folded("Parameters of this page", _code(lines)))
    if edition:
        who = " and ".join(_person(each) for each in edition["authors"])
        text = f"{who} ({built[:4]}). {title}. In {edition['title']}, {made_from}, built on {built}."
        fields = {
            "author": f"{{{who}}}",
            "title": title,
            "booktitle": edition["title"],
            "year": built[:4],
            "note": f"{made_from}, built on {built}",
            **({"url": address} if address else {}),
        }
        rows = ",\n".join(f"  {key:<9} = {{{value}}}" for key, value in fields.items())
        entry = f"@incollection{{{name}-{built[:4]},\n{rows}\n}}"
        said = f"<p>{escape(f'{text} {address}'.strip())}</p>"
        parts.append(_folded("Cite this page", said + _code(entry)))
    return f'<section class="repsim-facts" aria-label="About this page">{"".join(parts)}</section>'


def add(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the box to a page that a person wrote."""
    if doctree is None or "body" not in context:
        return
    source = Path(app.srcdir)
    name = pagename.rpartition("/")[2]
    base = app.config.html_baseurl.rstrip("/")
    context["body"] += facts(
        app.env.titles[pagename].astext(),
        name,
        context.get("last_updated") or "",
        edition=_read(source / "CITATION.cff"),
        parameters=_read(source / RESULTS / name / PARAMETERS_FILE),
        address=f"{base}/{pagename}.html" if base else "",
    )


def _read(path: Path) -> dict[str, Any]:
    """The content of a JSON or YAML file; empty if there is none."""
    import yaml

    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)


def _person(author: dict[str, str]) -> str:
    return author.get("name") or f"{author['given-names']} {author['family-names']}"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>{body}</details>"


def _code(text: str) -> str:
    """Text that keeps its lines, with the button that copies it."""
    return f'<div class="highlight"><pre>{escape(text)}</pre></div>'
