"""What the chapter "Width" says of the authors' networks, and of networks of equal loss."""

from __future__ import annotations

import numpy as np
import pandas as pd

from repsim_core.studies.width.told import slope
from repsim_core.wording import plural, verb

_LLV = r"$d_{\mathrm{LLV}}$"
# What counts as closer at an equal loss, and as an equal loss, as ratios.
_CLOSER, _SAME_LOSS = 0.9, 1.25


def of_authors(table: pd.DataFrame, trend: pd.DataFrame) -> list[str]:
    """What follows from the authors' networks.

    Args:
        table: from `width_tables.beside_as_few`.
        trend: of d_LLV, rows of `width_tables.trends`.
    """
    lines = []
    known = table.dropna(subset=["low"])
    if len(known):
        lines += [_inside(known), _few(known)]
    lines += [
        f"$K = {row.classes}$: from {row.narrowest:.2f} to {row.widest:.2f} over {row.widths} widths, slope "
        f"{slope(row)}; {row.falls} of {plural(row.widths - 1, 'step')} {verb(row.falls, 'go')} down."
        for row in trend.itertuples()
    ]
    lines.append(
        f"What can be concluded: pairs obey both bounds (at most {table['of_the_bound'].max():.2f} of the "
        "quadratic one is reached), and the numbers are of the same size. With three to five networks a "
        "width, intervals of slopes held the true one in 88 to 95 % of the simulated studies, and in 62 % "
        "where orders differ; so they can neither confirm nor refute a trend by themselves."
    )
    return lines


def inside(table: pd.DataFrame) -> str:
    """In how many groups the authors' mean lies in the range of as few networks here: "5 of 7"."""
    known = table.dropna(subset=["low"])
    return f"{int(known['d_llv'].between(known['low'], known['high']).sum())} of {len(known)}"


def _inside(known: pd.DataFrame) -> str:
    outside = known[~known["d_llv"].between(known["low"], known["high"])]
    where = "; ".join(
        f"{'above' if row.d_llv > row.high else 'below'} it for $K = {row.classes}$ and width {row.width}, "
        f"where {row.other_order:.0%} of their pairs are of different orders and {row.our_other_order:.0%} "
        "of those here"
        for row in outside.itertuples()
    )
    return (
        f"Their mean {_LLV} lies in the range of as few of the networks here in {len(known) - len(outside)} "
        f"of {plural(len(known), 'group')}{f'; it is {where}' if where else ''}. The range is somewhat too "
        "narrow, since sets of the same networks are more alike than new ones. "
    ) + (
        f"Still, {len(outside)} of {len(known)} outside of it is more than is to be expected: their "
        "networks may be of another kind in these groups, for a reason that we do not know, or it is "
        "chance; so few cannot tell."
        if len(outside) > 1
        else "So nothing here speaks for a difference between their networks and these."
    )


def _few(known: pd.DataFrame) -> str:
    widest = known.loc[(known["high"] / known["low"]).idxmax()]
    return (
        f"How little so few networks say: the middle 95 % of all sets of {widest['networks']:.0f} networks with $K = "
        f"{widest['classes']}$ and width {widest['width']}, all trained here alike, have means from "
        f"{widest['low']:.2f} to {widest['high']:.2f}."
    )


def slopes_of_authors(trend: pd.DataFrame) -> str:
    """Their slopes, for the reproduction report."""
    said = [
        f"K = {row.classes}: {row.narrowest:.2f} to {row.widest:.2f}, slope {slope(row)}"
        for row in trend.itertuples()
    ]
    return "; ".join(said) or "no trend"


def author_table(table: pd.DataFrame) -> pd.DataFrame:
    """The authors' groups, from `width_tables.beside_as_few`, as they are shown."""
    names = {
        "d_llv": "d_LLV",
        "mean_cca": "mean CCA",
        "d_kl": "d_KL",
        "d_kl_reverse": "d_KL reverse",
        "ratio_distance": "δ",
        "of_the_bound": "d_fg of bound",
        "ours": "d_LLV here",
    }
    shown = table[list(names)].round(3).rename(columns=names)
    rows = list(table.itertuples())
    few = [f"{row.low:.2f} to {row.high:.2f}" if row.low == row.low else "" for row in rows]
    differ = [f"{row.other_order:.0%}, {row.our_other_order:.0%}".replace("nan%", "–") for row in rows]
    networks = [
        f"{row.networks}, {row.our_networks:.0f}"
        if row.our_networks == row.our_networks
        else f"{row.networks}, –"
        for row in rows
    ]
    shown.insert(0, "networks, here", networks)
    shown = shown.assign(**{"of as few here": few, "orders differ, here": differ})
    return shown.set_axis([f"K = {row.classes}, w = {row.width}" for row in rows])


