"""One look for every figure of the book: how a figure is made, coloured and shown.

    with style():
        figure, axes = new_figure(1, 2)
        axes[0].plot(rho, kl, **line_styles(1)[0])
    show(figure, alt="d_KL falls from 0.8 to 1e-5 as rho grows from 1 to 20.")

Figures are inline SVG whose ink (text, axes, ticks) is `currentColor`, so one drawing serves a light page, a
dark page, JupyterLab and a stand-alone HTML file. Data colours are chosen to stand out on both backgrounds.
No function here changes matplotlib's settings for anyone else.
"""

import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.typing import RcKeyType

from repsim_core.figures.figure_source import FigureSource, narrow_of, source_of
from repsim_core.figures.inline_svg import INK, inline_svg
from repsim_core.figures.narrow import NARROW_WIDTH, fit_texts, is_narrow

__all__ = [
    "INK",
    "MODEL_COLORS",
    "edges",
    "label_palette",
    "line_styles",
    "markers",
    "new_figure",
    "new_panels",
    "show",
    "style",
    "xy",
]

# Each colour has a contrast of at least 3:1 on white and on the theme's dark page (#14181e), and any two
# differ by at least 0.06 in OKLab with simulated protan-, deuter- or tritanopia (tests/core/figures/test_style.py).
_PALETTE = ("#0072b2", "#d55e00", "#009e73", "#a578ff", "#c30f96", "#69695a", "#965a1e", "#c378b4")
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<", ">", "h", "*")

MODEL_COLORS: tuple[str, str] = _PALETTE[:2]
"""Colours of the first and the second of two models that are compared, everywhere in the book."""

_RASTER_DPI = 150
# Points in one axes: above this an SVG scatter is larger than its picture.
_DENSE = 1500
# The attribute of a drawing for narrow columns: a style sheet shows it, where there is one.
HIDDEN = ' style="display:none"'

_RC: dict[RcKeyType, Any] = {
    # This family comes with matplotlib, so every machine draws the same.
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.9,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=_PALETTE),
    "axes.grid": False,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": INK,
    "image.cmap": "viridis",
    "image.interpolation": "nearest",
    "svg.fonttype": "path",
    "svg.hashsalt": "repsim",
    "savefig.dpi": _RASTER_DPI,
}


def xy(table: pd.DataFrame, x: str = "x", y: str = "y") -> np.ndarray:
    """Two columns as an array of shape (rows, 2)."""
    return np.column_stack([table[x].to_numpy(), table[y].to_numpy()])


@contextmanager
def style() -> Iterator[None]:
    """Draw in the book's style inside the `with` block; matplotlib's own settings come back after it."""
    with mpl.rc_context():
        # A reader's matplotlibrc must not change the book's figures.
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        if is_narrow():
            mpl.rcParams["axes.titlesize"] = _RC["axes.labelsize"]
        yield


def new_figure(
    rows: int = 1,
    cols: int = 1,
    *,
    width: float | None = None,
    height: float | None = None,
    beside: bool = False,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """An empty figure in the book's style, and its axes.

    Args:
        rows, cols: the grid of axes. For a narrow column (`narrow`) the axes are one below the other, row by row.
        width, height: inches; by default 5 wide for one column and 7.2 for more, and 3.4 high a row. For a narrow
            column the width is that of a phone, and a row as high as it is elsewhere.
        beside: whether the axes of a row stay beside each other in a narrow column too, at the same shape.
        subplots: passed on to `matplotlib.figure.Figure.subplots`, e.g. `sharey=True`.

    Returns:
        The figure, and one Axes for a 1x1 grid, else an array of them as `plt.subplots` gives it. The figure
        isn't known to pyplot, so nothing is drawn until `show`.
    """
    if width is None:
        width = 5.0 if cols == 1 else 7.2
    if height is None:
        height = 3.4 * rows
    if is_narrow() and not beside:
        return _stacked(rows, cols, height, **subplots)
    if is_narrow():
        # Texts do not shrink with the panels.
        width, height = NARROW_WIDTH, height * NARROW_WIDTH / width + 0.3 * rows
    with style():
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, cols, **subplots)


def new_panels(
    count: int,
    *,
    columns: int = 2,
    width: float,
    height: float,
    below: float = 0.0,
    narrow_columns: int = 1,
    **subplots: Any,
) -> tuple[Figure, list[Axes]]:
    """An empty figure in the book's style with so many axes, row by row.

    Args:
        count: of the axes.
        columns, narrow_columns: the most in a row, in a wide and in a narrow column.
        width, height, below: inches: of a panel, and under all of them.
        subplots: passed on to `matplotlib.figure.Figure.subplots`.
    """
    columns = min(count, narrow_columns if is_narrow() else columns)
    rows = -(-count // columns)
    size = NARROW_WIDTH if is_narrow() else width * columns
    with style():
        figure = Figure(figsize=(size, height * rows + below), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False, **subplots).ravel())
    for spare in panels[count:]:
        spare.remove()
    return figure, panels[:count]


def edges(axes: Axes) -> tuple[bool, bool]:
    """Whether a panel is the first of its row, and whether it is in the last row: where axes are named."""
    place = axes.get_subplotspec()
    return place is None or place.is_first_col(), place is None or place.is_last_row()


