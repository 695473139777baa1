"""Interactive figures that need no server and no network: Altair charts that the reader's browser draws.

`show_interactive(chart, alt=...)` displays a chart with everything it needs inside the cell's output, so it
works in JupyterLab, in Colab and in a stand-alone HTML page. In the book, many pages would carry the same
drawing library (0.6 MB): there it is taken out of the pages, and they share one local file.
"""

import hashlib
import html
import json
import math
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair as alt_
import vl_convert

from repsim_core.figures.figure_source import narrow_of, source_of
from repsim_core.figures.shared_shapes import share_shapes
from repsim_core.figures.style import HIDDEN, ShownFigure, figure_markup, label_palette

# Ink is the page's own, so that the figure follows a change of theme while it is on the screen.
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "axis": {
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.15,
        "labelFontSize": 12,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelFontSize": 12,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "orient": "top",
    },
    "header": {"labelColor": "currentColor", "titleColor": "currentColor"},
    "title": {
        "color": "currentColor",
        "subtitleColor": "currentColor",
        "anchor": "start",
        "fontWeight": "normal",
        "fontSize": 14,
    },
    "text": {"color": "currentColor", "fontSize": 12},
    "rule": {"color": "currentColor"},
    "view": {"stroke": None, "continuousWidth": 320, "continuousHeight": 280},
    # Hundreds of points read out one by one help nobody; the description does.
    "mark": {"aria": False, "color": label_palette(1)[0]},
    "range": {"category": label_palette(8)},
}

LIBRARY_FILE = "repsim-vega.js"
# The name by which vl_convert's own copy of Vega goes; nothing is fetched.
_SNIPPET = 'import {View, parse} from "https://cdn.jsdelivr.net/npm/vega@VERSION/+esm.js"; window.vega = {View, parse};'
INLINE_LIBRARY = re.compile(r"<script data-repsim-library>.*?</script>", re.DOTALL)
CHART_MARK = "data-repsim-chart"

# Runs when the output is inserted. Without the library the chart waits for the event that says it has come, by the page
# that shares it.
_DRAW = """(() => {
  const draw = () => repsimCharts("NAME");
  if (window.repsimCharts) draw();
  else for (const box of document.querySelectorAll('[data-repsim-chart="NAME"]:not([data-drawn])'))
    box.addEventListener("repsim-draw", draw);
})();"""
# Pixels: of the still drawings of a chart that is as wide as its column.
_STILL_WIDTHS = {"wide": 640, "narrow": 330}


def show_interactive(
    chart: Any, *, alt: str, caption: str | None = None, title: str | None = None
) -> ShownFigure:
    """Turn an Altair chart into what a notebook cell displays, with the sliders bound to its parameters.

    Args:
        chart: an `altair` chart; a single or layered one without a width becomes as wide as the page allows.
            A slider is `altair.param(value=..., bind=altair.binding_range(min=, max=, step=, name=))`.
            Its data is part of the page: keep it to a few thousand rows of rounded numbers.
        alt: what the figure says, for readers who can't see it.
        caption: plain text under the figure.
        title: what the figure says, in a line above it.

    Before the script has run, and where scripts are off, the chart is shown as it is at first, with what its sliders
    would say.

    Raises:
        ValueError: if alt is empty.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows, got an empty text")
    wide = _specification(chart, alt)
    narrow = _specification(other, alt) if (other := narrow_of(chart)) is not None else wide
    stills, compiled = {}, {}
    for name, spec in {"wide": wide, "narrow": narrow}.items():
        fluid = "mark" in spec or "layer" in spec
        still = {"width": _STILL_WIDTHS[name], **spec} if fluid else spec
        stills[name] = vl_convert.vegalite_to_svg(still, vl_version=_version())
        # Compiled here, so that a page needs Vega alone, two thirds of what Vega-Lite takes.
        compiled[name] = vl_convert.vegalite_to_vega(
            {"width": "container", **spec} if fluid else spec, vl_version=_version()
        )
    # A chart that fits every column is drawn as it is.
    least = 0 if wide == narrow else math.ceil(float(re.findall(r'width="([\d.]+)"', stills["wide"])[0]))
    if wide == narrow:
        del compiled["narrow"]
    else:
        _share_data(compiled["narrow"], compiled["wide"])
    data = json.dumps(compiled, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    name = hashlib.sha256(data.encode()).hexdigest()[:12]
    label = html.escape(alt, quote=True)
    still = "".join(
        f'<div class="repsim-{kind}"{HIDDEN if kind == "narrow" else ""}>'
        f"{_described(_own_ids(svg, f'{kind}-{name}'), label)}</div>"
        for kind, svg in stills.items()
    )
    body = (
        f'<div class="repsim-vega" style="width:100%" {CHART_MARK}="{name}" data-least="{least}" role="group" '
        f'aria-label="{label}">{still}{_chosen(wide)}</div>'
        f'<script type="application/json">{data}</script>'
        f"<script data-repsim-library>{_library()}</script>"
        f"<script>{_DRAW.replace('NAME', name)}</script>"
    )
    return ShownFigure(figure_markup(body, caption, title), alt, source_of(chart))


def _specification(chart: Any, alt: str) -> dict[str, Any]:
    """A chart as Vega-Lite, in the book's look."""
    spec = chart.to_dict()
    spec["description"] = alt
    given = spec.pop("config", {})
    # The view holds altair's own default size; a chart's own size is in the chart.
    given.pop("view", None)
    spec["config"] = dict(_CONFIG)
    for key, value in given.items():
        spec["config"][key] = {**_CONFIG.get(key, {}), **value} if isinstance(value, dict) else value
    return spec


