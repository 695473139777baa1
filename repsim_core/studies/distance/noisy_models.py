"""Models and copies of them with noise, a factor or a turn: the runs of the chapter "Distance"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.constructions import noisy_copy, permuted_circles, swapped_normaliser
from repsim_core.measures.bounds import linear_bound, quadratic_bound
from repsim_core.measures.canonical import mean_cca
from repsim_core.measures.comparison import compare
from repsim_core.measures.distances import llv_distance
from repsim_core.measures.similarity import representation_distance
from repsim_core.representations import Representations

_BOTH = ["d_kl", "d_kl_reverse"]
# Rounding, by which a measured value may exceed its bound.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12


def noisy_copies(
    classes: Iterable[int],
    noises: Iterable[float],
    *,
    rho: float,
    inputs_per_class: int,
    seed: int,
    **options: Any,
) -> pd.DataFrame:
    """Each circle of labels against copies of it with more and more noise.

    Args:
        classes: the numbers of labels K.
        noises: deviations.
        rho, inputs_per_class: as for `permuted_circles`.
        seed: of the circle and the search for sets; copy i takes seed + 1 + i.
        options: as for `compare`.

    Returns:
        Columns classes, noise, d_kl, d_kl_reverse, d_llv, d_fg, quadratic, linear (the bounds).
    """
    noises = list(noises)
    rows = []
    for count in classes:
        clean, _ = permuted_circles(count, rho=rho, inputs_per_class=inputs_per_class, seed=seed)
        for i, noise in enumerate(noises):
            c = compare(clean, noisy_copy(clean, noise, seed=seed + 1 + i), seed=seed, **options)
            bounds = c.quadratic_bound, c.linear_bound
            rows.append((count, noise, c.d_kl, c.d_kl_reverse, c.d_llv, c.d_fg, *bounds))
    columns = ["classes", "noise", *_BOTH, "d_llv", "d_fg", "quadratic", "linear"]
    return pd.DataFrame(rows, columns=columns)


def bound_curves(d_llv: pd.Series, dim: int, *, points: int = 200, reach: float = 2.0) -> pd.DataFrame:
    """Both bounds from the least to the largest distance and a factor further: columns d_llv, linear, quadratic."""
    grid = np.geomspace(d_llv.min() / reach, d_llv.max() * reach, points)
    return pd.DataFrame(
        {
            "d_llv": grid,
            "linear": [linear_bound(d, dim) for d in grid],
            "quadratic": [quadratic_bound(d) for d in grid],
        }
    )


def with_bounds(pairs: pd.DataFrame, dim: int) -> pd.DataFrame:
    """Pairs with columns linear and quadratic, the bounds that follow from their d_llv."""
    d = pairs["d_llv"]
    return pairs.assign(
        linear=[linear_bound(each, dim) for each in d], quadratic=[quadratic_bound(each) for each in d]
    )


def above(pairs: pd.DataFrame, bound: str) -> pd.Series:
    """Which pairs have a d_fg above a bound, the column of that name, by more than rounding."""
    return pairs["d_fg"] > pairs[bound] * (1 + _RELATIVE) + _ABSOLUTE


def bound_shares(pairs: pd.DataFrame) -> pd.DataFrame:
    """How often each bound says something, by K.

    Args:
        pairs: from `noisy_copies`.

    Returns:
        A row for each K: K, linear < 1, quadratic < 1, only it (shares of the pairs), violations of the quadratic
        bound, max ratio of d_fg to it.
    """
    rows = []
    for count, own in pairs.groupby("classes"):
        linear, quadratic = own["linear"] < 1, own["quadratic"] < 1
        ratio = (own["d_fg"] / own["quadratic"]).max()
        only = (quadratic & ~linear).mean()
        rows.append((count, linear.mean(), quadratic.mean(), only, above(own, "quadratic").sum(), ratio))
    columns = ["K", "linear < 1", "quadratic < 1", "only it", "violations", "max ratio"]
    return pd.DataFrame(rows, columns=columns)


def attained(dims: Iterable[int], distances: Iterable[float], *, weight: float) -> pd.DataFrame:
    """The pair that meets the quadratic bound, for dimensions and distances.

    Returns:
        Columns M, d (what was asked for), d_llv, d_fg (measured over the same sets), and ratio and ratio_linear, the
        shares of the two bounds that are reached.
    """
    distances = list(distances)
    rows = []
    for dim in dims:
        for d in distances:
            a, b = swapped_normaliser(dim, distance=d)
            sets: dict[str, Any] = {"pivot": 0, "labels": "all", "input_set": range(dim + 1)}
            d_llv = llv_distance(a, b, weight=weight, **sets).value
            d_fg = representation_distance(a, b, **sets).value
            rows.append((dim, d, d_llv, d_fg, d_fg / quadratic_bound(d_llv), d_fg / linear_bound(d_llv, dim)))
    return pd.DataFrame(rows, columns=["M", "d", "d_llv", "d_fg", "ratio", "ratio_linear"])


def conditioning(model: Representations, input_set: Sequence[int]) -> float:
    """The smallest singular value of N over the sum of all, 0 to 1/M: N has an input set's displaced embeddings."""
    sigma = np.linalg.svd(to_numpy(model.input_matrix(input_set)), compute_uv=False)
    return float(sigma[-1] / sigma.sum())


