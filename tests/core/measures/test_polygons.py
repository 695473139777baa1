"""Permuted corners: stars, what a linear map explains, and the average over all orders."""

import numpy as np
import pytest

from repsim_core import permuted_circles, star_permutation
from repsim_core.measures import polygons
from repsim_core.measures.canonical import canonical_correlations


@pytest.mark.parametrize(
    ("permutation", "step"),
    [
        ((5, 0, 2, 4, 6, 1, 3), 2),
        ((1, 2, 3, 0), 1),
        ((3, 2, 1, 0), 3),
        ((1, 0, 2, 3), None),
        ((0, 4, 2, 5, 1, 3), None),
    ],
)
def test_the_step_of_a_walk_round_the_circle(permutation, step):
    assert polygons.stride(permutation) == step


def test_what_is_explained_is_what_canonical_correlations_say():
    corners = np.exp(2j * np.pi * np.arange(5) / 5)
    orders = polygons.orders_to_try(5)
    assert len(orders) == 24
    found = polygons.explained(orders)
    for place in (0, 3, 11):
        other = corners[orders[place]]
        c = canonical_correlations(
            *(np.column_stack([u.real, u.imag]) for u in (corners, other))
        ).correlations
        assert found.mean_cca[place] == pytest.approx(np.sum(c) / 2, abs=1e-9)
        assert found.r2[place] == pytest.approx(np.sum(np.square(c)) / 2, abs=1e-9)
    assert found.r2.mean() == pytest.approx(polygons.average_r2(5))
    # the identity and a reflection; four stars, of two steps and two turns of label 0 at its place
    assert (found.linear, found.uncorrelated) == (2, 2)


def test_many_labels_are_tried_at_random():
    orders = polygons.orders_to_try(10, seed=1)
    assert orders.shape == (20_000, 10)
    assert (np.sort(orders[:5], axis=1) == np.arange(10)).all()
    assert (orders[:, 0] == 0).all()


def test_the_distance_of_a_star_is_what_is_measured():
    from repsim_core import llv_distance

    pair = permuted_circles(7, rho=10.0, inputs_per_class=40)
    measured = float(llv_distance(*pair, weight=0.0))
    assert polygons.star_distance(7, polygons.stride(star_permutation(7))) == pytest.approx(
        measured, rel=2e-3
    )
