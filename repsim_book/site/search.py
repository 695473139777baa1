"""The book's search: a page, and beside it the entries that it looks through.

While pages are written their entries are gathered (`search_entries`). The search page alone loads them, as a script, so
that it also works where a browser opens the files themselves; `search.js` asks MiniSearch for what fits.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes

from repsim_book.paths import CHAPTERS
from repsim_book.site import search_entries
from repsim_book.site.search_entries import Entry
from repsim_core.files import write_atomic

ENTRIES_FILE = "search-entries.js"
SCRIPTS = ("minisearch.js", ENTRIES_FILE, "search.js")
# What Sphinx's own search is, which the theme has every page load.
SPHINX_SCRIPT = re.compile(r"\s*<script[^>]*/?(?:searchtools|language_data|searchindex)\.js[^>]*></script>")
SPHINX_FILES = ("searchtools.js", "language_data.js")
# Of tables with this first column, each row is an entry.
SYMBOLS = "Symbol"

BODY = """\
<h1>Search</h1>
<form class="bd-search d-flex align-items-center pst-js-only" id="search-form" role="search" action="search.html">
<i class="fa-solid fa-magnifying-glass" aria-hidden="true"></i>
<input type="search" class="form-control" name="q" id="search-words" placeholder="Search this book"
 aria-label="Search this book" autocomplete="off" autocorrect="off" autocapitalize="off" spellcheck="false">
</form>
<noscript><p>The search needs JavaScript. Without it, the <a href="genindex.html">index</a> lists functions and
attributes, the <a href="prf-prf.html">list of statements</a> definitions and theorems, the page
<a href="{notation}">Notation</a> symbols, and the <a href="{home}">first page</a> what each chapter is
about.</p></noscript>
<p id="search-count" role="status"></p>
<p id="search-instead" hidden>The book's words may be others: see the <a href="{home}">chapters</a>, the
<a href="{notation}">symbols</a>, the <a href="genindex.html">functions</a> or the
<a href="prf-prf.html">statements</a>.</p>
<ol id="search-results"></ol>
<p><button type="button" class="btn btn-outline-primary" id="search-more" hidden>Show all</button></p>
<template id="search-result"><li class="search-result">
<p class="search-title"><a></a> <span class="search-kind"></span></p><p class="search-trail"></p>
<p class="search-excerpt"><mark class="search-found"></mark></p></li></template>
{scripts}
"""


class Search:
    """The entries of a book, gathered page by page."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, list[Entry]]] = {}

    def begin(self, app: Any) -> None:
        """Make no index of Sphinx's own."""
        app.builder.search = False

    def gather(self, app: Any, document: Any, docname: str) -> None:
        """Keep the entries of a page whose references are resolved."""
        numbers = app.env.toc_fignumbers.get(docname, {})

        def number(kind: str, name: str) -> str:
            return ".".join(map(str, numbers.get(kind, {}).get(name, ())))

        entries = search_entries.entries(document, number)
        folder, _, name = docname.rpartition("/")
        if folder == CHAPTERS and entries:  # readers ask for a chapter by its number, which no title has
            entries[0].trail = (f"Chapter {name.partition('_')[0]}",)
        self.found[docname] = (app.env.titles[docname].astext(), entries)

    def page(self, app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
        """The search page: its address, its context, its template."""
        data = entries_file({app.builder.get_target_uri(name): found for name, found in self.found.items()})
        write_atomic(Path(app.outdir) / "_static" / ENTRIES_FILE, data.encode())
        home, notation = (app.builder.get_target_uri(name) for name in (app.config.root_doc, "book/notation"))
        scripts = "".join(f'<script defer src="_static/{name}"></script>' for name in SCRIPTS)
        body = BODY.format(home=home, notation=notation, scripts=scripts)
        yield "search", {"title": "Search", "body": body}, "page.html"


def name_symbols(app: Any, document: Any) -> None:
    """Give the rows of tables of symbols ids, to which the search leads."""
    for table in document.findall(nodes.table):
        head = next(table.findall(nodes.thead), None)
        first = next(head.findall(nodes.entry), None) if head is not None else None
        if first is None or first.astext().strip() != SYMBOLS:
            continue
        for row in next(table.findall(nodes.tbody)).children:
            letters = search_entries.words(row.children[0])
            name = nodes.make_id("symbol-" + "".join(map(_spelled, letters)))
            while name in document.ids:
                name += "-again"
            row["ids"] = [name]
            document.ids[name] = row


def _spelled(letter: str) -> str:
    """A letter for an id, which is ASCII: of others the last word of their name."""
    return (
        f"-{unicodedata.name(letter).split()[-1]}-" if letter.isalpha() and not letter.isascii() else letter
    )


def announce(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the theme know that there is a search page, though it is not Sphinx's."""
    known = context["hasdoc"]
    context["hasdoc"] = lambda name: name == "search" or known(name)


def without_leftovers(html: str) -> str:
    """The HTML of a page without the scripts of Sphinx's own search."""
    return SPHINX_SCRIPT.sub("", html)


def entries_file(pages: dict[str, tuple[str, list[Entry]]]) -> str:
    """The script that holds the entries: of each page its address, title and entries."""
    told = [
        [address, title, [[e.anchor, e.kind, e.title, " › ".join(e.trail), e.text] for e in found]]
        for address, (title, found) in pages.items()
    ]
    return f"var repsimPages = {json.dumps(told, ensure_ascii=False, separators=(',', ':'))};\n"
