"""Two models that are compared: checked once, with what several measures need of both.

With m(x) the mean of log p(y|x) over all labels, log p(y|x) = f(x)·(g(y) - mean g) + constant(y) + m(x). So the
log-probabilities of all labels, as functions of the input, lie in the span of the M coordinates of f and of m, and
those of all inputs, as functions of the label, in that of the coordinates of g and of the bias. Each model keeps an
orthonormal basis of these few columns, and the products of two such bases serve all labels (or inputs): no measure but
the normaliser and the divergence needs a pass over inputs times labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import Array, namespace, places_among, rows_of
from repsim_core.coordinates import Basis, Split, TwoBases
from repsim_core.measures.budgets import Budget
from repsim_core.measures.log_ratios import LogRatios
from repsim_core.measures.point_images import PointImages
from repsim_core.repeats import different_rows
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
        self._latest: tuple[Any, LogRatios] | None = None  # inputs, and what is between them

    def affordable(self, cost: int, budget: Budget) -> int:
        """How many things may be looked at, of `cost` multiplications each."""
        return budget.affords(cost, self.a.num_inputs * self.a.num_labels * (self.a.dim + self.b.dim))

    @property
    def num_inputs(self) -> int:
        """How many inputs the pair is looked at on."""
        return self.a.num_inputs if self._inputs is None else len(self._inputs)

    @cached_property
    def different_inputs(self) -> int:
        """How many of the N inputs have different embeddings, in one of the models at least."""
        return different_rows(self._drawn(self.a.embeddings), self._drawn(self.b.embeddings))

    # -- over the inputs -----------------------------------------------------------------------------------------

    @cached_property
    def over_inputs(self) -> TwoBases:
        """The coordinates of the identified embeddings of both models, as functions of the input."""
        a, b = self.a.essential, self.b.essential
        if self._inputs is None:
            return TwoBases(a.input_basis, b.input_basis)
        return TwoBases(*(Basis.of(self._drawn(model.embeddings)) for model in (a, b)))

    def _drawn(self, values: Float64[Array, "N ..."]) -> Float64[Array, "N ..."]:
        """The rows of the inputs that the pair is looked at on."""
        return values if self._inputs is None else rows_of(values, self._inputs)

    def with_inputs(self, inputs: Int64[np.ndarray, " n"]) -> ModelPair:
        """The pair as it is over other inputs, drawn from its own, with what is between labels; what is between
        inputs stays."""
        other = object.__new__(ModelPair)
        other.a, other.b, other.dim, other._inputs = self.a, self.b, self.dim, inputs
        other._latest = None
        return other

    @cached_property
    def label_images(self) -> PointImages:
        """The K labels as functions of the input, and a last point, of index K: the mean over all labels. Each is
        log p(y|x) less the mean of it over all labels, which all of them have in common."""
        points = self.a.essential.unembeddings, self.b.essential.unembeddings
        return PointImages.of(self.over_inputs, points, self.num_inputs - 1, about_the_mean=True)

    @cached_property
    def between_labels(self) -> LogRatios:
        """Log-ratios of labels: points are the K labels, observations the N inputs. A last point, of index K, is the
        mean over all labels."""
        bases, common, roundings = self.over_inputs, [], []
        for model, basis in ((self.a, bases.first), (self.b, bases.second)):
            common.append(basis.split(self._drawn(model.mean_log_prob)))
            xp = namespace(model.embeddings)
            # What is constant over the inputs, the bias, plays no part, however large.
            rounding = _rounding(model.logit_sizes + xp.abs(model.log_normaliser))
            roundings.append(xp.sqrt(xp.mean(self._drawn(rounding) ** 2, keepdims=True)))
        return LogRatios(
            self.label_images, (common[0], common[1]), (roundings[0], roundings[1]), self.num_inputs - 1
        )

    def pivot_point(self, pivot: Pivot) -> int:
        """The point of `between_labels` that a pivot is."""
        return self.a.num_labels if isinstance(pivot, str) else pivot

    # -- over the labels -----------------------------------------------------------------------------------------

    @cached_property
    def over_labels(self) -> TwoBases:
        """The coordinates of the identified unembeddings of both models, as functions of the label."""
        return TwoBases(self.a.essential.label_basis, self.b.essential.label_basis)

    def input_images(self, inputs: Sequence[int] | Int64[np.ndarray, " points"] | None = None) -> PointImages:
        """Some inputs (None: all N) as functions of the label: f(x)·g(y), without what all have in common, the bias."""
        known = self._among_latest(inputs)
        if known is not None:
            ratios, places = known
            return ratios.images.some(places)
        points = []
        for model in (self.a.essential, self.b.essential):
            f = model.embeddings
            points.append(f if inputs is None else rows_of(f, inputs))
        return PointImages.of(self.over_labels, (points[0], points[1]), self.a.num_labels - 1)

    def between_inputs(self, inputs: Sequence[int] | Int64[np.ndarray, " points"] | None = None) -> LogRatios:
        """Log-ratios of inputs: points are those asked for (None: all N), observations the K labels."""
        known = self._among_latest(inputs)
        if known is not None:
            ratios, places = known
            return ratios.some(places)
        roundings = []
        for model in (self.a, self.b):
            sizes = model.logit_sizes if inputs is None else rows_of(model.logit_sizes, inputs)
            if model.bias is not None:
                sizes = sizes + namespace(sizes).max(abs(model.bias))
            roundings.append(_rounding(sizes))
        found = LogRatios(
            self.input_images(inputs), self._biases, (roundings[0], roundings[1]), self.a.num_labels - 1
        )
        if inputs is not None:
            self._latest = np.asarray(inputs), found
        return found

    def _among_latest(
        self, inputs: Sequence[int] | Int64[np.ndarray, " points"] | None
    ) -> tuple[LogRatios, Int64[np.ndarray, " points"]] | None:
        """The log-ratios of the inputs that were looked at last, and where these are among them, if all are: an input
        set is chosen among those that were drawn."""
        if inputs is None or self._latest is None:
            return None
        latest, ratios = self._latest
        places = places_among(latest, np.asarray(inputs))
        return None if places is None else (ratios, places)

    @cached_property
    def _biases(self) -> tuple[Split, Split] | None:
        """Those of both models, which all inputs have in common; None without any."""
        models = self.a.essential, self.b.essential
        if all(model.bias is None for model in models):
            return None
        found = []
        for model, basis in zip(models, (self.over_labels.first, self.over_labels.second), strict=True):
            none = namespace(model.unembeddings).zeros_like(model.unembeddings[:, 0])
            found.append(basis.split(none if model.bias is None else model.bias))
        return found[0], found[1]


def _rounding(sizes: Float64[Array, " n"]) -> Float64[Array, " n"]:
    """Size of the rounding errors in log-probabilities: relative to the logits of these sizes, not to differences."""
    return _ROUNDING * (1.0 + sizes)
