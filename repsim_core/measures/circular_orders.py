"""Circular orders: how labels stand around the origin of the plane, up to where one begins and which way one goes.

An invertible linear map keeps the circular order of directions in the plane or reverses it, so the embeddings of two
diverse models with the same distribution have the same one (chapter "Width"). That of the unembeddings also depends on
where their origin is put, which the distribution leaves open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.canonical import mean_cca
from repsim_core.representations import Representations

Order = tuple[int, ...]


def circular_order(directions: Float64[np.ndarray, "K 2"]) -> Order:
    """The labels around the origin, from 0 on, in the sense in which the smaller of 0's neighbours comes first.

    Args:
        directions: a vector of the plane for each label; lengths play no part.

    Raises:
        ValueError: the shape is not (K, 2) with K >= 3.
    """
    if directions.ndim != 2 or directions.shape[1] != 2 or len(directions) < 3:
        raise ValueError(f"directions: found shape {directions.shape}, expected (K, 2) with K >= 3")
    turn = np.argsort(np.arctan2(directions[:, 1], directions[:, 0]), kind="stable")
    first, *others = np.roll(turn, -int(np.flatnonzero(turn == 0)[0])).tolist()
    if others[0] > others[-1]:
        others.reverse()
    return (first, *others)


def class_means(model: Representations) -> Float64[np.ndarray, "K M"]:
    """The mean embedding of the inputs of each true label.

    Raises:
        ValueError: the model has no true labels, or a label no input.
    """
    if model.labels is None:
        raise ValueError("model: found no true labels, expected them with the embeddings")
    f, labels = to_numpy(model.embeddings), to_numpy(model.labels)
    counts = np.bincount(labels, minlength=model.num_labels)
    if not counts.all():
        raise ValueError(
            f"model: found no input of label {int(counts.argmin())}, expected at least one a label"
        )
    return np.stack([f[labels == label].mean(axis=0) for label in range(model.num_labels)])


def orders_of_labels(model: Representations) -> tuple[Order, Order]:
    """The circular orders of the labels by their mean embeddings: around the origin, and around the mean of these.

    A linear map keeps or reverses the first, an affine one, all that measures of centred embeddings see, the second.

    Raises:
        ValueError: M is not 2, the model has no true labels, or a label no input.
    """
    means = class_means(model)
    return circular_order(means), circular_order(means - means.mean(axis=0))


def turned_onto(
    points: Float64[np.ndarray, "N M"], target: Float64[np.ndarray, "N M"]
) -> Float64[np.ndarray, "M M"]:
    """The turn, with or without a mirroring, after which points are nearest to their targets (orthogonal Procrustes).

    Returns:
        Orthogonal Q with the least ``|points Q - target|``; neither set is shifted or stretched.
    """
    u, _, v = np.linalg.svd(points.T @ target)
    return u @ v


class PetalAngles(NamedTuple):
    """How the petals of a model stand to its unembeddings, by predicted label.

    Attributes:
        angle: degrees between the mean embedding and the label's unembedding, from the mean of all unembeddings.
        nearest: whether no other unembedding is nearer in angle.
        in_cone: whether the mean embedding lies in the normal cone of the label's unembedding, that is, would itself be
            predicted as this label.
    """

    angle: Float64[np.ndarray, " labels"]
    nearest: Bool[np.ndarray, " labels"]
    in_cone: Bool[np.ndarray, " labels"]


def petal_angles(model: Representations) -> PetalAngles:
    """Mean embeddings of the inputs of each predicted label against the unembeddings; labels never predicted are left
    out."""
    f, g, predicted = map(to_numpy, (model.embeddings, model.unembeddings, model.predictions()))
    own = np.unique(predicted)
    means, corners = np.stack([f[predicted == label].mean(axis=0) for label in own]), g - g.mean(axis=0)
    units = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (means, corners)]
    angles = np.degrees(np.arccos(np.clip(units[0] @ units[1].T, -1, 1)))
    return PetalAngles(
        angles[np.arange(len(own)), own],
        angles.argmin(axis=1) == own,
        (means @ corners.T).argmax(axis=1) == own,
    )


def neighbours(order: Order) -> Bool[np.ndarray, "K K"]:
    """Whether two labels stand next to each other; symmetric."""
    next_to = np.zeros((len(order), len(order)), dtype=bool)
    places = np.array(order)
    next_to[places, np.roll(places, -1)] = True
    return next_to | next_to.T


def shared_neighbours(a: Order, b: Order) -> int:
    """How many pairs of labels stand next to each other in both orders, 0 to K; K only for equal orders."""
    return int((neighbours(a) & neighbours(b)).sum()) // 2


def order_cca(a: Order, b: Order) -> float:
    """Mean CCA of two models whose labels stand evenly on a circle in these orders, each label as often."""
    return mean_cca(_on_a_circle(a), _on_a_circle(b))


def _on_a_circle(order: Order) -> Float64[np.ndarray, "K 2"]:
    angles = 2 * np.pi * np.argsort(order) / len(order)
    return np.column_stack([np.cos(angles), np.sin(angles)])
