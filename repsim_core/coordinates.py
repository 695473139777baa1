"""Columns of observations less their means, as coordinates in an orthonormal basis that is never made.

Deviations, correlations and distances of columns are inner products, and so are those of their linear images. They
need the few coordinates of each column and not the many observations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jaxtyping import Bool, Float64

from repsim_core.beyond_standard import Array, namespace, triangular_factor_of_blocks

# A deviation below this share of what a column is made of is rounding.
_CONSTANT = 1e-12
# Entries of centred columns that are held at a time: 128 MB.
_BLOCK = 2**24


@dataclass(frozen=True)
class Centred:
    """Coordinates of centred columns.

    Attributes:
        coordinates: of each column; inner products of the centred columns are those of their coordinates.
        sizes: of what the columns were made of before anything cancelled, which is what rounding errors go by.
    """

    coordinates: Float64[Array, "rank columns"]
    sizes: Float64[Array, " columns"]

    @staticmethod
    def of(*arrays: Float64[Array, "n _"]) -> Centred:
        """Of the columns of several arrays of the same observations, side by side, in one basis."""
        xp = namespace(*arrays)
        means = [xp.mean(x, axis=0) for x in arrays]
        coordinates = triangular_factor_of_blocks(_centred_rows(arrays, means))
        size = xp.abs(xp.concat(means)) * arrays[0].shape[0] ** 0.5
        return Centred(coordinates, size + xp.sum(xp.abs(coordinates), axis=0))

    def columns(self, start: int, stop: int) -> Centred:
        """Some of the columns, in the same basis."""
        return Centred(self.coordinates[:, start:stop], self.sizes[start:stop])

    def __matmul__(self, matrix: Float64[Array, "columns images"]) -> Centred:
        """The observations times a matrix."""
        xp = namespace(matrix)
        return Centred(self.coordinates @ matrix, self.sizes @ xp.abs(matrix))

    def standardised(self) -> tuple[Float64[Array, "rank columns"], Bool[Array, " columns"]]:
        """Coordinates of the columns scaled to length 1, and which columns are constant (no direction to speak of)."""
        xp = namespace(self.coordinates)
        lengths = column_lengths(self.coordinates)
        constant = lengths <= _CONSTANT * self.sizes
        return self.coordinates / xp.where(constant, xp.ones_like(lengths), lengths), constant


def row_blocks(count: int, width: int, least: int = 1) -> Iterator[slice]:
    """Blocks of rows of so many columns that take up little memory, or have as many rows as this."""
    rows = max(_BLOCK // width, least)
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))


def column_lengths(x: Float64[Array, "n columns"]) -> Float64[Array, " columns"]:
    """Euclidean lengths of the columns; no square leaves the range of numbers."""
    xp = namespace(x)
    largest = xp.max(xp.abs(x), axis=0)
    return largest * xp.linalg.vector_norm(x / xp.where(largest > 0, largest, xp.ones_like(largest)), axis=0)


def _centred_rows(arrays: tuple[Array, ...], means: list[Array]) -> Iterator[Array]:
    """Blocks of the arrays side by side, each less its mean."""
    xp = namespace(*arrays)
    # A block has more rows than the factor of those before it, or most of the work would be that factor's.
    width = sum(x.shape[1] for x in arrays)
    for rows in row_blocks(arrays[0].shape[0], width, 4 * width):
        parts = [x[rows, :] - mean for x, mean in zip(arrays, means, strict=True)]
        yield parts[0] if len(parts) == 1 else xp.concat(parts, axis=1)