def of_equal_loss(table: pd.DataFrame, widths: tuple[int, int], steps: int) -> list[str]:
    """The narrowest networks beside the widest at the same loss, from `width_live.at_equal_loss`.

    Args:
        table: a row for each K.
        widths: the narrowest and the widest.
        steps: of the training.
    """
    narrow, wide = widths
    if narrow == wide:
        return ["There is only one width, so there is nothing to compare."]
    lines = []
    for row in table.itertuples():
        start = (
            f"$K = {row.K}$: the networks of width {narrow} end with a median loss of {row.loss:.3f} and a "
            f"median {_LLV} of {row.narrow:.3f}. "
        )
        if np.isnan(row.wide):
            lines.append(
                f"{start}Those of width {wide} were never seen at this loss (their first checkpoint is past "
                "it, or they have not got there): no comparison at equal loss."
            )
            continue
        closer = "closer" if row.wide < _CLOSER * row.narrow else "not clearly closer"
        gap = row.narrow - row.wide_end
        part = (
            f" Of the gap between the two widths at {steps:,} steps, {(row.narrow - row.wide) / gap:.0%} is "
            "there "
            "already."
            if gap > 0 and row.wide < row.narrow
            else ""
        )
        lines.append(
            f"{start}Those of width {wide} pass this loss after about {row.steps:,.0f} steps with "
            f"{row.wide:.3f}, so the wide ones are {closer} at equal loss. At the end they are at "
            f"{row.wide_end:.3f}.{part}"
        )
    return lines


def from_the_other_end(
    narrow: pd.Series, wide: pd.Series, losses: tuple[float, float], steps: tuple[int, int]
) -> str:
    """The narrow networks of a record, fully trained, beside wide ones after a short training.

    Args:
        narrow, wide: rows of `width_tables.summary` for d_LLV.
        losses: their median test losses.
        steps: of the two trainings.
    """
    said = (
        f"$K = {narrow['classes']}$, from the other end: the record's networks of width {narrow['width']} "
        f"have had {steps[0]:,} steps. Their median loss is {losses[0]:.3f} and their mean {_LLV} "
        f"{narrow['mean']:.3f} [{narrow['low']:.3f}, {narrow['high']:.3f}]. The live networks of width "
        f"{wide['width']}, after {steps[1]:,} steps, have {losses[1]:.3f} and {wide['mean']:.3f} "
        f"[{wide['low']:.3f}, {wide['high']:.3f}]. (Networks that pass the accuracy filter.)"
    )
    if losses[0] < _SAME_LOSS * losses[1] and narrow["low"] > wide["high"]:
        said += (
            " So at a similar loss the narrow networks are further apart (the intervals do not overlap), "
            "which speaks against training time as the whole explanation."
        )
    return said


def other_ends(
    models: pd.DataFrame,
    means: pd.DataFrame,
    live_models: pd.DataFrame,
    live_means: pd.DataFrame,
    variant: str,
    steps: tuple[int, int],
) -> list[str]:
    """`from_the_other_end` for each K of which a record has narrower networks than the widest that are trained live.

    Args:
        models, means: of a record, those that count, and `width_tables.summary` of them.
        live_models, live_means: of the live networks, likewise.
        variant: of both.
        steps: of the two trainings.
    """
    lines = []
    live_means = live_means[(live_means["measure"] == "d_llv") & (live_means["variant"] == variant)]
    means = means[(means["measure"] == "d_llv") & (means["variant"] == variant)]
    for count, own in live_means.groupby("classes"):
        wide, narrow = own.iloc[-1], means[means["classes"] == count]
        if len(narrow) and narrow["width"].iloc[0] < wide["width"]:
            losses = [
                float(
                    of.loc[
                        (of[["classes", "width"]] == [count, row["width"]]).all(axis=1), "test_loss"
                    ].median()
                )
                for of, row in ((models[models["variant"] == variant], narrow.iloc[0]), (live_models, wide))
            ]
            lines.append(from_the_other_end(narrow.iloc[0], wide, (losses[0], losses[1]), steps))
    return lines


def plain(lines: list[str]) -> str:
    """Lines without formulas, for the description of a figure."""
    return " ".join(lines).replace(_LLV, "d_LLV").replace("$", "")
