"""AUPRC and violation rate of groups, against hand-made cases, scikit-learn and all orders."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from repsim_core.measures.group_separation import (
    auprc,
    beyond,
    chance_auprc,
    jackknife,
    over_groups,
    relabelled,
    violation_rate,
    without_each,
)


def masks(inside):
    inside = np.array(inside, dtype=bool)
    return inside[None], ~inside[None]


@pytest.mark.parametrize(
    ("distances", "inside", "precision", "violations"),
    [
        ([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0], 1.0, 0.0),
        ([4.0, 3.0, 2.0, 1.0], [1, 1, 0, 0], (1 / 3 + 2 / 4) / 2, 1.0),
        ([1.0, 2.0, 3.0], [1, 0, 1], (1 + 2 / 3) / 2, 0.5),
        # All equal: the precision is the share of inside pairs, and each couple is a violation.
        ([1.0, 1.0, 1.0, 1.0], [1, 0, 0, 0], 0.25, 1.0),
        # Without a distance a pair does not count.
        ([1.0, np.nan, 2.0], [1, 0, 0], 1.0, 0.0),
    ],
)
def test_by_hand(distances, inside, precision, violations):
    distances = np.array(distances)
    assert auprc(distances, *masks(inside))[0] == pytest.approx(precision)
    assert violation_rate(distances, *masks(inside))[0] == pytest.approx(violations)


def test_pairs_of_one_kind_alone_have_no_figure():
    distances = np.array([1.0, 2.0])
    for inside in ([1, 1], [0, 0]):
        assert np.isnan(auprc(distances, *masks(inside))[0])
        assert np.isnan(violation_rate(distances, *masks(inside))[0])
    assert np.isnan(auprc(np.array([np.nan, np.nan]), *masks([1, 0]))[0])


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30))
def test_as_scikit_learn_and_as_the_definition_with_ties(pairs):
    distances = np.array([float(d) for d, _ in pairs])
    inside = np.array([kind for _, kind in pairs])
    if inside.all() or not inside.any():
        return
    found = auprc(distances, *masks(inside))[0]
    assert found == pytest.approx(average_precision_score(inside, -distances))
    couples = [own >= other for own in distances[inside] for other in distances[~inside]]
    assert violation_rate(distances, *masks(inside))[0] == pytest.approx(np.mean(couples))


@pytest.mark.parametrize(("inside", "across"), [(1, 1), (1, 4), (2, 3), (3, 3), (4, 2)])
def test_chance_is_the_mean_over_all_orders(inside, across):
    kinds = [1] * inside + [0] * across
    orders = np.array(list(permutations(kinds)), dtype=bool)
    found = auprc(np.arange(inside + across, dtype=float), orders, ~orders).mean()
    assert chance_auprc(inside, across) == pytest.approx(found)


ENDS = np.array(list(combinations(range(6), 2)))
GROUPS = np.repeat([0, 1], 3)


def test_groups_of_points_on_a_line():
    places = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 9.0])
    distances = np.abs(places[ENDS[:, 0]] - places[ENDS[:, 1]])
    tight, loose = over_groups(violation_rate, distances, ENDS, GROUPS[None])[0]
    # Group 1 has the distances .1, 3.9, 4: all below the least distance across, 4.8.
    assert (tight, loose) == (0.0, 0.0)
    places[5] = 12.0
    distances = np.abs(places[ENDS[:, 0]] - places[ENDS[:, 1]])
    tight, loose = over_groups(violation_rate, distances, ENDS, GROUPS[None])[0]
    # 6.9 and 7 exceed the six distances from 0, .1, .2 to 5 and 5.1.
    assert tight == 0.0
    assert loose == pytest.approx(2 * 6 / (3 * 9))


def test_without_each_is_the_figure_of_the_others():
    rng = np.random.default_rng(0)
    distances = rng.uniform(size=len(ENDS))
    rows = over_groups(auprc, distances, ENDS, without_each(GROUPS))
    assert rows.shape == (7, 2)
    kept = (ENDS != 2).all(axis=1)
    alone = over_groups(auprc, distances[kept], ENDS[kept], GROUPS[None])
    np.testing.assert_allclose(rows[3], alone[0])


def test_relabelled_groups_keep_their_sizes_and_their_seed():
    rows = relabelled(GROUPS, 5, seed=1)
    assert (np.sort(rows, axis=1) == GROUPS).all()
    np.testing.assert_array_equal(rows, relabelled(GROUPS, 5, seed=1))
    assert len(np.unique(rows, axis=0)) > 1


def test_jackknife_rows_lack_the_pairs_of_one_model_each():
    found = jackknife(ENDS, GROUPS)
    assert found.weights.shape == (7, 15)
    assert found.weights[0].all()
    assert (found.weights[1:].sum(axis=1) == 10).all()
    assert found.interval(np.ones(7)) == (1.0, 1.0, 1.0)


def test_beyond_counts_the_couples_that_the_known_measure_misses():
    known = np.zeros(len(ENDS))
    inside = GROUPS[ENDS[:, 0]] == GROUPS[ENDS[:, 1]]
    groups = GROUPS[None]
    perfect = np.where(inside, 1.0, 2.0)
    assert beyond(perfect, known, ENDS, groups)[0] == 1.0
    assert beyond(-perfect, known, ENDS, groups)[0] == 0.0
    assert beyond(known, known, ENDS, groups)[0] == 0.5
    assert np.isnan(beyond(known, perfect, ENDS, groups)[0])


@given(st.integers(0, 2**20))
def test_beyond_by_the_definition_and_of_increasing_functions(seed):
    rng = np.random.default_rng(seed)
    known = rng.integers(4, size=len(ENDS)).astype(float)
    distances = rng.integers(4, size=len(ENDS)).astype(float)
    right, wrong = 0.0, 0
    for group in (0, 1):
        number = (GROUPS[ENDS] == group).sum(axis=1)
        for i in np.flatnonzero(number == 2):
            for j in np.flatnonzero(number == 1):
                if known[i] >= known[j]:
                    wrong += 1
                    right += 1.0 if distances[i] < distances[j] else 0.5 * (distances[i] == distances[j])
    found = beyond(distances, known, ENDS, without_each(GROUPS))[0]
    assert np.isnan(found) if not wrong else found == pytest.approx(right / wrong)
    own = beyond(known**3 + known, known, ENDS, GROUPS[None])[0]
    assert np.isnan(own) or own <= 0.5
