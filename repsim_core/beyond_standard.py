"""What measures need of an array library beyond the Python array API standard, and how arrays become NumPy's.

Each function takes arrays of any library of the standard and returns that library's. Where a library has a faster or
more accurate way of its own, it is taken; NumPy and torch are the ones that are known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import array_api_extra as xpx
import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array
from jaxtyping import Float64

# An array of any library of the standard. Its shape and its type of numbers are in the annotation around it.
Array = Any

# From so many entries on a table of distances is made coordinate by coordinate; from so many differences on, by
# products; and pairs whose squared distance is below this share of their sizes once more.
_TABLE = 2**10
_PRODUCTS = 2**24
_CLOSE = 1e-9


def namespace(*arrays: Array) -> Any:
    """The functions of the standard for these arrays.

    NumPy's own are the standard's. They are taken without asking every library that is loaded, and without
    `array_api_compat.numpy`, whose import takes in all parts of NumPy and longer than a small comparison.
    """
    if all(type(x) is np.ndarray for x in arrays):
        return np
    return array_namespace(*arrays)


def to_numpy(x: Array) -> np.ndarray:
    """The same numbers as a NumPy array, from any device."""
    if type(x) is np.ndarray:
        return x
    if is_torch_array(x):
        x = x.detach().cpu()
    return np.asarray(x)


def beside(x: Array, other: Array) -> Array:
    """`x` as an array of the library of `other`, on its device."""
    if is_numpy_array(other):
        return to_numpy(x)
    return namespace(other).asarray(x, device=device(other))


def rows_of(x: Array, rows: Sequence[int] | np.ndarray) -> Array:
    """Some rows of an array, in this order; of a table of them, a table."""
    places = np.asarray(rows, dtype=np.int64)
    if is_numpy_array(x):
        return x[places]  # `take` would first copy all of an array whose columns lie one after the other
    xp = namespace(x)
    return xp.reshape(xp.take(x, beside(places.reshape(-1), x), axis=0), (*places.shape, *x.shape[1:]))


def triangular_factor(x: Float64[Array, "n columns"]) -> Float64[Array, "rank columns"]:
    """R of the QR decomposition, without Q: coordinates of the columns in an orthonormal basis of their span.

    Householder's method: the error of a column is relative to that column's size, whatever the units of the others.
    """
    if is_numpy_array(x):
        return np.linalg.qr(x, mode="r")
    if is_torch_array(x):
        import torch

        return torch.linalg.qr(x, mode="r").R
    return namespace(x).linalg.qr(x)[1]


def triangular_factor_of_blocks(
    blocks: Iterable[Float64[Array, "n columns"]],
) -> Float64[Array, "rank columns"]:
    """R of blocks of rows that together may be more than fits into memory: what is left of earlier ones is put above
    the next one."""
    factor = None
    for block in blocks:
        rows = block if factor is None else namespace(block).concat((factor, block))
        factor = triangular_factor(rows)
    if factor is None:
        raise ValueError("blocks: found none, expected at least one")
    return factor


def logsumexp(x: Float64[Array, "K n"]) -> Float64[Array, " n"]:
    """log of the sum of the exponentials of each column; no entry overflows."""
    xp = namespace(x)
    largest = xp.max(x, axis=0)
    return largest + xp.log(xp.sum(xp.exp(x - largest), axis=0))


def distances(left: Float64[Array, "p D"], right: Float64[Array, "q D"]) -> Float64[Array, "p q"]:
    """Euclidean distances between the rows of two arrays.

    From differences and not through products, which lose half the digits of what is close; of large NumPy arrays, for
    which that would take long, to six digits at least.
    """
    xp = namespace(left)
    if is_torch_array(left):
        import torch

        return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")
    if left.shape[0] * right.shape[0] < _TABLE:
        return xp.linalg.vector_norm(left[:, None, :] - right[None, :, :], axis=2)
    # Coordinate by coordinate: sums over a short last axis are slow.
    if is_numpy_array(left) and left.shape[0] * right.size > _PRODUCTS:
        return _distances_by_products(left, right)
    squares = xp.zeros_like(left[:, :1] + right[None, :, 0])
    for i in range(left.shape[1]):
        difference = left[:, i, None] - right[None, :, i]
        squares += difference * difference
    return xp.sqrt(squares)


def _distances_by_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Through |p - q|² = |p|² + |q|² - 2 p·q about the mean; pairs so close that digits are lost are done once more."""
    middle = right.mean(axis=0)
    p, q = left - middle, right - middle
    sizes = (p * p).sum(axis=1)[:, None] + (q * q).sum(axis=1)
    squares = sizes - 2 * (p @ q.T)
    rows, columns = np.nonzero(squares < _CLOSE * sizes)
    squares[rows, columns] = ((p[rows] - q[columns]) ** 2).sum(axis=1)
    return np.sqrt(squares)


def kth_smallest(x: Float64[Array, "n columns"], k: int) -> Float64[Array, " n"]:
    """The k-th smallest entry of each row, k from 1."""
    return xpx.partition(x, k - 1, axis=1)[:, k - 1]


def independent_columns(matrix: np.ndarray, count: int) -> tuple[int, ...]:
    """Indices of `count` well-conditioned columns of a NumPy array of shape (M, n), by pivoted QR on unit columns.

    Unit columns, because the theory standardises what is made of them: only their directions matter.
    """
    import scipy.linalg  # it takes a moment to import, and most comparisons need none of it

    lengths = np.linalg.norm(matrix, axis=0)
    factors = scipy.linalg.qr(matrix / np.where(lengths > 0, lengths, 1.0), mode="r", pivoting=True)
    return tuple(factors[-1][:count].tolist())
