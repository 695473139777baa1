"""The circular orders in which classes stand around the origin in models of images with M = 2, and what pairs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.circular_orders import (
    Order,
    circular_order,
    class_means,
    order_cca,
    orders_of_labels,
    petal_angles,
    shared_neighbours,
    turned_onto,
)
from repsim_core.measures.model_intervals import weighted_means
from repsim_core.measures.telling import rank_correlations
from repsim_core.representations import Representations
from repsim_core.studies.cifar10.relations import FEWEST, without_one

# A mean of whole numbers that moves by less is not moved.
_UNMOVED = 1e-9


def around(order: Order, names: Sequence[str]) -> str:
    """A circular order in words."""
    return ", ".join(names[label] for label in order)


@dataclass(frozen=True)
class ImageOrders:
    """Orders of several models, by seed.

    Attributes:
        of: of the mean embeddings of the classes, around the origin.
        about_mean: the same around the mean of these.
        of_unembeddings: of the unembeddings, around their mean.
        frames: a turn, with or without a mirroring, after which a model's classes are nearest to those of the first
            model with the most frequent order.
    """

    of: Mapping[int, Order]
    about_mean: Mapping[int, Order]
    of_unembeddings: Mapping[int, Order]
    frames: Mapping[int, np.ndarray]

    @classmethod
    def read(cls, models: Mapping[int, Representations]) -> ImageOrders:
        """From models with M = 2 and true labels."""
        means = {seed: class_means(model) for seed, model in models.items()}
        both = {seed: orders_of_labels(model) for seed, model in models.items()}
        origin = {seed: order for seed, (order, _) in both.items()}
        unembeddings = {}
        for seed, model in models.items():
            g = to_numpy(model.unembeddings)
            unembeddings[seed] = circular_order(g - g.mean(axis=0))
        usual = Counter(origin.values()).most_common(1)[0][0]
        anchor = next(seed for seed, order in origin.items() if order == usual)
        frames = {seed: turned_onto(own, means[anchor]) for seed, own in means.items()}
        return cls(origin, {seed: order for seed, (_, order) in both.items()}, unembeddings, frames)

    @cached_property
    def counted(self) -> Counter[Order]:
        """How many models have each order."""
        return Counter(self.of.values())

    @cached_property
    def frequent(self) -> list[Order]:
        """The orders, the most frequent one first."""
        return [order for order, _ in self.counted.most_common()]

    @property
    def most_alike(self) -> int:
        """How many models have the most frequent order."""
        return max(self.counted.values())

    def rank(self, seed: int) -> int:
        """The place of a model's order among the most frequent ones, from 0."""
        return self.frequent.index(self.of[seed])

    def by_frequency(self) -> list[int]:
        """The seeds, those of the most frequent order first."""
        return sorted(self.of, key=self.rank)

    def framed(self, models: Mapping[int, Representations]) -> dict[int, Representations]:
        """The models in their frames."""
        return {
            seed: Representations(
                to_numpy(model.embeddings) @ self.frames[seed],
                to_numpy(model.unembeddings) @ self.frames[seed],
                model.labels,
            )
            for seed, model in models.items()
        }

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """A row a model: its order, and whether that around the mean, and that of the unembeddings, is the same."""
        same = {True: "same", False: "other"}
        rows = {
            f"seed {seed}": {
                "order": around(order, names),
                "mean": same[self.about_mean[seed] == order],
                "of g": same[self.of_unembeddings[seed] == order],
            }
            for seed, order in self.of.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("")


class Petals(NamedTuple):
    """How petals stand to their unembeddings, over all predicted classes of several models.

    Attributes:
        angle_mean, angle_largest: degrees between the mean embedding of a class and its unembedding.
        nearest_share: where no other unembedding is nearer in angle.
        in_cone_share: where the mean lies in the normal cone of its unembedding.
    """

    angle_mean: float
    angle_largest: float
    nearest_share: float
    in_cone_share: float


def petals(models: Mapping[int, Representations]) -> Petals:
    """Measured on models with M = 2."""
    parts = zip(*(petal_angles(model) for model in models.values()), strict=True)
    angle, nearest, in_cone = (np.concatenate(each) for each in parts)
    return Petals(float(angle.mean()), float(angle.max()), float(nearest.mean()), float(in_cone.mean()))


def embedded(models: Mapping[int, Representations], rows: np.ndarray, column: str) -> pd.DataFrame:
    """The embeddings of several models in the plane: their key in a column, label (the predicted class), x, y.

    Args:
        models: by key.
        rows: which inputs.
        column: what the key is called.
    """
    parts = []
    for key, model in models.items():
        x, y = to_numpy(model.embeddings)[rows].T
        parts.append(
            pd.DataFrame({column: key, "label": to_numpy(model.predictions())[rows], "x": x, "y": y})
        )
    return pd.concat(parts, ignore_index=True)


def unembedded(models: Mapping[int, Representations]) -> pd.DataFrame:
    """The unembeddings of several models in the plane: seed, label, x, y."""
    parts = []
    for seed, model in models.items():
        x, y = to_numpy(model.unembeddings).T
        parts.append(pd.DataFrame({"seed": seed, "label": range(len(x)), "x": x, "y": y}))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class OrderPairs:
    """Pairs of models by what their orders share.

    Attributes:
        table: the pairs, with shared (neighbours in both orders), predicted_cca (of the two orders alone) and
            other_about_mean (whether the orders around the mean differ).
        labels: K.
        models: how many there are.
        mean, low, high: of shared, with its interval; NaN for the ends where there are fewer than `FEWEST` models, or
            no model moves the mean, as where two orders have five models each.
    """

    table: pd.DataFrame
    labels: int
    models: int
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, pairs: pd.DataFrame, orders: ImageOrders) -> OrderPairs:
        """From all pairs with M = 2."""
        ends = pairs[["seed_a", "seed_b"]].to_numpy().tolist()
        own = [(orders.of[a], orders.of[b]) for a, b in ends]
        table = pairs.assign(
            shared=[shared_neighbours(a, b) for a, b in own],
            predicted_cca=[order_cca(a, b) for a, b in own],
            other_about_mean=[orders.about_mean[a] != orders.about_mean[b] for a, b in ends],
        )
        labels = len(next(iter(orders.of.values())))
        left_out, models = without_one(table)
        means = weighted_means(table["shared"].to_numpy(), left_out.weights)
        low = high = np.nan
        if models >= FEWEST:
            _, low, high = left_out.interval(means)
            if np.ptp(means) < _UNMOVED:
                low = high = np.nan
        return cls(table, labels, models, float(means[0]), low, min(high, labels))

    @property
    def equal(self) -> pd.DataFrame:
        """Pairs of one order."""
        return self.table[self.table["shared"] == self.labels]

    @property
    def other(self) -> pd.DataFrame:
        """Pairs of different orders."""
        return self.table[self.table["shared"] < self.labels]

    @property
    def by_chance(self) -> float:
        """The neighbours that two random orders share on average."""
        return 2 * self.labels / (self.labels - 1)

    @property
    def missed(self) -> float:
        """By how much the mean CCA of the orders alone misses the measured one, the median."""
        return float((self.table["mean_cca"] - self.table["predicted_cca"]).abs().median())

    def relations(self) -> pd.DataFrame:
        """Rank correlations of shared neighbours and of the prediction with mean CCA: predictor, value, low, high."""
        left_out, _ = without_one(self.table)
        columns = ["shared", "predicted_cca"]
        values = rank_correlations(
            self.table[columns].to_numpy(dtype=float), self.table["mean_cca"].to_numpy(), left_out.weights
        )
        rows = []
        for name, column in zip(columns, values.T, strict=True):
            low = high = np.nan
            if self.models >= FEWEST:
                _, low, high = left_out.interval(column, scale="fisher")
            rows.append((name, column[0], low, high))
        return pd.DataFrame(rows, columns=["predictor", "value", "low", "high"])
