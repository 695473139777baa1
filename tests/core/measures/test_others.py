"""Measures beside the paper's: by hand and naively, statements on the logit distance, and what each one ignores."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
import strategies
from array_kinds import FROM_NUMPY, converted
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import procrustes

import repsim_core as rc
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures import others
from repsim_core.measures.invariances import INVARIANCES, TRANSFORMATIONS
from repsim_core.measures.linear_maps import linear_map
from repsim_core.measures.others import (
    RepDistance,
    all_others,
    linear_cka,
    linear_r2,
    logit_distance,
    mutual_neighbours,
    procrustes_distance,
    rep_distance,
)

pytestmark = pytest.mark.usefixtures("mathematics_only")


LIBRARIES = sorted(set(FROM_NUMPY) - {"numpy"})


def logits(model: rc.Representations) -> np.ndarray:
    """u: logits less their mean over labels, shape (N, K)."""
    u = to_numpy(model.embeddings) @ to_numpy(model.unembeddings).T
    if model.bias is not None:
        u = u + to_numpy(model.bias)
    return u - u.mean(axis=1, keepdims=True)


def squared(u: np.ndarray) -> float:
    """Mean over inputs of the squared length."""
    return float((u**2).sum(axis=1).mean())


@st.composite
def models(
    draw, *, equal: bool = False, bias: bool = True, max_dim: int = 4
) -> tuple[rc.Representations, rc.Representations]:
    """Two models, near each other or not, of equal dimensions or not, with a bias or without."""
    m = draw(st.integers(1, max_dim))
    n, k = draw(st.integers(m + 3, 30)), draw(st.integers(m + 2, m + 5))
    if draw(st.booleans()):
        a, b = strategies.make_pair(draw(strategies.kinds), n, k, m, draw(strategies.seeds))
    else:
        a, b = strategies.make_pair("nearly_equal", n, k, m, draw(strategies.seeds))
        if not equal:
            rng = np.random.default_rng(draw(strategies.seeds))
            width = draw(st.integers(1, max_dim))
            b = rc.Representations(rng.standard_normal((n, width)), rng.standard_normal((k, width)))
    biases: list[np.ndarray | None] = [None, None]
    if bias and draw(st.booleans()):
        rng = np.random.default_rng(draw(strategies.seeds))
        biases = [rng.standard_normal(k), draw(st.sampled_from([None, rng.standard_normal(k)]))]
    first, second = (
        rc.Representations(model.embeddings, model.unembeddings, bias=each)
        for model, each in zip((a, b), biases, strict=True)
    )
    return first, second


def close(value: float, expected: float, models: tuple[rc.Representations, ...]) -> bool:
    """Equal up to the rounding of the logits."""
    return abs(value - expected) <= 1e-9 * abs(expected) + 100 * max(map(strategies.logit_rounding, models))


# -- the logit distance ----------------------------------------------------------------------------------------------


def test_the_logit_distance_by_hand():
    """One input, logits (1, -1) and (0, 0), with bias (1, -1) in the second: equal; without, a distance of sqrt 2."""
    g = [[1.0], [-1.0]]
    a, b = rc.Representations([[1.0], [1.0]], g), rc.Representations([[0.0], [0.0]], g)
    assert logit_distance(a, b) == pytest.approx(math.sqrt(2))
    assert logit_distance(a, rc.Representations([[0.0], [0.0]], g, bias=[1.0, -1.0])) == 0.0
    # Over inputs it is a root of a mean: twice the difference on one of four inputs.
    c, d = (rc.Representations([[x], [0.0], [0.0], [0.0]], g) for x in (2.0, 0.0))
    assert logit_distance(c, d) == pytest.approx(math.sqrt(2))


@given(models())
def test_the_logit_distance_is_that_of_centred_log_probabilities(pair):
    a, b = pair
    expected = math.sqrt(squared(logits(a) - logits(b)))
    assert close(logit_distance(a, b), expected, pair)
    centred = [to_numpy(model.log_probs()) for model in pair]
    centred = [x - x.mean(axis=1, keepdims=True) for x in centred]
    assert close(logit_distance(a, b), math.sqrt(squared(centred[0] - centred[1])), pair)
    assert logit_distance(a, a) == 0.0


def test_the_logit_distance_is_taken_in_blocks(monkeypatch):
    a, b = (strategies.model(n=23, seed=seed) for seed in (0, 1))
    whole = logit_distance(a, b)
    monkeypatch.setattr("repsim_core.distribution._BLOCK", 4 * a.num_labels)
    assert len(list(a.blocks())) == 6
    assert logit_distance(a, b) == pytest.approx(whole, rel=1e-14)


# -- d_rep -----------------------------------------------------------------------------------------------------------


def errors_of_maps(a: rc.Representations, b: rc.Representations) -> tuple[np.ndarray, np.ndarray]:
    """E |f - A f' - shift|² and |L^-1| for every pivot and every M-subset of labels, written out."""
    f, g, f_other, g_other = (to_numpy(x) for model in (a, b) for x in (model.embeddings, model.unembeddings))
    bias, bias_other = (np.zeros(len(g)) if model.bias is None else to_numpy(model.bias) for model in (a, b))
    found, inverses = [], []
    for pivot in range(len(g)):
        for labels in combinations([y for y in range(len(g)) if y != pivot], a.dim):
            chosen = list(labels)
            left, right = (x[chosen] - x[pivot] for x in (g, g_other))
            offset = (bias_other - bias)[chosen] - (bias_other - bias)[pivot]
            images = np.linalg.solve(left, (f_other @ right.T + offset).T).T
            found.append(squared(f - images))
            inverses.append(1 / np.linalg.svd(left, compute_uv=False)[-1])
    return np.array(found), np.array(inverses)


