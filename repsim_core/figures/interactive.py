"""Interactive figures that need no server and no network: Altair charts that the reader's browser draws.

`show_interactive(chart, alt=...)` displays a chart with everything it needs inside the cell's output, so it
works in JupyterLab, in Colab and in a stand-alone HTML page. In the book, many pages would carry the same
drawing library (0.6 MB): there it is taken out of the pages, and they share one local file.
"""

import hashlib
import html
import json
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair as alt_
import vl_convert

from repsim_core.figures.figure_source import source_of
from repsim_core.figures.shared_shapes import share_shapes
from repsim_core.figures.style import ShownFigure, figure_markup, label_palette

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

# Pixels.
_COLUMN = 640
LIBRARY_FILE = "repsim-vega.js"
# The name by which vl_convert's own copy of Vega goes; nothing is fetched.
_SNIPPET = 'import {View, parse} from "https://cdn.jsdelivr.net/npm/vega@VERSION/+esm.js"; window.vega = {View, parse};'
INLINE_LIBRARY = re.compile(r"<script data-repsim-library>.*?</script>", re.DOTALL)
CHART_MARK = "data-repsim-chart"

# Runs when the output is inserted. Without the library the chart waits for the event that says it has come, by the page
# that shares it. A page may show the same chart twice, hence all that match.
_DRAW = """(() => {
  for (const box of document.querySelectorAll('[data-repsim-chart="NAME"]:not([data-drawn])')) {
    const draw = () => {
      if ("drawn" in box.dataset) return;
      box.dataset.drawn = "";
      const spec = JSON.parse(box.nextElementSibling.textContent);
      box.replaceChildren();
      new vega.View(vega.parse(spec), {container: box, hover: true, renderer: "svg"}).runAsync();
    };
    if (window.vega) draw();
    else box.addEventListener("repsim-draw", draw);
  }
})();"""


def show_interactive(chart: Any, *, alt: str, caption: str | None = None) -> ShownFigure:
    """Turn an Altair chart into what a notebook cell displays, with the sliders bound to its parameters.

    Args:
        chart: an `altair` chart; a single or layered one without a width becomes as wide as the page allows.
            A slider is `altair.param(value=..., bind=altair.binding_range(min=, max=, step=, name=))`.
            Its data is part of the page: keep it to a few thousand rows of rounded numbers.
        alt: what the figure says, for readers who can't see it.
        caption: plain text under the figure.

    Before the script has run, and where scripts are off, the chart is shown as it is at first, with what its sliders
    would say.

    Raises:
        ValueError: if alt is empty.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows, got an empty text")
    spec = chart.to_dict()
    chosen = _chosen(spec)
    spec["description"] = alt
    given = spec.pop("config", {})
    # The view holds altair's own default size; a chart's own size is in the chart.
    given.pop("view", None)
    spec["config"] = dict(_CONFIG)
    for key, value in given.items():
        spec["config"][key] = {**_CONFIG.get(key, {}), **value} if isinstance(value, dict) else value
    # A page's width is known when it is drawn there; the still picture has that of a column of text.
    fits = ("mark" in spec or "layer" in spec) and "width" not in spec
    still = vl_convert.vegalite_to_svg({**spec, "width": _COLUMN} if fits else spec, vl_version=_version())
    if fits:
        spec["width"] = "container"
    # Compiled here, so that a page needs Vega alone, two thirds of what Vega-Lite takes.
    spec = vl_convert.vegalite_to_vega(spec, vl_version=_version())
    data = json.dumps(spec, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    name = hashlib.sha256(data.encode()).hexdigest()[:12]
    # vl_convert numbers clip paths by a counter of the process: another number the next time, and in the next chart.
    clips: dict[str, str] = {}
    still = re.sub(r"\bclip\d+\b", lambda m: clips.setdefault(m[0], f"clip-{name}-{len(clips)}"), still)
    still = share_shapes(still, f"shape-{name}-")
    label = html.escape(alt, quote=True)
    body = (
        f'<div class="repsim-vega" style="width:100%" {CHART_MARK}="{name}" role="group" aria-label="{label}">'
        f"{_described(still, label)}{chosen}</div>"
        f'<script type="application/json">{data}</script>'
        f"<script data-repsim-library>{_library()}</script>"
        f"<script>{_DRAW.replace('NAME', name)}</script>"
    )
    return ShownFigure(figure_markup(body, caption), alt, source_of(chart))


def write_library(folder: str | Path) -> Path:
    """Write the drawing library that a book's pages share into `folder`, if missing; return its path."""
    path = Path(folder) / LIBRARY_FILE
    # Only a finished file may count as there: the book can be interrupted.
    mark = f"/* vega-lite {_version()}, vl-convert {version('vl-convert-python')} */\n"
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
    return f"window.vega || (() => {{{code}}})();"


def _chosen(spec: dict[str, Any]) -> str:
    """What the sliders and menus of a chart say at first, as HTML; "" for a chart without."""
    said = [
        f"{str(each['bind'].get('name', each['name'])).strip()}: {each['value']}"
        for each in spec.get("params", [])
        if "input" in each.get("bind", {})
    ]
    return f'<p class="repsim-chosen">{html.escape(", ".join(said))}</p>' if said else ""


def _described(svg: str, label: str) -> str:
    return svg.replace(
        "<svg ", f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto" ', 1
    )
