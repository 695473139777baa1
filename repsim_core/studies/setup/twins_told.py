"""What the chapter "Setup" says of two trained networks: sentences whose truth depends on its parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.circular_orders import Order, circular_order, class_means, shared_neighbours
from repsim_core.representations import Representations
from repsim_core.wording import significant

# From when on two networks count as predicting nearly the same: agreement and nats.
_AGREE, _NATS = 0.99, 0.05
# d_fg from which on they count as dissimilar.
_DISSIMILAR = 0.1
# A probability that counts as certain.
_CERTAIN = 0.99


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

    def sentence(self) -> str:
        """What the orders exclude."""
        if self.dim > 2:
            return (
                f"Only two of {self.dim} coordinates are drawn. In more than two dimensions an order excludes "
                "nothing."
            )
        if self.same:
            return (
                "The order is the same, up to a reflection, so it does not exclude that one is a linear "
                "image of the other. How far from linear the two are is measured below."
            )
        return "Another order excludes an exact linear relation. How far from linear the two are is measured below."

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
            f"both, each predicted class is a petal that points away from the origin{order}"
        )


def drawn_orders(first: Representations, second: Representations) -> DrawnOrders:
    """The orders of the class means by their first two coordinates, of models with labels."""
    a, b = (circular_order(class_means(model)[:, :2]) for model in (first, second))
    return DrawnOrders(a, b, shared_neighbours(a, b), first.dim)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its floats written to three significant digits."""
    return table.map(lambda value: significant(value) if isinstance(value, float) else value)
