"""Models made by hand: permuted circles (Thm 3.1), noisy copies, linear maps, and pairs at which bounds are attained
(`swapped_normaliser`, `one_shared_direction`, `two_angles`)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from repsim_core.arrays import as_count, as_indices, as_real
from repsim_core.beyond_standard import beside, to_numpy
from repsim_core.representations import Representations

# Of `permuted_circles`: the largest offset of an angle, the least length of an embedding, and the deviation of the
# normal variable whose size is added to it.
CIRCLE_OFFSET, CIRCLE_LENGTH, CIRCLE_EXCESS = math.pi / 64, 2.0, 0.01
# Numbers whose correlation with others of the same seed is above this are the same ones, were they rounded to 8 bits;
# of fewer than so many any correlation can be chance.
_SAME, _TELLING = 0.999, 8
_STARLESS = {4: (0, 1, 3, 2), 6: (0, 4, 2, 5, 1, 3)}


def star_permutation(classes: int) -> tuple[int, ...]:
    """The permutation k -> 5 + s·k mod K that walks round the circle in steps of s: a star polygon {K/s}.

    s is the least step from 2 to K - 2 without a common factor with K; s = 2 wherever K is odd. For K = 7 this is
    the permutation of Table 1. Steps of +1 or -1 are a rotation or a reflection, so linear; any other step is
    orthogonal to the identity as a function on the circle, so no linear map predicts anything of it. K = 4 and
    K = 6 have no such step; theirs is an order with the least mean CCA of all K! (1/2 and 1/6 for inputs at the
    centres of their classes).

    Args:
        classes: K, at least 4 (fewer directions are always linear images of each other up to one of them).

    Returns:
        For each label the one whose direction it takes.

    Raises:
        TypeError, ValueError: classes is no integer of at least 4.
    """
    classes = as_count(classes, "classes", 4)
    steps = [s for s in range(2, classes - 1) if math.gcd(s, classes) == 1]
    if not steps:
        return _STARLESS[classes]
    return tuple((5 + steps[0] * k) % classes for k in range(classes))


def permuted_circles(
    classes: int = 7,
    *,
    rho: float,
    permutation: Sequence[int] | None = None,
    inputs_per_class: int = 500,
    seed: int = 0,
) -> tuple[Representations, Representations]:
    """The pair of models behind Theorem 3.1 and Table 1: the same predictions, permuted directions.

    M = 2. Model 1: g(y_k) = rho (cos 2πk/K, sin 2πk/K); each input of class k lies at the angle of its label plus
    U(-π/64, π/64), at length ``2 + |0.01·N(0, 1)|``. Model 2: label k takes the direction of label permutation[k], the
    lengths stay, the angular offsets are permuted likewise. Neither model's embeddings depend on rho.

    Args:
        classes: K, at least 4.
        rho: norm of the unembeddings, positive.
        permutation: of the labels; None for `star_permutation(classes)`.
        inputs_per_class: inputs for each label.
        seed: of offsets and lengths.

    Returns:
        Both models, with N = K · inputs_per_class inputs sorted by class, and their labels.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    classes = as_count(classes, "classes", 4)
    order = star_permutation(classes) if permutation is None else permutation
    order = np.array(as_indices(order, "permutation", classes, classes))
    if as_real(rho, "rho") == 0.0:
        raise ValueError("rho: found 0, expected a positive norm")
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    shape = (classes, as_count(inputs_per_class, "inputs_per_class"))
    offsets = rng.uniform(-CIRCLE_OFFSET, CIRCLE_OFFSET, shape)
    lengths = CIRCLE_LENGTH + np.abs(CIRCLE_EXCESS * rng.standard_normal(shape))
    angles = 2 * np.pi * np.arange(classes) / classes
    labels = np.repeat(np.arange(classes), inputs_per_class)

    def model(directions: np.ndarray, deviations: np.ndarray) -> Representations:
        embeddings = lengths[..., None] * _unit(directions[:, None] + deviations)
        return Representations(embeddings.reshape(-1, 2), rho * _unit(directions), labels)

    return model(angles, offsets), model(angles[order], offsets[order])


