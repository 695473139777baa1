"""When circular orders are decided: the models of a record after some steps of their training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.measures.circular_orders import Order, circular_order
from repsim_core.studies.cifar10.orders import ImageOrders
from repsim_core.studies.shown_models import stratified
from repsim_core.studies.training_steps import TrainingSteps
from repsim_core.wording import listed

# About so many inputs of one model are drawn.
_DOTS = 100
# Orders that have a panel each.
_PANELS = 2
# Of the lengths of the embeddings, the quantile that is drawn at radius 1.
_LENGTH = 0.99


def progress(steps: TrainingSteps) -> pd.DataFrame:
    """A row for each step that is kept: step, accuracy (mean), decided and by_means (how many models have their final
    order from then on, by unembeddings and by mean embeddings of the classes), orders (different ones), seeds."""
    by_unembedding = [[circular_order(g - g.mean(axis=0)) for g in each] for each in steps.unembeddings]
    by_means = [[circular_order(means) for means in each] for each in steps.class_means]
    return pd.DataFrame(
        {
            "step": steps.steps,
            "accuracy": steps.test_accuracy.mean(axis=1),
            "decided": _from_then_on(by_unembedding),
            "by_means": _from_then_on(by_means),
            "orders": [len(set(now)) for now in by_unembedding],
            "seeds": len(by_unembedding[-1]),
        }
    )


def _from_then_on(orders: Sequence[Sequence[Order]]) -> list[int]:
    """How many models have their last order at each step and at all that follow; orders are given by step, by model."""
    same = np.array([[a == b for a, b in zip(now, orders[-1], strict=True)] for now in orders])
    return np.logical_and.accumulate(same[::-1])[::-1].sum(axis=1).tolist()


class Rings(NamedTuple):
    """The seeds of the most frequent orders during their training, a panel an order, for a figure of rings.

    Attributes:
        angles: panel, ring (from 0), step, label, angle: the direction of a class's mean embedding.
        dots: panel, step, point, label (true), x, y: embeddings of the first seed of each panel.
        titles: of the panels.
    """

    angles: pd.DataFrame
    dots: pd.DataFrame
    titles: dict[int, str]


def rings(steps: TrainingSteps, orders: ImageOrders, labels: np.ndarray, seed: int) -> Rings:
    """Each seed in the frame of its final order.

    Args:
        steps: of the models of `orders`, in the order of their seeds.
        orders: of the trained models.
        labels: the true ones of the whole test set.
        seed: of the choice of the inputs drawn.
    """
    own_labels = labels[steps.inputs]
    shown = stratified(own_labels, _DOTS, seed)
    places = {each: place for place, each in enumerate(orders.of)}
    angles, dots, titles = [], [], {}
    for panel, order in enumerate(orders.frequent[:_PANELS]):
        own = [each for each in places if orders.of[each] == order]
        names = ", ".join(map(str, own))
        titles[panel] = f"order {panel + 1}, from inside out: {'seed' if len(own) == 1 else 'seeds'} {names}"
        for place, step in enumerate(steps.steps):
            for ring, each in enumerate(own):
                turned = steps.class_means[place, places[each]] @ orders.frames[each]
                angles += [(panel, ring, step, k, np.arctan2(y, x)) for k, (x, y) in enumerate(turned)]
            f = steps.embeddings[place, places[own[0]]] @ orders.frames[own[0]]
            f = f / np.quantile(np.linalg.norm(f, axis=1), _LENGTH)
            dots += [(panel, step, point, own_labels[point], *f[point]) for point in shown]
    return Rings(
        pd.DataFrame(angles, columns=["panel", "ring", "step", "label", "angle"]),
        pd.DataFrame(dots, columns=["panel", "step", "point", "label", "x", "y"]),
        titles,
    )


def in_a_figure(table: pd.DataFrame) -> str:
    """How many seeds have their final order after each step, for the description of a figure."""
    return ", ".join(f"{row.decided} of {row.seeds} after {row.step:,} steps" for row in table.itertuples())


def decided(table: pd.DataFrame) -> str:
    """When half of the seeds have the order that they end with: a clause for the report.

    Args:
        table: from `progress`.
    """
    row, last = _half(table), table.iloc[-1]
    return (
        f"{row['decided']:.0f} of {row['seeds']:.0f} after {row['step']:,.0f} of {last['step']:,.0f} steps, "
        f"at an accuracy of {row['accuracy']:.2f}"
    )


def in_words(table: pd.DataFrame) -> str:
    """How many seeds have their final order along the way, and whether it is decided early.

    Args:
        table: from `progress`.
    """
    between, (row, last) = table.iloc[1:-1], (_half(table), table.iloc[-1])
    text = ""
    if len(between):
        each_step = listed(
            f"{each.decided} after {each.step:,} steps (accuracy {each.accuracy:.2f})"
            for each in between.itertuples()
        )
        text = (
            f"Move the slider back. Of the {last['seeds']:.0f} networks so many have their final order and keep it: "
            f"{each_step}. That is the order of the unembeddings; by the mean embeddings of the classes the numbers "
            f"are {listed(between['by_means'])}. "
        )
    if row["step"] < last["step"] / 2:
        later = int(row["seeds"] - row["decided"])
        every = table[table["decided"] == table["seeds"]].iloc[0]
        text += (
            f"After {row['step']:,.0f} of {last['step']:,.0f} steps, at an accuracy of {row['accuracy']:.2f}, "
            f"{row['decided']:.0f} of {row['seeds']:.0f} have the order that they end with"
            + (f", and the other {later} by step {every['step']:,.0f}. " if later else ". ")
            + f"**{'Most orders are' if later else 'The order is'} decided early, when the networks still know "
            f"little:** the accuracy ends at {last['accuracy']:.2f}."
        )
    return text


def _half(table: pd.DataFrame) -> pd.Series:
    """The first step after which half of the seeds have their final order."""
    return table[table["decided"] >= table["seeds"] / 2].iloc[0]
