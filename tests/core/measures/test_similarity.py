"""d_SVD, d_{f,g} and mean CCA: against their definitions, their invariances, and the bounds on d_{f,g}."""

from __future__ import annotations

import math
import warnings
from itertools import combinations

import numpy as np
import pytest
import scipy.linalg
import strategies
import torch
from array_kinds import FROM_NUMPY, converted, every_kind, kind_of
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.cross_decomposition import CCA

import repsim_core as rc

pytestmark = pytest.mark.usefixtures("mathematics_only")


def naive_svd_dissimilarity(z: np.ndarray, w: np.ndarray) -> float:
    """Definition 4.5, written out."""
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1) for x in (z, w))
    cross_covariance = z.T @ w / (len(z) - 1)
    return 1.0 - np.linalg.svd(cross_covariance, compute_uv=False).sum() / z.shape[1]


@st.composite
def observations(draw, *, max_dim: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of n observations in M coordinates: unrelated, related or the same up to noise."""
    n, m = draw(st.integers(3, 40)), draw(st.integers(1, max_dim))
    rng = np.random.default_rng(draw(strategies.seeds))
    z = rng.standard_normal((n, m))
    share = draw(st.sampled_from([0.0, 0.5, 0.999, 1.0]))
    noise = (1 - share) * rng.standard_normal((n, m))
    return z, share * z @ rng.standard_normal((m, m)) + noise


# -- d_SVD -----------------------------------------------------------------------------------------------------------


@given(observations())
def test_svd_dissimilarity_is_that_of_the_definition(pair):
    z, w = pair
    assert rc.svd_dissimilarity(z, w) == pytest.approx(naive_svd_dissimilarity(z, w), abs=1e-12)
    assert 0.0 <= rc.svd_dissimilarity(z, w) <= 1.0
    assert rc.svd_dissimilarity(z, w) == pytest.approx(rc.svd_dissimilarity(w, z), abs=1e-12)
    assert rc.svd_dissimilarity(z, z) <= 1e-14


@given(observations(), st.data())
def test_svd_dissimilarity_ignores_scales_shifts_signs_and_order_of_coordinates(pair, data):
    z, w = pair
    m = z.shape[1]
    scales = np.array(data.draw(st.lists(st.floats(1e-6, 1e6), min_size=m, max_size=m)))
    scales *= np.array(data.draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=m, max_size=m)))
    shifts = np.array(data.draw(st.lists(st.floats(-100.0, 100.0), min_size=m, max_size=m)))
    order = list(data.draw(st.permutations(range(m))))
    changed = z[:, order] * scales + shifts * scales  # a shift of up to 100 deviations loses two digits
    assert rc.svd_dissimilarity(changed, w) == pytest.approx(rc.svd_dissimilarity(z, w), abs=1e-11)
    assert rc.svd_dissimilarity(w, changed) == pytest.approx(rc.svd_dissimilarity(w, z), abs=1e-11)


@given(observations(), strategies.seeds)
def test_svd_dissimilarity_ignores_orthogonal_changes_of_standardised_white_coordinates(pair, seed):
    """Where coordinates are uncorrelated, a rotation leaves them standardised, and singular values ignore it."""
    z, w = pair
    n, m = z.shape
    assume(n > m + 2)
    white = np.linalg.qr(z - z.mean(axis=0))[0]
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((m, m)))[0]
    assert rc.svd_dissimilarity(white @ rotation, w) == pytest.approx(
        rc.svd_dissimilarity(white, w), abs=1e-12
    )
    assert rc.svd_dissimilarity(white @ rotation, white) <= 1e-12


def test_svd_dissimilarity_sees_general_linear_maps():
    z = np.random.default_rng(0).standard_normal((500, 2))
    assert rc.svd_dissimilarity(z, z @ np.array([[1.0, 1.0], [0.0, 0.3]])) > 0.05


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_similarity_at_the_ends_of_the_range_of_numbers(scale):
    z, w = np.random.default_rng(0).standard_normal((2, 50, 3))
    assert rc.svd_dissimilarity(scale * z, w) == pytest.approx(rc.svd_dissimilarity(z, w), rel=1e-12)
    assert rc.mean_cca(z, scale * w) == pytest.approx(rc.mean_cca(z, w), rel=1e-12)


# -- d_{f,g} ---------------------------------------------------------------------------------------------------------


@given(strategies.pairs(), st.data())
def test_representation_distance_against_one_loop_over_all_label_subsets(pair, data):
    a, b = pair
    sets = data.draw(strategies.sets(a.num_inputs, a.num_labels, a.dim))
    found = rc.representation_distance(a, b, **sets)
    kept = [y for y in range(a.num_labels) if y not in (sets["pivot"], sets["left_out"])]
    (f, g), (h, u) = ((x.embeddings, x.unembeddings) for x in pair)

    subsets = list(combinations(kept, a.dim))
    expected = []
    for labels in subsets:
        big_l, big_l_other = ((x[list(labels)] - x[sets["pivot"]]).T for x in (g, u))
        expected.append(naive_svd_dissimilarity(f @ big_l, h @ big_l_other))
    x0, *others = sets["input_set"]
    big_n, big_n_other = ((x[others] - x[x0]).T for x in (f, h))
    unembedding = naive_svd_dissimilarity(g @ big_n, u @ big_n_other)

    tolerance = 1e-11 + strategies.distance_rounding(a, b, sets)
    assert found.label_subsets.tolist() == [list(labels) for labels in subsets]
    assert found.embedding_dissimilarities == pytest.approx(expected, abs=tolerance)
    assert found.unembedding_dissimilarity == pytest.approx(unembedding, abs=tolerance)
    assert (
        found.value == max(*found.embedding_dissimilarities, found.unembedding_dissimilarity) == float(found)
    )
    assert found.exhaustive
    assert (found.pivot, found.left_out, found.input_set) == tuple(sets.values())


def test_label_subsets_with_all_labels_kept():
    found = rc.representation_distance(
        strategies.model(k=4), strategies.model(k=4, seed=1), pivot=1, left_out="none", input_set=(0, 1, 2)
    )
    assert found.label_subsets.tolist() == [[0, 2], [0, 3], [2, 3]]
    assert found.left_out is None


def test_sets_that_are_not_given_are_those_of_the_distance():
    a, b = strategies.model(n=100), strategies.model(n=100, seed=1)
    for options in (
        *({}, {"num_samples": 5, "seed": 3}, {"input_set": "exact"}, {"pivot": 2}, {"left_out": 4}),
        *({"pivot": "mean"}, {"labels": "all"}, {"labels": 3}, {"labels": [5, 2, 3], "pivot": 0}),
    ):
        distance, similarity = rc.llv_distance(a, b, **options), rc.representation_distance(a, b, **options)
        assert similarity.chosen == distance.chosen
        assert (similarity.pivot, similarity.left_out, similarity.input_set) == (
            distance.pivot,
            distance.left_out,
            distance.input_set,
        )


# By the key identity L^T f is a vector of log-ratios, so d_SVD of f can be taken from the log-probabilities.
UNLIKE = {
    "other M": ({"k": 8, "m": 2}, {"k": 8, "m": 4}),
    "fewer labels than M + 1": ({"k": 3, "m": 4}, {"k": 3, "m": 5}),
    "as many labels as M": ({"k": 4, "m": 4}, {"k": 4, "m": 4}),
}


@pytest.mark.parametrize("which", UNLIKE)
@pytest.mark.parametrize("biased", [False, True])
def test_models_of_other_dimensions_are_compared_by_their_log_ratios(which, biased):
    options = UNLIKE[which]
    rng = np.random.default_rng(0)
    pair = []
    for seed, sizes in enumerate(options):
        model = strategies.model(n=25, seed=seed, **sizes)
        bias = rng.standard_normal(model.num_labels) if biased else None
        pair.append(rc.Representations(model.embeddings, model.unembeddings, bias=bias))
    a, b = pair
    count, r = a.num_labels, min(a.dim, b.dim, a.num_labels - 1)
    assert min(a.rank, b.rank) == r
    keeps_all = r == count - 1
    found = rc.representation_distance(a, b, pivot=1)
    assert (found.left_out is None) == keeps_all
    assert found.label_subsets.shape == (found.total, r)
    log_p, log_q = a.log_probs(), b.log_probs()
    expected = [
        naive_svd_dissimilarity(log_p[:, labels] - log_p[:, [1]], log_q[:, labels] - log_q[:, [1]])
        for labels in found.label_subsets
    ]
    assert found.embedding_dissimilarities == pytest.approx(expected, abs=1e-11)
    # Where r = K - 1 the input set says nothing, and there is none unless it is asked for.
    assert (found.input_set is None) == (found.unembedding_dissimilarity is None) == keeps_all
    assert found.value == pytest.approx(max(*expected, found.unembedding_dissimilarity or 0.0), abs=1e-11)
    sampled = rc.representation_distance(a, b, pivot=1, input_set="sampled")
    x0, *others = sampled.input_set
    between = [(table[others] - table[x0]).T for table in (log_p, log_q)]
    assert len(others) == r
    assert sampled.unembedding_dissimilarity == pytest.approx(naive_svd_dissimilarity(*between), abs=1e-11)
    every = rc.representation_distance(a, b, pivot=1, labels="all")
    ratios = [np.delete(table - table[:, [1]], 1, axis=1) for table in (log_p, log_q)]
    assert every.embedding_dissimilarities == pytest.approx([naive_svd_dissimilarity(*ratios)], abs=1e-11)
    assert every.label_subsets.shape == (1, count - 1)


def test_what_never_reaches_the_distribution_is_left_out():
    """Dead coordinates on either side change neither the rank nor the distance."""
    a, b = strategies.model(k=7, m=3), strategies.model(k=7, m=3, seed=1)
    noise = np.random.default_rng(2).standard_normal((20, 2))
    widened = rc.Representations(
        np.hstack([a.embeddings, noise]), np.hstack([a.unembeddings, np.full((7, 2), 3.0)])
    )
    assert (widened.dim, widened.rank) == (5, 3)
    sets = {"pivot": 2, "left_out": 4, "input_set": (0, 1, 2, 3)}
    for measure in (rc.representation_distance, rc.llv_distance):
        assert measure(widened, b, **sets).value == pytest.approx(measure(a, b, **sets).value, rel=1e-9)
    assert rc.kl_divergence(a, widened) <= 1e-13
    assert rc.llv_distance(a, widened, **sets).value <= 1e-12


def test_the_sets_as_options_give_the_same_again():
    a, b = strategies.model(n=60), strategies.model(n=60, seed=1)
    for options in (
        {},
        {"labels": "all"},
        {"labels": (4, 1, 3)},
        {"labels": 3},
        {"pivot": "mean"},
        {"pivot": "mean", "left_out": 3},
    ):
        found = rc.representation_distance(a, b, **options)
        again = rc.representation_distance(a, b, **found.chosen.options)
        assert again.value == found.value
        assert np.array_equal(again.label_subsets, found.label_subsets)
        assert again.chosen.options == found.chosen.options


@given(strategies.pairs(), st.data())
def test_symmetry_of_the_representation_distance(pair, data):
    a, b = pair
    sets = data.draw(st.just({}) | strategies.sets(a.num_inputs, a.num_labels, a.dim))
    one, other = rc.representation_distance(a, b, **sets), rc.representation_distance(b, a, **sets)
    assert one.value == pytest.approx(other.value, abs=1e-12)
    assert one.input_set == other.input_set
    assert np.array_equal(one.label_subsets, other.label_subsets)


@pytest.mark.parametrize(
    "limit", [20, 40, 100]
)  # of 126 subsets: drawn until all differ, and picked from the list
def test_a_sample_of_label_subsets(limit):
    a, b = strategies.model(k=11, m=5), strategies.model(k=11, m=5, seed=1)
    sets = {"pivot": 4, "left_out": 7, "input_set": (0, 1, 2, 3, 4, 5)}
    every = rc.representation_distance(a, b, **sets, max_subsets=126)
    assert every.exhaustive
    assert len(every.label_subsets) == math.comb(9, 5) == 126
    values = dict(zip(map(tuple, every.label_subsets), every.embedding_dissimilarities, strict=True))

    found = rc.representation_distance(a, b, **sets, max_subsets=limit)
    assert not found.exhaustive
    drawn = [tuple(row) for row in found.label_subsets]
    assert len(set(drawn)) == limit
    assert drawn == sorted(drawn)
    assert all(tuple(sorted(row)) == row and not {4, 7} & set(row) for row in drawn)
    assert found.embedding_dissimilarities == pytest.approx([values[row] for row in drawn], abs=1e-12)
    assert found.value <= every.value + 1e-12
    again = rc.representation_distance(a, b, **sets, max_subsets=limit)
    assert np.array_equal(again.label_subsets, found.label_subsets)
    other = rc.representation_distance(a, b, **sets, max_subsets=limit, seed=1)
    assert not np.array_equal(other.label_subsets, found.label_subsets)


def test_more_label_subsets_than_one_batch(monkeypatch):
    a, b = strategies.model(k=11, m=5), strategies.model(k=11, m=5, seed=1)
    whole = rc.representation_distance(a, b)
    monkeypatch.setattr("repsim_core.measures.similarity._CHUNK", 10)
    assert np.array_equal(
        rc.representation_distance(a, b).embedding_dissimilarities, whole.embedding_dissimilarities
    )


@given(strategies.pairs(), strategies.seeds, st.floats(1.0, 30.0), st.data())
def test_a_linear_twin_is_at_distance_zero_in_every_measure(pair, seed, condition, data):
    model, _ = pair
    shift = np.random.default_rng(seed).standard_normal(model.dim)
    twin = model.linear_twin(rc.random_linear_map(model.dim, condition=condition, seed=seed), shift)
    sets = data.draw(strategies.sets(model.num_inputs, model.num_labels, model.dim))
    rounding = condition * (strategies.logit_rounding(model) + strategies.logit_rounding(twin))
    distance = condition * strategies.distance_rounding(model, twin, sets)
    assume(distance < 1e-3)  # else rounding alone can move the standardised log-ratios visibly
    assert rc.kl_divergence(model, twin) <= 4 * rounding
    assert rc.llv_distance(model, twin, **sets).value <= distance
    # of the bound, and with the rounding of the representations themselves
    assert rc.representation_distance(model, twin, **sets).value <= 2 * distance**2 + 1e-13
    f = model.embeddings - model.embeddings.mean(axis=0)
    unit = f / np.linalg.norm(f, axis=0)
    offset = np.abs(model.embeddings).max() / np.linalg.norm(f, axis=0).min()
    if np.linalg.cond(unit) * condition * offset < 1e5:  # the smaller directions keep their digits
        assert rc.mean_cca(model.embeddings, twin.embeddings) == pytest.approx(1.0, abs=1e-9)


# -- the bounds ------------------------------------------------------------------------------------------------------


def excess_over_bounds(
    a: rc.Representations, b: rc.Representations, sets: dict
) -> tuple[float, float, float]:
    """d_{f,g} less its least bound, the bound, and how far rounding can move the difference."""
    distance = rc.llv_distance(a, b, **sets)
    similarity = rc.representation_distance(a, b, **distance.sets)
    bound = min(rc.linear_bound(distance.value, a.dim), rc.quadratic_bound(distance.value))
    rounding = strategies.distance_rounding(a, b, distance.sets)
    # d(2 d²) = 4 d · delta + 2 delta²; and d_SVD is made of sums of up to M singular values with errors of some eps
    tolerance = 4 * distance.value * rounding + 2 * rounding**2 + 2 * a.dim * rounding**2 + 1e-13
    return similarity.value - bound, bound, tolerance


@given(strategies.pairs(), st.data())
def test_the_bounds_hold(pair, data):
    a, b = pair
    sets = data.draw(st.just({}) | strategies.sets(a.num_inputs, a.num_labels, a.dim))
    excess, _, tolerance = excess_over_bounds(a, b, sets)
    assert excess <= tolerance


@pytest.mark.thorough
@pytest.mark.usefixtures("own_checks_only")  # which takes half the time, for the same shapes again and again
def test_the_bounds_hold_for_thousands_of_pairs():
    """Theorem 4.7 and the quadratic bound over all kinds of pairs, degenerate ones included, with M = 1 .. 5.

    Some pair must come close to the bound: the test would else pass for a measure that is too small.
    """
    tightest, decided, total = 0.0, 0, 0
    for kind in strategies.KINDS:
        for seed in range(300):
            m = 1 + seed % 5
            a, b = strategies.make_pair(kind, 12 + seed % 7, m + 2 + seed % 3, m, seed)
            sets = {"pivot": 0, "left_out": m + 1, "input_set": tuple(range(m + 1))} if seed % 2 else {}
            excess, bound, tolerance = excess_over_bounds(a, b, sets)
            assert excess <= tolerance, (kind, seed)
            total += 1
            if tolerance < 1e-2 * bound:
                decided += 1
                tightest = max(tightest, 1.0 + excess / bound)
    assert total == 300 * len(strategies.KINDS)
    assert decided > 0.9 * total  # rounding leaves few pairs undecided
    assert 0.9 < tightest <= 1.0 + 1e-9


def test_the_quadratic_bound_is_attained():
    """M = 1, K = 2, small logits: log p(y|x) is -log 2 ± t/2, so d_LLV is half the deviation of z - w, and 2 d_LLV²
    is half its variance, which is 1 - corr(z, w) = d_SVD."""
    rng = np.random.default_rng(0)
    f = 1e-4 * rng.standard_normal((200, 1))
    h = f + 0.5e-4 * rng.standard_normal((200, 1))
    a, b = (rc.Representations(x, [[0.0], [1.0]]) for x in (f, h))
    distance = rc.llv_distance(a, b, left_out="none", pivot=0, input_set=(int(f.argmin()), int(f.argmax())))
    similarity = rc.representation_distance(a, b, **distance.sets)
    assert similarity.value == pytest.approx(1 - np.corrcoef(f[:, 0], h[:, 0])[0, 1], abs=1e-12)
    assert rc.quadratic_bound(distance.value) == pytest.approx(similarity.value, rel=1e-3)


def test_bounds():
    assert rc.linear_bound(0.25, 3) == 1.5
    assert rc.quadratic_bound(0.25) == 0.125
    assert rc.linear_bound(0.0, 1) == rc.quadratic_bound(0.0) == 0.0


# -- canonical correlations ------------------------------------------------------------------------------------------


def correlations_by_eigenvalues(z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Roots of the eigenvalues of S_zz^{-1} S_zw S_ww^{-1} S_wz, as a generalised symmetric problem."""
    z, w = z - z.mean(axis=0), w - w.mean(axis=0)
    s_zw = z.T @ w
    values = scipy.linalg.eigh(s_zw @ np.linalg.solve(w.T @ w, s_zw.T), z.T @ z, eigvals_only=True)
    return np.sqrt(np.clip(values[::-1], 0.0, 1.0))[: min(z.shape[1], w.shape[1])]


@given(st.integers(1, 5), st.integers(1, 5), strategies.seeds, st.floats(0.0, 0.9))
def test_canonical_correlations_against_a_generalised_eigenproblem(p, q, seed, share):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((60, p))
    w = share * z @ rng.standard_normal((p, q)) + rng.standard_normal((60, q))
    found = rc.canonical_correlations(z, w)
    # squares of correlations come with errors of some eps · cond: their roots with 1e-7 near 0
    assert np.square(found.correlations) == pytest.approx(
        np.square(correlations_by_eigenvalues(z, w)), abs=1e-10
    )
    assert np.all(np.diff(found.correlations) <= 0)
    assert (found.rank_z, found.rank_w, found.columns_z, found.columns_w) == (p, q, p, q)
    assert rc.mean_cca(z, w) == found.correlations.mean()
    assert rc.mean_cca(z, w) == pytest.approx(rc.mean_cca(w, z), abs=1e-12)


def test_mean_cca_against_scikit_learn():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((300, 3))
    w = z @ rng.standard_normal((3, 3)) + 2 * rng.standard_normal((300, 3))
    scores = CCA(n_components=3, max_iter=10_000, tol=1e-12).fit(z, w).transform(z, w)
    expected = [np.corrcoef(scores[0][:, i], scores[1][:, i])[0, 1] for i in range(3)]
    assert rc.canonical_correlations(z, w).correlations == pytest.approx(expected, abs=1e-6)
    assert rc.mean_cca(z, w) == pytest.approx(np.mean(expected), abs=1e-6)


@given(st.integers(1, 5), strategies.seeds, st.floats(1.0, 1e4), st.floats(-100, 100))
def test_mean_cca_of_an_affine_image_is_one(m, seed, condition, shift):
    z = np.random.default_rng(seed).standard_normal((50, m))
    image = z @ rc.random_linear_map(m, condition=condition, seed=seed).T + shift
    assert rc.mean_cca(z, image) == pytest.approx(1.0, abs=1e-10)
    assert rc.canonical_correlations(z, image).correlations == pytest.approx(np.ones(m), abs=1e-10)


@given(observations(), strategies.seeds, strategies.seeds)
def test_mean_cca_ignores_affine_maps(pair, seed, other_seed):
    z, w = pair
    n, m = z.shape
    assume(n > m + 2)
    assume(max(np.linalg.cond(x - x.mean(axis=0)) for x in pair) < 1e4)
    changed = z @ rc.random_linear_map(m, condition=10.0, seed=seed).T - 3.0
    changed_w = w @ rc.random_linear_map(m, condition=10.0, seed=other_seed).T + 2.0
    assert rc.mean_cca(changed, changed_w) == pytest.approx(rc.mean_cca(z, w), abs=1e-9)


def test_rank_deficient_arrays_are_handled_and_reported():
    z, w = np.random.default_rng(0).standard_normal((2, 50, 3))
    flat = np.column_stack([z[:, :2], z[:, 0] + z[:, 1], np.full(50, 4.0)])
    result = rc.canonical_correlations(flat, w)
    assert (result.rank_z, result.columns_z, result.rank_w, len(result.correlations)) == (2, 4, 3, 2)
    assert result.correlations == pytest.approx(
        rc.canonical_correlations(z[:, :2], w).correlations, abs=1e-12
    )
    with pytest.warns(rc.RankDeficientWarning, match="z: rank 2 of 4 columns") as caught:
        assert rc.mean_cca(flat, w) == pytest.approx(rc.mean_cca(z[:, :2], w), abs=1e-12)
    if not hasattr(rc.mean_cca, "__wrapped__"):  # no checker of types between the caller and the function
        assert caught[0].filename == __file__
    with pytest.warns(rc.RankDeficientWarning, match="w: rank 2 of 4 columns"):
        rc.mean_cca(w, flat)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rc.mean_cca(z * [1e-9, 1.0, 1e9], w)  # units are no reason to drop a direction


def test_cca_does_not_see_the_unembeddings():
    """f and g turned in opposite directions: CCA stays at 1 for both, the distribution changes."""
    a = strategies.model(n=200)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    b = rc.Representations(a.embeddings @ turn.T, a.unembeddings @ turn)
    assert rc.mean_cca(a.embeddings, b.embeddings) == pytest.approx(1.0, abs=1e-12)
    assert rc.mean_cca(a.unembeddings, b.unembeddings) == pytest.approx(1.0, abs=1e-12)
    assert rc.kl_divergence(a, b) > 0.1
    assert rc.llv_distance(a, b).value > 0.1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@every_kind
def test_every_library_gives_the_same_similarity_and_gets_its_own_arrays_back(kind, dtype):
    if kind == "array_api_strict" and dtype is np.float16:
        pytest.skip("the standard has no half precision")
    z, w = np.random.default_rng(0).standard_normal((2, 30, 3)).astype(dtype)
    own = [FROM_NUMPY[kind](x) for x in (z, w)]
    for measure in (rc.svd_dissimilarity, rc.mean_cca):
        expected = measure(z.astype(np.float64), w.astype(np.float64))
        assert measure(*own) == pytest.approx(expected, rel=1e-12)
        assert measure(z.tolist(), w.tolist()) == expected
        assert measure(z, own[1]) == pytest.approx(expected, rel=1e-12)  # NumPy's joins the other
    found = rc.canonical_correlations(*own)
    assert kind_of(found.correlations) == kind
    assert str(found.correlations.dtype).endswith("float64")
    expected = rc.canonical_correlations(z.astype(np.float64), w.astype(np.float64))
    assert np.asarray(found.correlations) == pytest.approx(expected.correlations, rel=1e-12)
    assert type(found.mean) is float


@every_kind
def test_the_distance_of_representations_in_every_library(kind):
    a, b = strategies.make_pair("independent", 30, 7, 3, seed=0)
    expected = rc.representation_distance(a, b)
    found = rc.representation_distance(converted(a, kind), converted(b, kind))
    assert kind_of(found.embedding_dissimilarities) == kind
    assert np.asarray(found.embedding_dissimilarities) == pytest.approx(
        expected.embedding_dissimilarities, abs=1e-12
    )
    assert np.array_equal(found.label_subsets, expected.label_subsets)
    assert found.chosen == expected.chosen
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert found.unembedding_dissimilarity == pytest.approx(expected.unembedding_dissimilarity, rel=1e-11)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_similarity_on_a_gpu_agrees():
    a, b = strategies.make_pair("independent", 300, 7, 3, seed=0)
    tensors = [converted(x, "torch") for x in (a, b)]
    on_gpu = [rc.Representations(x.embeddings.cuda(), x.unembeddings.cuda()) for x in tensors]
    host, device = rc.representation_distance(a, b), rc.representation_distance(*on_gpu)
    assert device.value == pytest.approx(host.value, rel=1e-9)
    assert device.embedding_dissimilarities.is_cuda
    assert device.embedding_dissimilarities.cpu() == pytest.approx(host.embedding_dissimilarities, abs=1e-10)
    assert rc.mean_cca(*(x.embeddings for x in on_gpu)) == pytest.approx(
        rc.mean_cca(a.embeddings, b.embeddings), rel=1e-9
    )
