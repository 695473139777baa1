"""How near to its bound each statement of the book comes: random pairs of models, then a local search for worse ones.

    python benchmarks/properties.py                        # about a minute
    python benchmarks/properties.py --evaluations 20000    # more pairs a statement than 3,000
    python benchmarks/properties.py --only E F             # some statements, by the start of their names
    python benchmarks/properties.py --check                # exit code 1 where one fails

Every statement says that one number is at most another. The table has the largest ratio of the two: over random pairs,
over pairs that a seeded search made from the worst of these (normal steps in embeddings, unembeddings and biases, kept
where the ratio rises), and at the pair that is known to attain the bound, where the package makes it
(`repsim_core.constructions`). A ratio of 1 means that the bound is sharp; above 1 + 1e-6 the statement is wrong, or
this script is. Bounds so small that rounding decides do not count, nor do cases in which both sides are equal for every
pair (one label, one dimension).

All quantities are computed here with NumPy from log-probabilities, apart from the package's own code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from repsim_core import Representations
from repsim_core.constructions import one_shared_direction, swapped_normaliser, two_angles

TOLERANCE = 1e-6
# Bounds below this are rounding's; of an angle or a distance that comes from d_SVD, the square.
LEAST = 1e-7
# The worst random pairs that the search starts from.
STARTS = 6


# -- a pair and what statements speak of -------------------------------------------------------------------------------


@dataclass
class Pair:
    """Two models as arrays; the pivot is label 0, and the first inputs are the input set.

    Attributes:
        f, g, bias: of the first model, shapes (N, M), (K, M), (K,).
        h, u, other_bias: of the second.
    """

    f: np.ndarray
    g: np.ndarray
    bias: np.ndarray
    h: np.ndarray
    u: np.ndarray
    other_bias: np.ndarray

    @staticmethod
    def of(models: tuple[Representations, Representations]) -> Pair:
        a, b = models
        none = np.zeros(a.num_labels)
        return Pair(a.embeddings, a.unembeddings, none, b.embeddings, b.unembeddings, none)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.f, self.g, self.bias, self.h, self.u, self.other_bias

    @property
    def has_bias(self) -> bool:
        return bool(self.bias.any() or self.other_bias.any())

    @cached_property
    def log_p(self) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities of both models, shape (N, K)."""
        return _log_softmax(self.f @ self.g.T + self.bias), _log_softmax(self.h @ self.u.T + self.other_bias)

    @cached_property
    def usable(self) -> bool:
        """Whether the log-ratios are large enough against rounding, in both models."""
        return all(
            np.isfinite(log_p).all()
            and (log_p[:, 1:] - log_p[:, :1]).std(axis=0).min() > 1e-5 * np.abs(log_p).max()
            for log_p in self.log_p
        )

    @cached_property
    def ratios(self) -> tuple[np.ndarray, np.ndarray]:
        """Centred log-ratios with the pivot, shape (N, K - 1)."""
        first, second = (_centred(log_p[:, 1:] - log_p[:, :1]) for log_p in self.log_p)
        return first, second

    @cached_property
    def psi(self) -> tuple[np.ndarray, np.ndarray]:
        """Their lengths; deviations up to a common divisor."""
        first, second = (np.linalg.norm(r, axis=0) for r in self.ratios)
        return first, second

    @cached_property
    def z(self) -> np.ndarray:
        return self.ratios[0] / self.psi[0]

    @cached_property
    def w(self) -> np.ndarray:
        return self.ratios[1] / self.psi[1]

    @cached_property
    def delta(self) -> np.ndarray:
        return np.linalg.norm(self.z - self.w, axis=0)

    @cached_property
    def rho(self) -> np.ndarray:
        return 1 - self.delta**2 / 2

    @cached_property
    def squared_sines(self) -> np.ndarray:
        return self.delta**2 / 2 * (1 + self.rho)

    @cached_property
    def mismatch(self) -> float:
        """nu, the normaliser mismatch."""
        ends = [_centred(log_p[:, :1]) / psi for log_p, psi in zip(self.log_p, self.psi, strict=True)]
        return float(np.linalg.norm(ends[0] - ends[1], axis=0).max())

    @cached_property
    def term_1(self) -> float:
        ends = [_centred(log_p[:, 1:]) / psi for log_p, psi in zip(self.log_p, self.psi, strict=True)]
        return max(self.mismatch, float(np.linalg.norm(ends[0] - ends[1], axis=0).max()))

    @property
    def rank(self) -> int:
        """r of random models."""
        return min(self.f.shape[1], self.h.shape[1], len(self.g) - 1)

    @cached_property
    def over_inputs(self) -> tuple[float, float] | None:
        """Term 2 and d_SVD of the unembeddings over the input set; None where a log-ratio nearly vanishes."""
        ends, images = [], []
        for log_p in self.log_p:
            r = _centred((log_p[1 : self.rank + 1] - log_p[0]).T)
            psi = np.linalg.norm(r, axis=0)
            if psi.min() < 1e-5 * np.abs(log_p).max():
                return None
            own = _centred(log_p[1 : self.rank + 1].T) / psi
            ends.append(np.concatenate([own, _centred(log_p[:1].T) / psi], axis=1))
            images.append(r / psi)
        return float(np.linalg.norm(ends[0] - ends[1], axis=0).max()), _d_svd(*images)

    def d_svd(self, labels: tuple[int, ...]) -> float:
        chosen = list(labels)
        return _d_svd(self.z[:, chosen], self.w[:, chosen])

    def sets(self, m: int) -> Iterator[tuple[int, ...]]:
        return combinations(range(self.z.shape[1]), m)

    def largest(self, m: int) -> float:
        return max(self.d_svd(labels) for labels in self.sets(m))

    @cached_property
    def squared_correlations(self) -> np.ndarray:
        """Squared canonical correlations of the embeddings, as many as the first has dimensions."""
        spaces = [np.linalg.qr(_centred(x))[0] for x in (self.f, self.h)]
        c = np.zeros(self.f.shape[1])
        sigma = np.linalg.svd(spaces[0].T @ spaces[1], compute_uv=False)
        c[: len(sigma)] = np.minimum(sigma, 1)
        return c**2

    @cached_property
    def kl(self) -> np.ndarray:
        """KL divergence at each input."""
        p, q = self.log_p
        return (np.exp(p) * (p - q)).sum(axis=1)

    @cached_property
    def logits(self) -> tuple[np.ndarray, np.ndarray]:
        """Logits centred over labels, shape (N, K)."""
        first, second = (log_p - log_p.mean(axis=1, keepdims=True) for log_p in self.log_p)
        return first, second

    @cached_property
    def squared_logit_distance(self) -> float:
        return float(((self.logits[0] - self.logits[1]) ** 2).sum(axis=1).mean())


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _centred(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


def _d_svd(z: np.ndarray, w: np.ndarray) -> float:
    return 1 - float(np.linalg.svd(z.T @ w, compute_uv=False).sum()) / z.shape[1]


# -- statements --------------------------------------------------------------------------------------------------------

# What is at most what; a statement on many sets yields a pair of numbers for each.
Sides = Iterator[tuple[float, float]]


def quadratic(pair: Pair) -> Sides:
    if (over_inputs := pair.over_inputs) is not None:
        term_2, d_svd_g = over_inputs
        yield max(pair.largest(pair.rank), d_svd_g), 2 * max(pair.term_1, term_2) ** 2


def quadratic_without_term_2(pair: Pair) -> Sides:
    yield pair.largest(pair.rank), 2 * pair.term_1**2


def term_at_least(pair: Pair) -> Sides:
    yield max(pair.delta.max() / 2, pair.mismatch), pair.term_1


def term_at_most(pair: Pair) -> Sides:
    yield pair.term_1, pair.delta.max() + pair.mismatch


def three_times(pair: Pair) -> Sides:
    yield pair.term_1, 3 * max(pair.delta.max() / 2, pair.mismatch)


def by_ratio_distance(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1] + 1):
        yield pair.largest(m), pair.delta.max() ** 2 / 2