def exact(a: rc.Representations) -> bool:
    """Whether maps of model a are far from singular: no label set is worse than rounding allows for."""
    g = to_numpy(a.unembeddings)
    sets = np.array(list(combinations(range(len(g)), a.dim + 1)))
    sigma = np.linalg.svd(g[sets] - g[sets].mean(axis=1, keepdims=True), compute_uv=False)
    return bool((sigma[:, -1] > 1e-4 * sigma[:, 0]).all())


def test_d_rep_by_hand():
    """M = 1: A is the ratio of differences of unembeddings; f = 1 and f' = 1 on all inputs but one."""
    f = np.array([[1.0], [3.0]])
    a = rc.Representations(f, np.array([[0.0], [1.0], [2.0]]))
    b = rc.Representations(f, np.array([[0.0], [1.0], [4.0]]))
    found = rep_distance(a, b)
    # A is 1, 2 and 3; E |f - A f'|² = (A - 1)² · 5.
    assert found.mean == pytest.approx(math.sqrt(5 * (0 + 1 + 4) / 3))
    assert found.median == pytest.approx(math.sqrt(5))
    assert (found.exhaustive, found.label_sets) == (True, 3)
    assert found.median_condition == found.worst_condition == pytest.approx(1.0)
    assert float(found) == found.mean


@given(models(equal=True, max_dim=3))
def test_d_rep_is_that_of_the_definition(pair):
    a, b = pair
    assume(a.rank == b.rank == a.dim == b.dim and exact(a))
    squares, _ = errors_of_maps(a, b)
    found = rep_distance(a, b)
    assert found.exhaustive
    assert found.mean == pytest.approx(math.sqrt(squares.mean()), rel=1e-6, abs=1e-8)
    # The M + 1 pivots of a set have the same map.
    assert found.median == pytest.approx(float(np.median(np.sqrt(squares))), rel=1e-6, abs=1e-8)


@given(models(equal=True, max_dim=3), strategies.seeds)
def test_d_rep_of_twins_is_zero(pair, seed):
    a, _ = pair
    assume(a.rank == a.dim and exact(a))
    twin = a.linear_twin(rc.random_linear_map(a.dim, seed=seed), np.ones(a.dim))
    size = 1 + np.abs(to_numpy(a.embeddings)).max()
    assert rep_distance(a, twin).mean <= 1e-6 * size


def test_d_rep_takes_what_reaches_the_distributions():
    """A constant coordinate and one without unembeddings change nothing; equal ranks are enough."""
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    rng = np.random.default_rng(0)
    wide = rc.Representations(
        np.column_stack([b.embeddings, rng.normal(size=20), np.ones(20)]),
        np.column_stack([b.unembeddings, np.zeros(6), rng.normal(size=6)]),
    )
    found = rep_distance(a, wide)
    b_alone = rc.Representations(b.embeddings, b.unembeddings, bias=wide.unembeddings[:, 3])
    assert found.mean == pytest.approx(rep_distance(a, b_alone).mean)
    of_essential = rep_distance(wide.essential, a)
    assert rep_distance(wide, a) == of_essential
    narrow = strategies.model(n=20, k=6, m=1)
    with pytest.raises(ValueError, match=r"^b: found rank 1, expected 2 as in a"):
        rep_distance(a, narrow)


