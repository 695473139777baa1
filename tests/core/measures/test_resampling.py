"""Models drawn again: weights of pairs, means and rank correlations, intervals."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from repsim_core.measures.resampling import interval, pair_weights, rank_correlations, weighted_means

ALL = np.array(list(combinations(range(6), 2)))


def test_weights_are_products_of_counts_of_the_models():
    weights = pair_weights(ALL + 10, draws=200, seed=3)
    assert weights.shape == (200, 15)
    # with n = 6 models drawn t_i times: the sum of t_i t_j over pairs is (6² - sum of t_i²) / 2, and each t_i whole
    total = weights.sum(axis=1)
    assert ((36 - 2 * total) >= 6).all()
    assert len(set(total.tolist())) > 3
    assert (pair_weights(ALL, draws=200, seed=3) == weights).all()  # names do not matter, the seed does
    assert (pair_weights(ALL, draws=200, seed=4) != weights).any()


def test_the_interval_is_wider_than_that_of_independent_pairs():
    rng = np.random.default_rng(0)
    of_model = rng.normal(size=12)
    pairs = np.array(list(combinations(range(12), 2)))
    values = of_model[pairs].sum(axis=1)  # one odd model moves all its pairs
    low, high = interval(weighted_means(values, pair_weights(pairs, draws=2000, seed=1)))
    naive = values.std(ddof=1) / np.sqrt(len(values))
    assert low < values.mean() < high
    # the mean of the pairs is twice that of the models, whose standard error is known
    assert (high - low) / 3.92 == pytest.approx(2 * of_model.std(ddof=1) / np.sqrt(12), rel=0.15)
    assert (high - low) / 3.92 > 1.5 * naive


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=12), st.integers(1, 3))
def test_rank_correlations_are_spearman_s_of_the_pairs_that_often(rows, times):
    x, y = np.array(rows, float).T
    repeated = np.arange(len(x)) % times + 1
    found = rank_correlations(x, y, np.vstack([np.ones(len(x)), repeated]))
    for value, weights in zip(found, (np.ones(len(x), int), repeated), strict=True):
        xs, ys = np.repeat(x, weights), np.repeat(y, weights)
        if len(set(xs)) == 1 or len(set(ys)) == 1:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(spearmanr(xs, ys).statistic, abs=1e-12)


def test_draws_of_one_model_alone_do_not_count():
    weights = np.array([[0, 0], [1, 3]])
    means = weighted_means(np.array([1.0, 2.0]), weights)
    assert np.isnan(means[0])
    assert means[1] == 1.75
    assert interval(means) == (1.75, 1.75)
    assert np.isnan(interval(means[:1])).all()


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        (np.zeros((0, 2), int), r"pairs: found shape \(0, 2\), expected"),
        (np.zeros((3, 3), int), r"pairs: found shape \(3, 3\)"),
        (np.array([[0, 1], [2, 2]]), "a pair of a model with itself"),
    ],
)
def test_pairs_that_are_none_are_refused(pairs, complaint):
    with pytest.raises(ValueError, match=complaint):
        pair_weights(pairs, draws=3)
