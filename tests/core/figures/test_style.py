"""The figures' look: readable on both backgrounds, told apart without full colour vision, the same every time."""

import os
import re
from itertools import combinations
from xml.etree import ElementTree

import altair as alt
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from places import ROOT

from repsim_core.figures.figure_source import draws, narrow_of
from repsim_core.figures.interactive import show_interactive, write_library
from repsim_core.figures.narrow import fit_texts, is_narrow, legend_below
from repsim_core.figures.style import (
    MODEL_COLORS,
    label_palette,
    line_styles,
    markers,
    new_figure,
    show,
    style,
)

WHITE, DARK = "#ffffff", "#14181e"

# Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b)), reverse=True)
    return float((light + 0.05) / (dark + 0.05))


def oklab(rgb: np.ndarray) -> np.ndarray:
    lms = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ rgb.clip(0, 1)
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ lms
    )


def a_figure(points: int = 40):
    rng = np.random.default_rng(0)
    with style():
        figure, axes = new_figure(1, 2)
        axes[0].plot([1, 2, 3], [3, 1, 2], label="one", **line_styles(1)[0])
        axes[0].set(xlabel=r"$\rho$", ylabel=r"$d_{\mathrm{KL}}$", title="Title")
        axes[0].legend()
        axes[1].scatter(*rng.normal(size=(2, points)), s=5, color=MODEL_COLORS[1])
    return figure


def svg_of(markup: str) -> ElementTree.Element:
    match = re.search(r"<svg.*</svg>", markup, re.DOTALL)
    assert match
    return ElementTree.fromstring(match[0])


@pytest.mark.parametrize("k", [1, 2, 7, 8, 10, 18, 24])
def test_colours_stand_out_on_light_and_dark(k):
    colours = label_palette(k)
    assert len(set(colours)) == k
    for colour in colours:
        assert contrast(colour, WHITE) >= 3, colour
        assert contrast(colour, DARK) >= 3, colour