def test_label_sets_are_sampled_where_they_are_many():
    a, b = (strategies.model(n=30, k=12, m=3, seed=seed) for seed in (0, 1))
    every = rep_distance(a, b)
    assert (every.exhaustive, every.label_sets) == (True, math.comb(12, 4))
    some = rep_distance(a, b, max_sets=200, seed=1)
    assert (some.exhaustive, some.label_sets) == (False, 200)
    assert some == rep_distance(a, b, max_sets=200, seed=1) != rep_distance(a, b, max_sets=200, seed=2)
    assert some.median == pytest.approx(every.median, rel=0.2)
    assert some.worst_condition <= every.worst_condition


def test_label_sets_take_no_longer_than_the_logits(monkeypatch):
    """In 20 dimensions a label set takes some 60 · 20³ multiplications."""
    monkeypatch.setattr(others, "LABEL_SETS", others.LABEL_SETS._replace(least=10**7))
    model = strategies.model(n=30, k=100, m=20)
    assert rep_distance(model, model).label_sets == 20
    monkeypatch.setattr(others, "LABEL_SETS", others.LABEL_SETS._replace(least=1))
    found = rep_distance(model, model)
    assert (found.label_sets, found.exhaustive) == (1, False)


def test_chunks_of_label_sets_change_nothing(monkeypatch):
    a, b = (strategies.model(n=30, k=8, m=3, seed=seed) for seed in (0, 1))
    whole = rep_distance(a, b)
    monkeypatch.setattr("repsim_core.measures.others._CHUNK", 100)
    parts = rep_distance(a, b)
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    assert parts.median == pytest.approx(whole.median, rel=1e-12)


def test_a_singular_label_set_is_infinitely_far():
    """Three labels of six lie on a line: one of the twenty sets has no map."""
    a, b = (strategies.model(n=20, k=6, m=2, seed=seed) for seed in (0, 1))
    g = to_numpy(a.unembeddings).copy()
    g[2] = 2 * g[1] - g[0]
    found = rep_distance(rc.Representations(a.embeddings, g), b)
    assert found.mean == found.worst_condition == math.inf
    assert math.isfinite(found.median)
    assert math.isfinite(found.median_condition)
    names = all_others(rc.Representations(a.embeddings, g), b)
    assert "d_rep, mean over label sets" not in names
    assert names["d_rep, median over label sets"] == found.median


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_sets": 0}, ValueError, r"^max_sets: found 0"),
        ({"max_sets": 2.0}, TypeError, r"^max_sets: found 2\.0"),
        ({"seed": -1}, ValueError, r"^seed: found -1"),
    ],
)
@pytest.mark.usefixtures("own_checks_only")
def test_options_of_d_rep(options, error, message):
    a = strategies.model()
    with pytest.raises(error, match=message):
        rep_distance(a, a, **options)


# -- statements on the logit distance --------------------------------------------------------------------------------


@given(models(equal=True, bias=False, max_dim=3))
def test_the_logit_distance_bounds_d_rep(pair):
    """d_rep² <= max |L^-1|² · 2M/(K - 1) · d_logit², where every L of model one is invertible (D1)."""
    a, b = pair
    assume(a.rank == b.rank == a.dim == b.dim and exact(a))
    _, inverses = errors_of_maps(a, b)
    bound = inverses.max() ** 2 * 2 * a.dim / (a.num_labels - 1) * logit_distance(a, b) ** 2
    assert rep_distance(a, b).mean ** 2 <= bound * (1 + 1e-6) + 1e-12


def test_the_bound_on_d_rep_is_attained():
    """M = 1, two labels: both are |f - A f'| and its multiple."""
    f = np.array([[1.0], [2.0], [4.0]])
    a, b = rc.Representations(f, [[0.0], [2.0]]), rc.Representations(f, [[0.0], [3.0]])
    assert rep_distance(a, b).mean ** 2 == pytest.approx((1 / 4) * 2 * logit_distance(a, b) ** 2)