def certificate(pair: Pair) -> Sides:
    apart = np.sort(1 - np.abs(pair.rho))[::-1]
    for m in range(2, len(apart) + 1):
        yield pair.largest(m), apart[:m].mean()


def by_spectra(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1] + 1):
        for labels in pair.sets(m):
            a, b = (np.linalg.svd(x[:, list(labels)], compute_uv=False) for x in (pair.z, pair.w))
            yield ((a - b) ** 2).sum() / (2 * m), pair.d_svd(labels)


def by_frobenius(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1] + 1):
        for labels in pair.sets(m):
            chosen = list(labels)
            norm = np.linalg.norm(pair.z[:, chosen].T @ pair.w[:, chosen])
            yield 1 - float(norm) / m**0.5, pair.d_svd(labels)


def _squared_sine(dissimilarity: float) -> float:
    return dissimilarity * (2 - dissimilarity)


def angles_left(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1]) if pair.squared_sines.max() > LEAST else ():
        yield np.sqrt(max(0.0, _squared_sine(pair.largest(m)))), np.sqrt(pair.squared_sines.max())


def angles_right(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1]):
        sine = np.sqrt(max(0.0, _squared_sine(pair.largest(m))))
        if sine**2 > LEAST:
            yield np.sqrt(pair.squared_sines.max()), (2 * m - 1) * sine


