"""The split of a change of a mean, and what kinds of pairs explain: exact, in cases whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repsim_core.measures.trends import Mixture, common_slope, explained_share, greater_share, split_change

shares = st.floats(0.01, 0.99)
means = st.floats(0.0, 10.0)
mixtures = st.builds(Mixture, shares, means, means)


def mean(mixture):
    return (1 - mixture.differing) * mixture.same + mixture.differing * mixture.different


@given(mixtures, mixtures)
def test_both_parts_add_up_to_the_change_and_turn_round_with_it(start, end):
    there, back = split_change(start, end), split_change(end, start)
    assert sum(there) == pytest.approx(mean(end) - mean(start), abs=1e-9)
    assert there == pytest.approx((-back.mix, -back.within), abs=1e-9)


def test_one_part_is_zero_where_only_the_other_moves():
    assert split_change(Mixture(0.5, 1.0, 3.0), Mixture(0.25, 1.0, 3.0)) == (-0.5, 0.0)
    assert split_change(Mixture(0.5, 1.0, 3.0), Mixture(0.5, 0.5, 2.0)) == (0.0, -0.75)


def test_a_kind_without_pairs_has_no_weight():
    none = math.nan
    assert split_change(Mixture(0.0, 1.0, none), Mixture(0.0, 0.25, none)) == (0.0, -0.75)
    assert split_change(Mixture(0.5, 1.0, 2.0), Mixture(0.0, 1.0, none)) == (-0.5, 0.0)
    assert split_change(Mixture(1.0, none, 2.0), Mixture(1.0, none, 1.0)) == (0.0, -1.0)


@pytest.mark.parametrize(
    "bad", [Mixture(1.5, 1.0, 1.0), Mixture(0.5, math.nan, 1.0), Mixture(0.5, 1.0, math.nan)]
)
def test_what_is_no_mixture_is_refused(bad):
    with pytest.raises(ValueError, match=r"^(start|end): found"):
        split_change(bad, Mixture(0.5, 1.0, 1.0))
    with pytest.raises(ValueError, match=r"^end: found"):
        split_change(Mixture(0.5, 1.0, 1.0), bad)


def test_kinds_explain_all_where_values_are_constant_within_them_and_nothing_where_means_agree():
    groups, kinds = np.repeat([0, 1], 4), np.array([False, False, True, True] * 2)
    assert explained_share(np.array([1, 1, 3, 3, 0, 0, 9, 9]), groups, kinds) == 1
    assert explained_share(np.array([1, 3, 1, 3, 0, 4, 4, 0]), groups, kinds) == 0
    # Group means play no part; within the first group the squares are 11, of which 2 are within kinds.
    assert explained_share(np.array([0, 0, 2, 4, 50, 50, 50, 50]), groups, kinds) == pytest.approx(1 - 2 / 11)
    assert math.isnan(explained_share(np.ones(8), groups, kinds))


def test_how_often_a_pair_of_one_kind_has_the_greater_value():
    kind = np.array([True, False, True, False])
    assert greater_share(np.array([5.0, 1.0, 4.0, 2.0]), kind) == 1
    assert greater_share(np.array([1.0, 1.0, 1.0, 1.0]), kind) == 0.5
    assert greater_share(np.array([1.0, 0.0, 3.0, 2.0]), kind) == 0.75
    assert math.isnan(greater_share(np.ones(4), np.ones(4, dtype=bool)))


def test_a_common_slope_has_an_intercept_for_each_group():
    x = np.array([0.0, 1.0, 5.0, 6.0, 9.0])
    groups = np.array([3, 3, 7, 7, 9])
    assert common_slope(x, 2 * x + 100.0 * groups, groups) == pytest.approx(2)
    assert math.isnan(common_slope(x[[0, 2]], x[[0, 2]], groups[[0, 2]]))
