"""Figures under a finger: a tap chooses what is near, a swipe moves a slider or scrolls the page, as it goes."""

from browsing import swipe

KNOB, EXPLORER = "notebooks/02_theorem.html", "notebooks/03_cifar10.html"
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def right_part(slider) -> tuple[float, float]:
    """A place on a slider in the middle of the window, right of where its thumb begins."""
    slider.evaluate("each => each.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = slider.bounding_box()
    return box["x"] + 0.85 * box["width"], box["y"] + box["height"] / 2


def test_a_slider_moves_along_and_the_page_across(reader):
    page = reader(**PHONE).open(KNOB)
    box = page.locator("[data-repsim-chart]").first
    # it is drawn when it comes near the window
    box.scroll_into_view_if_needed()
    slider = box.locator("input[type=range]").first
    spoken = box.locator(".repsim-spoken")
    start, place = slider.input_value(), right_part(slider)
    height = page.evaluate("scrollY")
    swipe(page, place, (0, -15))
    page.wait_for_function("y => scrollY > y + 50", arg=height)
    assert slider.input_value() == start
    assert slider.get_attribute("aria-valuetext") == start

    swipe(page, right_part(slider), (-8, 0))
    page.wait_for_function("([each, old]) => each.value !== old", arg=[slider.element_handle(), start])
    moved = slider.input_value()
    assert slider.get_attribute("aria-valuetext") == moved
    # what follows from it is read out, once the reader has come to rest
    page.wait_for_function("each => each.textContent", arg=spoken.element_handle())
    said = spoken.text_content() or ""
    assert said.startswith("d_KL = ")
    assert "largest difference" in said

    page.touchscreen.tap(*right_part(slider))
    page.wait_for_function("([each, old]) => each.value !== old", arg=[slider.element_handle(), moved])
    page.wait_for_function("([each, old]) => each.textContent !== old", arg=[spoken.element_handle(), said])


# How many of the images are drawn so that one can see them.
SEEN = """(box) => [...box.querySelectorAll(".mark-text text")].filter((each) => each.__data__?.tooltip)
  .filter((each) => each.getAttribute("opacity") > 0.5).length"""


def test_a_tap_chooses_the_image_that_is_near_and_one_beside_all_lets_go(reader):
    page = reader(**PHONE).open(EXPLORER)
    box = page.locator("[data-repsim-chart]").first
    box.evaluate("each => each.scrollIntoView({block: 'start', behavior: 'instant'})")
    box.locator("select").first.wait_for()
    everything = box.evaluate(SEEN)
    x, y = box.evaluate("""(box) => {
        const image = [...box.querySelectorAll(".mark-text text")].find((each) => each.__data__?.tooltip);
        const { left, top, width, height } = image.getBoundingClientRect();
        return [left + width / 2 + 5, top + height / 2 + 4];
    }""")
    page.touchscreen.tap(x, y)
    page.wait_for_function(
        f"box => 0 < ({SEEN})(box) && ({SEEN})(box) < {everything}", arg=box.element_handle()
    )
    corner = box.locator("svg.marks").bounding_box()
    page.touchscreen.tap(corner["x"] + 3, corner["y"] + 3)
    page.wait_for_function(f"box => ({SEEN})(box) === {everything}", arg=box.element_handle())