def _stacked(
    rows: int,
    cols: int,
    height: float,
    *,
    squeeze: bool = True,
    sharex: bool | str = False,
    sharey: bool | str = False,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """Axes one below the other, in an array of the same shape as of a grid, each with the numbers at its own edges."""
    with style():
        figure = Figure(figsize=(NARROW_WIDTH, height * cols), layout="constrained")
        axes = figure.subplots(rows * cols, 1, squeeze=False, **subplots).reshape(rows, cols)
    for (row, col), axis in np.ndenumerate(axes):
        for shared, join in ((sharex, axis.sharex), (sharey, axis.sharey)):
            first = {True: (0, 0), "row": (row, 0), "col": (0, col)}.get(shared)
            if first not in (None, (row, col)):
                join(axes[first])
    if not squeeze:
        return figure, axes
    return figure, axes.squeeze() if axes.size > 1 else axes[0, 0]


def label_palette(k: int) -> list[str]:
    """`k` colours for labels (hex), distinct without full colour vision for k <= 8.

    Above 8 the colours are steps of a hue wheel, in which neighbours alternate in lightness: they show order
    round a circle, but nobody can name 18 of them from a legend. Write the label next to its points then.

    Raises:
        ValueError: if k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if k <= len(_PALETTE):
        return list(_PALETTE[:k])
    # It takes a second to import, and few figures have so many labels.
    import seaborn as sns

    # The ends of what has a contrast of 3:1 on both backgrounds.
    lightness = (0.46, 0.61)
    wheel = [sns.husl_palette(k, h=0.03, s=0.95, l=each) for each in lightness]
    return [to_hex(wheel[i % 2][i]) for i in range(k)]


def line_styles(k: int) -> list[dict[str, Any]]:
    """Keyword arguments for `k` lines (`ax.plot(x, y, **line_styles(3)[i])`): colour, dashes and marker.

    Dashes and markers differ as well as colours, so that no line is told by its colour alone.
    """
    colours, shapes = label_palette(k), markers(k)
    return [
        {"color": colours[i], "linestyle": _DASHES[i % len(_DASHES)], "marker": shapes[i]} for i in range(k)
    ]


def markers(k: int) -> list[str]:
    """`k` marker shapes; after 12 they repeat."""
    return [_MARKERS[i % len(_MARKERS)] for i in range(k)]


class ShownFigure:
    """A figure as Jupyter and the book display it: inline SVG, or its description where there is no HTML."""

    def __init__(self, markup: str, alt: str, source: FigureSource | None = None) -> None:
        self.markup = markup
        self.alt = alt
        self.source = source

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        record = self.source.bundle() if self.source else {}
        return {"text/html": self.markup, "text/plain": self.alt, **record}

    def __repr__(self) -> str:
        return self.alt


def show(fig: Figure, *, alt: str, caption: str | None = None, title: str | None = None) -> ShownFigure:
    """Turn a finished figure into what a notebook cell displays, and close it.

    Args:
        fig: the figure; make the last line of a cell `show(fig, ...)`.
        alt: what the figure says, for readers who can't see it: the finding, not "a plot of x and y".
        caption: plain text under the figure.
        title: what the figure found, in a line above it.

    Axes that scatter more than 1,500 points hold them as a picture inside the SVG, so that pages stay light.
    The same figure gives the same bytes every time.

    Raises:
        ValueError: if alt is empty.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows, got an empty text")
    narrow = narrow_of(fig)
    body = _drawing(fig, alt)
    if narrow is not None:
        with style():
            fit_texts(narrow)
        # A style sheet shows one of the two; where there is none, this is the first.
        body = (
            f'<div class="repsim-wide">{body}</div>'
            f'<div class="repsim-narrow"{HIDDEN}>{_drawing(narrow, alt)}</div>'
        )
    return ShownFigure(figure_markup(body, caption, title), alt, source_of(fig))


def _drawing(fig: Figure, alt: str) -> str:
    """A figure as SVG for a page; closes the figure."""
    for axes in fig.axes:
        scatters = [each for each in axes.collections if isinstance(each, PathCollection)]
        if sum(len(np.asarray(each.get_offsets())) for each in scatters) > _DENSE:
            for each in scatters:
                each.set_rasterized(True)
    for legend in fig.findobj(Legend):
        if isinstance(legend, Legend):
            # A frame drawn outside of style() would be a white box on a dark page.
            legend.set_frame_on(False)
    buffer = io.StringIO()
    with style():
        _lay_out(fig)
        fig.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    plt.close(fig)
    return inline_svg(buffer.getvalue(), alt)


def _lay_out(fig: Figure) -> None:
    """Set the axes in their places once: saving would do it twice, each time with a drawing."""
    engine = fig.get_layout_engine()
    if engine is not None:
        engine.execute(fig)
        fig.set_layout_engine("none")


def figure_markup(body: str, caption: str | None = None, title: str | None = None) -> str:
    """HTML of a figure's box, which scrolls by itself where the page is narrower than the drawing."""
    # The one place where looks are written into the page: JupyterLab and stand-alone HTML have no style sheet
    # of the book.
    above = f'<p style="font-weight:600;margin:0 0 .5em">{html.escape(title)}</p>' if title else ""
    under = f'<figcaption style="margin-top:.5em">{html.escape(caption)}</figcaption>' if caption else ""
    return (
        '<figure class="repsim-figure" style="margin:1em 0">'
        f'{above}<div class="repsim-scroll" style="overflow-x:auto">{body}</div>{under}</figure>'
    )
