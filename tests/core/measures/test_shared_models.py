"""How many models carry a list of pairs."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repsim_core.measures.shared_models import carriers

EDGES = list(combinations(range(7), 2))


def test_one_odd_model_carries_all_of_its_pairs() -> None:
    star = [("odd", i) for i in range(19)]
    assert carriers(star) == (20, 1, 19)


def test_pairs_without_a_model_in_common_have_one_carrier_each() -> None:
    assert carriers([((4, 0), (4, 1)), ((4, 2), (4, 3)), ((6, 0), (6, 1))]) == (6, 3, 1)


def test_all_pairs_of_some_models_are_carried_by_all_but_one() -> None:
    assert carriers(combinations("abcde", 2)) == (5, 4, 4)


def test_an_empty_list_has_no_models() -> None:
    assert carriers([]) == (0, 0, 0)


def test_a_pair_of_a_model_with_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="pairs: found a pair of 'a' with itself, expected different models"):
        carriers([("b", "a"), ("a", "a")])


@given(st.sets(st.sampled_from(EDGES), min_size=1, max_size=12))
def test_no_fewer_models_are_in_every_pair(pairs: set[tuple[int, int]]) -> None:
    found = carriers(pairs)
    of_all = sorted({model for pair in pairs for model in pair})
    sizes = [
        size
        for size in range(len(of_all) + 1)
        for chosen in combinations(of_all, size)
        if all(set(pair) & set(chosen) for pair in pairs)
    ]
    assert found.fewest == min(sizes)
    assert found.models == len(of_all)
    assert found.most == max(sum(model in pair for pair in pairs) for model in of_all)
