"""Accurate networks and their pairs by number of labels, width and variant: means, trends, and what orders split.

Tables of models and pairs are those of a record of the width study, or of networks at hand with the same columns. Every
interval leaves each network out once, with all its pairs (`model_intervals.LeaveOneOut`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int64

from repsim_core.measures.model_intervals import LeaveOneOut, holm, means_of_subsets, weighted_means
from repsim_core.measures.trends import Mixture, explained_share, greater_share, split_change

GROUP = ["classes", "width", "variant"]
"""What networks of one kind share."""
MEASURES = ("d_llv", "d_fg")
"""Whose means are followed over width."""
ENDS = ["seed_a", "seed_b"]
LEVEL = 0.05
"""Of corrected p-values."""
# What the measures can be at most.
_MOST = {"d_llv": np.inf, "d_fg": 1.0}
_KL = ["d_kl", "d_kl_reverse"]


def counted(
    models: pd.DataFrame, pairs: pd.DataFrame, *, least_accuracy: float, fewest: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The networks that count, and their pairs that could be measured.

    Args:
        models, pairs: with the columns of `GROUP`.
        least_accuracy: a network counts above this test accuracy.
        fewest: a group counts with so many such networks.
    """
    good = models[models["test_accuracy"] > least_accuracy]
    size = good.groupby(GROUP)["seed"].transform("size")
    good = good[size >= fewest]
    for end in ENDS:
        names = good[[*GROUP, "seed"]].rename(columns={"seed": end})
        pairs = pairs.merge(names, on=[*GROUP, end])
    return good, pairs.dropna(subset=list(MEASURES))


def summary(pairs: pd.DataFrame) -> pd.DataFrame:
    """A row for each group and measure: networks, pairs, sd over pairs, and mean, low, high, its interval."""
    rows = []
    for key, own in pairs.groupby(GROUP):
        models = own[ENDS].to_numpy()
        left_out = LeaveOneOut.of(models)
        for measure in MEASURES:
            d = own[measure]
            found = left_out.interval(weighted_means(d.to_numpy(), left_out.weights))
            low, high = np.clip(found[1:], 0, _MOST[measure])
            sd = d.std() if len(d) > 1 else 0.0
            rows.append((*key, measure, len(np.unique(models)), len(d), sd, found.value, low, high))
    names = ["measure", "networks", "pairs", "sd", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=[*GROUP, *names])


def trends(pairs: pd.DataFrame) -> pd.DataFrame:
    """The slope of the mean of a measure over log2 of the width, by least squares through the means of the widths.

    Returns:
        A row for each K, variant and measure with two widths or more: slope, low, high (its interval), p, widths, falls
        (how many steps from one width to the next go down), narrowest, widest (the means there), and corrected, p
        corrected for the number of rows (Holm).
    """
    rows = []
    for (count, name), own in pairs.groupby(["classes", "variant"]):
        own = own.sort_values("width", kind="stable")
        at = own["width"].to_numpy()
        widths = np.unique(at)
        if len(widths) < 2:
            continue
        left_out = LeaveOneOut.of(own[ENDS].to_numpy(), at)
        x = np.log2(widths)
        fit = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
        for measure in MEASURES:
            values = own[measure].to_numpy()
            means = np.array([weighted_means(values, left_out.weights * (at == width)) for width in widths])
            slopes, y = fit @ means, means[:, 0]
            tested = (*left_out.interval(slopes), left_out.p_value(slopes))
            rows.append((count, name, measure, *tested, len(x), int((np.diff(y) < 0).sum()), y[0], y[-1]))
    names = [
        "classes",
        "variant",
        "measure",
        "slope",
        "low",
        "high",
        "p",
        "widths",
        "falls",
        "narrowest",
        "widest",
    ]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(corrected=holm(table["p"].to_numpy(float)))


