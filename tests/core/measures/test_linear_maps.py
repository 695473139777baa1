"""Maps between embeddings from unembeddings alone, and the bound on what a probe loses when it is carried over."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import strategies
from array_kinds import FROM_NUMPY, converted, every_kind, kind_of
from hypothesis import assume, given
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.linear_maps import linear_map, transfer_bound

pytestmark = pytest.mark.usefixtures("mathematics_only")


Pair = tuple[rc.Representations, rc.Representations]


def with_bias(model: rc.Representations, bias: np.ndarray | None) -> rc.Representations:
    return rc.Representations(model.embeddings, model.unembeddings, bias=bias)


@st.composite
def models(draw, *, spare_labels: int = 3) -> Pair:
    """Two models with K >= M + 2, near each other or not, of equal dimensions or not, with a bias or without."""
    m = draw(st.integers(1, 4))
    n, k = draw(st.integers(m + 4, 40)), draw(st.integers(m + 2, m + 2 + spare_labels))
    a, b = strategies.make_pair(draw(strategies.kinds), n, k, m, draw(strategies.seeds))
    rng = np.random.default_rng(draw(strategies.seeds))
    if draw(st.booleans()):
        # Another dimension, and a's embeddings in part.
        width = draw(st.integers(1, 4))
        mixed = np.asarray(a.embeddings) @ rng.standard_normal((m, width))
        noise = draw(st.sampled_from([1e-3, 1.0])) * rng.standard_normal((n, width))
        b = rc.Representations(mixed + noise * np.abs(mixed).mean(), rng.standard_normal((k, width)))
    if draw(st.booleans()):
        a, b = with_bias(a, rng.standard_normal(k)), with_bias(b, rng.standard_normal(k))
    return a, b


def log_ratios(model: rc.Representations, pivot: int, labels: tuple[int, ...]) -> np.ndarray:
    """f(x)·g_0(y) + b_0(y) for each of the labels, shape (N, labels)."""
    u = np.asarray(model.embeddings) @ np.asarray(model.unembeddings).T
    if model.bias is not None:
        u = u + np.asarray(model.bias)
    return u[:, list(labels)] - u[:, [pivot]]


def deviation(x: np.ndarray) -> np.ndarray:
    return x.std(axis=0, ddof=1)


def displaced(model: rc.Representations, pivot: int, labels: tuple[int, ...]) -> np.ndarray:
    g = np.asarray(model.unembeddings)
    return g[list(labels)] - g[pivot]


def regular(pair: Pair, pivot: int, labels: tuple[int, ...]) -> bool:
    """Whether L of a is far from singular, and no log-ratio is constant up to rounding."""
    sigma = np.linalg.svd(displaced(pair[0], pivot, labels), compute_uv=False)
    if sigma[-1] <= 1e-5 * sigma[0]:
        return False
    return all(
        (deviation(log_ratios(model, pivot, labels)) > 1e5 * strategies.logit_rounding(model)).all()
        for model in pair
    )


# -- maps ------------------------------------------------------------------------------------------------------------


def test_a_map_by_hand():
    """M = 1, unembeddings 0, 1, 3 and 0, 2, 1: label 1 with pivot 0 says f = 2 f', least squares 5/10 f'."""
    f = [[1.0], [2.0]]
    a = rc.Representations(f, [[0.0], [1.0], [3.0]])
    b = rc.Representations(f, [[0.0], [2.0], [1.0]], bias=[0.0, 5.0, 10.0])
    exact = linear_map(a, b, labels=[1], pivot=0)
    assert (float(exact.matrix[0, 0]), float(exact.shift[0]), exact.condition) == (2.0, 5.0, 1.0)
    assert exact.how == "1 label against the pivot 0"
    least = linear_map(a, b, pivot=0)
    # Of (1, 3) A = (2, 1) and (1, 3) shift = (5, 10).
    assert float(least.matrix[0, 0]) == pytest.approx((2 + 3) / 10)
    assert float(least.shift[0]) == pytest.approx((5 + 30) / 10)
    assert least.how == "all labels against the pivot 0, least squares"
    # Less their means: (-4, -1, 5)/3 and (-1, 1, 0).
    mean = linear_map(a, b)
    assert float(mean.matrix[0, 0]) == pytest.approx((4 - 1) / 3 / (42 / 9))
    assert mean.how == "all labels against the mean of all, least squares"
    assert to_numpy(exact([[1.0], [2.0]])).tolist() == [[7.0], [9.0]]


@given(models(), st.data())
def test_a_label_set_has_the_map_of_the_theorem(pair, data):
    """A = L^-T L'^T of Thm 2.2 makes each log-ratio of the set that of b, whatever their dimensions."""
    a, b = pair
    pivot, *others = data.draw(st.permutations(range(a.num_labels)))
    labels = tuple(others[: a.dim])
    assume(regular(pair, pivot, labels))
    found = linear_map(a, b, labels=labels, pivot=pivot)
    left, right = (displaced(model, pivot, labels) for model in pair)
    assert found.matrix.shape == (a.dim, b.dim)
    expected = np.linalg.solve(left, right)
    assert np.allclose(found.matrix, expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
    assert found.condition == pytest.approx(np.linalg.cond(left), rel=1e-6)
    stitched = with_bias(rc.Representations(found(b.embeddings), a.unembeddings), a.bias)
    theirs = log_ratios(b, pivot, labels)
    assert np.allclose(
        log_ratios(stitched, pivot, labels), theirs, rtol=1e-6, atol=1e-6 * np.abs(theirs).max()
    )


@given(models(), st.data())
def test_a_scaled_map_misses_a_log_ratio_by_its_share_of_the_ratio_distance(pair, data):
    """Log-ratio i of the label set deviates by psi_i delta_i <= 2 psi_i T1, and in no mean (C5)."""
    a, b = pair
    pivot, *others = data.draw(st.permutations(range(a.num_labels)))
    labels = tuple(others[: a.dim])
    assume(regular(pair, pivot, labels))
    found = linear_map(a, b, labels=labels, pivot=pivot, scaled=True)
    stitched = with_bias(rc.Representations(found(b.embeddings), a.unembeddings), a.bias)
    mine, theirs, image = (log_ratios(model, pivot, labels) for model in (a, b, stitched))
    psi = deviation(mine)
    delta = deviation(mine / psi - theirs / deviation(theirs))
    size = np.abs(mine).max() + np.abs(image).max()
    assert np.allclose(deviation(mine - image), psi * delta, rtol=1e-6, atol=1e-7 * size)
    assert np.allclose((mine - image).mean(axis=0), 0, atol=1e-7 * size)
    distance = rc.llv_distance(a, b, pivot=pivot, labels=labels)
    assert (psi * delta <= 2 * psi * distance.label_term * (1 + 1e-6) + 1e-7 * size).all()


@given(models(), strategies.seeds)
def test_maps_of_twins_undo_the_twin(pair, seed):
    a, _ = pair
    sigma = np.linalg.svd(np.asarray(a.unembeddings) - np.mean(a.unembeddings, axis=0), compute_uv=False)
    assume(sigma[-1] > 1e-5 * sigma[0] and a.rank == a.dim)
    matrix = rc.random_linear_map(a.dim, seed=seed)
    twin = a.linear_twin(matrix, np.ones(a.dim))
    inverse = np.linalg.inv(matrix)
    for options in ({}, {"pivot": 1}, {"labels": "all"}, {"scaled": True}):
        found = linear_map(a, twin, **options)
        assert np.allclose(found.matrix, inverse, atol=1e-6)
        size = np.abs(a.embeddings).max()
        assert np.allclose(found(twin.embeddings), a.embeddings, atol=1e-6 * size)


def test_a_bias_is_a_shift():
    """f + c with bias b - c·g is the same distribution: the map finds c."""
    a = strategies.model(n=20, k=7, m=3)
    c = np.array([1.0, -2.0, 3.0])
    moved = rc.Representations(a.embeddings - c, a.unembeddings, bias=a.unembeddings @ c)
    assert rc.kl_divergence(a, moved) < 1e-15
    for options in ({}, {"labels": (0, 1, 2), "pivot": 6}, {"scaled": True}):
        found = linear_map(a, moved, **options)
        assert np.allclose(found.matrix, np.eye(3))
        assert np.allclose(found.shift, c)


def test_few_labels_have_the_map_of_minimum_norm():
    rng = np.random.default_rng(0)
    a = rc.Representations(rng.normal(size=(20, 5)), rng.normal(size=(4, 5)))
    b = rc.Representations(rng.normal(size=(20, 2)), rng.normal(size=(4, 2)))
    found = linear_map(a, b)
    g, h = (np.asarray(x.unembeddings) - np.mean(x.unembeddings, axis=0) for x in (a, b))
    assert np.allclose(found.matrix, np.linalg.pinv(g, rcond=1e-10) @ h)
    assert np.allclose(g @ found.matrix, h)
    assert found.condition == math.inf
    assert found.how.endswith("least squares, minimum norm: they reach 3 of M = 5 dimensions")
    some = linear_map(a, b, labels=[1, 2])
    assert some.how == "2 labels against the mean of all, minimum norm: they reach 2 of M = 5 dimensions"


def test_least_squares_over_all_labels_is_less_sensitive_than_one_set():
    """Where the unembeddings are a little off, more of them are better."""
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(200, 16)), rng.normal(size=(300, 16))
    a = rc.Representations(f, g)
    b = rc.Representations(f, g + 0.1 * rng.normal(size=g.shape))
    errors = []
    for options in ({}, {"labels": range(1, 17), "pivot": 0}):
        found = linear_map(a, b, **options)
        errors.append(float(np.linalg.norm(np.asarray(found.matrix) - np.eye(16))))
    assert errors[0] < errors[1] / 3


