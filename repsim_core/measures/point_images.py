"""Points of two models as functions of the same observations: labels over the inputs, or inputs over the labels.

A label y is the function f(x)·g(y) of the input, an input x the same as a function of the label. Centred, it lies in
the span of the few coordinates of f (or g), so that a point is a short vector: its image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import Array, namespace, row_by_row, row_lengths, rows_of
from repsim_core.coordinates import TwoBases, row_blocks


@dataclass(frozen=True)
class PointImages:
    """The points of both models, each in its own model's basis; lengths are sample deviations over the observations.

    Attributes:
        p, q: shapes (points, rank) of the first and the second model.
        sizes_p, sizes_q: of what the images were made of, which is what rounding errors go by, shape (points,).
        bases: those of the two models.
    """

    p: Float64[Array, "points rank_1"]
    q: Float64[Array, "points rank_2"]
    sizes_p: Float64[Array, " points"]
    sizes_q: Float64[Array, " points"]
    bases: TwoBases
    _kept: dict[int, tuple[Array, Array]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def of(
        bases: TwoBases,
        points: tuple[Float64[Array, "points M_1"], Float64[Array, "points M_2"]],
        freedom: int,
        *,
        about_the_mean: bool = False,
    ) -> PointImages:
        """Of points that are given by their unembeddings (or embeddings).

        Args:
            points: of the two models.
            freedom: observations less one.
            about_the_mean: take the mean of all points from each (it plays no part in what is between them), and add
                it as a last point.
        """
        images, sizes = [], []
        for basis, given in zip((bases.first, bases.second), points, strict=True):
            xp = namespace(given)
            # The few are scaled, and not the many.
            factor, size = (x / freedom**0.5 for x in (basis.coordinates.T, basis.sizes))
            mean = xp.mean(given, axis=0) if about_the_mean else xp.zeros_like(given[0, :])
            count = given.shape[0]
            products = ((given[rows, :] - mean) @ factor for rows in row_blocks(*given.shape))
            found = [xp.abs(given[rows, :]) @ size for rows in row_blocks(*given.shape)]
            if about_the_mean:
                count += 1
                products = chain(products, [xp.zeros_like(factor[:1, :])])
                found.append(xp.abs(mean[None, :]) @ size)
            images.append(row_by_row(products, count))
            sizes.append(xp.concat(found))
        return PointImages(images[0], images[1], sizes[0], sizes[1], bases)

    def some(self, points: Int64[np.ndarray, " fewer"]) -> PointImages:
        """Some of the points."""
        p, q, sizes_p, sizes_q = (
            rows_of(each, points) for each in (self.p, self.q, self.sizes_p, self.sizes_q)
        )
        return PointImages(p, q, sizes_p, sizes_q, self.bases)

    def __len__(self) -> int:
        return self.p.shape[0]

    def displacements(self, pivot: int) -> tuple[Float64[Array, " points"], Float64[Array, " points"]]:
        """How far all points are from one of them, in both models. Of the latest one they are kept."""
        if pivot not in self._kept:
            xp = namespace(self.p)
            found = [
                xp.concat([row_lengths(x[rows, :] - x[pivot, :]) for rows in row_blocks(*x.shape)])
                for x in (self.p, self.q)
            ]
            self._kept.clear()
            self._kept[pivot] = (found[0], found[1])
        return self._kept[pivot]

    def blocks(self) -> Iterator[slice]:
        """Blocks of points, so few at a time that their images take up little memory."""
        return row_blocks(len(self), self.p.shape[1] + self.q.shape[1])
