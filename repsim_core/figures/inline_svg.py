"""matplotlib's SVG documents as drawings inside a page: own ids, the theme's ink, as wide as their column."""

import hashlib
import re
from xml.etree import ElementTree

from repsim_core.figures.shared_shapes import join_points

# matplotlib's SVG writer leaves black out or spells it so; both become currentColor.
INK = "#000000"
# Below this, 11-point text is too small to read; the figure's box scrolls instead.
_SMALLEST_SCALE = 0.5


def inline_svg(document: str, alt: str) -> str:
    """matplotlib's SVG document as an element of an HTML page: own ids, the theme's ink, responsive."""
    root = ElementTree.fromstring(document)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in [name for name in element.attrib if "}" in name]:
            element.set(name.rpartition("}")[2], element.attrib.pop(name))
    _drop(root, "metadata")
    # Its rule is for `*`: in a page it would reach every other drawing.
    _drop(root, "style")
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("style", "fill", "stroke"):
                element.set(name, value.replace(INK, "currentColor"))
            elif name in ("d", "x", "y", "points"):
                element.set(name, _rounded(value))
        if element.tail and not element.tail.strip():
            element.tail = None
        if element.text and not element.text.strip():
            element.text = None
    join_points(root)
    # In CSS pixels, at matplotlib's own size.
    width = float(root.get("viewBox", "").split()[2]) / 72 * 96
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("role", "img")
    root.set("aria-label", alt)
    root.set(
        "style",
        # A black fill is left out by matplotlib: it is inherited from here.
        "fill:currentColor;stroke-linejoin:round;stroke-linecap:butt;display:block;margin:0 auto;height:auto;"
        f"width:100%;max-width:{width:.0f}px;min-width:{width * _SMALLEST_SCALE:.0f}px",
    )
    return _with_own_ids(root)


def _drop(root: ElementTree.Element, tag: str) -> None:
    for parent in list(root.iter()):
        for child in parent.findall(tag):
            parent.remove(child)


def _rounded(numbers: str) -> str:
    """Coordinates to a hundredth of a point, which no eye can tell from six decimals."""
    return re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), numbers)


def _with_own_ids(root: ElementTree.Element) -> str:
    """The drawing as text, with ids that no other figure has and that its content alone decides."""
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    order: dict[str, int] = {}
    for element in root.iter():
        if (name := element.get("id")) is not None:
            if name in used:
                order[name] = len(order)
            else:
                del element.attrib["id"]
    text = ElementTree.tostring(root, encoding="unicode")

    def renamed(prefix: str) -> str:
        return re.sub(
            r'(url\(#|href="#|\bid=")([^")]+)', lambda match: f"{match[1]}{prefix}{order[match[2]]}", text
        )

    digest = hashlib.sha256(renamed("").encode()).hexdigest()[:8]
    return renamed(f"f{digest}-")