@given(models(bias=False))
def test_the_logit_distance_bounds_the_error_of_the_map_of_all_labels(pair):
    """E |f - G^+ G' f'|² <= d_logit²/sigma_min(G)² where the centred unembeddings G of a have rank M (D2)."""
    a, b = pair
    g = to_numpy(a.unembeddings)
    sigma = np.linalg.svd(g - g.mean(axis=0), compute_uv=False)
    assume(sigma[-1] > 1e-6 * sigma[0])
    error = squared(to_numpy(a.embeddings) - to_numpy(linear_map(a, b)(b.embeddings)))
    bound = logit_distance(a, b) ** 2 / sigma[-1] ** 2
    rounding = (max(map(strategies.logit_rounding, pair)) / sigma[-1]) ** 2 * 100
    assert error <= bound * (1 + 1e-6) + rounding


@given(models())
def test_the_logit_distance_bounds_uncentred_canonical_correlations(pair):
    """sum lambda_k (1 - c_k²) <= d_logit², lambda the eigenvalues of E u u^T in decreasing order (D3)."""
    u, v = (logits(model) for model in pair)
    bases = []
    for x in (u, v):
        left, sigma, _ = np.linalg.svd(x, full_matrices=False)
        bases.append(left[:, sigma > 1e-9 * sigma[0]])
    correlations = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    eigenvalues = np.linalg.svd(u, compute_uv=False) ** 2 / len(u)
    padded = np.zeros(len(eigenvalues))
    padded[: len(correlations)] = correlations[: len(eigenvalues)]
    bound = logit_distance(*pair) ** 2
    size = eigenvalues.sum()
    assert (eigenvalues * (1 - padded**2)).sum() <= bound * (1 + 1e-6) + 1e-9 * size


@given(models())
def test_the_logit_distance_bounds_the_divergence(pair):
    """d_KL <= E (max D - min D)²/8 <= d_logit²/4, D the difference of the logits (D4)."""
    difference = np.subtract(*(logits(model) for model in pair))
    spread = float((np.ptp(difference, axis=1) ** 2).mean()) / 8
    rounding = max(map(strategies.logit_rounding, pair))
    # Of the divergence, a rounding error is relative to the log-probabilities that it is made of.
    assert rc.kl_divergence(*pair) <= spread * (1 + 1e-9) + 10 * rounding
    assert spread <= logit_distance(*pair) ** 2 / 4 * (1 + 1e-9) + rounding


@given(models())
def test_the_divergence_bounds_the_logit_distance_above_a_floor(pair):
    """p, p' >= tau: d_logit² <= E sum (log p - log p')² <= (2/tau) d_KL (D5)."""
    p, q = (to_numpy(model.log_probs()) for model in pair)
    tau = float(np.exp(min(p.min(), q.min())))
    assume(tau > 1e-12)
    unweighted = squared(p - q)
    rounding = max(map(strategies.logit_rounding, pair))
    assert logit_distance(*pair) ** 2 <= unweighted * (1 + 1e-9) + rounding
    assert unweighted <= 2 / tau * (rc.kl_divergence(*pair) + 10 * rounding) * (1 + 1e-9)


@given(models())
def test_a_floor_of_one_model_is_enough_where_the_divergence_is_small(pair):
    """p >= tau, KL(x) <= tau/e: sum (log p - log p')² at x is at most (e/tau) KL(x) (D5)."""
    p, q = (to_numpy(model.log_probs()) for model in pair)
    tau = np.exp(p.min())
    assume(tau > 1e-12)
    divergence = (np.exp(p) * (p - q)).sum(axis=1)
    small = divergence <= tau / np.e
    unweighted = ((p - q) ** 2).sum(axis=1)
    rounding = 10 * max(map(strategies.logit_rounding, pair))
    assert (unweighted[small] <= np.e / tau * (divergence[small] + rounding) * (1 + 1e-9)).all()


def log_ratios(model: rc.Representations, pivot: int = 0) -> np.ndarray:
    u = logits(model)
    return np.delete(u, pivot, axis=1) - u[:, [pivot]]


@given(models(), st.data())
def test_the_logit_distance_bounds_d_svd(pair, data):
    """d_SVD(S) <= 2 (1 + 1/m) d_logit²/min (psi + psi')² for every set of m labels, deviations with divisor N (D6)."""
    r, s = (log_ratios(model) for model in pair)
    m = data.draw(st.integers(1, r.shape[1]))
    chosen = data.draw(st.permutations(range(r.shape[1])))[:m]
    r, s = r[:, chosen], s[:, chosen]
    psi = r.std(axis=0), s.std(axis=0)
    rounding = max(map(strategies.logit_rounding, pair))
    assume(min(each.min() for each in psi) > 1e4 * rounding)
    bound = 2 * (1 + 1 / m) * logit_distance(*pair) ** 2 / (psi[0] + psi[1]).min() ** 2
    assert rc.svd_dissimilarity(r, s) <= bound * (1 + 1e-6) + 1e-9


