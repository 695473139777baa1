"""Properties of images: by hand on drawn ones, and what they must not depend on."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from repsim_core.datasets import properties
from repsim_core.datasets.images import ImageSet, digit_images
from repsim_core.datasets.properties import COLOUR_PROPERTIES, GREY_PROPERTIES, above_median, image_properties


def as_set(pixels: np.ndarray) -> ImageSet:
    return ImageSet(
        torch.from_numpy(np.asarray(pixels, dtype=np.uint8)),
        torch.zeros(len(pixels), dtype=torch.int64),
        ("a", "b"),
        "drawn",
    )


def drawn(*rows: str) -> np.ndarray:
    """An image of ink (#) and none, shape (1, H, W)."""
    return np.array([[[float(mark == "#") for mark in row] for row in rows]])


def plain(*colour: int) -> dict[str, float]:
    """The properties of an image of one colour."""
    found = image_properties(as_set(np.broadcast_to(np.array(colour), (1, 4, 5, 3))))
    return {name: float(values[0]) for name, values in found.items()}


def test_images_of_one_colour():
    assert plain(0, 0, 0) == dict.fromkeys(COLOUR_PROPERTIES, 0.0)
    assert plain(255, 255, 255) == {**dict.fromkeys(COLOUR_PROPERTIES, 0.0), "brightness": 1.0}
    assert plain(102, 153, 204) == pytest.approx(
        {"brightness": 0.6, "red_minus_blue": -0.4, "saturation": 0.5, "texture": 0.0, "sky_share": 1.0}
    )
    # Too dark, as grey as a cloud, turquoise, violet.
    for colour in ((20, 40, 90), (190, 200, 205), (60, 220, 200), (150, 100, 240)):
        assert plain(*colour)["sky_share"] == 0.0
    assert plain(204, 153, 102)["red_minus_blue"] == pytest.approx(0.4)


def test_texture_is_the_mean_size_of_the_gradient():
    slope = np.zeros((1, 6, 6, 3))
    slope += 3 * np.arange(6)[:, None, None] + 4 * np.arange(6)[None, :, None]
    assert properties.texture(slope / 255)[0] == pytest.approx(5 / 255)
    half = np.zeros((1, 4, 4, 3))
    half[:, :, 2:] = 1.0
    assert properties.texture(half)[0] == pytest.approx(1 / 3)


def test_half_of_an_image_is_sky():
    pixels = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    pixels[:, :2] = (100, 150, 220)
    assert image_properties(as_set(pixels))["sky_share"][0] == 0.5


@given(arrays(np.uint8, (3, 4, 5, 3)))
def test_properties_are_in_their_range_and_of_each_image_alone(pixels):
    found = image_properties(as_set(pixels))
    for name, values in found.items():
        low = -1.0 if name == "red_minus_blue" else 0.0
        assert ((values >= low) & (values <= (np.sqrt(2) if name == "texture" else 1.0))).all()
        assert np.allclose(image_properties(as_set(pixels[1:2]))[name], values[1], atol=1e-14)
    mirrored = image_properties(as_set(pixels[:, :, ::-1].copy()))
    for name in ("brightness", "red_minus_blue", "saturation", "sky_share"):
        assert np.allclose(found[name], mirrored[name])


def test_loops_by_hand():
    none = drawn(".....", "..#..", "..#..", ".....")
    ring = drawn("#####", "#...#", "#####", ".....")
    eight = drawn("###.", "#.#.", "###.", "#.#.", "###.")
    # A gap at a corner is none: the background is connected by sides.
    corner = drawn("....", ".##.", "#..#", ".##.")
    open_at_the_edge = drawn("#.#", "#.#", "###")
    for image, count in ((none, 0), (ring, 1), (eight, 2), (corner, 1), (open_at_the_edge, 0)):
        assert properties.loops(image)[0] == count


def test_slant_by_hand():
    assert properties.slant(drawn("..#", ".#.", "#.."))[0] == pytest.approx(1.0)
    assert properties.slant(drawn("#..", ".#.", "..#"))[0] == pytest.approx(-1.0)
    assert properties.slant(drawn(".#.", ".#.", ".#."))[0] == pytest.approx(0.0)
    for flat in (drawn("...", "###", "..."), drawn("...", "...")):
        assert properties.slant(flat)[0] == 0.0


@given(st.integers(-2, 2), st.integers(0, 2), st.floats(0.2, 5.0))
def test_slant_is_that_of_a_line_wherever_it_stands_and_however_dark(step, shift, dark):
    image = np.zeros((1, 4, 13))
    for row in range(4):
        image[0, 3 - row, 5 + shift + step * (row - 1)] = dark
    assert properties.slant(image)[0] == pytest.approx(step)


def test_digits_have_the_loops_that_they_have():
    _, test = digit_images()
    found = image_properties(test)
    assert tuple(found) == GREY_PROPERTIES
    labels = test.labels.numpy()
    means = {label: found["loops"][labels == label].mean() for label in range(10)}
    assert means[0] > 0.75
    assert max(means[label] for label in (1, 3, 5, 7)) < 0.25
    assert (found["ink"] > 0).all()


def test_images_with_two_colours_are_refused():
    with pytest.raises(ValueError, match=r"^images: found 2 colours, expected 1 or 3"):
        image_properties(as_set(np.zeros((1, 4, 4, 2))))


def test_above_the_median():
    assert above_median(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [False, False, True, True]
    assert above_median(np.array([0.0, 0.0, 0.0, 1.0])).tolist() == [False, False, False, True]