@every_kind
def test_maps_are_of_the_library_of_the_models(kind):
    pair = [with_bias(strategies.model(n=20, k=7, m=m, seed=m), np.arange(7.0)) for m in (3, 2)]
    there = [converted(model, kind) for model in pair]
    for options in (
        {},
        {"labels": [0, 2, 4], "pivot": 1},
        {"scaled": True},
        {"scaled": True, "labels": [0, 1]},
    ):
        expected, found = linear_map(*pair, **options), linear_map(*there, **options)
        assert kind_of(found.matrix) == kind_of(found.shift) == kind
        assert np.allclose(to_numpy(found.matrix), expected.matrix)
        assert np.allclose(to_numpy(found.shift), expected.shift)
        assert (found.how, found.condition) == (expected.how, pytest.approx(expected.condition))
        image = found(there[1].embeddings)
        assert kind_of(image) == kind
        assert np.allclose(to_numpy(image), expected(pair[1].embeddings))
        assert kind_of(found(np.ones((4, 2)))) == kind


@pytest.mark.parametrize(
    "measure", [linear_map, lambda a, b, **rest: transfer_bound(a, b, [1.0, 0.0], **rest)]
)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": [0, 1], "pivot": 1}, ValueError, r"^labels: found the pivot 1 among them"),
        ({"labels": [0, 0], "pivot": 1}, ValueError, r"^labels: found \[0, 0\], expected 2 distinct"),
        ({"labels": [0, 9], "pivot": 1}, ValueError, r"^labels: found 9, expected an integer from 0 to 5"),
        ({"labels": [], "pivot": 1}, ValueError, r"^labels: found none"),
        ({"labels": "some", "pivot": 1}, TypeError, r"^labels: found 'some'"),
        ({"labels": 3, "pivot": 1}, TypeError, r"^labels: found 3"),
        ({"pivot": 6}, ValueError, r"^pivot: found 6, expected an integer from 0 to 5"),
        ({"pivot": "median"}, ValueError, r"^pivot: found 'median'"),
        ({"pivot": 1.5}, TypeError, r"^pivot: found 1\.5"),
    ],
)
@pytest.mark.usefixtures("own_checks_only")
def test_labels_and_pivots_are_checked(measure, options, error, message):
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    with pytest.raises(error, match=message):
        measure(a, b, **options)


