"""Comparison of two models by every measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Unpack

import numpy as np

from repsim_core.arrays import as_count, as_real
from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.bounds import (
    greatest_dissimilarity,
    least_dissimilarity,
    linear_bound,
    quadratic_bound,
    ratio_bound,
)
from repsim_core.measures.canonical import CanonicalCorrelations, between_columns
from repsim_core.measures.distances import WEIGHT, LLVDistance, divergences, llv_over
from repsim_core.measures.label_orders import suspected_order
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.sets import SetOptions, choose_sets
from repsim_core.measures.similarity import RepresentationDistance, representation_distance_over
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations, share_equal

# The measures of two models by name that records keep: attributes of a `Comparison`, columns of tables.
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
# Those that a comparison gives besides.
FURTHER = (
    "ratio_distance",
    "normaliser_mismatch",
    "ratio_bound",
    "certificate",
    "least_d_svd_f",
    "d_svd_all_labels",
    "chance_cca",
)


@dataclass(frozen=True)
class Comparison:
    """Every measure of two models; prints, and renders in a notebook, as a table.

    Attributes:
        d_kl, d_kl_reverse: d_KL(a, b) and d_KL(b, a), nats.
        cca: canonical correlations of the identified embeddings.
        agreement: share of inputs on which the models predict the same label.
        llv, representation: d_LLV and d_{f,g} over the same sets, with these sets.
        certificate: upper bound on d_SVD over every set of `size` labels, from the log-ratios of all labels with the
            pivot (`similarity_certificate`).
        least_d_svd_f: lower bound on the largest d_SVD over these sets (`least_dissimilarity`); None where there is
            but one set.
        d_svd_all_labels: d_SVD over all log-ratios with the pivot.
        effective_ranks: how many directions the standardised log-ratios of all labels use in a and in b.
        num_inputs, num_labels, dims, ranks: N, K, and M and r of a and of b.
        size: labels of a label set: the smaller r, or as many as are kept where these are fewer.
        notes: what a reader should know of these figures, in sentences.
        others: further measures by name, if they were asked for.
    """

    d_kl: float
    d_kl_reverse: float
    cca: CanonicalCorrelations
    agreement: float
    llv: LLVDistance
    representation: RepresentationDistance
    certificate: float
    least_d_svd_f: float | None
    d_svd_all_labels: float
    effective_ranks: tuple[float, float]
    num_inputs: int
    num_labels: int
    dims: tuple[int, int]
    ranks: tuple[int, int]
    size: int
    notes: tuple[str, ...]
    others: Mapping[str, float]

    @property
    def d_llv(self) -> float:
        """Distance of the distributions."""
        return self.llv.value

    @property
    def label_term(self) -> float:
        """The first term of d_LLV."""
        return self.llv.label_term

    @property
    def input_term(self) -> float | None:
        """The second term; None where there is no input set."""
        return self.llv.input_term

    @property
    def label_scale_term(self) -> float:
        """The third term, weight included."""
        return self.llv.label_scale_term

    @property
    def input_scale_term(self) -> float | None:
        """The fourth term, weight included; None where there is no input set."""
        return self.llv.input_scale_term

    @property
    def ratio_distance(self) -> float:
        """delta, the largest distance of two standardised log-ratios."""
        return self.llv.ratio_distance

    @property
    def normaliser_mismatch(self) -> float:
        """nu, the largest distance of the standardised log-probabilities of the pivot."""
        return self.llv.normaliser_mismatch

    @property
    def d_fg(self) -> float:
        """Distance of the representations; a lower bound of it where `representation.exhaustive` is false."""
        return self.representation.value

    @property
    def max_d_svd_f(self) -> float:
        """The part of d_fg that the embeddings have, the largest d_SVD over label subsets."""
        return float(to_numpy(self.representation.embedding_dissimilarities).max())

    @property
    def d_svd_g(self) -> float | None:
        """The part that the unembeddings have; None where there is no input set."""
        return self.representation.unembedding_dissimilarity

    @property
    def mean_cca(self) -> float:
        """Mean canonical correlation of the embeddings' identified parts."""
        return self.cca.mean

    @property
    def chance_cca(self) -> float:
        """What it is for unrelated embeddings."""
        return self.cca.chance

    @property
    def dim(self) -> int:
        """The dimension that the theorem's bound speaks of, r, the smaller of the two ranks."""
        return min(self.ranks)

    @property
    def linear_bound(self) -> float:
        """2 r d_LLV, an upper bound on d_fg (the paper's, where r = M)."""
        return linear_bound(self.d_llv, self.dim)

    @property
    def quadratic_bound(self) -> float:
        """2 d_LLV², another."""
        return quadratic_bound(self.d_llv)

    @property
    def ratio_bound(self) -> float:
        """delta²/2, an upper bound on every d_SVD over the kept labels."""
        return ratio_bound(self.ratio_distance)

    def rows(self) -> list[tuple[str, float]]:
        """The main measures under the names that people read, in reading order."""
        sampled = "" if self.representation.exhaustive else ", at least"
        r = "M" if (self.dim, self.dim) == self.dims else "r"
        found = [
            ("d_KL(a, b), nats", self.d_kl),
            ("d_KL(b, a), nats", self.d_kl_reverse),
            ("d_LLV", self.d_llv),
            (f"d_{{f,g}}{sampled}", self.d_fg),
            ("bound 2 d_LLV²", self.quadratic_bound),
            (f"bound 2 {r} d_LLV ({r} = {self.dim})", self.linear_bound),
            ("ratio distance", self.ratio_distance),
            ("normaliser mismatch", self.normaliser_mismatch),
            ("bound on d_SVD of f by the ratio distance", self.ratio_bound),
            (f"d_SVD over every set of {self.size} label{'s' * (self.size > 1)}, at most", self.certificate),
            *(
                []
                if self.least_d_svd_f is None
                else [("  and over one of them, at least", self.least_d_svd_f)]
            ),
            ("d_SVD over all log-ratios", self.d_svd_all_labels),
            ("effective rank of the log-ratios, a", self.effective_ranks[0]),
            ("effective rank of the log-ratios, b", self.effective_ranks[1]),
            ("mean CCA of f", self.mean_cca),
            ("mean CCA by chance", self.chance_cca),
            ("same prediction (share)", self.agreement),
        ]
        return [*found, *self.others.items()]

    def _sets(self) -> str:
        llv = self.llv
        same = self.dims[0] == self.dims[1]
        dims = f"M = {self.dims[0]}" if same else f"M = {self.dims[0]} and {self.dims[1]}"
        r = "" if (self.dim, self.dim) == self.dims else f", r = {self.dim}"
        left_out = "none left out" if llv.left_out is None else f"label {llv.left_out} left out"
        kept = (
            f"{left_out}"
            if llv.sets.get("labels") is None
            else f"{len(llv.labels)} labels ({llv.label_choice})"
        )
        inputs = (
            f"input set {llv.input_choice}"
            if llv.input_set is None
            else f"input set {_some(llv.input_set)} ({llv.input_choice})"
        )
        return f"N = {self.num_inputs}, K = {self.num_labels}, {dims}{r}; pivot {llv.pivot}, {kept}; {inputs}"

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        lines = [f"{name:<{width}}  {_figure(name, value)}" for name, value in self.rows()]
        return "\n".join([*lines, self._sets(), *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(_figure(name, value, 4))}</td></tr>"
            for name, value in self.rows()
        )
        notes = "".join(f"<p>{escape(text)}</p>" for text in (self._sets(), *self.notes))
        return f'<table class="dataframe"><tbody>{body}</tbody></table>{notes}'

    def measures(self) -> dict[str, object]:
        """The measures by name, then the pivot and the label left out: a row of `compare_all`."""
        named: dict[str, object] = {name: getattr(self, name) for name in MEASURES}
        return {**named, "pivot": self.llv.pivot, "left_out": self.llv.left_out}

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and lists, ready for JSON."""
        return {
            **self.measures(),
            **{name: getattr(self, name) for name in FURTHER},
            "effective_ranks": list(self.effective_ranks),
            "labels": list(self.llv.labels),
            "label_choice": self.llv.label_choice,
            "label_subsets": len(self.representation.label_subsets),
            "label_subsets_in_all": self.representation.total,
            "dependent_label_subsets": self.representation.dependent,
            "exhaustive": self.representation.exhaustive,
            "input_set": None if self.llv.input_set is None else list(self.llv.input_set),
            "input_choice": self.llv.input_choice,
            "num_inputs": self.num_inputs,
            "num_labels": self.num_labels,
            "dims": list(self.dims),
            "ranks": list(self.ranks),
            "size": self.size,
            "others": dict(self.others),
            "notes": list(self.notes),
        }


def _some(indices: Sequence[int], most: int = 10) -> str:
    """A set, or its first members."""
    if len(indices) <= most:
        return str(list(indices))
    return f"{str(list(indices[:most]))[:-1]}, ... {len(indices)} in all]"


def _figure(name: str, value: float, digits: int = 6) -> str:
    sign = next((sign for end, sign in (("at least", ">= "), ("at most", "<= ")) if name.endswith(end)), "")
    return f"{sign}{value:.{digits}g}"


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
    """
    weight = as_real(weight, "weight")
    limit = None if max_subsets is None else as_count(max_subsets, "max_subsets")
    if measures not in (None, "all"):
        raise ValueError(f'measures: found {measures!r}, expected "all" or None')
    pair = ModelPair(a, b)
    a, b = pair.a, pair.b
    chosen = choose_sets(pair, **sets)
    ratios = StandardisedRatios.of(pair, chosen.pivot, chosen.labels)
    llv = llv_over(pair, chosen, weight, ratios)
    representation = representation_distance_over(pair, chosen, limit, ratios)
    every = ratios if chosen.all_labels else _all_ratios(pair, chosen.pivot)
    size = min(pair.dim, len(chosen.labels), every.z.shape[1])
    apart = every.distances.tolist()
    d_kl, d_kl_reverse = divergences(a, b)
    cca = between_columns(*pair.embeddings, a.num_inputs)
    agreement = share_equal(a.predictions(), b.predictions())
    return Comparison(
        d_kl=d_kl,
        d_kl_reverse=d_kl_reverse,
        cca=cca,
        agreement=agreement,
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
        notes=tuple(_notes(pair, representation, cca, agreement)),
        others=_others(pair) if measures == "all" else {},
    )


