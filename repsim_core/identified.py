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
from repsim_core.beyond_standard import (
    Array,
    namespace,
    orthonormal,
    row_by_row,
    row_lengths,
    rows_of,
    to_numpy,
)
from repsim_core.coordinates import Basis, Centred, column_lengths, row_blocks

# Logits that vary by less are too small to be divided by.
_SMALLEST = 1e-140
# By how much arithmetic adds to the rounding of the numbers that were given, in units of float64's.
_ARITHMETIC = 16
# Largest eigenvalue of a Gram matrix over the least, up to which its eigenvectors make an orthonormal image: the error
# is about as many times the rounding of a number.
_WELL_CONDITIONED = 100.0


class Sizes(NamedTuple):
    """How large the numbers are that logits are made of, with each column of f scaled to mean square 1 and that of g
    inversely: rounding errors are then about equal in all.

    Attributes:
        scale: shape (M,): columns of f are divided by it, and those of g multiplied.
        lengths: shape (N,): |f(x)|.
        label_length: the largest |g(y)|.
        label_column: the length of the longest column of g.
    """

    scale: Float64[Array, " M"]
    lengths: Float64[Array, " N"]
    label_length: float
    label_column: float

    @staticmethod
    def of(f: Float64[Array, "N M"], g: Float64[Array, "K M"]) -> Sizes:
        xp = namespace(f)
        found = column_lengths(f) / f.shape[0] ** 0.5
        scale = xp.where(found > 0, found, xp.ones_like(found))
        lengths, label_lengths = (
            xp.concat([row_lengths(x[rows, :] * by) for rows in row_blocks(*x.shape)])
            for x, by in ((f, 1.0 / scale), (g, scale))
        )
        longest = float(xp.max(column_lengths(g) * scale))
        return Sizes(scale, lengths, float(xp.max(label_lengths)), longest)

    def errors(self, roundoff: tuple[float, float]) -> tuple[float, float]:
        """Of the rounding errors in the scaled f and in the scaled g, as matrices, about the norm: with independent
        entries it is at most the longest row and the longest column together."""
        xp = namespace(self.lengths)
        of_f, of_g = (max(each, _ARITHMETIC * ROUNDOFF) for each in roundoff)
        return (
            (self.lengths.shape[0] ** 0.5 + float(xp.max(self.lengths))) * of_f,
            (self.label_column + self.label_length) * of_g,
        )


class Identified(NamedTuple):
    """The directions that reach the distribution.

    Attributes:
        embed: shape (M, r): centred embeddings times this are uncorrelated, with deviation 1.
        unembed: shape (M, r): centred unembeddings times this are their counterparts: the products are the logits. None
            where `label_image` is there.
        squares: shape (r,): squared lengths of the columns of these, from the largest on.
        image: shape (N, r): centred embeddings times `embed`, where they were made on the way.
        label_image: shape (K, r): the unembeddings' counterparts, likewise.
    """

    embed: Float64[Array, "M r"]
    unembed: Float64[Array, "M r"] | None
    squares: Float64[Array, " r"]
    image: Float64[Array, "N r"] | None = None
    label_image: Float64[Array, "K r"] | None = None


def all_reach(bases: tuple[Basis, Basis], sizes: Sizes, roundoff: tuple[float, float]) -> bool:
    """Whether a bound on the least singular value shows that all M directions reach the distribution.

    Of two matrices with columns of length 1 and column lengths s and t beside them, the product with diag(s t) between
    has no singular value below the least of s t over the norms of both inverses.

    Args:
        bases: of the columns of f and of g, for more labels and more inputs than dimensions.
    """
    of_f, of_g = bases
    xp = namespace(sizes.scale)
    s, t = of_f.lengths / sizes.scale, of_g.lengths * sizes.scale
    least = float(xp.min(s * t)) / (of_f.inverse_norm * of_g.inverse_norm)
    norm_f, norm_g = (float(xp.linalg.vector_norm(each)) for each in (s, t))
    errors = sizes.errors(roundoff)
    return least > _noise(errors[0] * norm_g, errors[1] * norm_f, norm_f * norm_g)


