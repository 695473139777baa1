"""What measures need of an array library beyond the Python array API standard, and how arrays become NumPy's.

Each function takes arrays of any library of the standard and returns that library's. Where a library has a faster or
more accurate way of its own, it is taken; NumPy and torch are the ones that are known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import array_api_extra as xpx
import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array
from jaxtyping import Float64, Int64

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# An array of any library of the standard. Its shape and its type of numbers are in the annotation around it.
Array = Any

# From so many entries on a table of distances is made coordinate by coordinate; from so many differences on, by
# products; and pairs whose squared distance is below this share of their sizes once more.
_TABLE = 2**10
# Condition numbers (the mean over columns) of matrices with columns of length 1: up to the first the Cholesky factor of
# the Gram matrix is as exact as Householder's; up to the second its inverse is a good divisor; beyond the third the
# factor has lost too many digits to be mended by a second one.
_EXACT, _WELL_CONDITIONED, _HOUSEHOLDER = 2.0, 30.0, 1e6
# Of fewer entries Householder's reflections are as quick as the products.
_FEW_ENTRIES = 2**9
# Shorter columns and larger entries have squares that may leave the range of numbers.
_SMALLEST_LENGTH, _LARGEST_ENTRY = 1e-140, 1e140
_PRODUCTS = 2**24
_CLOSE = 1e-9


def namespace(*arrays: Array) -> Any:
    """The functions of the standard for these arrays.

    NumPy's own are the standard's. They are taken without asking every library that is loaded, and without
    `array_api_compat.numpy`, whose import takes in all parts of NumPy and longer than a small comparison.
    """
    for x in arrays:
        if type(x) is not np.ndarray:
            return array_namespace(*arrays)
    return np


def _is_numpy(x: Array) -> bool:
    """As `is_numpy_array`, which takes longer than a small product."""
    return type(x) is np.ndarray or is_numpy_array(x)


def to_numpy(x: Array) -> np.ndarray:
    """The same numbers as a NumPy array, from any device."""
    if type(x) is np.ndarray:
        return x
    if is_torch_array(x):
        x = x.detach().cpu()
    return np.asarray(x)


def beside(x: Array, other: Array) -> Array:
    """`x` as an array of the library of `other`, on its device."""
    if _is_numpy(other):
        return to_numpy(x)
    return namespace(other).asarray(x, device=device(other))


def is_on_accelerator(x: Array) -> bool:
    """Whether an array is known to lie on a GPU or the like, where work is best done in large pieces."""
    return is_torch_array(x) and x.device.type != "cpu"


def in_threads(work: Callable[[_Item], _Result], items: Iterable[_Item], x: Array) -> list[_Result]:
    """What `work` makes of each item, in order; of NumPy's arrays in as many threads as its products of matrices use.

    NumPy's other functions use one core each. Products use one meanwhile, or their threads would stand in the way of
    these. Other libraries see to their threads themselves.

    Args:
        x: an array that says of which library the work is.
    """
    if not _is_numpy(x):
        return [work(item) for item in items]
    from threadpoolctl import ThreadpoolController  # it looks through all libraries that are loaded

    blas = ThreadpoolController().select(user_api="blas")
    threads = max((library["num_threads"] for library in blas.info()), default=1)
    if threads == 1:
        return [work(item) for item in items]
    with blas.limit(limits=1), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def rows_of(x: Array, rows: Sequence[int] | np.ndarray) -> Array:
    """Some rows of an array, in this order; of a table of them, a table."""
    places = np.asarray(rows, dtype=np.int64)
    if _is_numpy(x):
        return x[places]  # `take` would first copy all of an array whose columns lie one after the other
    xp = namespace(x)
    return xp.reshape(xp.take(x, beside(places.reshape(-1), x), axis=0), (*places.shape, *x.shape[1:]))


def places_among(
    numbers: Int64[np.ndarray, " n"], wanted: Int64[np.ndarray, " wanted"]
) -> Int64[np.ndarray, " wanted"] | None:
    """Where some of distinct numbers are; None where one of them is not among these."""
    order = np.argsort(numbers)
    found = order[np.searchsorted(numbers[order], wanted).clip(max=len(order) - 1)]
    return found if np.array_equal(numbers[found], wanted) else None


def squared_lengths(x: Float64[Array, "n columns"], axis: int) -> Float64[Array, " _"]:
    """Sums of squares along an axis; of NumPy's arrays in one pass, without an array of squares."""
    if _is_numpy(x):
        return np.einsum("ij,ij->j" if axis == 0 else "ij,ij->i", x, x)
    return namespace(x).sum(x * x, axis=axis)