def test_unembeddings_that_say_nothing():
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    g = np.asarray(a.unembeddings).copy()
    g[1] = g[0]
    twice = rc.Representations(a.embeddings, g)
    with pytest.raises(ValueError, match=r"^labels: found the same unembeddings"):
        linear_map(twice, b, labels=[1], pivot=0)
    with pytest.raises(ValueError, match=r"^log-ratios of a: that of label 1 .* is constant"):
        linear_map(twice, b, labels=[1, 2], pivot=0, scaled=True)
    # Of all labels, those that vary are taken.
    found = linear_map(twice, b, pivot=0, scaled=True)
    assert np.allclose(found.matrix, linear_map(twice, b, labels=[2, 3, 4, 5], pivot=0, scaled=True).matrix)
    with pytest.raises(ValueError, match=r"^embeddings: found M = 3 columns, expected 2, the dimension of b"):
        found(np.ones((4, 3)))


# -- probes ----------------------------------------------------------------------------------------------------------


def weights(a: rc.Representations, pivot: int, labels: tuple[int, ...], v: np.ndarray) -> np.ndarray:
    """alpha = Psi L^-1 v."""
    return deviation(log_ratios(a, pivot, labels)) * np.linalg.solve(displaced(a, pivot, labels).T, v)


def sines(pair: Pair, pivot: int, labels: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """sqrt(1 - rho²) and the ratio distances std(z - w) of labels."""
    z, w = (log_ratios(model, pivot, labels) for model in pair)
    z, w = ((x - x.mean(axis=0)) / deviation(x) for x in (z, w))
    return deviation(z - w) * deviation(z + w) / 2, deviation(z - w)


def test_a_probe_by_hand():
    """M = 1, two labels: the probe 2 f is a multiple of the one log-ratio, and the bound is its error."""
    f, f_other = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0], [1.0]])
    g = [[0.0], [1.0]]
    found = transfer_bound(rc.Representations(f, g), rc.Representations(f_other, g), [2.0], pivot=0)
    # Both log-ratios have deviation 1, their correlation is 1/2: s^ = 2 (1 + (f' - 1)/2).
    assert found.alphas == {1: pytest.approx(2.0)}
    assert found.beta == pytest.approx(2 * math.sqrt(3) / 2)
    assert found.rms == found.best_rms == pytest.approx(found.beta)
    assert (float(found.vector[0]), found.constant) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.deviation == pytest.approx(2.0)
    assert found.rise(3.0) == pytest.approx(3 * found.beta)
    with pytest.raises(ValueError, match=r"^lipschitz: found -1"):
        found.rise(-1.0)