def _noise(of_f: Array, of_g: Array, largest: Array) -> Array:
    """What a singular value must be above: the errors in its own two directions, and the rounding of the largest, for
    a logit has no room for less."""
    return of_f + of_g + _ARITHMETIC * ROUNDOFF * largest + _SMALLEST


def identified(
    f: Float64[Array, "N M"],
    g: Float64[Array, "K M"],
    sizes: Sizes,
    roundoff: tuple[float, float],
    factors: Callable[[], tuple[Float64[Array, "_ M"], Float64[Array, "_ M"]]],
) -> Identified:
    """The directions of f and g that reach the distribution.

    A singular value counts where it is above the errors in its own two directions.

    Args:
        f, g: embeddings and unembeddings.
        sizes: theirs.
        roundoff: by how much, relative to its size, an entry of f and of g was rounded before it came here.
        factors: gives the coordinates of f and of g, centred, in an orthonormal basis each; it is asked for them where
            there are more labels than dimensions.
    """
    xp = namespace(f)
    (inputs, dim), labels = f.shape, g.shape[0]
    scale, errors = sizes.scale, sizes.errors(roundoff)
    if labels <= dim:
        found = _of_few_labels(f, g, sizes, errors) if labels <= inputs else None
        if found is not None:
            return found
        # Fewer columns: those of the logits, in coordinates of the labels.
        factor_g = Centred.of(g * scale).coordinates
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
    noise = _noise(errors[0] * column_lengths(along_g), errors[1] * column_lengths(along_f), xp.max(sigma))
    kept = np.flatnonzero(to_numpy(sigma > noise))[: min(dim, labels - 1, inputs - 1)]
    sigma, along_f, along_g = rows_of(sigma, kept), rows_of(along_f.T, kept).T, rows_of(along_g.T, kept).T
    root = (inputs - 1) ** 0.5
    return Identified(
        embed=along_g * root / sigma / scale[:, None],
        unembed=along_f / (root or 1.0) * scale[:, None],
        squares=sigma**2 / max(inputs - 1, 1),
        image=None if image is None else rows_of(image.T, kept).T * root,
    )


def _of_few_labels(
    f: Float64[Array, "N M"], g: Float64[Array, "K M"], sizes: Sizes, errors: tuple[float, float]
) -> Identified | None:
    """The same of no more labels than dimensions, where a bound shows that all K - 1 differences of labels reach the
    distribution, and well: most models are such, and it takes a third of the time."""
    xp = namespace(f)
    inputs, dim = f.shape
    root, root_labels = (inputs - 1) ** 0.5, g.shape[0] ** 0.5
    # All labels but the first after a reflection that turns what all have in common into the first.
    centred = g - xp.mean(g, axis=0)
    reflected = centred[1:, :] + centred[:1, :] / (root_labels - 1)
    mean = xp.mean(f, axis=0)
    seen = row_by_row(((f[rows, :] - mean) @ reflected.T for rows in row_blocks(inputs, dim)), inputs)
    seen -= xp.mean(seen, axis=0)
    gram = seen.T @ seen
    if not bool(xp.isfinite(xp.max(gram))):
        return None
    squares, vectors = xp.linalg.eigh(gram)
    squares, vectors = xp.flip(squares), xp.flip(vectors, axis=1)
    largest, least = float(squares[0]), float(squares[-1])
    # Every singular value has at most these errors.
    noise = _noise(
        errors[0] * sizes.label_column * dim**0.5, errors[1] * (inputs * dim) ** 0.5, max(largest, 0.0) ** 0.5
    )
    if not (least * _WELL_CONDITIONED > largest and least > noise**2):
        return None
    sigma = xp.sqrt(squares)
    turned = vectors * (sigma / root)
    total = xp.sum(turned, axis=0)
    return Identified(
        embed=reflected.T @ (vectors * (root / sigma)),
        unembed=None,
        squares=squares / (inputs - 1),
        # The transpose of a product: columns one after the other.
        image=((vectors * (root / sigma)).T @ seen.T).T,
        label_image=xp.concat(
            (total[None, :] / root_labels, turned - total / (root_labels * (root_labels - 1)))
        ),
    )
