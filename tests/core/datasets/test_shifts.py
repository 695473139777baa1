"""Shifted images: what each kind does, and that it does the same each time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from repsim_core.datasets.images import ImageSet
from repsim_core.datasets.shifts import STRENGTHS, shifted

RNG = np.random.default_rng(0)
NOISY = ImageSet(
    torch.from_numpy(RNG.integers(60, 196, (40, 32, 32, 3), dtype=np.uint8)),
    torch.arange(40) % 4,
    tuple("abcd"),
    "random",
)


def pixels(images: ImageSet, *arguments, **options) -> np.ndarray:
    return shifted(images, *arguments, **options).images.numpy().astype(float)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_a_shift_is_the_same_each_time_and_grows(kind):
    original = NOISY.images[::2].numpy().astype(float)
    found = [shifted(NOISY, kind, strength, count=20) for strength in STRENGTHS[kind]]
    assert all(torch.equal(each.labels, NOISY.labels[::2]) for each in found)
    assert torch.equal(found[1].images, shifted(NOISY, kind, STRENGTHS[kind][1], count=20).images)
    moved = [np.abs(each.images.numpy() - original).mean() for each in found]
    assert 2 < moved[0] < moved[1] < moved[2], moved
    assert found[2].name == f"random, {kind} {STRENGTHS[kind][2]:g}"


def test_no_shift_leaves_the_images():
    for kind, strength in (("noise", 0.0), ("contrast", 1.0), ("rotation", 0.0), ("rotation", 360.0)):
        assert torch.equal(shifted(NOISY, kind, strength, count=40).images, NOISY.images), kind


def test_the_strengths_mean_what_they_say():
    grey = ImageSet(
        torch.full((40, 32, 32, 3), 128, dtype=torch.uint8), NOISY.labels, NOISY.class_names, "grey"
    )
    noise = pixels(grey, "noise", 25.0, count=40) - 128
    assert abs(noise.std() - 25) < 0.2
    assert abs(noise.mean()) < 0.2
    assert not np.array_equal(noise, pixels(grey, "noise", 25.0, count=40, seed=1) - 128)
    original, pale = NOISY.images.numpy().astype(float), pixels(NOISY, "contrast", 0.35, count=40)
    np.testing.assert_allclose(pale.std(axis=(1, 2, 3)), 0.35 * original.std(axis=(1, 2, 3)), rtol=0.01)
    np.testing.assert_allclose(pale.mean(axis=(1, 2, 3)), original.mean(axis=(1, 2, 3)), atol=0.05)
    # Of a point, a blur makes a bell of the deviation asked for; the colours do not mix.
    point = torch.zeros(1, 33, 33, 3, dtype=torch.uint8)
    point[0, 16, 16, 1] = 255
    bell = pixels(ImageSet(point, torch.zeros(1, dtype=torch.int64), ("a",), "point"), "blur", 1.0, count=1)
    assert bell[..., [0, 2]].max() == 0
    row = bell[0, 16, :, 1]
    assert abs(row[17] / row[16] - np.exp(-0.5)) < 0.02


def test_a_turn_is_to_the_left_about_the_middle():
    marked = torch.zeros(1, 33, 33, 3, dtype=torch.uint8)
    marked[0, 16, 30] = 255  # at the right of the middle
    one = ImageSet(marked, torch.zeros(1, dtype=torch.int64), ("a",), "marked")
    row, column = np.argwhere(pixels(one, "rotation", 90.0, count=1)[0, ..., 0] > 100)[0]
    assert (row, column) == (2, 16)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("fog", 1.0), "kind: found 'fog', expected one of blur, noise, contrast, rotation"),
        (("blur", 1.0), "count: found 2000, expected at most N = 40"),
    ],
)
def test_a_bad_argument_of_a_shift_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        shifted(NOISY, *given)