@given(models())
def test_the_logit_distance_is_shift_scale_and_shape_of_log_ratios(pair):
    """d_logit² <= sum of (mean r - r')² + (psi - psi')² + psi psi' delta² <= K d_logit² (D7)."""
    r, s = (log_ratios(model) for model in pair)
    psi, psi_other = r.std(axis=0), s.std(axis=0)
    rounding = max(map(strategies.logit_rounding, pair))
    assume(min(psi.min(), psi_other.min()) > 1e4 * rounding)
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (r, s))
    parts = (r - s).mean(axis=0) ** 2 + (psi - psi_other) ** 2 + psi * psi_other * ((z - w) ** 2).mean(axis=0)
    square, size = logit_distance(*pair) ** 2, (r**2).mean() + (s**2).mean()
    assert square <= parts.sum() * (1 + 1e-6) + 1e-12 * size
    assert parts.sum() <= pair[0].num_labels * square * (1 + 1e-6) + 1e-12 * size


# -- measures of embeddings ------------------------------------------------------------------------------------------


@st.composite
def observations(draw) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of the same observations, of any widths: unrelated, related, or the same up to noise."""
    n, p, q = draw(st.integers(3, 40)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(strategies.seeds))
    z = rng.standard_normal((n, p)) * 10.0 ** rng.uniform(-2, 2, p) + 10.0 ** rng.uniform(-2, 2)
    share = draw(st.sampled_from([0.0, 0.5, 0.999, 1.0]))
    noise = (1 - share) * rng.standard_normal((n, q))
    return z, share * z @ rng.standard_normal((p, q)) + noise


def centred(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


def naive_cka(z: np.ndarray, w: np.ndarray) -> float:
    """Through the Gram matrices of the observations: HSIC of linear kernels."""
    n = len(z)
    centring = np.eye(n) - 1 / n
    k, l = (centring @ x @ x.T @ centring for x in (z, w))
    return float(np.trace(k @ l) / np.sqrt(np.trace(k @ k) * np.trace(l @ l)))


def naive_neighbours(z: np.ndarray, w: np.ndarray, k: int) -> float:
    shares = []
    for i in range(len(z)):
        sets = []
        for x in (z, w):
            apart = np.linalg.norm(x - x[i], axis=1)
            apart[i] = np.inf
            sets.append(set(np.argsort(apart, kind="stable")[:k].tolist()))
        shares.append(len(sets[0] & sets[1]) / k)
    return float(np.mean(shares))


@given(observations())
def test_cka_is_that_of_gram_matrices(pair):
    assert linear_cka(*pair) == pytest.approx(naive_cka(*pair), abs=1e-9)
    assert linear_cka(*pair) == pytest.approx(linear_cka(*pair[::-1]), abs=1e-12)
    assert 0.0 <= linear_cka(*pair) <= 1.0


@given(observations())
def test_the_procrustes_distance_is_that_of_scipy(pair):
    """scipy scales the second array to fit besides: its disparity is 1 - (nuclear norm)², ours 2 - 2 nuclear norm."""
    z, w = pair
    width = max(z.shape[1], w.shape[1])
    padded = [np.pad(x, ((0, 0), (0, width - x.shape[1]))) for x in (z, w)]
    nuclear = math.sqrt(max(0.0, 1 - procrustes(*padded)[2]))
    assert procrustes_distance(z, w) ** 2 == pytest.approx(2 - 2 * nuclear, abs=1e-7)
    assert procrustes_distance(z, w) == pytest.approx(procrustes_distance(w, z), abs=1e-12)
    assert 0.0 <= procrustes_distance(z, w) <= math.sqrt(2)


@given(observations(), strategies.seeds)
def test_the_procrustes_distance_keeps_the_digits_of_close_arrays(pair, seed):
    z, _ = pair
    moved = z + 1e-12 * np.abs(centred(z)).max() * np.random.default_rng(seed).standard_normal(z.shape)
    assert procrustes_distance(z, moved) <= 1e-11 + 1e-13 * np.abs(z).max() / np.abs(centred(z)).max()


@given(observations())
def test_r2_is_that_of_least_squares(pair):
    z, w = pair
    design = np.column_stack([np.ones(len(w)), centred(w)])
    residual = centred(z) - design @ np.linalg.lstsq(design, centred(z), rcond=1e-12)[0]
    expected = 1 - (residual**2).sum() / (centred(z) ** 2).sum()
    assert linear_r2(z, w) == pytest.approx(expected, abs=1e-9)
    assert 0.0 <= linear_r2(z, w) <= 1.0


@given(observations(), st.integers(1, 12))
def test_mutual_neighbours_are_those_of_the_definition(pair, k):
    z, w = pair
    assume(k < len(z))
    assert mutual_neighbours(z, w, k) == pytest.approx(naive_neighbours(z, w, k), abs=1e-12)
    assert mutual_neighbours(z, z, k) == 1.0
    assert mutual_neighbours(z, w, len(z) - 1) == 1.0


def test_measures_of_embeddings_by_hand():
    z = np.array([[0.0], [1.0], [3.0], [7.0]])
    w = np.array([[0.0], [7.0], [1.0], [2.0]])
    # Nearest in z: 1, 0, 1, 2; in w: 2, 3, 0, 2.
    assert mutual_neighbours(z, w, k=1) == 1 / 4
    a, b = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]), np.array([[1.0], [1.0], [-2.0]])
    assert linear_cka(a, b) == pytest.approx(0.0, abs=1e-15)
    assert linear_r2(a, b) == pytest.approx(0.0, abs=1e-15)
    assert procrustes_distance(a, b) == pytest.approx(math.sqrt(2))
    # Of two coordinates with variances 3 and 1, one is known.
    c = np.array([[math.sqrt(3), 1.0], [math.sqrt(3), -1.0], [-math.sqrt(3), 1.0], [-math.sqrt(3), -1.0]])
    assert linear_r2(c, c[:, :1]) == pytest.approx(3 / 4)
    assert linear_r2(c[:, :1], c) == pytest.approx(1.0)
    assert linear_cka(c, c[:, :1]) == pytest.approx(3 / math.sqrt(10))


def test_equally_near_observations_all_count():
    """On a ring everyone has two nearest; the order of the observations plays no part in which count."""
    angles = 2 * np.pi * np.arange(8) / 8
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    line = np.arange(8.0)[:, None]
    # On the line both neighbours are equally near too, but at its ends; there one of the two is the same.
    assert mutual_neighbours(ring, line, k=1) == pytest.approx((6 + 2 / 2) / 8)
    order = np.random.default_rng(0).permutation(8)
    assert mutual_neighbours(ring[order], line[order], k=1) == pytest.approx(7 / 8)
    assert mutual_neighbours(np.ones((5, 2)), np.ones((5, 2)), k=2) == 1.0


def test_blocks_of_observations_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    z, w = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    whole = mutual_neighbours(z, w, 7)
    monkeypatch.setattr("repsim_core.measures.others._CHUNK", 7 * 50)
    assert mutual_neighbours(z, w, 7) == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-200, 1e-170, 1e150, 1e200])
def test_units_of_embeddings_cannot_leave_the_range_of_numbers(scale):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(30, 3))
    w = z + rng.normal(size=(30, 3))
    for measure in (linear_cka, procrustes_distance, linear_r2, mutual_neighbours):
        assert measure(scale * z, w) == pytest.approx(measure(z, w), rel=1e-9), measure.__name__
        assert measure(z, scale * w) == pytest.approx(measure(z, w), rel=1e-9), measure.__name__


def test_constant_columns_count_for_nothing():
    rng = np.random.default_rng(0)
    z, w = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    beside = np.column_stack([z, np.full(30, 1e12 / 3)])
    for measure in (linear_cka, procrustes_distance, linear_r2):
        assert measure(beside, w) == pytest.approx(measure(z, w), abs=1e-12)
        assert measure(w, beside) == pytest.approx(measure(w, z), abs=1e-12)
    assert linear_r2(z, np.ones((30, 2))) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("measure", [linear_cka, procrustes_distance, linear_r2, mutual_neighbours])
def test_bad_arrays_are_named(measure):
    z = np.random.default_rng(0).normal(size=(30, 2))
    with pytest.raises(ValueError, match=r"^w: found n = 29 rows, expected 30 as in z"):
        measure(z, z[1:])
    with pytest.raises(ValueError, match=r"^z: found shape \(30,\)"):
        measure(z[:, 0], z)
    if measure is mutual_neighbours:
        with pytest.raises(
            ValueError, match=r"^k: found 30, expected less than the number of observations, 30"
        ):
            measure(z, z, 30)
        with pytest.raises(ValueError, match=r"^k: found 0"):
            measure(z, z, 0)
    else:
        with pytest.raises(ValueError, match=r"^z: every column is constant"):
            measure(np.ones((30, 2)), z)
    if measure in (linear_cka, procrustes_distance):
        with pytest.raises(ValueError, match=r"^w: every column is constant"):
            measure(z, np.ones((30, 2)))


# -- all of them -----------------------------------------------------------------------------------------------------

ALL = [
    "d_logit",
    "d_rep, median over label sets",
    "d_rep, mean over label sets",
    "median condition of the label sets",
    "mean CCA of all of f",
    "linear CKA of f",
    "Procrustes distance of f",
    "R² of a's f from b's",
    "R² of b's f from a's",
    "10 nearest neighbours in common (share)",
]


def test_all_measures_have_the_values_of_their_functions():
    a, b = strategies.make_pair("independent", 40, 7, 3, 0)
    f, f_other = a.embeddings, b.embeddings
    distance = rep_distance(a, b)
    expected = [
        logit_distance(a, b),
        distance.median,
        distance.mean,
        distance.median_condition,
        rc.mean_cca(f, f_other),
        linear_cka(f, f_other),
        procrustes_distance(f, f_other),
        linear_r2(f, f_other),
        linear_r2(f_other, f),
        mutual_neighbours(f, f_other),
    ]
    found = all_others(a, b)
    assert list(found) == ALL
    assert list(found.values()) == pytest.approx(expected)
    assert list(rc.compare(a, b, measures="all").others.items()) == list(found.items())


def test_what_is_not_defined_is_left_out(monkeypatch):
    """Ranks that differ, too few inputs for ten neighbours, and too many for all pairs of them."""
    a, b = (strategies.model(n=10, k=6, m=m) for m in (2, 3))
    d_rep, neighbours = ALL[1:4], ALL[-1:]
    assert [name for name in ALL if name not in all_others(a, b)] == [*d_rep, *neighbours]
    c, d = (strategies.model(n=40, k=6, m=2, seed=seed) for seed in (0, 1))
    monkeypatch.setattr("repsim_core.measures.others.MOST_NEIGHBOURS", 39)
    assert [name for name in ALL if name not in all_others(c, d)] == neighbours


def test_mean_cca_is_of_all_dimensions_here():
    """A coordinate that reaches no distribution counts here, unlike in a comparison's main measures."""
    a = strategies.model(n=60, k=6, m=2)
    rng = np.random.default_rng(0)
    first, second = (
        rc.Representations(
            np.column_stack([a.embeddings, rng.normal(size=60)]),
            np.column_stack([a.unembeddings, np.zeros(6)]),
        )
        for _ in range(2)
    )
    found = rc.compare(first, second, measures="all")
    assert found.mean_cca == pytest.approx(1.0)
    assert found.others["mean CCA of all of f"] < 0.8


