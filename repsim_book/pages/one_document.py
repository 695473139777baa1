"""The pages of a book as one HTML document, in which links between pages lead from one of its places to another.

Ids of different pages can be equal: each gets the name of its page in front.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4

from repsim_book.site.paper import FOOT_MARK
from repsim_book.site.readable_math import readable

# Attributes whose value is one id or several.
_NAMED = ("id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
# Elements that a document on paper has no use for.
_LEFT_OUT = (
    "script, noscript, button, form, .headerlink, .repsim-rerun, .repsim-downloads, .repsim-facts > p,"
    " .repsim-pdf"
)


@dataclass(frozen=True)
class Heading:
    """A heading of a joined document.

    Attributes:
        level: 1 for a page, 2 and more for its sections.
        place: the id that a link to it names.
        text: plain.
        html: the same, with formulas.
    """

    level: int
    place: str
    text: str
    html: str


@dataclass(frozen=True)
class Joined:
    """Pages that have been joined.

    Attributes:
        styles: elements for the head of the document.
        body: by page, the HTML of its article.
        headings: of all pages, in order.
    """

    styles: str
    body: Mapping[str, str]
    headings: Sequence[Heading]


def place_of(name: str, fragment: str = "") -> str:
    """The id, in the joined document, of a page or of a place in it."""
    page = re.sub(r"\W+", "-", name)
    return f"{page}--{fragment}" if fragment else page


def join(html: Path, names: Sequence[str], address: str = "") -> Joined:
    """Join built pages.

    Args:
        html: the folder of the pages.
        names: of the pages, in order: their paths in the folder, without suffix.
        address: of the published book, for links to what is not among these pages; without it these are plain text.
    """
    styles: dict[str, None] = {}
    body, headings = {}, []
    for name in names:
        path = html / f"{name}.html"
        page = bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        styles.update(dict.fromkeys(_styles(page, path)))
        article = page.find("article", class_="bd-article")
        assert isinstance(article, bs4.Tag), name
        for each in article.select(_LEFT_OUT):
            each.decompose()
        links = _Links(html, name, frozenset(names), address)
        for element in [article, *article.find_all(True)]:
            _rewrite(element, links)
        _fold_out(article)
        headings += _headings(article, name)
        body[name] = article.decode()
    # Of the sheets that are written into pages, the one with more has the others' rules too: it has the last word.
    ordered = sorted(styles, key=lambda each: len(each) if each.startswith("<style") else 0)
    return Joined("\n".join(ordered), body, headings)


@dataclass(frozen=True)
class _Links:
    """Where what a page names is: other places of the document, files, other sites."""

    html: Path
    name: str
    names: frozenset[str]
    address: str

    def href(self, url: str) -> str | None:
        """What a link leads to; None for a link that is none in this document."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            return url
        target = self._path(parts.path) if parts.path else self.html / f"{self.name}.html"
        page = (
            target.relative_to(self.html).with_suffix("").as_posix()
            if target.is_relative_to(self.html)
            else ""
        )
        if page in self.names and target.suffix == ".html":
            return f"#{place_of(page, unquote(parts.fragment))}"
        if not self.address or not page:
            return None
        return f"{self.address}/{target.relative_to(self.html).as_posix()}" + (
            f"#{parts.fragment}" if parts.fragment else ""
        )

    def file(self, url: str) -> str:
        """The address of a file that the page shows."""
        parts = urlsplit(url)
        return url if parts.scheme or parts.netloc or not parts.path else self._path(parts.path).as_uri()

    def _path(self, path: str) -> Path:
        return (self.html / self.name).parent.joinpath(unquote(path)).resolve()


def _rewrite(element: bs4.Tag, links: _Links) -> None:
    """Fit the attributes of an element into the document."""
    for key, value in list(element.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else str(value)
        if key in _NAMED:
            element[key] = " ".join(place_of(links.name, each) for each in text.split())
        elif key in ("href", "xlink:href") and element.name != "a" and text.startswith("#"):  # in a drawing
            element[key] = f"#{place_of(links.name, text[1:])}"
        elif key == "href" and element.name == "a":
            found = links.href(text)
            if found is None:
                del element[key]
            else:
                element[key] = found
        elif key == "src":
            element[key] = links.file(text)
        elif "url(#" in text:
            element[key] = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{place_of(links.name, m[1])})", text)


def _fold_out(article: bs4.Tag) -> None:
    """Open what is folded; of what a page says about itself, leave its parameters, where it has some."""
    for details in article.find_all("details"):
        details["open"] = ""
    for facts in article.select(".repsim-facts"):
        for each in facts.find_all("details"):
            if each.summary is None or not each.summary.get_text().startswith("Parameters"):
                each.decompose()
        if facts.details is None:
            facts.decompose()


def _headings(article: bs4.Tag, name: str) -> Iterator[Heading]:
    """The headings of a page, each with an id of its own."""
    for number, heading in enumerate(article.find_all(re.compile("^h[1-6]$"))):
        own = heading.get("id") or f"{place_of(name)}---{number}"
        place = str(own) if number else place_of(name)
        heading["id"] = place
        inner = bs4.BeautifulSoup(heading.decode_contents(), "html.parser")
        for each in inner.find_all(id=True):
            del each["id"]
        yield Heading(int(heading.name[1]), place, _plain(inner), inner.decode())


def _plain(heading: bs4.BeautifulSoup) -> str:
    """The text of a heading in one line."""
    for formula in heading.select(".math"):
        source = formula.find("annotation")
        formula.replace_with(readable(source.get_text()) if source is not None else formula.get_text())
    return " ".join(heading.get_text().split())


def _styles(page: bs4.BeautifulSoup, path: Path) -> Iterator[str]:
    """The style sheets of a page, without the one that says what stands at its foot."""
    head = page.head
    assert head is not None
    for each in head.select(f"link[rel=stylesheet], style:not(noscript *, [{FOOT_MARK}])"):
        if each.name == "link":
            name, _, _ = str(each["href"]).partition("?")
            yield f'<link rel="stylesheet" href="{path.parent.joinpath(unquote(name)).resolve().as_uri()}">'
        else:
            yield f"<style>{_with_files(each.get_text(), path)}</style>"


def _with_files(css: str, path: Path) -> str:
    """A style sheet whose files have addresses that hold anywhere."""

    def whole(found: re.Match[str]) -> str:
        if re.match(r"data:|#|\w+://", found[2]):
            return found[0]
        return f"url({path.parent.joinpath(unquote(found[2])).resolve().as_uri()})"

    return re.sub(r"url\((['\"]?)([^'\")]+)\1\)", whole, css)
