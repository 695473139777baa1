"""What of embeddings and unembeddings reaches a distribution: directions, found without the table of logits.

The logits, centred over inputs and over labels, are the product of centred embeddings and centred unembeddings. Its
singular value decomposition says in how many directions they vary, and which these are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from repsim_core.arrays import ROUNDOFF
from repsim_core.beyond_standard import Array, namespace, orthonormal, rows_of, to_numpy
from repsim_core.coordinates import Centred, column_lengths, row_blocks

# Logits that vary by less are too small to be divided by.
_SMALLEST = 1e-140
# By how much arithmetic adds to the rounding of the numbers that were given, in units of float64's.
_ARITHMETIC = 16


class Identified(NamedTuple):
    """The directions that reach the distribution, and how large the numbers are that logits are made of.

    Attributes:
        embed: shape (M, r): centred embeddings times this are uncorrelated, with deviation 1.
        unembed: shape (M, r): centred unembeddings times this are their counterparts: the products are the logits.
        squares: shape (r,): squared lengths of the columns of these, from the largest on.
        lengths: shape (N,): |f(x)|, with each coordinate scaled to a root mean square of 1.
        label_length: the largest |g(y)|, with each coordinate scaled inversely.
        image: shape (N, r): centred embeddings times `embed`, where they were made on the way.
    """

    embed: Float64[Array, "M r"]
    unembed: Float64[Array, "M r"]
    squares: Float64[Array, " r"]
    lengths: Float64[Array, " N"]
    label_length: float
    image: Float64[Array, "N r"] | None = None


def identified(
    f: Float64[Array, "N M"],
    g: Float64[Array, "K M"],
    roundoff: tuple[float, float],
    factors: Callable[[], tuple[Float64[Array, "_ M"], Float64[Array, "_ M"]]],
) -> Identified:
    """The directions of f and g that reach the distribution.

    Columns of f are scaled to mean square 1 and those of g inversely, so that rounding errors are about equal in all. A
    singular value counts where it is above the errors in its own two directions: of an error matrix with independent
    entries the norm is at most about the longest row and the longest column together.

    Args:
        f, g: embeddings and unembeddings.
        roundoff: by how much, relative to its size, an entry of f and of g was rounded before it came here.
        factors: gives the coordinates of f and of g, centred, in an orthonormal basis each; it is asked for them where
            there are more labels than dimensions.
    """
    xp = namespace(f)
    (inputs, dim), labels = f.shape, g.shape[0]
    sizes = column_lengths(f) / inputs**0.5
    scale = xp.where(sizes > 0, sizes, xp.ones_like(sizes))
    scaled_g = g * scale
    if labels <= dim:
        # Fewer columns: those of the logits, in coordinates of the labels.
        factor_g = Centred.of(scaled_g).coordinates
        centred = f - xp.mean(f, axis=0)
        seen = centred @ (factor_g / scale).T
        _, sigma, right = xp.linalg.svd(Centred.of(seen).coordinates, full_matrices=False)
        along_g = factor_g.T @ right.T
        # Small directions are cleared of what rounding leaves in them of large ones.
        image, signs = orthonormal(seen @ right.T)
        image = image * xp.sign(xp.linalg.diagonal(signs))
        along_f = (centred.T @ image) / scale[:, None]
    else:
        image = None
        factor_f, factor_g = factors()
        left, sigma, right = xp.linalg.svd((factor_f / scale) @ (factor_g * scale).T, full_matrices=False)
        along_f, along_g = (factor_f / scale).T @ left, (factor_g * scale).T @ right.T
    lengths = xp.concat(
        [xp.linalg.vector_norm(f[rows, :] / scale, axis=1) for rows in row_blocks(inputs, dim)]
    )
    label_length = float(xp.max(xp.linalg.vector_norm(scaled_g, axis=1)))
    errors = (
        (inputs**0.5 + float(xp.max(lengths))) * max(roundoff[0], _ARITHMETIC * ROUNDOFF),
        (float(xp.max(column_lengths(scaled_g))) + label_length) * max(roundoff[1], _ARITHMETIC * ROUNDOFF),
    )
    noise = errors[0] * column_lengths(along_g) + errors[1] * column_lengths(along_f)
    # Nor does a logit have room for what is smaller than its own rounding.
    noise = noise + _ARITHMETIC * ROUNDOFF * xp.max(sigma) + _SMALLEST
    kept = np.flatnonzero(to_numpy(sigma > noise))[: min(dim, labels - 1, inputs - 1)]
    sigma, along_f, along_g = rows_of(sigma, kept), rows_of(along_f.T, kept).T, rows_of(along_g.T, kept).T
    root = (inputs - 1) ** 0.5
    return Identified(
        embed=along_g * root / sigma / scale[:, None],
        unembed=along_f / (root or 1.0) * scale[:, None],
        squares=sigma**2 / max(inputs - 1, 1),
        lengths=lengths,
        label_length=label_length,
        image=None if image is None else rows_of(image.T, kept).T * root,
    )
