"""How many models carry a list of pairs: pairs share models, and a long list can be the work of one odd model."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Model = TypeVar("Model", bound=Hashable)


class Carriers(NamedTuple):
    """The models of a list of pairs.

    Attributes:
        models: how many different ones there are in it.
        fewest: the least number of models such that every pair has one of them, a smallest vertex cover of the graph
            whose edges are the pairs. A list of n - 1 pairs is carried by one model if all of them are with that one.
        most: the largest number of pairs that have one model in common.
    """

    models: int
    fewest: int
    most: int


def carriers(pairs: Iterable[tuple[Model, Model]]) -> Carriers:
    """How many models a list of pairs has, and how few of them are in all of its pairs.

    Args:
        pairs: the two models of each pair, whatever names them; each pair once.

    Raises:
        ValueError: a pair of a model with itself.
    """
    listed = list(pairs)
    if (same := next((a for a, b in listed if a == b), None)) is not None:
        raise ValueError(f"pairs: found a pair of {same!r} with itself, expected different models")
    if not listed:
        return Carriers(0, 0, 0)
    place = {model: i for i, model in enumerate(dict.fromkeys(model for pair in listed for model in pair))}
    contains = np.zeros((len(listed), len(place)))
    for row, pair in enumerate(listed):
        contains[row, [place[model] for model in pair]] = 1.0
    found = milp(
        np.ones(len(place)),
        integrality=np.ones(len(place)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(contains, lb=1.0),
    )
    return Carriers(len(place), round(found.fun), int(contains.sum(axis=0).max()))
