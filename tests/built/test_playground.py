"""The playground: its numbers are the core's, and mouse, keys, fingers and addresses move it."""

import json
import re

import numpy as np
import pytest
from browsing import new_context, swipe
from page_measures import ASK, apart, asked, measured, pairs

import repsim_core as rc
from repsim_core.constructions import two_angles

PAGE, LINKING = "book/intro.html", "notebooks/02_theorem.html"
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
# Of every preset: its arrays, and what the page measures of them.
PRESETS = """async () => {
  const part = (name) => import(new URL(`../_static/play/${name}.js`, location));
  const [state, models, given, bars] = await Promise.all(["state", "models", "given", "bars"].map(part));
  const found = {};
  for (const name of Object.keys(state.PRESETS)) {
    const begun = state.begin(name);
    const arrays = await given.given(begun.given);
    const both = [0, 1].map((model) => models.arrays(begun, arrays, model));
    const measured = models.measure(begun, both);
    found[name] = { models: both.map(({ f, g }) => [[...f], [...g]]), measured, says: bars.verdict(measured) };
  }
  return found;
}"""
# Of every preset and number of labels, or another change: what the page says, and what it measures.
SAID = """async () => {
  const part = (name) => import(new URL(`../_static/play/${name}.js`, location));
  const [state, models, bars] = await Promise.all(["state", "models", "bars"].map(part));
  const found = (begun) => {
    const measured = models.measure(begun, [0, 1].map((model) => models.arrays(begun, null, model)));
    return { says: state.says(begun), verdict: bars.verdict(measured), ...measured };
  };
  const counts = Array.from({ length: 16 }, (_, k) => k + 3);
  const drawn = ["star", "neighbours", "three"];
  return {
    ...Object.fromEntries(drawn.map((name) => [name, counts.map((labels) => found(state.begin(name, labels)))])),
    dragged: found({ ...state.begin("three"), b: [0, 170, 185] }),
    written: [0, 1e-33, 4e-9, 0.0004].map(bars.written),
    percent: [0, 0.06, 0.995, 0.9999, 1].map(bars.percent),
  };
}"""
STATE = "document.querySelector('.playground').playground.state"


@pytest.fixture(scope="module")
def opened(browser, site):
    """A page with the playground, for tests that leave it as it was."""
    from browsing import Reader

    window = Reader(browser, site, reduced_motion="reduce")
    yield window.open(PAGE)
    assert window.problems == []
    window.context.close()


def handle(page, model: int, label: int):
    return page.locator(".pg-panel").nth(model - 1).locator(".pg-handle").nth(label)


def test_a_page_that_is_opened_from_a_disk_has_it_too(browser, book):
    context = new_context(browser)
    page = context.new_page()
    page.goto((book / PAGE).as_uri())
    page.locator(".playground.ready .pg-handle").first.wait_for()
    context.close()


def test_a_browser_measures_what_the_core_does(opened, mathematics_only):
    cases = pairs()
    found = {name: measured(*case) for name, case in cases.items()}
    answers = opened.evaluate(
        f"""async (cases) => {{
          const part = (name) => import(new URL(`../_static/measures/${{name}}.js`, location));
          const [model, compared] = await Promise.all(["model", "compare"].map(part));
          return ({ASK})({{ ...model, ...compared }}, cases);
        }}""",
        [asked(*case, found[name]) for name, case in cases.items()],
    )
    assert {name: apart(found[name], each) for name, each in zip(cases, answers, strict=True)} == {
        name: {} for name in cases
    }


