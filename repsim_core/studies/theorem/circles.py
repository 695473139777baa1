"""The pairs of Theorem 3.1 over the norm of their unembeddings: what is measured, and how fast d_KL has to fall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64
from scipy.special import ndtri

from repsim_core.arrays import as_real
from repsim_core.beyond_standard import to_numpy
from repsim_core.constructions import CIRCLE_EXCESS, CIRCLE_LENGTH, CIRCLE_OFFSET
from repsim_core.measures.comparison import compare
from repsim_core.measures.distances import divergences, llv_distance
from repsim_core.representations import Representations

Pair = tuple[Representations, Representations]
MEASURED = ("d_kl", "d_llv", "mean_cca", "max_d_svd_f")
"""The columns of the paper's Table 1."""
# Smaller divergences are lost in rounding.
_RESOLVED = 1e-12


def norms(least: float, largest: float, step: float) -> Float64[np.ndarray, " norms"]:
    """From the least norm in equal steps to the largest."""
    return least + step * np.arange(int((largest - least) / step + 1e-9) + 1)


def measured(pair: Pair, rho: float, *, weight: float, seed: int) -> dict[str, float]:
    """A row of Table 1: distances both ways, losses and accuracies of both models, similarity of the embeddings.

    Args:
        pair: both models, with labels.
        rho: the norm of their unembeddings.
        weight, seed: as for `compare`.
    """
    a, b = pair
    c = compare(a, b, weight=weight, seed=seed)
    return {
        "rho": float(rho),
        "d_kl": c.d_kl,
        "d_kl_reverse": c.d_kl_reverse,
        "nll_1": a.loss(),
        "nll_2": b.loss(),
        "d_llv": c.d_llv,
        "mean_cca": c.mean_cca,
        "max_d_svd_f": float(c.representation.embedding_dissimilarities.max()),
        "accuracy_1": a.accuracy(),
        "accuracy_2": b.accuracy(),
    }


def redrawn(
    models: Callable[[float, int], Pair],
    rhos: Iterable[float],
    seeds: Iterable[int],
    *,
    weight: float,
) -> pd.DataFrame:
    """Table 1 with inputs drawn anew: for each norm the mean, std, min and max over draws of each measure.

    Args:
        models: from a norm and a seed to both models.
        rhos: the norms.
        seeds: of the draws, at least two.
        weight: as for `compare`.

    Returns:
        Columns rho, and MEASURE_mean, MEASURE_std, MEASURE_min and MEASURE_max for each of `MEASURED`.
    """
    rhos = list(rhos)
    rows = [measured(models(rho, seed), rho, weight=weight, seed=seed) for seed in seeds for rho in rhos]
    spread = pd.DataFrame(rows).groupby("rho")[list(MEASURED)].agg(["mean", "std", "min", "max"])
    spread.columns = ["_".join(pair) for pair in spread.columns]
    return spread.reset_index()


def curve(
    models: Callable[[float], Pair], rhos: Iterable[float], *, weight: float, seed: int
) -> pd.DataFrame:
    """d_KL in both directions and d_LLV over norms: columns rho, d_kl, d_kl_reverse, d_llv."""
    rows = []
    for rho in rhos:
        pair = models(rho)
        rows.append((float(rho), *divergences(*pair), float(llv_distance(*pair, weight=weight, seed=seed))))
    return pd.DataFrame(rows, columns=["rho", "d_kl", "d_kl_reverse", "d_llv"])


def leading_order(rho: float, permutation: Sequence[int], *, nodes: int = 16) -> float:
    """What d_KL of permuted circles comes to for large norms, in expectation over offsets and lengths:

        E_x sum_{y != k} ( e_y log(e_y/e'_y) - e_y + e'_y ),

    where e_y and e'_y are the odds of label y against the input's own k in the two models (equation "the leading order"
    of the chapter Theorem). Gauss–Legendre quadrature.

    Args:
        rho: the norm of the unembeddings, positive.
        permutation: whose place each label takes in model 2.
        nodes: of the quadrature, in each variable.
    """
    rho, classes = as_real(rho, "rho"), len(permutation)
    t, w = np.polynomial.legendre.leggauss(nodes)
    offset, w = CIRCLE_OFFSET * t, w / 2
    # Quantiles at the nodes of the length plus the size of a normal variable.
    lengths = CIRCLE_LENGTH + CIRCLE_EXCESS * ndtri((3 + t) / 4)
    first, second = np.arange(classes), np.array(permutation)
    # Axes: class, label, length, offset in model 1, offset in model 2.
    gap = _gaps(first, offset)[..., None, :, None]
    other = _gaps(second, offset)[..., None, None, :]
    scale = rho * lengths[:, None, None]
    odds, other_odds = np.exp(-scale * gap), np.exp(-scale * other)
    term = odds * scale * (other - gap) - odds + other_odds
    apart = np.einsum("kyrst,r,s,t->k", term, w, w, w)
    # A label that keeps its place keeps its offsets.
    shared = np.einsum("kyrss,r,s->k", term, w, w)
    return float(np.where(second == first, shared, apart).mean())


