"""Probes written in the log-ratios of all pairs of labels."""

import numpy as np
import pytest
import strategies
from hypothesis import given

import repsim_core as rc
from repsim_core.measures.label_pairs import least_transfer_bounds


@given(strategies.seeds)
def test_it_is_a_bound_and_no_pivot_gives_a_smaller_one(seed):
    a, b = strategies.make_pair("nearly_equal", 40, 6, 2, seed)
    vectors = np.random.default_rng(seed).standard_normal((3, 2))
    for v, bound in zip(vectors, least_transfer_bounds(a, b, vectors), strict=True):
        of_pivots = [rc.transfer_bound(a, b, v, pivot=pivot) for pivot in range(6)]
        assert bound <= min(found.beta for found in of_pivots) * (1 + 1e-6)
        assert bound >= of_pivots[0].best_rms * (1 - 1e-6)


def test_two_labels_are_one_log_ratio():
    rng = np.random.default_rng(0)
    g = rng.normal(size=(2, 1))
    a, b = (rc.Representations(rng.normal(size=(30, 1)), g) for _ in range(2))
    (bound,) = least_transfer_bounds(a, b, [[2.0]])
    assert bound == pytest.approx(rc.transfer_bound(a, b, [2.0], pivot=0).beta)


def test_a_pair_of_labels_can_be_better_than_every_pivot():
    """Along one direction labels 1 and 2 differ, along the other 3 and 4, and all else is told by neither model."""
    rng = np.random.default_rng(0)
    f, noise = rng.normal(size=(200, 4)), rng.normal(size=(200, 2))
    g = np.array([[0, 0, 9, 0], [1, 0, 0, 9], [-1, 0, 0, 9], [0, 1, 9, 9], [0, -1, 9, 9]], dtype=float)
    a = rc.Representations(f, g)
    b = rc.Representations(np.column_stack([f[:, :2], noise]), g)
    v = np.array([1.0, 1.0, 0.0, 0.0])
    (bound,) = least_transfer_bounds(a, b, v[None])
    assert bound < 1e-6
    assert min(rc.transfer_bound(a, b, v, pivot=pivot).beta for pivot in range(5)) > 0.1


def test_arguments_are_checked():
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    with pytest.raises(ValueError, match=r"^probes: found 3 columns, expected 2, the dimension of a"):
        least_transfer_bounds(a, b, np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"^probe: found zero"):
        least_transfer_bounds(a, b, np.zeros((1, 2)))


def test_labels_that_are_the_same_in_a_model_are_no_log_ratio():
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    g = np.asarray(a.unembeddings).copy()
    g[1] = g[0]
    twice = rc.Representations(a.embeddings, g)
    (bound,) = least_transfer_bounds(twice, b, np.ones((1, 2)))
    assert bound <= rc.transfer_bound(twice, b, [1.0, 1.0], pivot=2).beta
