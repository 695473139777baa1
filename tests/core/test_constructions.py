"""Models made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import repsim_core as rc


@given(st.integers(4, 60))
def test_the_star_permutation_is_a_permutation_far_from_linear(classes):
    order = np.array(rc.star_permutation(classes))
    assert sorted(order) == list(range(classes))
    angles = 2 * np.pi * np.arange(classes) / classes
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    residual = np.linalg.lstsq(circle, circle[order], rcond=None)[1].sum() / classes
    # The share of the images that no linear map of the directions explains: all of it where there is a star polygon.
    assert residual == pytest.approx({4: 1 / 2, 6: 17 / 18}.get(classes, 1.0), abs=1e-9)


def test_the_star_permutation_of_table_1():
    assert rc.star_permutation(7) == (5, 0, 2, 4, 6, 1, 3)


@given(st.integers(4, 12), st.floats(0.1, 30.0), st.integers(1, 20), strategies.seeds, st.data())
def test_permuted_circles(classes, rho, inputs_per_class, seed, data):
    order = data.draw(st.none() | st.permutations(range(classes)))
    a, b = rc.permuted_circles(
        classes, rho=rho, permutation=order, inputs_per_class=inputs_per_class, seed=seed
    )
    permutation = np.array(rc.star_permutation(classes) if order is None else order)
    assert a.num_inputs == b.num_inputs == classes * inputs_per_class
    assert (a.dim, a.num_labels) == (2, classes)
    labels = np.repeat(np.arange(classes), inputs_per_class)
    for model in (a, b):
        assert model.labels is not None
        assert model.labels.tolist() == labels.tolist()
        assert np.linalg.norm(model.unembeddings, axis=1) == pytest.approx(np.full(classes, rho), rel=1e-12)
        lengths = np.linalg.norm(model.embeddings, axis=1)
        assert 2.0 - 1e-12 <= lengths.min() <= lengths.max() < 2.1
        # each embedding is closest in angle to its own label's unembedding, and the model says so
        assert model.predictions().tolist() == labels.tolist()
        assert model.accuracy() == 1.0
        offsets = _angle(model.embeddings) - _angle(model.unembeddings)[labels]
        assert np.abs(_wrapped(offsets)).max() <= np.pi / 64 + 1e-9
    angles = 2 * np.pi * np.arange(classes) / classes
    assert _wrapped(_angle(a.unembeddings) - angles) == pytest.approx(np.zeros(classes), abs=1e-12)
    assert _wrapped(_angle(b.unembeddings) - angles[permutation]) == pytest.approx(
        np.zeros(classes), abs=1e-12
    )
    assert np.linalg.norm(a.embeddings, axis=1) == pytest.approx(
        np.linalg.norm(b.embeddings, axis=1), rel=1e-12
    )
    # the angles, offsets included, are permuted in blocks
    blocks_a, blocks_b = (_angle(x.embeddings).reshape(classes, -1) for x in (a, b))
    assert _wrapped(blocks_b - blocks_a[permutation]) == pytest.approx(np.zeros_like(blocks_a), abs=1e-9)


def test_permuted_circles_do_not_depend_on_rho_but_for_the_unembeddings():
    a, b = rc.permuted_circles(rho=1.0, seed=5)
    c, d = rc.permuted_circles(rho=9.0, seed=5)
    for one, other in ((a, c), (b, d)):
        assert np.array_equal(one.embeddings, other.embeddings)
        assert np.allclose(9.0 * one.unembeddings, other.unembeddings, rtol=1e-14)
    assert not np.array_equal(a.embeddings, rc.permuted_circles(rho=1.0, seed=6)[0].embeddings)


def test_the_identity_permutation_gives_the_same_model_twice():
    a, b = rc.permuted_circles(5, rho=2.0, permutation=range(5))
    assert rc.compare(a, b).d_llv <= 1e-14


def test_the_divergence_falls_at_the_rate_of_the_next_label():
    """d_KL falls like rho · exp(-c · rho): c is about the least margin to the next label, 2 (1 - cos 2π/K)."""
    rho = np.array([20.0, 25.0, 30.0, 35.0])
    d_kl = [rc.kl_divergence(*rc.permuted_circles(7, rho=r, inputs_per_class=50)) for r in rho]
    slope = np.polyfit(rho, np.log(d_kl) - np.log(rho), 1)[0]
    margin = 2 * (1 - math.cos(2 * math.pi / 7))
    assert 0.75 * margin < -slope < margin


@given(st.floats(0.0, 10.0), strategies.seeds.filter(bool))
def test_noisy_copy(noise, seed):
    model = rc.Representations(*strategies.arrays(400, 300, 2, 0), np.arange(400) % 300)
    copy = rc.noisy_copy(model, noise, seed=seed)
    assert copy.labels is not None
    assert copy.labels.tolist() == (np.arange(400) % 300).tolist()
    for one, other in ((model.embeddings, copy.embeddings), (model.unembeddings, copy.unembeddings)):
        difference = other - one
        # 600 to 800 normal numbers: their deviation is within 15% of noise but with probability 1e-6
        assert difference.std() == pytest.approx(noise, rel=0.15, abs=1e-12)
        assert abs(difference.mean()) <= 0.25 * noise + 1e-12
    assert np.array_equal(rc.noisy_copy(model, noise, seed=seed).embeddings, copy.embeddings)


@pytest.mark.parametrize("change", [lambda f: f, lambda f: 3 * f - 1, lambda f: f.astype(np.float16)])
def test_noise_that_is_the_embeddings_themselves_is_refused(change):
    """Both are the first numbers of one stream; the copy would have the model's own embeddings, scaled."""
    rng = np.random.default_rng(5)
    model = rc.Representations(change(rng.normal(size=(50, 3))), rng.normal(size=(6, 3)))
    with pytest.raises(ValueError, match=r"^seed: found 5, with which the embeddings themselves were drawn"):
        rc.noisy_copy(model, 0.1, seed=5)
    assert rc.mean_cca(model.embeddings, rc.noisy_copy(model, 1.0, seed=6).embeddings) < 0.99
    assert np.array_equal(rc.noisy_copy(model, 0.0, seed=5).embeddings, model.embeddings)
    # Of few numbers any correlation can be chance.
    rc.noisy_copy(rc.Representations([[0.0], [1.0]], [[0.0], [1.0]]), 0.1)


def test_more_noise_is_further_away():
    model = strategies.model(n=200)
    distances = [
        rc.llv_distance(model, rc.noisy_copy(model, noise, seed=1)).value
        for noise in (0.0, 1e-3, 1e-2, 1e-1, 1.0)
    ]
    assert distances[0] <= 1e-14
    assert distances == sorted(distances)


@given(st.integers(1, 8), st.floats(1.0, 1e6), strategies.seeds)
def test_random_linear_map(dim, condition, seed):
    matrix = rc.random_linear_map(dim, condition=condition, seed=seed)
    sigma = np.linalg.svd(matrix, compute_uv=False)
    assert matrix.shape == (dim, dim)
    expected = np.geomspace(condition, 1.0, dim) if dim > 1 else [1.0]
    assert sigma == pytest.approx(expected, rel=1e-9)
    assert np.array_equal(matrix, rc.random_linear_map(dim, condition=condition, seed=seed))


def _angle(vectors) -> np.ndarray:
    return np.arctan2(vectors[:, 1], vectors[:, 0])


def _wrapped(angles: np.ndarray) -> np.ndarray:
    return (angles + np.pi) % (2 * np.pi) - np.pi