def check_bound(pair: Pair, v: np.ndarray, found) -> None:
    """What every bound promises, its own figures recomputed from the probe that it gives."""
    a, b = pair
    s = np.asarray(a.embeddings) @ v
    carried = np.asarray(b.embeddings) @ np.asarray(found.vector) + found.constant
    size = np.abs(s).max() + np.abs(np.asarray(b.embeddings) * np.asarray(found.vector)).max()
    rounding = 1e-7 * size
    assert found.rms <= found.beta * (1 + 1e-6) + rounding
    assert found.best_rms <= found.rms * (1 + 1e-6) + rounding
    assert found.best_rms <= found.deviation * (1 + 1e-9)
    error = s - carried
    assert abs(error.mean()) <= rounding
    assert np.sqrt((error**2).sum() / (len(s) - 1)) == pytest.approx(found.rms, rel=1e-6, abs=rounding)
    assert deviation(s) == pytest.approx(found.deviation, rel=1e-9, abs=1e-12 * size)


@given(models(), st.data(), strategies.seeds)
def test_a_probe_is_carried_over_within_the_bound_of_a_label_set(pair, data, seed):
    """rms(s - s^) <= sum |alpha_i| sqrt(1 - rho_i²) <= delta |alpha|_1 <= 2 T1 |alpha|_1 (C4)."""
    a, b = pair
    pivot, *others = data.draw(st.permutations(range(a.num_labels)))
    labels = tuple(others[: a.dim])
    assume(regular(pair, pivot, labels))
    v = np.random.default_rng(seed).standard_normal(a.dim)
    found = transfer_bound(a, b, v, labels=labels, pivot=pivot)
    check_bound(pair, v, found)
    alpha = weights(a, pivot, labels, v)
    sine, delta = sines(pair, pivot, labels)
    assert np.allclose([found.alphas[y] for y in labels], alpha, rtol=1e-6, atol=1e-9 * np.abs(alpha).max())
    assert found.beta == pytest.approx(np.abs(alpha) @ sine, rel=1e-5, abs=1e-7 * np.abs(alpha).sum())
    assert found.beta <= delta.max() * np.abs(alpha).sum() * (1 + 1e-6) + 1e-7 * np.abs(alpha).sum()
    distance = rc.llv_distance(a, b, pivot=pivot, labels=labels)
    assert delta.max() <= 2 * distance.label_term * (1 + 1e-6) + 1e-7


