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
from repsim_book.site.edition import authors, edition

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
    book: dict[str, Any],
    parameters: dict[str, Any],
    address: str = "",
) -> str:
    """The HTML of the box at the end of a page.

    Args:
        title: of the page, plain text.
        name: of the page's file without suffix, for the key of the BibTeX entry.
        built: the date.
        book: what CITATION.cff says of the book; empty for no citation.
        parameters: values by name; empty for a page without.
        address: of the published page, if it is known.
    """
    made_from = f"version {version(PACKAGE)}" + (f", commit {known}" if (known := commit()) else "")
    parts = [f"<p>{escape(made_from.capitalize())}, built on {built}.</p>"]
    if parameters:
        lines = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
        parts.append(_folded("Parameters of this page", _code(lines)))
    if book:
        parts.append(_folded("Cite this page", citation(title, name, built, made_from, book, address)))
    return f'<section class="repsim-facts" aria-label="About this page">{"".join(parts)}</section>'


def citation(title: str, name: str, built: str, made_from: str, book: dict[str, Any], address: str) -> str:
    """How to cite a page, and the paper that it is about: as text and as BibTeX.

    Args:
        title, name, built, book, address: as for `facts`.
        made_from: version and commit, in words.
    """
    who, whole, doi = " and ".join(authors(book)), book["title"], book.get("doi", "")
    place = f"https://doi.org/{doi}" if doi else address
    where = "" if title == whole else f"In {whole}, "
    text = f"{who} ({built[:4]}). {title}. {where}{made_from}, built on {built}. {place}".strip()
    kind, fields = ("misc", {}) if title == whole else ("incollection", {"booktitle": whole})
    fields = {"author": f"{{{who}}}", "title": title, **fields, "year": built[:4]}
    fields |= {"note": f"{made_from}, built on {built}", "doi": doi, "url": address}
    parts = [f"<p>{_linked(text)}</p>", _code(_entry(kind, f"{name}-{built[:4]}", fields))]
    if paper := book.get("preferred-citation"):
        who, series, year = authors(paper), paper.get("collection-title", ""), str(paper["year"])
        text = f"{', '.join(who)} ({year}). {paper['title']}. {series}. {paper.get('url', '')}"
        fields = {
            "author": " and ".join(who),
            "title": f"{{{paper['title']}}}",
            "booktitle": series,
            "year": year,
        }
        fields["url"] = paper.get("url", "")
        key = f"{paper['authors'][0]['family-names'].lower()}{year}closeness"
        parts += ["<p>The paper that the book is about:</p>", f"<p>{_linked(text)}</p>"]
        parts.append(_code(_entry("inproceedings", key, fields)))
    return "".join(parts)


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    """An entry of BibTeX, without empty fields."""
    rows = ",\n".join(f"  {name:<9} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{rows}\n}}"


def _linked(text: str) -> str:
    """Text as HTML, with an address at its end as a link."""
    before, space, last = text.rpartition(" ")
    if not last.startswith("https://"):
        return escape(text)
    return f'{escape(before)}{space}<a href="{escape(last)}">{escape(last)}</a>'


def add(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the box to a page that a person wrote."""
    if doctree is None or "body" not in context:
        return
    source = Path(app.srcdir)
    name = pagename.rpartition("/")[2]
    base = app.config.html_baseurl.rstrip("/")
    book = edition(source)
    first = pagename == app.config.root_doc
    context["body"] += facts(
        book["title"] if book and first else app.env.titles[pagename].astext(),
        name,
        context.get("last_updated") or "",
        book=book,
        parameters=_read(source / RESULTS / name / PARAMETERS_FILE),
        address=f"{base}/{pagename}.html" if base else "",
    )


def _read(path: Path) -> dict[str, Any]:
    """The content of a JSON file; empty if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>{body}</details>"


def _code(text: str) -> str:
    """Text that keeps its lines, with the button that copies it."""
    return f'<div class="highlight"><pre>{escape(text)}</pre></div>'
