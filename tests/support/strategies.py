"""Shared hypothesis strategies: pairs of models of many kinds, and how far rounding can move their distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from repsim_core import Representations

EPS = np.finfo(np.float64).eps
Arrays = tuple[np.ndarray, np.ndarray]


def arrays(n: int, k: int, m: int, seed: int, scale: float = 1.0) -> Arrays:
    """Embeddings and unembeddings with independent normal entries."""
    rng = np.random.default_rng(seed)
    return scale * rng.standard_normal((n, m)), rng.standard_normal((k, m))


def model(n: int = 20, k: int = 6, m: int = 2, seed: int = 0, scale: float = 1.0) -> Representations:
    return Representations(*arrays(n, k, m, seed, scale))


# Each kind turns a generator and the sizes into ((f, g), (f', g')).


def _independent(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    return tuple((rng.standard_normal((n, m)), rng.standard_normal((k, m))) for _ in range(2))


def _with_noise(rng: np.random.Generator, pair: Arrays, size: float) -> Arrays:
    return tuple(x + size * rng.standard_normal(x.shape) for x in pair)


def _nearly_equal(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    first, _ = _independent(rng, n, k, m)
    return first, _with_noise(rng, first, 10.0 ** rng.uniform(-7, 0))


def _nearly_twin(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    (f, g), _ = _independent(rng, n, k, m)
    matrix = rng.standard_normal((m, m)) + 2 * np.eye(m)
    twin = f @ matrix.T, np.linalg.solve(matrix.T, g.T).T
    return (f, g), _with_noise(rng, twin, 10.0 ** rng.uniform(-7, -1))


def _nearly_equal_labels(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    """Unembeddings that nearly coincide: the log-ratios between labels are nearly constant."""
    first, second = _independent(rng, n, k, m)
    shrink = 10.0 ** rng.uniform(-5, -1)
    return tuple((f, g[:1] + shrink * (g - g[:1])) for f, g in (first, second))


def _nearly_equal_inputs(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    """Embeddings that nearly coincide: the log-ratios between inputs are nearly constant."""
    first, second = _independent(rng, n, k, m)
    shrink = 10.0 ** rng.uniform(-5, -1)
    return tuple((f[:1] + shrink * (f - f[:1]), g) for f, g in (first, second))


def _flat(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    """Embeddings close to a line."""
    first, second = _independent(rng, n, k, m)
    shape = np.geomspace(1.0, 10.0 ** rng.uniform(-4, -1), m)
    return tuple((f * shape, g) for f, g in (first, second))


def _large(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    """Logits of hundreds to tens of thousands: nearly all mass on one label."""
    first, second = _independent(rng, n, k, m)
    return tuple((10.0 ** rng.uniform(1, 4) * f, g) for f, g in (first, second))


def _heavy_tailed(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    (_, g), (_, h) = _independent(rng, n, k, m)
    return (rng.standard_cauchy((n, m)), g), (rng.standard_cauchy((n, m)), h)


def _permuted(rng: np.random.Generator, n: int, k: int, m: int) -> tuple[Arrays, Arrays]:
    """The second model is the first with its inputs in another order."""
    (f, g), _ = _independent(rng, n, k, m)
    return (f, g), (f[rng.permutation(n)], g)


KINDS: dict[str, Callable[[np.random.Generator, int, int, int], tuple[Arrays, Arrays]]] = {
    kind.__name__[1:]: kind
    for kind in (
        _independent,
        _nearly_equal,
        _nearly_twin,
        _nearly_equal_labels,
        _nearly_equal_inputs,
        _flat,
        _large,
        _heavy_tailed,
        _permuted,
    )
}


def make_pair(kind: str, n: int, k: int, m: int, seed: int) -> tuple[Representations, Representations]:
    """Two models of N = n, K = k, M = m, of one of KINDS."""
    first, second = KINDS[kind](np.random.default_rng(seed), n, k, m)
    return Representations(*first), Representations(*second)


seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(sorted(KINDS))


@st.composite
def pairs(
    draw: st.DrawFn, *, max_dim: int = 5, max_inputs: int = 30, spare_labels: int = 1
) -> tuple[Representations, Representations]:
    """Two models of one kind with M = 1 .. max_dim, K = M + 1 + spare_labels or some more, N = M + 2 or more.

    With M + 2 inputs and labels or more, no configuration is forced to be degenerate.
    """
    m = draw(st.integers(1, max_dim))
    k = draw(st.integers(m + 1 + max(spare_labels, 1), m + 5))
    n = draw(st.integers(m + 3, max_inputs))
    return make_pair(draw(kinds), n, k, m, draw(seeds))


@st.composite
def sets(draw: st.DrawFn, n: int, k: int, m: int) -> dict[str, object]:
    """Explicit pivot, left-out label and input set."""
    pivot, left_out = draw(st.permutations(range(k)))[:2]
    return {
        "pivot": pivot,
        "left_out": left_out,
        "input_set": tuple(draw(st.permutations(range(n)))[: m + 1]),
    }


def logit_rounding(a: Representations) -> float:
    """How far rounding can move a log-probability: relative to the largest product of norms, not to the result."""
    f, g = (np.linalg.norm(np.asarray(x), axis=1).max() for x in (a.embeddings, a.unembeddings))
    return 16 * EPS * (1.0 + f * g)


def distance_rounding(a: Representations, b: Representations, sets: dict[str, object]) -> float:
    """How far rounding can move d_LLV over these sets.

    A log-probability that is off by delta is off by delta/psi once it is divided by psi, and psi is itself off by
    delta, which moves log p/psi (of deviation s/psi) by s/psi · delta/psi.
    """
    worst = 0.0
    for one in (a, b):
        log_p, delta = np.asarray(one.log_probs()), logit_rounding(one)
        kept = [y for y in range(one.num_labels) if y not in (sets["pivot"], sets["left_out"])]
        x0, *others = sets["input_set"]
        for table, zero, rest in ((log_p.T, sets["pivot"], kept), (log_p, x0, others)):
            psi = np.std(table[rest] - table[zero], axis=1, ddof=1)
            if not psi.all():
                return np.inf
            s = np.maximum(np.std(table[rest], axis=1, ddof=1), np.std(table[zero], ddof=1))
            worst = max(worst, float((delta / psi * (1.0 + s / psi)).max()))
    return worst