@given(models(), st.data(), strategies.seeds)
def test_all_labels_have_the_least_bound_of_all_their_sets(pair, data, seed):
    """The optimum of the linear programme is that of the best set of M labels."""
    a, b = pair
    pivot = data.draw(st.integers(0, a.num_labels - 1))
    others = [y for y in range(a.num_labels) if y != pivot]
    v = np.random.default_rng(seed).standard_normal(a.dim)
    bounds = []
    for labels in combinations(others, a.dim):
        assume(regular(pair, pivot, labels))
        bounds.append(float(np.abs(weights(a, pivot, labels, v)) @ sines(pair, pivot, labels)[0]))
    found = transfer_bound(a, b, v, pivot=pivot)
    check_bound(pair, v, found)
    size = sum(map(abs, found.alphas.values()))
    assert found.beta == pytest.approx(min(bounds), rel=1e-5, abs=1e-6 * size)
    assert 1 <= len(found.alphas) <= a.dim
    assert pivot not in found.alphas
    directions = sum(
        x * displaced(a, pivot, (y,))[0] / deviation(log_ratios(a, pivot, (y,)))[0]
        for y, x in found.alphas.items()
    )
    assert np.allclose(directions, v, rtol=1e-6, atol=1e-7 * np.abs(v).max())
    # More labels to choose from are never worse.
    some = transfer_bound(a, b, v, labels=others[: a.dim + 1], pivot=pivot)
    assert found.beta <= some.beta * (1 + 1e-6) + 1e-6 * size


@given(models(), strategies.seeds)
def test_no_probe_of_b_is_better_than_the_best(pair, seed):
    """best_rms is that of least squares on b's embeddings."""
    a, b = pair
    assume(regular(pair, 0, tuple(range(1, a.dim + 1))))
    v = np.random.default_rng(seed).standard_normal(a.dim)
    found = transfer_bound(a, b, v, labels=range(1, a.dim + 1), pivot=0)
    s, f = np.asarray(a.embeddings) @ v, np.asarray(b.embeddings)
    s, f = s - s.mean(), f - f.mean(axis=0)
    f = f / np.abs(f).max(axis=0)
    residual = s - f @ np.linalg.lstsq(f, s, rcond=1e-11)[0]
    expected = math.sqrt((residual**2).sum() / (len(s) - 1))
    assert found.best_rms == pytest.approx(expected, rel=1e-4, abs=1e-7 * found.deviation)


