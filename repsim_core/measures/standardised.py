"""Standardised log-ratios of labels in two models: the images z of f and w of f' that d_SVD compares (Def. 4.5).

By the key identity z_y = r_y / psi_y with r_y(x) = log p(y|x) - log p(y_0|x), and w_y likewise in the other model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from repsim_core.beyond_standard import Array, beside, namespace, rows_of, to_numpy, triangular_factor
from repsim_core.measures.pairs import ModelPair, Pivot

# Below this d_SVD is taken from a difference: 1 less a number near 1 has lost its digits.
_CLOSE = 1e-4


@dataclass(frozen=True)
class StandardisedRatios:
    """Of some labels, as coordinates in one orthonormal basis, each of length 1.

    Attributes:
        z, w: of the two models, shape (D, labels).
    """

    z: Float64[Array, "D labels"]
    w: Float64[Array, "D labels"]

    @staticmethod
    def of(pair: ModelPair, pivot: Pivot, labels: Sequence[int]) -> StandardisedRatios:
        """Those of these labels with the pivot.

        Raises:
            ValueError: one is constant.
        """
        found = []
        for name, ratios in zip(("a", "b"), pair.log_ratios(pivot, labels), strict=True):
            columns, constant = ratios.standardised()
            bad = np.flatnonzero(to_numpy(constant))
            if len(bad):
                raise ValueError(
                    f"log-ratios of {name}: that of label {labels[int(bad[0])]} with the pivot {pivot} is constant "
                    "(zero deviation) and cannot be standardised"
                )
            found.append(columns)
        return StandardisedRatios(*found)

    @property
    def distances(self) -> Float64[np.ndarray, " labels"]:
        """std(z_y - w_y) of each label, 0 to 2: from the difference, so that close models keep all their digits."""
        xp = namespace(self.z)
        return to_numpy(xp.linalg.vector_norm(self.z - self.w, axis=0))

    @property
    def correlations(self) -> Float64[np.ndarray, " labels"]:
        """rho_y, the correlation of z_y and w_y: 1 - std(z_y - w_y)²/2."""
        return 1.0 - self.distances**2 / 2

    @property
    def dissimilarity(self) -> float:
        """d_SVD of all these labels at once, however many: 1 - the nuclear norm of Z^T W over their number.

        Z^T W has as many rows and columns as there are labels. With the triangular factors R and T of Z^T = Q R and
        W^T = P T it is Q R T^T P^T, so its singular values are those of the small matrix R T^T.
        """
        rank, labels = self.z.shape
        rows = self.z.T, self.w.T
        if labels > rank:
            rows = triangular_factor(rows[0]), triangular_factor(rows[1])
        return float(dissimilarities(rows[0][None, :, :], rows[1][None, :, :], labels)[0])

    @property
    def effective_ranks(self) -> tuple[float, float]:
        """How many directions the standardised images use: exp of the entropy of their singular values' shares (Roy
        and Vetterli 2007), from 1 to r."""
        return _effective_rank(self.z), _effective_rank(self.w)


def dissimilarities(
    z: Float64[Array, "sets m D"], w: Float64[Array, "sets m D"], labels: int
) -> Float64[Array, " sets"]:
    """d_SVD of each set: 1 - the nuclear norm of z w^T over the number of labels.

    It is min |z - Q w|²/(2 labels) over orthogonal Q too, and that keeps all digits where models are close.
    """
    xp = namespace(z)
    cross = z @ xp.matrix_transpose(w)
    found = 1.0 - xp.sum(xp.linalg.svdvals(cross), axis=-1) / labels
    close = np.flatnonzero(to_numpy(found) < _CLOSE).tolist()
    if not close:
        return found
    left, _, right = xp.linalg.svd(rows_of(cross, close), full_matrices=False)
    apart = rows_of(z, close) - (left @ right) @ rows_of(w, close)
    exact = to_numpy(xp.sum(apart * apart, axis=(1, 2))) / (2 * labels)
    values = to_numpy(found).copy()
    values[close] = exact
    return beside(values, z)


def _effective_rank(image: Float64[Array, "D labels"]) -> float:
    sigma = to_numpy(namespace(image).linalg.svdvals(image))
    shares = sigma[sigma > 0] / sigma.sum()
    return math.exp(-float((shares * np.log(shares)).sum()))