def row_lengths(x: Float64[Array, "n columns"]) -> Float64[Array, " n"]:
    """Euclidean lengths of the rows."""
    return squared_lengths(x, 1) ** 0.5


def sums_of_products(
    x: Float64[Array, "rows columns"], y: Float64[Array, "rows columns"]
) -> Float64[Array, " columns"]:
    """Of each column of x with that of y; of NumPy's arrays in one pass, without an array of products."""
    return np.einsum("ij,ij->j", x, y) if _is_numpy(x) else namespace(x).sum(x * y, axis=0)


def exponentials(x: Float64[Array, "*shape"]) -> Float64[Array, "*shape"]:
    """exp(x), for whoever needs x no more: of NumPy's arrays in its place, for new memory takes as long to come by as
    an exponential."""
    return np.exp(x, out=x) if _is_numpy(x) else namespace(x).exp(x)


def first_largest(x: Float64[Array, "rows columns"], largest: Float64[Array, " columns"]) -> Array:
    """In which row the largest entry of each column, which is known, is first."""
    if _is_numpy(x):
        at_largest = x == largest
        if np.count_nonzero(at_largest) == x.shape[1]:
            # The only one in each column: a product is quicker than a search of every column.
            return (np.arange(float(x.shape[0])) @ at_largest).astype(np.int64)
    return namespace(x).argmax(x, axis=0)


def row_by_row(parts: Iterable[Array], rows: int) -> Array:
    """Blocks of rows, one below the other, `rows` in all.

    Of NumPy's each is put where it belongs once it is made, so that they are never held twice.
    """
    whole, start = None, 0
    kept = []
    for part in parts:
        if not _is_numpy(part) or part.shape[0] == rows:
            kept.append(part)
            continue
        if whole is None:
            whole = np.empty((rows, *part.shape[1:]), dtype=part.dtype)
        whole[start : start + part.shape[0]] = part
        start += part.shape[0]
    if whole is not None:
        return whole
    return kept[0] if len(kept) == 1 else namespace(*kept).concat(kept)


def orthonormal(
    x: Float64[Array, "n columns"],
) -> tuple[Float64[Array, "n rank"], Float64[Array, "rank columns"]]:
    """Q and R of the QR decomposition of a matrix.

    From the Cholesky factor of the Gram matrix, or twice so (Yamamoto et al. 2015), where no digit is lost by it:
    products of matrices take a tenth of the time of Householder's reflections, which are the way for all other
    matrices. The error of a column is relative to that column's size either way, whatever the units of the others.
    """
    xp = namespace(x)
    first = None if math.prod(x.shape) < _FEW_ENTRIES else _cholesky(x)
    if first is not None:
        q = _divided(x, first)
        if first.condition <= _EXACT:
            return q, first.factor
        second = _cholesky(q)
        if second is not None:
            return q @ second.inverse, second.factor @ first.factor
    q, r = xp.linalg.qr(x)
    return q, r


