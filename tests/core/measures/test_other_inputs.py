"""The ratio distance over other inputs: the bound holds, is attained, and says what it was given."""

import numpy as np
import pytest
import strategies
from hypothesis import assume, given
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.measures.distances import llv_distance
from repsim_core.measures.other_inputs import over_other_inputs

pytestmark = pytest.mark.usefixtures("mathematics_only")


@given(
    strategies.kinds, strategies.seeds, st.integers(1, 4), st.integers(0, 4), st.integers(6, 30), st.data()
)
def test_the_distance_over_some_inputs_is_within_its_bound(kind, seed, m, more, n, data):
    a, b = strategies.make_pair(kind, n, m + 2 + more, m, seed)
    inputs = data.draw(st.lists(st.integers(0, n - 1), min_size=3, max_size=n, unique=True))
    pivot = data.draw(st.sampled_from(["mean", 0, 1]))
    try:
        found = over_other_inputs(a, b, inputs, pivot=pivot)
    except ValueError as error:
        assume("constant" not in str(error))
        raise
    assert found.there <= found.bound * (1 + 1e-9) + 1e-7
    assert found.bound <= min(2.0, found.here * found.density**0.5 / found.spread * (1 + 1e-9))
    assert found.density == pytest.approx((n - 1) / (len(inputs) - 1))
    everything = over_other_inputs(a, b, range(n), pivot=pivot)
    assert everything.there == everything.here == pytest.approx(everything.bound, abs=1e-7)
    assert everything.spread == pytest.approx(1.0)


def sharp(inside: int, outside: int, gap: float) -> tuple[rc.Representations, rc.Representations, range]:
    """Two labels; models that differ on the first inputs alone, by a gap that is uncorrelated with what they share and
    changes places between them."""
    rng = np.random.default_rng(inside)
    shared, apart = np.linalg.qr(np.c_[np.ones(inside), rng.standard_normal((inside, 2))])[0][:, 1:].T
    rest = rng.standard_normal(outside)
    rest -= rest.mean()
    f, f_other = (np.r_[shared + sign * gap * apart, rest][:, None] for sign in (1.0, -1.0))
    g = np.array([[0.0], [1.0]])
    return rc.Representations(f, g), rc.Representations(f_other, g), range(inside)


@pytest.mark.parametrize(("inside", "outside"), [(4, 1), (10, 30), (50, 950)])
def test_models_of_equal_spread_meet_the_bound(inside, outside):
    a, b, inputs = sharp(inside, outside, gap=0.3)
    found = over_other_inputs(a, b, inputs, pivot=0)
    assert found.there == pytest.approx(found.bound, rel=1e-9)
    assert found.density == pytest.approx((inside + outside - 1) / (inside - 1))
    assert found.here > 0.001


def test_it_is_the_ratio_distance_over_either_inputs():
    a, _ = rc.permuted_circles(6, rho=2.0, inputs_per_class=20, seed=1)
    b = rc.noisy_copy(a, 0.2, seed=2)
    rows = [*range(0, 60, 2)]
    found = over_other_inputs(a, b, rows, pivot=0)
    few = [rc.Representations(model.embeddings[rows], model.unembeddings) for model in (a, b)]
    options = {"pivot": 0, "labels": "all", "input_set": [0, 21, 42]}
    assert found.here == pytest.approx(llv_distance(a, b, **options).ratio_distance)
    assert found.there == pytest.approx(
        llv_distance(*few, **{**options, "input_set": [0, 11, 22]}).ratio_distance
    )


def test_there_is_no_bound_where_inputs_are_new():
    """Models that agree on all inputs but one, and over that one and a few others are as far apart as can be."""
    rng = np.random.default_rng(0)
    f = rng.standard_normal((1000, 1))
    other = f.copy()
    f[0], other[0] = 1e4, -1e4
    g = np.array([[0.0], [1.0]])
    rows = [0, 1, 2]
    found = over_other_inputs(rc.Representations(f, g), rc.Representations(other, g), rows, pivot=0)
    assert found.there == pytest.approx(2.0, abs=1e-3)
    known = [*range(1, 1000)]
    apart = over_other_inputs(
        rc.Representations(f[known], g), rc.Representations(other[known], g), range(10), pivot=0
    )
    assert max(apart.here, apart.there) < 1e-12


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([0], "inputs: found 1, expected two or more"),
        ([0, 0], "inputs: found .0, 0., expected 2 distinct integers"),
        ([0, 99], "inputs: found 99"),
        ("ab", "inputs: found 'ab'"),
        (3, "inputs: found 3, expected distinct integers from 0 to 19"),
    ],
)
def test_impossible_inputs_are_named(inputs, message):
    a, b = rc.permuted_circles(5, rho=1.0, inputs_per_class=4)
    with pytest.raises((TypeError, ValueError), match=message):
        over_other_inputs(a, b, inputs)
