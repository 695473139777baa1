"""Measures beside the paper's: of logits, of the maps between representations, and of embeddings as they are.

None of them has every property that the theory asks of a measure; `invariances.py` says which change of a model each
of them ignores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.arrays import as_count
from repsim_core.beyond_standard import Array, kth_smallest, namespace, rows_of, to_numpy
from repsim_core.coordinates import Centred
from repsim_core.diversity import SINGULAR
from repsim_core.measures.budgets import LABEL_SETS
from repsim_core.measures.canonical import between_columns, centred_together, observations
from repsim_core.measures.pairs import ModelPair
from repsim_core.representations import Representations, together_on_one_device

# Label sets of d_rep that are looked at, at most; and multiplications of one set in M dimensions, over M³.
_MOST_SETS = 2_000
_WORK_OF_SET = 60
# Numbers of label sets, and distances between inputs, that are held at a time.
_CHUNK = 2**21
# Of a squared distance, relative to the squares that it is the difference of.
_ROUNDING = 16 * float(np.finfo(np.float64).eps)
# Above so many inputs, comparing all pairs of them takes longer than all other measures.
MOST_NEIGHBOURS = 20_000


# -- of logits and of label sets -------------------------------------------------------------------------------------


def logit_distance(a: Representations, b: Representations) -> float:
    """The logit distance d_logit of two models (Nielsen et al., arXiv:2602.15438).

    ``d_logit² = E |u(x) - u'(x)|²``, the mean over the N inputs (divisor N), with u the logits, centred over labels:
    u_y(x) = f(x)·(g(y) - mean g) + b(y) - mean b. It is a metric of distributions: u_y is log p(y|x) less its mean over
    labels. Its unit is the logits', nats.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    a, b = together_on_one_device(a, b)
    xp = namespace(a.embeddings)
    first, second = _centred_logits(a), _centred_logits(b)
    total = sum(float(xp.sum((first(rows) - second(rows)) ** 2)) for rows in a.blocks())
    return math.sqrt(total / a.num_inputs)


def _centred_logits(model: Representations) -> Callable[[slice], Array]:
    """The logits of a block of inputs, less their mean over labels; shape (n, K)."""
    xp = namespace(model.embeddings)
    g = model.unembeddings - xp.mean(model.unembeddings, axis=0)
    bias = xp.zeros_like(g[:, 0]) if model.bias is None else model.bias - xp.mean(model.bias)
    return lambda rows: model.embeddings[rows, :] @ g.T + bias


@dataclass(frozen=True)
class RepDistance:
    """d_rep, and how far its label sets can be trusted.

    Attributes:
        median: over label sets, of the root of ``E |f - A f'|²``.
        mean: the root of the mean over label sets of ``E |f - A f'|²``; this is d_rep.
        exhaustive: whether all label sets were looked at, or a seeded sample.
        label_sets: how many were looked at.
        median_condition, worst_condition: of the M + 1 unembeddings of a set in model a, less their mean: ratio of the
            largest to the smallest singular value.
    """

    median: float
    mean: float
    exhaustive: bool
    label_sets: int
    median_condition: float
    worst_condition: float

    def __float__(self) -> float:
        return self.mean


