"""Slides of the two-week unit, from Markdown and the book's own figures; reveal.js shows them, without a network.

A deck is `book/slides/N_name.md`. Lines of three hyphens part its slides. `![](CHAPTER/FUNCTION)` is the figure that
the function drew in the chapter (its second one `FUNCTION-2`), `![](NAME.svg)` a picture of `book/_static`.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from repsim_book.errors import ChapterError
from repsim_book.execution.figure_data import recorded_figures
from repsim_book.formulas import Typesetter
from repsim_core.notebook import FIGURE

# In the pages' assets, with the files of reveal.js.
FOLDER = "_static/slides"
SOURCES = "book/slides"
_REVEAL = Path(__file__).parent / "reveal"
_FILES = ("reveal.js", "reveal.css", "reset.css", "slides.css", "LICENSE")
# CSS pixels of a slide, and of the most that a figure takes of it.
WIDTH, HEIGHT = 1280, 720
_FIGURE = (1200.0, 450.0)
_DECK = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reset.css">
<link rel="stylesheet" href="reveal.css">
<link rel="stylesheet" href="../katex/katex.min.css">
<link rel="stylesheet" href="slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="reveal.js"></script>
<script>
Reveal.initialize({{
  width: {width}, height: {height}, margin: 0.03, center: false, hash: true, slideNumber: "c/t", transition: "none",
  controlsTutorial: false
}});
</script>
</body>
</html>
"""


def slide_files(root: Path, notebooks: Mapping[str, Path], *, strict: bool) -> dict[str, bytes]:
    """The decks and what shows them, by their path among the pages; none where the book has no slides.

    Args:
        root: the book's folder.
        notebooks: the executed chapters.
        strict: a figure that is missing is an error; else the slide says so.

    Raises:
        ChapterError: a figure is missing, with the deck and those that there are.
    """
    decks = sorted((root / SOURCES).glob("[0-9]_*.md"))
    if not decks:
        return {}
    figures = _Figures(root, notebooks, strict)
    files = {f"{FOLDER}/{name}": (_REVEAL / name).read_bytes() for name in _FILES}
    typesetter = Typesetter()
    try:
        render = _renderer(typesetter, figures)
        for deck in decks:
            files[f"{FOLDER}/{deck.stem}.html"] = _deck(deck, render).encode()
    finally:
        typesetter.close()
    return files


def _deck(path: Path, render: Callable[[str, str], str]) -> str:
    text = path.read_text(encoding="utf-8")
    slides = [each.strip() for each in re.split(r"^---$", text, flags=re.MULTILINE)]
    title = slides[0].splitlines()[0].removeprefix("# ")
    shown = "\n".join(f"<section>\n{render(each, path.name)}</section>" for each in slides)
    return _DECK.format(title=html.escape(title), slides=shown, width=WIDTH, height=HEIGHT)


def _renderer(typesetter: Typesetter, figures: _Figures) -> Callable[[str, str], str]:
    """What turns the Markdown of a slide into HTML; its second argument is the name of the deck."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def formula(content: str, options: Mapping[str, Any]) -> str:
        return typesetter.html(content.strip(), display=bool(options["display_mode"]))

    markdown = (
        MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin, renderer=formula).enable("table")
    )

    def image(_: Any, tokens: Any, place: int, __: Any, env: Mapping[str, str]) -> str:
        return figures.html(str(tokens[place].attrs["src"]), env["deck"])

    markdown.add_render_rule("image", image)

    def render(text: str, deck: str) -> str:
        # A figure is no part of a paragraph.
        return re.sub(
            r"<p>(<div class=\"figure\">.*?</div>)</p>",
            r"\1",
            markdown.render(text, {"deck": deck}),
            flags=re.DOTALL,
        )

    return render


class _Figures:
    """The figures of executed chapters, and pictures, as HTML that fits a slide."""

    def __init__(self, root: Path, notebooks: Mapping[str, Path], strict: bool) -> None:
        self.root, self.notebooks, self.strict = root, notebooks, strict
        self._drawn: dict[str, dict[str, str]] = {}

    def html(self, source: str, deck: str) -> str:
        if source.endswith(".svg"):
            return self._picture(source)
        chapter, _, name = source.partition("/")
        drawn = self._of(chapter)
        if name in drawn:
            return f'<div class="figure">{_fitted(drawn[name])}</div>'
        if self.strict:
            known = ", ".join(drawn) or "none"
            raise ChapterError(
                f"{SOURCES}/{deck}: found no figure {source}, expected one of {chapter}: {known}"
            )
        return '<div class="figure">This figure is not in this run of the book.</div>'

    def _picture(self, name: str) -> str:
        data = (self.root / "book" / "_static" / name).read_bytes()
        box = re.search(rb'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', data)
        width, height = _size(*(float(side) for side in box.groups())) if box else _FIGURE
        uri = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
        said = re.search(rb"<title[^>]*>(.*?)</title>", data, re.DOTALL)
        alt = said[1].decode() if said else ""
        return f'<div class="figure"><img src="{uri}" alt="{alt}" width="{width:.0f}" height="{height:.0f}"></div>'

    def _of(self, chapter: str) -> dict[str, str]:
        if chapter not in self._drawn:
            self._drawn[chapter] = dict(_drawings(self.notebooks.get(chapter)))
        return self._drawn[chapter]


def _drawings(notebook: Path | None) -> Iterator[tuple[str, str]]:
    """The drawings of an executed notebook by the function, with -2 at the end for its second one."""
    import nbformat

    if notebook is None:
        return
    seen: dict[str, int] = {}
    for output, _ in recorded_figures(nbformat.read(notebook, as_version=4)):
        record, markup = output["data"][FIGURE], output["data"]["text/html"]
        name = record["function"].rpartition(".")[2]
        seen[name] = seen.get(name, 0) + 1
        # Of a figure with a form for phones, the wide one comes first.
        drawing = re.search(r"<svg\b.*?</svg>", "".join(markup), re.DOTALL)
        if drawing:
            yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), drawing[0]


def _size(width: float, height: float) -> tuple[float, float]:
    scale = min(_FIGURE[0] / width, _FIGURE[1] / height)
    return width * scale, height * scale


def _fitted(svg: str) -> str:
    """A drawing at the size that a slide has for it, in place of that of a page."""
    head, close, rest = svg.partition(">")
    box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', head)
    if box is None:
        return svg
    width, height = _size(float(box[1]), float(box[2]))
    look = "fill:currentColor;stroke-linejoin:round;stroke-linecap:butt"
    head = re.sub(r'\sstyle="[^"]*"', "", head)
    return f'{head} width="{width:.0f}" height="{height:.0f}" style="{look}"{close}{rest}'
