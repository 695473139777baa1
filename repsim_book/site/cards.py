"""Cards: the pictures that messengers show beside a link, and the icon that phones put on their first screen."""

import io
import re
import textwrap
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from repsim_core.files import write_atomic

# What those who show cards ask for, in pixels.
WIDTH, HEIGHT = 1200, 630
TOUCH = 180
COLOURS = 128
MARGIN = 64
# The place of the figure: from the left, from above, its width and height.
PLACE = (560, 60, 580, 510)
TITLE_SIZE, TEXT_SIZE, NAME_SIZE = 58, 27, 21
# About so many letters fit into a line beside the figure.
TITLE_LETTERS, TEXT_LETTERS = 15, 32
INK, QUIET, FAMILY = "#1b2430", "#5b6470", "DejaVu Sans"
FIGURE = re.compile(r'<figure class="repsim-figure.*?(<svg\b.*?</svg>)', re.DOTALL)


@dataclass(frozen=True)
class Drawing:
    """A drawing as SVG, and what it shows, in words."""

    svg: str
    meaning: str


def first_figure(html: str) -> Drawing | None:
    """The first figure on a page, None if it has none."""
    found = FIGURE.search(html)
    if found is None:
        return None
    label = re.search(r'\baria-label="([^"]*)"', found[1])
    return Drawing(found[1], unescape(label[1]) if label else "")


def card(title: str, text: str, name: str, drawing: Drawing | None) -> str:
    """A card as SVG: a title, a text and the book's name, beside a drawing."""
    lines = textwrap.wrap(title, TITLE_LETTERS if drawing else 2 * TITLE_LETTERS)
    size = TITLE_SIZE if len(lines) <= 2 else TITLE_SIZE * 0.62
    if len(lines) > 2:
        lines = textwrap.wrap(title, int(TITLE_LETTERS * 1.5))
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    below = MARGIN
    for shown, pixels, ink, weight in (
        (lines, size, INK, 700),
        (textwrap.wrap(text, TEXT_LETTERS if drawing else 2 * TEXT_LETTERS), TEXT_SIZE, QUIET, 400),
    ):
        for line in shown:
            below += 1.3 * pixels
            parts.append(_line(line, MARGIN, below, pixels, ink, weight))
        below += 0.6 * pixels
    parts.append(_line(name, MARGIN, HEIGHT - MARGIN / 2, NAME_SIZE, QUIET, 400))
    if drawing:
        parts.append(_placed(drawing.svg))
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} color="{INK}">{"".join(parts)}</svg>'


def draw(svg: str, path: Path) -> None:
    """Write an SVG as PNG, with a palette of so many colours, which is a quarter of the size."""
    import matplotlib
    import vl_convert
    from PIL import Image

    vl_convert.register_font_directory(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf"))
    picture, data = Image.open(io.BytesIO(vl_convert.svg_to_png(svg))), io.BytesIO()
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    write_atomic(path, data.getvalue())


def touch_icon(svg: str) -> str:
    """An icon in the middle of a white square, as phones want it."""
    inside = TOUCH * 0.84
    at = (TOUCH - inside) / 2
    placed = _sized(svg, at, at, inside, inside)
    ground = f'<rect width="{TOUCH}" height="{TOUCH}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{TOUCH}" height="{TOUCH}">{ground}{placed}</svg>'


def _line(text: str, left: float, base: float, size: float, ink: str, weight: int) -> str:
    font = f'font-family="{FAMILY}" font-size="{size:g}" font-weight="{weight}"'
    return f'<text x="{left:g}" y="{base:g}" {font} fill="{ink}">{escape(text)}</text>'


def _placed(svg: str) -> str:
    return _sized(svg, *PLACE)


def _sized(svg: str, left: float, top: float, width: float, height: float) -> str:
    """An SVG within another: as large as fits, in the middle."""
    tag = re.search(r"<svg\b[^>]*>", svg)
    if tag is None:
        raise ValueError("card: found no <svg>, expected one")
    view = re.search(r'viewBox="([^"]*)"', tag[0])
    style = re.search(r'style="([^"]*)"', tag[0])
    rest = re.sub(r'\s(?:width|height|style|class|xmlns|role|aria-label)="[^"]*"', "", tag[0][4:-1])
    kept = [each for each in (style[1].split(";") if style else []) if not re.match(LAYOUT, each.strip())]
    place = f'x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" style="{";".join(kept)}"'
    if view is None:
        raise ValueError("card: found an <svg> without viewBox, expected one")
    return f"<svg {place}{rest}>{svg[tag.end() :]}"


# Of a figure's style what lays it out in its page.
LAYOUT = r"(?:display|margin|width|height|max-width|min-width)\b"
