"""Where the figures of the contenders lie in sets of pairs, in sentences that are there only for sets that are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from repsim_core.studies.which.explored_pairs import Explored
from repsim_core.studies.which.pair_tables import CONTENDERS
from repsim_core.studies.which.sets import IMAGES, RADIAL, of_kinds
from repsim_core.studies.which.told import by_labels
from repsim_core.studies.which.verdicts import LEVEL, spans
from repsim_core.wording import listed, plural

# Those that a sentence has, by how it calls them.
_NAMED = {
    "farther_kl": "d_KL (the larger way)",
    "d_llv": "d_LLV",
    "ratio_distance": "δ",
    "d_logit": "d_logit",
    "larger_error": "the larger error",
}


def of_contenders(told: pd.DataFrame, within: pd.DataFrame) -> str:
    """The rank correlations of five contenders, from the least to the largest over the sets.

    Args:
        told: rows of `telling.Told.table`, with widths together.
        within: the same at one width.
    """
    places = {
        "on radial data with widths together": of_kinds(told, RADIAL),
        "on radial data at one width": of_kinds(within, RADIAL),
        "on CIFAR-10": of_kinds(told, IMAGES),
    }
    said = [
        f"{place} {listed(f'{name} has {spans(own, measure)}' for measure, name in _NAMED.items())}"
        for place, own in places.items()
        if own["value"].notna().any()
    ]
    return f"The rank correlations, from the least to the largest over the sets: {'; '.join(said)}."


def of_labels(told: pd.DataFrame) -> str:
    """The rank correlations of d_KL and d_LLV on radial data, by the number of labels."""
    if not len(of_kinds(told, RADIAL)):
        return "No record of networks on radial data is read here."
    return (
        "On radial data, with free norms and widths together, the rank correlations by the number of labels are, of "
        f"d_KL: {by_labels(told, 'farther_kl')}; of d_LLV: {by_labels(told, 'd_llv')}."
    )


def of_orders(told: pd.DataFrame, verdict: str) -> str:
    """How well pairs of different order are told.

    Args:
        told: rows of `telling.Told.table`, about orders.
        verdict: what is said of the contender there.
    """
    if not told["value"].notna().any():
        return "No set here has pairs of equal order and pairs of different order."
    kl, llv, error = (spans(told, measure) for measure in ("farther_kl", "d_llv", "larger_error"))
    return (
        f"That is where d_KL looks: the larger way it has {kl}, d_LLV {llv}. ({verdict}.) But one network of an odd "
        "order makes all pairs of its kind, and it may be a worse network besides: the larger error, which knows "
        f"accuracy alone, has {error}."
    )


def title_of_orders(told: pd.DataFrame) -> str:
    """Of how well pairs of different order are told, from the least to the largest over the sets."""
    return f"Areas for another order: d_KL {spans(told, 'farther_kl')}, the larger error {spans(told, 'larger_error')}"


def title_of_bounds(shares: pd.DataFrame) -> str:
    """Of what bounds say of networks on images, from the least to the largest share below 1 over the sets.

    Args:
        shares: rows of `bound_shares.bound_shares`: bound and below_one.
    """
    said = [
        f"{bound} for {own.min():.0%}" + (f" to {own.max():.0%}" if own.max() > own.min() else "")
        for bound, own in shares.groupby("bound", sort=False)["below_one"]
    ]
    return f"Bounds below 1, of the pairs of a set: {listed(said)}"


def title_of_differences(ahead: pd.DataFrame, contender: str, rivals: Sequence[str]) -> str:
    """Of the differences of a contender and some rivals, set by set: rows of `telling.Told.ahead`."""
    own = ahead[ahead["rival"].isin(list(rivals)) & ahead["p"].notna()]
    sure = own["p"] < LEVEL
    more, less = (int((sure & beyond).sum()) for beyond in (own["value"] > 0, own["value"] < 0))
    return f"{CONTENDERS[contender]}: ahead in {more} of {plural(len(own), 'comparison')}, behind in {less}"


def of_explored(offered: Explored | None) -> tuple[str, str]:
    """What the explorer shows, and with which pair it begins: before and after it; of none, that there is none."""
    if offered is None:
        return "The figure that belongs here needs the record of radial data, which is not read.", ""
    return (
        f"{plural(len(offered.pairs), 'pair')} of networks on radial data, of all widths and numbers of labels, chosen "
        "evenly by their dissimilarity. The panels have the embeddings of the same inputs: in the first network, and "
        "in the second after the affine map that brings them as close to the first as any can. Lines join the two "
        "places of an input. Long lines are what no linear map explains.",
        f"It begins with the most dissimilar pair among the half that is closer in d_KL: {offered.words}. Choose "
        "another distance, and see whether the pair moves to the right.",
    )
