"""Figures of the chapter Setup: what they draw, that they warn of nothing, and the same bytes every time."""

import json
import math
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from repsim_core import Representations
from repsim_core.figures import setup as figures
from repsim_core.figures.style import show
from repsim_core.studies.shown_models import coordinate_tables


def model(seed: int = 0, *, labels: int = 4, inputs: int = 40, dim: int = 2) -> Representations:
    rng = np.random.default_rng(seed)
    return Representations(rng.standard_normal((inputs, dim)), rng.standard_normal((labels, dim)))


def two() -> tuple[pd.DataFrame, pd.DataFrame]:
    return coordinate_tables({"one": model(0), "two": model(1)})


def side_by_side():
    return figures.side_by_side(*two())


def label_sets():
    sets = pd.DataFrame({"title": ["good", "bad"], "pivot": [0, 1], "first": [1, 2], "second": [2, 3]})
    return figures.label_sets(coordinate_tables({"one": model()})[1], sets)


def mapped():
    embeddings, _ = two()
    targets = embeddings.groupby(["model", "label"], sort=False, as_index=False).mean()
    targets[["target_x", "target_y"]] = targets[["x", "y"]] + 1
    return figures.mapped(embeddings, targets)


def twin_dial(dim: int = 2):
    one = model(dim=dim)
    embeddings, unembeddings = coordinate_tables({"one": one})
    unembeddings["rest"] = one.unembeddings[:, 2:] @ one.embeddings[3, 2:]
    return figures.twin_dial(embeddings, unembeddings, 3)


def test_frames_hold_the_first_two_coordinates_and_the_predictions():
    one = model(dim=3)
    embeddings, unembeddings = coordinate_tables({"one": one, "two": model(1, dim=3)})
    assert embeddings.columns.tolist() == unembeddings.columns.tolist() == ["model", "label", "x", "y"]
    assert (len(embeddings), len(unembeddings)) == (80, 8)
    first = embeddings[embeddings["model"] == "one"]
    np.testing.assert_array_equal(first[["x", "y"]], one.embeddings[:, :2])
    np.testing.assert_array_equal(first["label"], one.predictions())
    np.testing.assert_array_equal(unembeddings["label"][:4], range(4))


@pytest.mark.parametrize(
    ("make", "panels", "titles"),
    [
        (side_by_side, 4, ["one\nembeddings f(x)", "two\nembeddings f(x)"] + ["unembeddings g(y)"] * 2),
        (label_sets, 2, ["good", "bad"]),
        (mapped, 2, ["one", "two"]),
    ],
)
def test_panels_carry_their_titles_and_name_their_labels(make: Callable, panels: int, titles: list[str]):
    figure = make()
    assert [axes.get_title(loc="left") for axes in figure.axes] == titles
    assert len(figure.axes) == panels
    for axes in figure.axes:
        assert axes.get_aspect() == 1.0  # angles are part of what the figure says
        assert {text.get_text() for text in axes.texts} - {""} <= set("0123")


def test_arrows_run_from_the_mean_of_the_unembeddings_to_each():
    figure = side_by_side()
    g = model(0).unembeddings
    arrows = [text for text in figure.axes[2].texts if text.get_text() == ""]
    np.testing.assert_allclose([arrow.xy for arrow in arrows], g)
    np.testing.assert_allclose([arrow.xyann for arrow in arrows], [g.mean(axis=0)] * len(g))


@pytest.mark.parametrize("make", [side_by_side, label_sets, mapped])
def test_the_same_data_gives_the_same_bytes(make: Callable):
    first, second = (show(make(), alt="what it says").markup for _ in range(2))
    assert first == second
    assert 'aria-label="what it says"' in first
    assert "#000000" not in first


def test_the_dial_is_the_same_every_time_and_has_its_sliders():
    first, second = (twin_dial().to_json() for _ in range(2))
    assert first == second
    bound = {param["name"]: param["bind"]["input"] for param in json.loads(first)["params"]}
    assert bound == {"angle": "range", "stretch": "range"}


@pytest.mark.parametrize("dim", [2, 3])
def test_the_bars_of_the_dial_are_the_probabilities_of_the_example(dim: int):
    """Evaluated as the browser would: A = I at first, so logits are f·g; after a turn and stretch, the same."""
    spec = twin_dial(dim).to_dict()
    bars = spec["vconcat"][1]
    rows = pd.DataFrame(spec["datasets"][bars["data"]["name"]])
    expected = np.exp(model(dim=dim).log_probs()[3])
    for angle, stretch in ((0, 1), (40, 2.2)):
        logits = [_logit(bars["transform"], row, angle, stretch) for row in rows.to_dict("records")]
        p = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(p, expected, atol=0.01)  # coordinates have three decimals


def _logit(transforms: list[dict], row: dict, angle: float, stretch: float) -> float:
    """The calculated field `logit`, by Python's own arithmetic, of which Vega's expressions are a part."""
    values = {name: float(value) for name, value in row.items()}
    names = {"cos": math.cos, "sin": math.sin, "PI": math.pi, "angle": angle, "stretch": stretch}
    for transform in transforms:
        if transform.get("as") in ("u", "v", "logit"):
            expression = re.sub(
                r"datum\.(\w+)", lambda match: f"({values[match[1]]})", transform["calculate"]
            )
            values[transform["as"]] = eval(expression, {"__builtins__": {}}, names)
    return values["logit"]
