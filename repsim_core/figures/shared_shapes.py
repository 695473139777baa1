"""Smaller drawings: what an SVG repeats for every point of a scatter is written once."""

import re
from collections import Counter
from xml.etree import ElementTree

__all__ = ["join_points", "share_shapes"]

# A shape that occurs as often as this is written once, and used.
_OFTEN = 4
_SHAPE = re.compile(
    r'<path aria-hidden="true" transform="(translate\([^"]*\))" (d="[^"]*"[^>]*?)/?>(?:</path>)?'
)


def join_points(root: ElementTree.Element) -> None:
    """In a drawing of matplotlib's, make points that look alike the corners of one path, and one group for a clip path.

    A path draws a marker at each of its corners, in order, so that what is transparent still adds up. Places of points
    are given to a tenth of a unit of the drawing, of which a page shows a few hundred side by side.
    """
    for parent in list(root.iter()):
        kept = None
        for child in list(parent):
            clipped = child.tag == "g" and set(child.attrib) == {"clip-path"}
            if clipped and kept is not None and kept.tag == "g" and kept.attrib == child.attrib:
                kept.extend(child)
                parent.remove(child)
            else:
                kept = child
    definitions = ElementTree.Element("defs")
    for parent in list(root.iter()):
        alike: dict[tuple[str, str], list[ElementTree.Element]] = {}
        for use in parent.findall("use"):
            if set(use.attrib) == {"href", "style", "x", "y"}:
                alike.setdefault((use.attrib["href"], use.attrib["style"]), []).append(use)
        for (shape, look), points in alike.items():
            if len(points) < _OFTEN:
                continue
            name = f"shared{len(definitions)}"
            marker = {"id": name, "overflow": "visible", "markerUnits": "userSpaceOnUse"}
            drawn = ElementTree.SubElement(definitions, "marker", marker)
            ElementTree.SubElement(drawn, "use", {"href": shape, "style": look})
            corners = "L".join(f"{_tenth(point.attrib['x'])} {_tenth(point.attrib['y'])}" for point in points)
            path = ElementTree.Element("path", {"d": f"M{corners}", "fill": "none"})
            for place in ("start", "mid", "end"):
                path.set(f"marker-{place}", f"url(#{name})")
            parent.insert(list(parent).index(points[0]), path)
            for point in points:
                parent.remove(point)
    if len(definitions):
        root.insert(0, definitions)


def _tenth(number: str) -> str:
    return f"{round(float(number), 1):g}"


def share_shapes(svg: str, prefix: str) -> str:
    """In a drawing of Vega's, as text, give points that look alike one definition; its id begins with `prefix`."""
    counts = Counter(match[2] for match in _SHAPE.finditer(svg))
    often = [look for look, count in counts.items() if count >= _OFTEN]
    names = {look: f"{prefix}{number}" for number, look in enumerate(often)}
    if not names:
        return svg

    def used(match: re.Match[str]) -> str:
        name = names.get(match[2])
        return match[0] if name is None else f'<use transform="{match[1]}" href="#{name}"/>'

    definitions = "".join(f'<path id="{name}" {look}/>' for look, name in names.items())
    start = svg.index(">") + 1
    return f"{svg[:start]}<defs>{definitions}</defs>{_SHAPE.sub(used, svg[start:])}"
