"""Orthonormal bases of columns, by products where these lose no digit, and two of them in one."""

import numpy as np
import pytest
from array_kinds import FROM_NUMPY, every_kind
from hypothesis import given
from hypothesis import strategies as st

from repsim_core.beyond_standard import distances, orthonormal, triangular_factor
from repsim_core.coordinates import Basis, TwoBases

UNITS = np.array([1e6, 1.0, 1e-9, 1e3, 1.0])


def columns(condition: float, seed: int = 0, n: int = 60, m: int = 5) -> np.ndarray:
    """Columns of very different units, whose directions have this condition number."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(size, m)))[0] for size in (n, m))
    return (left * np.geomspace(1, 1 / condition, m)) @ right.T * UNITS[:m]


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e3, 1e5, 1e8, 1e12])
@every_kind
def test_a_basis_and_coordinates_of_columns(condition, kind):
    x = columns(condition)
    lengths = np.linalg.norm(x, axis=0)
    q, r = (np.asarray(each) for each in orthonormal(FROM_NUMPY[kind](x)))
    assert np.abs(q.T @ q - np.eye(5)).max() < 1e-14
    assert (np.abs(q @ r - x) / lengths).max() < 1e-14
    alone = np.asarray(triangular_factor(FROM_NUMPY[kind](x)))
    for factor in (r, alone):
        assert np.abs((factor.T @ factor - x.T @ x) / np.outer(lengths, lengths)).max() < 1e-14
    assert np.allclose(np.abs(alone), np.abs(r), atol=1e-15 * condition * lengths)


@pytest.mark.parametrize("which", ["zeros", "copies", "few rows", "tiny", "huge"])
def test_columns_that_have_no_cholesky_factor(which):
    x = columns(3.0)
    if which == "zeros":
        x[:, 2] = 0.0
    elif which == "copies":
        x[:, 3] = 2 * x[:, 1]
    elif which == "few rows":
        x = x[:3]
    else:
        x = x * {"tiny": 1e-180, "huge": 1e140}[which]
    q, r = orthonormal(x)
    assert np.abs(q.T @ q - np.eye(q.shape[1])).max() < 1e-14
    assert np.allclose(q @ r, x, rtol=1e-12, atol=1e-15 * np.abs(x).max())
    assert np.allclose(np.abs(triangular_factor(x)), np.abs(r), rtol=1e-9, atol=1e-14 * np.abs(x).max())


def test_whether_columns_are_independent():
    x = columns(1e6) + 3.0
    assert Basis.of(x).independent
    for spoiled in (x * [1, 1, 0, 1, 1], x[:, [0, 1, 2, 3, 1]], x[:4], np.ones((9, 2))):
        assert not Basis.of(spoiled).independent


@given(st.integers(0, 2**20), st.sampled_from([0.0, 1e-12, 1e-6, 1.0]), st.integers(1, 4), st.integers(1, 4))
def test_two_bases_in_one(seed, noise, m, m_other):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 4))[:, :m]
    y = (rng.normal(size=(30, 4)) if m != m_other else x + noise * rng.normal(size=x.shape))[:, :m_other]
    common, other = rng.normal(size=(2, 30))
    bases = TwoBases(Basis.of(x), Basis.of(y))
    first, second = bases.first.coordinates, bases.second.coordinates
    splits = bases.first.split(common), bases.second.split(other)
    both = bases.with_columns(splits)
    of_x = np.vstack([first, np.zeros((len(both.beyond), m))])
    of_y = np.vstack([both.along, both.beyond]) @ second
    # All inner products of the centred columns are those of their coordinates.
    mine, theirs = np.column_stack([of_x, both.first]), np.column_stack([of_y, both.second])
    centred = np.column_stack(
        [x - x.mean(axis=0), common - common.mean(), y - y.mean(axis=0), other - other.mean()]
    )
    found = np.column_stack([mine, theirs])
    assert np.allclose(found.T @ found, centred.T @ centred, atol=1e-12)
    alone = np.vstack([bases.along, bases.beyond]) @ second
    assert np.allclose(alone.T @ alone, (y - y.mean(axis=0)).T @ (y - y.mean(axis=0)), atol=1e-12)
    if noise and m == m_other:
        # Close columns keep the digits of their difference.
        apart = of_x - of_y
        true = np.linalg.norm((x - x.mean(axis=0)) - (y - y.mean(axis=0)), axis=0)
        assert np.linalg.norm(apart, axis=0) == pytest.approx(true, rel=1e-6, abs=1e-14)


@every_kind
def test_distances_by_products_keep_the_close_ones(kind):
    rng = np.random.default_rng(0)
    right = rng.normal(size=(40, 6)) + 100.0
    left = right[:7] + 1e-9 * rng.normal(size=(7, 6))
    left[0] = right[0]
    expected = np.linalg.norm(left[:, None] - right, axis=2)
    found = np.asarray(distances(*(FROM_NUMPY[kind](x) for x in (left, right)), by_products=True))
    assert found[0, 0] == 0.0
    assert np.allclose(found, expected, rtol=1e-7, atol=0)