@given(models(), strategies.seeds)
def test_a_probe_of_a_twin_loses_nothing(pair, seed):
    a, _ = pair
    assume(a.rank == a.dim)
    labels = tuple(range(1, a.num_labels))
    assume(all(regular((a, a), 0, each) for each in combinations(labels, a.dim)))
    twin = a.linear_twin(rc.random_linear_map(a.dim, seed=seed))
    v = np.random.default_rng(seed).standard_normal(a.dim)
    found = transfer_bound(a, twin, v, pivot=0)
    check_bound((a, twin), v, found)
    assert found.beta <= 1e-6 * sum(map(abs, found.alphas.values()))


def test_the_bound_is_attained_along_a_log_ratio():
    """A probe that is one log-ratio has the error of that one, where b has but that direction to offer."""
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(30, 2)), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    a, b = rc.Representations(f, g), rc.Representations(rng.normal(size=(30, 1)), g[:, :1] + g[:, 1:])
    found = transfer_bound(a, b, [1.0, 0.0], pivot=0)
    assert list(found.alphas) == [1]
    assert [found.rms, found.best_rms] == pytest.approx([found.beta, found.beta])


def test_the_pivot_is_that_with_the_least_term_1():
    a, b = strategies.make_pair("independent", 30, 7, 2, 0)
    chosen = rc.llv_distance(a, b, labels="all", input_set=range(3)).pivot
    found = transfer_bound(a, b, [1.0, 1.0])
    assert found.pivot == chosen
    assert found.beta == transfer_bound(a, b, [1.0, 1.0], pivot=chosen).beta
    assert found.beta == transfer_bound(a, b, [1.0, 1.0], labels="all").beta
    some = rc.llv_distance(a, b, labels=[1, 2, 3], input_set=range(3)).pivot
    assert transfer_bound(a, b, [1.0, 1.0], labels=[1, 2, 3]).pivot == some


def test_the_mean_can_be_the_pivot():
    """The log-ratios against the mean over labels are contrasts as well."""
    a, b = (with_bias(model, np.arange(7.0)) for model in strategies.make_pair("nearly_equal", 30, 7, 2, 0))
    v = np.array([1.0, -2.0])
    found = transfer_bound(a, b, v, pivot="mean")
    check_bound((a, b), v, found)
    assert found.pivot == "mean"
    assert set(found.alphas) <= set(range(7))


def test_a_loss_rises_by_no_more_than_the_bound():
    """The mean absolute error is 1-Lipschitz in the probe; the root mean squared error rises by at most beta, too."""
    rng = np.random.default_rng(0)
    for seed in range(20):
        a, b = strategies.make_pair("nearly_equal", 50, 7, 3, seed)
        v = rng.standard_normal(3)
        found = transfer_bound(a, b, v)
        s = np.asarray(a.embeddings) @ v
        carried = np.asarray(b.embeddings) @ np.asarray(found.vector) + found.constant
        target = s + rng.standard_normal(50)
        rise = np.abs(carried - target).mean() - np.abs(s - target).mean()
        assert rise <= found.rise(1.0)
        root = np.sqrt(((carried - target) ** 2).mean()) - np.sqrt(((s - target) ** 2).mean())
        assert root <= found.beta


