"""Sets of images, the digits as images, and image files: decoded exactly or refused by name."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from sklearn.datasets import load_digits

from repsim_core.datasets.images import ImageSet, digit_images, read_images
from repsim_core.datasets.tabular import digits

IMAGES = torch.arange(2 * 3 * 4 * 1, dtype=torch.uint8).view(2, 3, 4, 1)
LABELS = torch.tensor([1, 0])
NAMES = ("one", "other")
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)


def test_a_set_knows_its_size_and_classes():
    data = ImageSet(IMAGES, LABELS, (*NAMES, "third"), "two images")
    assert (len(data), data.classes, data.name) == (2, 3, "two images")


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"images": IMAGES.float()}, TypeError, r"images: found torch\.float32, expected a torch\.uint8"),
        ({"images": IMAGES.numpy()}, TypeError, "images: found ndarray"),
        ({"images": IMAGES[0]}, ValueError, r"images: found shape \(3, 4, 1\), expected \(N, H, W, C\)"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, ValueError, r"images: .* not empty"),
        ({"labels": LABELS.int()}, TypeError, r"labels: found torch\.int32, expected a torch\.int64"),
        ({"labels": [1, 0]}, TypeError, "labels: found list"),
        ({"labels": LABELS[:1]}, ValueError, r"labels: found shape \(1,\), expected \(2,\)"),
        ({"labels": LABELS[:, None]}, ValueError, r"labels: found shape \(2, 1\)"),
        ({"labels": LABELS + 1}, ValueError, "labels: found 1 to 2, expected 0 to 1"),
        ({"labels": LABELS - 1}, ValueError, "labels: found -1 to 0, expected 0 to 1"),
        ({"class_names": ["one", "other"]}, TypeError, "class_names: found .*, expected a tuple of strings"),
        ({"class_names": (0, 1)}, TypeError, "class_names: "),
        ({"class_names": ()}, ValueError, "labels: found 0 to 1, expected 0 to -1"),
    ],
)
def test_what_is_no_set_of_images_is_refused(changed, error, message):
    whole = {"images": IMAGES, "labels": LABELS, "class_names": NAMES, "name": "name"}
    with pytest.raises(error, match=message):
        ImageSet(**{**whole, **changed})


@settings(max_examples=5)
@given(st.floats(0.05, 0.9), st.integers(0, 1000))
def test_digit_images_are_the_digits(test_share, seed):
    pixels, labels = load_digits(return_X_y=True)
    known = {tuple(row): label for row, label in zip(pixels, labels, strict=True)}
    pairs = zip(
        digit_images(test_share=test_share, seed=seed), digits(test_share=test_share, seed=seed), strict=True
    )
    for images, data in pairs:
        assert images.images.shape == (len(data), 8, 8, 1)
        assert (images.classes, images.name) == (10, data.name)
        assert (int(images.images.min()), int(images.images.max())) == (0, 255)
        assert torch.equal(images.labels, data.labels)
        grey = np.round(images.images.flatten(1).numpy() / 255 * 16)  # back to 0 .. 16
        assert np.array_equal(grey / 8 - 1, data.inputs.numpy())
        assert [known[tuple(row)] for row in grey] == images.labels.tolist()


def encoded(array: np.ndarray, kind: str = "PNG", mode: str = "RGB", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).convert(mode).save(file, kind, **options)
    return file.getvalue()


def decoded(*files: bytes) -> tuple[torch.Tensor, set[str]]:
    return read_images([str(i) for i in range(len(files))], lambda name: io.BytesIO(files[int(name)]), 32)


def test_many_images_keep_their_order():
    arrays = RNG.integers(0, 256, (600, 32, 32, 3), dtype=np.uint8)
    images, formats = decoded(*map(encoded, arrays))
    assert np.array_equal(images.numpy(), arrays)
    assert formats == {"PNG"}


def test_formats_go_by_content():
    images, formats = decoded(encoded(NOISE), encoded(NOISE, "JPEG", quality=100, subsampling=0))
    assert formats == {"PNG", "JPEG"}
    assert not torch.equal(images[0], images[1])
    assert (
        float((images[0].float() - images[1].float()).abs().mean()) < 40
    )  # noise is the hardest to compress


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (encoded(NOISE, mode="L"), "found mode L, expected RGB"),
        (encoded(NOISE, mode="RGBA"), "found mode RGBA"),
        (encoded(NOISE, mode="P"), "found mode P"),
        (encoded(NOISE, "JPEG", "L"), "found mode L"),
        (encoded(NOISE, "JPEG", "CMYK"), "found mode CMYK"),
        (encoded(NOISE[:16]), "found 32×16 pixels, expected 32×32"),
        (encoded(NOISE, "GIF"), "found no PNG or JPEG image"),
        (b"", "found no PNG or JPEG image"),
        (b"rubbish", "found no PNG or JPEG image"),
    ],
)
def test_other_images_are_refused_by_name(file, message):
    with pytest.raises(ValueError, match=f"^1: {message}"):
        decoded(encoded(NOISE), file, encoded(NOISE), b"")


@pytest.mark.parametrize("careless", [False, True])
@pytest.mark.parametrize("options", [{}, {"kind": "JPEG"}, {"kind": "JPEG", "progressive": True}])
def test_truncated_images_are_never_padded(monkeypatch, options, careless):
    """Wherever a file is cut: it is refused, or (a PNG without its end mark) the image is all there."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", careless)
    file = encoded(NOISE, **options)
    whole, refused = decoded(file)[0], 0
    for length in [*range(len(file) - 40, len(file)), *range(0, len(file), 97)]:
        try:
            assert torch.equal(decoded(file[:length])[0], whole)
        except ValueError:
            refused += 1
    assert refused > 40
    assert ImageFile.LOAD_TRUNCATED_IMAGES is careless


@pytest.mark.parametrize(
    ("edge", "message"), [(10_000, "10000×10000 pixels"), (60_000, "an image that cannot be decoded")]
)
def test_an_image_of_huge_size_is_refused_without_a_warning(edge, message):
    """Pillow warns of the smaller one and refuses the larger one."""
    file = bytearray(encoded(NOISE))
    file[16:24] = struct.pack(">II", edge, edge)
    file[29:33] = struct.pack(">I", zlib.crc32(file[12:29]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match=f"^0: found {message}"):
            decoded(bytes(file))
    assert caught == []
