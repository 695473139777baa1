"""Comparison of two models by every measure, and of all pairs of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from repsim_core.bounds import linear_bound, quadratic_bound
from repsim_core.distances import LLVDistance, kl_divergence, llv_distance
from repsim_core.family import Representations
from repsim_core.similarity import RepresentationDistance, embedding_cca, representation_distance


@dataclass(frozen=True)
class Comparison:
    """Every measure of two models; prints, and renders in a notebook, as a table.

    Attributes:
        d_kl, d_kl_reverse: d_KL(a, b) and d_KL(b, a), nats.
        d_llv, d_fg: distance of the distributions and of the representations, over the same sets.
        mean_cca: mean canonical correlation of the embeddings.
        linear_bound, quadratic_bound: 2 M d_LLV and 2 d_LLV², both upper bounds on d_fg.
        agreement: share of inputs on which the models predict the same label.
        llv, representation: the full results behind d_llv and d_fg, with their sets.
        num_inputs, num_labels, dim: N, K, M.
    """

    d_kl: float
    d_kl_reverse: float
    d_llv: float
    d_fg: float
    mean_cca: float
    linear_bound: float
    quadratic_bound: float
    agreement: float
    llv: LLVDistance
    representation: RepresentationDistance
    num_inputs: int
    num_labels: int
    dim: int

    def rows(self) -> list[tuple[str, float]]:
        """The measures by name, in reading order."""
        return [
            ("d_KL(a, b), nats", self.d_kl),
            ("d_KL(b, a), nats", self.d_kl_reverse),
            ("d_LLV", self.d_llv),
            ("d_{f,g}", self.d_fg),
            ("bound 2 d_LLV²", self.quadratic_bound),
            (f"bound 2 M d_LLV (M = {self.dim})", self.linear_bound),
            ("mean CCA of f", self.mean_cca),
            ("same prediction (share)", self.agreement),
        ]

    def _sets(self) -> str:
        left_out = "none left out" if self.llv.left_out is None else f"label {self.llv.left_out} left out"
        return (
            f"N = {self.num_inputs}, K = {self.num_labels}, M = {self.dim}; pivot {self.llv.pivot}, {left_out}; "
            f"input set {list(self.llv.input_set)} ({self.llv.input_choice})"
        )

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        return "\n".join([f"{name:<{width}}  {value:.6g}" for name, value in self.rows()] + [self._sets()])

    def _repr_html_(self) -> str:
        body = "".join(f"<tr><td>{name}</td><td>{value:.4g}</td></tr>" for name, value in self.rows())
        return f'<table class="dataframe"><tbody>{body}</tbody></table><p>{self._sets()}</p>'

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and lists, ready for JSON."""
        return {
            **_measures(self),
            "label_subsets": len(self.representation.label_subsets),
            "exhaustive": self.representation.exhaustive,
            "input_set": list(self.llv.input_set),
            "input_choice": self.llv.input_choice,
            "num_inputs": self.num_inputs,
            "num_labels": self.num_labels,
            "dim": self.dim,
        }


def compare(
    a: Representations,
    b: Representations,
    *,
    weight: float = 1e-5,
    pivot: int | None = None,
    left_out: int | str | None = None,
    input_set: Sequence[int] | str | None = None,
    num_samples: int = 200,
    seed: int = 0,
    max_subsets: int = 20_000,
    min_conditioning: float = 0.01,
) -> Comparison:
    """Compare two models on the same inputs and labels by every measure.

    Args:
        a, b: the models; the same N, K and M.
        weight, pivot, left_out, input_set, num_samples, seed, min_conditioning: as for `llv_distance`; d_{f,g} is
            taken over the sets that d_LLV was.
        max_subsets: as for `representation_distance`.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    llv = llv_distance(
        a,
        b,
        weight=weight,
        pivot=pivot,
        left_out=left_out,
        input_set=input_set,
        num_samples=num_samples,
        seed=seed,
        min_conditioning=min_conditioning,
    )
    representation = representation_distance(a, b, seed=seed, max_subsets=max_subsets, **llv.sets)
    return Comparison(
        d_kl=kl_divergence(a, b),
        d_kl_reverse=kl_divergence(b, a),
        d_llv=llv.value,
        d_fg=representation.value,
        mean_cca=embedding_cca(a, b),
        linear_bound=linear_bound(llv.value, a.dim),
        quadratic_bound=quadratic_bound(llv.value),
        agreement=float((a.predictions() == b.predictions()).double().mean()),
        llv=llv,
        representation=representation,
        num_inputs=a.num_inputs,
        num_labels=a.num_labels,
        dim=a.dim,
    )


def compare_all(
    models: Sequence[Representations] | Mapping[str, Representations],
    **options: Any,
) -> pd.DataFrame:
    """Compare every pair of several models: one row a pair, first before second in the order given.

    Args:
        models: at least two models on the same inputs and labels; a mapping gives them names, a sequence numbers.
        options: as for `compare`.

    Returns:
        Columns first, second and the measures; with true labels also loss_gap and accuracy_gap (absolute
        differences), which the paper sets against similarity.

    Raises:
        TypeError, ValueError: naming the argument and, where a pair cannot be compared, the pair.
    """
    if not isinstance(models, Iterable):
        raise TypeError(
            f"models: found {type(models).__name__}, expected a sequence or mapping of Representations"
        )
    named: dict[Any, Representations] = dict(models if isinstance(models, Mapping) else enumerate(models))
    if len(named) < 2:
        raise ValueError(f"models: found {len(named)}, expected at least two")
    rows = []
    for first, second in combinations(named, 2):
        a, b = named[first], named[second]
        try:
            comparison = compare(a, b, **options)
        except (TypeError, ValueError) as error:
            raise type(error)(f"models {first!r} (a) and {second!r} (b): {error}") from error
        row: dict[str, object] = {"first": first, "second": second, **_measures(comparison)}
        if a.labels is not None and b.labels is not None:
            row["loss_gap"] = abs(a.loss() - b.loss())
            row["accuracy_gap"] = abs(a.accuracy() - b.accuracy())
        rows.append(row)
    return pd.DataFrame(rows)


def _measures(comparison: Comparison) -> dict[str, object]:
    """What a row of `compare_all` and the JSON of a comparison have in common."""
    llv, representation = comparison.llv, comparison.representation
    return {
        "d_kl": comparison.d_kl,
        "d_kl_reverse": comparison.d_kl_reverse,
        "d_llv": comparison.d_llv,
        "label_term": llv.label_term,
        "input_term": llv.input_term,
        "label_scale_term": llv.label_scale_term,
        "input_scale_term": llv.input_scale_term,
        "d_fg": comparison.d_fg,
        "max_d_svd_f": float(representation.embedding_dissimilarities.max()),
        "d_svd_g": representation.unembedding_dissimilarity,
        "mean_cca": comparison.mean_cca,
        "linear_bound": comparison.linear_bound,
        "quadratic_bound": comparison.quadratic_bound,
        "agreement": comparison.agreement,
        "pivot": llv.pivot,
        "left_out": llv.left_out,
    }
