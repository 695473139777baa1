"""Labelled images, resident in memory as bytes: the type, scikit-learn's digits as images, reading image files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from repsim_core.datasets.tabular import Dataset, digits
from repsim_core.extras import require

# An opened file, or the bytes of one.
Stream = BufferedReader | BytesIO

# Images that a thread decodes at a time.
_CHUNK = 250


@dataclass(frozen=True)
class ImageSet:
    """Labelled images, resident in memory.

    Attributes:
        images: shape (N, H, W, C), bytes, channels last.
        labels: shape (N,), integers in 0 .. classes - 1.
        class_names: what each label stands for.
        name: what to call it in tables and records.

    Raises:
        TypeError: the images are no uint8 tensor, the labels no int64 tensor, the class names no tuple of strings.
        ValueError: the shapes do not fit, there is no image, or a label is out of range.
    """

    images: UInt8[Tensor, "N H W C"]
    labels: Int64[Tensor, " N"]
    class_names: tuple[str, ...]
    name: str

    def __post_init__(self) -> None:
        for argument, dtype in (("images", torch.uint8), ("labels", torch.int64)):
            value = getattr(self, argument)
            if not isinstance(value, Tensor) or value.dtype != dtype:
                found = value.dtype if isinstance(value, Tensor) else type(value).__name__
                raise TypeError(f"{argument}: found {found}, expected a {dtype} tensor")
        names = self.class_names
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"class_names: found {names!r}, expected a tuple of strings")
        shape = tuple(self.images.shape)
        if len(shape) != 4 or 0 in shape:
            raise ValueError(f"images: found shape {shape}, expected (N, H, W, C), not empty")
        if self.labels.shape != shape[:1]:
            raise ValueError(f"labels: found shape {tuple(self.labels.shape)}, expected ({shape[0]},)")
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= self.classes:
            raise ValueError(f"labels: found {low} to {high}, expected 0 to {self.classes - 1}")

    @property
    def classes(self) -> int:
        """K, the number of labels."""
        return len(self.class_names)

    def __len__(self) -> int:
        return len(self.labels)


def digit_images(*, test_share: float = 0.3, seed: int = 0) -> tuple[ImageSet, ImageSet]:
    """scikit-learn's 1,797 handwritten digits as grey images of 8×8 pixels, split as `tabular.digits` splits them.

    Args:
        test_share: share of each class that is kept for the test set, strictly between 0 and 1.
        seed: of the split.

    Returns:
        Training and test set; images of shape (N, 8, 8, 1), their grey values 0 .. 16 spread over 0 .. 255.
    """
    train, test = digits(test_share=test_share, seed=seed)
    return _as_images(train), _as_images(test)


def _as_images(data: Dataset) -> ImageSet:
    # From [-1, 1] to 0 .. 255.
    grey = ((data.inputs + 1) * 127.5).round().to(torch.uint8)
    return ImageSet(grey.view(-1, 8, 8, 1), data.labels, tuple("0123456789"), data.name)


def read_images(
    names: Sequence[str], read: Callable[[str], Stream], size: int
) -> tuple[UInt8[Tensor, "N size size 3"], set[str]]:
    """Decode colour images from PNG and JPEG files, on all cores.

    Args:
        names: of the files; errors call them so.
        read: opens a file by its name; called from several threads.
        size: the edge that every image must have, in pixels.

    Returns:
        The images and the formats that were met, of `PNG` and `JPEG`.

    Raises:
        ValueError: a file holds no such image, or not all of it; the message names the first.
    """
    require("images", "PIL")
    images = np.empty((len(names), size, size, 3), np.uint8)

    def decode(start: int) -> set[str]:
        rows = slice(start, start + _CHUNK)
        pairs = zip(names[rows], images[rows], strict=True)
        return {_decode_into(target, name, read) for name, target in pairs}

    with _strict_pillow(), ThreadPoolExecutor(os.cpu_count()) as pool:
        formats = set().union(*pool.map(decode, range(0, len(names), _CHUNK)))
    return torch.from_numpy(images), formats


def _decode_into(target: UInt8[np.ndarray, "H W 3"], name: str, read: Callable[[str], Stream]) -> str:
    """Fill `target` with one image; its format."""
    from PIL import Image, UnidentifiedImageError

    height, width, _ = target.shape
    try:
        with read(name) as file, Image.open(file, formats=("PNG", "JPEG")) as image:
            mode, size = image.mode, image.size
            if mode == "RGB" and size == (width, height):
                target[:] = np.asarray(image)
    except UnidentifiedImageError as error:
        raise ValueError(f"{name}: found no PNG or JPEG image") from error
    except Exception as error:
        # Damaged bytes make the decoders fail in every way: OSError, SyntaxError, ...
        raise ValueError(f"{name}: found an image that cannot be decoded ({error})") from error
    if mode != "RGB":
        raise ValueError(f"{name}: found mode {mode}, expected RGB")
    if size != (width, height):
        raise ValueError(f"{name}: found {size[0]}×{size[1]} pixels, expected {width}×{height}")
    return "PNG" if image.format == "PNG" else "JPEG"


@contextmanager
def _strict_pillow() -> Iterator[None]:
    """Pillow refuses truncated images, whatever the program has set, and gives no warnings."""
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
