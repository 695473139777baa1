"""Standardised log-ratios of labels in two models: the images z of f and w of f' that d_SVD compares (Def. 4.5).

By the key identity z_y = r_y / psi_y with r_y(x) = log p(y|x) - log p(y_0|x), and w_y likewise in the other model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cached_property

import numpy as np
from array_api_compat import device
from jaxtyping import Float64

from repsim_core.beyond_standard import (
    Array,
    beside,
    namespace,
    places_among,
    rows_of,
    squared_lengths,
    to_numpy,
    triangular_factor_of_blocks,
)
from repsim_core.coordinates import MANY_COLUMNS, NOT_CLOSE, large_row_blocks, row_blocks
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.point_images import PointImages

# A deviation below this share of what it is made of is rounding.
_CONSTANT = 1e-12
# Below this d_SVD is taken from a difference: 1 less a number near 1 has lost its digits.
_CLOSE = 1e-4


class StandardisedRatios:
    """Of some points against a pivot, as coordinates in one orthonormal basis, each of length 1.

    Args:
        images: of points in two models, the labels as a rule.
        pivot: the point that the others are displaced by.
        points: the others, as many as there are log-ratios.
    """

    def __init__(self, images: PointImages, pivot: int, points: Sequence[int] | np.ndarray) -> None:
        self._images, self._pivot = images, pivot
        self._points = np.asarray(points, dtype=np.int64)
        xp = namespace(images.p)
        self._lengths: list[Array] = []
        self.constant: list[np.ndarray] = []
        for each, sizes in zip(images.displacements(pivot), (images.sizes_p, images.sizes_q), strict=True):
            lengths = rows_of(each, self._points)
            constant = lengths <= _CONSTANT * (rows_of(sizes, self._points) + sizes[pivot])
            self._lengths.append(xp.where(constant, xp.ones_like(lengths), lengths))
            self.constant.append(to_numpy(constant))

    @staticmethod
    def of(pair: ModelPair, pivot: Pivot, labels: Sequence[int]) -> StandardisedRatios:
        """The log-ratios of these labels with the pivot.

        Raises:
            ValueError: one is constant.
        """
        found = StandardisedRatios(pair.label_images, pair.pivot_point(pivot), labels)
        found.require_varying(
            lambda name, place: (
                f"log-ratios of {name}: that of label {labels[place]} with the pivot {pivot} is constant "
                "(zero deviation) and cannot be standardised"
            )
        )
        return found

    def require_varying(self, message: Callable[[str, int], str]) -> None:
        """Refuse a log-ratio that is constant in a model.

        Args:
            message: of the error, by the name of the model and the place of the point.
        """
        for name, constant in zip(("a", "b"), self.constant, strict=True):
            bad = np.flatnonzero(constant)
            if len(bad):
                raise ValueError(message(name, int(bad[0])))

    def __len__(self) -> int:
        return len(self._points)

    def some(self, points: Sequence[int]) -> StandardisedRatios | None:
        """Those of some of the points, with what is known of them; None where one is not among them."""
        chosen = places_among(self._points, np.asarray(points))
        if chosen is None:
            return None
        fewer = copy(self)
        for name in ("_factors", "dissimilarity", "effective_ranks", "distances_of_mirrored"):
            fewer.__dict__.pop(name, None)
        fewer._points = self._points[chosen]
        fewer._lengths = [rows_of(lengths, chosen) for lengths in self._lengths]
        fewer.constant = [constant[chosen] for constant in self.constant]
        fewer.__dict__["distances"] = self.distances[chosen]
        return fewer

    @property
    def deviations(self) -> tuple[Float64[Array, " points"], Float64[Array, " points"]]:
        """psi and psi' that the log-ratios were standardised by; 1 for those that are constant."""
        return self._lengths[0], self._lengths[1]

    def _blocks(self) -> Iterator[slice]:
        return row_blocks(len(self._points), self._images.p.shape[1] + self._images.q.shape[1])

    def own(self, places: slice | np.ndarray) -> tuple[Float64[Array, "... r_1"], Float64[Array, "... r_2"]]:
        """z and w of the points at some places, each in its own model's basis; of a table of places, a table."""
        return self._own(0, places), self._own(1, places)

    def _own(self, model: int, places: slice | np.ndarray) -> Float64[Array, "... rank"]:
        x, lengths = (self._images.p, self._images.q)[model], self._lengths[model]
        displaced = rows_of(x, self._points[places])
        divisors = lengths[places] if isinstance(places, slice) else rows_of(lengths, places)
        displaced -= x[self._pivot, :]
        displaced /= divisors[..., None]
        return displaced

    def together(
        self, places: slice | np.ndarray
    ) -> tuple[Float64[Array, "... D"], Float64[Array, "... both"]]:
        """The same in one basis. The coordinates of z beyond its own basis are 0 and left out."""
        z, w = self.own(places)
        bases = self._images.bases
        return z, namespace(z).concat((w @ bases.along.T, w @ bases.beyond.T), axis=-1)

    @cached_property
    def distances(self) -> Float64[np.ndarray, " points"]:
        """std(z_y - w_y) of each label, 0 to 2: from the difference, so that close models keep all their digits."""
        return self._distances(-1.0)

    @cached_property
    def distances_of_mirrored(self) -> Float64[np.ndarray, " points"]:
        """std(z_y + w_y), likewise."""
        return self._distances(1.0)

    def _distances(self, sign: float) -> Float64[np.ndarray, " points"]:
        found = []
        bases = self._images.bases
        for rows in self._blocks():
            z, w = self.own(rows)
            common = w @ bases.along.T
            near = squared_lengths(z + sign * common, 1)
            # As misfits are found: what is beyond is what is left of the length, where that loses no digits.
            squares = near + (squared_lengths(w, 1) - squared_lengths(common, 1))
            if w.shape[1] < MANY_COLUMNS or float(namespace(z).min(squares)) <= NOT_CLOSE:
                squares = near + squared_lengths(w @ bases.beyond.T, 1)
            found.append(to_numpy(squares) ** 0.5)
        return np.concatenate(found)

    @property
    def correlations(self) -> Float64[np.ndarray, " points"]:
        """rho_y, the correlation of z_y and w_y: 1 - std(z_y - w_y)²/2."""
        return 1.0 - self.distances**2 / 2

    @cached_property
    def _factors(self) -> tuple[Float64[Array, "_ r_1"], Float64[Array, "_ r_2"]]:
        """Triangular factors of z and of w as matrices with a row a point."""
        found = []
        for model, x in enumerate((self._images.p, self._images.q)):
            blocks = large_row_blocks(len(self), x.shape[1])
            found.append(triangular_factor_of_blocks(self._own(model, rows) for rows in blocks))
        return found[0], found[1]

    @cached_property
    def dissimilarity(self) -> float:
        """d_SVD over all these points at once, however many: 1 - the nuclear norm of Z W^T over their number.

        Z W^T has as many rows and columns as there are points. With the triangular factors R and T of Z = Q R and
        W = P T it is Q R T^T P^T, so its singular values are those of the small matrix R T^T.
        """
        if len(self) <= min(self._images.p.shape[1], self._images.q.shape[1]):
            z, w = self.together(slice(None))
        else:
            # Of as many rows: an orthogonal map between them is square.
            rows = max(each.shape[0] for each in self._factors)
            z, factor = (_with_rows(each, rows) for each in self._factors)
            bases = self._images.bases
            w = namespace(z).concat((factor @ bases.along.T, factor @ bases.beyond.T), axis=1)
        return float(dissimilarities(z[None, :, :], w[None, :, :], len(self))[0])

    @cached_property
    def effective_ranks(self) -> tuple[float, float]:
        """How many directions the standardised images use: exp of the entropy of their singular values' shares (Roy
        and Vetterli 2007), from 1 to r."""
        first, second = (_effective_rank(factor) for factor in self._factors)
        return first, second


