"""The divergence as a weighted distance: both bounds for all pairs, the limit, and what is refused."""

import math

import numpy as np
import pytest
import strategies
from array_kinds import FROM_NUMPY, converted
from hypothesis import assume, given
from hypothesis import strategies as st

import repsim_core as rc

pytestmark = pytest.mark.usefixtures("mathematics_only")


@st.composite
def pairs(draw) -> tuple[rc.Representations, rc.Representations]:
    m = draw(st.integers(1, 4))
    n, k = draw(st.integers(m + 3, 30)), draw(st.integers(m + 2, m + 5))
    return strategies.make_pair(draw(strategies.kinds), n, k, m, draw(strategies.seeds))


@given(pairs())
def test_both_divergences_lie_between_the_weighted_distances(pair):
    found = rc.weighted_distances(*pair)
    room = 1e-9 * (1 + found.by_largest)
    for divergence in (found.d_kl, found.d_kl_reverse):
        assert found.by_least - room <= divergence <= found.by_largest + room
    assert found.by_largest <= found.unweighted * (1 + 1e-12)
    assert found.d_kl == pytest.approx(rc.kl_divergence(*pair), abs=1e-12)


def test_by_hand():
    a = rc.Representations(np.ones((3, 1)), np.zeros((2, 1)))
    b = rc.Representations(np.ones((3, 1)), np.log([[0.8], [0.2]]))
    squares = np.log([0.5 / 0.8, 0.5 / 0.2]) ** 2
    found = rc.weighted_distances(a, b)
    assert found.by_least == pytest.approx((0.5 * squares[0] + 0.2 * squares[1]) / 2)
    assert found.by_largest == pytest.approx((0.8 * squares[0] + 0.5 * squares[1]) / 2)
    assert found.unweighted == pytest.approx(squares.sum() / 2)


def test_close_models_reach_both():
    a, _ = rc.permuted_circles(5, rho=1.0, inputs_per_class=20)
    found = rc.weighted_distances(a, rc.noisy_copy(a, 1e-4))
    assert found.by_least / found.by_largest > 0.999


@given(pairs(), st.floats(-4, -0.5), st.data())
def test_where_labels_compete_the_divergence_bounds_the_dissimilarity(pair, power, data):
    count = pair[0].num_labels
    pivot = data.draw(st.integers(0, count - 1))
    others = [y for y in range(count) if y != pivot]
    labels = data.draw(st.lists(st.sampled_from(others), min_size=1, unique=True))
    try:
        found = rc.competing_labels(*pair, labels, pivot=pivot, floor=10.0**power)
    except ValueError:
        assume(False)
    assert found.dissimilarity <= found.bound * (1 + 1e-6) + 1e-9
    inputs = [np.exp(model.log_probs()[:, [pivot, *labels]]).min(axis=1) for model in pair]
    assert found.inputs.tolist() == np.flatnonzero(np.minimum(*inputs) >= 10.0**power * (1 - 1e-12)).tolist()


def test_the_bound_is_the_formula():
    a, _ = rc.permuted_circles(6, rho=1.0, inputs_per_class=30)
    b = rc.noisy_copy(a, 0.02, seed=1)
    found = rc.competing_labels(a, b, [1, 2], pivot=0, floor=0.01)
    p, q = (model.log_probs()[found.inputs] for model in (a, b))
    psi = [(each[:, [1, 2]] - each[:, [0]]).std(axis=0) for each in (p, q)]
    d_kl = (np.exp(p) * (p - q)).sum(axis=1).mean()
    assert found.d_kl == pytest.approx(d_kl)
    assert found.bound == pytest.approx(4 * 1.5 * d_kl / (0.01 * (psi[0] + psi[1]).min() ** 2))
    assert found.bound < 0.1


@pytest.mark.parametrize("kind", sorted(set(FROM_NUMPY) - {"numpy"}))
def test_other_libraries_find_the_same(kind):
    pair = rc.permuted_circles(6, rho=1.0, inputs_per_class=10)
    pair = pair[0], rc.noisy_copy(pair[0], 0.02, seed=1)
    other = [converted(model, kind) for model in pair]
    assert rc.weighted_distances(*other) == pytest.approx(rc.weighted_distances(*pair))
    sets = {"labels": [1, 2], "pivot": 0, "floor": 0.01}
    assert rc.competing_labels(*other, **sets).bound == pytest.approx(
        rc.competing_labels(*pair, **sets).bound
    )


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"floor": 0.0}, ValueError, "floor: found 0, expected a number between 0 and 1"),
        ({"floor": 0.9}, ValueError, "on 0 inputs, expected two or more"),
        ({"floor": math.nan}, ValueError, "floor"),
        ({"labels": [0]}, ValueError, "labels: found the pivot 0"),
        ({"labels": [1, 1]}, ValueError, "labels"),
        ({"pivot": 9}, ValueError, "pivot: found 9"),
        ({"pivot": "mean"}, TypeError, "pivot: found 'mean'"),
    ],
)
def test_what_cannot_be_is_named(own_checks_only, changed, error, message):
    pair = rc.permuted_circles(6, rho=1.0, inputs_per_class=10)
    with pytest.raises(error, match=message):
        rc.competing_labels(*pair, **{"labels": [1, 2], "pivot": 0, "floor": 0.01, **changed})
