"""How pages are found and shared: what search engines, messengers and reference managers read at a page's head.

The descriptions are those that pages have in their front matter. Addresses are whole where the book's is known
(`html: baseurl` in `_config.yml`, or REPSIM_ADDRESS), and else from the page.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from repsim_book.site import cards
from repsim_book.site.edition import authors, edition
from repsim_core.files import write_atomic

# The drawing on the card of the book, in the sources.
COVER = "book/_static/two-models.svg"
CARDS = "_static/cards"
SHARED_CARD = f"{CARDS}/book.png"
TOUCH_ICON = "_static/touch-icon.png"
NOT_FOUND = "404"
NOT_FOUND_BODY = """\
<h1>No such page</h1>
<p>There is nothing at this address; perhaps it has moved. Try the <a href="search.html">search</a>, the
<a href="genindex.html">index</a>, or begin on the <a href="{home}">first page</a>.</p>
"""
# Pages that search engines are to leave out: what they have is elsewhere.
UNLISTED = {NOT_FOUND, "search", "genindex"}
# The theme's metadata that say nothing, and the place of a page that it says twice.
EMPTY = re.compile(
    r'\s*<meta name="docsearch:\w+"[^>]*/?>|\s*<meta name="viewport"[^>]*/?>(?=[\s\S]*?<meta name="viewport")'
)
# A title and a list of contents for printing, which repeat what the page has.
REPEATED = re.compile(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', re.DOTALL)
# An address on a page, of the book itself.
OWN = re.compile(r'\b(href|src|action)="(?![a-z]+:|/|#)([^"]*)"')
OWN_STYLE = re.compile(r"\burl\((?![\"']?(?:[a-z]+:|/|#))([\"']?)")


class Head:
    """What is put into the heads of pages; draws the card of each page that has a figure."""

    def __init__(self) -> None:
        self.book: dict[str, Any] = {}

    def begin(self, app: Any) -> None:
        """Read what the book is called, and draw what all pages share."""
        if app.builder.format != "html":
            return
        source, folder = Path(app.srcdir), Path(app.outdir)
        self.book = edition(source)
        cover = source / COVER
        drawing = cards.Drawing(cover.read_text(encoding="utf-8"), "") if cover.is_file() else None
        title = self.book.get("title", app.config.project)
        cards.draw(cards.card(title, app.config.author, "", drawing), folder / SHARED_CARD)
        icon = source / str(app.config.html_favicon)
        if icon.suffix == ".svg" and icon.is_file():
            cards.draw(cards.touch_icon(icon.read_text(encoding="utf-8")), folder / TOUCH_ICON)

    def add(self, app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
        """Put what others read of a page into its head."""
        if pagename == app.config.root_doc:
            context["docstitle"] = ""  # the page's own title is the book's
        tags = []
        if (Path(app.outdir) / TOUCH_ICON).is_file():
            tags.append(f'<link rel="apple-touch-icon" href="{escape(context["pathto"](TOUCH_ICON, 1))}">')
        if pagename in UNLISTED:
            context["pageurl"] = None
            tags.append('<meta name="robots" content="noindex">')
        if doctree is not None:
            tags += self._described(app, pagename, context, doctree)
        context["metatags"] = context.get("metatags", "") + "".join(f"\n    {tag}" for tag in tags) + "\n"

    def _described(self, app: Any, pagename: str, context: dict[str, Any], doctree: Any) -> list[str]:
        """The tags of a page that a person wrote."""
        base, first = app.config.html_baseurl, pagename == app.config.root_doc
        title = app.env.titles[pagename].astext()
        description = description_of(doctree)
        name = self.book.get("title", app.config.project)
        picture, meaning = SHARED_CARD, name
        if figure := None if first else cards.first_figure(context.get("body", "")):
            picture, meaning = f"{CARDS}/{pagename.rpartition('/')[2]}.png", figure.meaning
            cards.draw(cards.card(title, description, name, figure), Path(app.outdir) / picture)
        address = f"{base}{app.builder.get_target_uri(pagename)}" if base else ""
        graph = {
            "og:type": "website" if first else "article",
            "og:title": title,
            "og:description": description,
            "og:site_name": name,
            "og:url": address,
            "og:image": f"{base}{picture}" if base else context["pathto"](picture, 1),
            "og:image:width": str(cards.WIDTH),
            "og:image:height": str(cards.HEIGHT),
            "og:image:alt": meaning,
        }
        tags = [_tag("property", key, value) for key, value in graph.items() if value]
        tags.append(_tag("name", "twitter:card", "summary_large_image"))
        if not self.book:
            return tags
        built = str(context.get("last_updated") or "")
        cited = [("title", name if first else title)]
        cited += [("author", author) for author in authors(self.book)]
        cited += [("publication_date", built.replace("-", "/")), ("inbook_title", "" if first else name)]
        cited += [
            ("language", app.config.language),
            ("public_url", address),
            ("doi", self.book.get("doi", "")),
        ]
        tags += [_tag("name", f"citation_{key}", value) for key, value in cited if value]
        data = linked_data(self.book, "" if first else title, description, built, address)
        tags.append(f'<script type="application/ld+json">{data}</script>')
        return tags


def description_of(doctree: Any) -> str:
    """What a page's front matter says of it; "" if it says nothing."""
    from docutils import nodes

    return " ".join(
        each["content"] for each in doctree.findall(nodes.meta) if each.get("name") == "description"
    )