@pytest.mark.parametrize("kind", LIBRARIES)
def test_every_library_has_the_same_values(kind):
    for seed, biased in enumerate((False, True)):
        a, b = strategies.make_pair("independent", 40, 7, 3, seed)
        if biased:
            rng = np.random.default_rng(seed)
            a, b = (rc.Representations(x.embeddings, x.unembeddings, bias=rng.normal(size=7)) for x in (a, b))
        there = [converted(model, kind) for model in (a, b)]
        expected, found = all_others(a, b), all_others(*there)
        assert list(found) == list(expected) == ALL
        assert list(found.values()) == pytest.approx(list(expected.values()), rel=1e-9)
        assert {type(value) for value in found.values()} == {float}
        assert isinstance(rep_distance(*there), RepDistance)
        f, f_other = (model.embeddings for model in there)
        for measure in (linear_cka, procrustes_distance, linear_r2, mutual_neighbours):
            value = measure(f, f_other)
            assert value == pytest.approx(measure(a.embeddings, b.embeddings), rel=1e-9)
            assert type(value) is float


# -- what each measure ignores ---------------------------------------------------------------------------------------

N, K, M = 40, 6, 3
Pair = tuple[rc.Representations, rc.Representations]


def example() -> Pair:
    rng = np.random.default_rng(3)
    f, g = rng.normal(size=(N, M)) * [1.0, 4.0, 0.3], rng.normal(size=(K, M))
    a = rc.Representations(f, g, bias=rng.normal(size=K))
    b = rc.Representations(
        f + 0.5 * rng.normal(size=f.shape), g + 0.5 * rng.normal(size=g.shape), bias=rng.normal(size=K)
    )
    return a, b


