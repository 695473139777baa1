"""The PDF edition: a built book on paper, with a title page, contents, and links that lead from page to page.

All pages are joined to one document, which a browser prints; so links, outline and structure are the browser's own. It
is printed twice: where a section begins is known after the first time, and stands in the contents the second.
"""

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bs4

from repsim_book.claims import claimed
from repsim_book.pages.browser import find_browser, print_page
from repsim_book.pages.contents import pages_in_toc
from repsim_book.pages.one_document import Heading, Joined, join, place_of
from repsim_book.paths import CONFIG, PDF_EDITION, build_folder, executed_folder
from repsim_core.errors import ExecutionError, InputError
from repsim_core.files import write_atomic

_STYLE = Path(__file__).with_suffix(".css")
# Where the home page names the edition.
_MENTION = re.compile(r'<span class="repsim-pdf">.*?</span>', re.DOTALL)
STEPS = ("pages joined", "printed once", "printed with page numbers", "written")


@dataclass(frozen=True)
class About:
    """What the title page says.

    Attributes:
        title: of the book.
        of: what it is an edition of.
        authors: of the book.
        date: when its pages were built, as in 2026-01-31.
        made: further lines, as HTML: version, address, licence.
        language: of the text, as in `en`.
    """

    title: str
    of: str
    authors: str
    date: str
    made: Sequence[str]
    language: str


