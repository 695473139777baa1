"""The distribution of a model over its labels, for each of its inputs, and how far it is from another's.

Of few logits the probabilities are kept, of more what adds up (`softmax.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import Array, exponentials, first_largest, namespace, sums_of_products
from repsim_core.softmax import Logits, Summed, Weighed, summed, summed_together, weighed

# Logits of which a model keeps the log-probabilities and the probabilities (32 MB each): of more they are computed in
# blocks each time.
_KEPT = 2**22
# And of which it keeps the probabilities alone, 128 MB: divergences from many models are then products of matrices, and
# up to so many dimensions these take less time than exponentials.
_WEIGHED, _FEW = 2**24, 128
# Logits of such a block.
_BLOCK = 2**21


def bytes_kept(inputs: int, labels: int) -> int:
    """What a model of so many inputs and labels keeps of its distribution, once it was asked for: bytes."""
    logits = inputs * labels
    return 8 * logits * (2 if logits <= _KEPT else 1 if logits <= _WEIGHED else 0)


class _Kept(NamedTuple):
    """What is kept of a distribution with few logits."""

    normaliser: Array  # shape (N,)
    log_probs: Array  # shape (N, K)
    probs: Array


class Distribution:
    """p(y|x) = exp(f(x)·g(y) + b(y)) / sum_y' exp(f(x)·g(y') + b(y')) for N inputs and K labels.

    Args:
        embeddings: f(x), shape (N, M).
        unembeddings: g(y), shape (K, M).
        bias: b(y), shape (K,), or None.
    """

    def __init__(self, embeddings: Array, unembeddings: Array, bias: Array | None) -> None:
        self.embeddings, self.unembeddings, self.bias = embeddings, unembeddings, bias
        self._logits = Logits(embeddings, unembeddings, bias)
        self._count = embeddings.shape[0] * unembeddings.shape[0]

    @property
    def log_normaliser(self) -> Float64[Array, " N"]:
        """log of sum_y exp(f(x)·g(y) + b(y)), shape (N,). Computed once and shared."""
        return self._kept.normaliser if self._keeps else self._summed.log_normaliser

    @cached_property
    def _summed(self) -> Summed:
        return self._weighed.sums if self._weighs else summed(self._logits)

    @property
    def _weighs(self) -> bool:
        return self._count <= _WEIGHED and self.embeddings.shape[1] <= _FEW

    @cached_property
    def _weighed(self) -> Weighed:
        return weighed(self._logits)

    @property
    def _keeps(self) -> bool:
        return self._count <= _KEPT

    @cached_property
    def _kept(self) -> _Kept:
        """All of the distribution from one pass: exponentials take longest."""
        logits = self._logits.block(slice(None), slice(None))
        xp = namespace(logits)
        largest = xp.max(logits, axis=0)
        probs = exponentials(logits - largest)
        total = xp.sum(probs, axis=0)
        normaliser = largest + xp.log(total)
        logits -= normaliser
        probs /= total
        return _Kept(normaliser, logits.T, probs.T)

    def log_probs(self) -> Float64[Array, "N K"]:
        """log p(y|x) in nats, shape (N, K). Of few logits computed once and shared: copy it before changing it."""
        if self._keeps:
            return self._kept.log_probs
        return (self._logits.block(slice(None), slice(None)) - self.log_normaliser).T

    def blocks(self) -> Iterator[slice]:
        """Blocks of inputs, so few at a time that their logits take up little memory."""
        inputs, labels = self.embeddings.shape[0], self.unembeddings.shape[0]
        rows = max(1, _BLOCK // labels)
        for start in range(0, inputs, rows):
            yield slice(start, min(start + rows, inputs))

    @cached_property
    def predictions(self) -> Int64[Array, " N"]:
        """The most probable label of each input, shape (N,). Shared: copy it before changing it."""
        if not self._keeps:
            return self._summed.predictions
        log_probs = self._kept.log_probs.T
        return first_largest(log_probs, namespace(log_probs).max(log_probs, axis=0))

    def divergences(self, other: Distribution) -> tuple[Float64[Array, " N"], Float64[Array, " N"]]:
        """KL divergence of the other model's distribution from this one's and the other way round, in nats, for each
        input. Of so many logits that no probabilities are kept in one pass, which finds both models' normalisers and
        predictions, too."""
        if self._weighs and other._weighs and not self._keeps:
            here, there = (each._weighed.negative_entropy for each in (self, other))
            return here - self._expected(other), there - other._expected(self)
        if not self._keeps:
            mine, theirs, there, back = summed_together(self._logits, other._logits)
            self.__dict__.setdefault("_summed", mine)
            other.__dict__.setdefault("_summed", theirs)
            return there, back
        # Labels along the first axis: sums over many short rows are slow.
        (_, log_p, p), (_, log_q, q) = self._kept, other._kept
        difference = log_p.T - log_q.T
        return sums_of_products(p.T, difference), -sums_of_products(q.T, difference)

    def _expected(self, other: Distribution) -> Float64[Array, " N"]:
        """The mean of the other's log p(y|x) under this one's distribution of the labels y, for each input: one
        product of matrices, for log p(y|x) is linear in the embedding but for its normaliser.

        Unembeddings are taken about their mean under this distribution, so that neither what all of them share nor
        labels that are never probable cost digits.
        """
        xp = namespace(self.embeddings)
        probs = self._weighed.probs
        middle = xp.mean(probs, axis=0) @ other.unembeddings
        found = xp.sum((probs @ (other.unembeddings - middle)) * other.embeddings, axis=1)
        found = found + (other.embeddings @ middle - other.log_normaliser)
        return found if other.bias is None else found + probs @ other.bias
