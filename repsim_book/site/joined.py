"""Pages that a slow connection shows soon: styles inside of them, and one script in place of a dozen.

The style sheet has the rules of all that a page would load, in their order, less those that no page can need. It stands
in the page, since the browser shows nothing before it is there. The script runs when the page has been read, and
is asked for when all of it has come. The files that both are made of stay where they are.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from repsim_book.paths import JOINED, THEBE
from repsim_book.site.search import ENTRIES_FILE
from repsim_book.site.style_rules import Names, StyleSheet
from repsim_book.site.written_pages import written_pages
from repsim_core.files import write_atomic

SHEET = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)></script>\n?")
PRELOAD = re.compile(r'[ \t]*<link\b[^>]*\brel="preload"[^>]*\bas="script"[^>]*>\n?')
ADDRESS = re.compile(r'\b(?:href|src)="([^"]+)"')
DATA = re.compile(r'\s(data-[\w-]+)="([^"]*)"')
# The mark of a script that another one loads when it is needed.
LATER = "data-repsim-later"
# Asked for by scripts inside of a page, which run before the joined one: its text is put among them.
OPTIONS = "documentation_options.js"
IMPORT = re.compile(r"@import\s+(?:url\()?[\"']?([^\"')]+)[\"']?\)?\s*;")
URL = re.compile(r"url\(\s*([\"']?)([^\"')]+)\1\s*\)")
# In an address in a style sheet, where the folder of the pages is.
ROOT = "repsim-root:"
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


# Each runs by itself, as it would from a file of its own, and finds the data of its element.
RUN = """const run = (text, data) => {
  const script = Object.assign(document.createElement("script"), { text });
  for (const [name, value] of Object.entries(data)) script.setAttribute(name, value);
  document.head.append(script);
  script.remove();
};
"""


class Script(NamedTuple):
    """A script that a page loads: its path in the folder of the pages, and names and values of its element's data."""

    file: str
    data: tuple[tuple[str, str], ...] = ()


class Parts(NamedTuple):
    """What a page loads: its sheets, as paths in the folder of the pages, and its scripts in the order they count."""

    sheets: tuple[str, ...]
    scripts: tuple[Script, ...]


def join(app: Any, error: Exception | None) -> None:
    """Put the styles into all pages of a build that has succeeded, and have each load one script."""
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    # Extensions add folders of theirs, with whole addresses.
    places = [entry for entry in app.config.html_static_path if not Path(entry).is_absolute()]
    own = {path.name for place in places for path in (Path(app.confdir) / place).glob("*.css")}
    pages = list(written_pages(folder))
    names = names_in(folder, [text for _, text in pages])

    @cache
    def styles(files: tuple[str, ...]) -> str:
        return one_sheet(folder, files, names, own)

    @cache
    def script(scripts: tuple[Script, ...]) -> str:
        data = one_script(folder, scripts).encode()
        name = f"{JOINED}/{hashlib.sha256(data).hexdigest()[:12]}.js"
        write_atomic(folder / name, data)
        return name

    for path, text in pages:
        place = path.relative_to(folder).parent.as_posix()
        parts = parts_of(text, place)
        if parts.sheets and parts.scripts:  # else it is a page that only leads to another one
            css = styles(parts.sheets).replace(ROOT, posixpath.relpath(".", place) + "/")
            write_atomic(path, rewritten(text, folder, place, css, script(parts.scripts)).encode())


def names_in(folder: Path, pages: list[str]) -> Names:
    """The names in all pages and all their scripts; not in Thebe's, which has its own styles, nor what is searched.

    What a page lacks may come into it, since code can run there that prints what it likes.
    """
    names = Names()
    for text in pages:
        names.read_page(text)
    for path in sorted((folder / "_static").rglob("*.js")):
        if not path.is_relative_to(folder / THEBE) and path.name != ENTRIES_FILE:
            names.read_script(path.read_text(encoding="utf-8"))
    return names


def local(tag: str, place: str) -> str | None:
    """The path of the file that a tag loads, in the folder of the pages; None if it is elsewhere or loaded later."""
    address = ADDRESS.search(tag)
    if address is None or LATER in tag or ' type="module"' in tag or re.search(r"\basync\b", tag):
        return None
    link = urlsplit(address[1])
    return None if link.scheme or link.netloc else posixpath.normpath(posixpath.join(place, link.path))


def parts_of(html: str, place: str) -> Parts:
    """What a page in the folder `place` loads. A script that waits for the page runs after those that do not."""
    sheets = [local(tag, place) for tag in SHEET.findall(html)]
    at_once, waiting = [], []
    for tag in SCRIPT.finditer(html):
        if (file := local(tag[1], place)) is not None and not file.endswith(OPTIONS):
            script = Script(file, tuple(DATA.findall(tag[1])))
            (waiting if re.search(r"\bdefer\b", tag[1]) else at_once).append(script)
    return Parts(tuple(filter(None, sheets)), tuple(dict.fromkeys([*at_once, *waiting])))


def rewritten(html: str, folder: Path, place: str, styles: str, script: str) -> str:
    """A page with these styles where its first sheet was, and this script at its end."""
    left = [f"    <style>{styles}</style>\n"]

    def sheet_tag(tag: re.Match[str]) -> str:
        return tag[0] if local(tag[0], place) is None else left.pop() if left else ""

    def script_tag(tag: re.Match[str]) -> str:
        file = local(tag[1], place)
        if file is None:
            return tag[0]
        return f"    <script>{_text(folder, file)}</script>\n" if file.endswith(OPTIONS) else ""

    html = SCRIPT.sub(script_tag, SHEET.sub(sheet_tag, PRELOAD.sub("", html)))
    before, end, after = html.rpartition("</body>")
    return f'{before}<script defer src="{posixpath.relpath(script, place)}"></script>\n{end}{after}'


def one_script(folder: Path, scripts: tuple[Script, ...]) -> str:
    """A script that runs these, one after the other."""
    calls = []
    for file, data in scripts:
        text = f"{SOURCE_MAP.sub('', _text(folder, file)).strip()}\n//# sourceURL={file}"
        calls.append(f"run({json.dumps(text, ensure_ascii=False)}, {json.dumps(dict(data))});\n")
    return f"(() => {{\n{RUN}{''.join(calls)}}})();\n"


def one_sheet(folder: Path, files: tuple[str, ...], names: Names, own: set[str]) -> str:
    """Style sheets as one: the book's own whole, of the others what the names need."""
    sheet = StyleSheet(names)
    for file in files:
        for path, css in _with_imported(folder, file):
            sheet.add(css, whole=posixpath.basename(path) in own)
    return f"/* {' '.join(files)} */\n{sheet.text()}".replace("</", "<\\/")


def _with_imported(folder: Path, file: str) -> Iterator[tuple[str, str]]:
    """A style sheet after those that it imports: path and text of each, addresses as seen from the pages' folder."""
    place = posixpath.dirname(file)

    def moved(url: re.Match[str]) -> str:
        if url[2].startswith(("#", "/")) or urlsplit(url[2]).scheme:
            return url[0]
        return f'url("{ROOT}{posixpath.normpath(posixpath.join(place, url[2]))}")'

    css = _text(folder, file)
    for imported in IMPORT.findall(css):
        yield from _with_imported(folder, posixpath.normpath(posixpath.join(place, imported)))
    yield file, URL.sub(moved, IMPORT.sub("", css))


def _text(folder: Path, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")
