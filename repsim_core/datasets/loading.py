"""The data sets of images by name, loaded once a process, and what tells one copy of them from another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from repsim_core.datasets.cifar import cifar10
from repsim_core.datasets.images import ImageSet, digit_images
from repsim_core.errors import DatasetError, InputError, MissingLibraryError, nearest

IMAGE_DATASETS = ("cifar10", "digits")


@dataclass(frozen=True, order=True)
class Copy:
    """One copy of a data set.

    Attributes:
        data: a hash of its images and labels.
        images: what to call it.
    """

    data: str
    images: str


def load_images(dataset: str, *, download: bool = True) -> tuple[ImageSet, ImageSet]:
    """Training and test set, once a process; where CIFAR-10's images are is said by the environment (`cifar10`).

    Args:
        dataset: a name in `IMAGE_DATASETS`.
        download: fetch CIFAR-10 where it is not on this machine.

    Raises:
        InputError: there is no data set of this name.
        DatasetError: there are no images, or they are damaged.
    """
    if dataset not in IMAGE_DATASETS:
        raise InputError(f"dataset: found {dataset!r}; {nearest(str(dataset), IMAGE_DATASETS)}")
    return _loaded(dataset, download)


@cache
def _loaded(dataset: str, download: bool) -> tuple[ImageSet, ImageSet]:
    return cifar10(download=download) if dataset == "cifar10" else digit_images()


def copy_here(dataset: str, *, download: bool = True) -> Copy:
    """The copy of a data set that this process trains on; arguments and errors are those of `load_images`."""
    return _copy(dataset, download)


@cache
def _copy(dataset: str, download: bool) -> Copy:
    train, test = load_images(dataset, download=download)
    digest = sha256()
    for part in (train, test):
        digest.update(part.images.numpy())  # pyright: ignore[reportArgumentType]
        digest.update(part.labels.numpy())  # pyright: ignore[reportArgumentType]
    return Copy(digest.hexdigest()[:16], test.name.removesuffix(", test"))


def copy_at_hand(dataset: str) -> Copy | None:
    """The copy of a data set that is on this machine; None where it would have to be fetched, or is damaged."""
    try:
        return copy_here(dataset, download=False)
    except (DatasetError, MissingLibraryError):
        return None
