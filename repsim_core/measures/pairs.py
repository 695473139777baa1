"""Two models that are compared: checked once, with what several measures need of both.

With m(x) the mean of log p(y|x) over all labels, log p(y|x) = f(x)·(g(y) - mean g) + constant(y) + m(x). So the
log-probabilities of all labels, as functions of the input, lie in the span of the M coordinates of f and of m, and
those of all inputs, as functions of the label, in that of the coordinates of g and of the bias. One QR decomposition of
these few columns of both models serves all labels (or inputs): no measure but the normaliser and the divergence needs a
pass over inputs times labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import Array, namespace, rows_of
from repsim_core.coordinates import Centred
from repsim_core.measures.log_ratios import LogRatios
from repsim_core.representations import Representations, together_on_one_device

# Of a log-probability, relative to the logits that it is the difference of.
_ROUNDING = 4 * float(np.finfo(np.float64).eps)
# The contrast that takes the mean over all labels in place of one pivot's log-probability.
MEAN: Final = "mean"
Pivot = int | str


class ModelPair:
    """Two models on the same inputs and labels; their dimensions may differ.

    Attributes:
        a, b: in one library on one device.
        dim: r, the smaller of the two ranks: so many coordinates of the log-ratios can be compared in both.

    Raises:
        TypeError, ValueError: naming the argument, if they are not; also where one of them has the same distribution
            for every input.
    """

    def __init__(self, a: Representations, b: Representations) -> None:
        self.a, self.b = together_on_one_device(a, b)
        if a.num_inputs < 2:
            raise ValueError("a: found N = 1 input, expected at least 2")
        for name, model in (("a", self.a), ("b", self.b)):
            if model.rank == 0:
                raise ValueError(
                    f"{name}: found the same distribution for every input, expected one that depends on the input: "
                    "every log-ratio is constant and cannot be standardised"
                )
        self.dim = min(self.a.rank, self.b.rank)
        self._inputs: np.ndarray | None = None  # all of the models'

    # -- over the inputs -----------------------------------------------------------------------------------------

    @cached_property
    def _over_inputs(self) -> Centred:
        """Columns: identified embeddings of a, its mean log-probability, then those of b."""
        parts = []
        for model in (self.a, self.b):
            parts += [self._drawn(model.essential.embeddings), self._drawn(model.mean_log_prob[:, None])]
        return Centred.of(*parts)

    def _drawn(self, values: Float64[Array, "N columns"]) -> Float64[Array, "N columns"]:
        """The rows of the inputs that the pair is looked at on."""
        return values if self._inputs is None else rows_of(values, self._inputs)

    def with_inputs(self, inputs: Int64[np.ndarray, " N"]) -> ModelPair:
        """The pair as it is over other N inputs, drawn from its own, with what is between labels and of embeddings;
        what is between inputs stays."""
        other = object.__new__(ModelPair)
        other.a, other.b, other.dim, other._inputs = self.a, self.b, self.dim, inputs
        return other

    @cached_property
    def embeddings(self) -> tuple[Centred, Centred]:
        """The identified embeddings of both models, centred, in one basis; they need no normaliser."""
        first, second = self.a.essential.dim, self.b.essential.dim
        both = Centred.of(*(self._drawn(model.essential.embeddings) for model in (self.a, self.b)))
        return both.columns(0, first), both.columns(first, first + second)

    @cached_property
    def between_labels(self) -> LogRatios:
        """Log-ratios of labels: points are the K labels, observations the N inputs. A last point, of index K, is the
        mean over all labels."""
        root = (self.a.num_inputs - 1) ** 0.5
        points, roundings, start = [], [], 0
        for model in (self.a, self.b):
            g = model.essential.unembeddings
            xp = namespace(g)
            with_mean = xp.concat((g - xp.mean(g, axis=0), xp.zeros_like(g[:1, :])))
            last = start + g.shape[1]
            f, mean = self._over_inputs.coordinates[:, start:last], self._over_inputs.coordinates[:, last]
            points.append((with_mean @ f.T + mean) / root)
            start = last + 1
            roundings.append(xp.sqrt(xp.mean(_rounding(model) ** 2, keepdims=True)))
        return LogRatios(*points, *roundings)

    def pivot_point(self, pivot: Pivot) -> int:
        """The point of `between_labels` that a pivot is."""
        return self.a.num_labels if isinstance(pivot, str) else pivot

    def log_ratios(self, pivot: Pivot, labels: Sequence[int]) -> tuple[Centred, Centred]:
        """Log-ratios of some labels with the pivot, centred, in one basis, a column a label, of both models."""
        found = []
        for model, f in zip((self.a, self.b), self.embeddings, strict=True):
            g = model.essential.unembeddings
            origin = namespace(g).mean(g, axis=0) if isinstance(pivot, str) else g[pivot, :]
            found.append(_along(f, rows_of(g, labels), origin))
        return found[0], found[1]

    # -- over the labels -----------------------------------------------------------------------------------------

    @cached_property
    def _over_labels(self) -> Centred:
        """Columns: the unembeddings of a, its bias, then those of b."""
        parts = []
        for model in (self.a.essential, self.b.essential):
            xp = namespace(model.unembeddings)
            bias = xp.zeros_like(model.unembeddings[:, 0]) if model.bias is None else model.bias
            parts += [model.unembeddings, bias[:, None]]
        return Centred.of(*parts)

    def between_inputs(self, inputs: Sequence[int] | Int64[np.ndarray, " points"] | None = None) -> LogRatios:
        """Log-ratios of inputs: points are those asked for (None: all N), observations the K labels."""
        root = (self.a.num_labels - 1) ** 0.5
        points, roundings, start = [], [], 0
        for model in (self.a, self.b):
            f = model.essential.embeddings
            if inputs is not None:
                f = rows_of(f, inputs)
            bias = start + f.shape[1]
            g = self._over_labels.coordinates[:, start:bias]
            points.append((f @ g.T + self._over_labels.coordinates[:, bias]) / root)
            roundings.append(_rounding(model, inputs))
            start = bias + 1
        return LogRatios(*points, *roundings)

    def unembeddings_along(self, input_set: Sequence[int]) -> tuple[Centred, Centred]:
        """N^T g of both models for an input set (x_0, x_1, ...): centred, in one basis, a column an input x_i."""
        found, start = [], 0
        for model in (self.a.essential, self.b.essential):
            f = rows_of(model.embeddings, input_set)
            g = self._over_labels.columns(start, start + model.dim)
            found.append(_along(g, f[1:, :], f[0, :]))
            start += model.dim + 1
        return found[0], found[1]


def _along(columns: Centred, points: Float64[Array, "points M"], origin: Float64[Array, " M"]) -> Centred:
    """The columns times the displaced points, a column a point.

    Rounding goes by what the differences were made of: a point that is the origin but for rounding gives a constant.
    """
    images = columns @ (points - origin).T
    return Centred(images.coordinates, columns.sizes @ (abs(points) + abs(origin)).T)


def _rounding(
    model: Representations, inputs: Sequence[int] | np.ndarray | None = None
) -> Float64[Array, " points"]:
    """Size of the rounding errors in log p(y|x) for each input: relative to the logits, not to their differences."""
    sizes = model.logit_sizes
    return _ROUNDING * (1.0 + (sizes if inputs is None else rows_of(sizes, inputs)))
