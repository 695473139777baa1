"""Distances between distributions: the KL divergence (section 3) and d_LLV (section 4, Def. 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from repsim_core.arrays import as_count, as_index, as_indices, as_real
from repsim_core.family import Representations, require_enough_labels, require_pair
from repsim_core.input_sets import exact_input_set, sampled_input_set
from repsim_core.logratios import Gaps, LogRatios


def kl_divergence(a: Representations, b: Representations) -> float:
    """d_KL(p_a, p_b): mean over inputs of sum_y p_a(y|x) log( p_a(y|x) / p_b(y|x) ), in nats (section 3).

    The models need the same inputs and labels; their dimensions M may differ.
    """
    require_pair(a, b, same_dim=False)
    log_p = a.log_probs()
    divergence = float((log_p.exp() * (log_p - b.log_probs())).sum(dim=1).mean())
    return max(divergence, 0.0)  # negative only by rounding


@dataclass(frozen=True)
class LLVDistance:
    """d_LLV, the four terms it is the maximum of, and the sets it was taken over.

    Attributes:
        value: the distance, max of the four terms.
        label_term, input_term: terms 1 and 2.
        label_scale_term, input_scale_term: terms 3 and 4, weight included.
        weight: lambda.
        pivot: y_0.
        left_out: the label left out of the label set, or None where all labels are kept.
        input_set: (x_0, x_1, ..., x_M).
        input_choice: how the input set was found, in words.
    """

    value: float
    label_term: float
    input_term: float
    label_scale_term: float
    input_scale_term: float
    weight: float
    pivot: int
    left_out: int | None
    input_set: tuple[int, ...]
    input_choice: str

    def __float__(self) -> float:
        return self.value

    @property
    def sets(self) -> dict[str, object]:
        """The sets as keyword arguments, to take another measure over the same ones."""
        return {
            "pivot": self.pivot,
            "left_out": "none" if self.left_out is None else self.left_out,
            "input_set": self.input_set,
        }


def llv_distance(
    a: Representations,
    b: Representations,
    weight: float = 1e-5,
    pivot: int | None = None,
    left_out: int | str | None = None,
    input_set: Sequence[int] | str | None = None,
    num_samples: int = 200,
    seed: int = 0,
    *,
    min_conditioning: float = 0.01,
) -> LLVDistance:
    """The log-likelihood-variance distance d_LLV (Def. 4.4), with lambda = `weight`.

    The maximum of (1) the largest gap between the standardised log-ratios of pivot and label, over the kept
    labels; (2) the same between x_0 and the inputs of the input set; (3, 4) lambda times the largest difference
    of the deviations used to standardise. `repsim_core.logratios` defines the gap. For fixed sets it is a metric.

    Args:
        a, b: two models with the same N, K and M; K >= M + 1.
        weight: lambda, at least 0.
        pivot: y_0; None for the search described under `left_out`.
        left_out: the label left out; None lets pivot and left-out label be the pair with the least term 1 (the
            paper's choice), within what is given of the two; "none" keeps all labels, which is the only way
            where K = M + 1.
        input_set: (x_0, ..., x_M); None for the best of `num_samples` random disjoint sets (the paper's choice,
            reproducible from `seed`); "exact" for the best set there is.
        num_samples: how many sets to draw, at least 1.
        seed: of the draw.
        min_conditioning: for "exact", the floor on the smallest singular value of N over the sum of all, in both
            models (0 to 1/M). Near-coincident inputs make N ill-conditioned, and then term 2 says nothing.
            Guarantee: the set returned meets the floor in both models. With a floor of 0 its term 2 is the least
            of all sets. With a positive floor it is the least among the sets that pivoted QR proposes as the
            pivot's row of gaps is cut at growing (then bisected) values; for M = 1 that is again the least of all.

    Raises:
        TypeError, ValueError: naming the argument; also where every choice left has a constant log-ratio, which
            cannot be standardised.
    """
    require_pair(a, b)
    require_enough_labels(a)
    weight = as_real(weight, "weight")
    labels = LogRatios.between_labels(a, b)
    pivot, omitted, kept = _choose_labels(labels, a.dim, pivot, left_out)
    label_gaps = labels.sets(torch.tensor([[pivot, *kept]]))
    _require_finite(label_gaps, f"labels {kept} against the pivot {pivot}")

    inputs = LogRatios.between_inputs(a, b)
    chosen, how = _choose_inputs(inputs, a, b, input_set, num_samples, seed, min_conditioning)
    input_gaps = inputs.sets(torch.tensor([chosen]))
    _require_finite(input_gaps, f"inputs {list(chosen[1:])} against x_0 = {chosen[0]}")

    terms = {
        "label_term": float(label_gaps.gap.max()),
        "input_term": float(input_gaps.gap.max()),
        "label_scale_term": weight * float(label_gaps.scale_difference.max()),
        "input_scale_term": weight * float(input_gaps.scale_difference.max()),
    }
    return LLVDistance(
        value=max(terms.values()),
        **terms,
        weight=weight,
        pivot=pivot,
        left_out=omitted,
        input_set=chosen,
        input_choice=how,
    )


def _choose_labels(
    labels: LogRatios, dim: int, pivot: int | None, left_out: int | str | None
) -> tuple[int, int | None, list[int]]:
    """Pivot, left-out label (or None) and the kept labels other than the pivot."""
    count = len(labels)
    if left_out != "none" and count < dim + 2:
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

    gaps = labels.table(torch.tensor(list(pivots))).gap.cpu().numpy()
    best = (np.inf, pivots[0], candidates[0])
    for row, y0 in zip(gaps, pivots, strict=True):
        for omitted in candidates:
            if omitted == y0:
                continue
            term = np.delete(row, [y0] if omitted is None else [y0, omitted]).max()
            if term < best[0]:
                best = (term, y0, omitted)
    term, y0, omitted = best
    if not np.isfinite(term):
        raise ValueError(
            "labels: for every choice of pivot and left-out label that is open, some log-ratio is constant over the "
            "inputs in a or b and cannot be standardised (are there equal unembeddings or equal inputs?)"
        )
    return y0, omitted, [y for y in range(count) if y not in (y0, omitted)]


def _choose_inputs(
    inputs: LogRatios,
    a: Representations,
    b: Representations,
    input_set: Sequence[int] | str | None,
    num_samples: int,
    seed: int,
    min_conditioning: float,
) -> tuple[tuple[int, ...], str]:
    """The input set and, in words, how it was found."""
    if len(inputs) < a.dim + 1:
        raise ValueError(f"a: found N = {len(inputs)} inputs, expected at least M + 1 = {a.dim + 1}")
    if isinstance(input_set, str):
        if input_set != "exact":
            raise ValueError(f'input_set: found {input_set!r}, expected M + 1 inputs, None or "exact"')
        floor = as_real(min_conditioning, "min_conditioning")
        if floor >= 1.0 / a.dim and a.dim > 1:
            raise ValueError(
                f"min_conditioning: found {floor:g}, expected less than 1/M = {1 / a.dim:g}, which only a "
                "multiple of an orthogonal matrix reaches"
            )
        found = exact_input_set(inputs, a, b, min_conditioning=floor)
        return found, f"exact search with conditioning of at least {floor:g}"
    if input_set is None:
        found, drawn = sampled_input_set(
            inputs, a.dim, num_samples=as_count(num_samples, "num_samples"), seed=as_count(seed, "seed", 0)
        )
        return found, f"best of {drawn} random disjoint sets, seed {seed}"
    return as_indices(input_set, "input_set", len(inputs), a.dim + 1), "given"


def _require_finite(gaps: Gaps, where: str) -> None:
    if not bool(torch.isfinite(gaps.gap).all()):
        raise ValueError(
            f"a, b: a log-ratio of the {where} is constant in one of the models (zero deviation) and cannot be "
            "standardised"
        )