def test_the_numbers_of_every_preset_are_the_cores(opened, mathematics_only):
    presets = opened.evaluate(PRESETS)
    for name, preset in presets.items():
        a, b = (
            rc.Representations(*(np.reshape(np.array(values, float), (-1, 2)) for values in arrays))
            for arrays in preset["models"]
        )
        here = preset["measured"]
        left_out = "none" if here["left_out"] is None else here["left_out"]
        options = {"pivot": here["pivot"], "left_out": left_out, "input_set": here["input_set"]}
        assert apart(measured((a, b), options), here) == {}, name
        assert a.num_inputs <= 500
    for arrays, model in zip(presets["angles"]["models"], two_angles(2, sine=1.0), strict=True):
        assert np.allclose(arrays[0], model.embeddings.ravel())
        assert np.allclose(arrays[1], model.unembeddings.ravel())
    at = {name: preset["measured"] for name, preset in presets.items()}
    # what the presets' sentences say
    for name in ("same", "twins", "mirrored"):
        assert max(at[name][key] for key in ("d_kl", "d_kl_reverse", "d_llv", "d_fg")) < 1e-9, name
        assert at[name]["mean_cca"] > 1 - 1e-9, name
    assert at["neighbours"]["mean_cca"] < 0.95
    assert at["star"]["agreement"] == 1
    assert at["star"]["mean_cca"] < 0.02
    assert at["three"]["mean_cca"] > 0.98
    assert at["angles"]["max_d_svd_f"] < 0.06
    assert at["angles"]["ratio_distance"] > 1.41
    assert max(at["trained"][key] for key in ("d_kl", "d_kl_reverse")) < 0.06
    assert 0.3 < at["trained"]["mean_cca"] < 0.9  # in part
    alike = [name for name, preset in presets.items() if "give the same probabilities" in preset["says"]]
    assert alike == ["same", "twins", "mirrored"]
    (f, _), (f_2, _) = presets["angles"]["models"]
    assert f == f_2  # only the unembeddings differ
    shown = opened.locator(".pg-d_llv .pg-value").first.text_content()
    assert float(shown) == pytest.approx(at["star"]["d_llv"], abs=0.005)


def test_sentences_are_true_of_every_number_of_labels(opened, mathematics_only):
    said = opened.evaluate(SAID)
    for labels, star in enumerate(said["star"], 3):
        assert star["agreement"] == 1
        is_star = labels == 5 or labels >= 7
        assert ("next to nothing" in star["says"]) == is_star == (star["mean_cca"] < 0.02)
        assert ("give the same probabilities" in star["verdict"]) == (labels == 3)  # a turn
        assert ("Table 1" in star["says"]) == (labels == 7)
    for labels, (two, others) in enumerate(zip(said["neighbours"], said["three"], strict=True), 3):
        assert ("No linear map" in two["says"]) == (labels > 3)
        assert two["mean_cca"] < 0.995
        assert ("none does" in others["says"]) == (labels > 3) == (others["mean_cca"] < 0.9)
    dragged = said["dragged"]
    assert dragged["says"].startswith("Changed from")
    assert dragged["d_kl"] > 0.3  # three labels differ, too
    assert said["written"] == ["0", "below 10⁻¹²", "4·10⁻⁹", "4·10⁻⁴"]
    assert said["percent"] == ["0 %", "6 %", "99.5 %", "99.9 %", "100 %"]


def test_keys_move_a_label_and_the_address_follows(reader):
    page = reader(reduced_motion="reduce").open(PAGE)
    value = page.locator(".pg-mean_cca .pg-value")
    before, label = value.text_content(), handle(page, 2, 0)
    start = int(label.get_attribute("aria-valuenow"))
    label.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("([each, old]) => each.textContent !== old", arg=[value.element_handle(), before])
    assert int(label.get_attribute("aria-valuenow")) == (start + 20) % 360
    page.keyboard.press("PageDown")
    assert handle(page, 2, 1).evaluate("each => each === document.activeElement")
    page.wait_for_function("location.search.includes('b=')")
    page.wait_for_function("document.querySelector('.pg-spoken').textContent.includes('mean CCA')")
    address = page.evaluate("location.search")
    page.keyboard.press("End")
    page.wait_for_function("each => each.ariaValueNow === '359'", arg=handle(page, 2, 1).element_handle())
    moved = page.evaluate(f"{STATE}.b")
    page.wait_for_function("old => location.search !== old", arg=address)
    page.reload()
    page.wait_for_selector(".playground.ready")
    assert page.evaluate(f"{STATE}.b") == pytest.approx([angle % 360 for angle in moved], abs=0.1)


