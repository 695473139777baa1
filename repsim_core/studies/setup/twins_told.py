"""What the chapter "Setup" says of two trained networks: sentences whose truth depends on its parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.circular_orders import Order, circular_order, class_means, shared_neighbours
from repsim_core.representations import Representations
from repsim_core.wording import significant, span, verb

# From when on two networks count as predicting nearly the same: agreement and nats.
_AGREE, _NATS = 0.99, 0.05
# d_fg from which on they count as dissimilar.
_DISSIMILAR = 0.1
# A probability that counts as certain.
_CERTAIN = 0.99
# What is said of a label set.
_OF_A_SET = ("condition of L", "factor")


class Closeness(NamedTuple):
    """How near two networks are on the images that they were trained on.

    Attributes:
        nearly_the_same: whether they agree on more than 99 % of the inputs and both d_KL are below 0.05 nats.
        dissimilar: whether d_fg is above 0.1.
        certain: the share of the inputs on which both give one label a probability above 0.99.
    """

    nearly_the_same: bool
    dissimilar: bool
    certain: float


def closeness(pair: pd.Series, first: Representations, second: Representations) -> Closeness:
    """From a row of `compare_all` (agreement, d_kl, d_kl_reverse, d_fg) and both networks."""
    nearly = pair["agreement"] > _AGREE and max(pair["d_kl"], pair["d_kl_reverse"]) < _NATS
    surest = np.minimum(*(np.exp(to_numpy(model.log_probs())).max(axis=1) for model in (first, second)))
    return Closeness(bool(nearly), bool(pair["d_fg"] > _DISSIMILAR), float((surest > _CERTAIN).mean()))


def of_predictions(found: Closeness, first: Representations, second: Representations) -> str:
    """Whether two networks make nearly the same predictions."""
    if found.nearly_the_same:
        return "By these numbers the two make nearly the same predictions. Here is what is inside."
    return (
        "These are not nearly the same predictions. The training accuracies of the two are "
        f"{first.accuracy():.3f} and {second.accuracy():.3f}; more steps of training may bring them nearer. "
        "What follows shows two networks whose predictions differ."
    )


def of_distances(found: Closeness) -> str:
    """What the distance between the representations is to be put down to."""
    if not found.nearly_the_same:
        return (
            "On either set one might put the distance in representation down to the disagreements, so "
            "these networks show nothing that would be surprising."
        )
    if not found.dissimilar:
        return (
            "These two predict nearly the same and are nearly twins: here closeness does go with similarity."
        )
    return (
        "On the test images one might put the distance in representation down to the disagreements. On the "
        "training images there are none to put it down to, or next to none. Both networks give one label a "
        f"probability above {_CERTAIN:g} on {found.certain:.0%} of these images. That is where a divergence "
        "can hide a difference, and the next chapter says how."
    )


class DrawnOrders(NamedTuple):
    """In which order the classes stand round the origin in two networks, as drawn.

    Attributes:
        first, second: the orders.
        shared: pairs of classes that are neighbours in both.
        dim: M.
    """

    first: Order
    second: Order
    shared: int
    dim: int

    @property
    def same(self) -> bool:
        """Whether they are the same, up to where one begins and which way one goes."""
        return self.shared == len(self.first)

    def paragraph(self) -> str:
        """What the orders are, and what they exclude; of more than two dimensions they are not worth reading."""
        if self.dim > 2:
            return (
                f"Only two of {self.dim} coordinates are drawn, and in more than two dimensions the order of the "
                "classes round the origin excludes nothing."
            )
        first, second = (" ".join(map(str, order)) for order in (self.first, self.second))
        return (
            "But read the labels round the origin, from 0 on (the way on which the smaller of its two neighbours comes "
            f"first): the first network has them in the order {first}, the second in the order {second}. In the plane "
            "an invertible linear map keeps or reverses the order of directions, so neighbours stay neighbours. Of the "
            f"{len(self.first)} pairs of neighbours in the first picture, {self.shared} {verb(self.shared, 'are')} "
            f"neighbours in the second. {self._excludes()} How far from linear the two are is measured below."
        )

    def _excludes(self) -> str:
        if len(self.first) == 3:
            return "Three labels have only one order, up to a reflection, so it excludes nothing."
        if self.same:
            return (
                "The order is the same, up to a reflection, so it does not exclude an exact linear relation."
            )
        return "Another order excludes an exact linear relation."

    def figure(self) -> str:
        """What the figure of both networks shows."""
        order = (
            "."
            if self.dim > 2
            else "; the classes follow each other in the same order, up to a reflection."
            if self.same
            else ", but the classes follow each other in another order."
        )
        return (
            "Embeddings of the training images and unembeddings of the labels for two trained networks. In "
            f"both, a class of which the network is sure is a petal that points away from the origin{order}"
        )


def of_label_sets(ends: pd.DataFrame, count: int) -> str:
    """How well the best and the worst label set determine the embeddings.

    Args:
        ends: rows best and worst, columns "condition of L" and "factor", from `label_sets.recovered`.
        count: of all label sets.
    """
    best, worst = ({name: significant(row[name]) for name in _OF_A_SET} for _, row in ends.iterrows())
    if count == 1:
        return (
            "With K = M + 1 there is one label set, and with its least label as the pivot it has condition number "
            f"{best['condition of L']}. The rounding is multiplied by {best['factor']}."
        )
    return (
        f"Of {count:,} label sets, each with its least label as the pivot, the best has condition number "
        f"{best['condition of L']}, the worst {worst['condition of L']}, and the same kind of rounding is "
        f"multiplied by {best['factor']} and by {worst['factor']}."
    )


def drawn_label_sets(ends: pd.DataFrame, dim: int, count: int) -> tuple[str, str]:
    """Title and description of the figure of the best and the worst label set; of one there is nothing to compare.

    Args:
        ends, count: as for `of_label_sets`.
        dim: M.
    """
    best, worst = map(significant, ends["condition of L"])
    of_two = "" if dim == 2 else ", of which two columns are drawn"
    if count == 1:
        return (
            f"The one label set there is has condition number {best}",
            f"Displaced unembeddings of the only label set of the first network{of_two}, and what they span.",
        )
    title = (
        "The thinner the parallelogram, the larger the condition number"
        if dim == 2
        else "The best label set and the worst, in two of their directions"
    )
    return title, (
        f"Displaced unembeddings of two label sets of the first network{of_two}: of the best, with condition number "
        f"{best}, and of the worst, with {worst}."
    )


def of_maps(shares: pd.Series) -> str:
    """What the theorem's matrices leave unexplained of a network that is no twin.

    Args:
        shares: u(A) of every label set.
    """
    median, useless = significant(shares.median()), float((shares > 1).mean())
    if len(shares) == 1:
        return (
            "For the twin it does not matter how A is found: the theorem's matrix leaves nothing unexplained, up to "
            f"rounding. For the second network it leaves {median}, where the zero matrix would leave 1."
        )
    of_all = {0.0: "none", 1.0: "each"}.get(useless, f"{useless:.0%}")
    return (
        "For the twin it does not matter how A is found: every label set gives the same matrix, and it leaves nothing "
        "unexplained, up to rounding. For the second network each label set gives another matrix. The median over "
        f"label sets leaves {median} unexplained, and {of_all} of the sets {'is' if of_all == 'each' else 'are'} worse "
        "than the zero matrix."
    )


def of_pairs(pairs: pd.DataFrame, networks: int) -> str:
    """How near and how similar all pairs of some networks are.

    Args:
        pairs: from `compare_all`: agreement, d_kl, d_kl_reverse, mean_cca, d_fg.
        networks: how many.
    """
    if len(pairs) == 1:
        return "Two networks make one pair: there is no other one to look at."
    farthest, d_fg = pairs[["d_kl", "d_kl_reverse"]].max(axis=None), pairs["d_fg"]
    return (
        f"The {networks} networks make {len(pairs):,} pairs. On the training images each pair agrees on at least "
        f"{pairs['agreement'].min():.1%} of the inputs, no d_KL in either direction is above "
        f"{significant(farthest, 2)} nats, mean CCA is {span(list(pairs['mean_cca']), 2)}, and d_{{f,g}} is "
        f"{span(list(d_fg), 2)} with a median of {d_fg.median():.2f}."
    )


def drawn_orders(first: Representations, second: Representations) -> DrawnOrders:
    """The orders of the class means by their first two coordinates, of models with labels."""
    a, b = (circular_order(class_means(model)[:, :2]) for model in (first, second))
    return DrawnOrders(a, b, shared_neighbours(a, b), first.dim)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its floats written to three significant digits."""
    return table.map(lambda value: significant(value) if isinstance(value, float) else value)
