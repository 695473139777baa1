"""Figures of the chapter "CIFAR-10" on tiny data: right axes and labels, no warnings."""

import json
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repsim_core.figures import cifar10, cifar10_petals
from repsim_core.figures.cifar10_explorer import explorer
from repsim_core.figures.cifar10_rings import rings_in_training
from repsim_core.figures.interactive import show_interactive
from repsim_core.figures.style import show

NAMES = ["plane", "auto", "bird", "cat"]
LETTERS = ["P", "A", "B", "C"]
SEEDS = (0, 1, 2, 3)
STEPS = (0, 100, 1500)


def flower(seed: int = 0, number: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Four petals in an order that depends on the seed; embeddings and labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(number) % len(NAMES)
    angles = 2 * np.pi * rng.permutation(len(NAMES))[labels] / len(NAMES) + 0.2 * rng.standard_normal(number)
    return rng.uniform(0.2, 3, number)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]), labels


def embedded(column: str, count: int) -> pd.DataFrame:
    parts = []
    for seed in range(count):
        f, labels = flower(seed)
        parts.append(pd.DataFrame({column: seed, "label": labels, "x": f[:, 0], "y": f[:, 1]}))
    return pd.concat(parts, ignore_index=True)


def pair() -> Figure:
    return cifar10_petals.pair(embedded("model", 2), NAMES, ["seed 3", "seed 4"])


def gallery(count: int = 4) -> Figure:
    g = embedded("seed", count).groupby(["seed", "label"], as_index=False).mean()
    return cifar10_petals.gallery(embedded("seed", count), g, NAMES)


def mapped() -> Figure:
    points = embedded("panel", 2)
    points[["target_x", "target_y"]] = points[["x", "y"]] * 1.5
    means = points.groupby(["panel", "label"], as_index=False).mean()
    return cifar10_petals.mapped(points, means, NAMES, ["seed 0 onto seed 1", "seed 2 onto seed 3"])


def pairs(dims: tuple[int, ...] = (2, 3, 5)) -> pd.DataFrame:
    rows = [
        (m, a, b, 0.1 * (a + b), 0.2 * b, 1 / (1 + a + b))
        for m in dims
        for a in SEEDS
        for b in SEEDS
        if a < b
    ]
    return pd.DataFrame(rows, columns=["dim", "seed_a", "seed_b", "loss_gap", "d_llv", "mean_cca"])


def scatter(dims: tuple[int, ...] = (2, 3, 5)) -> Figure:
    return cifar10.scatter(pairs(dims), {"loss_gap": "loss", "d_llv": "LLV"}, (0, 2))


def predictors() -> Figure:
    rows = [(name, m, 0.1 * m, -0.2, 0.8) for name in ("loss_gap", "d_kl") for m in (2, 3)]
    table = pd.DataFrame(rows, columns=["predictor", "dim", "value", "low", "high"])
    return cifar10.predictors(table, {"loss_gap": "loss", "d_kl": "KL"})


def order_prediction() -> Figure:
    table = pairs((2,)).assign(shared=[0, 1, 2, 3, 4, 4], predicted_cca=np.linspace(0, 1, 6))
    return cifar10.order_prediction(table)


FIGURES: list[tuple[Callable[[], Figure], int]] = [
    (pair, 2),
    (gallery, 4),
    (mapped, 2),
    (scatter, 6),
    (predictors, 1),
    (order_prediction, 2),
]


@pytest.mark.parametrize(("make", "count"), FIGURES, ids=lambda each: getattr(each, "__name__", ""))
def test_figure(make: Callable[[], Figure], count: int) -> None:
    figure = make()
    assert len(figure.axes) == count
    assert show(figure, alt="what it says").markup


@pytest.mark.parametrize("make", [pair, gallery, mapped])
def test_every_petal_has_its_name(make: Callable[[], Figure]) -> None:
    for axes in [each for each in make().axes if each.get_title(loc="left")]:
        assert sorted(text.get_text().strip() for text in axes.texts) == sorted(NAMES)
        assert axes.get_aspect() == 1.0  # angles are part of what the figure says


def test_names_stand_at_their_petals_and_apart() -> None:
    f, labels = flower(number=200)
    f[:, 1] *= 0.05  # a flat flower: all petals point left or right
    points, found = cifar10_petals.petals(f, labels, NAMES, gap=0.2)
    assert np.quantile(np.linalg.norm(points, axis=1), 0.995) == pytest.approx(1)
    for petal in found:
        middle = np.median(points[labels == petal.label], axis=0)
        assert (petal.place[0] >= 0) == (middle[0] >= 0)
    for side in (True, False):
        heights = sorted(petal.place[1] for petal in found if (petal.place[0] >= 0) == side)
        assert (np.diff(heights) > 0.2 - 1e-9).all()


def test_a_class_without_inputs_has_no_petal() -> None:
    f, labels = flower()
    _, found = cifar10_petals.petals(f[labels != 2], labels[labels != 2], NAMES, gap=0.2)
    assert [petal.name for petal in found] == ["plane", "auto", "cat"]