ORDER = [2, 0, 1, 5, 3, 4]


def changed(
    model: rc.Representations, f: np.ndarray, g: np.ndarray | None = None, bias: np.ndarray | None = None
) -> rc.Representations:
    return rc.Representations(
        f, model.unembeddings if g is None else g, bias=model.bias if bias is None else bias
    )


def of_one(transformation: str) -> Callable[[rc.Representations], rc.Representations]:
    """The change of one model."""
    rng = np.random.default_rng(4)
    vector, matrix = 3 * rng.normal(size=M), rng.normal(size=(M, M)) + 2 * np.diag([1.0, 2.0, 3.0])
    orthogonal = np.linalg.qr(matrix)[0]
    name = transformation.removesuffix(" of b")
    return {
        "translation of f": lambda x: changed(x, x.embeddings + vector),
        "orthogonal map of f": lambda x: changed(x, x.embeddings @ orthogonal.T),
        "isotropic scaling of f": lambda x: changed(x, 2.5 * x.embeddings),
        "invertible linear map of f": lambda x: changed(x, x.embeddings @ matrix.T),
        "linear twin": lambda x: x.linear_twin(matrix),
        "constant added to unembeddings": lambda x: changed(x, x.embeddings, x.unembeddings + vector),
        "constant added to biases": lambda x: changed(x, x.embeddings, bias=x.bias + 4.0),
    }[name]


