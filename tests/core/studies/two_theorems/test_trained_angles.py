"""Angles of the pairs that count, with the pivot of the record."""

from types import SimpleNamespace

import pandas as pd
import pytest

from repsim_core import noisy_copy, permuted_circles
from repsim_core.measures.label_angles import label_angles
from repsim_core.studies.two_theorems.trained_angles import factors, trained_angles
from repsim_core.studies.which.telling import PairSet
from repsim_core.studies.width_study import WidthGroup


def test_the_pairs_that_count_have_both_angles():
    base = permuted_circles(5, rho=1.0, inputs_per_class=4)[0]
    models = {seed: noisy_copy(base, 0.2, seed=seed) for seed in range(3)}
    stored = {WidthGroup(5, width, "free"): SimpleNamespace(models=models) for width in (16, 32)}
    row = {"classes": 5, "width": 16, "variant": "free", "pivot": 3}
    pairs = pd.DataFrame([{**row, "seed_a": 0, "seed_b": 1}, {**row, "seed_a": 1, "seed_b": 2}])
    images = pd.DataFrame([{"recipe": "paper", "dim": 2, "seed_a": 0, "seed_b": 1, "pivot": 0}])
    sets = [PairSet("K = 5", "radial", pairs), PairSet("M = 2", "images", images)]
    found = trained_angles(stored, sets, "radial", 3)
    assert found["size"].tolist() == [2, 2]
    expected = label_angles(models[0], models[1], 2, pivot=3)
    assert found.loc[0, ["of_labels", "of_sets"]].tolist() == pytest.approx(list(expected))
    assert len(trained_angles(stored, sets, "radial", 2)) == 1
    assert not len(trained_angles({}, sets, "radial", 3))
    assert not len(trained_angles(stored, sets, "images", 3))


def test_factors_are_counted_outside_the_strip():
    angles = pd.DataFrame(
        {"size": [2, 2, 3, 2], "of_labels": [0.2, 0.7, 0.5, 0.1], "of_sets": [0.2, 0.2, 0.1, 0.2]}
    )
    found = factors(angles)
    assert found == (4, pytest.approx(2.25), pytest.approx(5), 1, 1)
    assert found.in_words() == (
        "Of 4 pairs 1 is below the strip and 1 above. The ratio of both sines has a median of 2.25 and is 5.00 at most."
    )
    assert factors(angles.iloc[:0]).in_words() == "No pair was looked at here."
    assert factors(angles.iloc[:1]).in_words().startswith("Of 1 pair none is below the strip and none above.")
