"""Pairs of networks that are close in d_KL, both ways or one way only, and dissimilar; how few networks carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.alignment import aligned
from repsim_core.measures.shared_models import Carriers, carriers
from repsim_core.representations import Representations
from repsim_core.studies.width.tables import ENDS, GROUP
from repsim_core.wording import plural, verb

# Nats and mean CCA of the first table.
SMALL, ALIKE = 0.01, 0.9
WAYS = {"both": "close both ways", "one": "close one way only"}


def carried(pairs: pd.DataFrame) -> Carriers:
    """How many networks are in pairs with the columns of `GROUP` and seeds, and how few carry them."""
    rows = pairs[[*GROUP, *ENDS]].itertuples(index=False, name=None)
    return carriers(((*group, i), (*group, j)) for *group, i, j in rows)


def small_divergences(pairs: pd.DataFrame) -> pd.DataFrame:
    """A row for each K: pairs, the share with a mean CCA below .9, those with both d_KL below .01, and how many of
    these have such a mean CCA.

    Args:
        pairs: from `ClosePairs.near`.
    """
    unlike, small = pairs["mean_cca"] < ALIKE, pairs["farther"] < SMALL
    of = pairs.assign(unlike=unlike, small=small, both=unlike & small).groupby("classes")
    table = of.agg(
        pairs=("unlike", "size"), unlike=("unlike", "mean"), small=("small", "sum"), both=("both", "sum")
    )
    table["unlike"] = table["unlike"].map("{:.0%}".format)
    table.index = [f"K = {count}" for count in table.index]
    names = ["pairs", f"mean CCA < {ALIKE}", f"both d_KL < {SMALL}", f"of these mean CCA < {ALIKE}"]
    return table.set_axis(names, axis=1)


def in_words(row: pd.Series) -> str:
    """Which pair it is, and its distances."""
    return (
        f"K = {row['classes']}, width {row['width']}, {row['variant']}, seeds {row['seed_a']} and "
        f"{row['seed_b']}: d_KL = {row['d_kl']:.3f} nats, {row['d_kl_reverse']:.3f} in reverse, d_LLV = "
        f"{row['d_llv']:.3f}, d_fg = {row['d_fg']:.3f}, mean CCA = {row['mean_cca']:.3f}"
    )


@dataclass(frozen=True)
class ClosePairs:
    """Pairs by whether they are close, and which of these are dissimilar.

    Attributes:
        near: the pairs, with nearer and farther, the smaller and the larger d_KL, and both and one: close both ways,
            close one way only.
        close: nats below which d_KL is close.
        dissimilar: a pair with a smaller mean CCA is dissimilar.
    """

    near: pd.DataFrame
    close: float
    dissimilar: float

    @classmethod
    def of(cls, pairs: pd.DataFrame, close: float, dissimilar: float) -> ClosePairs:
        """From pairs with columns d_kl, d_kl_reverse and mean_cca."""
        ways = pairs[["d_kl", "d_kl_reverse"]]
        near = pairs.assign(nearer=ways.min(axis=1), farther=ways.max(axis=1))
        both = near["farther"] < close
        return cls(near.assign(both=both, one=(near["nearer"] < close) & ~both), close, dissimilar)

    def listed(self, way: str) -> pd.DataFrame:
        """The dissimilar pairs of those that are close "both" ways or "one" way only."""
        return self.near[self.near[way] & (self.near["mean_cca"] < self.dissimilar)]

    def results(self) -> dict[str, int | str]:
        """What is kept of both lists: with free norms the pairs that are close, the dissimilar ones of them, networks
        and carriers; of all variants the dissimilar ones and carriers; and a clause for prose."""
        found: dict[str, int | str] = {}
        for way in WAYS:
            every, of_close = self.listed(way), self.near[self.near[way] & (self.near["variant"] == "free")]
            free = every[every["variant"] == "free"]
            own, fewest_of_all = carried(free), carried(every).fewest
            found |= {
                f"{way}_close": len(of_close),
                f"{way}_dissimilar": len(free),
                f"{way}_networks": own.models,
                f"{way}_carriers": own.fewest,
                f"{way}_dissimilar_all": len(every),
                f"{way}_carriers_all": fewest_of_all,
                f"{way}_in_words": (
                    f"{len(free)} of the {plural(len(of_close), 'pair')} {verb(len(free), 'are')} "
                    f"dissimilar. In this list there {verb(own.models, 'are')} "
                    f"{plural(own.models, 'different network')}, and {own.fewest} "
                    f"{verb(own.fewest, 'carry')} it"
                ),
            }
        return found

    def carried_by_width(self) -> str:
        """How many networks carry the pairs that are close one way only, by K, variant and width."""
        parts: dict[tuple[int, str], list[str]] = {}
        for (count, width, kind), own in self.listed("one").groupby(GROUP):  # pyright: ignore[reportGeneralTypeIssues]
            parts.setdefault((count, kind), []).append(f"{carried(own).fewest} of width {width}")
        return "; ".join(f"K = {k}, {kind}: {', '.join(own)}" for (k, kind), own in parts.items()) or "none"

    def oddest(self) -> str:
        """The network in most of the pairs that are close one way only."""
        ends = [self.listed("one")[[*GROUP, end]].set_axis([*GROUP, "seed"], axis=1) for end in ENDS]
        often = pd.concat(ends).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        if not len(often):
            return "There is no such network."
        count, width, kind, seed = often.index[0]
        return (
            f"The network in most of its pairs, {often.iloc[0]}, is seed {seed} of K = {count}, width "
            f"{width}, "
            f"{kind}."
        )

    def nearest_one_way(self) -> str:
        """Of the pairs that are dissimilar and close one way only the one with the least d_KL."""
        nearest = self.listed("one").sort_values("nearer")
        if not len(nearest):
            return "No pair is on this list."
        return f"The nearest pair of this list shows why one direction misleads: {in_words(nearest.iloc[0])}."

    def figure(self, variant: str) -> str:
        """What the figure of both directions shows of a variant."""
        shown = self.near[self.near["variant"] == variant]
        said = [
            f"K = {count}: {int(own['both'].sum())} pairs are close both ways, of which "
            f"{int((own['both'] & (own['mean_cca'] < self.dissimilar)).sum())} are dissimilar"
            for count, own in shown.groupby("classes")
        ]
        return (
            f"d_KL one way against d_KL the other way on logarithmic axes, {len(shown):,} pairs. "
            f"{'; '.join(said)}."
        )

    def table(self) -> pd.DataFrame:
        """A row for each K and variant, and for both ways pairs, dissimilar, networks, carried by."""
        rows = {}
        for (count, kind), own in self.near.groupby(["classes", "variant"]):  # pyright: ignore[reportGeneralTypeIssues]
            row = []
            for way in WAYS:
                listed = own[own[way] & (own["mean_cca"] < self.dissimilar)]
                found = carried(listed)
                row += [int(own[way].sum()), len(listed), found.models, found.fewest]
            rows[f"K = {count}, {kind}"] = row
        names = [
            (way, name) for way in WAYS.values() for name in ("pairs", "dissimilar", "networks", "carried by")
        ]
        return pd.DataFrame.from_dict(rows, orient="index", columns=pd.MultiIndex.from_tuples(names))


def laid_over(
    models: Mapping[int, Representations], row: pd.Series, inputs: int = 400
) -> tuple[pd.DataFrame, float]:
    """Embeddings of two networks in the plane, and the second's after the affine map that is best, for
    `figures.one_on_the_other`.

    Args:
        models: by seed.
        row: with seed_a and seed_b.
        inputs: how many of them.

    Returns:
        Columns x, y, other_x, other_y, mapped_x, mapped_y, label; and the share of the variance that the map explains.
    """
    a, b = models[int(row["seed_a"])], models[int(row["seed_b"])]
    fit = aligned(a.embeddings, b.embeddings)
    parts = {"": to_numpy(a.embeddings), "other_": to_numpy(b.embeddings), "mapped_": fit.mapped}
    points = {f"{name}{axis}": f[:, k] for name, f in parts.items() for k, axis in enumerate("xy")}
    return pd.DataFrame(points).assign(label=to_numpy(a.labels)).iloc[:inputs].round(3), float(fit.explained)


def partners(models: pd.DataFrame) -> int:
    """How many pairs a single network can make: one less than the largest group has."""
    sizes = models.groupby(GROUP).size()
    return int(max(sizes, default=1)) - 1
