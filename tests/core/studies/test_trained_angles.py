"""Angles of the pairs that count, with the pivot of the record."""

from types import SimpleNamespace

import pandas as pd
import pytest

from repsim_core import noisy_copy, permuted_circles
from repsim_core.measures.label_angles import label_angles
from repsim_core.studies.telling import PairSet
from repsim_core.studies.trained_angles import trained_angles
from repsim_core.studies.width import WidthGroup


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
