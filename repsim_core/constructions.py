"""Models made by hand: permuted circles (Thm 3.1), noisy copies, linear twins."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


from repsim_core.arrays import as_count, as_indices, as_real
from repsim_core.beyond_standard import beside
from repsim_core.representations import Representations

_STARLESS = {4: (0, 1, 3, 2), 6: (0, 4, 2, 5, 1, 3)}


def star_permutation(classes: int) -> tuple[int, ...]:
    """The permutation k -> 5 + s·k mod K that walks round the circle in steps of s: a star polygon {K/s}.

    s is the least step from 2 to K - 2 without a common factor with K; s = 2 wherever K is odd. For K = 7 this is
    the permutation of Table 1. Steps of +1 or -1 are a rotation or a reflection, so linear; any other step is
    orthogonal to the identity as a function on the circle, so no linear map explains any part of it. K = 4 and
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
    offsets = rng.uniform(-np.pi / 64, np.pi / 64, shape)
    lengths = 2.0 + np.abs(0.01 * rng.standard_normal(shape))
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
        seed: of the noise.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    as_real(noise, "noise")
    f, g = model.embeddings, model.unembeddings
    f_noise = beside(rng.standard_normal(f.shape), f)
    g_noise = beside(rng.standard_normal(g.shape), g)
    return Representations(f + noise * f_noise, g + noise * g_noise, model.labels, model.bias)


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


def _unit(angles: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
