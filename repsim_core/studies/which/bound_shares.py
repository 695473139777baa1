"""What bounds on d_{f,g} say of sets of trained pairs; a bound of 1 or more says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.measures.bounds import quadratic_bound, ratio_bound
from repsim_core.studies.which.telling import PairSet

# By column, how they are written in plain text.
BOUNDS = {"ratio_bound": "δ²/2", "quadratic_bound": "2 d_LLV²", "linear_bound": "2 M d_LLV"}
# Distances that bound d_fg or its part, by column.
_BOUNDING = {"d_llv": quadratic_bound, "ratio_distance": ratio_bound}
# Of many pairs about so many are drawn.
_DRAWN = 2500
# Rounding: of computed values, and of representations stored in 16 bits.
_COMPUTED, _STORED = 1e-6, 1e-3


class Bounded(NamedTuple):
    """Pairs against two distances that bound their dissimilarity.

    Attributes:
        points: kind, d_fg, d_llv, ratio_distance of pairs for a logarithmic figure: all positive, and where there are
            many evenly thinned.
        curves: measure, distance, bound.
        above: by distance, how many of all pairs lie above its bound, more than rounding explains. d_LLV bounds d_fg,
            the ratio distance the part of it that concerns embeddings.
        embeddings: the share of all pairs of which that part is the whole.
    """

    points: pd.DataFrame
    curves: pd.DataFrame
    above: dict[str, int]
    embeddings: float


def bounded(sets: Sequence[PairSet]) -> Bounded:
    """From the pairs of at least one set."""
    columns = ["d_fg", *_BOUNDING]
    points = pd.concat([own.pairs[columns].assign(kind=own.kind) for own in sets])
    points = points[(points[columns] > 0).all(axis=1)]
    points = points.iloc[:: max(1, len(points) // _DRAWN)]
    grid = np.geomspace(points[[*_BOUNDING]].min(axis=None) / 2, 3, 60)
    curves = [
        pd.DataFrame({"measure": name, "distance": grid, "bound": [bound(d) for d in grid]})
        for name, bound in _BOUNDING.items()
    ]
    every = pd.concat([own.pairs for own in sets])
    part = every["max_d_svd_f"]
    above = {
        "d_llv": int((every["d_fg"] > every["quadratic_bound"] * (1 + _COMPUTED)).sum()),
        "ratio_distance": int((part > every["ratio_bound"] * (1 + _STORED)).sum()),
    }
    whole = float((part >= every["d_fg"] * (1 - _COMPUTED)).mean())
    return Bounded(points.round(6), pd.concat(curves), above, whole)


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