@given(models(), strategies.seeds, st.floats(0.01, 3.0))
def test_a_classifier_that_is_carried_over_errs_little_where_margins_are_wide(pair, seed, margin):
    """Share of errors of sign s^ <= share of inputs with t s < gamma, plus beta²/gamma², for any labels t = +-1."""
    a, b = pair
    rng = np.random.default_rng(seed)
    g = np.asarray(a.unembeddings)
    v = (g - g.mean(axis=0)).T @ rng.standard_normal(a.num_labels)
    try:
        found = transfer_bound(a, b, v)
    except ValueError:
        assume(False)
        raise
    assume(np.isfinite(found.beta))
    s = np.asarray(a.embeddings) @ v
    carried = np.asarray(b.embeddings) @ np.asarray(found.vector) + found.constant
    gamma = margin * found.deviation
    truth = np.where(rng.random(a.num_inputs) < 0.9, np.sign(s), -np.sign(s))
    errors = (truth * carried <= 0).mean()
    near = (truth * s < gamma).mean()
    assert errors <= near + (found.beta / gamma) ** 2 + 1e-9


def test_probes_that_no_log_ratio_reaches():
    rng = np.random.default_rng(0)
    f = rng.normal(size=(30, 3))
    flat = np.column_stack([rng.normal(size=(6, 2)), np.ones(6)])
    a, b = rc.Representations(f, flat), rc.Representations(f[:, :2], flat[:, :2])
    with pytest.raises(ValueError, match=r"^probe: found a share of 1 off the span of the displaced"):
        transfer_bound(a, b, [0.0, 0.0, 1.0])
    assert transfer_bound(a, b, [1.0, 1.0, 0.0]).beta < 1e-6
    with pytest.raises(
        ValueError, match=r"^probe: found a share of .* unembeddings of a, of rank 1 in M = 3"
    ):
        transfer_bound(a, b, [1.0, 1.0, 0.0], labels=[1], pivot=0)


@pytest.mark.parametrize(
    ("probe", "error", "message"),
    [
        ([1.0, 1.0, 1.0], ValueError, r"^probe: found shape \(3,\), expected \(2,\), the dimension of a"),
        ([0.0, 0.0], ValueError, r"^probe: found zero"),
        ([[1.0, 1.0]], ValueError, r"^probe: found shape \(1, 2\)"),
        ([1, 1], TypeError, r"^probe: found dtype int64"),
        ([math.nan, 1.0], ValueError, r"^probe: found 1 value"),
    ],
)
def test_probes_are_checked(probe, error, message):
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    with pytest.raises(error, match=message):
        transfer_bound(a, b, probe, pivot=0)


def test_labels_with_equal_unembeddings_are_left_aside():
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    g = np.asarray(a.unembeddings).copy()
    g[1] = g[0]
    twice = rc.Representations(a.embeddings, g)
    found = transfer_bound(twice, b, [1.0, 1.0], pivot=0)
    assert 1 not in found.alphas
    assert found.beta == transfer_bound(twice, b, [1.0, 1.0], labels=[2, 3, 4, 5], pivot=0).beta
    with pytest.raises(ValueError, match=r"^log-ratios of a: that of label 1 .* is constant"):
        transfer_bound(twice, b, [1.0, 1.0], labels=[1, 2, 3], pivot=0)


@pytest.mark.parametrize("kind", sorted(set(FROM_NUMPY) - {"numpy"}))
def test_bounds_are_the_same_in_every_library(kind):
    a, b = (with_bias(strategies.model(n=20, k=7, m=m, seed=m), np.arange(7.0)) for m in (3, 2))
    there = [converted(model, kind) for model in (a, b)]
    v = np.array([1.0, 2.0, -1.0])
    for options in ({}, {"pivot": 1}, {"labels": [0, 2, 4], "pivot": 1}):
        expected = transfer_bound(a, b, v, **options)
        for probe in (v, FROM_NUMPY[kind](v)):
            found = transfer_bound(*there, probe, **options)
            assert kind_of(found.vector) == kind
            assert np.allclose(to_numpy(found.vector), expected.vector)
            assert found.alphas == pytest.approx(expected.alphas)
            for name in ("beta", "constant", "rms", "best_rms", "deviation"):
                assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
                assert type(getattr(found, name)) is float
            assert found.pivot == expected.pivot
