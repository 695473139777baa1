"""The sets that d_LLV and d_{f,g} are taken over: pivot, label set and input set (Def. 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Final, TypedDict, Unpack

import numpy as np

from repsim_core.arrays import as_count, as_index, as_indices, as_real
from repsim_core.errors import nearest
from repsim_core.measures.input_sets import exact_input_set, sampled_input_set
from repsim_core.measures.pairs import ModelPair
from repsim_core.representations import require_enough_labels


class SetOptions(TypedDict, total=False):
    """How pivot, label set and input set are chosen; `llv_distance` says what each option does."""

    pivot: int | None
    left_out: int | str | None
    input_set: Sequence[int] | str | None
    num_samples: int
    seed: int
    min_conditioning: float


DEFAULTS: Final[SetOptions] = {
    "pivot": None,
    "left_out": None,
    "input_set": None,
    "num_samples": 200,
    "seed": 0,
    "min_conditioning": 0.01,
}


@dataclass(frozen=True)
class ComparisonSets:
    """The sets that two models are compared over.

    Attributes:
        pivot: y_0.
        left_out: the label left out, None where all are kept.
        labels: the kept labels besides the pivot.
        input_set: (x_0, ..., x_M).
        input_choice: how it was found, in words.
        seed: of what is sampled.
    """

    pivot: int
    left_out: int | None
    labels: tuple[int, ...]
    input_set: tuple[int, ...]
    input_choice: str
    seed: int


def choose_sets(pair: ModelPair, **options: Unpack[SetOptions]) -> ComparisonSets:
    """Check the sets that are given and choose the others; options, choices and errors as `llv_distance` says."""
    for name in options:
        if name not in DEFAULTS:
            raise TypeError(f"{name}: found an unknown option; {nearest(name, DEFAULTS)}")
    chosen: dict[str, Any] = {**DEFAULTS, **options}
    require_enough_labels(pair.a)
    if pair.a.num_inputs < pair.a.dim + 1:
        raise ValueError(
            f"a: found N = {pair.a.num_inputs} inputs, expected at least M + 1 = {pair.a.dim + 1}"
        )
    pivot, left_out = _choose_labels(pair, chosen["pivot"], chosen["left_out"])
    input_set, input_choice = _choose_inputs(pair, chosen)
    labels = tuple(y for y in range(pair.a.num_labels) if y not in (pivot, left_out))
    return ComparisonSets(pivot, left_out, labels, input_set, input_choice, chosen["seed"])


def _choose_labels(pair: ModelPair, pivot: int | None, left_out: int | str | None) -> tuple[int, int | None]:
    """Pivot and left-out label (or None)."""
    count = pair.a.num_labels
    if not (left_out is None or isinstance(left_out, (str, Integral))):
        raise TypeError(f'left_out: found {left_out!r}, expected a label, None or "none"')
    if left_out != "none" and count < pair.a.dim + 2:
        raise ValueError(
            f'left_out: found K = M + 1 = {count} labels, which leaves none to leave out; pass left_out="none" '
            "to keep them all"
        )
    if isinstance(left_out, str) and left_out != "none":
        raise ValueError(f'left_out: found {left_out!r}, expected a label, None or "none"')
    pivots = range(count) if pivot is None else [as_index(pivot, "pivot", count)]
    if left_out == "none":
        candidates: list[int | None] = [None]
    elif left_out is None:
        candidates = list(range(count))
    else:
        candidates = [as_index(left_out, "left_out", count)]
        if pivot is not None and pivot == left_out:
            raise ValueError(f"left_out: found {left_out}, expected another label than the pivot")

    if len(pivots) == 1 and len(candidates) == 1:
        return pivots[0], candidates[0]
    gaps = pair.between_labels.table(slice(pivots[0], pivots[-1] + 1)).gap.cpu().numpy()
    # A pivot is no label of its own.
    gaps[range(len(pivots)), pivots] = -np.inf
    ascending = np.sort(gaps, axis=1)
    if candidates == [None]:
        terms = ascending[:, [-1]]
    else:
        # Term 1 is the largest gap, or the second largest where that label is left out.
        leaves_out_largest = np.array(candidates) == gaps.argmax(axis=1)[:, None]
        terms = np.where(leaves_out_largest, ascending[:, [-2]], ascending[:, [-1]])
        terms[np.array(candidates) == np.array(pivots)[:, None]] = np.inf
    row, column = np.unravel_index(terms.argmin(), terms.shape)
    y0, omitted, term = pivots[row], candidates[column], terms[row, column]
    if not np.isfinite(term):
        raise ValueError(
            "labels: for every choice of pivot and left-out label that is open, some log-ratio is constant over the "
            "inputs in a or b and cannot be standardised (are there equal unembeddings or equal inputs?)"
        )
    return y0, omitted


def _choose_inputs(pair: ModelPair, options: Mapping[str, Any]) -> tuple[tuple[int, ...], str]:
    """The input set and, in words, how it was found."""
    input_set, seed = options["input_set"], as_count(options["seed"], "seed", 0)
    count, dim = pair.a.num_inputs, pair.a.dim
    if isinstance(input_set, str):
        if input_set != "exact":
            raise ValueError(f'input_set: found {input_set!r}, expected M + 1 inputs, None or "exact"')
        floor = as_real(options["min_conditioning"], "min_conditioning")
        if floor >= 1.0 / dim and dim > 1:
            raise ValueError(
                f"min_conditioning: found {floor:g}, expected less than 1/M = {1 / dim:g}, which only a "
                "multiple of an orthogonal matrix reaches"
            )
        found = exact_input_set(pair, min_conditioning=floor)
        return found, f"exact search with conditioning of at least {floor:g}"
    if input_set is None:
        wanted = as_count(options["num_samples"], "num_samples")
        found, drawn = sampled_input_set(pair, num_samples=wanted, seed=seed)
        return found, f"best of {drawn} random disjoint sets, seed {seed}"
    return as_indices(input_set, "input_set", count, dim + 1), "given"
