"""The head of one model on the body of another, through maps that were found with data and without.

A stitched model has the unembeddings of a, and as embeddings the images A f' + shift of those of b.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations
from math import comb
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64
from scipy.optimize import minimize
from scipy.special import log_softmax

from repsim_core.arrays import as_count
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.distances import kl_divergence
from repsim_core.measures.linear_maps import LinearMap, linear_map
from repsim_core.representations import Representations, share_equal
from repsim_core.studies.shown_models import at_inputs

# What a map was found from, in the order in which tables and figures have them.
ONE_SET, BEST_SET, ALL_LABELS, SCALED, FITTED = KINDS = (
    "M + 1 labels",
    "the best-conditioned M + 1 labels",
    "all labels",
    "all labels, scales",
    "inputs",
)
# Label sets that are tried for a pair, at most.
_SETS = 60


class Outcome(NamedTuple):
    """What a stitched model does, on inputs that no map was fitted on.

    Attributes:
        d_kl, d_kl_reverse: of its distribution from that of a, and the other way round, in nats.
        agreement: the share of inputs for which it predicts what a predicts.
        accuracy: NaN where the true labels are not known.
    """

    d_kl: float
    d_kl_reverse: float
    agreement: float
    accuracy: float


def stitched(a: Representations, b: Representations, found: LinearMap) -> Representations:
    """The head of a on the body of b, through a map."""
    return Representations(found(b.embeddings), a.unembeddings, a.labels, a.bias)


def outcome(a: Representations, other: Representations) -> Outcome:
    """How a model with the inputs and labels of a does, beside a."""
    accuracy = float("nan") if a.labels is None else other.accuracy()
    agreement = share_equal(a.predictions(), other.predictions())
    return Outcome(kl_divergence(a, other), kl_divergence(other, a), agreement, accuracy)


def fitted_map(
    a: Representations, b: Representations, inputs: Sequence[int] | Int64[np.ndarray, " n"]
) -> LinearMap:
    """The affine map from b's embeddings to a's whose stitched model has the least mean divergence from a, over some
    inputs: as a stitching layer is trained to the first model's outputs.

    It begins with least squares between the embeddings. With few inputs it fits them and nothing else.
    """
    f, g = (to_numpy(model.embeddings)[np.asarray(inputs)] for model in (a, b))
    few = at_inputs(a, np.asarray(inputs))
    target, head = np.exp(to_numpy(few.log_probs())), to_numpy(a.unembeddings)
    bias = np.zeros(len(head)) if a.bias is None else to_numpy(a.bias)
    mean, scale = g.mean(axis=0), g.std(axis=0)
    scale[scale == 0] = 1.0
    body = np.column_stack([(g - mean) / scale, np.ones(len(g))])
    start = np.linalg.lstsq(body, f)[0]

    def divergence(
        flat: Float64[np.ndarray, " parameters"],
    ) -> tuple[float, Float64[np.ndarray, " parameters"]]:
        """Up to the entropy of a, which does not depend on the map."""
        logits = body @ (flat.reshape(start.shape) @ head.T) + bias
        log_probs = log_softmax(logits, axis=1)
        slope = body.T @ ((np.exp(log_probs) - target) @ head) / len(body)
        return -float((target * log_probs).sum()) / len(body), slope.ravel()

    found = minimize(divergence, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    weights = found.x.reshape(start.shape)
    matrix = weights[:-1].T / scale
    return LinearMap(matrix, weights[-1] - matrix @ mean, f"trained on {len(f)} inputs", float("nan"))


def extrapolation(model: Representations, labels: Sequence[int]) -> Float64[np.ndarray, "others M"]:
    """The displaced unembeddings of all other labels as combinations of those of a set, the first being the pivot.

    A map from these M + 1 labels gives the log-ratios of the set those of b, and a label y outside it the combination
    sum gamma_yi r'_i: large coefficients carry what b has otherwise than a into all other labels.
    """
    g = to_numpy(model.unembeddings)
    origin, *rest = labels
    others = [y for y in range(len(g)) if y not in set(labels)]
    return np.linalg.solve((g[rest] - g[origin]).T, (g[others] - g[origin]).T).T


def label_sets(count: int, size: int, *, most: int = _SETS, seed: int = 0) -> list[tuple[int, ...]]:
    """All sets of so many labels, or as many different ones at random."""
    if comb(count, size) <= most:
        return list(combinations(range(count), size))
    rng, found = np.random.default_rng(seed), set()
    while len(found) < most:
        found.add(tuple(sorted(rng.choice(count, size, replace=False).tolist())))
    return sorted(found)


def _of_label_sets(
    a: Representations, b: Representations, most: int, seed: int
) -> Iterator[tuple[LinearMap, float]]:
    """The maps of sets of M + 1 labels, each with the largest sum of extrapolation coefficients."""
    for labels in label_sets(a.num_labels, a.dim + 1, most=most, seed=seed):
        try:
            found = linear_map(a, b, pivot=labels[0], labels=labels[1:])
            sums = np.abs(extrapolation(a, labels)).sum(axis=1)
        except (
            ValueError,
            np.linalg.LinAlgError,
        ):  # unembeddings of the set that are the same, or do not span
            continue
        yield found, float(sums.max(initial=1.0))


def stitchings(
    a: Representations,
    b: Representations,
    counts: Sequence[int],
    *,
    most: int = _SETS,
    seed: int = 0,
) -> pd.DataFrame:
    """What stitched models do, by how their map was found. Half of the inputs serve for fitting, half for this table.

    Args:
        a, b: two models with the same inputs and labels; a lends the head, b the body.
        counts: numbers of inputs that maps are fitted on, at most half of them.
        most: label sets that are tried.
        seed: of the halves, the inputs fitted on, and the label sets.

    Returns:
        A row a map: kind (in `KINDS`), inputs (fitted on, 0 for none), condition, coefficients (the largest sum over
        the coefficients of a label outside the set), and what `Outcome` says. The last rows, of kind "b itself" and
        "a itself", are of models that are not stitched.
    """
    order = np.random.default_rng(seed).permutation(a.num_inputs)
    half = len(order) // 2
    fit, rest = order[:half], order[half:]
    for count in counts:
        if as_count(count, "counts") > half:
            raise ValueError(f"counts: found {count}, expected at most half of the inputs, {half}")
    head, body = (at_inputs(model, rest) for model in (a, b))
    rows: list[dict[str, Any]] = []

    def add(kind: str, model: Representations, inputs: int = 0, **more: float) -> None:
        rows.append({"kind": kind, "inputs": inputs, **more, **outcome(head, model)._asdict()})

    def through(kind: str, found: LinearMap, inputs: int = 0, **more: float) -> None:
        add(kind, stitched(head, body, found), inputs, condition=found.condition, **more)

    sets = list(_of_label_sets(a, b, most, seed))
    for found, sums in sets:
        through(ONE_SET, found, coefficients=sums)
    if sets:
        found, sums = min(sets, key=lambda each: each[0].condition)
        through(BEST_SET, found, coefficients=sums)
    through(ALL_LABELS, linear_map(a, b))
    through(SCALED, linear_map(at_inputs(a, fit), at_inputs(b, fit), scaled=True), half)
    for count in counts:
        through(FITTED, fitted_map(a, b, fit[:count]), count)
    add("b itself", body)
    add("a itself", head)
    return pd.DataFrame(rows)


def all_stitchings(
    models: Mapping[int, Representations], counts: Sequence[int], *, most: int = _SETS, seed: int = 0
) -> pd.DataFrame:
    """`stitchings` of all ordered pairs of some models, label sets as quantiles: a row a pair and way.

    Returns:
        Columns seed_a, seed_b, kind, inputs, condition, coefficients, and those of `Outcome`; of `ONE_SET` medians over
        the sets.
    """
    found = []
    for i, j in permutations(models, 2):
        rows = stitchings(models[i], models[j], counts, most=most, seed=seed)
        rows = rows.groupby(["kind", "inputs"], sort=False, as_index=False).median()
        found.append(rows.assign(seed_a=i, seed_b=j))
    return pd.concat(found, ignore_index=True)


def by_dimension(
    dims: Sequence[int], *, labels: int, inputs: int, noise: float, sets: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Stitching pairs of models made by hand: a random model and a twin of it in other coordinates, with noise.

    Embeddings and unembeddings are independent normal numbers, unembeddings shorter by the fourth root of M and
    embeddings likewise, so that logits vary alike whatever M is.

    Args:
        dims: M of each pair.
        labels: K, at least M + 1.
        inputs: N, of which half are fitted on for comparison.
        noise: deviation of what is added to each coordinate of the second model, as a share of that of the coordinate.
        sets: of M + 1 labels that are tried.
        seed: of everything.

    Returns:
        What `stitchings` says with a column dim; maps are fitted on half of the inputs.
    """
    found = []
    for dim in dims:
        a, b = noisy_twins(dim, labels=labels, inputs=inputs, noise=noise, seed=seed)
        found.append(stitchings(a, b, [inputs // 2], most=sets, seed=seed).assign(dim=dim))
    return pd.concat(found, ignore_index=True)


def noisy_twins(
    dim: int, *, labels: int, inputs: int, noise: float, seed: int = 0
) -> tuple[Representations, Representations]:
    """The models of `by_dimension`."""
    rng = np.random.default_rng([seed, dim])
    size = 3.0**0.5 / dim**0.25  # logits have a deviation of 3
    f, g = (size * rng.standard_normal((count, dim)) for count in (inputs, labels))
    moved, turned = (each + noise * size * rng.standard_normal(each.shape) for each in (f, g))
    matrix = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    return Representations(f, g), Representations(moved, turned).linear_twin(matrix)
