"""What measures of pairs tell about a target: rank correlations, separations, means within groups."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, spearmanr

from repsim_core.measures import telling


def study(seed: int = 0, models: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends, three measures and a target of all pairs of some models."""
    rng = np.random.default_rng(seed)
    ends = np.array(list(combinations(range(models), 2)))
    target = rng.normal(size=len(ends))
    measures = np.column_stack([target, -target, rng.integers(0, 4, len(ends))])
    return ends, measures, target


def test_rank_correlations_are_those_of_scipy_in_every_row() -> None:
    ends, measures, target = study()
    jackknife = telling.leave_one_out(ends, np.zeros(len(ends), dtype=np.int64))
    assert jackknife is not None
    found = telling.rank_correlations(measures, target, jackknife.weights)
    assert found.shape == (8, 3)
    assert found[:, 0] == pytest.approx(1)
    assert found[:, 1] == pytest.approx(-1)
    for row, weights in zip(found, jackknife.weights.astype(bool), strict=True):
        assert row[2] == pytest.approx(spearmanr(measures[weights, 2], target[weights]).statistic)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=12), st.integers(1, 3))
def test_rank_correlations_are_spearman_s_of_the_pairs_that_often(
    rows: list[tuple[int, int]], times: int
) -> None:
    x, y = np.array(rows, float).T
    repeated = np.arange(len(x)) % times + 1
    found = telling.rank_correlations(x[:, None], y, np.vstack([np.ones(len(x)), repeated]))[:, 0]
    for value, weights in zip(found, (np.ones(len(x), int), repeated), strict=True):
        xs, ys = np.repeat(x, weights), np.repeat(y, weights)
        if len(set(xs)) == 1 or len(set(ys)) == 1:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(spearmanr(xs, ys).statistic, abs=1e-12)


def test_a_constant_has_no_rank_correlation() -> None:
    rows = np.ones((1, 3), dtype=np.int64)
    found = telling.rank_correlations(np.ones((3, 1)), np.arange(3.0), rows)
    assert np.isnan(found).all()


def test_separation_is_the_area_under_the_curve() -> None:
    _, measures, target = study()
    positive = target > 0.3
    rows = np.ones((1, len(target)), dtype=np.int64)
    (found,) = telling.separations(measures, positive, rows)
    assert found[:2].tolist() == [1.0, 0.0]
    u = mannwhitneyu(measures[positive, 2], measures[~positive, 2]).statistic
    assert found[2] == pytest.approx(u / (positive.sum() * (~positive).sum()))


def test_pairs_of_one_kind_are_not_separated() -> None:
    rows = np.array([[1, 1, 0], [1, 1, 1]])
    found = telling.separations(np.arange(3.0)[:, None], np.array([True, True, False]), rows)
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 1.0 - 1.0


def test_what_moves_a_whole_group_plays_no_part_within() -> None:
    first, second = study(1), study(2)
    ends, target = np.vstack([first[0], second[0]]), np.concatenate([first[2], second[2] + 100])
    measures = np.vstack([first[1], second[1] - 1000])
    groups = np.repeat([16, 32], len(first[0]))
    jackknife = telling.leave_one_out(ends, groups)
    assert jackknife is not None
    together = telling.rank_correlations(measures, target, jackknife.weights)
    within = telling.within_groups(measures, target, groups, jackknife.weights)
    assert together[0, 0] < 0 < 1 == pytest.approx(within[0, 0])
    each = [
        telling.rank_correlations(part[1], part[2], np.ones((1, len(part[2])), dtype=np.int64))[0, 2]
        for part in (first, second)
    ]
    assert within[0, 2] == pytest.approx(np.mean(each))
    # Without a model of the second group, the first group's part stays.
    without = jackknife.weights[-1].astype(bool)[groups == 32]
    part = telling.rank_correlations(second[1][without], second[2][without], np.ones((1, without.sum()), int))
    assert within[-1, 2] == pytest.approx((each[0] + part[0, 2]) / 2)


def test_three_models_are_too_few_to_leave_one_out() -> None:
    ends = np.array(list(combinations(range(4), 2)))
    assert telling.leave_one_out(ends, np.zeros(6, dtype=np.int64)) is not None
    assert telling.leave_one_out(ends[:3][:, ::-1][[0, 1]], np.zeros(2, dtype=np.int64)) is None


def test_closest_and_even_ranks() -> None:
    values = np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    assert telling.closest(values, 0.4).tolist() == [1, 3]
    assert telling.closest(values, 0.01).tolist() == [1]
    assert telling.evenly(values, 3).tolist() == [1, 4, 0]
    assert telling.evenly(values, 99).tolist() == np.argsort(values).tolist()