def test_an_address_brings_its_state_and_a_link_of_the_page_too(reader):
    page = reader(reduced_motion="reduce").open(f"{LINKING}?preset=star&labels=9&rho=3&noise=7")
    state = page.evaluate(STATE)
    assert (state["preset"], state["labels"], state["rho"], state["noise"]) == ("star", 9, 3, 0)
    link = page.locator("a[href*='preset=']").first
    preset = re.search(r"preset=(\w+)", link.get_attribute("href"))
    assert preset
    link.evaluate("each => { each.closest('details')?.setAttribute('open', ''); each.click(); }")
    page.wait_for_function(f"{STATE}.preset === {json.dumps(preset[1])}")


def test_a_picture_that_is_dragged_turns_its_model_and_a_mirror_is_told(reader):
    page = reader(reduced_motion="reduce").open(PAGE)
    stage = page.locator(".pg-stage").nth(1)
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    x, y, size = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 4
    before = page.evaluate(f"{STATE}.b")
    page.mouse.move(x + size, y)
    page.mouse.down()
    page.mouse.move(x, y - size, steps=2)
    page.mouse.up()
    turned = [new - old for new, old in zip(page.evaluate(f"{STATE}.b"), before, strict=True)]
    assert turned == pytest.approx([90] * 7, abs=1)
    page.locator("[data-preset=same]").click()
    page.locator("[name=mirror]").evaluate("each => each.click()")
    page.wait_for_function("document.querySelector('.pg-says').textContent.startsWith('Changed from')")


def test_a_finger_drags_a_label_and_elsewhere_scrolls(reader):
    page = reader(**PHONE, reduced_motion="reduce").open(PAGE)
    stage = page.locator(".pg-stage").nth(1)
    stage.evaluate("each => each.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = stage.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    label = handle(page, 2, 0)
    place, height = label.bounding_box(), page.evaluate("scrollY")
    start = int(label.get_attribute("aria-valuenow"))
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    swipe(page, (x, y), ((middle[0] - x) / 10, (box["y"] - y) / 10))
    page.wait_for_function("([each, old]) => each.ariaValueNow != old", arg=[label.element_handle(), start])
    assert page.evaluate("scrollY") == height
    swipe(page, middle, (0, -15))
    page.wait_for_function("y => scrollY > y + 50", arg=height)


def test_labels_trade_places_in_every_kind_of_pair(reader):
    """On a circle and where arrays are given, which stand where they stand; one at the origin has no place to give."""
    page = reader(reduced_motion="reduce").open(PAGE)
    values = "[...document.querySelectorAll('.pg-panel')[1].querySelectorAll('.pg-handle')].map((e) => e.ariaValueNow)"
    for preset, moving, fixed in (("star", 2, []), ("trained", 1, []), ("angles", 1, [0])):
        page.locator(f"[data-preset={preset}]").click()
        page.wait_for_function(f"{STATE}.preset === '{preset}'")
        page.locator(".pg-ways input[value=exchange]").evaluate("each => each.click()")
        before = page.evaluate(values)
        label = handle(page, 2, moving)
        label.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(f"old => ({values}).join() !== old", arg=",".join(before))
        after = page.evaluate(values)
        moved = [k for k in range(len(before)) if before[k] != after[k]]
        assert len(moved) == 2, (preset, before, after)
        one, two = moved
        assert moving in moved
        for new, old in (
            (after[one], before[two]),
            (after[two], before[one]),
        ):  # the clusters are not quite alike
            assert abs((int(new) - int(old) + 180) % 360 - 180) <= 4, (preset, before, after)
        assert not set(fixed) & set(moved)


def test_predict_first(reader):
    page = reader(reduced_motion="reduce").open(PAGE)
    page.get_by_role("button", name="Predict first").click()
    page.get_by_role("button", name="It stays").click()
    page.wait_for_function("document.querySelector('.pg-told').textContent.startsWith('Right: it stayed')")
    assert page.evaluate(f"{STATE}.preset") == "twins"


def test_paper_has_the_picture(reader):
    page = reader().open(PAGE)
    place = page.locator(".playground")
    assert not place.locator("img").is_visible()
    page.emulate_media(media="print")
    assert place.locator("img").is_visible()
    assert not place.locator(".pg-app").is_visible()
