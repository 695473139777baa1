"""Properties of images, computed from their pixels: tasks that a network trained on the labels never had.

Each is a number of an image. Colours are between 0 and 1, a byte divided by 255.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

from repsim_core.datasets.images import ImageSet

# Of a pixel that is sky-like: its blue at least, and its blue above its red by at least.
_BLUE, _ABOVE_RED = 0.45, 0.1
# Of an image of a digit: ink is what is at least so dark.
_INK = 0.5
# Images whose pixels are looked at together.
_BLOCK = 1000

Pixels = Float64[np.ndarray, "N H W 3"]
Grey = Float64[np.ndarray, "N H W"]


def brightness(pixels: Pixels) -> Float64[np.ndarray, " N"]:
    """Mean over pixels and colours, 0 (black) to 1 (white)."""
    return pixels.mean(axis=(1, 2, 3))


def red_minus_blue(pixels: Pixels) -> Float64[np.ndarray, " N"]:
    """Mean red less mean blue, -1 to 1: how warm the colours are."""
    return (pixels[..., 0] - pixels[..., 2]).mean(axis=(1, 2))


def saturation(pixels: Pixels) -> Float64[np.ndarray, " N"]:
    """Mean over pixels of (largest - least colour)/largest, 0 where a pixel is black: 0 (grey) to 1."""
    largest, least = pixels.max(axis=3), pixels.min(axis=3)
    return ((largest - least) / np.where(largest > 0, largest, 1.0)).mean(axis=(1, 2))


def texture(pixels: Pixels) -> Float64[np.ndarray, " N"]:
    """Mean size of the gradient of grey values, the means of the three colours, by forward differences of neighbours:
    0 where an image has one colour."""
    grey = pixels.mean(axis=3)
    down, right = np.diff(grey, axis=1)[:, :, :-1], np.diff(grey, axis=2)[:, :-1]
    return np.hypot(down, right).mean(axis=(1, 2))


def sky_share(pixels: Pixels) -> Float64[np.ndarray, " N"]:
    """The share of pixels that are blue as a sky: red <= green <= blue, blue at least .45 and .1 above red."""
    red, green, blue = np.moveaxis(pixels, 3, 0)
    return ((red <= green) & (green <= blue) & (blue >= _BLUE) & (blue - red >= _ABOVE_RED)).mean(axis=(1, 2))


def loops(grey: Grey) -> Float64[np.ndarray, " N"]:
    """How many holes the ink encloses, 0, 1, 2 ...: parts of the background, connected by sides, that do not reach the
    edge of the image. Ink is what is at least half as dark as the darkest possible."""
    background = np.pad(grey < _INK, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    return np.array([ndimage.label(each)[1] - 1 for each in background], dtype=np.float64)


def slant(grey: Grey) -> Float64[np.ndarray, " N"]:
    """By how many pixels the ink moves to the right for each pixel upwards: cov(x, y)/var(y) with the grey values as
    weights and y upwards; 0 of an image whose ink is all in one row, or that has none."""
    rows, columns = grey.shape[1:]
    y, x = np.meshgrid(np.arange(rows)[::-1], np.arange(columns), indexing="ij")
    total = grey.sum(axis=(1, 2))
    weights = grey / np.where(total > 0, total, 1.0)[:, None, None]

    def mean(values: np.ndarray) -> np.ndarray:
        return (weights * values).sum(axis=(1, 2))

    spread = mean(y * y) - mean(y) ** 2
    together = mean(x * y) - mean(x) * mean(y)
    flat = spread <= 1e-12
    return np.where(flat, 0.0, together / np.where(flat, 1.0, spread))


def ink(grey: Grey) -> Float64[np.ndarray, " N"]:
    """Mean grey value, 0 (an empty image) to 1."""
    return grey.mean(axis=(1, 2))


_OF_COLOURS: dict[str, Callable[[Pixels], Float64[np.ndarray, " N"]]] = {
    each.__name__: each for each in (brightness, red_minus_blue, saturation, texture, sky_share)
}
_OF_GREY: dict[str, Callable[[Grey], Float64[np.ndarray, " N"]]] = {
    each.__name__: each for each in (loops, slant, ink)
}
# What is computed of images in colour, and of grey ones.
COLOUR_PROPERTIES, GREY_PROPERTIES = tuple(_OF_COLOURS), tuple(_OF_GREY)


def image_properties(images: ImageSet) -> dict[str, Float64[np.ndarray, " N"]]:
    """The properties of images, by name: `COLOUR_PROPERTIES` of images in colour, `GREY_PROPERTIES` of grey ones.

    Args:
        images: with three colours, or with one whose large values are ink (as those of digits have).

    Raises:
        ValueError: naming the argument: images with another number of colours.
    """
    channels = images.images.shape[3]
    if channels not in (1, 3):
        raise ValueError(f"images: found {channels} colours, expected 1 or 3")
    found: dict[str, list[np.ndarray]] = {}
    for block in images.images.split(_BLOCK):
        pixels = block.numpy().astype(np.float64) / 255
        if channels == 3:
            values = {name: compute(pixels) for name, compute in _OF_COLOURS.items()}
        else:
            values = {name: compute(pixels[..., 0]) for name, compute in _OF_GREY.items()}
        for name, each in values.items():
            found.setdefault(name, []).append(each)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def above_median(values: Float64[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Which values are above the median of all: half of them, or fewer where many are equal to it."""
    return values > np.median(values)
