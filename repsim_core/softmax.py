"""Distributions of many labels, of which only what adds up is kept: logits are made in blocks, used, and thrown away.

A block is so small that it stays in a processor's cache between the product that makes it and the sums that use it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from array_api_compat import is_numpy_array
from jaxtyping import Bool, Float64, Int64

from repsim_core.beyond_standard import (
    Array,
    first_largest,
    in_threads,
    is_on_accelerator,
    namespace,
    sums_of_products,
)

# Inputs and labels of a block: 1 MB.
_INPUTS, _LABELS = 128, 1024


class Logits(NamedTuple):
    """What logits are made of: f, shape (N, M); g, shape (K, M); b, shape (K,), or None."""

    embeddings: Array
    unembeddings: Array
    bias: Array | None

    def block(self, rows: slice, labels: slice) -> Float64[Array, "k n"]:
        """Those of some inputs and labels. Labels come first: the few inputs are then side by side in sums."""
        logits = self.unembeddings[labels, :] @ self.embeddings[rows, :].T
        if self.bias is not None:
            logits += self.bias[labels, None]
        return logits


class Summed(NamedTuple):
    """Of each input: the log of the sum of the exponentials of its logits, and the label with the largest one."""

    log_normaliser: Float64[Array, " N"]
    predictions: Int64[Array, " N"]


class Weighed(NamedTuple):
    """The probabilities of all labels, shape (N, K); the mean of log p(y|x) under them, shape (N,); and the sums."""

    sums: Summed
    probs: Float64[Array, "N K"]
    negative_entropy: Float64[Array, " N"]


class _Sums:
    """What is known of a block of inputs after some of their labels, shape (n,) each.

    Attributes:
        top, place: the largest logit so far, and where it is.
        total: sum of exp(logit - top).
        fallen, scale, carried: what the latest labels changed: by how much the top rose, exp(-fallen), and the total
            of the labels before them, less what the top rose.
    """

    top: Array = None
    place: Array
    total: Array
    fallen: Array
    scale: Array
    carried: Array

    def add(self, logits: Float64[Array, "k n"], start: int) -> Float64[Array, "k n"]:
        """Take the logits of the labels from `start` on, which become differences from the top; return their
        exponentials."""
        xp = namespace(logits)
        top = xp.max(logits, axis=0)
        if self.top is None:
            self.place = start + first_largest(logits, top)
            self.fallen = self.carried = xp.zeros_like(top)
            self.scale = self.carried + 1.0
        else:
            self._move_places(logits, top > self.top, start)
            top = xp.maximum(self.top, top)
            self.fallen = top - self.top
            self.scale = xp.exp(-self.fallen)
            self.carried = self.total * self.scale
        self.top = top
        logits -= top
        weights = xp.exp(logits)
        self.total = self.carried + xp.sum(weights, axis=0)
        return weights

    def _move_places(self, logits: Float64[Array, "k n"], higher: Bool[Array, " n"], start: int) -> None:
        """To where the new tops are: of few inputs, after the first labels."""
        xp = namespace(logits)
        if is_numpy_array(logits):
            columns = np.flatnonzero(higher)
            self.place[columns] = start + logits[:, columns].argmax(axis=0)
        else:
            self.place = xp.where(higher, start + xp.argmax(logits, axis=0), self.place)

    def result(self) -> Summed:
        """Once all labels were added."""
        return Summed(self.top + namespace(self.top).log(self.total), self.place)


def summed(logits: Logits) -> Summed:
    """Normaliser and predictions of a model, in one pass."""

    def of_inputs(rows: slice) -> Summed:
        sums = _Sums()
        for labels in _stretches(logits.unembeddings, _LABELS):
            sums.add(logits.block(rows, labels), labels.start)
        return sums.result()

    return _joined(in_threads(of_inputs, _stretches(logits.embeddings, _INPUTS), logits.embeddings))


def weighed(logits: Logits) -> Weighed:
    """Probabilities of a model, and what is summed on the way."""
    xp = namespace(logits.embeddings)
    labels = logits.unembeddings.shape[0]

    def of_inputs(rows: slice) -> Weighed:
        block = logits.block(rows, slice(None))
        top = xp.max(block, axis=0)
        places = first_largest(block, top)
        block -= top
        probs = xp.exp(block)
        total = xp.sum(probs, axis=0)
        probs /= total
        log_total = xp.log(total)
        block *= probs
        entropy = xp.sum(block, axis=0) - log_total
        return Weighed(Summed(top + log_total, places), probs, entropy)

    blocks = _stretches(logits.embeddings, max(1, _INPUTS * _LABELS // labels))
    sums, probs, entropies = zip(*in_threads(of_inputs, blocks, logits.embeddings), strict=True)
    # Side by side, which is a copy of long rows.
    return Weighed(_joined(sums), xp.concat(list(probs), axis=1).T, xp.concat(list(entropies)))


def summed_together(
    a: Logits, b: Logits
) -> tuple[Summed, Summed, Float64[Array, " N"], Float64[Array, " N"]]:
    """Normalisers and predictions of two models, and both KL divergences of each input (nats), in one pass.

    With d(y) the difference of the models' logits, each less the largest, and T, T' their sums of exponentials,
    KL(p | p') = sum_y p(y) d(y) - log T + log T'.
    """
    xp = namespace(a.embeddings)

    def of_inputs(rows: slice) -> tuple[Summed, Summed, Array, Array]:
        mine, theirs = _Sums(), _Sums()
        there, back = 0.0, 0.0
        for labels in _stretches(a.unembeddings, _LABELS):
            difference, other = a.block(rows, labels), b.block(rows, labels)
            weights, weights_other = mine.add(difference, labels.start), theirs.add(other, labels.start)
            difference -= other
            # d of the labels before has changed with the tops.
            fallen = theirs.fallen - mine.fallen
            there = there * mine.scale + fallen * mine.carried + sums_of_products(weights, difference)
            back = back * theirs.scale + fallen * theirs.carried + sums_of_products(weights_other, difference)
        apart = xp.log(mine.total) - xp.log(theirs.total)
        return mine.result(), theirs.result(), there / mine.total - apart, apart - back / theirs.total

    first, second, there, back = zip(
        *in_threads(of_inputs, _stretches(a.embeddings, _INPUTS), a.embeddings), strict=True
    )
    return _joined(first), _joined(second), xp.concat(list(there)), xp.concat(list(back))


def _stretches(x: Array, on_a_processor: int) -> Iterator[slice]:
    """The rows of an array in blocks of so many, or of more where there are many cores and their memory is quick."""
    most = 16 * on_a_processor if is_on_accelerator(x) else on_a_processor
    for start in range(0, x.shape[0], most):
        yield slice(start, min(start + most, x.shape[0]))


def _joined(parts: Sequence[Summed]) -> Summed:
    xp = namespace(parts[0].log_normaliser)
    return Summed(*(xp.concat(each) for each in zip(*parts, strict=True)))
