"""Shifted images: some of a set's, blurred, noisy, pale or turned, by declared strengths; the same at each call."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float64
from scipy import ndimage

from repsim_core.arrays import as_count
from repsim_core.datasets.images import ImageSet

# By kind, three strengths each: the deviation of a Gaussian blur in pixels; that of normal noise in grey levels of 256;
# what is left of the contrast about the image's mean; degrees of a turn to the left.
STRENGTHS: dict[str, tuple[float, float, float]] = {
    "blur": (0.5, 1.0, 2.0),
    "noise": (10.0, 25.0, 50.0),
    "contrast": (0.6, 0.35, 0.15),
    "rotation": (10.0, 25.0, 45.0),
}


def shifted(images: ImageSet, kind: str, strength: float, *, count: int = 2_000, seed: int = 0) -> ImageSet:
    """Some images of a set, shifted: as many as asked for, at even distances in the set, in its order.

    Args:
        images: the set, usually one to test on.
        kind: a name in `STRENGTHS`.
        strength: as `STRENGTHS` says for the kind, which lists those in use.
        count: images, at most as many as there are.
        seed: of the noise.

    Returns:
        The shifted images, rounded to bytes, with their labels. What a blur or a turn would take from beyond the edge
        is the image's reflection.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    if kind not in STRENGTHS:
        raise ValueError(f"kind: found {kind!r}, expected one of {', '.join(STRENGTHS)}")
    if as_count(count, "count") > len(images):
        raise ValueError(f"count: found {count}, expected at most N = {len(images)}")
    rows = torch.arange(count) * len(images) // count
    pixels = _changed(
        images.images[rows].numpy().astype(np.float64), kind, strength, as_count(seed, "seed", 0)
    )
    whole = torch.from_numpy(pixels.round().clip(0, 255).astype(np.uint8))
    return ImageSet(whole, images.labels[rows], images.class_names, f"{images.name}, {kind} {strength:g}")


def _changed(
    pixels: Float64[np.ndarray, "N H W C"], kind: str, strength: float, seed: int
) -> Float64[np.ndarray, "N H W C"]:
    if kind == "blur":
        return ndimage.gaussian_filter(pixels, strength, axes=(1, 2))
    if kind == "noise":
        return pixels + strength * np.random.default_rng(seed).standard_normal(pixels.shape)
    if kind == "contrast":
        mean = pixels.mean(axis=(1, 2, 3), keepdims=True)
        return mean + strength * (pixels - mean)
    return ndimage.rotate(pixels, strength, axes=(2, 1), reshape=False, order=1, mode="reflect")
