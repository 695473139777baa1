"""What the chapter "Width" says of pairs that are close, and of pairs whose orders differ: of those that there are."""

from __future__ import annotations

import pandas as pd

from repsim_core.studies.width import close_pairs
from repsim_core.studies.width.close_pairs import ClosePairs, carried
from repsim_core.studies.width.orders_told import equal_orders, falls_among_equal, other_orders
from repsim_core.wording import plural, significant, verb

_WAYS = {"both": "both ways", "one": "one way only"}


def of_small_divergences(pairs: pd.DataFrame, made_of: str) -> str:
    """What pairs with a small divergence both ways are like.

    Args:
        pairs: of networks with free norms, with "farther", the larger d_KL, and mean_cca.
        made_of: what the pairs are of.
    """
    if not len(pairs):
        return f"There are no pairs of accurate networks with free norms among {made_of}."
    small = pairs[pairs["farther"] < close_pairs.SMALL]
    said = (
        f"These are the pairs of accurate networks with free norms ({made_of}). Of {plural(len(pairs), 'such pair')} "
        f"{len(small):,} {verb(len(small), 'have')} a d_KL below {close_pairs.SMALL:g} nats both ways."
    )
    if not len(small):
        return said
    unlike, share = (
        int((small["mean_cca"] < close_pairs.ALIKE).sum()),
        (pairs["mean_cca"] < close_pairs.ALIKE).mean(),
    )
    said += (
        f" Of these, {unlike:,} {verb(unlike, 'have')} a mean CCA below {close_pairs.ALIKE:g}; of all pairs "
        f"a share of {share:.2f} has."
    )
    sign = " So a small d_KL is a good sign here, and only that."
    return said + (sign if unlike / len(small) < share else "")


def of_lists(found: ClosePairs) -> str:
    """Both lists of pairs that are close and dissimilar: with free norms, and with all."""
    free = found.near[found.near["variant"] == "free"]
    said = []
    for way, words in _WAYS.items():
        near = free[free[way]]
        unlike = near[near["mean_cca"] < found.dissimilar]
        own = carried(unlike)
        if not len(near):
            said.append(f"With free norms no pair is close {words}.")
        elif not len(unlike):
            said.append(
                f"With free norms {plural(len(near), 'pair')} {verb(len(near), 'are')} close {words}, none dissimilar."
            )
        else:
            said.append(
                f"With free norms {len(unlike)} of the {plural(len(near), 'pair')} that "
                f"{verb(len(near), 'are')} close {words} {verb(len(unlike), 'are')} dissimilar; "
                f"{plural(own.models, 'different network')} {verb(own.models, 'are')} in this list, and "
                f"{own.fewest} {verb(own.fewest, 'carry')} it."
            )
    every = [found.listed(way) for way in _WAYS]
    counts = " and ".join(
        f"{plural(len(own), 'pair')}"
        + (f" (carried by {plural(carried(own).fewest, 'network')})" if len(own) else "")
        for own in every
    )
    return f"{' '.join(said)} With fixed norms as well, the two lists have {counts}."


def of_example(example: pd.Series | None, explained: float) -> str:
    """The pair of the first list that is drawn."""
    if example is None:
        return "The first list is empty, so there is no such pair to look at."
    return (
        "Here is the pair of the first list with the least mean CCA. The best affine map from the "
        f"embeddings of one network to those of the other explains a share of {significant(explained, 2)} "
        "of the variance."
    )


def of_other_orders(pairs: pd.DataFrame, models: pd.DataFrame) -> str:
    """Recorded pairs whose orders differ and that are alike for all that, around the origin and around the mean.

    Args:
        pairs: from `tables.with_orders`; without rows where nothing is recorded.
        models: of the record.
    """
    if not len(pairs):
        return "No record is read here."
    apart, alike, by_k, _ = other_orders(pairs, "same_order")
    apart_about, alike_about, by_k_about, _ = other_orders(pairs, "same_about_mean")
    return (
        f"Another order need not be another representation: of the {plural(apart, 'recorded pair')} of "
        f"accurate networks whose orders differ, all variants together, {alike} {verb(alike, 'have')} a "
        f"mean CCA above 0.9 ({by_k}; with few labels there is no way to differ a little). These are orders "
        f"around the origin. Around the mean, which is what mean CCA sees, {equal_orders(models)} of the "
        f"accurate networks have the same order as around the origin; {plural(apart_about, 'pair')} "
        f"{verb(apart_about, 'differ')} there, and {alike_about} of them {verb(alike_about, 'have')} a mean "
        f"CCA above 0.9 ({by_k_about})."
    )


def of_equal_orders(by_width: pd.DataFrame) -> str:
    """Whether d_LLV of the recorded pairs of equal order falls with width: rows of `tables.orders_by_width`."""
    down, steps = falls_among_equal(by_width) if len(by_width) else (0, 0)
    if not steps:
        return "There are no recorded pairs of equal order at two widths."
    return (
        "The mean d_LLV of the recorded pairs of equal order, and in brackets how many these are. With at "
        f"most one norm fixed it falls in {down} of {plural(steps, 'step')} from one width to the next."
    )