def _all_ratios(pair: ModelPair, pivot: Pivot) -> StandardisedRatios:
    """The standardised log-ratios of all labels with the pivot, but for those that are constant in a model."""
    count = pair.a.num_labels
    gaps = to_numpy(pair.between_labels.row(pair.pivot_point(pivot), range(count)).gap)
    return StandardisedRatios.of(pair, pivot, np.flatnonzero(np.isfinite(gaps)).tolist())


def _others(pair: ModelPair) -> dict[str, float]:
    from repsim_core.measures.others import all_others  # they are seldom asked for

    return all_others(pair.a, pair.b)


def _notes(
    pair: ModelPair, representation: RepresentationDistance, cca: CanonicalCorrelations, agreement: float
) -> Iterator[str]:
    """What the figures alone do not say."""
    for name, model in (("a", pair.a), ("b", pair.b)):
        lost = model.dim - model.rank
        if lost:
            bias = model.has_hidden_bias
            other = lost - bias
            yield (
                f"of {name}'s M = {model.dim} dimensions r = {model.rank} reach the distribution"
                + (", and one along which all inputs are the same, as a bias" if bias else "")
                + (f"; the other {other} could be anything, and nothing here speaks of them" if other else "")
            )
    if pair.a.rank != pair.b.rank:
        yield (
            f"the ranks {pair.a.rank} and {pair.b.rank} differ: label sets have as many labels as the smaller, "
            "so that d_SVD compares images of as many dimensions in both"
        )
    if not representation.exhaustive:
        yield (
            f"d_{{f,g}} is at least this: {len(representation.label_subsets):,} of {representation.total:.4g} label "
            "subsets were looked at"
        )
    if representation.dependent:
        yield (
            f"{representation.dependent:,} label subsets do not count: their log-ratios are linearly dependent, so "
            "that they are not diverse"
        )
    if not representation.diverse:
        yield (
            "the log-ratios of every label subset are linearly dependent in a or b: none is diverse, and d_{f,g} "
            "speaks of fewer directions than labels"
        )
    if cca.forced:
        yield (
            f"{cca.forced} of {min(cca.rank_z, cca.rank_w)} canonical correlations are 1 whatever the models are: "
            f"the ranks {cca.rank_z} and {cca.rank_w} add up to more than N - 1 = {cca.observations - 1}"
        )
    suspected = suspected_order(to_numpy(pair.a.predictions()), to_numpy(pair.b.predictions()))
    if suspected is not None:
        matched, renamed = suspected
        pairs = ", ".join(f"{there} is a's {here}" for there, here in list(renamed.items())[:5])
        more = ", ..." if len(renamed) > 5 else ""
        yield (
            f"are the labels in another order? The predictions agree on a share of {agreement:.3g}, and with labels "
            f"matched on {matched:.3g} (b's label {pairs}{more})"
        )