def _share_data(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    """Put the name of the data of `wide` in place of the same data in `narrow`."""
    names = {json.dumps(each["values"]): each["name"] for each in wide["data"] if "values" in each}
    for each in narrow["data"]:
        if (name := names.get(json.dumps(each.get("values")))) is not None:
            each["values"] = name


def _own_ids(svg: str, name: str) -> str:
    """A drawing of Vega's with ids that no other has, and each shape of points written once."""
    # vl_convert numbers clip paths by a counter of the process: another number the next time, and in the next chart.
    clips: dict[str, str] = {}
    svg = re.sub(r"\bclip\d+\b", lambda m: clips.setdefault(m[0], f"clip-{name}-{len(clips)}"), svg)
    return share_shapes(svg, f"shape-{name}-")


def write_library(folder: str | Path) -> Path:
    """Write the drawing library that a book's pages share into `folder`, if missing; return its path."""
    path = Path(folder) / LIBRARY_FILE
    # Only a finished file may count as there: the book can be interrupted.
    charts = hashlib.sha256(Path(__file__).with_name("charts.js").read_bytes()).hexdigest()[:8]
    mark = f"/* vega-lite {_version()}, vl-convert {version('vl-convert-python')}, charts {charts} */\n"
    if path.exists() and path.read_text(encoding="utf-8").startswith(mark):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(mark + _library(), encoding="utf-8")
    return unfinished.replace(path)


def _version() -> str:
    """Vega-Lite's version that altair writes, as vl-convert names it: 'v6.4.1' -> '6.4'."""
    return alt_.SCHEMA_VERSION.lstrip("v").rpartition(".")[0]


@cache
def _library() -> str:
    snippet = _SNIPPET.replace("VERSION", vl_convert.get_vega_version())
    code = vl_convert.javascript_bundle(snippet, vl_version=_version()).replace("</script", "<\\/script")
    # A function of its own: a second copy in the same page would declare the same names again.
    charts = Path(__file__).with_name("charts.js").read_text(encoding="utf-8")
    return f"window.vega || (() => {{{code}}})();\n{charts}"


def _chosen(spec: dict[str, Any]) -> str:
    """What the sliders and menus of a chart say at first, as HTML; "" for a chart without."""
    said = [
        f"{str(each['bind'].get('name', each['name'])).strip()}: {_in_words(each['value'])}"
        for each in spec.get("params", [])
        if "input" in each.get("bind", {})
    ]
    return f'<p class="repsim-chosen">{html.escape(", ".join(said))}</p>' if said else ""


def _in_words(value: object) -> str:
    """What is chosen: of a point its properties, as in [{"number": 2}]."""
    if isinstance(value, list):
        return ", ".join(str(part) for point in value for part in point.values())
    return str(value)


def _described(svg: str, label: str) -> str:
    return svg.replace(
        "<svg ", f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto" ', 1
    )
