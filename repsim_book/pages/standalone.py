"""A page that needs no other file: one chapter of the book with its styles, fonts, scripts and images inside."""

import base64
import mimetypes
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from repsim_book.chapters import chapter_paths
from repsim_book.pages.jupyter_book import run_jupyter_book
from repsim_book.pages.sources import gather
from repsim_book.paths import CHAPTERS, TOC
from repsim_book.processes import held
from repsim_core.files import temporary_beside, write_atomic

# Of the book's frame, what leads to other pages; hidden and not removed, because the theme's script looks for it
FRAME = (
    ".bd-header, .bd-sidebar-primary, .sidebar-toggle, .bd-header-article, .prev-next-footer, .search-button"
)
POINTERS = ", ".join(f"link[rel={kind}]" for kind in ("search", "index", "prev", "next", "preload"))
UNUSED_FONTS = re.compile(r",\s*url\([^)]*\.(?:ttf|eot|woff|svg)(?:[?#][^)]*)?\)\s*format\([^)]*\)")


def standalone_page(root: Path, chapter: Path, notebook: Path) -> Path:
    """Write an executed notebook of a chapter as one HTML file beside it; its path.

    It looks as in the book: the whole book is built around it, with the other chapters not executed, so that
    references and citations have their texts. Links to other pages become plain text. Raises ChapterError.
    """
    name = notebook.stem
    files = gather(root, {name: notebook})
    for other, path in chapter_paths(root).items():
        if other != name:
            files[f"{CHAPTERS}/{other}.md"] = path.read_bytes()
    if chapter != chapter_paths(root).get(name):  # a chapter that the book does not have
        files[TOC] = f"format: jb-book\nroot: {CHAPTERS}/{name}\n".encode()
    folder = temporary_beside(notebook)
    try:
        source = folder / "source"
        for file, data in files.items():
            write_atomic(source / file, data)
        pages = run_jupyter_book(source, folder / "work", folder / "log", strict=False, temporary=folder)
        html = inline(pages / CHAPTERS / f"{name}.html")
    finally:
        with held():
            shutil.rmtree(folder, ignore_errors=True)
    page = notebook.with_suffix(".html")
    write_atomic(page, html.encode())
    return page


def inline(page: Path) -> str:
    """The HTML of a page with all local files that it refers to inside, as data URIs."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for element in soup.select(f"{POINTERS}, .repsim-no-scripts"):
        element.decompose()
    for element in soup.select(FRAME):
        element["style"] = "display: none !important"
    # CSS selectors see nothing inside of a template, where the library is that draws figures
    for element in [*soup.find_all(src=True), *soup.select("link[href]")]:
        attribute = "src" if element.has_attr("src") else "href"
        file = _local_file(page.parent, str(element[attribute]))
        if file is None:
            continue
        element[attribute] = _data_uri(file)
    for element in soup.select("style"):
        element.string = _inline_css(page, element.string or "")
    for element in soup.select("a[href]"):
        link = urlsplit(str(element["href"]))
        if not link.scheme and not link.netloc and link.path:
            element.name = "span"
            del element["href"]
    return str(soup)


def _local_file(folder: Path, reference: str) -> Path | None:
    """The file that a reference means, None if it is elsewhere or missing."""
    link = urlsplit(reference)
    file = (folder / unquote(link.path)).resolve()
    return file if not link.scheme and not link.netloc and link.path and file.is_file() else None


def _data_uri(file: Path) -> str:
    data = file.read_bytes()
    if file.suffix == ".css":
        data = _inline_css(file, data.decode("utf-8")).encode()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _inline_css(file: Path, css: str) -> str:
    """A style sheet with the files inside that its url(...) name; of fonts one format, which all browsers know."""

    def replaced(match: re.Match[str]) -> str:
        target = _local_file(file.parent, match[1].strip("\"' "))
        return f'url("{_data_uri(target)}")' if target else match[0]

    return re.sub(r"url\(([^)]+)\)", replaced, UNUSED_FONTS.sub("", css))
