"""Comparison of two models by every measure."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Unpack

import numpy as np

from repsim_core.arrays import as_count, as_real
from repsim_core.beyond_standard import beside, is_on_accelerator, to_numpy
from repsim_core.distribution import bytes_kept
from repsim_core.measures.bounds import greatest_dissimilarity, least_dissimilarity
from repsim_core.measures.canonical import between_bases
from repsim_core.measures.compared import Comparison
from repsim_core.measures.comparison_notes import notes
from repsim_core.measures.distances import WEIGHT, divergences, llv_over
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.sets import SetOptions, check_labels, choose_sets
from repsim_core.measures.similarity import representation_distance_over
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.memory import available, size
from repsim_core.representations import Representations, share_equal, together_on_one_device

# Bytes that every machine has.
_LITTLE = 2e8


def compare(
    a: Representations,
    b: Representations,
    *,
    weight: float = WEIGHT,
    max_subsets: int | None = None,
    measures: str | None = None,
    **sets: Unpack[SetOptions],
) -> Comparison:
    """Compare two models on the same inputs and labels by every measure.

    Both are measured on what reaches their distributions: `a.rank` dimensions of a, `b.rank` of b.

    Args:
        a, b: the models; their dimensions may differ.
        weight: as for `llv_distance`.
        max_subsets: as for `representation_distance`.
        measures: "all" for those of `measures/others.py` besides, which compare logits or embeddings as they are.
        sets: pivot, labels, left_out, input_set, num_samples, seed, min_conditioning: as for `llv_distance`; d_LLV and
            d_{f,g} are taken over the same sets.

    Raises:
        TypeError, ValueError: naming the argument.
        MemoryError: with the remedy; what would not fit is refused before it is begun.
    """
    weight, limit = _checked(weight, max_subsets, measures)
    a, b = together_on_one_device(a, b)
    _require_memory(a, b)
    try:
        return _compared(ModelPair(a, b), weight, limit, measures == "all", sets)
    except MemoryError as error:
        raise MemoryError(f"{_too_large(a, b)}: {error}") from error


def check_options(
    num_labels: int,
    *,
    weight: float = WEIGHT,
    max_subsets: int | None = None,
    measures: str | None = None,
    **sets: Unpack[SetOptions],
) -> None:
    """Refuse options of `compare` that no two models with so many labels can be compared with."""
    _checked(weight, max_subsets, measures)
    check_labels(num_labels, **sets)


def _checked(weight: object, max_subsets: object, measures: object) -> tuple[float, int | None]:
    if measures not in (None, "all"):
        raise ValueError(f'measures: found {measures!r}, expected "all" or None')
    limit = None if max_subsets is None else as_count(max_subsets, "max_subsets")
    return as_real(weight, "weight"), limit


def _compared(
    pair: ModelPair, weight: float, max_subsets: int | None, with_others: bool, sets: SetOptions
) -> Comparison:
    """`compare`, its arguments checked."""
    a, b = pair.a, pair.b
    # First, for it finds the normalisers on the way.
    d_kl, d_kl_reverse = divergences(a, b)
    chosen = choose_sets(pair, **sets)
    every = _all_ratios(pair, chosen.pivot, chosen.labels)
    ratios = every.some(chosen.labels) or StandardisedRatios.of(pair, chosen.pivot, chosen.labels)
    llv = llv_over(pair, chosen, weight, ratios)
    representation = representation_distance_over(pair, chosen, max_subsets, ratios)
    size = min(pair.dim, len(chosen.labels), len(every))
    apart = every.distances.tolist()
    cca = between_bases(pair.over_inputs, a.num_inputs, pair.different_inputs)
    agreement = share_equal(a.predictions(), b.predictions())
    labelled = _labelled(a, b)
    return Comparison(
        d_kl=d_kl,
        d_kl_reverse=d_kl_reverse,
        cca=cca,
        agreement=agreement,
        accuracies=None if labelled is None else (labelled[0].accuracy(), labelled[1].accuracy()),
        losses=None if labelled is None else (labelled[0].loss(), labelled[1].loss()),
        llv=llv,
        representation=representation,
        certificate=greatest_dissimilarity(apart, size),
        least_d_svd_f=least_dissimilarity(apart, size) if size < len(apart) else None,
        d_svd_all_labels=every.dissimilarity,
        effective_ranks=every.effective_ranks,
        num_inputs=a.num_inputs,
        num_labels=a.num_labels,
        dims=(a.dim, b.dim),
        ranks=(a.rank, b.rank),
        size=size,
        notes=tuple(notes(pair, representation, cca, agreement)),
        others=_others(pair) if with_others else {},
    )


def _require_memory(a: Representations, b: Representations) -> None:
    """Refuse what would not fit, before it is begun: a system that is short of memory ends processes without a word.

    Raises:
        MemoryError: naming the models, what they need, and the remedy.
    """
    needed = _bytes(a, b)
    # Of little it is not worth asking.
    free = None if needed < _LITTLE or is_on_accelerator(a.embeddings) else available()
    if free is not None and needed > free:
        raise MemoryError(
            f"{_too_large(a, b)}: they need about {size(needed)} more than they have, and {size(free)} are free"
        )


def _bytes(a: Representations, b: Representations) -> float:
    """About as much memory as a comparison takes beside the models."""
    inputs, labels = a.num_inputs, a.num_labels
    rows, widest = inputs + labels, max(a.dim, b.dim)
    ranks = [min(model.dim, labels - 1, inputs - 1) for model in (a, b)]
    # Tables of the search and libraries that are loaded for it; bases and images of both models, and what is beyond of
    # one; while a basis is made, copies of the columns.
    found = (
        1e8 + 9.0 * (2.5 * rows * sum(ranks) + max(inputs, labels) * widest) + 2 * bytes_kept(inputs, labels)
    )
    if widest >= labels:  # identified embeddings are made first
        found += 8.0 * inputs * sum(ranks)
    return found


def _too_large(a: Representations, b: Representations) -> str:
    dims = f"{a.dim:,}" if a.dim == b.dim else f"{a.dim:,} and {b.dim:,}"
    return (
        f"a, b: N = {a.num_inputs:,} inputs and K = {a.num_labels:,} labels in M = {dims} dimensions are too many for "
        "the memory that is free; take fewer inputs (the first n rows of the embeddings) or half the labels"
    )


def _all_ratios(pair: ModelPair, pivot: Pivot, labels: Sequence[int]) -> StandardisedRatios:
    """The standardised log-ratios of all labels with the pivot, but for those that are constant in a model; of the
    chosen labels where all are."""
    count = pair.a.num_labels
    gaps = to_numpy(pair.between_labels.row(pair.pivot_point(pivot), range(count)).gap)
    return StandardisedRatios.of(pair, pivot, np.flatnonzero(np.isfinite(gaps)).tolist() or labels)


def _others(pair: ModelPair) -> dict[str, float]:
    from repsim_core.measures.others import all_others  # they are seldom asked for

    return all_others(pair.a, pair.b)


def _labelled(a: Representations, b: Representations) -> tuple[Representations, Representations] | None:
    """Both models with the true labels of the inputs, if one of them knows these; what they have kept stays."""
    labels = b.labels if a.labels is None else a.labels
    if labels is None:
        return None
    first, second = copy(a), copy(b)
    for model in (first, second):
        model.labels = beside(labels, model.embeddings)
    return first, second
