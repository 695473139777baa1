"""Columns of observations less their means, as coordinates in an orthonormal basis.

Deviations, correlations and distances of columns are inner products, and so are those of their linear images. They
need the few coordinates of each column and not the many observations. A basis of one model is made once and kept
(`Basis`). Two of them are compared by the products of their directions (`TwoBases`). Where columns are looked at once,
the basis itself is never made (`Centred`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from array_api_compat import device
from jaxtyping import Bool, Float64

from repsim_core.beyond_standard import (
    Array,
    namespace,
    orthonormal,
    squared_lengths,
    triangular_factor,
    triangular_factor_of_blocks,
)

# A deviation below this share of what a column is made of is rounding.
_CONSTANT = 1e-12
# Of so many columns what is beyond another basis is taken from products of directions alone, where the bound on the
# norm of the factor's inverse, squared, is below this: digits are lost by so much.
MANY_COLUMNS, _BEYOND = 64, 1e3
# Squared distances of vectors of length 1 that may be sums of what is not small, as differences of squares are.
NOT_CLOSE = 1e-2
# Squared lengths from this to its inverse have lost no digit to the range of numbers.
_LEAST_SQUARE = 1e-280
# Entries of a matrix that are held at a time: what a processor's cache holds, 4 MB; and where much is done to each
# block, 128 MB.
_SMALL, _LARGE = 2**19, 2**24


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
        return Centred(coordinates, _sizes(xp.concat(means), arrays[0].shape[0], coordinates))

    def columns(self, start: int, stop: int) -> Centred:
        """Some of the columns, in the same basis."""
        return Centred(self.coordinates[:, start:stop], self.sizes[start:stop])

    def standardised(self) -> tuple[Float64[Array, "rank columns"], Bool[Array, " columns"]]:
        """Coordinates of the columns scaled to length 1, and which columns are constant (no direction to speak of)."""
        xp = namespace(self.coordinates)
        lengths = column_lengths(self.coordinates)
        constant = lengths <= _CONSTANT * self.sizes
        return self.coordinates / xp.where(constant, xp.ones_like(lengths), lengths), constant


@dataclass(frozen=True)
class Basis:
    """An orthonormal basis of centred columns, and their coordinates in it.

    Attributes:
        directions: the basis, shape (n, rank); each has mean 0.
        coordinates, sizes: as of `Centred`.
    """

    directions: Float64[Array, "n rank"]
    coordinates: Float64[Array, "rank columns"]
    sizes: Float64[Array, " columns"]

    @staticmethod
    def of(columns: Float64[Array, "n columns"]) -> Basis:
        """Of the columns of an array."""
        xp = namespace(columns)
        mean = xp.mean(columns, axis=0)
        return Basis.made_of(*orthonormal(columns - mean), mean)

    @staticmethod
    def made_of(
        directions: Float64[Array, "n rank"],
        coordinates: Float64[Array, "rank columns"],
        mean: Float64[Array, " columns"],
    ) -> Basis:
        """Of columns that have this mean and these coordinates in an orthonormal basis."""
        return Basis(directions, coordinates, _sizes(mean, directions.shape[0], coordinates))

    @cached_property
    def lengths(self) -> Float64[Array, " columns"]:
        """Of the columns, centred."""
        return column_lengths(self.coordinates)

    @cached_property
    def inverse_norm(self) -> float:
        """The norm of the inverse of the coordinates with columns scaled to length 1; infinite where there is none."""
        xp = namespace(self.coordinates)
        rank, columns = self.coordinates.shape
        if rank < columns or not bool(xp.all(self.lengths > _CONSTANT * self.sizes)):
            return math.inf
        unit = self.coordinates / self.lengths
        if not bool(xp.all(xp.linalg.diagonal(unit) != 0)):
            return math.inf
        return float(xp.linalg.matrix_norm(xp.linalg.inv(unit)))

    @property
    def independent(self) -> bool:
        """Whether the columns are linearly independent to working precision, so that all directions are theirs."""
        return self.inverse_norm < 1.0 / _CONSTANT

    def split(self, column: Float64[Array, " n"]) -> Split:
        """A further column, centred, in this basis."""
        centred = column - namespace(column).mean(column)
        along = self.directions.T @ centred
        rest = centred - self.directions @ along
        # What rounding left of the basis in the rest.
        again = self.directions.T @ rest
        return Split(along + again, rest - self.directions @ again)


@dataclass(frozen=True)
class Split:
    """A column as coordinates in a basis, and what is orthogonal to all of its directions."""

    along: Float64[Array, " rank"]
    rest: Float64[Array, " n"]

    @property
    def coordinates(self) -> Float64[Array, " coordinates"]:
        """In the basis with the direction of the rest as one more."""
        xp = namespace(self.along)
        return xp.concat((self.along, xp.linalg.vector_norm(self.rest, keepdims=True)))


class TwoBases:
    """Two bases of columns of the same observations, in one: the directions of the first, then what the second has
    besides.

    Attributes:
        first, second: the bases.
    """

    def __init__(self, first: Basis, second: Basis) -> None:
        self.first, self.second = first, second

    @cached_property
    def along(self) -> Float64[Array, "rank_1 rank_2"]:
        """Coordinates of the second's directions along the first's: what both have in common."""
        return self.first.directions.T @ self.second.directions

    @cached_property
    def _by_products(self) -> tuple[Float64[Array, "rank_2 rank_2"], Float64[Array, "rank_2 rank_2"]] | None:
        """`beyond` and its inverse, from the Gram matrix of what the second's directions have besides, 1 - A^T A with A
        what both have in common. None where a direction of the second nearly lies among the first's."""
        xp = namespace(self.along)
        rank = self.along.shape[1]
        if rank < MANY_COLUMNS:
            return None
        unit = xp.eye(rank, dtype=xp.float64, device=device(self.along))
        try:
            lower = xp.linalg.cholesky(unit - self.along.T @ self.along)
            inverse = xp.linalg.inv(lower)
        except (np.linalg.LinAlgError, RuntimeError):  # PyTorch's is of the second kind
            return None
        sums = (float(xp.max(xp.sum(xp.abs(inverse), axis=axis))) for axis in (0, 1))
        # The norm, squared, is at most the largest sum of a row times that of a column.
        return (lower.T, inverse.T) if math.prod(sums) <= _BEYOND else None

    @cached_property
    def _besides(self) -> Float64[Array, "n rank_2"]:
        return self.second.directions - self.first.directions @ self.along

    @cached_property
    def beyond(self) -> Float64[Array, "rank rank_2"]:
        """Coordinates of the second's directions in what is orthogonal to the first's."""
        return triangular_factor(self._besides) if self._by_products is None else self._by_products[0]

    def with_columns(self, columns: tuple[Split, Split] | None) -> WithColumns:
        """The same with a further column beside each of the bases, which is split by it; None for columns of zeros."""
        xp = namespace(self.along)
        if columns is None:
            zeros = xp.zeros_like(xp.concat((self.along[:, 0], self.beyond[:, 0])))
            return WithColumns(self.along, self.beyond, zeros, zeros)
        first, second = columns
        back = self.first.directions.T @ second.rest
        rests = first.rest[:, None], (second.rest - self.first.directions @ back)[:, None]
        width = self.second.directions.shape[1]
        if self._by_products is None:
            # One matrix, so that what is beyond is in one basis.
            factor = triangular_factor(xp.concat((self._besides, *rests), axis=1))
            # The first columns alone have the same factor: whoever needs it besides need not make it.
            self.__dict__.setdefault("beyond", factor[:, :width])
        else:
            factor = self._with_more(xp.concat(rests, axis=1), *self._by_products)
        beyond = factor[:, :width]
        return WithColumns(
            along=self.along,
            beyond=beyond,
            first=xp.concat((first.along, factor[:, width])),
            second=xp.concat(
                (self.along @ second.along + back, beyond @ second.along + factor[:, width + 1])
            ),
        )

    def _with_more(
        self,
        columns: Float64[Array, "n more"],
        factor: Float64[Array, "rank_2 rank_2"],
        inverse: Float64[Array, "rank_2 rank_2"],
    ) -> Float64[Array, "rank _"]:
        """The triangular factor of `_besides`, which is known with its inverse, and of further columns beside them."""
        xp = namespace(columns)
        first, second = self.first.directions, self.second.directions
        along, rest = 0.0, columns
        # The second time is for what rounding left.
        for _ in range(2):
            there = inverse.T @ (second.T @ rest - self.along.T @ (first.T @ rest))
            steps = inverse @ there
            rest = rest - (second @ steps - first @ (self.along @ steps))
            along = along + there
        corner = triangular_factor(rest)
        below = xp.zeros((corner.shape[0], factor.shape[1]), dtype=xp.float64, device=device(factor))
        return xp.concat((xp.concat((factor, along), axis=1), xp.concat((below, corner), axis=1)))