def corollary_left(pair: Pair) -> Sides:
    if pair.z.shape[1] > pair.rank and (pair.rho >= 0).all() and pair.term_1**2 > LEAST:
        yield np.sqrt(max(0.0, pair.largest(pair.rank)) / 2), pair.term_1


def corollary_right(pair: Pair) -> Sides:
    if pair.z.shape[1] > pair.rank and (pair.rho >= 0).all() and (largest := pair.largest(pair.rank)) > LEAST:
        yield pair.term_1, 2 * (2 * pair.rank - 1) * np.sqrt(largest) + pair.mismatch


def _spanning_sets(pair: Pair) -> Iterator[tuple[list[int], float]]:
    """Label sets whose log-ratios span the first model's dimensions, with the least eigenvalue that counts."""
    dim = pair.f.shape[1]
    for m in range(dim, pair.z.shape[1] + 1) if dim > 1 else ():
        for labels in pair.sets(m):
            smallest = np.linalg.svd(pair.z[:, list(labels)], compute_uv=False)[dim - 1] ** 2
            if smallest > 1e-4:
                yield list(labels), float(smallest)


def mean_correlation(pair: Pair) -> Sides:
    apart = 1 - pair.squared_correlations
    for labels, smallest in _spanning_sets(pair):
        kappa = pair.f.shape[1] / len(labels) * smallest
        yield apart.mean(), pair.squared_sines[labels].mean() / kappa


def least_correlation(pair: Pair) -> Sides:
    apart = 1 - pair.squared_correlations
    for labels, smallest in _spanning_sets(pair):
        yield apart.max(), len(labels) * pair.delta[labels].max() ** 2 / smallest


def white_contrasts(pair: Pair) -> Sides:
    """Principal components of the first model's logits."""
    if pair.f.shape[1] < 2 or len(pair.g) - 1 < pair.f.shape[1]:
        return
    logits = [_centred(each) for each in pair.logits]
    contrasts = np.linalg.svd(logits[0], full_matrices=False)[2][: pair.f.shape[1]].T
    z, w = (each @ contrasts for each in logits)
    z, w = (each / np.linalg.norm(each, axis=0) for each in (z, w))
    delta = np.linalg.norm(z - w, axis=0)
    yield (1 - pair.squared_correlations).mean(), (delta**2 - delta**4 / 4).mean()