def test_gallery_has_a_panel_a_seed() -> None:
    for count in (1, 2, 4):
        titles = [axes.get_title(loc="left") for axes in gallery(count).axes]
        assert [title for title in titles if title] == [f"seed {seed}" for seed in range(count)]


def test_scatter_has_a_column_for_each_dimension_and_rings_the_pair() -> None:
    for dims in ((2,), (2, 3), (2, 3, 5)):
        figure = scatter(dims)
        assert [axes.get_title(loc="left") for axes in figure.axes[: len(dims)]] == [f"M = {m}" for m in dims]
        assert {axes.get_xlabel() for axes in figure.axes} - {""} == {"loss", "LLV"}
        rings = [len(axes.collections) - 1 for axes in figure.axes]
        assert rings == [int(m == 2) for _ in range(2) for m in dims]
        ring = figure.axes[0].collections[1].get_offsets()
        np.testing.assert_allclose(ring, [[0.2, 1 / 3]])


def chart() -> str:
    flowers = {seed: flower(seed) for seed in SEEDS}
    return show_interactive(
        explorer(
            {seed: f for seed, (f, _) in flowers.items()},
            {seed: labels for seed, (_, labels) in flowers.items()},
            flowers[0][1],
            NAMES,
            LETTERS,
            {seed: f"seed {seed}" for seed in SEEDS},
            pairs((2,))[["seed_a", "seed_b"]].assign(**{"d_KL": "0.1", "mean CCA": "0.5"}),
            (1, 3),
        ),
        alt="what it says",
    ).markup


def test_explorer_is_drawn_for_a_column_before_its_script_has_run_and_says_what_is_chosen() -> None:
    markup = chart()
    width = re.search(r'<svg [^>]*viewBox="0 0 (\d+) ', markup)
    assert width is not None
    assert 600 < int(width[1]) < 700
    assert '<p class="repsim-chosen">first seed: 1, second seed: 3, follow the class: all</p>' in markup


def test_explorer_has_menus_for_two_seeds_and_a_class() -> None:
    markup = chart()
    spec = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', markup, re.DOTALL)[0])[
        "wide"
    ]
    menus = {signal["name"]: signal for signal in spec["signals"] if "bind" in signal}
    assert [menus[name]["value"] for name in ("left", "right", "follow")] == [1, 3, "all"]
    assert menus["left"]["bind"]["options"] == [*SEEDS]
    assert menus["follow"]["bind"]["options"] == ["all", *NAMES]
    rows = next(data["values"] for data in spec["data"] if data.get("values"))
    assert len(rows) == 60
    assert all(len(row["f"]) == 2 * len(SEEDS) for row in rows)
    # a tap says which class it is of
    assert "true class" in json.dumps(spec["marks"])


def test_explorer_begins_with_the_pair_it_is_given_and_is_the_same_every_time() -> None:
    markup = chart()
    still = markup.split("</svg>")[0]
    assert "seed 1" in still
    assert "seed 3" in still
    assert "seed 2" not in still
    assert "mean CCA 0.5" in still
    assert markup == chart()


def rings() -> str:
    angles = [(p, r, s, k, 0.1 * s * r + k) for p in (0, 1) for r in (0, 1) for s in STEPS for k in range(4)]
    dots = [(p, s, n, n % 4, 0.001 * s, 0.5) for p in (0, 1) for s in STEPS for n in range(6)]
    progress = pd.DataFrame({"step": STEPS, "accuracy": [0.1, 0.2, 0.3], "decided": [0, 3, 4], "seeds": 4})
    chart = rings_in_training(
        pd.DataFrame(angles, columns=["panel", "ring", "step", "label", "angle"]),
        pd.DataFrame(dots, columns=["panel", "step", "point", "label", "x", "y"]),
        progress,
        LETTERS,
        {0: "one order", 1: "another"},
    )
    return show_interactive(chart, alt="what it says").markup


def test_a_training_is_shown_at_its_end_first_and_by_letters() -> None:
    markup = rings()
    assert '<p class="repsim-chosen">snapshot: 2</p>' in markup
    for still in re.findall(r"<svg .*?</svg>", markup, re.DOTALL):
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", still)
        # two rings in each of two panels
        assert [texts.count(letter) for letter in LETTERS] == [4] * 4
        # In a narrow column the sentence has three lines.
        said = ", ".join(texts).replace("steps:, ", "steps: ").replace("steps: , ", "steps: ")
        assert "After 1,500 of 1,500 steps: 4 of 4 seeds have their final order" in said
        assert "test accuracy 30%" in said
        assert {"0", "100", "1.5k"} <= set(texts)


def test_a_training_has_a_slider_over_its_snapshots() -> None:
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', rings(), re.DOTALL)
    for spec in json.loads(data).values():
        (slider,) = [each for each in spec["signals"] if "bind" in each]
        assert (slider["bind"]["min"], slider["bind"]["max"], slider["value"]) == (0, 2, 2)
