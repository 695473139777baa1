"""Points of two models as functions of the same observations: labels over the inputs, or inputs over the labels.

A label y is the function f(x)·g(y) of the input, an input x the same as a function of the label. Centred, it lies in
the span of the few coordinates of f (or g), so that a point is a short vector: its image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jaxtyping import Float64

from repsim_core.beyond_standard import Array, namespace
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
            parts = [
                ((given[rows, :] - mean) @ factor, xp.abs(given[rows, :]) @ size)
                for rows in row_blocks(*given.shape)
            ]
            if about_the_mean:
                parts.append((xp.zeros_like(mean)[None, :] @ factor, xp.abs(mean)[None, :] @ size))
            images.append(xp.concat([image for image, _ in parts]))
            sizes.append(xp.concat([each for _, each in parts]))
        return PointImages(images[0], images[1], sizes[0], sizes[1], bases)

    def __len__(self) -> int:
        return self.p.shape[0]

    def blocks(self) -> Iterator[slice]:
        """Blocks of points, so few at a time that their images take up little memory."""
        return row_blocks(len(self), self.p.shape[1] + self.q.shape[1])
