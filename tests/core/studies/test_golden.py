"""Digits that each protocol version must give. They fail when digits change without a new version.

If a change of the digits is meant: raise `protocol` of the unit concerned, run

    PYTHONPATH=tests/support python tests/core/studies/test_golden.py

to write the digits of the new version, and say in the errata or the changelog what changed. Results of the old version
stay in caches and records under the old number.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from typing import Any

import pytest
import torch
from places import GOLDEN
from safetensors.torch import load_file

import repsim_core as rc
from repsim_core.datasets.images import digit_images
from repsim_core.datasets.loading import copy_here
from repsim_core.datasets.tabular import radial
from repsim_core.studies.image_study import ImageTrainingUnit
from repsim_core.studies.units import PAIR_MEASURES, ComparingUnit, measured, one_thread, read_stack
from repsim_core.studies.width_study import TrainingUnit
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES
from repsim_core.training.stacks import train_stack

DIGITS = GOLDEN / "digits.json"
STEPS = 20
WRITE = "write the digits of this version: PYTHONPATH=tests/support python tests/core/studies/test_golden.py"


def compared() -> dict[str, Any]:
    """All measures of two small networks whose representations are in the repository."""
    arrays = load_file(GOLDEN / "pair.safetensors")
    a, b = (
        rc.Representations(arrays[f"{name}.embeddings"], arrays[f"{name}.unembeddings"])
        for name in ("a", "b")
    )
    return {
        "searched": measured(a, b),
        "exact": measured(a, b, input_set="exact", min_conditioning=0.05),
    }


def stack_losses() -> list[list[float]]:
    """The first losses of a stack on radial data, a list for each step."""
    with one_thread():
        stack = train_stack(radial(4, 1000, seed=0), seeds=[0, 1, 2], width=8, steps=STEPS, device="cpu")
    return stack.losses.tolist()


def image_losses() -> list[float]:
    """The first losses of a network on the digits."""
    recipe = replace(RECIPES["digits"], steps=STEPS, widths=(4, 8, 8))
    with one_thread():
        trained = train_images(digit_images()[0], recipe=recipe, seed=1, device="cpu")
    return trained.losses.tolist()


def stored(unit: TrainingUnit | ImageTrainingUnit) -> dict[str, list]:
    """What a unit leaves in the store, in few numbers."""
    stack = read_stack(unit.compute())
    columns = {name: stack.table[name].tolist() for name in ("test_accuracy", "test_loss", "train_loss")}
    sizes = [float(model.embeddings.norm()) for model in stack.models.values()]
    others = [float(model.unembeddings.norm()) for model in stack.models.values()]
    curve = stack.loss_curve
    return {**columns, "f": sizes, "g": others, "curve": [len(curve), *curve.mean(dim=0).tolist()]}


def stored_stacks() -> dict[str, dict[str, list]]:
    """Of free and of fixed norms, on few points."""
    few = {"seeds": (0, 1), "steps": 160, "train_points": 400, "test_points": 50}
    return {
        "free": stored(TrainingUnit(4, 8, **few)),
        "both": stored(TrainingUnit(5, 8, embedding_norm=20.0, unembedding_norm=20.0, **few)),
    }


def stored_images() -> dict[str, dict[str, list]]:
    """By each kind of recipe, two steps on the digits: later ones tell processors apart by their rounding."""
    small = {"widths": (4, 8, 8), "batch_size": 50, "hidden": (8,)}
    recipes = {
        "digits": replace(RECIPES["digits"], steps=2, **small),
        "fast": replace(RECIPES["fast"], steps=2, resolutions=(8, 12), **small),
        "paper": replace(RECIPES["paper"], steps=2, batch_size=16),
    }
    return {
        name: stored(ImageTrainingUnit("digits", copy_here("digits").data, recipe, 2, (1,)))
        for name, recipe in recipes.items()
    }


PARTS = {
    ComparingUnit: ("compare", compared),
    TrainingUnit: ("stack", stack_losses),
    ImageTrainingUnit: ("images", image_losses),
}


def kept(unit: type) -> Any:
    """The golden digits of a kind of unit, which are of its present protocol version."""
    part = json.loads(DIGITS.read_text())[PARTS[unit][0]]
    assert part["protocol"] == unit.protocol, WRITE
    return part["digits"]


def test_compare_gives_nine_digits_on_any_processor():
    expected = kept(ComparingUnit)
    found = compared()
    for label, measures in expected.items():
        for name, value in measures.items():
            if isinstance(value, float):
                assert found[label][name] == pytest.approx(value, rel=5e-9, abs=1e-12), (label, name)
            else:
                assert found[label][name] == value, (label, name)


# How near a processor of another kind comes. Adam's first steps have the length of the learning rate whatever the
# gradient is, and the sign of one that is nearly zero is a matter of rounding.
ROUNDED = {"test_accuracy": 0.01, "f": 0.03, "g": 0.03}


@pytest.mark.parametrize(
    ("unit", "part", "compute", "near"),
    [
        (TrainingUnit, "stored stacks", stored_stacks, {}),
        (ImageTrainingUnit, "stored images", stored_images, ROUNDED),
    ],
)
def test_a_unit_stores_the_same(unit, part, compute, near, tmp_path, monkeypatch):
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path))
    digits = json.loads(DIGITS.read_text())
    assert digits[part]["protocol"] == unit.protocol, WRITE
    found = compute()
    assert found.keys() == digits[part]["digits"].keys()
    for name, expected in digits[part]["digits"].items():
        for column, values in expected.items():
            tolerance = near.get(column, 1e-3)
            assert found[name][column] == pytest.approx(values, rel=tolerance, abs=tolerance), (name, column)


@pytest.mark.parametrize("unit", [TrainingUnit, ImageTrainingUnit])
def test_the_first_losses_of_a_training_are_the_same(unit):
    _, compute = PARTS[unit]
    expected, found = torch.tensor(kept(unit)), torch.tensor(compute())
    assert found.shape == expected.shape
    # Of a network with convolutions a processor of another kind has the first steps alone to more digits than three.
    alike, later = (len(expected), 1e-5) if unit is TrainingUnit else (3, 0.03)
    assert torch.allclose(found[:alike], expected[:alike], rtol=1e-5, atol=1e-5)
    assert torch.allclose(found, expected, rtol=later, atol=later)


def test_a_changed_digit_would_be_noticed():
    """The comparison above is not vacuous: there are measures of every kind, and losses that fall."""
    digits = json.loads(DIGITS.read_text())
    measures = digits["compare"]["digits"]["searched"]
    assert all(abs(measures[name]) > 1e-6 for name in PAIR_MEASURES)
    for part in ("stack", "images"):
        losses = torch.tensor(digits[part]["digits"])
        assert len(losses) == STEPS
        assert losses[-5:].mean() < losses[:5].mean()


if __name__ == "__main__":
    parts = {
        name: {"protocol": unit.protocol, "digits": compute()} for unit, (name, compute) in PARTS.items()
    }
    parts["stored stacks"] = {"protocol": TrainingUnit.protocol, "digits": stored_stacks()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REPSIM_CACHE"] = folder
        parts["stored images"] = {"protocol": ImageTrainingUnit.protocol, "digits": stored_images()}
    DIGITS.write_text(json.dumps(parts, indent=1) + "\n")
