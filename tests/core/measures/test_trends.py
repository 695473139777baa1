"""The split of a change of a mean: exact, and what it says in cases whose answer is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repsim_core.measures.trends import Mixture, split_change

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
