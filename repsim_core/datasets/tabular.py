"""Data sets: radial (made), digits (shipped with scikit-learn)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from repsim_core.arrays import as_count, as_real
from repsim_core.extras import require


@dataclass(frozen=True)
class Dataset:
    """Labelled inputs, resident in memory.

    Attributes:
        inputs: shape (N, D), float32.
        labels: shape (N,), integers in 0 .. classes - 1.
        classes: K.
        name: what to call it in tables and records.
    """

    inputs: Float32[Tensor, "N D"]
    labels: Int64[Tensor, " N"]
    classes: int
    name: str

    def __len__(self) -> int:
        return len(self.labels)


def radial(classes: int, num: int = 20_000, *, seed: int = 0, scale: float = 3.0) -> Dataset:
    """The synthetic data of the paper (section 5, appendix F): K double cones in the plane.

    x ~ N(0, scale²·I); points are folded to the upper half plane (x -> -x where x_2 < 0), whose angles [0, π) are
    cut into K equal bins, the labels. So opposite points share a label. The paper trains on 20,000 points of seed 0
    and tests on 2,000 points of seed 1.

    Args:
        classes: K, at least 2.
        num: number of points.
        seed: of the draw.
        scale: deviation of each coordinate.
    """
    classes = as_count(classes, "classes", 2)
    rng = np.random.default_rng(as_count(seed, "seed", 0))
    points = rng.normal(scale=as_real(scale, "scale"), size=(as_count(num, "num"), 2))
    folded = np.where(points[:, 1:] < 0, -points, points)
    angles = np.arctan2(folded[:, 1], folded[:, 0])
    # An angle of exactly π is in the last bin.
    labels = np.minimum((angles * classes / np.pi).astype(np.int64), classes - 1)
    return Dataset(
        torch.from_numpy(points.astype(np.float32)),
        torch.from_numpy(labels),
        classes,
        f"radial, K = {classes}",
    )


def digits(*, test_share: float = 0.3, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Real images: 1,797 handwritten digits of 8×8 pixels that ship with scikit-learn (UCI optical recognition).

    Args:
        test_share: share of each class that is kept for the test set, strictly between 0 and 1.
        seed: of the split.

    Returns:
        Training and test set; pixels scaled to [-1, 1], inputs of shape (N, 64), ten classes.
    """
    require("digits", "sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    if not 0.0 < as_real(test_share, "test_share") < 1.0:
        raise ValueError(f"test_share: found {test_share}, expected a number strictly between 0 and 1")
    pixels, labels = load_digits(return_X_y=True)
    least = min(math.ceil(test_share * len(labels)), math.floor((1 - test_share) * len(labels)))
    if least < 10:
        raise ValueError(f"test_share: found {test_share}, expected at least ten images in either set")
    inputs = (pixels / 8.0 - 1.0).astype(np.float32)
    splits = train_test_split(
        inputs,
        labels.astype(np.int64),
        test_size=test_share,
        stratify=labels,
        random_state=as_count(seed, "seed", 0),
    )
    train_inputs, test_inputs, train_labels, test_labels = (torch.from_numpy(part) for part in splits)
    return (
        Dataset(train_inputs, train_labels, 10, "digits, training"),
        Dataset(test_inputs, test_labels, 10, "digits, test"),
    )


def first_classes(dataset: Dataset, classes: int) -> Dataset:
    """The inputs of the first so many labels.

    Args:
        dataset: with at least as many.
        classes: at least 2.
    """
    count = as_count(classes, "classes", 2)
    if count > dataset.classes:
        raise ValueError(f"classes: found {count}, expected at most the {dataset.classes} of {dataset.name}")
    chosen = dataset.labels < count
    return Dataset(dataset.inputs[chosen], dataset.labels[chosen], count, dataset.name)
