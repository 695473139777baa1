"""Pages that weigh little: of icons, the theme's style sheet and marks in code only what the book uses.

The theme draws icons by a script of 1.5 MB;
without it the same icons come from the theme's own icon font, here without the icons that no page shows.
"""

import re
from pathlib import Path

from repsim_book.site import shared_glyphs
from repsim_core.files import write_atomic

# Until the theme's script has run, a page would be light for readers whose system is dark.
UNKNOWN_THEME = 'localStorage.getItem("theme") || "auto"'
KNOWN_THEME = (
    'document.documentElement.dataset.mode.replace("auto", '
    'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
)
# Without scripts it has the colours of no theme, where this attribute does not leave the choice to the style sheet.
NO_THEME = ' data-theme="auto"'
DRAWING = re.compile(r'<img (?![^>]*\bstyle=)([^>]*\bsrc="([^":]+\.svg)"[^>]*)>')
DRAWING_SIZE = re.compile(r'<svg\b[^>]*\bviewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"')
ICONS = "scripts/fontawesome.js"
ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
SHEET = "styles/pydata-sphinx-theme.css"
FONT = "vendor/fontawesome/webfonts/fa-solid-900"
# Names, punctuation and white space in code, which both themes print in the colour of the text around them.
PLAIN_MARK = re.compile(r'<span class="[npw]">([^<]*)</span>')
# That of formulas; the parser of HTML gives it to them by itself.
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"[^"]*"\}')


def lightened(html: str, folder: Path) -> str:
    """The HTML of a page in `folder` without the script of icons and marks without a colour; it knows its theme."""
    page = PLAIN_MARK.sub(r"\1", ICON_SCRIPT.sub("", shared_glyphs.shared(html.replace(NAMESPACE, ""))))
    return with_room(page.replace(UNKNOWN_THEME, KNOWN_THEME).replace(NO_THEME, "", 1), folder)


def icons_in(html: str) -> set[str]:
    """The classes of the icons that a page shows."""
    found = re.findall(r'class="([^"]*\bfa-[^"]*)"', html)
    return {name for classes in found for name in classes.split()}


def with_room(html: str, folder: Path) -> str:
    """A page that keeps room for its drawings before they have come; what a browser knows of one is its width."""

    def roomy(image: re.Match[str]) -> str:
        file = folder / image[2]
        size = DRAWING_SIZE.search(file.read_text(encoding="utf-8")) if file.is_file() else None
        return f'<img style="aspect-ratio: {size[1]} / {size[2]}" {image[1]}>' if size else image[0]

    return DRAWING.sub(roomy, html)


def keep_icons(static: Path, icons: set[str]) -> None:
    """Leave these icons (their classes) in the theme's style sheet, and in its font those that the sheet names."""
    from fontTools.subset import Options, Subsetter  # comes with matplotlib
    from fontTools.ttLib import TTFont

    sheet, font = static / SHEET, static / f"{FONT}.ttf"

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if icons & set(re.findall(r"\.(fa-[\w-]+):", rule[1])) else ""

    css = ICON_RULE.sub(kept, sheet.read_text(encoding="utf-8"))
    if not font.is_file():
        return
    characters = {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", css)}
    options = Options(flavor="woff", notdef_outline=True)
    subset = Subsetter(options)
    subset.populate(unicodes=characters)
    with TTFont(font, recalcTimestamp=False) as whole:
        subset.subset(whole)
        whole.flavor = "woff"
        whole.save(static / f"{FONT}.woff")
    two = (
        rf'url\([^)]*/{FONT}\.woff2\)\s*format\("woff2"\),\s*url\([^)]*/{FONT}\.ttf\)\s*format\("truetype"\)'
    )
    css, count = re.subn(two, f'url(../{FONT}.woff) format("woff")', css)
    if not count:
        raise ValueError(f"{SHEET}: found no rule for {FONT}, expected one")
    write_atomic(sheet, css.encode())
    for suffix in (".ttf", ".woff2"):
        (static / f"{FONT}{suffix}").unlink()