def make(
    root: Path,
    profile: str,
    html: Path,
    *,
    names: Sequence[str] = (),
    browser: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[Path, int]:
    """Print a book's pages into one PDF among them, named on the home page; its path, and its number of pages.

    Args:
        root: the book's folder.
        profile: the name of the profile that the pages are of.
        html: the folder of the pages.
        names: of the pages; those of the table of contents by default.
        browser: a program to print with; one that is installed by default.
        step: is called with each of `STEPS` when it is done.

    Raises:
        InputError: there is no browser; pages are missing; or the book is being built.
        ExecutionError: the browser failed.
    """
    program = find_browser(browser)
    names = names or pages_in_toc(root)
    if missing := [name for name in names if not (html / f"{name}.html").is_file()]:
        raise InputError(f"the book at {html} lacks {', '.join(missing)}: run `make book` again")
    with (
        claimed(executed_folder(root, profile)),
        tempfile.TemporaryDirectory(dir=build_folder(root), prefix=".pdf-") as folder,
    ):
        config = _yaml(root / CONFIG)
        home = bs4.BeautifulSoup((html / f"{names[0]}.html").read_text(encoding="utf-8"), "html.parser")
        canonical = home.select_one("link[rel=canonical]")
        address = str(canonical["href"]).removesuffix(f"/{names[0]}.html") if canonical else ""
        about = _about(root, home, config, profile, address)
        joined = join(html, names, address)
        step(STEPS[0])
        headings = [Heading(1, "contents", "Contents", "Contents"), *joined.headings]
        page, printed = Path(folder) / "book.html", Path(folder) / "book.pdf"

        def print_with(numbers: Mapping[str, int]) -> dict[str, int]:
            page.write_text(document(about, joined, numbers), encoding="utf-8")
            print_page(program, page, printed, Path(folder))
            return page_numbers(printed, headings)

        numbers = print_with({})
        step(STEPS[1])
        if print_with(numbers) != numbers:
            raise ExecutionError("the contents take another number of pages with page numbers than without")
        step(STEPS[2])
        data, count = finished(printed, about, headings)
        write_atomic(html / PDF_EDITION, data)
        _mention(html, names[0], count, len(data))
        step(STEPS[3])
    return html / PDF_EDITION, count


def document(about: About, joined: Joined, numbers: Mapping[str, int]) -> str:
    """The HTML of the whole edition.

    Args:
        about: for the title page.
        joined: the pages.
        numbers: of the printed pages, by place; nothing where they are not known yet.
    """
    titles = {heading.place: heading.text for heading in joined.headings if heading.level == 1}
    feet, sections = [], []
    for name, body in joined.body.items():
        place = place_of(name)
        feet.append(f"@page {place} {{ @bottom-left {{ content: {json.dumps(titles[place])}; }} }}")
        sections.append(f'<section class="paper-page" style="page: {place}">{body}</section>')
    lines = [
        f'<li class="{"page" if heading.level == 1 else "section"}"><a href="#{heading.place}">{heading.html}</a>'
        f'<span class="number">{numbers.get(heading.place, "")}</span></li>'
        for heading in joined.headings
        if heading.level <= 2
    ]
    made = "".join(f"<p>{line}</p>" for line in about.made)
    return f"""<!doctype html>
<html lang="{escape(about.language)}" data-theme="light">
<head>
<meta charset="utf-8">
<title>{escape(about.title)}</title>
{joined.styles}
<style>{_STYLE.read_text(encoding="utf-8")}{"".join(feet)}</style>
</head>
<body>
<div class="bd-main"><div class="bd-content"><div class="bd-article-container">
<section class="paper-title">
<p class="name">{escape(about.title)}</p>
<p class="of">{escape(about.of)}</p>
<p class="by">{escape(about.authors)}</p>
<div class="made">{made}</div>
</section>
<nav class="paper-contents bd-article"><h1 id="contents">Contents</h1><ol>{"".join(lines)}</ol></nav>
{"".join(sections)}
</div></div></div>
</body>
</html>
"""


def page_numbers(pdf: Path, headings: Sequence[Heading]) -> dict[str, int]:
    """The numbers of the printed pages on which headings stand, by their places."""
    from pypdf import PdfReader

    with PdfReader(pdf) as reader:
        entries = _entries(reader.trailer["/Root"])
        pages = {
            page.indirect_reference.idnum: n
            for n, page in enumerate(reader.pages, 1)
            if page.indirect_reference
        }
        if len(entries) != len(headings):
            raise ExecutionError(
                f"the browser's outline has {len(entries)} entries, expected {len(headings)}"
            )
        return {
            heading.place: pages[entry["/Dest"][0].get_object().indirect_reference.idnum]
            for heading, entry in zip(headings, entries, strict=True)
        }


def finished(pdf: Path, about: About, headings: Sequence[Heading]) -> tuple[bytes, int]:
    """The printed file with its metadata and a tidy outline, and its number of pages."""
    from io import BytesIO

    from pypdf import PdfWriter
    from pypdf.generic import NameObject, NumberObject, TextStringObject

    writer = PdfWriter(clone_from=pdf)
    root = writer.root_object
    for heading, entry in zip(headings, _entries(root), strict=True):
        entry[NameObject("/Title")] = TextStringObject(heading.text)
        if "/Count" in entry:  # folded
            entry[NameObject("/Count")] = NumberObject(-abs(int(entry["/Count"])))
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    root[NameObject("/Lang")] = TextStringObject(about.language)
    day = {"/CreationDate": date, "/ModDate": date} if (date := _pdf_date(about.date)) else {}
    writer.metadata = {
        "/Title": about.title,
        "/Author": about.authors,
        "/Subject": about.of,
        "/Creator": f"repsim {version('repsim-core')}",
        **day,
    }
    written = BytesIO()
    writer.write(written)
    return written.getvalue(), len(writer.pages)


def _pdf_date(day: str) -> str:
    """A day, as in 2026-01-31, in PDF's form; "" for what is none."""
    return f"D:{day.replace('-', '')}000000Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else ""


def _entries(catalogue: Any) -> list[Any]:
    """The entries of an outline, in the order in which they are read."""
    found: list[Any] = []

    def follow(entry: Any) -> None:
        while entry is not None:
            entry = entry.get_object()
            if "/Title" in entry:
                found.append(entry)
            if "/First" in entry:
                follow(entry["/First"])
            entry = entry.get("/Next")

    follow(catalogue.get("/Outlines"))
    return found


def _about(
    root: Path, home: bs4.BeautifulSoup, config: Mapping[str, Any], profile: str, address: str
) -> About:
    """What the title page says, from the book's settings, its citation file and its first page."""
    citation = _yaml(root / "CITATION.cff")
    names = [
        each.get("name") or f"{each['given-names']} {each['family-names']}"
        for each in citation.get("authors", [])
    ]
    settings = config.get("sphinx", {}).get("config", {})
    updated = home.select_one("meta[name='docbuild:last-update']")
    said = home.select_one(".repsim-facts > p")
    made = [escape(said.get_text())] if said else []
    if profile != "default":
        made.append(
            f"Built with the profile {escape(profile)}: chapters may have other parameters than in the book."
        )
    if address:
        made.append(f'<a href="{escape(address)}">{escape(address)}</a>')
    if licence := settings.get("html_theme_options", {}).get("extra_footer"):
        made.append(licence)
    return About(
        str(config["title"]),
        str(config.get("author", "")),
        " and ".join(names),
        str(updated["content"]) if updated else "",
        made,
        settings.get("language", "en"),
    )


def _mention(html: Path, home: str, count: int, size: int) -> None:
    """Name the edition on the home page, where the page has a place for it."""
    path = html / f"{home}.html"
    address = "../" * home.count("/") + PDF_EDITION
    said = (
        f' For paper: <a href="{address}">the whole book as a PDF</a> ({count} pages, {size / 1e6:.1f} MB).'
    )
    text = path.read_text(encoding="utf-8")
    named = _MENTION.sub(f'<span class="repsim-pdf">{said}</span>', text, count=1)
    if named != text:
        write_atomic(path, named.encode())


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}