def dissimilarities(
    z: Float64[Array, "sets m r"], w: Float64[Array, "sets m D"], points: int
) -> Float64[Array, " sets"]:
    """d_SVD of each set: 1 - the nuclear norm of z w^T over the number of points.

    It is min |z - Q w|²/(2 points) over orthogonal Q too, and that keeps all digits where models are close. What w has
    beyond the first r coordinates is orthogonal to z.
    """
    xp = namespace(z)
    rank = z.shape[2]
    cross = z @ xp.matrix_transpose(w[:, :, :rank])
    found = 1.0 - xp.sum(xp.linalg.svdvals(cross), axis=-1) / points
    close = np.flatnonzero(to_numpy(found) < _CLOSE).tolist()
    if not close:
        return found
    left, _, right = xp.linalg.svd(rows_of(cross, close), full_matrices=False)
    image = (left @ right) @ rows_of(w, close)
    apart, beyond = rows_of(z, close) - image[:, :, :rank], image[:, :, rank:]
    exact = (
        to_numpy(xp.sum(apart * apart, axis=(1, 2))) + to_numpy(xp.sum(beyond * beyond, axis=(1, 2)))
    ) / (2 * points)
    values = to_numpy(found).copy()
    values[close] = exact
    return beside(values, z)


def _with_rows(x: Float64[Array, "_ columns"], rows: int) -> Float64[Array, "rows columns"]:
    """The matrix with rows of zeros below, so that it has this many."""
    xp = namespace(x)
    more = rows - x.shape[0]
    return xp.concat((x, xp.zeros((more, x.shape[1]), dtype=x.dtype, device=device(x)))) if more else x


def _effective_rank(factor: Float64[Array, "_ rank"]) -> float:
    sigma = to_numpy(namespace(factor).linalg.svdvals(factor))
    shares = sigma[sigma > 0] / sigma.sum()
    return math.exp(-float((shares * np.log(shares)).sum()))
