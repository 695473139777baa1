"""Speed of comparisons against one partial-least-squares fit a label subset, and of the exact input search.

    python benchmarks/comparison.py                  # about twenty seconds
    python benchmarks/comparison.py --json           # the same for machines
    python benchmarks/comparison.py --check          # exit code 1 where a requirement is missed

The naive way takes d_{f,g} as its definition reads: for each label subset form L^T f in both models, standardise, fit
scikit-learn's PLSSVD, and read the singular values off the covariances of its scores. `compare` takes the same d_{f,g}
and every other measure besides. They take turns in one run, and their values are compared. The median of the turns
counts; set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS to fix the threads of both.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
from sklearn.cross_decomposition import PLSSVD
from threadpoolctl import threadpool_info

import repsim_core as rc

INPUTS, LABELS, DIM, MODELS = 10_000, 10, 5, 10
SEARCH_INPUTS, SEARCH_SIZES = 2_000, ((6, 2), (10, 5))
Arrays = tuple[np.ndarray, np.ndarray]


def arrays(n: int, k: int, m: int, seed: int, noise: float = 0.3) -> Arrays:
    """A model of a family: the same normal embeddings and unembeddings for every seed, plus noise of its own."""
    shared, own = np.random.default_rng(0), np.random.default_rng(seed + 1)
    f, g = (shared.standard_normal(shape) + noise * own.standard_normal(shape) for shape in ((n, m), (k, m)))
    return f, g


def plssvd_dissimilarity(z: np.ndarray, w: np.ndarray) -> float:
    """d_SVD by a fit of scikit-learn, which standardises by itself."""
    scores = PLSSVD(n_components=z.shape[1]).fit_transform(z, w)
    covariances = [np.cov(scores[0][:, i], scores[1][:, i])[0, 1] for i in range(z.shape[1])]
    return 1.0 - sum(covariances) / z.shape[1]


def naive_dissimilarities(a: Arrays, b: Arrays, pivot: int, left_out: int | None, input_set) -> list[float]:
    """d_SVD of each label subset in lexicographic order, then that of the unembeddings."""
    (f, g), (h, u) = a, b
    kept = [y for y in range(len(g)) if y not in (pivot, left_out)]
    found = []
    for labels in combinations(kept, g.shape[1]):
        big_l, big_l_other = ((x[list(labels)] - x[pivot]).T for x in (g, u))
        found.append(plssvd_dissimilarity(f @ big_l, h @ big_l_other))
    x0, *others = input_set
    big_n, big_n_other = ((x[others] - x[x0]).T for x in (f, h))
    return [*found, plssvd_dissimilarity(g @ big_n, u @ big_n_other)]


def models(*of: Arrays) -> list[rc.Representations]:
    """Made anew, because models keep what comparisons have in common (log-probabilities, a basis)."""
    return [rc.Representations(*one) for one in of]


def in_turns(repeats: int, *works: tuple[Callable[[], Callable[[], object]], int]) -> list[float]:
    """Median seconds of each work, which a turn does so many times running, after one turn that does not count.

    A work is what its maker returns; making it is not timed.
    """
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repeats + 1):
        for (make, number), record in zip(works, seconds, strict=True):
            ready = [make() for _ in range(number)]
            start = time.perf_counter()
            for work in ready:
                work()
            record.append((time.perf_counter() - start) / number)
    return [statistics.median(record[1:]) for record in seconds]


def search(k: int, m: int, noise: float) -> rc.LLVDistance:
    pair = models(*(arrays(SEARCH_INPUTS, k, m, seed, noise) for seed in (0, 1)))
    return rc.llv_distance(*pair, input_set="exact")


def peak_of_search(k: int, m: int) -> float:
    """By how many MB an exact search raises the largest memory of this process, which did a small one before."""

    def peak() -> float:
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size / (2**20 if sys.platform == "darwin" else 2**10)

    rc.llv_distance(*models(*(arrays(100, k, m, seed) for seed in (0, 1))), input_set="exact")
    before = peak()
    search(k, m, 0.3)
    return peak() - before


def measure(repeats: int) -> list[dict[str, object]]:
    """One row a figure: name, value, unit, and what is required of it (or None)."""
    rows: list[dict[str, object]] = []

    def row(
        name: str, value: float, unit: str, least: float | None = None, most: float | None = None
    ) -> None:
        met = (least is None or value >= least) and (most is None or value <= most)
        wanted = None if least is most is None else (f">= {least:g}" if most is None else f"<= {most:g}")
        rows.append({"name": name, "value": value, "unit": unit, "required": wanted, "met": met})

    with multiprocessing.get_context("spawn").Pool(
        1, maxtasksperchild=1
    ) as pool:  # first: a child inherits its parent's peak
        for k, m in SEARCH_SIZES:
            megabytes = pool.apply(peak_of_search, (k, m))
            row(f"exact search, N = {SEARCH_INPUTS:,}, K = {k}, M = {m}: additional memory", megabytes, "MB")

    a, b = (arrays(INPUTS, LABELS, DIM, seed) for seed in (0, 1))
    comparison = rc.compare(*models(a, b))
    naive = naive_dissimilarities(a, b, **comparison.llv.sets)
    ours = [
        *comparison.representation.embedding_dissimilarities,
        comparison.representation.unembedding_dissimilarity,
    ]
    size = f"N = {INPUTS:,}, K = {LABELS}, M = {DIM}"
    sets, used = comparison.llv.sets, models(a, b)

    def fresh(measure: Callable[..., object], **options) -> Callable[[], Callable[[], object]]:
        return lambda: partial(measure, *models(a, b), **options)

    slow, first, again, only = in_turns(
        repeats,
        (lambda: partial(naive_dissimilarities, a, b, **sets), 1),
        (fresh(rc.compare), 10),
        (lambda: partial(rc.compare, *used), 10),
        (fresh(rc.representation_distance, **sets), 10),
    )
    row(f"{size}: {len(naive)} PLSSVD fits", 1e3 * slow, "ms")
    row("  compare: every measure", 1e3 * again, "ms")
    row("    times faster", slow / again, "x", least=30.0)
    row("  compare: the first time, nothing kept of earlier comparisons", 1e3 * first, "ms")
    row("    times faster", slow / first, "x")
    row("  representation_distance alone, the first time", 1e3 * only, "ms")
    row("    times faster", slow / only, "x")
    row("  largest difference in d_SVD", float(np.abs(np.array(ours) - naive).max()), "", most=1e-9)

    family = [arrays(INPUTS, LABELS, DIM, seed) for seed in range(MODELS)]
    (seconds,) = in_turns(max(3, repeats // 3), (lambda: partial(rc.compare_all, models(*family)), 1))
    row(f"all {MODELS * (MODELS - 1) // 2} pairs of {MODELS} models", seconds, "s", most=3.0)

    for k, m in SEARCH_SIZES:
        for noise, what in ((0.3, "related"), (100.0, "unrelated")):
            (seconds,) = in_turns(
                max(3, repeats // 3), (lambda k=k, m=m, noise=noise: partial(search, k, m, noise), 1)
            )
            name = f"exact search, N = {SEARCH_INPUTS:,}, K = {k}, M = {m}, {what} models"
            row(name, seconds, "s", most=2.0)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="turns that count (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a requirement is missed")
    options = parser.parse_args()
    rows = measure(options.repeats)
    threads = max(library["num_threads"] for library in threadpool_info())
    if options.json:
        print(json.dumps({"threads": threads, "repeats": options.repeats, "rows": rows}, indent=2))
    else:
        width = max(len(str(row["name"])) for row in rows)
        print(f"medians of {options.repeats} turns (searches and pairs: a third), {threads} thread(s)")
        for row in rows:
            wanted = (
                "" if row["required"] is None else f"  {row['required']}: {'yes' if row['met'] else 'NO'}"
            )
            print(f"{row['name']:<{width}}  {row['value']:>10.4g} {row['unit']:<2}{wanted}")
    return 1 if options.check and not all(row["met"] for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
