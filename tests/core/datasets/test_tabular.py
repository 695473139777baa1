"""Data sets."""

from __future__ import annotations

import numpy as np
import pytest
import strategies
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from repsim_core.datasets.tabular import digits, first_classes, radial


@given(st.integers(2, 30), st.integers(1, 500), strategies.seeds, st.floats(0.1, 10.0))
def test_radial_labels_are_the_bins_of_the_angle(classes, num, seed, scale):
    data = radial(classes, num, seed=seed, scale=scale)
    assert len(data) == num
    assert data.inputs.shape == (num, 2)
    assert (data.inputs.dtype, data.labels.dtype) == (torch.float32, torch.int64)
    assert (data.classes, data.name) == (classes, f"radial, K = {classes}")
    assert 0 <= int(data.labels.min()) <= int(data.labels.max()) < classes
    # The angle modulo π, in units of bins; single precision moves points close to a border across it.
    x, y = data.inputs.double().numpy().T
    bins = np.mod(np.arctan2(y, x), np.pi) / np.pi * classes
    clear = np.abs(bins - np.round(bins)) > 1e-4
    assert np.array_equal(data.labels.numpy()[clear], np.floor(bins[clear]).astype(int))


def test_opposite_points_share_a_label_and_all_labels_are_as_frequent():
    data = radial(6, 60_000, seed=1)
    shares = np.bincount(data.labels) / len(data)
    assert shares == pytest.approx(np.full(6, 1 / 6), abs=5 * np.sqrt(1 / 6 * 5 / 6 / 60_000))
    assert data.inputs.std(dim=0).tolist() == pytest.approx([3.0, 3.0], rel=0.02)
    angles = torch.atan2(data.inputs[:, 1], data.inputs[:, 0])
    for half in (angles >= 0, angles < 0):  # both halves of the plane hold all labels
        assert set(data.labels[half].tolist()) == set(range(6))


def test_radial_is_reproducible():
    one, other = radial(4, 100, seed=0), radial(4, 100, seed=0)
    assert torch.equal(one.inputs, other.inputs)
    assert torch.equal(one.labels, other.labels)
    assert not torch.equal(one.inputs, radial(4, 100, seed=1).inputs)
    assert len(radial(4)) == 20_000


@settings(max_examples=10)
@given(st.floats(0.05, 0.9), st.integers(0, 1000))
def test_digits_are_split_by_class_and_nothing_is_lost(test_share, seed):
    train, test = digits(test_share=test_share, seed=seed)
    pixels, labels = load_digits(return_X_y=True)
    assert len(train) + len(test) == len(labels) == 1797
    assert len(test) == pytest.approx(test_share * 1797, abs=1)
    for data in (train, test):
        assert data.inputs.shape == (len(data), 64)
        assert (data.inputs.dtype, data.labels.dtype, data.classes) == (torch.float32, torch.int64, 10)
        assert -1.0 <= float(data.inputs.min()) <= float(data.inputs.max()) <= 1.0
        shares = np.bincount(data.labels, minlength=10) / len(data)
        assert shares == pytest.approx(np.bincount(labels) / 1797, abs=1.5 / len(data))
    rows = np.column_stack([(pixels - 8) / 8, labels])
    found = np.vstack([np.column_stack([x.inputs, x.labels]) for x in (train, test)])
    assert np.array_equal(rows[np.lexsort(rows.T)], found[np.lexsort(found.T)])


def test_digits_are_reproducible():
    (train, test), (again, _), (other, _) = digits(), digits(), digits(seed=1)
    assert torch.equal(train.inputs, again.inputs)
    assert not torch.equal(train.inputs, other.inputs)
    assert (train.name, test.name) == ("digits, training", "digits, test")


def test_the_first_classes_alone():
    data = radial(5, 200)
    few = first_classes(data, 3)
    assert few.classes == 3
    assert set(few.labels.tolist()) == {0, 1, 2}
    assert len(few) == int((data.labels < 3).sum())
    with pytest.raises(ValueError, match="at most the 5"):
        first_classes(data, 6)