def triangular_factor(x: Float64[Array, "n columns"]) -> Float64[Array, "rank columns"]:
    """R alone: coordinates of the columns in an orthonormal basis of their span; otherwise as `orthonormal`."""
    first = None if math.prod(x.shape) < _FEW_ENTRIES else _cholesky(x)
    if first is not None:
        if first.condition <= _EXACT:
            return first.factor
        second = _cholesky(_divided(x, first))
        if second is not None:
            return second.factor @ first.factor
    if _is_numpy(x):
        return np.linalg.qr(x, mode="r")
    if is_torch_array(x):
        import torch

        return torch.linalg.qr(x, mode="r").R
    return namespace(x).linalg.qr(x)[1]


class _Cholesky(NamedTuple):
    """Upper triangular R with R^T R the Gram matrix, its inverse, and a bound on the condition of R with its columns
    scaled to length 1."""

    factor: Array
    inverse: Array
    condition: float


def _cholesky(x: Float64[Array, "n columns"]) -> _Cholesky | None:
    """The factor of the columns' Gram matrix; None where it would have lost digits."""
    xp = namespace(x)
    count, columns = x.shape
    if count < columns:
        return None
    # Neither squares beyond the range of numbers nor columns of zeros.
    if not max(float(xp.max(x)), -float(xp.min(x))) < _LARGEST_ENTRY:
        return None
    gram = x.T @ x
    lengths = xp.sqrt(xp.linalg.diagonal(gram))
    if not bool(xp.all(lengths > _SMALLEST_LENGTH)):
        return None
    try:
        lower = xp.linalg.cholesky(gram / lengths / lengths[:, None])
        inverse = xp.linalg.inv(lower)
    except (np.linalg.LinAlgError, RuntimeError):  # PyTorch's is of the second kind
        return None
    norm = xp.linalg.matrix_norm
    condition = float(norm(lower) * norm(inverse)) / columns
    if not condition <= _HOUSEHOLDER:
        return None
    return _Cholesky(lower.T * lengths, inverse.T / lengths[:, None], condition)


def _divided(x: Float64[Array, "n columns"], by: _Cholesky) -> Float64[Array, "n columns"]:
    """x R^-1: by the inverse where that loses no digit."""
    if by.condition <= _WELL_CONDITIONED:
        return x @ by.inverse
    return namespace(x).linalg.solve(by.factor.T, x.T).T


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


def distances(
    left: Float64[Array, "p D"], right: Float64[Array, "q D"], *, by_products: bool = False
) -> Float64[Array, "p q"]:
    """Euclidean distances between the rows of two arrays.

    From differences and not through products, which lose half the digits of what is close; with `by_products` in a
    fraction of the time, to seven digits at least.
    """
    xp = namespace(left)
    if by_products:
        return _distances_by_products(left, right)
    if is_torch_array(left):
        import torch

        return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")
    if left.shape[0] * right.shape[0] < _TABLE:
        return xp.linalg.vector_norm(left[:, None, :] - right[None, :, :], axis=2)
    # Coordinate by coordinate: sums over a short last axis are slow.
    squares = xp.zeros_like(left[:, :1] + right[None, :, 0])
    for i in range(left.shape[1]):
        difference = left[:, i, None] - right[None, :, i]
        squares += difference * difference
    return xp.sqrt(squares)


def _distances_by_products(
    left: Float64[Array, "p D"], right: Float64[Array, "q D"]
) -> Float64[Array, "p q"]:
    """Through |p - q|² = |p|² + |q|² - 2 p·q about the mean; pairs so close that digits are lost are done once more."""
    xp = namespace(left)
    middle = xp.mean(right, axis=0)
    p, q = left - middle, right - middle
    sizes = xp.sum(p * p, axis=1)[:, None] + xp.sum(q * q, axis=1)
    squares = sizes - 2 * (p @ q.T)
    close = squares < _CLOSE * sizes
    if bool(xp.any(close)):
        rows, columns = np.nonzero(to_numpy(close))
        apart = rows_of(p, rows) - rows_of(q, columns)
        exact = to_numpy(squares).copy()
        exact[rows, columns] = to_numpy(xp.sum(apart * apart, axis=1))
        squares = beside(exact, left)
    return xp.sqrt(squares)


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
