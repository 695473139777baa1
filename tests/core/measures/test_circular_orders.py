"""Circular orders: what they do not depend on, what they share, what chance does."""

from itertools import combinations

import numpy as np
import pytest
from array_kinds import converted, every_kind
from hypothesis import given
from hypothesis import strategies as st

from repsim_core import Representations
from repsim_core.measures import circular_orders


def directions(order: tuple[int, ...]) -> np.ndarray:
    """Labels around the origin in this order, at uneven angles and lengths."""
    rng = np.random.default_rng(0)
    places = np.argsort(order)
    angles = 2 * np.pi * (places + rng.uniform(0, 0.8, len(order))) / len(order)
    return rng.uniform(1, 2, len(order))[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def labels(least: int = 3, most: int = 10) -> st.SearchStrategy[tuple[int, ...]]:
    return st.integers(least, most).flatmap(lambda k: st.permutations(range(k))).map(tuple)


@given(labels(), st.integers(0, 2**32 - 1))
def test_an_invertible_linear_map_keeps_the_order(order: tuple[int, ...], seed: int) -> None:
    matrix = np.random.default_rng(seed).standard_normal((2, 2))
    if abs(np.linalg.det(matrix)) < 1e-3:
        matrix += np.eye(2)
    u = directions(order)
    assert circular_orders.circular_order(u @ matrix.T) == circular_orders.circular_order(u)


@given(labels())
def test_an_order_begins_with_0_and_has_the_neighbours_of_the_directions(order: tuple[int, ...]) -> None:
    found = circular_orders.circular_order(directions(order))
    assert found[0] == 0
    assert found[1] <= found[-1]
    assert sorted(found) == list(range(len(order)))
    np.testing.assert_array_equal(circular_orders.neighbours(found), circular_orders.neighbours(order))


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize("shape", [(2, 2), (5, 3), (4,)])
def test_directions_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"directions: found shape .*, expected \(K, 2\)"):
        circular_orders.circular_order(np.ones(shape))


def test_neighbours_of_a_pentagon() -> None:
    next_to = circular_orders.neighbours((0, 2, 4, 1, 3))
    pairs = {(a, b) for a, b in combinations(range(5), 2) if next_to[a, b]}
    assert pairs == {(0, 2), (2, 4), (1, 4), (1, 3), (0, 3)}
    assert (next_to == next_to.T).all()
    assert not next_to.diagonal().any()


def test_shared_neighbours() -> None:
    pentagon, star = (0, 1, 2, 3, 4), (0, 2, 4, 1, 3)
    assert circular_orders.shared_neighbours(pentagon, pentagon) == 5
    assert circular_orders.shared_neighbours(pentagon, star) == 0


def test_cca_of_orders() -> None:
    assert circular_orders.order_cca((0, 1, 2, 3), (0, 1, 2, 3)) == pytest.approx(1)
    assert circular_orders.order_cca((0, 1, 2, 3), (0, 1, 3, 2)) == pytest.approx(0.5)  # chapter "Width"
    assert circular_orders.order_cca((0, 1, 2, 3, 4), (0, 2, 4, 1, 3)) == pytest.approx(0, abs=1e-7)  # a star


@every_kind
def test_class_means(kind: str) -> None:
    """NumPy's, for figures, whatever the model's arrays are."""
    model = Representations([[0.0, 1.0], [2.0, 1.0], [5.0, 5.0]], [[0.0, 1.0], [1.0, 0.0]], [1, 1, 0])
    found = circular_orders.class_means(converted(model, kind))
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, [[5.0, 5.0], [1.0, 1.0]])


def test_class_means_need_labels_and_all_classes() -> None:
    f, g = [[0.0, 1.0], [2.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(ValueError, match="model: found no true labels"):
        circular_orders.class_means(Representations(f, g))
    with pytest.raises(ValueError, match="model: found no input of label 0"):
        circular_orders.class_means(Representations(f, g, [1, 1]))


@given(labels(4, 8), st.integers(0, 2**32 - 1))
def test_an_affine_map_keeps_the_order_around_the_mean(order: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, g = rng.standard_normal((2, 2)), rng.standard_normal((len(order), 2))
    if abs(np.linalg.det(matrix)) < 1e-2:
        matrix += np.eye(2)
    f = directions(order)
    y = np.arange(len(order))
    around, about = circular_orders.orders_of_labels(Representations(f, g, y))
    moved = circular_orders.orders_of_labels(Representations(f @ matrix.T + rng.uniform(-9, 9, 2), g, y))
    assert around == circular_orders.circular_order(f)
    assert moved[1] == about


def test_the_two_orders_can_differ() -> None:
    """Three labels around the origin, and a fourth far beyond one of them, which moves the mean to the other side."""
    f = [[1.0, 0.1], [0.0, 1.0], [-1.0, -1.0], [40.0, 0.0]]
    around, about = circular_orders.orders_of_labels(Representations(f, np.eye(4)[:, :2], [0, 1, 2, 3]))
    assert around != about


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_and_mirrored_set_is_turned_back(mirrored: bool) -> None:
    rng = np.random.default_rng(0)
    points, angle = rng.normal(size=(10, 2)), 1.2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([1.0, -1.0])
    found = circular_orders.turned_onto(points, 3 * points @ turn)
    np.testing.assert_allclose(found, turn, atol=1e-12)


def test_a_petal_lies_in_the_cone_of_its_unembedding_and_can_be_nearer_to_another() -> None:
    """Corners of lengths 1 and 0.6, 60 degrees apart, mean 0: at 35 degrees the longer one still reaches further."""
    g = np.array([[1, 0], 0.6 * np.array([np.cos(np.pi / 3), np.sin(np.pi / 3)])])
    petals = np.radians([35, 100, 200])
    model = Representations(
        3 * np.column_stack([np.cos(petals), np.sin(petals)]), np.vstack([g, -g.sum(axis=0)])
    )
    found = circular_orders.petal_angles(model)
    assert found.angle[0] == pytest.approx(35)
    assert found.nearest.tolist() == [False, True, True]
    assert found.in_cone.all()