@dataclass(frozen=True)
class WithColumns:
    """Two bases in one, with a further column beside each.

    Attributes:
        along, beyond: of the second's directions, as of `TwoBases`.
        first, second: coordinates of the columns.
    """

    along: Float64[Array, "rank_1 rank_2"]
    beyond: Float64[Array, "rank rank_2"]
    first: Float64[Array, " coordinates"]
    second: Float64[Array, " coordinates"]


def _sizes(
    mean: Float64[Array, " columns"], count: int, coordinates: Float64[Array, "rank columns"]
) -> Float64[Array, " columns"]:
    """Of what columns of so many observations were made of before their means were taken away."""
    xp = namespace(mean)
    return xp.abs(mean) * count**0.5 + xp.sum(xp.abs(coordinates), axis=0)


def row_blocks(count: int, width: int) -> Iterator[slice]:
    """Blocks of rows of so many columns that stay in a processor's cache."""
    return _blocks(count, max(_SMALL // width, 1))


def large_row_blocks(count: int, width: int) -> Iterator[slice]:
    """Blocks of rows for `triangular_factor_of_blocks`: they have more rows than the factor of those before them, or
    most of the work would be that factor's."""
    return _blocks(count, max(_LARGE // width, 4 * width))


def _blocks(count: int, rows: int) -> Iterator[slice]:
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))


def column_lengths(x: Float64[Array, "n columns"]) -> Float64[Array, " columns"]:
    """Euclidean lengths of the columns; no square leaves the range of numbers."""
    xp = namespace(x)
    squares = squared_lengths(x, 0)
    if float(xp.min(squares)) > _LEAST_SQUARE and float(xp.max(squares)) < 1.0 / _LEAST_SQUARE:
        return xp.sqrt(squares)
    largest = xp.max(xp.abs(x), axis=0)
    return largest * xp.linalg.vector_norm(x / xp.where(largest > 0, largest, xp.ones_like(largest)), axis=0)


def _centred_rows(arrays: tuple[Array, ...], means: list[Array]) -> Iterator[Array]:
    """Blocks of the arrays side by side, each less its mean."""
    xp = namespace(*arrays)
    width = sum(x.shape[1] for x in arrays)
    for rows in large_row_blocks(arrays[0].shape[0], width):
        parts = [x[rows, :] - mean for x, mean in zip(arrays, means, strict=True)]
        yield parts[0] if len(parts) == 1 else xp.concat(parts, axis=1)
