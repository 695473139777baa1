"""Statements that chapters add as theorems, on random and on adversarial pairs.

Each is put to models of equal and of different dimensions, with and without biases, with labels enough to be diverse
or fewer, and with one label as pivot or the mean over all. What the package measures is set against log-ratios that are
made here, from log-probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.constructions import one_shared_direction, swapped_normaliser, two_angles
from repsim_core.measures.bounds import greatest_dissimilarity, least_dissimilarity

pytestmark = pytest.mark.usefixtures("mathematics_only")


Pair = tuple[rc.Representations, rc.Representations]
MANY = settings(max_examples=120)
FEWER = settings(max_examples=60)  # where each takes longer
SHARP = 1e-12


# -- pairs --------------------------------------------------------------------------------------------------------


def changed(
    rng: np.random.Generator, model: rc.Representations, noise: float, wider: int = 0
) -> rc.Representations:
    """The model with noise, and, where asked for, with so many dimensions more that reach the distribution by noise
    alone."""
    f, g, bias = model.embeddings, model.unembeddings, model.bias
    if wider:
        m = model.dim
        mix = rng.standard_normal((m, m + wider))
        f, g = f @ mix, g @ np.linalg.pinv(mix).T
    f, g = (x + noise * rng.standard_normal(x.shape) for x in (f, g))
    return rc.Representations(
        f, g, bias=None if bias is None else bias + noise * rng.standard_normal(len(bias))
    )


WITNESSES: dict[str, Callable[[np.random.Generator, int], Pair]] = {
    "swapped": lambda rng, m: swapped_normaliser(
        m, m + 1 + int(rng.integers(3)), distance=rng.uniform(0.01, 0.7)
    ),
    "shared": lambda rng, m: one_shared_direction(
        m + 1,
        m + 2 + int(rng.integers(2)),
        eta=10 ** rng.uniform(-3, 0),
        inputs=20,
        seed=int(rng.integers(1000)),
    ),
    "angles": lambda rng, m: two_angles(m + 1, sine=rng.uniform(0.01, 1)),
}


@st.composite
def pairs(draw) -> Pair:
    kind = draw(st.sampled_from(sorted(strategies.KINDS) + sorted(WITNESSES)))
    m = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(strategies.seeds))
    if kind in WITNESSES:
        a, b = WITNESSES[kind](rng, m)
    else:
        n, k = draw(st.integers(4, 25)), draw(st.integers(2, 7))
        a, b = strategies.make_pair(kind, n, k, m, draw(strategies.seeds))
        if draw(st.sampled_from([False, False, True])):
            bias = 10 ** rng.uniform(-2, 1) * rng.standard_normal(k)
            a, b = (rc.Representations(x.embeddings, x.unembeddings, bias=bias) for x in (a, b))
    b = changed(
        rng, b, draw(st.sampled_from([0.0, 0.0, 1e-8, 1e-4, 1e-1])), draw(st.sampled_from([0, 0, 1, 3]))
    )
    return (b, a) if draw(st.booleans()) else (a, b)


@st.composite
def pivots(draw, pair: Pair) -> int | str:
    return draw(st.sampled_from([*range(pair[0].num_labels), "mean"]))


def measured(measure: Callable, *args, **options):
    """The measure; an example in which a log-ratio is constant, or no input set diverse, does not count."""
    try:
        return measure(*args, **options)
    except ValueError as error:
        assume(not any(word in str(error) for word in ("constant", "diverse", "the same distribution")))
        raise


# -- log-ratios ---------------------------------------------------------------------------------------------------


@dataclass
class Ratios:
    """Standardised log-ratios of some labels in both models, shape (N, labels), and how far rounding moves them."""

    z: np.ndarray
    w: np.ndarray
    rounding: float

    @staticmethod
    def of(pair: Pair, pivot: int | str, labels) -> Ratios:
        found, rounding = [], SHARP
        for model in pair:
            log_p = np.asarray(model.log_probs())
            zero = log_p.mean(axis=1) if pivot == "mean" else log_p[:, pivot]
            r = log_p[:, list(labels)] - zero[:, None]
            r = r - r.mean(axis=0)
            size = np.linalg.norm(r, axis=0)
            logits = np.abs(log_p).max() + np.abs(model.embeddings).max() * np.abs(model.unembeddings).max()
            error = 100 * np.finfo(float).eps * logits * len(r) ** 0.5
            assume(error < 1e-6 * size.min())
            rounding += error / size.min()
            found.append(r / size)
        return Ratios(*found, rounding)

    @property
    def delta(self) -> np.ndarray:
        return np.linalg.norm(self.z - self.w, axis=0)

    @property
    def rho(self) -> np.ndarray:
        return 1 - self.delta**2 / 2

    @property
    def squared_sines(self) -> np.ndarray:
        return self.delta**2 / 2 * (1 + self.rho)

    def d_svd(self, labels) -> float:
        return rc.svd_dissimilarity(self.z[:, labels], self.w[:, labels])

    def sets(self, m: int):
        return (list(each) for each in combinations(range(self.z.shape[1]), m))


def all_ratios(pair: Pair, pivot: int | str) -> Ratios:
    labels = [y for y in range(pair[0].num_labels) if y != pivot]
    return Ratios.of(pair, pivot, labels)


# -- the two bounds of d_{f,g} --------------------------------------------------------------------------------------


@MANY
@given(pairs(), st.data())
def test_the_bounds_hold_whatever_the_dimensions_and_sets(pair, data):
    """d_{f,g} <= 2 d_LLV² and 2 r d_LLV."""
    a, b = pair
    pivot = data.draw(st.none() | pivots(pair))
    r = min(measured(lambda: a.rank), b.rank)
    assume(r > 0)
    sets = {"pivot": pivot}
    others = [y for y in range(a.num_labels) if y != pivot]
    if pivot is not None:
        kept = st.lists(st.sampled_from(others), min_size=1, unique=True)
        sets["labels"] = data.draw(st.sampled_from([None, "all", min(r, len(others))]) | kept)
    given_set = st.permutations(range(a.num_inputs)).map(lambda order: tuple(order[: r + 1]))
    sets["input_set"] = data.draw(st.sampled_from([None, "sampled"]) | given_set)
    found = measured(rc.compare, a, b, weight=0.0, **sets)
    rounding = Ratios.of(pair, found.llv.pivot, found.llv.labels).rounding
    if found.llv.input_set is not None:
        rounding += _of_inputs(pair, found.llv.input_set)
    assert found.d_fg <= found.quadratic_bound + rounding
    assert found.d_fg <= found.linear_bound + rounding
    assert found.dim == r


def _of_inputs(pair: Pair, input_set: tuple[int, ...]) -> float:
    """How far rounding moves the log-ratios between inputs."""
    worst = 0.0
    for model in pair:
        log_p = np.asarray(model.log_probs())
        r = log_p[list(input_set[1:])] - log_p[input_set[0]]
        size = np.abs(log_p).max() + np.abs(model.embeddings).max() * np.abs(model.unembeddings).max()
        worst = max(worst, 100 * np.finfo(float).eps * size * log_p.shape[1] ** 0.5 / r.std(axis=1).min())
    assume(worst < 1e-6)
    return worst


# -- the ratio distance ---------------------------------------------------------------------------------------------


@MANY
@given(pairs(), st.data())
def test_term_1_is_the_ratio_distance_and_the_normaliser(pair, data):
    """max(delta/2, nu) <= T_1 <= delta + nu; d_SVD over any set <= delta²/2 <= 2 T_1²."""
    pivot = data.draw(pivots(pair))
    others = [y for y in range(pair[0].num_labels) if y != pivot]
    labels = data.draw(st.lists(st.sampled_from(others), min_size=1, unique=True))
    ratios = Ratios.of(pair, pivot, labels)
    found = measured(rc.llv_distance, *pair, pivot=pivot, labels=labels)
    delta, nu, term, rounding = (
        *(found.ratio_distance, found.normaliser_mismatch, found.label_term),
        ratios.rounding,
    )
    assert delta == pytest.approx(ratios.delta.max(), abs=rounding)
    # how far rounding moves what is divided by psi: as much more as log p varies more than the log-ratio
    slack = rounding * (1 + term)
    assert max(delta / 2, nu) <= term + slack
    assert term <= delta + nu + slack
    assert rc.ratio_bound(delta) <= 2 * term**2 + slack
    for m in range(1, len(labels) + 1):
        assert ratios.d_svd(list(range(m))) <= rc.ratio_bound(delta) + rounding
    fg = measured(rc.representation_distance, *pair, **found.sets)
    assert fg.embedding_dissimilarities.max() <= rc.ratio_bound(delta) + rounding


def distances_of(rho: np.ndarray) -> list[float]:
    """std(z_y - w_y) of log-ratios with these correlations."""
    return np.sqrt(2 * (1 - rho.clip(-1, 1))).tolist()


# -- the certificate --------------------------------------------------------------------------------------------------


@FEWER
@given(pairs(), st.data())
def test_the_certificate_holds_over_every_set(pair, data):
    """d_SVD(S) <= 1 - mean_S |rho|, and over every set of m labels what the certificate says."""
    pivot = data.draw(pivots(pair))
    ratios = all_ratios(pair, pivot)
    n = ratios.z.shape[1]
    for m in range(1, n + 1):
        bound = measured(rc.similarity_certificate, *pair, m, pivot=pivot)
        assert bound == pytest.approx(
            greatest_dissimilarity(distances_of(ratios.rho), m), abs=ratios.rounding
        )
        for labels in ratios.sets(m):
            found = ratios.d_svd(labels)
            assert found <= 1 - np.abs(ratios.rho[labels]).mean() + ratios.rounding
            assert found <= bound + ratios.rounding
    whole = measured(rc.representation_distance, *pair, pivot=pivot, labels="all")
    assert whole.embedding_dissimilarities.max() == pytest.approx(ratios.d_svd(range(n)), abs=ratios.rounding)


@FEWER
@given(pairs(), st.data())
def test_a_set_is_at_least_as_dissimilar_as_its_spectra(pair, data):
    """d_SVD(S) >= sum (sqrt a_k - sqrt b_k)²/2m with the spectra of both correlation matrices, >= 1 - |C|_F/sqrt m."""
    ratios = all_ratios(pair, data.draw(pivots(pair)))
    for m in range(1, ratios.z.shape[1] + 1):
        for labels in ratios.sets(m):
            z, w = ratios.z[:, labels], ratios.w[:, labels]
            a, b = (np.linalg.svd(each, compute_uv=False) for each in (z, w))
            found = ratios.d_svd(labels)
            assert found >= ((a - b) ** 2).sum() / (2 * m) - ratios.rounding
            assert found >= 1 - np.linalg.norm(z.T @ w) / m**0.5 - ratios.rounding


# -- two angles -------------------------------------------------------------------------------------------------------


@MANY
@given(pairs(), st.data())
def test_similarity_over_all_label_sets_is_closeness_of_log_ratios(pair, data):
    """sin Theta <= sin theta <= (2m - 1) sin Theta for every m less than the number of log-ratios."""
    ratios = all_ratios(pair, data.draw(pivots(pair)))
    squared = ratios.squared_sines.max()
    for m in range(1, ratios.z.shape[1]):
        largest = max(ratios.d_svd(labels) for labels in ratios.sets(m))
        sine = largest * (2 - largest)
        rounding = 4 * ratios.rounding
        assert sine <= squared + rounding
        assert squared <= (2 * m - 1) ** 2 * (sine + rounding)
        assert least_dissimilarity(distances_of(ratios.rho), m) <= largest + rounding


@FEWER
@given(pairs(), st.data())
def test_what_follows_for_term_1(pair, data):
    """sqrt(D/2) <= T_1 <= 2 (2r - 1) sqrt D + nu, with D the largest d_SVD over sets of r labels, all rho >= 0."""
    a, b = pair
    pivot = data.draw(pivots(pair))
    assume(a.num_labels > 2)  # or there is but one log-ratio
    ratios = all_ratios(pair, pivot)
    r = min(a.rank, b.rank)
    assume((ratios.rho >= 0).all())
    assume(ratios.z.shape[1] > r)
    found = measured(rc.compare, a, b, pivot=pivot, left_out="none")
    # the statement takes in sets whose log-ratios are linearly dependent
    largest = max(ratios.d_svd(labels) for labels in ratios.sets(r))
    slack = ratios.rounding * (1 + found.label_term)
    assert largest / 2 <= found.label_term**2 + slack
    bound = 2 * (2 * r - 1) * np.sqrt(largest + ratios.rounding) + found.llv.normaliser_mismatch
    assert found.label_term <= bound + slack
    if not found.representation.dependent:
        assert found.max_d_svd_f == pytest.approx(largest, abs=ratios.rounding)
        assert found.least_d_svd_f <= largest + ratios.rounding


# -- other measures of similarity -------------------------------------------------------------------------------------


@FEWER
@given(pairs(), st.data())
def test_canonical_correlations_are_large_where_log_ratios_are_close(pair, data):
    """mean c² >= 1 - mean_S (1 - rho²)/kappa with kappa = (M/m) lambda_M(A); c_min² >= 1 - m delta²/lambda_M(A)."""
    a, b = pair
    ratios = all_ratios(pair, data.draw(pivots(pair)))
    found = measured(rc.compare, a, b)
    dim, n = a.rank, ratios.z.shape[1]
    c = np.zeros(dim)
    c[: len(found.cca.correlations)] = found.cca.correlations
    for m in {dim, n, data.draw(st.integers(dim, n))}:
        labels = data.draw(st.permutations(range(n)))[:m]
        smallest = np.linalg.svd(ratios.z[:, labels], compute_uv=False)[dim - 1] ** 2
        if smallest < 1e-6:
            continue
        rounding, apart = ratios.rounding / smallest, ratios.squared_sines[labels]
        assert (c**2).mean() >= 1 - apart.mean() / (dim / m * smallest) - m * rounding
        assert c.min() ** 2 >= 1 - m * ratios.delta[labels].max() ** 2 / smallest - m * rounding


@FEWER
@given(pairs())
def test_canonical_correlations_and_white_contrasts(pair):
    """mean c² >= mean rho² for contrasts whose log-ratios are uncorrelated in the first model: no lambda_min."""
    a, b = pair
    found = measured(rc.compare, a, b)
    white = a.identifiable()
    g = white.unembeddings - white.unembeddings.mean(axis=0)
    assume(np.linalg.cond(g) < 1e5)
    contrasts = np.linalg.pinv(g).T  # shape (K, r), columns with sum 0
    assert np.abs(contrasts.sum(axis=0)).max() <= 1e-9 * np.abs(contrasts).max()
    z, w = (np.asarray(model.log_probs()) @ contrasts for model in pair)
    assert np.cov(z.T).reshape(a.rank, a.rank) == pytest.approx(np.eye(a.rank), abs=1e-4)
    assume(w.std(axis=0).min() > 1e-6 * np.abs(b.log_probs()).max() * np.abs(contrasts).max())
    rho = np.array([np.corrcoef(z[:, k], w[:, k])[0, 1] for k in range(a.rank)])
    assert (np.asarray(found.cca.correlations) ** 2).sum() / a.rank >= (rho**2).mean() - 1e-4


@FEWER
@given(pairs(), st.data())
def test_kernel_alignment_of_log_ratios(pair, data):
    """1 - CKA <= 2 (1 + sqrt m) d_SVD(S) <= (1 + sqrt m) delta² <= 4 (1 + sqrt m) T_1²."""
    pivot = data.draw(pivots(pair))
    labels = [y for y in range(pair[0].num_labels) if y != pivot]
    ratios = all_ratios(pair, pivot)
    found = measured(rc.llv_distance, *pair, pivot=pivot, labels=labels)
    for m in range(2, len(labels) + 1):
        for chosen in ratios.sets(m):
            z, w = ratios.z[:, chosen], ratios.w[:, chosen]
            cka = np.linalg.norm(z.T @ w) ** 2 / (np.linalg.norm(z.T @ z) * np.linalg.norm(w.T @ w))
            factor, rounding = 1 + m**0.5, 10 * ratios.rounding
            apart = ratios.d_svd(chosen)
            assert 1 - cka <= 2 * factor * apart + rounding
            assert 2 * factor * apart <= factor * ratios.delta[chosen].max() ** 2 + rounding
            assert factor * found.ratio_distance**2 <= 4 * factor * found.label_term**2 + rounding * (
                1 + found.label_term
            )


# -- the divergence ---------------------------------------------------------------------------------------------------


@MANY
@given(pairs())
def test_the_divergence_is_a_weighted_distance_of_log_probabilities(pair):
    """sum min(p, p') (log p - log p')²/2 <= KL <= sum max(p, p') (log p - log p')²/2 at every input."""
    p, q = (np.asarray(model.log_probs()) for model in pair)
    squares = (p - q) ** 2
    below, above = ((np.exp(each(p, q)) * squares).sum(axis=1) / 2 for each in (np.minimum, np.maximum))
    rounding = 100 * np.finfo(float).eps * (1 + np.abs(p).max() + np.abs(q).max())
    for (first, second), (one, other) in (((p, q), pair), ((q, p), pair[::-1])):
        kl = (np.exp(first) * (first - second)).sum(axis=1)
        assert (below <= kl * (1 + 1e-9) + rounding).all()
        assert (kl <= above * (1 + 1e-9) + rounding).all()
        found = rc.kl_divergence(one, other)
        assert found == pytest.approx(kl.mean(), rel=1e-9, abs=rounding)
        # so it is at least tau/2 times the unweighted distance where all are above tau
        assert squares.sum(axis=1).mean() * np.exp(min(p.min(), q.min())) / 2 <= found * (1 + 1e-9) + rounding


@MANY
@given(pairs(), st.data())
def test_a_small_divergence_is_enough_where_labels_compete(pair, data):
    """d_SVD on B <= 4 (1 + 1/m) E_B[KL] / (tau min_S (psi + psi')²), with p and p' at least tau on B."""
    a, b = pair
    pivot, *labels = data.draw(st.permutations(range(a.num_labels)))
    labels = labels[: data.draw(st.integers(1, len(labels)))]
    log_p = [np.asarray(model.log_probs()) for model in pair]
    least = np.minimum(*log_p)[:, [pivot, *labels]].min(axis=1)
    floor = np.quantile(least, data.draw(st.sampled_from([0.0, 0.3, 0.8])))
    where, tau = least >= floor, np.exp(floor)
    assume(where.sum() >= 2)
    assume(tau > 1e-12)
    on_b = tuple(rc.Representations(x.embeddings[where], x.unembeddings, bias=x.bias) for x in pair)
    ratios = Ratios.of(on_b, pivot, labels)
    psi = sum((each[where][:, labels] - each[where][:, [pivot]]).std(axis=0) for each in log_p)
    kl = (np.exp(log_p[0]) * (log_p[0] - log_p[1])).sum(axis=1)
    bound = 4 * (1 + 1 / len(labels)) * kl[where].mean() / (tau * psi.min() ** 2)
    rounding = 1e-13 * (1 + max(np.abs(each).max() for each in log_p)) / (tau * psi.min() ** 2)
    assert ratios.d_svd(range(len(labels))) <= bound * (1 + 1e-9) + rounding + ratios.rounding
    assert kl[where].mean() <= rc.kl_divergence(a, b) / where.mean() + rounding


def test_near_one_fixed_model_a_small_divergence_forces_similarity():
    fixed, permuted = rc.permuted_circles(7, rho=5.0, inputs_per_class=50)
    near = [rc.noisy_copy(fixed, noise, seed=1) for noise in (1.0, 0.1, 0.01, 0.001)]
    divergence = [max(rc.kl_divergence(fixed, copy), rc.kl_divergence(copy, fixed)) for copy in near]
    apart = [1 - rc.mean_cca(fixed.embeddings, copy.embeddings) for copy in near]
    assert np.all(np.diff(divergence) < 0)
    assert np.all(np.diff(apart) < 0)
    assert apart[-1] < 1e-6
    # and it is the model that has to be fixed: other models are as close, and not similar at all
    sharp, other = rc.permuted_circles(7, rho=30.0, inputs_per_class=50)
    assert max(rc.kl_divergence(sharp, other), rc.kl_divergence(other, sharp)) < divergence[1]
    assert rc.mean_cca(sharp.embeddings, other.embeddings) < 0.05
    assert rc.mean_cca(fixed.embeddings, permuted.embeddings) < 0.05