def kernel_alignment(pair: Pair) -> Sides:
    for m in range(2, pair.z.shape[1] + 1):
        for labels in pair.sets(m):
            z, w = (x[:, list(labels)] for x in (pair.z, pair.w))
            cka = np.linalg.norm(z.T @ w) ** 2 / (np.linalg.norm(z.T @ z) * np.linalg.norm(w.T @ w))
            yield 1 - float(cka), 2 * (1 + m**0.5) * pair.d_svd(labels)


def probe(pair: Pair) -> Sides:
    """The probe (1, ..., 1)·f, through the first M labels."""
    dim = pair.f.shape[1]
    if dim < 2 or len(pair.g) - 1 < dim:
        return
    big_l = (pair.g[1 : dim + 1] - pair.g[0]).T
    if np.linalg.cond(big_l) < 1e6:
        alpha = pair.psi[0][:dim] * np.linalg.solve(big_l, np.ones(dim))
        carried = pair.w[:, :dim] @ (alpha * pair.rho[:dim])
        error = np.linalg.norm(_centred(pair.f @ np.ones(dim)) - carried)
        scale = np.abs(alpha).sum()
        yield error / scale, (np.abs(alpha) * np.sqrt(pair.squared_sines[:dim])).sum() / scale


def maps_of_label_sets(pair: Pair) -> Sides:
    dim, count = pair.f.shape[1], len(pair.g)
    if pair.has_bias or dim < 2 or dim != pair.h.shape[1] or count - 1 < dim:
        return
    squares, largest = [], 0.0
    for pivot in range(count):
        for labels in combinations([y for y in range(count) if y != pivot], dim):
            big_l, other = ((x[list(labels)] - x[pivot]).T for x in (pair.g, pair.u))
            if np.linalg.cond(big_l) > 1e6:
                return
            inverse = np.linalg.inv(big_l)
            largest = max(largest, np.linalg.norm(inverse, 2) ** 2)
            squares.append(((pair.f - pair.h @ other @ inverse) ** 2).sum(axis=1).mean())
    yield float(np.mean(squares)), largest * 2 * dim / (count - 1) * pair.squared_logit_distance


def least_squares_map(pair: Pair) -> Sides:
    if pair.has_bias or pair.f.shape[1] < 2 or len(pair.g) - 1 < pair.f.shape[1]:
        return
    g, u = _centred(pair.g), _centred(pair.u)
    smallest = np.linalg.svd(g, compute_uv=False)[-1]
    if smallest > 1e-4:
        error = pair.f - pair.h @ (np.linalg.pinv(g) @ u).T
        yield (error**2).sum(axis=1).mean(), pair.squared_logit_distance / smallest**2


def logits_and_correlations(pair: Pair) -> Sides:
    if pair.has_bias or len(pair.g) - 1 < pair.f.shape[1]:
        return
    spaces = [np.linalg.qr(x)[0] for x in (pair.f, pair.h)]
    sigma = np.linalg.svd(spaces[0].T @ spaces[1], compute_uv=False)
    c = np.zeros(pair.f.shape[1])
    c[: len(sigma)] = np.minimum(sigma, 1)
    moments = np.linalg.svd(pair.logits[0], compute_uv=False)[: len(c)] ** 2 / len(pair.f)
    yield (moments[: len(c)] * (1 - c[: len(moments)] ** 2)).sum(), pair.squared_logit_distance


def _differences(pair: Pair) -> np.ndarray:
    return pair.logits[0] - pair.logits[1]


def divergence_by_range(pair: Pair) -> Sides:
    yield pair.kl.mean(), (np.ptp(_differences(pair), axis=1) ** 2).mean() / 8


def range_by_logits(pair: Pair) -> Sides:
    if len(pair.g) > 2:
        yield (np.ptp(_differences(pair), axis=1) ** 2).mean() / 8, pair.squared_logit_distance / 4


