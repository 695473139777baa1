"""What bounds on d_{f,g} say of sets of trained pairs; a bound of 1 or more says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from repsim_core.studies.telling import PairSet

# By column, how they are written in plain text.
BOUNDS = {"ratio_bound": "δ²/2", "quadratic_bound": "2 d_LLV²", "linear_bound": "2 M d_LLV"}


def bound_values(sets: Sequence[PairSet]) -> pd.DataFrame:
    """d_{f,g} and its bounds, a row each: panel (the set), quantity, value; bounds that a record lacks are left out."""
    columns = ["panel", "quantity", "value"]
    found = [
        own.pairs.assign(panel=own.name).melt(
            id_vars=["panel"],
            value_vars=[name for name in ("d_fg", *BOUNDS) if name in own.pairs],
            var_name="quantity",
        )
        for own in sets
    ]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def bound_shares(sets: Sequence[PairSet]) -> pd.DataFrame:
    """The share of pairs for which each bound is below 1: set, networks, pairs, bound, below_one, median."""
    rows = [
        {
            "set": own.name,
            "networks": own.networks,
            "pairs": len(own.pairs),
            "bound": text,
            "below_one": float((own.pairs[name] < 1).mean()),
            "median": float(own.pairs[name].median()),
        }
        for own in sets
        for name, text in BOUNDS.items()
        if name in own.pairs
    ]
    return pd.DataFrame(rows, columns=["set", "networks", "pairs", "bound", "below_one", "median"])


def in_words(shares: pd.DataFrame) -> str:
    """The shares, for prose: "δ²/2: 100 % (fast, M = 2), 98 % (fast, M = 3); ..."."""
    parts = [
        f"{bound}: "
        + ", ".join(f"{row.below_one:.0%} ({row.set})" for row in own.itertuples()).replace("%", " %")
        for bound, own in shares.groupby("bound", sort=False)
    ]
    return "; ".join(parts) or "no record of images is read"
