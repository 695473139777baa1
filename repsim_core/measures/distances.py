"""Distances between distributions: the KL divergence (section 3) and d_LLV (section 4, Def. 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from repsim_core.arrays import as_real
from repsim_core.beyond_standard import namespace, to_numpy
from repsim_core.measures.log_ratios import Gaps
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.sets import ComparisonSets, OverSets, SetOptions, choose_sets
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations, together_on_one_device

# lambda of the paper's experiments
WEIGHT = 1e-5


def kl_divergence(a: Representations, b: Representations) -> float:
    """d_KL(p_a, p_b): mean over inputs of sum_y p_a(y|x) log( p_a(y|x) / p_b(y|x) ), in nats (section 3).

    Args:
        a, b: two models on the same N inputs and K labels; their dimensions M may differ.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    return divergences(*together_on_one_device(a, b))[0]


def divergences(a: Representations, b: Representations) -> tuple[float, float]:
    """d_KL(a, b) and d_KL(b, a) of models that are known to have the same inputs and labels, on one device."""
    there, back = (float(namespace(each).mean(each)) for each in a.divergences(b))
    # Negative only by rounding.
    return max(there, 0.0), max(back, 0.0)


@dataclass(frozen=True)
class LLVDistance(OverSets):
    """d_LLV, the four terms it is the maximum of, and the sets it was taken over.

    Attributes:
        value: the distance, max of the four terms.
        label_term, input_term: terms 1 and 2; term 2 is None where there is no input set.
        label_scale_term, input_scale_term: terms 3 and 4, weight included; term 4 as term 2.
        ratio_distance: delta, the largest std(z_y - w_y) of the standardised log-ratios of the kept labels.
        normaliser_mismatch: nu, the largest std( log p(y_0)/psi_y - log p'(y_0)/psi'_y );
            max(delta/2, nu) <= label_term <= delta + nu.
        weight: lambda.
        chosen: the sets.
    """

    value: float
    label_term: float
    input_term: float | None
    label_scale_term: float
    input_scale_term: float | None
    ratio_distance: float
    normaliser_mismatch: float
    weight: float
    chosen: ComparisonSets

    def __float__(self) -> float:
        return self.value

    @property
    def labels(self) -> tuple[int, ...]:
        """The kept labels besides the pivot."""
        return self.chosen.labels

    @property
    def label_choice(self) -> str:
        """How pivot and labels were found, in words."""
        return self.chosen.label_choice

    @property
    def input_choice(self) -> str:
        """How the input set was found, or why there is none, in words."""
        return self.chosen.input_choice

    @property
    def sets(self) -> dict[str, Any]:
        """The sets as keyword arguments, to take another measure over the same ones."""
        return self.chosen.options


