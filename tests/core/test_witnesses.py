"""Pairs at which a bound is attained, or that show what no bound can say."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.constructions import one_shared_direction, swapped_normaliser, two_angles
from repsim_core.measures.bounds import greatest_dissimilarity, least_dissimilarity
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.standardised import StandardisedRatios

pytestmark = pytest.mark.usefixtures("mathematics_only")


SHARP = 1e-9


def first_inputs(model: rc.Representations) -> tuple[int, ...]:
    return tuple(range(model.dim + 1))


# -- the quadratic bound ------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(st.integers(1, 8), st.integers(1, 5), st.floats(1e-4, 0.7071))
def test_the_quadratic_bound_is_attained_in_every_dimension_with_any_number_of_labels(dim, spare, distance):
    a, b = swapped_normaliser(dim, dim + spare, distance=distance)
    assert (a.dim, a.num_labels, a.rank, b.rank) == (dim, dim + spare, dim, dim)
    sets = {"pivot": 0, "left_out": "none", "input_set": first_inputs(a)}
    found, fg = rc.llv_distance(a, b, **sets), rc.representation_distance(a, b, **sets)
    assert a.diversity(pivot=0, input_set=first_inputs(a)).holds
    assert b.diversity(pivot=0, input_set=first_inputs(b)).holds
    assert found.value == pytest.approx(distance, abs=SHARP)
    assert found.input_term == pytest.approx(0, abs=SHARP)
    assert fg.exhaustive
    assert fg.value == pytest.approx(rc.quadratic_bound(found.value), abs=SHARP)
    # all of term 1 is the ratio distance's half, and as much the normaliser's
    assert found.ratio_distance == pytest.approx(2 * distance, abs=SHARP)
    assert found.normaliser_mismatch == pytest.approx(distance, abs=SHARP)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_the_quadratic_bound_is_attained_without_term_2(dim):
    """With K = M + 1 the default is to keep all labels and to leave term 2 out."""
    a, b = swapped_normaliser(dim, distance=0.5)
    found = rc.compare(a, b, pivot=0)
    assert found.llv.input_set is None
    assert found.llv.left_out is None
    assert found.d_fg == pytest.approx(found.quadratic_bound, abs=SHARP)


@given(st.integers(1, 6), st.integers(1, 3), st.floats(0.01, 0.7))
def test_the_second_model_swaps_one_probability_and_keeps_the_others_shares(dim, spare, distance):
    a, b = swapped_normaliser(dim, dim + spare, distance=distance)
    p, q = (np.exp(model.log_probs()) for model in (a, b))
    stays = np.abs(p - q).max(axis=1) < 1e-12
    assert stays[: a.dim + 1].all()
    assert stays.sum() == a.num_inputs // 2
    assert q[~stays, 0] == pytest.approx(1 - p[~stays, 0], abs=1e-12)
    shares = (each[:, 1:] / each[:, 1:].sum(axis=1, keepdims=True) for each in (p, q))
    assert np.abs(np.subtract(*shares)).max() < 1e-12


# -- one shared direction -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(2, 6), st.integers(1, 3), st.floats(1e-4, 1.0), strategies.seeds)
def test_the_distance_of_distributions_does_not_control_mean_cca(dim, spare, eta, seed):
    a, b = one_shared_direction(dim, dim + spare, eta=eta, inputs=60, seed=seed)
    assert a.rank == b.rank == dim
    correlations = rc.canonical_correlations(a.embeddings, b.embeddings)
    assert correlations.forced == 0
    assert correlations.correlations == pytest.approx([1.0] + [0.0] * (dim - 1), abs=SHARP / eta)
    assert rc.mean_cca(a.embeddings, b.embeddings) == pytest.approx(1 / dim, abs=SHARP / eta)


@pytest.mark.parametrize(("dim", "spare"), [(2, 1), (3, 1), (3, 4), (5, 2)])
def test_one_shared_direction_is_close_for_every_pivot(dim, spare):
    """d_LLV over all labels goes to 0 with eta, in proportion, and mean CCA does not move."""
    largest = []
    for eta in (1e-2, 1e-3, 1e-5):
        a, b = one_shared_direction(dim, dim + spare, eta=eta)
        sets = {"left_out": "none", "input_set": first_inputs(a)}
        for pivot in range(a.num_labels):
            assert a.diversity(pivot=pivot, input_set=first_inputs(a)).holds
        distances = [rc.llv_distance(a, b, pivot=y, **sets) for y in range(a.num_labels)]
        assert max(each.input_term for each in distances) < SHARP
        largest.append(max(each.value for each in distances))
        fg = [rc.representation_distance(a, b, pivot=y, **sets).value for y in range(a.num_labels)]
        assert max(fg) <= 2 * largest[-1] ** 2 + 1e-12
        # the log-ratios hardly use more than one direction, and say so
        assert max(rc.compare(a, b, pivot=0).effective_ranks) < 1.2
    assert largest[0] < 0.2
    assert largest[1] == pytest.approx(largest[0] / 10, rel=0.05)
    assert largest[2] == pytest.approx(largest[1] / 100, rel=0.05)


# -- two angles ---------------------------------------------------------------------------------------------------


def sine_of(dissimilarity: float) -> float:
    return math.sqrt(dissimilarity * (2 - dissimilarity))


@settings(max_examples=60)
@given(st.sampled_from([2, 3, 4, 6]), st.floats(0.01, 1.0))
def test_the_two_angles_are_as_far_apart_as_can_be(size, sine):
    a, b = two_angles(size, sine=sine)
    ratios = StandardisedRatios.of(ModelPair(a, b), 0, range(1, a.num_labels))
    theta = math.sqrt(1 - ratios.correlations.min() ** 2)
    assert theta == pytest.approx(sine, abs=SHARP)
    z, w = (model.embeddings @ model.unembeddings[1:, :].T for model in (a, b))
    for labels in combinations(range(size + 1), size):
        dissimilarity = rc.svd_dissimilarity(z[:, labels], w[:, labels])
        assert (2 * size - 1) * sine_of(dissimilarity) == pytest.approx(theta, abs=SHARP / sine)
        assert dissimilarity == pytest.approx(least_dissimilarity(ratios.distances.tolist(), size), abs=SHARP)


def test_the_two_angles_in_the_plane_are_those_of_the_distance():
    a, b = two_angles(2, sine=0.6)
    found = rc.compare(a, b, pivot=0, left_out="none")
    assert found.size == 2
    assert found.max_d_svd_f == pytest.approx(found.least_d_svd_f, abs=SHARP)
    assert 3 * sine_of(found.max_d_svd_f) == pytest.approx(0.6, abs=SHARP)


def test_one_label_set_has_no_converse():
    """n = m log-ratios: white ones, rotated by a right angle, have d_SVD = 0 and correlation 0 with themselves."""
    f = two_angles(2, sine=1.0)[0].embeddings
    g = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    a, b = rc.Representations(f, g), rc.Representations(f[:, ::-1] * [1.0, -1.0], g)
    found = rc.compare(a, b, pivot=0)
    assert found.max_d_svd_f == pytest.approx(0, abs=SHARP)
    assert found.certificate == pytest.approx(1, abs=SHARP)
    assert found.least_d_svd_f is None


# -- the certificate ----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(1, 7), st.data())
def test_the_certificate_is_the_best_that_correlations_give(count, data):
    """For any correlations there is a pair that has them and whose every set of labels attains the bound: log-ratios
    that are uncorrelated with each other, also across models."""
    rho = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=count, max_size=count)))
    rng = np.random.default_rng(data.draw(strategies.seeds))
    columns = np.column_stack([np.ones(20), rng.standard_normal((20, 2 * count))])
    white = np.linalg.qr(columns)[0][:, 1:]
    f, own = white[:, :count], white[:, count:]
    g = np.concatenate([np.zeros((1, count)), np.eye(count)])
    a, b = rc.Representations(f, g), rc.Representations(rho * f + np.sqrt(1 - rho**2) * own, g)
    for m in range(1, count + 1):
        worst = np.argsort(np.abs(rho))[:m]
        expected = 1 - np.abs(rho)[worst].mean()
        assert rc.similarity_certificate(a, b, m, pivot=0) == pytest.approx(expected, abs=SHARP)
        assert greatest_dissimilarity(np.sqrt(2 * (1 - rho)).tolist(), m) == pytest.approx(
            expected, abs=SHARP
        )
        found = rc.svd_dissimilarity(a.embeddings[:, worst], b.embeddings[:, worst])
        assert found == pytest.approx(expected, abs=SHARP)


# -- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: swapped_normaliser(0, distance=0.1), ValueError, "dim"),
        (lambda: swapped_normaliser(2, 2, distance=0.1), ValueError, "classes"),
        (lambda: swapped_normaliser(2, distance=0.0), ValueError, "distance"),
        (lambda: swapped_normaliser(2, distance=0.71), ValueError, "distance"),
        (lambda: swapped_normaliser(2, distance="near"), TypeError, "distance"),
        (lambda: one_shared_direction(1, eta=0.1), ValueError, "dim"),
        (lambda: one_shared_direction(3, 3, eta=0.1), ValueError, "classes"),
        (lambda: one_shared_direction(2, eta=0.0), ValueError, "eta"),
        (lambda: one_shared_direction(2, eta=0.1, inputs=4), ValueError, "inputs"),
        (lambda: one_shared_direction(2, eta=0.1, inputs=7), ValueError, "inputs"),
        (lambda: two_angles(0, sine=0.1), ValueError, "size"),
        (lambda: two_angles(2, sine=0.0), ValueError, "sine"),
        (lambda: two_angles(2, sine=1.5), ValueError, "sine"),
    ],
)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=f"^{message}: found "):
        call()
