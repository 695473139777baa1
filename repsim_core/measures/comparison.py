"""Comparison of two models by every measure, and of all pairs of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Unpack

from repsim_core.arrays import as_count, as_real
from repsim_core.measures.bounds import linear_bound, quadratic_bound
from repsim_core.measures.distances import WEIGHT, LLVDistance, kl_of_checked, llv_over
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.sets import SetOptions, choose_sets
from repsim_core.measures.similarity import (
    MAX_SUBSETS,
    RepresentationDistance,
    embedding_cca,
    representation_distance_over,
)
from repsim_core.representations import Representations

if TYPE_CHECKING:
    import pandas as pd


# The measures of two models by name: attributes of a `Comparison`, columns of tables and records.
MEASURES = (
    "d_kl",
    "d_kl_reverse",
    "d_llv",
    "label_term",
    "input_term",
    "label_scale_term",
    "input_scale_term",
    "d_fg",
    "max_d_svd_f",
    "d_svd_g",
    "mean_cca",
    "linear_bound",
    "quadratic_bound",
    "agreement",
)


@dataclass(frozen=True)
class Comparison:
    """Every measure of two models; prints, and renders in a notebook, as a table.

    Attributes:
        d_kl, d_kl_reverse: d_KL(a, b) and d_KL(b, a), nats.
        mean_cca: mean canonical correlation of the embeddings.
        agreement: share of inputs on which the models predict the same label.
        llv, representation: d_LLV and d_{f,g} over the same sets, with these sets.
        num_inputs, num_labels, dim: N, K, M.
    """

    d_kl: float
    d_kl_reverse: float
    mean_cca: float
    agreement: float
    llv: LLVDistance
    representation: RepresentationDistance
    num_inputs: int
    num_labels: int
    dim: int

    @property
    def d_llv(self) -> float:
        """Distance of the distributions."""
        return self.llv.value

    @property
    def label_term(self) -> float:
        """The first term of d_LLV."""
        return self.llv.label_term

    @property
    def input_term(self) -> float:
        """The second term."""
        return self.llv.input_term

    @property
    def label_scale_term(self) -> float:
        """The third term, weight included."""
        return self.llv.label_scale_term

    @property
    def input_scale_term(self) -> float:
        """The fourth term, weight included."""
        return self.llv.input_scale_term

    @property
    def d_fg(self) -> float:
        """Distance of the representations."""
        return self.representation.value

    @property
    def max_d_svd_f(self) -> float:
        """The part of d_fg that the embeddings have, the largest d_SVD over label subsets."""
        return float(self.representation.embedding_dissimilarities.max())

    @property
    def d_svd_g(self) -> float:
        """The part that the unembeddings have."""
        return self.representation.unembedding_dissimilarity

    @property
    def linear_bound(self) -> float:
        """2 M d_LLV, an upper bound on d_fg."""
        return linear_bound(self.d_llv, self.dim)

    @property
    def quadratic_bound(self) -> float:
        """2 d_LLV², another."""
        return quadratic_bound(self.d_llv)

    def rows(self) -> list[tuple[str, float]]:
        """The main measures under the names that people read, in reading order."""
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
        lines = [f"{name:<{width}}  {value:.6g}" for name, value in self.rows()]
        lines.append(self._sets())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(f"<tr><td>{name}</td><td>{value:.4g}</td></tr>" for name, value in self.rows())
        return f'<table class="dataframe"><tbody>{body}</tbody></table><p>{self._sets()}</p>'

    def measures(self) -> dict[str, object]:
        """The measures by name, then the pivot and the label left out: a row of `compare_all`."""
        named: dict[str, object] = {name: getattr(self, name) for name in MEASURES}
        return {**named, "pivot": self.llv.pivot, "left_out": self.llv.left_out}

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and lists, ready for JSON."""
        return {
            **self.measures(),
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
    weight: float = WEIGHT,
    max_subsets: int = MAX_SUBSETS,
    **sets: Unpack[SetOptions],
) -> Comparison:
    """Compare two models on the same inputs and labels by every measure.

    Args:
        a, b: the models; the same N, K and M.
        weight: as for `llv_distance`.
        max_subsets: as for `representation_distance`.
        sets: pivot, left_out, input_set, num_samples, seed, min_conditioning: as for `llv_distance`; d_LLV and
            d_{f,g} are taken over the same sets.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    weight, limit = as_real(weight, "weight"), as_count(max_subsets, "max_subsets")
    pair = ModelPair(a, b)
    chosen = choose_sets(pair, **sets)
    llv = llv_over(pair, chosen, weight)
    return Comparison(
        d_kl=kl_of_checked(a, b),
        d_kl_reverse=kl_of_checked(b, a),
        mean_cca=embedding_cca(a, b),
        agreement=float((a.predictions() == b.predictions()).double().mean()),
        llv=llv,
        representation=representation_distance_over(pair, chosen, limit),
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
    # For the table alone.
    import pandas as pd

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
        row: dict[str, object] = {"first": first, "second": second, **comparison.measures()}
        if a.labels is not None and b.labels is not None:
            row["loss_gap"] = abs(a.loss() - b.loss())
            row["accuracy_gap"] = abs(a.accuracy() - b.accuracy())
        rows.append(row)
    return pd.DataFrame(rows)
