"""The sets that d_LLV and d_{f,g} are taken over: pivot, label set and input set (Def. 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Final, NamedTuple, TypedDict, Unpack

import numpy as np
from array_api_compat import is_array_api_obj
from jaxtyping import Int64

from repsim_core.arrays import as_count, as_index, as_indices, as_real
from repsim_core.beyond_standard import to_numpy
from repsim_core.errors import nearest
from repsim_core.measures.budgets import ALL_PIVOTS, SEARCHES
from repsim_core.measures.pairs import MEAN, ModelPair, Pivot
from repsim_core.measures.point_sets import (
    NoDiverseInputs,
    best_set,
    exact_input_set,
    sampled_input_set,
    settled,
)
from repsim_core.measures.standardised import StandardisedRatios

# As how many multiplications a gap counts beside its products; and of the table of gaps, how many pivots and labels are
# held at a time: 1 MB an array.
_GAP = 250
_PIVOTS, _LABELS = 128, 1024


# The floor on conditioning where none is given: this, or for large sets this share of the most there can be.
_FLOOR, _FLOOR_SHARE = 0.01, 0.1


class SetOptions(TypedDict, total=False):
    """How pivot, label set and input set are chosen; `llv_distance` says what each option does."""

    pivot: int | str | None
    labels: Sequence[int] | int | str | None
    left_out: int | str | None
    input_set: Sequence[int] | str | None
    num_samples: int
    seed: int
    min_conditioning: float | None


DEFAULTS: Final[SetOptions] = {
    "pivot": None,
    "labels": None,
    "left_out": None,
    "input_set": None,
    "num_samples": 200,
    "seed": 0,
    "min_conditioning": None,
}


@dataclass(frozen=True)
class ComparisonSets:
    """The sets that two models are compared over.

    Attributes:
        pivot: y_0, or "mean" for the mean over all labels in its place.
        left_out: the label left out, None where all are kept or `labels` chose them.
        labels: the kept labels besides the pivot.
        label_choice: how they were found, in words.
        all_labels: whether one set of all labels was asked for.
        input_set: (x_0, ..., x_r); None where term 2 and d_SVD of g say nothing.
        input_choice: how it was found, or why there is none, in words.
        seed: of what is sampled.
    """

    pivot: Pivot
    left_out: int | None
    labels: tuple[int, ...]
    label_choice: str
    all_labels: bool
    input_set: tuple[int, ...] | None
    input_choice: str
    seed: int

    def without_inputs(self) -> ComparisonSets:
        """The same sets of labels alone."""
        return replace(self, input_set=None)

    @property
    def options(self) -> dict[str, Any]:
        """The sets as keyword arguments, to take another measure over the same ones."""
        found: dict[str, Any] = {"pivot": self.pivot}
        if self.all_labels:
            found["labels"] = "all"
        elif self.label_choice.startswith(_PAPER):
            found["left_out"] = "none" if self.left_out is None else self.left_out
        else:
            found["labels"] = self.labels
        return {**found, "input_set": self.input_set}


class OverSets:
    """What is measured over `chosen` sets, and which these are."""

    chosen: ComparisonSets

    @property
    def pivot(self) -> Pivot:
        """y_0, or "mean"."""
        return self.chosen.pivot

    @property
    def left_out(self) -> int | None:
        """The label left out of the label set; None where all are kept, or `labels` says which."""
        return self.chosen.left_out

    @property
    def input_set(self) -> tuple[int, ...] | None:
        """(x_0, x_1, ..., x_r), or None."""
        return self.chosen.input_set


_PAPER = "all labels but the pivot and the one left out"


class _Asked(NamedTuple):
    """Options as they were asked for, those of labels checked."""

    options: dict[str, Any]
    pivot: Pivot | None
    labels: tuple[int, ...] | int | str | None
    left_out: int | str | None
    seed: int


def check_labels(count: int, **options: Unpack[SetOptions]) -> _Asked:
    """Check what is asked of the sets, as far as the number of labels tells; errors as `llv_distance` says."""
    for name in options:
        if name not in DEFAULTS:
            raise TypeError(f"{name}: found an unknown option; {nearest(name, DEFAULTS)}")
    asked: dict[str, Any] = {**DEFAULTS, **options}
    pivot, seed = _as_pivot(asked["pivot"], count), as_count(asked["seed"], "seed", 0)
    labels = _as_labels(asked["labels"], count, pivot)
    left_out = _as_left_out(asked["left_out"], count)
    if labels is not None and left_out is not None:
        raise ValueError(
            f"left_out: found {left_out!r} beside labels, expected one of the two: labels says which are kept"
        )
    if isinstance(labels, tuple):
        if isinstance(pivot, int) and pivot in labels:
            raise ValueError(f"labels: found the pivot {pivot} among them, expected other labels")
        if pivot is None and len(labels) == count:
            raise ValueError(
                f'labels: found all {count} labels, which leaves none for the pivot; pass "all" or pivot="mean"'
            )
    return _Asked(asked, pivot, labels, left_out, seed)


def choose_sets(pair: ModelPair, **options: Unpack[SetOptions]) -> ComparisonSets:
    """Check the sets that are given and choose the others; options, choices and errors as `llv_distance` says."""
    chosen, pivot, asked, left_out, seed = check_labels(pair.a.num_labels, **options)
    if isinstance(asked, int):
        found = _best_labels(pair, pivot, asked, chosen["min_conditioning"], seed)
    elif asked is None and not isinstance(pivot, str):
        found = _papers_labels(pair, pivot, left_out, seed)
    else:
        found = _given_labels(pair, pivot, asked, left_out, seed)
    input_set, input_choice = _choose_inputs(pair, chosen, seed)
    return ComparisonSets(*found, asked == "all", input_set, input_choice, seed)


# What a choice of labels finds: pivot, label left out, kept labels, how.
_Choice = tuple[Pivot, int | None, tuple[int, ...], str]


def _as_pivot(value: object, count: int) -> Pivot | None:
    """`pivot` as it was asked for, checked."""
    if isinstance(value, str) and value != MEAN:
        raise TypeError(f'pivot: found {value!r}, expected a label, None or "mean"')
    return value if value is None or isinstance(value, str) else as_index(value, "pivot", count)


def _as_left_out(value: object, count: int) -> int | str | None:
    """`left_out` as it was asked for, checked."""
    if isinstance(value, str) and value != "none":
        raise ValueError(f'left_out: found {value!r}, expected a label, None or "none"')
    return value if value is None or isinstance(value, str) else as_index(value, "left_out", count)


def _as_labels(value: object, count: int, pivot: Pivot | None) -> tuple[int, ...] | int | str | None:
    """`labels` as it was asked for, checked."""
    if value is None or (isinstance(value, str) and value == "all"):
        return value
    most = count if pivot == MEAN else count - 1
    expected = f'labels from 0 to {count - 1}, how many (at most {most}), "all" or None'
    if isinstance(value, (bool, str)):
        raise TypeError(f"labels: found {value!r}, expected {expected}")
    if isinstance(value, Integral):
        if not 1 <= int(value) <= most:
            raise ValueError(f"labels: found {int(value)}, expected {expected}")
        return int(value)
    items = to_numpy(value).tolist() if is_array_api_obj(value) else value
    if not isinstance(items, Sequence) or not len(items):
        raise TypeError(f"labels: found {value!r}, expected {expected}")
    return as_indices(items, "labels", count, len(items))


def _given_labels(
    pair: ModelPair,
    pivot: Pivot | None,
    asked: tuple[int, ...] | str | None,
    left_out: int | str | None,
    seed: int,
) -> _Choice:
    """Labels that were given, all of them, or all against the mean; the pivot has the least term 1."""
    count = pair.a.num_labels
    if asked is None and isinstance(left_out, int):
        omitted = left_out
        labels = tuple(y for y in range(count) if y != omitted)
        return MEAN, omitted, labels, "all labels but the one left out"
    labels = tuple(range(count)) if asked is None or isinstance(asked, str) else asked
    how = "given" if isinstance(asked, tuple) else "all labels"
    if pivot is None:
        candidates = [y for y in range(count) if how == "all labels" or y not in labels]
        pivot, _, note = _search(pair, candidates, None, seed, None if how == "all labels" else labels)
        how += note
    return pivot, None, tuple(y for y in labels if y != pivot), how


def _papers_labels(pair: ModelPair, pivot: int | None, left_out: int | str | None, seed: int) -> _Choice:
    """All labels but the pivot and one that is left out, the pair with the least term 1."""
    count = pair.a.num_labels
    pivots = list(range(count)) if pivot is None else [pivot]
    spare = count >= pair.dim + 2
    wanted: int | str | None
    if isinstance(left_out, int):
        wanted = left_out
        if not spare:
            raise ValueError(
                f"left_out: found label {left_out} of K = r + 1 = {count}, which leaves none to leave out; pass "
                'left_out="none" to keep them all'
            )
        if pivot == left_out:
            raise ValueError(f"left_out: found {left_out}, expected another label than the pivot")
        pivots = [y for y in pivots if y != left_out]
    else:
        wanted = "search" if left_out is None and spare else None
    if len(pivots) == 1 and wanted != "search":
        y0, omitted, note = pivots[0], left_out if isinstance(left_out, int) else None, ""
    else:
        y0, omitted, note = _search(pair, pivots, wanted, seed)
    return y0, omitted, tuple(y for y in range(count) if y not in (y0, omitted)), _PAPER + note


def _search(
    pair: ModelPair,
    pivots: list[int],
    left_out: int | str | None,
    seed: int,
    labels: tuple[int, ...] | None = None,
) -> tuple[int, int | None, str]:
    """Pivot and label left out with the least term 1 over these labels (None: all), and how many pivots were tried, in
    words, if not all.

    Args:
        pivots: to choose from.
        left_out: a label, "search" for the one whose gap is largest, or None.
    """
    pivots, note = affordable(pair, pivots, seed)
    ratios, count = pair.between_labels, pair.a.num_labels
    kept = np.zeros(count, dtype=bool)
    kept[list(range(count) if labels is None else labels)] = True
    if isinstance(left_out, int):
        kept[left_out] = False
    best, found = np.inf, None
    for start in range(0, len(pivots), _PIVOTS):
        tried = np.array(pivots[start : start + _PIVOTS])
        rows = np.arange(len(tried))
        # Term 1 is the largest gap, or the second largest where that label is left out.
        largest = np.full(len(tried), -np.inf)
        second, places = largest.copy(), np.zeros(len(tried), dtype=np.int64)
        for first in range(0, count, _LABELS):
            labels_here = slice(first, min(first + _LABELS, count))
            gaps = settled(to_numpy(ratios.table(tried, labels_here).gap))
            gaps[:, ~kept[labels_here]] = -np.inf
            # A pivot is no label of its own.
            own = np.flatnonzero((tried >= first) & (tried < labels_here.stop))
            gaps[own, tried[own] - first] = -np.inf
            place = gaps.argmax(axis=1)
            here = gaps[rows, place]
            gaps[rows, place] = -np.inf
            second = np.maximum(np.maximum(second, gaps.max(axis=1)), np.minimum(largest, here))
            places = np.where(here > largest, first + place, places)
            largest = np.maximum(largest, here)
        terms = second if left_out == "search" else largest
        row = int(terms.argmin())
        if terms[row] < best:
            best = terms[row]
            omitted = int(places[row]) if isinstance(left_out, str) else left_out
            found = int(tried[row]), omitted
    if found is None:
        first = pivots[0]
        gaps = to_numpy(ratios.table([first]).gap)[0, :count]
        same = [y for y in np.flatnonzero(~np.isfinite(gaps)).tolist() if y != first]
        raise ValueError(
            "labels: for every choice of pivot and left-out label that is open, some log-ratio is constant over the "
            f"inputs in a or b, or varies less than rounding, and cannot be standardised: of label {first}, for one, "
            f"with {same[:10]} (are there equal unembeddings or equal inputs?)"
        )
    return *found, note


def affordable(pair: ModelPair, pivots: list[int], seed: int) -> tuple[list[int], str]:
    """All pivots, where the products for their gaps to all labels are no more than those for the two models' logits;
    else as many, drawn, as take a fourth of their time, about, and a note that says so."""
    labels, rank = pair.a.num_labels, pair.a.essential.dim + pair.b.essential.dim
    most = pair.affordable(labels * (rank + _GAP), SEARCHES)
    if len(pivots) <= max(most, pair.affordable(labels * rank, ALL_PIVOTS)):
        return pivots, ""
    drawn = np.random.default_rng(seed).choice(len(pivots), size=most, replace=False)
    chosen = [pivots[i] for i in np.sort(drawn).tolist()]
    return chosen, f"; best of {len(chosen)} pivots of {len(pivots)}, drawn with seed {seed}"


def _best_labels(pair: ModelPair, pivot: Pivot | None, size: int, floor: object, seed: int) -> _Choice:
    """So many labels with the least term 1, for one pivot or for the best."""
    count = pair.a.num_labels
    # More log-ratios than dimensions are never independent: there is nothing to keep a floor on.
    least = _checked_floor(floor, size) if size <= pair.dim else 0.0
    if pivot is None:
        pivots, note = affordable(pair, list(range(count)), seed)
    else:
        pivots, note = [pair.pivot_point(pivot)], ""

    def fields(point: int, labels: Int64[np.ndarray, " n"]) -> list[np.ndarray]:
        ratios = StandardisedRatios(pair.label_images, point, labels)
        return [to_numpy(each).T for each in ratios.own(slice(None))]

    found = best_set(pair.between_labels, count, pivots, size, fields, least)
    if found is None:
        raise ValueError(
            f"labels: found no {size} with non-constant log-ratios that reach min_conditioning = {least:g}; "
            "ask for fewer, or lower min_conditioning"
        )
    point, *labels = found
    how = f"the {size} labels with the least term 1"
    if least > 0:
        how += f" that a greedy search finds, conditioning of at least {least:g}"
    return MEAN if point == count else point, None, tuple(sorted(labels)), how + note


def _choose_inputs(
    pair: ModelPair, options: Mapping[str, Any], seed: int
) -> tuple[tuple[int, ...] | None, str]:
    """The input set and, in words, how it was found."""
    input_set, count, dim = options["input_set"], pair.a.num_inputs, pair.dim
    wanted = as_count(options["num_samples"], "num_samples")
    floor = _checked_floor(options["min_conditioning"], dim)
    if isinstance(input_set, str):
        if input_set == "sampled":
            return sampled_input_set(pair, num_samples=wanted, seed=seed)
        if input_set != "exact":
            raise ValueError(
                f'input_set: found {input_set!r}, expected r + 1 inputs, None, "sampled" or "exact"'
            )
        found = exact_input_set(pair, min_conditioning=floor)
        return found, f"exact search with conditioning of at least {floor:g}"
    if input_set is not None:
        why = f", r + 1 of them: r = {dim} is the smaller rank of the two models"
        return as_indices(input_set, "input_set", count, dim + 1, why), "given"
    if dim == pair.a.num_labels - 1:
        return None, (
            f"none: with r = K - 1 = {dim} the unembeddings of any two models are linear images of each other; terms 2 "
            "and 4 and d_SVD of g are left out"
        )
    try:
        return sampled_input_set(pair, num_samples=wanted, seed=seed)
    except NoDiverseInputs:
        return (
            None,
            f"none: no {dim + 1} inputs were found that are diverse in both models (are there equal ones, or huge "
            "biases?)",
        )


def _checked_floor(value: object, size: int) -> float:
    """The floor on conditioning for sets of so many vectors, of which 1 in `size` is the most there can be."""
    if value is None:
        return min(_FLOOR, _FLOOR_SHARE / size)
    floor = as_real(value, "min_conditioning")
    if floor >= 1.0 / size and size > 1:
        raise ValueError(
            f"min_conditioning: found {floor:g}, expected less than 1/{size} = {1 / size:g} for sets of {size}, which "
            "only a multiple of an orthogonal matrix reaches"
        )
    return floor
