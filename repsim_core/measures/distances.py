"""Distances between distributions: the KL divergence (section 3) and d_LLV (section 4, Def. 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import torch

from repsim_core.arrays import as_real
from repsim_core.measures.log_ratios import Gaps
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.sets import ComparisonSets, SetOptions, choose_sets
from repsim_core.representations import Representations, require_pair

# lambda of the paper's experiments
WEIGHT = 1e-5


def kl_divergence(a: Representations, b: Representations) -> float:
    """d_KL(p_a, p_b): mean over inputs of sum_y p_a(y|x) log( p_a(y|x) / p_b(y|x) ), in nats (section 3).

    Args:
        a, b: two models on the same N inputs and K labels; their dimensions M may differ.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    require_pair(a, b, same_dim=False)
    return kl_of_checked(a, b)


def kl_of_checked(a: Representations, b: Representations) -> float:
    """`kl_divergence` of models that are known to have the same inputs and labels."""
    log_p = a.log_probs()
    divergence = float((log_p - b.log_probs()).mul_(log_p.exp()).sum()) / a.num_inputs
    # Negative only by rounding.
    return max(divergence, 0.0)


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
    def sets(self) -> dict[str, Any]:
        """The sets as keyword arguments, to take another measure over the same ones."""
        return {
            "pivot": self.pivot,
            "left_out": "none" if self.left_out is None else self.left_out,
            "input_set": self.input_set,
        }


def llv_distance(
    a: Representations, b: Representations, weight: float = WEIGHT, **sets: Unpack[SetOptions]
) -> LLVDistance:
    """The log-likelihood-variance distance d_LLV (Def. 4.4), with lambda = `weight`.

    The largest of four terms. With psi_y = std_x[log p(y|x) - log p(y_0|x)], the deviation over inputs by which a
    log-ratio is standardised, term 1 is the largest std_x[log p(e|x) / psi_y - log p'(e|x) / psi'_y] over the kept
    labels y and both ends of the ratio, e = y and e = y_0. Term 2 is the same with inputs in the places of labels, x_0
    as pivot, over the input set. Terms 3 and 4 are lambda times the largest ``|psi - psi'|`` of the labels and of the
    inputs.

    For fixed sets it is a metric. It has no unit.

    Args:
        a, b: two models with the same N, K and M; K >= M + 1.
        weight: lambda, at least 0.
        pivot: y_0; None for the search described under `left_out`.
        left_out: the label left out; None lets pivot and left-out label be the pair with the least term 1 (the
            paper's choice), within what is given of the two; "none" keeps all labels, which is the only way
            where K = M + 1.
        input_set: (x_0, ..., x_M); None for the best of `num_samples` random disjoint sets (the paper's choice,
            reproducible from `seed`); "exact" for the best set of all inputs under `min_conditioning`.
        num_samples: how many sets to draw, at least 1.
        seed: of the draw.
        min_conditioning: for "exact", the floor on the smallest singular value of N over the sum of all, in both
            models (0 to 1/M). Near-coincident inputs make N ill-conditioned, and then term 2 misses a direction.
            Guarantee: the set returned meets the floor in both models. With a floor of 0 its term 2 is the least
            of all sets. With a positive floor it is the least among the sets that pivoted QR proposes, for each
            pivot, from the inputs with gaps below the best term so far and from bisected parts of them: QR is
            greedy, so a smaller admissible set can escape it. For M = 1 it is again the least of all.

    Raises:
        TypeError, ValueError: naming the argument; also where every choice left has a constant log-ratio, which
            cannot be standardised.
    """
    weight = as_real(weight, "weight")
    pair = ModelPair(a, b)
    return llv_over(pair, choose_sets(pair, **sets), weight)


def llv_over(pair: ModelPair, sets: ComparisonSets, weight: float) -> LLVDistance:
    """`llv_distance` of a checked pair over chosen sets."""
    label_gaps = pair.between_labels.table(slice(sets.pivot, sets.pivot + 1)).of(sets.labels)
    _require_finite(label_gaps, f"labels {list(sets.labels)} against the pivot {sets.pivot}")
    input_gaps = pair.between_inputs(sets.input_set).sets(torch.arange(pair.a.dim + 1)[None])
    _require_finite(input_gaps, f"inputs {list(sets.input_set[1:])} against x_0 = {sets.input_set[0]}")

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
        pivot=sets.pivot,
        left_out=sets.left_out,
        input_set=sets.input_set,
        input_choice=sets.input_choice,
    )


def _require_finite(gaps: Gaps, where: str) -> None:
    if not bool(torch.isfinite(gaps.gap).all()):
        raise ValueError(
            f"a, b: a log-ratio of the {where} is constant in one of the models (zero deviation) and cannot be "
            "standardised"
        )
