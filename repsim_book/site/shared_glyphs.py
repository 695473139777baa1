"""Letters of figures, which each drawing brings as outlines: a page holds each once, before its first figure."""

import re

# As matplotlib defines an outline, and the place of a cell, before which all of a page's are put: what a cell shows can
# be replaced by running it again.
OUTLINE = re.compile(r'<path id="(f[0-9a-f]{8}-\d+)" (d="[^"]*" transform="scale\(0\.015625\)") ?/>')
CELL = '<div class="cell '
FIGURE = '<figure class="repsim-figure"'
REFERENCE = re.compile(r'href="#(f[0-9a-f]{8}-\d+)"')


def shared(html: str) -> str:
    """The HTML of a page with each outline of a letter once."""
    place = html.rfind(CELL, 0, max(html.find(FIGURE), 0))
    if place < 0:
        return html
    names: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for name, outline in OUTLINE.findall(html):
        renamed[name] = names.setdefault(outline, f"letter-{len(names)}")
    html = OUTLINE.sub("", html)
    html = REFERENCE.sub(lambda match: f'href="#{renamed.get(match[1], match[1])}"', html)
    outlines = "".join(f'<path id="{name}" {outline}/>' for outline, name in names.items())
    box = f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{outlines}</defs></svg>'
    return f"{html[:place]}{box}{html[place:]}"
