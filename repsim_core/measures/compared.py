"""What a comparison of two models found: its figures, by name, printed, and as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.bounds import linear_bound, quadratic_bound, ratio_bound
from repsim_core.measures.canonical import CanonicalCorrelations
from repsim_core.measures.distances import LLVDistance
from repsim_core.measures.pairs import MEAN
from repsim_core.measures.printed import Group, Line, as_html, as_text, many, some
from repsim_core.measures.similarity import RepresentationDistance
from repsim_core.measures.stated_bounds import StatedBound

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
        accuracies: share of inputs whose most probable label is the true one, of a and of b; None where the true labels
            are not known. It is enough that one of the models has them.
        losses: mean negative log-likelihood of the true labels, nats; likewise.
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
    accuracies: tuple[float, float] | None
    losses: tuple[float, float] | None
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

    @property
    def bounds(self) -> tuple[StatedBound, ...]:
        """All bounds. Each has a name, a formula, a value, what it is a bound `of` and `over` which sets, whether it is
        an `upper` one, whether it is `informative`, and what it `says` in words.

        The first two are on d_{f,g} and the third on d_SVD over any of the kept labels; the certificate and the lower
        bound are on d_SVD over sets of `size` labels out of all, with this pivot.
        """
        with_pivot = (
            "the mean of all labels as pivot" if self.llv.pivot == MEAN else f"pivot {self.llv.pivot}"
        )
        r = "M" if (self.dim, self.dim) == self.dims else "r"
        kept = f"{with_pivot} and the kept labels"
        every = f"{with_pivot} and every set of {self.size} label{'s' * (self.size > 1)}"
        f, both = "d_SVD of f", "d_{f,g}"
        found = [
            StatedBound("quadratic bound", "2 d_LLV²", self.quadratic_bound, both, kept),
            StatedBound("linear bound", f"2 {r} d_LLV ({r} = {self.dim})", self.linear_bound, both, kept),
            StatedBound("ratio bound", "delta²/2", self.ratio_bound, f, kept),
            StatedBound("certificate", "by the least |rho|", self.certificate, f, every),
        ]
        if self.least_d_svd_f is not None:
            least = StatedBound(
                "lower bound", "by the least |rho|", self.least_d_svd_f, f, every, upper=False
            )
            found.append(least)
        return tuple(found)

    def _groups(self) -> list[Group]:
        """The figures under headings, in reading order, with what they say."""
        predictions = [Line("same prediction", (self.agreement,), "share of inputs")]
        if self.accuracies is not None and self.losses is not None:
            predictions = [
                Line("accuracy of {}", self.accuracies, "share of inputs"),
                Line("loss of {}, nats", self.losses, "mean of -log p(true label | x)"),
                *predictions,
            ]
        distributions = [
            Line("d_KL(a, b), nats", (self.d_kl,), "0: the same probabilities"),
            Line("d_KL(b, a), nats", (self.d_kl_reverse,), "the other way round"),
            Line("d_LLV", (self.d_llv,), "no unit; over the sets below"),
            Line("ratio distance delta", (self.ratio_distance,), "0 to 2; the part of it that shows in f"),
            Line("normaliser mismatch nu", (self.normaliser_mismatch,), "the part that does not"),
        ]
        sampled = "" if self.representation.exhaustive else ">= "
        representations = [
            Line("d_{{f,g}}", (self.d_fg,), "0 (alike) to 1; over the sets below", sampled),
            Line(
                "d_SVD over all log-ratios", (self.d_svd_all_labels,), "the same of f for all labels at once"
            ),
            Line("mean CCA of f", (self.mean_cca,), "0 to 1 (linear images of each other)"),
            Line("mean CCA by chance", (self.chance_cca,), "what unrelated ones would have"),
            Line("effective rank of {}", self.effective_ranks, "directions that all log-ratios use"),
        ]
        found = [
            Group("Predictions", predictions),
            Group("Distributions", distributions),
            Group("Representations", representations),
        ]
        for over in dict.fromkeys(bound.over for bound in self.bounds):
            lines = [
                Line(f"{bound.name}, {bound.formula}", (bound.value,), bound.says)
                for bound in self.bounds
                if bound.over == over
            ]
            found.append(Group(f"Bounds, for {over}", lines))
        if self.others:
            others = [Line(name, (value,)) for name, value in self.others.items()]
            found.append(Group("Other measures", others))
        return found

    def rows(self) -> list[tuple[str, float]]:
        """The figures under the names that people read, in reading order; one of each model has a row of its own."""
        return [row for group in self._groups() for line in group.lines for row in line.singly()]

    def _head(self) -> str:
        """What was compared."""
        (m, other_m), (r, other_r) = self.dims, self.ranks
        dims = f"{m}" if m == other_m else f"{m} and {other_m}"
        ranks = f"{r}" if r == other_r else f"{r} and {other_r}"
        # Of one model, or of two: "M = 1 and 2 dimensions".
        dimensions = "dimension" if dims == "1" else "dimensions"
        return (
            f"N = {self.num_inputs:,} inputs, K = {self.num_labels:,} labels, M = {dims} {dimensions}, "
            f"of which r = {ranks} {'reaches' if ranks == '1' else 'reach'} the distribution"
        )

    def _sets(self) -> str:
        llv = self.llv
        if llv.sets.get("labels") is not None:
            kept = f"labels {some(llv.labels)} ({llv.label_choice})"
        else:
            kept = "none left out" if llv.left_out is None else f"label {llv.left_out} left out"
            _, _, search = llv.label_choice.partition("; ")
            kept += f" ({search})" if search else ""
        inputs = llv.input_choice if llv.input_set is None else f"{some(llv.input_set)} ({llv.input_choice})"
        return f"sets: pivot {llv.pivot}, {kept}; input set {inputs}"

    def _foot(self) -> list[str]:
        return [self._sets(), *(f"note: {note}" for note in self.notes)]

    def __str__(self) -> str:
        return as_text(self._head(), self._groups(), self._foot())

    def _repr_html_(self) -> str:
        return as_html(self._head(), self._groups(), self._foot())

    def measures(self) -> dict[str, object]:
        """The measures by name, then the pivot and the label left out: a row of `compare_all`."""
        named: dict[str, object] = {name: getattr(self, name) for name in MEASURES}
        return {**named, "pivot": self.llv.pivot, "left_out": self.llv.left_out}

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and lists, ready for JSON."""
        total = self.representation.total
        return {
            **self.measures(),
            **{name: getattr(self, name) for name in FURTHER},
            "accuracies": None if self.accuracies is None else list(self.accuracies),
            "losses": None if self.losses is None else list(self.losses),
            "bounds": [
                {**bound._asdict(), "informative": bound.informative, "says": bound.says}
                for bound in self.bounds
            ],
            "weight": self.llv.weight,
            "seed": self.llv.chosen.seed,
            "effective_ranks": list(self.effective_ranks),
            "labels": list(self.llv.labels),
            "label_choice": self.llv.label_choice,
            "label_subsets": len(self.representation.label_subsets),
            # Beyond the whole numbers that a float holds, readers of JSON would not agree.
            "label_subsets_in_all": total if total < 2**53 else many(total),
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
