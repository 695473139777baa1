"""Two angles between models, and one model's embeddings laid over the other's."""

import numpy as np
import pytest

import repsim_core as rc
from repsim_core.measures.alignment import aligned
from repsim_core.measures.label_angles import label_angles


def pair(seed: int, labels: int = 6, dim: int = 2, noise: float = 0.3):
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=(60, dim)), rng.normal(size=(labels, dim))
    return rc.Representations(f, g), rc.Representations(
        f + noise * rng.normal(size=f.shape), g + noise * rng.normal(size=g.shape)
    )


@pytest.mark.parametrize("seed", range(12))
def test_each_bounds_the_other(seed: int) -> None:
    dim = 1 + seed % 3
    a, b = pair(seed, dim=dim)
    found = label_angles(a, b, dim, pivot=seed % 6)
    assert found.of_sets <= found.of_labels * (1 + 1e-12)
    assert found.of_labels <= (2 * dim - 1) * found.of_sets * (1 + 1e-12)


def test_the_worst_set_is_that_of_the_distance_of_representations() -> None:
    a, b = pair(3)
    found = label_angles(a, b, 2, pivot=1)
    distance = rc.representation_distance(a, b, pivot=1, left_out="none", input_set=(0, 1, 2))
    worst = float(np.max(distance.embedding_dissimilarities))
    assert found.of_sets == pytest.approx(np.sqrt(1 - (1 - worst) ** 2))
    llv = rc.llv_distance(a, b, pivot=1, left_out="none", input_set=(0, 1, 2))
    rho = 1 - llv.ratio_distance**2 / 2  # of the worst label, all being positive here
    assert found.of_labels == pytest.approx(np.sqrt(1 - rho**2))


def test_linear_twins_have_no_angle() -> None:
    a, _ = pair(0)
    twin = a.linear_twin(rc.random_linear_map(2, condition=3.0, seed=0))
    assert max(label_angles(a, twin, 2, pivot=0)) < 1e-6


def test_as_many_labels_as_log_ratios_are_refused() -> None:
    with pytest.raises(ValueError, match="size: found 5, expected less than the number of log-ratios, 5"):
        label_angles(*pair(0), 5, pivot=0)


def test_an_affine_image_is_explained_in_full() -> None:
    rng = np.random.default_rng(0)
    w = rng.normal(size=(30, 3))
    z = w @ rng.normal(size=(3, 2)) + [1.0, -2.0]
    found = aligned(z, w)
    assert found.mapped == pytest.approx(z)
    assert found.explained == pytest.approx(1)
    assert aligned(rng.normal(size=(500, 2)), rng.normal(size=(500, 2))).explained < 0.05


def test_a_constant_target_is_refused() -> None:
    with pytest.raises(ValueError, match="z: found the same value"):
        aligned(np.ones((4, 2)), np.eye(4))
