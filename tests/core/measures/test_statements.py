"""Statements that chapters add as theorems, on random pairs: the converse, and where a small divergence is enough."""

from __future__ import annotations

import numpy as np
import pytest
import strategies
from hypothesis import assume, given
from hypothesis import strategies as st

import repsim_core as rc


@st.composite
def two_models(draw) -> tuple[rc.Representations, rc.Representations]:
    """Two models with K >= M + 2 labels and at least as many inputs; unrelated, near each other, or near twins."""
    dim = draw(st.integers(1, 4))
    sizes = draw(st.integers(dim + 3, 40)), draw(st.integers(dim + 2, dim + 4)), dim
    rng = np.random.default_rng(draw(strategies.seeds))
    first = rc.Representations(rng.normal(size=sizes[::2]), rng.normal(size=sizes[1:]))
    noise = draw(st.sampled_from([1e-4, 1e-2, 0.3, None]))
    if noise is None:
        return first, rc.Representations(rng.normal(size=sizes[::2]), rng.normal(size=sizes[1:]))
    start = first
    if draw(st.booleans()):
        start = first.linear_twin(rc.random_linear_map(dim, seed=draw(strategies.seeds)), np.zeros(dim))
    return first, rc.noisy_copy(start, noise, seed=draw(strategies.seeds))


def log_ratios(model: rc.Representations) -> np.ndarray:
    """log p(y|x) - log p(0|x), shape (N, K - 1)."""
    log_p = np.asarray(model.log_probs())
    return log_p[:, 1:] - log_p[:, :1]


def deviation(values: np.ndarray) -> np.ndarray:
    return values.std(axis=0, ddof=1)


@given(two_models())
def test_similarity_over_all_label_sets_is_closeness_of_log_ratios(pair):
    """sin Theta <= sin theta <= (2M - 1) sin Theta, and what follows for T_1 (chapter Distance)."""
    a, b = pair
    r, s = log_ratios(a), log_ratios(b)
    assume(min(deviation(r).min(), deviation(s).min()) > 1e-6)
    z, w = (each / deviation(each) for each in (r, s))
    centred = (each - each.mean(axis=0) for each in (z, w))
    rho = np.multiply(*centred).sum(axis=0) / (len(z) - 1)
    sine = np.sqrt(np.clip(1 - rho.clip(-1, 1) ** 2, 0, None)).max()

    distance = rc.llv_distance(a, b, pivot=0, left_out="none")
    found = rc.representation_distance(a, b, **distance.sets)
    assert found.exhaustive
    largest = max(float(found.embedding_dissimilarities.max()), 0.0)
    all_sets = np.sqrt(np.clip(1 - (1 - largest) ** 2, 0, None))
    assert all_sets <= sine + 1e-6
    assert sine <= (2 * a.dim - 1) * all_sets + 1e-6

    if (rho >= 0).all():
        ends = (np.asarray(model.log_probs())[:, [0]] / deviation(each) for model, each in ((a, r), (b, s)))
        mismatch = deviation(np.subtract(*ends)).max()
        assert np.sqrt(largest / 2) <= distance.label_term + 1e-6
        assert distance.label_term <= 2 * (2 * a.dim - 1) * np.sqrt(largest) + mismatch + 1e-6


def test_one_label_set_alone_is_not_enough():
    """White log-ratios, rotated: d_SVD is 0 over the only label set, and the log-ratios are uncorrelated."""
    rng = np.random.default_rng(0)
    f = np.linalg.qr(np.column_stack([np.ones(50), rng.normal(size=(50, 2))]))[0][:, 1:]
    g = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    a, b = rc.Representations(f, g), rc.Representations(f[:, ::-1] * [1.0, -1.0], g)
    distance = rc.llv_distance(a, b, pivot=0, left_out="none")
    found = rc.representation_distance(a, b, **distance.sets)
    assert float(found.embedding_dissimilarities.max()) == pytest.approx(0, abs=1e-9)
    assert distance.label_term > 0.5


@given(two_models())
def test_the_divergence_is_a_weighted_distance_of_log_probabilities(pair):
    """KL >= sum min(p, p') (log p - log p')² / 2, so at least tau/2 times the sum where all are above tau."""
    a, b = pair
    p, q = (np.asarray(model.log_probs()) for model in pair)
    squares = (p - q) ** 2
    for first, second in ((a, b), (b, a)):
        kl = rc.kl_divergence(first, second)
        weighted = (np.exp(np.minimum(p, q)) * squares).sum(axis=1).mean() / 2
        floor = np.exp(min(p.min(), q.min()))
        assert weighted <= kl * (1 + 1e-6) + 1e-12
        assert squares.sum(axis=1).mean() <= 2 / floor * kl * (1 + 1e-6) + 1e-12


def test_near_one_fixed_model_a_small_divergence_forces_similarity():
    fixed, permuted = rc.permuted_circles(7, rho=5.0, inputs_per_class=50)
    near = [rc.noisy_copy(fixed, noise, seed=1) for noise in (1.0, 0.1, 0.01, 0.001)]
    divergence = [max(rc.kl_divergence(fixed, copy), rc.kl_divergence(copy, fixed)) for copy in near]
    apart = [1 - rc.mean_cca(fixed.embeddings, copy.embeddings) for copy in near]
    assert np.all(np.diff(divergence) < 0)
    assert np.all(np.diff(apart) < 0)
    assert apart[-1] < 1e-6
    # and it is the model that has to be fixed: other models are as close, and not similar at all
    sharp, other = rc.permuted_circles(7, rho=30.0, inputs_per_class=50)
    assert max(rc.kl_divergence(sharp, other), rc.kl_divergence(other, sharp)) < divergence[1]
    assert rc.mean_cca(sharp.embeddings, other.embeddings) < 0.05
    assert rc.mean_cca(fixed.embeddings, permuted.embeddings) < 0.05