@pytest.mark.parametrize("colour", label_palette(8))
def test_dots_that_let_a_dark_page_shine_through_stand_out(colour):
    """The book's style sheet brightens drawings on a dark page."""
    css = (ROOT / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    (factor,) = re.findall(r"\.repsim-figure svg \{ filter: brightness\(([\d.]+)\)", css)
    bright = np.clip(float(factor) * np.array(to_rgb(colour)), 0, 1)
    assert contrast(to_hex(0.7 * bright + 0.3 * np.array(to_rgb(DARK))), DARK) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_without_full_colour_vision(vision):
    seen = [oklab(VISION[vision] @ linear(colour)) for colour in label_palette(8)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.06


def test_lines_differ_by_more_than_colour():
    keys = [(s["linestyle"], s["marker"]) for s in line_styles(12)]
    assert len(set(keys)) == 12
    assert len(markers(30)) == 30


@pytest.mark.parametrize("k", [0, -1])
def test_palette_needs_a_colour(k):
    with pytest.raises(ValueError, match="k must be"):
        label_palette(k)


def test_same_figure_same_bytes():
    assert show(a_figure(), alt="A").markup == show(a_figure(), alt="A").markup
    assert show(a_figure(3000), alt="A").markup == show(a_figure(3000), alt="A").markup


def test_svg_takes_the_ink_of_the_page_and_keeps_to_itself():
    bundle = show(a_figure(), alt='An "A" & a <B>', caption="1 < 2")._repr_mimebundle_()
    assert bundle["text/plain"] == 'An "A" & a <B>'
    markup = bundle["text/html"]
    assert "1 &lt; 2" in markup
    svg = svg_of(markup)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == 'An "A" & a <B>'
    assert "#000000" not in markup
    assert "currentColor" in markup
    assert "<style" not in markup
    assert "<metadata" not in markup
    assert not re.findall(r"#f{6}", markup)
    ids = re.findall(r'\bid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', markup)) == set(ids)


def test_a_title_stands_above_the_figure_as_plain_text():
    markup = show(a_figure(), alt="what it says", title="a < b").markup
    assert 0 < markup.index(">a &lt; b</p>") < markup.index("<svg")
    assert "</p>" not in show(a_figure(), alt="what it says").markup


def test_ids_of_two_figures_are_apart():
    figure = a_figure()
    figure.axes[0].set_title("Another")
    ids = [set(re.findall(r'\bid="([^"]+)"', show(f, alt="A").markup)) for f in (a_figure(), figure)]
    assert not ids[0] & ids[1]


def test_dense_scatter_becomes_a_picture():
    markup = show(a_figure(20_000), alt="A").markup
    assert "data:image/png;base64" in markup
    assert len(markup) < 150_000


@draws
def two_panels(table: pd.DataFrame):
    with style():
        figure, axes = new_figure(1, 2, width=6, height=3, sharey=True)
        for axis in axes:
            axis.plot(table["x"], table["y"], label="a line with a rather long name")
            axis.set(title="A title that is longer than a phone is wide, of several words", ylabel="y")
        legend_below(figure, *axes[0].get_legend_handles_labels(), columns=1)
    return figure


def test_a_figure_is_drawn_again_for_a_narrow_column():
    figure = two_panels(pd.DataFrame({"x": [1, 2], "y": [2, 1]}))
    narrow = narrow_of(figure)
    left, right = (axes.get_position() for axes in narrow.axes)
    markup = show(figure, alt="A").markup
    assert left.y0 > right.y1 - 0.1
    assert narrow.get_figwidth() < 3.6 < figure.get_figwidth()
    assert all("\n" in axes.get_title(loc="left") for axes in narrow.axes)
    assert all(axes.yaxis.get_tick_params()["labelleft"] for axes in narrow.axes)
    assert markup.count("<svg") == 2
    assert markup.index('class="repsim-wide"') < markup.index('class="repsim-narrow" style="display:none"')
    # nothing of it stays for the next figure
    assert not is_narrow()
    assert new_figure(1, 2)[0].get_figwidth() == 7.2


def test_words_break_and_formulas_do_not():
    figure, axis = new_figure(width=2.0, height=2.0)
    with style():
        axis.set_title(r"$a = b + c$ and a few words")
        fit_texts(figure)
    assert "$a = b + c$" in axis.get_title(loc="left").split("\n")[0]
    assert "\n" in axis.get_title(loc="left")


@pytest.mark.parametrize("alt_text", ["", "  "])
def test_figures_need_a_description(alt_text):
    with pytest.raises(ValueError, match="alt"):
        show(a_figure(), alt=alt_text)
    with pytest.raises(ValueError, match="alt"):
        show_interactive(a_chart(), alt=alt_text)


def test_settings_of_others_stay():
    before = dict(mpl.rcParams)
    show(a_figure(), alt="A")
    assert dict(mpl.rcParams) == before


def test_settings_of_others_have_no_effect():
    plain = show(a_figure(), alt="A").markup
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "savefig.facecolor": "red"}):
        assert show(a_figure(), alt="A").markup == plain


def a_chart():
    data = pd.DataFrame({"rho": [1, 2, 3], "value": [1.0, 0.5, 0.25]})
    rho = alt.param(name="rho", value=2, bind=alt.binding_range(min=1, max=3, step=1, name="ρ"))
    return alt.Chart(data).mark_line().encode(x="rho", y="value").add_params(rho)


def test_interactive_is_complete_and_described():
    chart = a_chart().properties(title="</script>")
    markup = show_interactive(chart, alt="Falls & falls", caption="c").markup
    assert 'aria-label="Falls &amp; falls"' in markup
    assert markup.count("<script") == markup.count("</script>") == 3
    own = re.sub(r"<script data-repsim-library>.*?</script>", "", markup, flags=re.DOTALL)
    assert not re.findall(r'\b(?:src|href)="', own)
    assert len(markup) < 1_200_000
    assert show_interactive(chart, alt="Falls & falls", caption="c").markup == markup


def test_library_of_a_book_is_written_once(tmp_path):
    path = write_library(tmp_path / "new")
    os.utime(path, (1, 1))  # so that another writing shows, however soon
    assert path.stat().st_size < 1_000_000
    assert write_library(tmp_path / "new").stat().st_mtime == 1
    assert [p.name for p in path.parent.iterdir()] == [path.name]