def sampled_searches(
    a: Representations, b: Representations, counts: Sequence[int], repeats: int, labels: Mapping[str, int]
) -> pd.DataFrame:
    """Term 2 of the best of so many random input sets, drawn again and again.

    Args:
        a, b: two models.
        counts: how many sets a search draws.
        repeats: searches of each.
        labels: pivot and left_out, which stay.

    Returns:
        Columns sets, low, median, high (the quantiles .1, .5, .9) and best (the least).
    """
    rows = []
    for count in counts:
        searches = (
            llv_distance(a, b, num_samples=count, seed=s, pivot=labels["pivot"], left_out=labels["left_out"])
            for s in range(repeats)
        )
        found = np.array([each.input_term for each in searches], dtype=float)
        rows.append((count, *np.quantile(found, [0.1, 0.5, 0.9]), found.min()))
    return pd.DataFrame(rows, columns=["sets", "low", "median", "high", "best"])


def exact_searches(
    a: Representations, b: Representations, floors: Sequence[float], labels: Mapping[str, int]
) -> pd.DataFrame:
    """What the exact search finds under floors on the conditioning: columns floor, term, conditioning, d_SVD of g."""
    rows = []
    for floor in floors:
        d = llv_distance(
            a,
            b,
            input_set="exact",
            min_conditioning=floor,
            pivot=labels["pivot"],
            left_out=labels["left_out"],
        )
        quality = min(conditioning(model, d.input_set or ()) for model in (a, b))
        side = representation_distance(a, b, **d.sets).unembedding_dissimilarity
        rows.append((floor, d.input_term, quality, side))
    return pd.DataFrame(rows, columns=["floor", "term", "conditioning", "d_SVD of g"])


def scaled(
    starts: Mapping[str, Representations], factors: Iterable[float], *, weight: float, seed: int
) -> pd.DataFrame:
    """Models against themselves with all embeddings multiplied by a factor.

    Returns:
        Columns model, factor, d_llv, term_2, d_fg, d_kl, d_kl_reverse.
    """
    factors = list(factors)
    rows = []
    for name, start in starts.items():
        for factor in factors:
            end = Representations(factor * start.embeddings, start.unembeddings)
            c = compare(start, end, weight=weight, seed=seed)
            rows.append((name, factor, c.d_llv, c.llv.input_term, c.d_fg, c.d_kl, c.d_kl_reverse))
    return pd.DataFrame(rows, columns=["model", "factor", "d_llv", "term_2", "d_fg", *_BOTH])


