"""What a reader should know of a comparison that its figures do not say."""

from __future__ import annotations

from collections.abc import Iterator

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.canonical import CanonicalCorrelations
from repsim_core.measures.label_orders import suspected_order
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.printed import many
from repsim_core.measures.similarity import RepresentationDistance
from repsim_core.wording import plural, verb

# Repeated inputs are worth a note where so few are different: chance is then 5% higher, or more.
_REPEATED = 0.9
# How the note begins that no figure should be read before.
OTHER_ORDER = "are the labels in another order?"


def notes(
    pair: ModelPair, representation: RepresentationDistance, cca: CanonicalCorrelations, agreement: float
) -> Iterator[str]:
    """The notes, in sentences; most pairs have none."""
    differ, count = cca.different, pair.a.num_inputs
    inputs = f"N = {count} inputs" if differ == count else f"{differ} different inputs"
    few = False
    for name, model in (("a", pair.a), ("b", pair.b)):
        lost = model.dim - model.rank
        if lost:
            bias = model.has_hidden_bias
            other = lost - bias
            others, them = ("one", "it") if other == 1 else (other, "them")
            if model.rank == differ - 1 < min(model.dim, model.num_labels - 1) and not few:
                few = True  # of both models it is the same
                yield f"{inputs} show {plural(model.rank, 'direction')} at most: take more of them"
            yield (
                f"of {name}'s M = {model.dim} dimensions r = {model.rank} {verb(model.rank, 'reach')} the distribution"
                + (", and one along which all inputs are the same, as a bias" if bias else "")
                + (
                    f"; the other {others} could be anything, and nothing here speaks of {them}"
                    if other
                    else ""
                )
            )
    if pair.a.rank != pair.b.rank:
        yield (
            f"the ranks {pair.a.rank} and {pair.b.rank} differ: label sets have as many labels as the smaller, "
            "so that d_SVD compares images of as many dimensions in both"
        )
    if not representation.exhaustive:
        seen = len(representation.label_subsets)
        yield (
            f"d_{{f,g}} is at least this: {seen:,} of {many(representation.total)} label subsets {verb(seen, 'were')} "
            "looked at"
        )
    if representation.dependent:
        one = representation.dependent == 1
        yield (
            f"{plural(representation.dependent, 'label subset')} {verb(representation.dependent, 'do')} not count: "
            f"{'its' if one else 'their'} log-ratios are linearly dependent, so that "
            f"{'it is' if one else 'they are'} not diverse"
        )
    if not representation.diverse:
        yield (
            "the log-ratios of every label subset are linearly dependent in a or b: none is diverse, and d_{f,g} "
            "speaks of fewer directions than labels"
        )
    if differ <= _REPEATED * count:
        yield (
            f"{differ:,} of the N = {count:,} inputs are different: what unrelated models have by chance, in mean CCA "
            f"and in every other measure of f, goes by {differ:,} inputs at most"
        )
    if cca.forced:
        yield (
            f"{cca.forced} of {plural(min(cca.rank_z, cca.rank_w), 'canonical correlation')} "
            f"{verb(cca.forced, 'are')} 1 whatever the models are: "
            f"the ranks {cca.rank_z} and {cca.rank_w} add up to more than {differ - 1}, one less than {inputs}"
        )
    suspected = suspected_order(to_numpy(pair.a.predictions()), to_numpy(pair.b.predictions()))
    if suspected is not None:
        matched, renamed = suspected
        pairs = ", ".join(f"{there} is a's {here}" for there, here in list(renamed.items())[:5])
        more = ", ..." if len(renamed) > 5 else ""
        yield (
            f"{OTHER_ORDER} The predictions agree on a share of {agreement:.3g}, and with labels "
            f"matched on {matched:.3g} (b's label {pairs}{more})"
        )