def logits_by_divergence(pair: Pair) -> Sides:
    tau = np.exp(min(each.min() for each in pair.log_p))
    if tau > 1e-6:
        squares = ((pair.log_p[0] - pair.log_p[1]) ** 2).sum(axis=1).mean()
        yield pair.squared_logit_distance, squares
        yield squares, 2 / tau * pair.kl.mean()


def sets_by_logits(pair: Pair) -> Sides:
    for m in range(1, pair.z.shape[1] + 1):
        for labels in pair.sets(m):
            psi = (pair.psi[0] + pair.psi[1])[list(labels)].min() / len(pair.f) ** 0.5
            yield pair.d_svd(labels), 2 * (1 + 1 / m) * pair.squared_logit_distance / psi**2


def _shift_scale_shape(pair: Pair) -> float:
    shift = [(log_p[:, 1:] - log_p[:, :1]).mean(axis=0) for log_p in pair.log_p]
    psi, other = (each / len(pair.f) ** 0.5 for each in pair.psi)
    return float(((shift[0] - shift[1]) ** 2 + (psi - other) ** 2 + psi * other * pair.delta**2).sum())


def three_parts_above(pair: Pair) -> Sides:
    yield pair.squared_logit_distance, _shift_scale_shape(pair)


def three_parts_below(pair: Pair) -> Sides:
    if len(pair.g) > 2:
        yield _shift_scale_shape(pair), len(pair.g) * pair.squared_logit_distance


def divergence_above(pair: Pair) -> Sides:
    squares = (pair.log_p[0] - pair.log_p[1]) ** 2
    yield from zip((np.exp(np.minimum(*pair.log_p)) * squares).sum(axis=1) / 2, pair.kl, strict=True)


def divergence_below(pair: Pair) -> Sides:
    squares = (pair.log_p[0] - pair.log_p[1]) ** 2
    yield from zip(pair.kl, (np.exp(np.maximum(*pair.log_p)) * squares).sum(axis=1) / 2, strict=True)


def competing_labels(pair: Pair) -> Sides:
    """All inputs are B, and tau the least probability of the m + 1 labels."""
    least = np.minimum(*pair.log_p).min(axis=0)
    for m in range(1, pair.z.shape[1] + 1):
        for labels in pair.sets(m):
            chosen = list(labels)
            tau = np.exp(min(least[0], least[1:][chosen].min()))
            psi = (pair.psi[0] + pair.psi[1])[chosen].min() / len(pair.f) ** 0.5
            if tau > 1e-9:
                yield pair.d_svd(labels), 4 * (1 + 1 / m) * pair.kl.mean() / (tau * psi**2)


@dataclass(frozen=True)
class Statement:
    name: str
    says: str
    sides: Callable[[Pair], Sides]
    witnesses: tuple[Callable[[], tuple[Representations, Representations]], ...] = ()


SWAPPED = tuple(
    lambda m=m, k=k, d=d: swapped_normaliser(m, k, distance=d)
    for m, k, d in ((1, 2, 0.1), (2, 3, 0.3), (3, 5, 0.5), (5, 6, 0.7))
)
ANGLES = tuple(lambda m=m: two_angles(m, sine=0.5) for m in (2, 3, 4, 6))