def with_orders(pairs: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the circular orders of both networks, and whether they agree.

    Args:
        pairs: of these models.
        models: columns order and order_about_mean.

    Returns:
        The pairs with order_a, order_b, order_about_mean_a, order_about_mean_b, same_order and same_about_mean.
    """
    orders = models[[*GROUP, "seed", "order", "order_about_mean"]]
    for end in ("a", "b"):
        names = {name: f"{name}_{end}" for name in ("seed", "order", "order_about_mean")}
        pairs = pairs.merge(orders.rename(columns=names), on=[*GROUP, f"seed_{end}"])
    agree = {
        f"same_{short}": (pairs[f"{name}_a"] == pairs[f"{name}_b"]).astype(bool)
        for short, name in (("order", "order"), ("about_mean", "order_about_mean"))
    }
    return pairs.assign(**agree)


def pairs_of(record: Any, least_accuracy: float) -> pd.DataFrame:
    """A record's pairs of accurate networks, of groups with two or more, with their orders."""
    filters = {"least_accuracy": least_accuracy, "fewest": 2}
    return with_orders(counted(record.models, record.pairs, **filters)[1], record.models)


def orders_by_width(pairs: pd.DataFrame) -> pd.DataFrame:
    """How often orders differ, and mean d_LLV of both kinds of pairs: a row for each group.

    Args:
        pairs: from `with_orders`.

    Returns:
        Columns of `GROUP`, pairs, differing (share), and mean d_LLV: all, same, different.
    """
    agree, d = pairs["same_order"], pairs["d_llv"]
    of = pairs.assign(differing=~agree, all=d, same=d.where(agree), different=d.where(~agree)).groupby(GROUP)
    table = of[["differing", "all", "same", "different"]].mean()
    table.insert(0, "pairs", of.size())
    return table.reset_index()


def split_trend(pairs: pd.DataFrame, order: str) -> pd.DataFrame:
    """The change of mean d_LLV from the narrowest width to the widest, and its part that the share of kinds explains.

    Args:
        pairs: of one variant, from `with_orders`.
        order: the column that tells the kinds apart, same_order or same_about_mean.

    Returns:
        A row for each K with two widths: change, mix and within (its parts, `trends.split_change`), and mix_share with
        low and high, the share of the mix and its interval; NaN where no network moves the share.
    """
    rows = []
    for count, part in pairs.groupby("classes"):
        ends = part["width"].min(), part["width"].max()
        part = part[part["width"].isin(ends)]
        at = part["width"].to_numpy()
        if ends[0] == ends[1]:
            continue
        left_out = LeaveOneOut.of(part[ENDS].to_numpy(), at)
        first, last = (_mixtures(part[at == end], order, left_out.weights[:, at == end]) for end in ends)
        splits = np.array([split_change(*both) for both in zip(first, last, strict=True)])
        shares = splits[:, 0] / splits.sum(axis=1) + 0.0  # no negative zero
        value, low, high = left_out.interval(shares)
        known = (low, high) if high > low else (np.nan, np.nan)
        rows.append((count, splits[0].sum(), *splits[0], value, *known))
    return pd.DataFrame(rows, columns=["classes", "change", "mix", "within", "mix_share", "low", "high"])


def _mixtures(pairs: pd.DataFrame, order: str, weights: Int64[np.ndarray, "rows P"]) -> list[Mixture]:
    """Pairs of both kinds, once for each row of weights."""
    distances, agree = pairs["d_llv"].to_numpy(), pairs[order].to_numpy()
    same, different = (weighted_means(distances, weights * kind) for kind in (agree, ~agree))
    differing = weighted_means((~agree).astype(float), weights)
    return [Mixture(*row) for row in zip(differing, same, different, strict=True)]


def explained_by_orders(pairs: pd.DataFrame) -> pd.DataFrame:
    """What the two orders explain of how pairs differ, widths apart.

    Args:
        pairs: of one variant, from `with_orders`.

    Returns:
        A row for each K with pairs of both kinds: K, pairs; for origin and mean the pairs of different order and the
        shares of the variance of d_LLV and mean CCA within widths that lie between the kinds; and how often a pair of
        different order has the larger d_LLV, or larger d_KL of both directions, than one of equal order.
    """
    rows: list[dict[str, Any]] = []
    for count, own in pairs.groupby("classes"):
        if own["same_order"].all():
            continue
        row: dict[str, Any] = {"K": count, "pairs": len(own)}
        for name, column in (("origin", "same_order"), ("mean", "same_about_mean")):
            equal = own[column].to_numpy()
            row[f"other order, {name}"] = int((~equal).sum())
            for measure in ("d_llv", "mean_cca"):
                row[f"{measure}, {name}"] = explained_share(
                    own[measure].to_numpy(), own["width"].to_numpy(), equal
                )
        other = ~own["same_order"].to_numpy()
        row["found by d_LLV"] = greater_share(own["d_llv"].to_numpy(), other)
        row["found by d_KL"] = greater_share(own[_KL].max(axis=1).to_numpy(), other)
        rows.append(row)
    return pd.DataFrame(rows)


def beside_as_few(theirs: pd.DataFrame, ours: pd.DataFrame | None) -> pd.DataFrame:
    """Groups of few networks beside what as few of other networks of the same kind would have.

    Args:
        theirs: pairs, from `with_orders`.
        ours: pairs of the other networks, likewise; None where there are none.

    Returns:
        A row for each group: networks, means of their measures, of_the_bound (the largest share of the quadratic
        bound), other_order (share of pairs), our_networks, ours (mean d_LLV), low and high (the middle 95 % of the
        means over all sets of as few), our_other_order; NaN where as many are not there.
    """
    rows = []
    averaged = ["d_llv", "d_fg", "mean_cca", *_KL, "ratio_distance"]
    for group, own in theirs.groupby(GROUP):
        size = len(np.unique(own[ENDS]))
        row = {
            **dict(zip(GROUP, group, strict=True)),
            "networks": size,
            **own[averaged].mean(),
            "of_the_bound": (own["d_fg"] / own["quadratic_bound"]).max(),
            "other_order": (~own["same_order"]).mean(),
            **dict.fromkeys(["our_networks", "ours", "low", "high", "our_other_order"], np.nan),
        }
        same = None if ours is None else ours[(ours[GROUP] == list(group)).all(axis=1)]
        if same is not None and len(np.unique(same[ENDS])) >= size:
            means = means_of_subsets(same["d_llv"].to_numpy(), same[ENDS].to_numpy(), size)
            row["low"], row["high"] = np.quantile(means, [0.025, 0.975])
            row["our_networks"] = len(np.unique(same[ENDS]))
            row["ours"] = same["d_llv"].mean()
            row["our_other_order"] = (~same["same_order"]).mean()
        rows.append(row)
    return pd.DataFrame(rows)