def llv_distance(
    a: Representations, b: Representations, weight: float = WEIGHT, **sets: Unpack[SetOptions]
) -> LLVDistance:
    """The log-likelihood-variance distance d_LLV (Def. 4.4), with lambda = `weight`.

    The largest of four terms. With psi_y = std_x[log p(y|x) - log p(y_0|x)], the deviation over inputs by which a
    log-ratio is standardised, term 1 is the largest std_x[log p(e|x) / psi_y - log p'(e|x) / psi'_y] over the kept
    labels y and both ends of the ratio, e = y and e = y_0. Term 2 is the same with inputs in the places of labels, x_0
    as pivot, over the input set. Terms 3 and 4 are lambda times the largest ``|psi - psi'|`` of the labels and of the
    inputs.

    For fixed sets it is a metric. It has no unit. Below, r is the smaller rank of the two models (`a.rank`): M for
    diverse models of equal dimension, as in the paper.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        weight: lambda, at least 0.
        pivot: y_0; None for the search described under `left_out`; "mean" for the mean of log p(y|x) over all labels
            in place of log p(y_0|x), a contrast that no single label's variation dominates. Term 1 is then none of
            the paper's.
        labels: which labels are kept besides the pivot: some; how many, for those with the least term 1 of so many,
            subject to `min_conditioning` (of the standardised log-ratios, where they are at most r); "all"; or None,
            and `left_out` says it.
        left_out: the label left out; None lets pivot and left-out label be the pair with the least term 1 (the
            paper's choice), within what is given of the two, or leaves none out where K = r + 1; "none" keeps all
            labels. Pivots are tried in a seeded sample where trying all would take longer than the models' logits;
            `label_choice` says so.
        input_set: (x_0, ..., x_r); "sampled" for the best of `num_samples` random disjoint sets that are diverse (the
            paper's choice, reproducible from `seed`); "exact" for the best set of all inputs under
            `min_conditioning`; None for "sampled", but for none where r = K - 1 (there the unembeddings of any two
            models are linear images of each other, up to a shift) or where no set is found that is diverse in both
            models: terms 2 and 4 are then left out, and `input_choice` says why.
        num_samples: how many sets to draw, at least 1; fewer are where so many would take longer than a fourth of the
            models' logits, and `input_choice` says how many.
        seed: of the draws.
        min_conditioning: for searched sets, the floor on the smallest singular value of N over the sum of all, in both
            models (0 to 1/r). Near-coincident inputs make N ill-conditioned, and then term 2 misses a direction.
            Guarantee: the set returned meets the floor in both models. With a floor of 0 its term is the least
            of all sets. With a positive floor it is the least among the sets that pivoted QR proposes, for each
            pivot, from the points with gaps below the best term so far and from bisected parts of them: QR is
            greedy, so a smaller admissible set can escape it. For r = 1 it is again the least of all.

    Raises:
        TypeError, ValueError: naming the argument; also where every choice left has a constant log-ratio, which
            cannot be standardised, or where a model has the same distribution for every input.
    """
    weight = as_real(weight, "weight")
    pair = ModelPair(a, b)
    chosen = choose_sets(pair, **sets)
    return llv_over(pair, chosen, weight)


def llv_over(
    pair: ModelPair, sets: ComparisonSets, weight: float, ratios: StandardisedRatios | None = None
) -> LLVDistance:
    """`llv_distance` of a checked pair over chosen sets, with their standardised log-ratios if they are known."""
    gaps = pair.between_labels.row(pair.pivot_point(sets.pivot), sets.labels)
    _require_finite(gaps, "label", sets.labels, f"the pivot {sets.pivot}")
    ratios = ratios or StandardisedRatios.of(pair, sets.pivot, sets.labels)
    terms: dict[str, float | None] = {
        "label_term": _largest(gaps.gap),
        "label_scale_term": weight * _largest(gaps.scale_difference),
        "input_term": None,
        "input_scale_term": None,
    }
    if sets.input_set is not None:
        x0, *others = sets.input_set
        of_inputs = pair.between_inputs(sets.input_set).row(0, range(1, len(sets.input_set)))
        _require_finite(of_inputs, "input", others, f"x_0 = {x0}")
        terms["input_term"] = _largest(of_inputs.gap)
        terms["input_scale_term"] = weight * _largest(of_inputs.scale_difference)
    return LLVDistance(
        value=max(term for term in terms.values() if term is not None),
        **terms,  # pyright: ignore[reportArgumentType] - None is for those that may be
        ratio_distance=float(ratios.distances.max()),
        normaliser_mismatch=_largest(gaps.pivot_gap),
        weight=weight,
        chosen=sets,
    )


def _largest(values: Any) -> float:
    return float(np.max(to_numpy(values)))


def _require_finite(gaps: Gaps, kind: str, points: Sequence[int], pivot: str) -> None:
    bad = np.flatnonzero(~np.isfinite(to_numpy(gaps.gap)))
    if len(bad):
        raise ValueError(
            f"a, b: the log-ratio of {kind} {points[int(bad[0])]} with {pivot} is constant in one of the models, or "
            "varies less than rounding, and cannot be standardised"
        )