STATEMENTS = (
    Statement("A1", "d_fg <= 2 d_LLV²", quadratic, SWAPPED),
    Statement("A1, term 1", "d_SVD of f <= 2 T1²", quadratic_without_term_2, SWAPPED),
    Statement("A2 left", "max(delta/2, nu) <= T1", term_at_least, SWAPPED),
    Statement("A2 right", "T1 <= delta + nu", term_at_most),
    Statement("A2, factor 3", "T1 <= 3 max(delta/2, nu)", three_times),
    Statement("A2, sets", "d_SVD(S) <= delta²/2", by_ratio_distance, SWAPPED),
    Statement("A3", "d_SVD(S) <= 1 - mean of the m least abs(rho)", certificate, SWAPPED),
    Statement("A3, spectra", "sum (sqrt a - sqrt b)²/2m <= d_SVD(S)", by_spectra),
    Statement("A3, norm", "1 - norm(C)/sqrt m <= d_SVD(S)", by_frobenius),
    Statement("E left", "sin Theta <= sin theta", angles_left),
    Statement("E right", "sin theta <= (2m - 1) sin Theta", angles_right, ANGLES),
    Statement("E corollary, left", "sqrt(D/2) <= T1", corollary_left),
    Statement("E corollary, right", "T1 <= 2(2r - 1) sqrt D + nu", corollary_right),
    Statement("C2", "1 - mean c² <= mean(1 - rho²)/kappa", mean_correlation),
    Statement("C2, least", "1 - c_min² <= m delta²/lambda_M", least_correlation),
    Statement("C2, white", "mean rho_k² <= mean c²", white_contrasts),
    Statement("C3", "1 - CKA <= 2(1 + sqrt m) d_SVD(S)", kernel_alignment),
    Statement("C4", "rms(s - s^) <= sum abs(alpha) sqrt(1 - rho²)", probe),
    Statement("D1", "d_rep² <= max norm(L^-1)² 2M/(K-1) d_logit²", maps_of_label_sets),
    Statement("D2", "E(f - G^+ G' f')² <= d_logit²/sigma_min(G)²", least_squares_map),
    Statement("D3", "sum lambda_k (1 - c_k²) <= d_logit²", logits_and_correlations),
    Statement("D4 left", "d_KL <= E(range Delta)²/8", divergence_by_range),
    Statement("D4 right", "E(range Delta)²/8 <= d_logit²/4", range_by_logits),
    Statement("D5", "d_logit² <= E sum Delta² <= (2/tau) d_KL", logits_by_divergence),
    Statement("D6", "d_SVD(S) <= 2(1 + 1/m) d_logit²/min(psi + psi')²", sets_by_logits),
    Statement("D7 left", "d_logit² <= shift + scale + shape", three_parts_above),
    Statement("D7 right", "shift + scale + shape <= K d_logit²", three_parts_below),
    Statement("F left", "sum min(p, p') Delta²/2 <= KL", divergence_above),
    Statement("F right", "KL <= sum max(p, p') Delta²/2", divergence_below),
    Statement("F'", "d_SVD <= 4(1 + 1/m) E KL/(tau min(psi + psi')²)", competing_labels),
)


def ratio_of(statement: Statement, pair: Pair) -> float:
    """The largest ratio of the two sides; 0 where the statement says nothing of the pair."""
    if not pair.usable:
        return 0.0
    return max((float(low / high) for low, high in statement.sides(pair) if high > LEAST), default=0.0)


# -- pairs -------------------------------------------------------------------------------------------------------------


def random_pair(rng: np.random.Generator) -> Pair:
    """Models that are unrelated, near each other, near twins, flat, of large or small logits, heavy-tailed; of equal or
    different dimensions, with or without a bias."""
    m, n = int(rng.integers(1, 4)), int(rng.integers(4, 16))
    k = int(rng.integers(2, m + 5))
    draw = rng.standard_normal if rng.random() < 0.8 else lambda size: rng.standard_t(2, size)
    f, g = draw((n, m)), draw((k, m))
    other_dim = m if rng.random() < 0.7 else int(rng.integers(1, 4))
    if rng.random() < 0.5 or other_dim != m:
        h, u = draw((n, other_dim)), draw((k, other_dim))
    else:
        matrix = np.eye(m) if rng.random() < 0.5 else rng.standard_normal((m, m)) + 2 * np.eye(m)
        noise = 10 ** rng.uniform(-3, 0)
        h = f @ matrix.T + noise * draw((n, m))
        u = np.linalg.solve(matrix.T, g.T).T + noise * draw((k, m))
    if rng.random() < 0.3:
        shape = 10 ** rng.uniform(-2, 0, m)
        f = f * shape
        h = h * (shape if other_dim == m else 1.0)
    scale = 10 ** rng.uniform(-1.5, 1.0)
    bias, other_bias = np.zeros(k), np.zeros(k)
    if rng.random() < 0.3:
        bias, other_bias = rng.standard_normal(k), rng.standard_normal(k)
    return Pair(scale * f, g, bias, scale * h, u, other_bias)


