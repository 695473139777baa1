"""Titles of the figures of the chapter "Width": what each finds, whatever networks are shown."""

from __future__ import annotations

import pandas as pd

from repsim_core.studies.width.close_pairs import ClosePairs
from repsim_core.studies.width.told import falling
from repsim_core.wording import plural, verb

# The colours of both curves in the figure of the means (`line_styles`).
_COLOURED = {"d_llv": "d_LLV (blue)", "d_fg": "d_{f,g} (orange)"}


def of_means(trend: pd.DataFrame) -> str:
    """Of the mean distances against width, naming the colours: rows of `width_tables.trends`, of one variant."""
    if not len(trend):
        return f"{_COLOURED['d_llv']} and {_COLOURED['d_fg']} between two networks, at one width"
    said = []
    for measure, name in _COLOURED.items():
        own = trend[trend["measure"] == measure]
        down = sum(falling(own))
        said.append(f"{name} falls in {down} of {plural(len(own), 'curve')}")
    return f"As networks become wider, {', '.join(said)}"


def of_fixed_norms(trend: pd.DataFrame) -> str:
    """Of the curves with fixed norms: rows of `width_tables.trends`."""
    if not len(trend):
        return "With and without fixed norms, at one width"
    down = sum(falling(trend))
    return f"With fixed norms {down} of {plural(len(trend), 'curve')} {verb(down, 'fall')} with width"


def of_close(found: ClosePairs, variant: str) -> str:
    """Of d_KL in both directions, of the pairs of a variant."""
    own = found.near[found.near["variant"] == variant]
    unlike = own["mean_cca"] < found.dissimilar
    both, one = (
        f"{int((own[way] & unlike).sum())} of {plural(int(own[way].sum()), 'pair')}"
        for way in ("both", "one")
    )
    return f"Dissimilar are {both} that are close both ways, and {one} close one way only"


def of_training(training: pd.DataFrame) -> str:
    """Of the distances during training.

    Args:
        training: columns classes, width, steps and d_llv, medians over pairs.
    """
    ends = training["steps"].isin([training["steps"].min(), training["steps"].max()])
    groups = training[ends].sort_values("steps").groupby(["classes", "width"])["d_llv"].agg(["first", "last"])
    down = int((groups["last"] < groups["first"]).sum())
    return f"In training the median d_LLV falls in {down} of {plural(len(groups), 'group')}"


def of_equal_loss(table: pd.DataFrame) -> str:
    """Of the distances against the loss: a row for each K, columns narrow and wide (NaN where never at that loss)."""
    compared = table.dropna(subset=["wide"]) if "wide" in table else table.iloc[:0]
    if not len(compared):
        return "The same distances, against how much the networks have learnt"
    nearer, counts = int((compared["wide"] < compared["narrow"]).sum()), plural(len(compared), "value")
    return f"At equal loss the widest networks have the smaller d_LLV for {nearer} of {counts} of K"


def of_orders(by_width: pd.DataFrame) -> str:
    """Of how often the orders of two networks differ: columns classes, width, differing."""
    said = [
        f"{part['differing'].iloc[0]:.0%} to {part['differing'].iloc[-1]:.0%} for K = {count}"
        for count, part in by_width.dropna(subset=["differing"]).groupby("classes")
    ]
    return (
        f"Pairs with different orders, from narrow to wide: {', '.join(said)}"
        if said
        else "How often orders differ"
    )
