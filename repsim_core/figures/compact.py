"""Smaller drawings: what an SVG repeats for every point of a scatter is written once."""

import re
from collections import Counter
from xml.etree import ElementTree

__all__ = ["share_shapes", "share_styles"]

_OFTEN = 4  # a shape that occurs as often as this is written once, and used
_SHAPE = re.compile(
    r'<path aria-hidden="true" transform="(translate\([^"]*\))" (d="[^"]*"[^>]*?)/?>(?:</path>)?'
)


def share_styles(root: ElementTree.Element) -> None:
    """In a drawing of matplotlib's, give points that look alike one definition, and one group for a clip path."""
    for parent in list(root.iter()):
        kept = None
        for child in list(parent):
            groups = kept is not None and kept.tag == child.tag == "g"
            if (
                kept is not None
                and groups
                and set(child.attrib) == {"clip-path"}
                and kept.attrib == child.attrib
            ):
                kept.extend(child)
                parent.remove(child)
            else:
                kept = child
    points = [use for use in root.iter("use") if "style" in use.attrib]
    counts = Counter((use.attrib["href"], use.attrib["style"]) for use in points)
    shared = {look: f"shared{i}" for i, look in enumerate(look for look, n in counts.items() if n >= _OFTEN)}
    for use in points:
        if (name := shared.get((use.attrib["href"], use.attrib["style"]))) is not None:
            use.set("href", f"#{name}")
            del use.attrib["style"]
    if shared:
        definitions = ElementTree.Element("defs")
        for (shape, look), name in shared.items():
            group = ElementTree.SubElement(definitions, "g", {"id": name, "style": look})
            ElementTree.SubElement(group, "use", {"href": shape})
        root.insert(0, definitions)


def share_shapes(svg: str, prefix: str) -> str:
    """In a drawing of Vega's, as text, give points that look alike one definition; its id begins with `prefix`."""
    counts = Counter(match[2] for match in _SHAPE.finditer(svg))
    names = {look: f"{prefix}{i}" for i, look in enumerate(look for look, n in counts.items() if n >= _OFTEN)}
    if not names:
        return svg

    def used(match: re.Match[str]) -> str:
        name = names.get(match[2])
        return match[0] if name is None else f'<use transform="{match[1]}" href="#{name}"/>'

    definitions = "".join(f'<path id="{name}" {look}/>' for look, name in names.items())
    start = svg.index(">") + 1
    return f"{svg[:start]}<defs>{definitions}</defs>{_SHAPE.sub(used, svg[start:])}"
