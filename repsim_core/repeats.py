"""Observations that are there more than once: they tell no more than one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import Array, rows_of, to_numpy

# Columns that are looked at before whole rows are, and rows that are taken at a time.
_COLUMNS, _ROWS = 4, 1024


def different_rows(*arrays: Float64[Array, "n _"]) -> int:
    """How many of the rows of several arrays, side by side, are different.

    Args:
        arrays: of the same n observations.
    """
    return arrays[0].shape[0] if _all_differ(arrays) else len(set(_checksums(arrays)))


def numbered_rows(*arrays: Float64[Array, "n _"]) -> Int64[np.ndarray, " n"]:
    """A number for each row, from 0 on in the order in which they come first: equal rows have the same.

    Args:
        arrays: of the same n observations.
    """
    if _all_differ(arrays):
        return np.arange(arrays[0].shape[0])
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(each, len(numbers)) for each in _checksums(arrays)], dtype=np.int64)


def _all_differ(arrays: tuple[Float64[Array, "n _"], ...]) -> bool:
    """Whether a column without equal numbers shows it; most often one does, and no row has to be looked at."""
    return any(
        len(np.unique(to_numpy(array[:, place]))) == array.shape[0]
        for array in arrays
        for place in range(min(_COLUMNS, array.shape[1]))
    )


def _checksums(arrays: tuple[Float64[Array, "n _"], ...]) -> Iterator[bytes]:
    """Of each row: no rows are kept."""
    count = arrays[0].shape[0]
    for start in range(0, count, _ROWS):
        rows = np.arange(start, min(start + _ROWS, count))
        # The sum is no -0.
        parts = [to_numpy(rows_of(array, rows)) + 0.0 for array in arrays]
        together = np.ascontiguousarray(np.concatenate(parts, axis=1))
        yield from (hashlib.blake2b(row.data, digest_size=16).digest() for row in together)