def rep_distance(
    a: Representations, b: Representations, *, max_sets: int | None = None, seed: int = 0
) -> RepDistance:
    """The representation distance d_rep of two models (Nielsen et al., arXiv:2602.15438).

    d_rep² is the mean, over pivots y_0 and sets of M further labels, of ``E |f(x) - A f'(x)|²`` with A = L^{-T}
    L'^T, the map of Thm 2.2 that would be exact if the distributions were the same; the expectation has divisor N.
    A depends on the M + 1 labels alone and not on which of them is the pivot, so each M + 1 labels are looked at
    once. With biases b, b' the map has a shift besides, L^{-T} (b'_0 - b_0), where b_0 are the displaced biases of
    the set.

    One ill-conditioned set can make up all of the mean, so a median is beside it. A set whose L is singular in a has
    an infinite distance. The unit is that of f: of deviations of the identified coordinates where a model has
    directions that do not reach its distribution, since both are then taken in `a.essential` and `b.essential`. Not
    symmetric: b is mapped to a.

    Args:
        a, b: two models with the same inputs and labels, and of equal rank.
        max_sets: above so many label sets a sample of this size is drawn (with repetition) and the result says so.
            None: at most 2,000, and no more than take as long as the logits of a model (or about 1 s).
        seed: of the sample.

    Raises:
        TypeError, ValueError: naming the argument; also where the ranks differ, as A is no square matrix then.
    """
    limit = None if max_sets is None else as_count(max_sets, "max_sets")
    seed = as_count(seed, "seed", 0)
    pair = ModelPair(a, b)
    a, b = pair.a.essential, pair.b.essential
    if a.dim != b.dim:
        raise ValueError(
            f"b: found rank {b.dim}, expected {a.dim} as in a: d_rep needs square matrices L and L'"
        )
    if limit is None:
        limit = min(_MOST_SETS, pair.affordable(_WORK_OF_SET * a.dim**3, LABEL_SETS))
    total = math.comb(a.num_labels, a.dim + 1)
    exhaustive = total <= limit
    if exhaustive:
        sets = np.array(list(combinations(range(a.num_labels), a.dim + 1)), dtype=np.int64)
    else:
        rng = np.random.default_rng(seed)
        sets = np.array([rng.choice(a.num_labels, a.dim + 1, replace=False) for _ in range(limit)])
    squares, conditions = _errors_of_maps(a, b, sets)
    return RepDistance(
        median=float(np.median(np.sqrt(squares))),
        mean=math.sqrt(float(squares.mean())),
        exhaustive=exhaustive,
        label_sets=len(sets),
        median_condition=float(np.median(conditions)),
        worst_condition=float(conditions.max()),
    )