def _gaps(place: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """How much closer an input of unit length is to its own label than to another; axes class, label, offset."""
    steps = 2 * np.pi / len(place) * (place[None, :] - place[:, None])
    return np.cos(offset) - np.cos(steps[..., None] - offset)


class Margins(NamedTuple):
    """What Theorem 3.1 asks of a pair of models.

    Attributes:
        radius: R, the largest norm of an embedding.
        margin: m, how much better an embedding's own direction does than any other one, at least.
    """

    radius: float
    margin: float


def margins(pair: Pair, rho: float) -> Margins:
    """R and m of two models with labels, whose unembeddings are rho times unit vectors."""
    radius, least = 0.0, np.inf
    for model in pair:
        f, labels = to_numpy(model.embeddings), to_numpy(model.labels)
        scores = f @ to_numpy(model.unembeddings).T / rho
        own = np.arange(model.num_labels) == labels[:, None]
        least = min(least, (scores[own] - np.where(own, -np.inf, scores).max(axis=1)).min())
        radius = max(radius, np.linalg.norm(f, axis=1).max())
    return Margins(float(radius), float(least))


def divergence_bound(
    rho: Float64[np.ndarray, " norms"], classes: int, margins: Margins
) -> Float64[np.ndarray, " norms"]:
    """d_KL <= (K - 1) (1 + (2R - m) rho) exp(-m rho), in either direction (Theorem 3.1 with constants, part 1)."""
    radius, margin = margins
    return (classes - 1) * (1 + (2 * radius - margin) * rho) * np.exp(-margin * rho)


def rates(
    table: pd.DataFrame, spread: pd.DataFrame, pair: Pair, rho: float, permutation: Sequence[int]
) -> pd.DataFrame:
    """d_KL beside what it has to come to: columns rho, d_kl, d_kl_reverse, prediction, bound, low, high.

    Args:
        table: rows of `measured`.
        spread: from `redrawn`, over the same norms.
        pair: at some norm rho of the unembeddings; the bound takes its radius and margin.
        permutation: whose place each label takes in model 2.
    """
    found = table[["rho", "d_kl", "d_kl_reverse"]].copy()
    found["prediction"] = [leading_order(each, permutation) for each in table["rho"]]
    found["bound"] = divergence_bound(table["rho"].to_numpy(), len(permutation), margins(pair, rho))
    return found.assign(low=spread["d_kl_min"].to_numpy(), high=spread["d_kl_max"].to_numpy())


def resolved(rates: pd.DataFrame) -> pd.DataFrame:
    """The rows whose d_KL is not lost in rounding."""
    return rates[rates["d_kl"] > _RESOLVED]


class Rate(NamedTuple):
    """A straight line through log(d_KL/rho) over the upper half of the norms, and what theory has in its place.

    Attributes:
        first, last: the norms of the fit.
        slope, intercept: of the line.
        predicted: the slope of the line through the leading order.
        misfit: the largest relative deviation of d_KL from the leading order.
        bound_over_measured: at the last norm.
    """

    first: float
    last: float
    slope: float
    intercept: float
    predicted: float
    misfit: float
    bound_over_measured: float


def fitted_rate(resolved: pd.DataFrame) -> Rate:
    """How fast d_KL/rho falls, from rows of `rates` with at least four norms."""
    upper = resolved.iloc[len(resolved) // 2 :]
    rho = upper["rho"].to_numpy()
    slope, intercept = np.polyfit(rho, np.log(upper["d_kl"] / rho), 1)
    predicted = np.polyfit(rho, np.log(upper["prediction"] / rho), 1)[0]
    misfit = np.abs(upper["d_kl"] / upper["prediction"] - 1).max()
    last = upper.iloc[-1]
    return Rate(
        float(rho[0]),
        float(rho[-1]),
        float(slope),
        float(intercept),
        float(predicted),
        float(misfit),
        float(last["bound"] / last["d_kl"]),
    )


class Rates(NamedTuple):
    """Rates at which the odds of a neighbouring label fall with the norm, for the shortest embeddings.

    Attributes:
        centre, edge: at the centre and at the edge of a cluster.
        crossover: the norm around which the edge takes over.
    """

    centre: float
    edge: float
    crossover: float


def neighbour_rates(classes: int) -> Rates:
    """2 r sin(α/2) sin(α/2 - δ) with α = 2π/K, at offset δ = 0 and at the largest one (equation "the gap")."""
    half = np.pi / classes
    centre, edge = (
        2 * CIRCLE_LENGTH * np.sin(half) * np.sin(half - offset) for offset in (0.0, CIRCLE_OFFSET)
    )
    return Rates(float(centre), float(edge), float(1 / (CIRCLE_LENGTH * np.sin(2 * half) * CIRCLE_OFFSET)))


class CcaLeft(NamedTuple):
    """Why mean CCA of a star is not exactly 0 on a sample.

    Attributes:
        noise: h sqrt(2/3)/sqrt(N), the size of what the offsets add.
        bias: what labels add that keep their place, and so their offsets.
    """

    noise: float
    bias: float


def cca_left(permutation: Sequence[int], inputs: int) -> CcaLeft:
    """Of permuted circles with N inputs in all."""
    kept = sum(place == k for k, place in enumerate(permutation))
    noise = CIRCLE_OFFSET * np.sqrt(2 / 3) / np.sqrt(inputs)
    return CcaLeft(float(noise), kept * CIRCLE_OFFSET**2 / (3 * len(permutation)))
