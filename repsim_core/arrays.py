"""Arrays: what users hand over becomes a float64 tensor, or an error that names the argument; centred arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

# A deviation below this share of what a column is made of is rounding.
_CONSTANT = 1e-12


def as_matrix(value: object, name: str) -> Float64[Tensor, "rows columns"]:
    """A float64 copy of a two-dimensional floating-point array, on the device it came from.

    Args:
        value: NumPy array, torch tensor or nested sequence of floats, shape (rows, columns).
        name: what to call the argument in an error.

    Raises:
        TypeError: not an array of real floating-point numbers. Integers are refused because arithmetic in a
            small integer type overflows silently; whoever means numbers says so with a cast.
        ValueError: not two-dimensional, empty, or with values that are not finite.
    """
    if isinstance(value, Tensor):
        if not value.is_floating_point() or value.layout != torch.strided:
            raise TypeError(f"{name}: found a {value.dtype} tensor, expected dense floating-point numbers")
        matrix = value.detach().to(torch.float64, copy=True)
    else:
        array = as_array(value, name)
        if array.dtype.kind != "f":
            raise TypeError(
                f"{name}: found dtype {array.dtype}, expected floating-point numbers (cast with .astype(float))"
            )
        # What leaves float64's range becomes infinite, and is refused below.
        with np.errstate(over="ignore"):
            matrix = torch.from_numpy(np.array(array, dtype=np.float64, order="C"))
    if matrix.ndim != 2:
        raise ValueError(f"{name}: found shape {tuple(matrix.shape)}, expected two dimensions")
    if matrix.numel() == 0:
        raise ValueError(f"{name}: found an empty array of shape {tuple(matrix.shape)}")
    if not all_finite(matrix):
        bad = ~torch.isfinite(matrix)
        row, column = (int(i) for i in bad.nonzero()[0])
        raise ValueError(
            f"{name}: found {int(bad.sum())} values that are not finite "
            f"(the first at row {row}, column {column}), expected finite numbers"
        )
    return matrix


def all_finite(values: Tensor) -> bool:
    """Whether no value is infinite or NaN, in one pass and without a table of answers."""
    return all(bool(torch.isfinite(extreme)) for extreme in torch.aminmax(values))


def as_array(value: object, name: str) -> np.ndarray:
    """A NumPy array of any type; ragged sequences and masked entries are refused by name."""
    if np.ma.is_masked(value):
        raise TypeError(f"{name}: found a masked array with masked entries, expected a full array")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: found rows of different lengths, expected a rectangle") from error


def as_labels(value: object, name: str, length: int, classes: int) -> Int64[Tensor, " rows"]:
    """Class indices as an int64 copy of shape (length,), each in 0 .. classes - 1; errors as `as_matrix`."""
    if isinstance(value, Tensor):
        if value.is_floating_point() or value.is_complex() or value.layout != torch.strided:
            raise TypeError(f"{name}: found a {value.dtype} tensor, expected dense integers")
        value = value.cpu().numpy()
    array = as_array(value, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: found dtype {array.dtype}, expected integers")
    if array.shape != (length,):
        raise ValueError(f"{name}: found shape {array.shape}, expected ({length},), one label an input")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"{name}: found labels from {array.min()} to {array.max()}, expected 0 to {classes - 1}"
        )
    return torch.from_numpy(array.astype(np.int64))


def as_index(value: object, name: str, size: int) -> int:
    """An index in 0 .. size - 1."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: found {value!r}, expected an integer from 0 to {size - 1}")
    if not 0 <= int(value) < size:
        raise ValueError(f"{name}: found {int(value)}, expected an integer from 0 to {size - 1}")
    return int(value)


def as_indices(value: object, name: str, size: int, length: int) -> tuple[int, ...]:
    """Distinct indices in 0 .. size - 1, as many as `length`."""
    if isinstance(value, (np.ndarray, Tensor)):
        value = value.tolist()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"{name}: found {value!r}, expected {length} distinct integers from 0 to {size - 1}")
    indices = tuple(as_index(item, name, size) for item in value)
    if len(indices) != length or len(set(indices)) != length:
        raise ValueError(f"{name}: found {list(indices)}, expected {length} distinct integers")
    return indices


def as_count(value: object, name: str, least: int = 1) -> int:
    """An integer that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: found {value!r}, expected an integer of at least {least}")
    if int(value) < least:
        raise ValueError(f"{name}: found {int(value)}, expected an integer of at least {least}")
    return int(value)


def as_real(value: object, name: str, least: float = 0.0) -> float:
    """A finite real number that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name}: found {value!r}, expected a number of at least {least:g}")
    try:
        number = float(value)
    except OverflowError:
        # An integer beyond float64's range.
        number = math.inf
    if not math.isfinite(number) or number < least:
        raise ValueError(f"{name}: found {number!r}, expected a finite number of at least {least:g}")
    return number


@dataclass(frozen=True)
class Centred:
    """Observations less their mean, as an orthonormal basis of their columns times coordinates in it.

    Correlations ask for inner products of columns only, so they are taken between the few coordinates. Householder QR
    is accurate column by column, whatever the units.

    Attributes:
        basis: orthonormal columns as long as there are observations.
        coordinates: of the centred columns in the basis.
        sizes: of what the columns were made of before anything cancelled, which is what rounding errors go by.
    """

    basis: Float64[Tensor, "n rank"]
    coordinates: Float64[Tensor, "rank columns"]
    sizes: Float64[Tensor, " columns"]

    @staticmethod
    def of(x: Float64[Tensor, "n columns"]) -> Centred:
        mean = x.mean(dim=0)
        basis, coordinates = torch.linalg.qr(x - mean)
        return Centred(basis, coordinates, mean.abs() * len(x) ** 0.5 + coordinates.abs().sum(dim=0))

    def __matmul__(self, matrix: Float64[Tensor, "columns images"]) -> Centred:
        """The observations times a matrix."""
        return Centred(self.basis, self.coordinates @ matrix, self.sizes @ matrix.abs())

    def standardised(self) -> tuple[Float64[Tensor, "rank columns"], Bool[Tensor, " columns"]]:
        """Coordinates of the columns scaled to length 1, and which columns are constant (no direction to speak of)."""
        # The largest entry is taken out first: squares could leave the range of numbers.
        largest = self.coordinates.abs().amax(dim=0)
        scaled = self.coordinates / torch.where(largest > 0, largest, torch.ones_like(largest))
        lengths = torch.linalg.vector_norm(scaled, dim=0)
        constant = largest * lengths <= _CONSTANT * self.sizes
        return scaled / torch.where(constant, torch.ones_like(lengths), lengths), constant