def noisy_copy(model: Representations, noise: float, *, seed: int = 0) -> Representations:
    """The model with N(0, noise²) added to every coordinate of every embedding and unembedding.

    Args:
        model: what is copied; its labels stay.
        noise: the deviation, at least 0.
        seed: of the noise; another one than embeddings of normal numbers were drawn with, for these would be added to
            themselves.

    Raises:
        TypeError, ValueError: naming the argument; also where the noise is the embeddings, but for a factor.
    """
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    as_real(noise, "noise")
    f, g = model.embeddings, model.unembeddings
    drawn = rng.standard_normal(f.shape)
    if noise and _is_multiple(drawn, to_numpy(f)):
        raise ValueError(
            f"seed: found {seed}, with which the embeddings themselves were drawn, expected another: the noise would "
            "be a multiple of them, and the copy no other model than a scaled one"
        )
    f_noise = beside(drawn, f)
    g_noise = beside(rng.standard_normal(g.shape), g)
    return Representations(f + noise * f_noise, g + noise * g_noise, model.labels, model.bias).rounded_as(
        model
    )


def _is_multiple(noise: np.ndarray, numbers: np.ndarray) -> bool:
    """Whether noise is what the numbers are, up to a shift, a factor and how they were rounded."""
    if noise.size < _TELLING:
        return False
    noise, numbers = (x - x.mean() for x in (noise, numbers / (np.abs(numbers).max() or 1.0)))
    size = np.linalg.norm(noise) * np.linalg.norm(numbers)
    return bool(abs(np.vdot(noise, numbers)) > _SAME * size > 0)


def random_linear_map(dim: int, *, condition: float = 3.0, seed: int = 0) -> np.ndarray:
    """A random invertible matrix, shape (dim, dim), with singular values from 1 to `condition` in equal ratios.

    Args:
        dim: M.
        condition: the condition number, at least 1; with 1 the matrix is orthogonal.
        seed: of the matrix.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    dim = as_count(dim, "dim")
    left, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
    right, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
    return left @ np.diag(np.geomspace(1.0, as_real(condition, "condition", 1.0), dim)) @ right.T


def swapped_normaliser(
    dim: int, classes: int | None = None, *, distance: float
) -> tuple[Representations, Representations]:
    """A pair with d_{f,g} = 2 d_LLV²: no bound on d_{f,g} by d_LLV alone is better than the quadratic one, in any
    dimension M >= 1 and with any number of labels from M + 1 on.

    g(y_0) = 0, g(y_i) = e_i for i = 1 .. M, and further labels share g(y_1). The embeddings are f = v + s t (1, ..., 1)
    with a sign s and sum_{y != y_0} exp(v·g(y)) = 1, so that p(y_0) is the logistic function of -s t, and v alone
    distributes the rest over the other labels. The second model has the opposite sign on half of the inputs, so it
    takes p(y_0) for 1 - p(y_0) there and nothing else. With the pivot y_0 the normaliser and every log-ratio then
    differ as much as each other, in opposite ways, and term 1 is half the ratio distance, the least it can be.

    Signs are balanced for every v, and the coordinates of v have equal variance: all standardised log-ratios have the
    same correlation 1 - 2 d², the cross-correlations between them are a positive definite matrix, and d_SVD is 2 d²
    over every set of independent ones. v takes M values, t one where the sign flips and one where it does not, which
    the distance fixes.

    Args:
        dim: M.
        classes: K, at least M + 1; None for M + 1.
        distance: d_LLV with pivot 0, all labels kept and the first M + 1 inputs as input set, on which the models are
            equal; above 0 and below 1/sqrt(2), from where on 2 d² says nothing.

    Returns:
        Both models, with N = 4 M inputs.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    dim = as_count(dim, "dim")
    classes = dim + 1 if classes is None else as_count(classes, "classes", dim + 1)
    d = as_real(distance, "distance")
    if not 0 < d < math.sqrt(0.5):
        raise ValueError(
            f"distance: found {d:g}, expected more than 0 and less than 1/sqrt(2) = {math.sqrt(0.5):.6g}"
        )
    axes = np.eye(dim)
    extra = classes - 1 - dim
    g = np.concatenate([np.zeros((1, dim)), axes, np.repeat(axes[:1], extra, axis=0)])
    # Shares of the labels but y_0: e for one of the M directions and 1 for each other one, over their sum.
    v = axes - math.log(math.e + dim - 1)
    v[:, 0] -= math.log(1 + extra)
    variance = (1 - 1 / dim) / dim
    # d² is the part of a log-ratio's variance that flips. It may not exceed the part of the signs that stay.
    stays = max(1.0, 2 * variance * d**2 / (1 - 2 * d**2))
    flips = d**2 / (1 - d**2) * (2 * variance + stays)
    signs = np.repeat([1.0, -1.0], dim)[:, None]
    place = np.concatenate([v, v])
    equal, opposite = place + math.sqrt(stays) * signs, math.sqrt(flips) * signs
    return (
        Representations(np.concatenate([equal, place + opposite]), g),
        Representations(np.concatenate([equal, place - opposite]), g),
    )


