"""Observations that are there more than once: they tell no more than one of them."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Float64

from repsim_core.beyond_standard import Array, rows_of, to_numpy

# Columns that are looked at before whole rows are, and rows that are taken at a time.
_COLUMNS, _ROWS = 4, 1024


def different_rows(*arrays: Float64[Array, "n _"]) -> int:
    """How many of the rows of several arrays, side by side, are different.

    One column without equal numbers shows that all are. Otherwise checksums of the rows are kept, and no rows.

    Args:
        arrays: of the same n observations.
    """
    count = arrays[0].shape[0]
    for array in arrays:
        for place in range(min(_COLUMNS, array.shape[1])):
            if len(np.unique(to_numpy(array[:, place]))) == count:
                return count
    seen: set[bytes] = set()
    for start in range(0, count, _ROWS):
        rows = np.arange(start, min(start + _ROWS, count))
        # The sum is no -0.
        parts = [to_numpy(rows_of(array, rows)) + 0.0 for array in arrays]
        together = np.ascontiguousarray(np.concatenate(parts, axis=1))
        seen.update(hashlib.blake2b(row.data, digest_size=16).digest() for row in together)
    return len(seen)
