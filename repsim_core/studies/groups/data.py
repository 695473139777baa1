"""Data for groups of networks that differ in how they are trained: labels at random, a shortcut, changed images.

The tests are those of the ReSi benchmark (Klabunde et al., arXiv:2408.00531), on digits of 8×8 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from scipy import ndimage

from repsim_core.arrays import as_count, as_real
from repsim_core.datasets.tabular import Dataset

_SIDE = 8
# The pixels' range is [-1, 1].
_BLANK, _FULL = -1.0, 1.0
# Changed copies of each image, where images are changed.
COPIES = 8


@dataclass(frozen=True)
class GroupKind:
    """A way in which groups differ.

    Attributes:
        name: in plain text.
        levels: of the groups, by default; the first changes nothing.
        unit: what a level is.
        most: the largest level.
        inputs: what networks are compared on: "plain", "unmarked" or "misleading" images of the test set.
        own: whether each network has its own draw; else all of a group are trained on the same data.
    """

    name: str
    levels: tuple[float, ...]
    unit: str
    most: float
    inputs: tuple[str, ...] = ("plain",)
    own: bool = False


_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
KINDS: dict[str, GroupKind] = {
    "labels": GroupKind("random labels", _SHARES, "share of labels at random", 1.0),
    "own-labels": GroupKind("random labels, drawn anew", _SHARES, "share of labels at random", 1.0, own=True),
    "shortcut": GroupKind(
        "shortcut", _SHARES, "share of marks that give the label away", 1.0, ("unmarked", "misleading")
    ),
    "noise": GroupKind("noise", (0.0, 0.125, 0.25, 0.5, 1.0), "deviation of the noise", 4.0),
    "shift": GroupKind("shift", (0.0, 0.5, 1.0, 1.5, 2.0), "farthest shift, pixels", 4.0),
    "rotation": GroupKind("rotation", (0.0, 15.0, 30.0, 60.0, 90.0), "largest angle, degrees", 180.0),
}
# Those whose networks a record shows one by one.
SHOWN_KINDS = tuple(kind for kind, own in KINDS.items() if not own.own)


def training_data(train: Dataset, kind: str, level: float, *, seed: int = 0) -> Dataset:
    """What a group is trained on.

    Args:
        train: digits, inputs of shape (N, 64) in [-1, 1], labels in 0 .. 9.
        kind: a key of `KINDS`:
            "labels", "own-labels": so large a share of the images has a label that is drawn evenly from all ten;
            "shortcut": every image has a mark at the edge. In so large a share of them the label says where it is
                (`marked`), in the others chance does;
            "noise": eight copies of each image, each with normal noise of this deviation;
            "shift": eight copies, each shifted by a vector drawn evenly from those of at most so many pixels;
            "rotation": eight copies, each turned by an angle drawn evenly from ± so many degrees.
        level: at least 0, at most the kind's `most`.
        seed: of all that is drawn; levels are drawn apart.

    Returns:
        As many inputs as `train`, or eight times as many, whatever the level.

    Raises:
        ValueError: naming the argument.
    """
    most = _kind(kind).most
    if not 0 <= as_real(level, "level") <= most:
        raise ValueError(f"level: found {level:g}, expected 0 to {most:g} for {kind}")
    rng = np.random.default_rng([as_count(seed, "seed", 0), list(KINDS).index(kind), round(1000 * level)])
    inputs, labels = _arrays(train)
    if kind in ("labels", "own-labels"):
        chosen = rng.permutation(len(labels))[: round(level * len(labels))]
        labels = labels.copy()
        labels[chosen] = rng.integers(train.classes, size=len(chosen))
    elif kind == "shortcut":
        places = rng.integers(train.classes, size=len(labels))
        chosen = rng.permutation(len(labels))[: round(level * len(labels))]
        places[chosen] = labels[chosen]
        inputs = marked(inputs, places)
    else:
        inputs, labels = np.tile(inputs, (COPIES, 1)), np.tile(labels, COPIES)
        inputs = _changed(inputs, kind, level, rng)
    return _dataset(inputs, labels, f"{train.name}, {KINDS[kind].name} {level:g}")


def asked_data(test: Dataset, inputs: str, *, seed: int = 0) -> Dataset:
    """What all networks of a test are compared on.

    Args:
        test: digits, as for `training_data`.
        inputs: "plain" or "unmarked", as they are; "misleading": each has the mark of another label than its own.
        seed: of the misleading marks.
    """
    if inputs in ("plain", "unmarked"):
        return test
    if inputs != "misleading":
        raise ValueError(f"inputs: found {inputs!r}, expected plain, unmarked or misleading")
    pixels, labels = _arrays(test)
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    others = (labels + rng.integers(1, test.classes, size=len(labels))) % test.classes
    return _dataset(marked(pixels, others), labels, f"{test.name}, misleading marks")


def marked(inputs: Float[np.ndarray, "N D"], places: Int64[np.ndarray, " N"]) -> Float[np.ndarray, "N D"]:
    """Images with one bright pixel at the left or right edge: ten places, one a label; the edges' other pixels in those
    rows are blank.

    Args:
        inputs: images of 8×8 pixels.
        places: 0 .. 9 each.
    """
    pixels = inputs.reshape(-1, _SIDE, _SIDE).copy()
    pixels[:, 1:6, [0, _SIDE - 1]] = _BLANK
    rows, columns = 1 + places % 5, (_SIDE - 1) * (places // 5)
    pixels[np.arange(len(pixels)), rows, columns] = _FULL
    return pixels.reshape(len(pixels), -1)


def _changed(
    inputs: Float[np.ndarray, "N D"], kind: str, level: float, rng: np.random.Generator
) -> Float[np.ndarray, "N D"]:
    if level == 0:
        return inputs
    if kind == "noise":
        return inputs + level * rng.standard_normal(inputs.shape)
    images = inputs.reshape(-1, _SIDE, _SIDE)
    angles = rng.uniform(size=len(images))
    if kind == "shift":
        turns, lengths = 2 * np.pi * angles, level * np.sqrt(rng.uniform(size=len(images)))
        moves = lengths[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
        found = [
            ndimage.shift(image, move, order=1, cval=_BLANK)
            for image, move in zip(images, moves, strict=True)
        ]
    else:
        found = [
            ndimage.rotate(image, turn, reshape=False, order=1, cval=_BLANK)
            for image, turn in zip(images, level * (2 * angles - 1), strict=True)
        ]
    return np.stack(found).reshape(len(images), -1)


def _kind(kind: str) -> GroupKind:
    if kind not in KINDS:
        raise ValueError(f"kind: found {kind!r}, expected one of {', '.join(KINDS)}")
    return KINDS[kind]


def _arrays(dataset: Dataset) -> tuple[Float[np.ndarray, "N D"], Int64[np.ndarray, " N"]]:
    if dataset.inputs.shape[1] != _SIDE**2:
        raise ValueError(
            f"dataset: found inputs of {dataset.inputs.shape[1]} pixels, expected {_SIDE}×{_SIDE}"
        )
    return dataset.inputs.numpy(), dataset.labels.numpy()


def _dataset(inputs: np.ndarray, labels: np.ndarray, name: str) -> Dataset:
    return Dataset(torch.from_numpy(inputs.astype(np.float32)), torch.from_numpy(labels), 10, name)