def applied(transformation: str, pair: Pair) -> list[Pair]:
    """The pairs that a change may leave alone: with either model changed, where it is a change of one."""
    a, b = pair
    if transformation == "swap of the models":
        return [(b, a)]
    if transformation == "relabelling":
        first, second = (changed(x, x.embeddings, x.unembeddings[ORDER], x.bias[ORDER]) for x in pair)
        return [(first, second)]
    change = of_one(transformation)
    return [(a, change(b))] if transformation.endswith(" of b") else [(a, change(b)), (change(a), b)]


def measured(name: str, pair: Pair, transformation: str | None = None) -> float:
    """A measure over the same sets, in the order of the labels that a relabelling has given them."""
    a, b = pair
    sets = {"pivot": 0, "left_out": 1, "input_set": (0, 1, 2, 3)}
    if transformation == "relabelling":
        sets |= {"pivot": ORDER.index(0), "left_out": ORDER.index(1)}
    measures: dict[str, Callable[[], object]] = {
        "kl_divergence": lambda: rc.kl_divergence(a, b),
        "llv_distance": lambda: rc.llv_distance(a, b, **sets),
        "representation_distance": lambda: rc.representation_distance(a, b, **sets),
        "similarity_certificate": lambda: rc.similarity_certificate(a, b, 2, pivot=sets["pivot"]),
        "svd_dissimilarity": lambda: rc.svd_dissimilarity(a.embeddings, b.embeddings),
        "mean_cca": lambda: rc.mean_cca(a.embeddings, b.embeddings),
        "logit_distance": lambda: logit_distance(a, b),
        "rep_distance": lambda: rep_distance(a, b),
        "linear_cka": lambda: linear_cka(a.embeddings, b.embeddings),
        "procrustes_distance": lambda: procrustes_distance(a.embeddings, b.embeddings),
        "mutual_neighbours": lambda: mutual_neighbours(a.embeddings, b.embeddings, 5),
        "linear_r2": lambda: linear_r2(a.embeddings, b.embeddings),
    }
    return float(measures[name]())  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("transformation", TRANSFORMATIONS)
@pytest.mark.parametrize("name", INVARIANCES)
def test_a_measure_ignores_what_it_is_said_to_and_nothing_else(name, transformation):
    pair = example()
    before = measured(name, pair)
    after = [measured(name, each, transformation) for each in applied(transformation, pair)]
    moved = max(abs(value - before) for value in after)
    if transformation in INVARIANCES[name]:
        assert moved <= 1e-8 * max(1.0, before)
    else:
        assert moved > 1e-3


def test_invariances_name_public_measures_and_known_changes():
    assert set().union(*INVARIANCES.values()) == set(TRANSFORMATIONS)
    for of_b in (name for name in TRANSFORMATIONS if name.endswith(" of b")):
        # What may be done to either model may be done to the second.
        assert all(of_b in found for found in INVARIANCES.values() if of_b.removesuffix(" of b") in found)