def one_shared_direction(
    dim: int, classes: int | None = None, *, eta: float, inputs: int = 500, seed: int = 0
) -> tuple[Representations, Representations]:
    """A pair that is as close in d_LLV as one likes while mean CCA is 1/M, the least it can be there: d_LLV does not
    control mean CCA.

    g(y_0) = 0, g(y_i) = e_i for i = 1 .. M, and a further label k has k e_1. The embeddings are f = q a + eta P s and
    f' = q a + eta P t with a = (1, ..., M), P the projection onto what is orthogonal to (1, ..., 1), and for each input
    a number q and vectors s, t. Every log-ratio varies with q, whatever the pivot, so eta decides how close the models
    are; but only one of the M dimensions is q's, and in the others they have nothing in common.

    q and s are normal. Half of the inputs have t = s; the other half are the same again with t = -s. So t is
    uncorrelated with q and s, exactly: the canonical correlations are 1 and M - 1 zeros for every eta.

    Args:
        dim: M, at least 2.
        classes: K, at least M + 1; None for M + 1.
        eta: size of what is not shared, above 0. With the first M + 1 inputs as input set, on which the models are
            equal, d_LLV goes to 0 in proportion to it.
        inputs: N, even and at least 2 (M + 1).
        seed: of q and s.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    dim = as_count(dim, "dim", 2)
    classes = dim + 1 if classes is None else as_count(classes, "classes", dim + 1)
    size = as_real(eta, "eta")
    if size == 0.0:
        raise ValueError("eta: found 0, expected a positive number")
    if as_count(inputs, "inputs", 2 * (dim + 1)) % 2:
        raise ValueError(f"inputs: found {inputs}, expected an even number")
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    q, s = rng.standard_normal((inputs // 2, 1)), rng.standard_normal((inputs // 2, dim))
    axes = np.eye(dim)
    further = np.arange(dim + 1, classes)[:, None] * axes[:1]
    g = np.concatenate([np.zeros((1, dim)), axes, further])
    shared, own = q * np.arange(1, dim + 1), size * (s - s.mean(axis=1, keepdims=True))
    return (
        Representations(np.concatenate([shared + own, shared + own]), g),
        Representations(np.concatenate([shared + own, shared - own]), g),
    )


def two_angles(size: int, *, sine: float) -> tuple[Representations, Representations]:
    """A pair of m + 1 log-ratios in the plane, whose angles show that sin theta <= (2m - 1) sin Theta is sharp.

    cos theta is the least absolute correlation of a label's log-ratio in the two models, and cos Theta is 1 less the
    largest d_SVD over the sets of m labels. With u white, of variance 1 in two dimensions, the log-ratios with pivot 0
    are z_i = (cos phi_i, sin phi_i)·u in the first model and w_i = (cos phi_i, -sin phi_i)·u in the second, so their
    angle is 2 phi_i. Over a set of m labels the sine of Theta is the mean of sin(2 phi_i), up to its sign. One label
    has sin(2 phi) = s and the m others -s/(2m - 1), so that s/(2m - 1) is the sine of *every* set of m labels.

    Args:
        size: m, at least 1.
        sine: s = sin theta, above 0 and at most 1.

    Returns:
        Both models, with M = 2, K = m + 2 labels, and the four inputs (±1, ±1) as embeddings in both.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    m, s = as_count(size, "size"), as_real(sine, "sine")
    if not 0 < s <= 1:
        raise ValueError(f"sine: found {s:g}, expected more than 0 and at most 1")
    f = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    angles = np.arcsin([s, *[-s / (2 * m - 1)] * m]) / 2
    g = np.concatenate([np.zeros((1, 2)), _unit(angles)])
    return Representations(f, g), Representations(f, g * [1.0, -1.0])


def _unit(angles: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