def moved(pair: Pair, step: float, rng: np.random.Generator) -> Pair:
    """The pair with a normal step, relative to each array's size, in one array or all."""
    arrays = []
    chosen = int(rng.integers(len(pair.arrays) + 1))
    for place, x in enumerate(pair.arrays):
        size = np.abs(x).mean()
        if chosen in (place, len(pair.arrays)) and size > 0:
            mask = rng.random(x.shape) < rng.choice([0.2, 1.0])
            x = x + step * size * mask * rng.standard_normal(x.shape)
        arrays.append(x)
    return Pair(*arrays)


@dataclass(frozen=True)
class Found:
    tried: int
    random: float
    improved: float
    witness: float | None

    @property
    def holds(self) -> bool:
        return max(self.random, self.improved, self.witness or 0.0) <= 1 + TOLERANCE


def search(statement: Statement, evaluations: int, seed: int) -> Found:
    """A third of the evaluations on random pairs, the rest on improving the worst of them."""
    rng = np.random.default_rng(seed)
    ranked: list[tuple[float, Pair]] = []
    for _ in range(evaluations // 3):
        pair = random_pair(rng)
        ranked = sorted([*ranked, (ratio_of(statement, pair), pair)], key=lambda each: -each[0])[:STARTS]
    best = largest = ranked[0][0]
    tries = (evaluations - evaluations // 3) // len(ranked)
    for ratio, pair in ranked:
        step = 0.3
        for _ in range(tries):
            candidate = moved(pair, step, rng)
            found = ratio_of(statement, candidate)
            if found > ratio:
                ratio, pair, step = found, candidate, min(1.0, 1.6 * step)
            else:
                step = max(1e-6, 0.96 * step)
        largest = max(largest, ratio)
    witness = max((ratio_of(statement, Pair.of(make())) for make in statement.witnesses), default=None)
    return Found(evaluations // 3 + tries * len(ranked), best, largest, witness)


def shared_direction() -> tuple[float, float]:
    """C1 is no bound: how close d_LLV and how low mean CCA is at its pair; term 1 for the worst pivot (term 2 is 0)."""
    pair = Pair.of(one_shared_direction(2, eta=0.001))
    order = [np.roll(np.arange(len(pair.g)), -shift) for shift in range(len(pair.g))]
    terms = [Pair(pair.f, pair.g[o], pair.bias, pair.h, pair.u[o], pair.other_bias).term_1 for o in order]
    return max(terms), float(np.sqrt(pair.squared_correlations).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--evaluations", type=int, default=3000, help="pairs a statement (default 3000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=[""], help="starts of the names of statements")
    parser.add_argument("--check", action="store_true", help="exit code 1 where a statement fails")
    options = parser.parse_args()
    print(
        "| statement | | pairs | random | improved | at the witness | holds |\n|---|---|---|---|---|---|---|"
    )
    holds = True
    for statement in STATEMENTS:
        if not statement.name.startswith(tuple(options.only)):
            continue
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = search(statement, options.evaluations, options.seed)
        holds = holds and found.holds
        witness = "" if found.witness is None else f"{found.witness:.9f}"
        print(
            f"| {statement.name} | {statement.says} | {found.tried:,} | {found.random:.6f} | {found.improved:.6f} "
            f"| {witness} | {'yes' if found.holds else 'NO'} |",
            flush=True,
        )
    if "C1".startswith(tuple(options.only)):
        term, cca = shared_direction()
        print(f"\nC1, M = 2, eta = .001: term 1 at most {term:.5f} for every pivot, mean CCA {cca:.6f}.")
    return int(options.check and not holds)


if __name__ == "__main__":
    sys.exit(main())
