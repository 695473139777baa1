"""The data sets of images by name, loaded once a process."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from repsim_core.datasets.cifar import cifar10
from repsim_core.datasets.images import ImageSet, digit_images

IMAGE_DATASETS = {"cifar10": cifar10, "digits": digit_images}


@cache
def load_images(dataset: str) -> tuple[ImageSet, ImageSet]:
    """Training and test set, once a process; where CIFAR-10's images are is said by the environment (`cifar10`)."""
    return IMAGE_DATASETS[dataset]()


@cache
def fingerprint(dataset: str) -> str:
    """A hash of a data set's images and labels."""
    digest = sha256()
    for part in load_images(dataset):
        digest.update(part.images.numpy())  # pyright: ignore[reportArgumentType]
        digest.update(part.labels.numpy())  # pyright: ignore[reportArgumentType]
    return digest.hexdigest()[:16]