def _tag(kind: str, name: str, value: str) -> str:
    return f'<meta {kind}="{name}" content="{escape(value)}">'


def linked_data(book: dict[str, Any], chapter: str, description: str, built: str, address: str) -> str:
    """The same for search engines, as JSON in the words of schema.org.

    Args:
        book: what CITATION.cff says.
        chapter: the title of the page; "" for that of the book itself.
        description, built, address: of the page; empty ones are left out.
    """
    whole = {"@type": "Book", "name": book["title"], "version": str(book.get("version", ""))}
    told = {
        "@context": "https://schema.org",
        **({"@type": "Chapter", "name": chapter, "isPartOf": whole} if chapter else whole),
        "author": [{"@type": "Organization", "name": name} for name in authors(book)],
        "description": description,
        "dateModified": built,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": address,
        "isBasedOn": (book.get("preferred-citation") or {}).get("url", ""),
    }
    text = json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def not_found(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page for addresses that lead nowhere."""
    home = app.builder.get_target_uri(app.config.root_doc)
    yield NOT_FOUND, {"title": "No such page", "body": NOT_FOUND_BODY.format(home=home)}, "page.html"


def said_once(html: str) -> str:
    """The HTML of a page without what the theme says twice."""
    return REPEATED.sub("", EMPTY.sub("", html))


def list_pages(app: Any, error: Exception | None) -> None:
    """When all pages are written: list them, where the book's address is known."""
    folder, base = Path(app.outdir), app.config.html_baseurl
    if base and error is None and app.builder.format == "html":
        pages = [f"{base}{app.builder.get_target_uri(name)}" for name in sorted(app.env.all_docs)]
        write_atomic(folder / "sitemap.xml", sitemap(pages).encode())


def sitemap(pages: Iterable[str]) -> str:
    """The list of these addresses for search engines."""
    listed = "".join(f"<url><loc>{escape(page)}</loc></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{listed}</urlset>\n"


def anchor_not_found(app: Any, error: Exception | None) -> None:
    """Have the page for addresses that lead nowhere lead to the book from any of them; the last change of all."""
    path = Path(app.outdir) / f"{NOT_FOUND}.html"
    if error is None and path.is_file():
        root = urlsplit(app.config.html_baseurl).path or "/"
        write_atomic(path, anchored(path.read_text(encoding="utf-8"), root).encode())


def anchored(html: str, root: str) -> str:
    """A page in the book's own folder with addresses that begin with `root`, the folder's path on its site."""
    return OWN_STYLE.sub(rf"url(\1{root}", OWN.sub(rf'\1="{root}\2"', html))