def turned(model: Representations, degrees: float) -> Representations:
    """A model in the plane with embeddings and unembeddings turned against each other, each by half of an angle."""
    half = np.deg2rad(degrees) / 2
    turn = np.array([[np.cos(half), np.sin(half)], [-np.sin(half), np.cos(half)]])
    return Representations(to_numpy(model.embeddings) @ turn, to_numpy(model.unembeddings) @ turn.T)


def turns(model: Representations, angles: Iterable[float], *, weight: float, seed: int) -> pd.DataFrame:
    """A model against itself turned: columns angle, cca_f, cca_g, d_llv, d_fg, d_kl, d_kl_reverse."""
    rows = []
    for degrees in angles:
        other = turned(model, degrees)
        c = compare(model, other, weight=weight, seed=seed)
        cca = c.mean_cca, mean_cca(model.unembeddings, other.unembeddings)
        rows.append((degrees, *cca, c.d_llv, c.d_fg, c.d_kl, c.d_kl_reverse))
    return pd.DataFrame(rows, columns=["angle", "cca_f", "cca_g", "d_llv", "d_fg", *_BOTH])


def noise_and_order(
    norms: Iterable[float], noises: Iterable[float], *, inputs_per_class: int, seed: int, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """At each norm of the unembeddings: a circle of seven labels against noisy copies, and against its permuted twin.

    Returns:
        Of the copies and of the twins, columns rho, d_llv, d_kl, d_kl_reverse, d_fg.
    """
    noises = list(noises)
    of_noise, of_order = [], []
    for rho in norms:
        clean, permuted = permuted_circles(7, rho=rho, inputs_per_class=inputs_per_class, seed=seed)
        copies = [noisy_copy(clean, noise, seed=seed + 1 + i) for i, noise in enumerate(noises)]
        for rows, others in ((of_order, [permuted]), (of_noise, copies)):
            for other in others:
                c = compare(clean, other, seed=seed, **options)
                rows.append((rho, c.d_llv, c.d_kl, c.d_kl_reverse, c.d_fg))
    columns = ["rho", "d_llv", *_BOTH, "d_fg"]
    return pd.DataFrame(of_noise, columns=columns), pd.DataFrame(of_order, columns=columns)


def settling(
    unembeddings: Any,
    classes: int,
    inputs_per_class: Sequence[int],
    *,
    rho: float,
    noise: float,
    draws: int,
    seed: int,
    **options: Any,
) -> pd.DataFrame:
    """Terms 1 and 2 between a circle and a noisy copy over redraws of the inputs and of the noise on their embeddings.

    Args:
        unembeddings: of the copy, which stay.
        classes, rho: of the circle.
        inputs_per_class: numbers to try; those that are there twice count once.
        noise: on the embeddings.
        draws: redraws for each number, at least 2.
        seed: of the first draw and of the search for sets.
        options: as for `llv_distance`.

    Returns:
        A row for each number and term: inputs (of all classes), term, mean, spread (deviation over redraws).
    """
    rows = []
    for inputs in dict.fromkeys(inputs_per_class):
        terms = []
        for draw in range(draws):
            start, _ = permuted_circles(classes, rho=rho, inputs_per_class=inputs, seed=seed + draw)
            copy = noisy_copy(start, noise, seed=seed + 1000 + draw)
            end = Representations(copy.embeddings, unembeddings)
            d = llv_distance(start, end, seed=seed, **options)
            terms.append((d.label_term, d.input_term))
        values = np.array(terms)
        for name, mean, spread in zip(
            ("term 1 (labels)", "term 2 (inputs)"),
            values.mean(axis=0),
            values.std(axis=0, ddof=1),
            strict=True,
        ):
            rows.append((inputs * classes, name, mean, spread))
    return pd.DataFrame(rows, columns=["inputs", "term", "mean", "spread"])
