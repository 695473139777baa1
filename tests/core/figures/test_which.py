"""Figures of the chapter "Which distance tells?" on tiny data: what is drawn, no warnings."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import which
from repsim_core.figures.interactive import show_interactive
from repsim_core.figures.style import show
from repsim_core.figures.which_explorer import arrangements, explorer

NAMES = {"d_kl": "KL", "d_llv": "LLV"}
KINDS = ("radial", "images")


def strips() -> Figure:
    rows = [(p, k, m, v) for p in ("one", "two") for k in KINDS for m in NAMES for v in (0.1, 0.5, np.nan)]
    told = pd.DataFrame(rows, columns=["panel", "kind", "measure", "value"])
    return which.strips(told, NAMES, axis="rank correlation", nothing=0.0, limits=(-1, 1))


def paired_differences() -> Figure:
    rows = [(s, m, 0.2, 0.1, 0.3, p) for s, p in (("A", 0.01), ("B", 0.5)) for m in NAMES]
    rows += [("C", m, 0.2, np.nan, np.nan, np.nan) for m in NAMES]
    ahead = pd.DataFrame(rows, columns=["set", "rival", "value", "low", "high", "p"])
    return which.paired_differences(ahead, NAMES, level=0.05)


def by_construction() -> Figure:
    pairs = pd.DataFrame(
        {"kind": ["radial", "images"], "d_fg": [0.01, 0.1], "d_llv": [0.1, 0.4], "d_kl": [1.0, 2.0]}
    )
    curves = pd.DataFrame({"measure": ["d_llv", "d_llv"], "distance": [0.1, 1.0], "bound": [0.02, 2.0]})
    return which.by_construction(pairs, curves, NAMES)


def bounds() -> Figure:
    rows = [(p, q, 0.1 * n) for p in "ABCD" for q in ("d_fg", "quadratic_bound") for n in range(1, 9)]
    return which.bounds(pd.DataFrame(rows, columns=["panel", "quantity", "value"]), which.BOUNDS)


def two_sides() -> Figure:
    rows = [(kind, size, 0.1, 0.12) for kind in KINDS for size in (2, 3)]
    return which.two_sides(pd.DataFrame(rows, columns=["kind", "size", "of_sets", "of_labels"]))


@pytest.mark.parametrize(
    ("make", "panels", "titles"),
    [
        (strips, 2, ["one", "two"]),
        (paired_differences, 2, ["KL", "LLV"]),
        (by_construction, 2, ["", ""]),
        (bounds, 4, ["A", "B", "C", "D"]),
        (two_sides, 2, ["M = 2", "M = 3"]),
    ],
)
def test_figure(make: Callable[[], Figure], panels: int, titles: list[str]) -> None:
    figure = make()
    axes = [ax for ax in figure.axes if ax.axison]
    assert len(axes) == panels
    assert [ax.get_title(loc="left") for ax in axes] == titles
    assert show(figure, alt="what it says").markup


def test_marks_are_filled_where_a_difference_is_sure() -> None:
    ax, *_ = paired_differences().axes
    sure, unsure = ax.collections[-2:]
    assert sure.get_offsets().shape[0] == 1
    assert unsure.get_offsets().shape[0] == 2


def test_the_strip_of_the_theorem_is_between_two_lines() -> None:
    for ax, factor in zip(two_sides().axes, (3, 5), strict=True):
        lower, upper = ax.lines[:2]
        assert np.allclose(lower.get_ydata(), lower.get_xdata())
        assert np.allclose(upper.get_ydata(), factor * np.asarray(upper.get_xdata()))


def laid(number: int) -> list:
    rng = np.random.default_rng(number)
    target = rng.normal(size=(50, 2))
    return arrangements(target, target + 0.1, np.arange(50) % 4, points=12)


def test_an_arrangement_has_every_label_and_whole_numbers() -> None:
    found = laid(0)
    assert [point["k"] for point in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    places = np.array([point["f"] for point in found])
    assert places.dtype == int
    shifts = places[:, 2:] - places[:, :2]
    assert np.ptp(shifts) <= 2  # the same shift for all, but for rounding


def test_the_explorer_begins_with_the_pair_it_is_told_and_its_slider_reaches_all() -> None:
    pairs = pd.DataFrame(
        {"number": [1, 2, 3], "cca_loss": [0.1, 0.2, 0.3], "words": "a pair", "second": "its numbers"}
    )
    pairs = pairs.assign(d_kl=[0.1, 0.2, 0.4], d_llv=[0.3, 0.2, 0.1])
    chart = explorer(pairs, {n: laid(n) for n in (1, 2, 3)}, NAMES, first=2)
    params = {each["name"]: each for each in chart.to_dict()["params"]}
    assert params["by"]["bind"]["options"] == ["KL", "LLV"]
    assert params["pair"]["bind"]["max"] == 3
    assert params["pair"]["value"] == [{"number": 2}]
    markup = show_interactive(chart, alt="what it says").markup
    compiled = json.loads(markup.split('<script type="application/json">')[1].split("</script>")[0])
    # Pointing at a dot and moving the slider are one thing.
    for spec in compiled.values():
        signals = {each["name"]: each for each in spec["signals"]}
        assert signals["pair_number"]["bind"]["input"] == "range"
        assert signals["pair_number"]["on"]
    assert ">pair: 2, distance: KL<" in markup
    # Each arrangement is in the page once.
    assert markup.count(json.dumps(laid(2)[0]["f"], separators=(",", ":"))) <= 2


def test_every_bound_of_every_pair_is_a_dot() -> None:
    for axes in bounds().axes:
        assert [len(dots.get_offsets()) for dots in axes.collections] == [8, 0, 8, 0]
        assert axes.get_xscale() == "log"