def _errors_of_maps(
    a: Representations, b: Representations, sets: Int64[np.ndarray, "sets size"]
) -> tuple[Float64[np.ndarray, " sets"], Float64[np.ndarray, " sets"]]:
    """E |f - A f' - shift|² of each label set, and the condition of its unembeddings in a.

    The unembeddings of a set less their mean, G_S of shape (M + 1, M), have all contrasts of its labels in their
    span, so that G_S A = G'_S has one solution, the pivot's.
    """
    xp = namespace(a.embeddings)
    f, f_other = centred_together(a.embeddings, b.embeddings)
    mean, mean_other = xp.mean(a.embeddings, axis=0), xp.mean(b.embeddings, axis=0)
    squares, conditions = [], []
    size = sets.shape[1]
    step = max(1, _CHUNK // (f.coordinates.shape[0] * size))
    for start in range(0, len(sets), step):
        chunk = sets[start : start + step]
        (g, bias), (g_other, bias_other) = (_of_sets(model, chunk) for model in (a, b))
        u, sigma, vt = xp.linalg.svd(g, full_matrices=False)
        singular = sigma[:, -1] <= SINGULAR * sigma[:, 0]
        safe = xp.where(singular[:, None], xp.ones_like(sigma), sigma)
        inverse = xp.matrix_transpose(vt) @ (xp.matrix_transpose(u) / safe[:, :, None])
        matrix, shift = inverse @ g_other, (inverse @ (bias_other - bias))[:, :, 0]
        varying = f.coordinates - f_other.coordinates @ xp.matrix_transpose(matrix)
        constant = mean - (matrix @ mean_other[:, None])[:, :, 0] - shift
        error = xp.sum(varying**2, axis=(1, 2)) / a.num_inputs + xp.sum(constant**2, axis=1)
        infinite = xp.full_like(error, xp.inf)
        squares.append(to_numpy(xp.where(singular, infinite, error)))
        conditions.append(to_numpy(xp.where(singular, infinite, sigma[:, 0] / safe[:, -1])))
    return np.concatenate(squares), np.concatenate(conditions)


def _of_sets(
    model: Representations, sets: Int64[np.ndarray, "sets size"]
) -> tuple[Float64[Array, "sets size M"], Float64[Array, "sets size 1"]]:
    """Unembeddings and biases of label sets, less their means over the set."""
    xp = namespace(model.unembeddings)
    g = rows_of(model.unembeddings, sets)
    g = g - xp.mean(g, axis=1, keepdims=True)
    if model.bias is None:
        return g, xp.zeros_like(g[:, :, :1])
    bias = rows_of(model.bias, sets)[:, :, None]
    return g, bias - xp.mean(bias, axis=1, keepdims=True)


# -- of embeddings as they are ---------------------------------------------------------------------------------------


def linear_cka(z: object, w: object) -> float:
    """Linear centred kernel alignment (Kornblith et al. 2019).

    Of centred arrays it is ``|Z^T W|_F² / (|Z^T Z|_F |W^T W|_F)``.

    Args:
        z, w: the same n >= 2 observations, shapes (n, p) and (n, q).

    Returns:
        A number from 0 (no coordinate of one is correlated with one of the other) to 1 (equal up to shift, scale and
        an orthogonal map).

    Raises:
        TypeError, ValueError: naming the argument; also where all columns are constant.
    """
    return _cka(*centred_together(*observations(z, w)))


def _cka(z: Centred, w: Centred) -> float:
    left, right = _of_norm_one(z, "z"), _of_norm_one(w, "w")
    norm = namespace(left).linalg.matrix_norm
    value = float(norm(left.T @ right)) ** 2 / (float(norm(left.T @ left)) * float(norm(right.T @ right)))
    return min(value, 1.0)


def procrustes_distance(z: object, w: object) -> float:
    """Orthogonal Procrustes distance of centred arrays, each scaled to Frobenius norm 1 (Schönemann 1966).

    The least ``| Z/|Z| - (W/|W|) Q |_F`` over orthogonal Q, whose square is ``2 - 2 |Z^T W|_* / (|Z| |W|)``. It is the
    distance itself, a metric, and not its square. Where the arrays differ in width, zero columns are added to the
    narrower.

    Args:
        z, w: the same n >= 2 observations, shapes (n, p) and (n, q).

    Returns:
        A number from 0 (equal up to shift, scale and an orthogonal map) to sqrt(2) (uncorrelated).

    Raises:
        TypeError, ValueError: naming the argument; also where all columns are constant.
    """
    return _procrustes(*centred_together(*observations(z, w)))


def _procrustes(z: Centred, w: Centred) -> float:
    left, right = _of_norm_one(z, "z"), _of_norm_one(w, "w")
    xp = namespace(left)
    width = max(left.shape[1], right.shape[1])
    left, right = (
        xp.concat((x, xp.zeros((x.shape[0], width - x.shape[1]), dtype=x.dtype, device=x.device)), axis=1)
        for x in (left, right)
    )
    u, _, vt = xp.linalg.svd(right.T @ left, full_matrices=False)
    # From the difference and not from the nuclear norm, which is 1 to rounding for close arrays.
    return min(float(xp.linalg.matrix_norm(left - right @ (u @ vt))), math.sqrt(2.0))


def mutual_neighbours(z: object, w: object, k: int = 10) -> float:
    """Mean share of an observation's k nearest neighbours that are the same in both arrays (Huh et al. 2024).

    Neighbours are those at the least Euclidean distance, the observation itself left out. (Huh et al. take the cosine;
    that is the same once each row is scaled to length 1.) Those as far as the k-th, to rounding, count too, and the
    share is then of the larger of the two sets, so that the order of the observations plays no part.

    Args:
        z, w: the same n > k observations, shapes (n, p) and (n, q). Time and multiplications grow with n².
        k: how many neighbours, from 1 to n - 1.

    Returns:
        A number from 0 to 1; k/(n - 1) for unrelated arrays.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    arrays = observations(z, w)
    count = arrays[0].shape[0]
    if as_count(k, "k") >= count:
        raise ValueError(f"k: found {k}, expected less than the number of observations, {count}")
    xp = namespace(*arrays)
    centred = [_within_one(x - xp.mean(x, axis=0)) for x in arrays]
    rows = max(1, _CHUNK // count)
    shares = 0.0
    for start in range(0, count, rows):
        stop = min(start + rows, count)
        near, near_other = (_neighbours(x, start, stop, int(k)) for x in centred)
        # Less one: each is among its own.
        common, sizes, sizes_other = (
            xp.astype(xp.count_nonzero(each, axis=1), xp.float64) - 1.0
            for each in (near & near_other, near, near_other)
        )
        shares += float(xp.sum(common / xp.maximum(sizes, sizes_other)))
    return shares / count


def _neighbours(x: Float64[Array, "n p"], start: int, stop: int, k: int) -> Array:
    """Which observations are among the k nearest of those from start to stop, themselves included; booleans, shape
    (stop - start, n)."""
    xp = namespace(x)
    squares = xp.sum(x * x, axis=1)
    own = squares[start:stop, None]
    # Through the Gram matrix: of distances, only the order among those from one point matters.
    apart = own + squares - 2.0 * (x[start:stop, :] @ x.T)
    farthest = kth_smallest(apart, k + 1)[:, None]
    return apart <= farthest + _ROUNDING * (own + xp.abs(farthest))


def _within_one(x: Array) -> Array:
    """Scaled so that no entry is above 1: squares could leave the range of numbers."""
    xp = namespace(x)
    largest = xp.max(xp.abs(x))
    return x / xp.where(largest > 0, largest, xp.ones_like(largest))


def linear_r2(z: object, w: object) -> float:
    """R² of the best affine map from w to z: 1 - (least sum of squared errors) / (sum of squares of centred z).

    Least squares over all columns of z together; not symmetric.

    Args:
        z, w: the same n >= 2 observations, shapes (n, p) and (n, q).

    Returns:
        A number from 0 to 1 (z is an affine image of w; with q >= n - 1 it always is).

    Raises:
        TypeError, ValueError: naming the argument; also where all columns of z are constant.
    """
    return _r2(*centred_together(*observations(z, w)))


def _r2(z: Centred, w: Centred) -> float:
    left = _of_norm_one(z, "z")
    return max(0.0, 1.0 - float(namespace(left).linalg.matrix_norm(unexplained(left, w))) ** 2)


def unexplained(z: Float64[Array, "D p"], w: Centred) -> Float64[Array, "D p"]:
    """What is left of centred columns, in the basis of w, after the best linear map from the columns of w."""
    columns, constant = w.standardised()
    xp = namespace(columns)
    columns = xp.where(constant, xp.zeros_like(columns), columns)
    tolerance = max(columns.shape) * float(np.finfo(np.float64).eps)
    return z - columns @ (xp.linalg.pinv(columns, rtol=tolerance) @ z)


def _of_norm_one(x: Centred, name: str) -> Float64[Array, "D columns"]:
    """Coordinates of the columns, scaled together to Frobenius norm 1; columns that are constant are 0."""
    constant = x.standardised()[1]
    xp = namespace(x.coordinates)
    if bool(xp.all(constant)):
        raise ValueError(f"{name}: every column is constant, expected one that varies")
    kept = xp.where(constant, xp.zeros_like(x.coordinates), x.coordinates)
    kept = _within_one(kept)
    return kept / xp.linalg.matrix_norm(kept)


# -- all of them -----------------------------------------------------------------------------------------------------


def all_others(a: Representations, b: Representations) -> dict[str, float]:
    """Every measure of this module for two models, by the name that a reader sees.

    Those of embeddings are of all M dimensions as they are, whether or not they reach the distribution. A measure that
    is not defined here (d_rep where ranks differ, neighbours where there are too few or more than 20,000 inputs), or
    is infinite, is left out.

    Args:
        a, b: two models with the same inputs and labels.

    Raises:
        TypeError, ValueError: naming the argument, where they are not.
    """
    a, b = together_on_one_device(a, b)
    f, f_other = centred_together(a.embeddings, b.embeddings)
    measures: list[Callable[[], dict[str, float]]] = [
        lambda: {"d_logit": logit_distance(a, b)},
        lambda: _rows_of_rep(rep_distance(a, b)),
        lambda: {"mean CCA of all of f": between_columns(f, f_other, a.num_inputs, a.num_inputs).mean},
        lambda: {"linear CKA of f": _cka(f, f_other)},
        lambda: {"Procrustes distance of f": _procrustes(f, f_other)},
        lambda: {"R² of a's f from b's": _r2(f, f_other)},
        lambda: {"R² of b's f from a's": _r2(f_other, f)},
    ]
    if a.num_inputs <= MOST_NEIGHBOURS:
        name = "10 nearest neighbours in common (share)"
        measures.append(lambda: {name: mutual_neighbours(a.embeddings, b.embeddings, 10)})
    found: dict[str, float] = {}
    for measure in measures:
        # A ValueError says that a measure is not defined for these models.
        with suppress(ValueError):
            found |= measure()
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _rows_of_rep(distance: RepDistance) -> dict[str, float]:
    return {
        "d_rep, median over label sets": distance.median,
        "d_rep, mean over label sets": distance.mean,
        "median condition of the label sets": distance.median_condition,
    }
