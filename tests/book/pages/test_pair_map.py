"""The page of all pairs: one file, whose numbers are the table's, for the eye, the keyboard and a screen reader."""

import json
import re
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browsing import Reader, faint_texts, findings, served, settle
from places import ROOT

from repsim_book.pages.pair_map import pair_map
from repsim_core.measures.clustering import average_linkage

NAMES = ["a & b", "</script><b id=x>", "@DATA@", "plain", "five"]


# Both ends of the scale of colours; a copy is read, since reading the canvas itself is worth a warning to the browser.
PIXELS = """() => {
  const ramp = document.getElementById("ramp");
  const copy = new OffscreenCanvas(ramp.width, ramp.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(ramp, 0, 0);
  return [1, ramp.width - 2].map((x) => [...copy.getImageData(x, 2, 1, 1).data].slice(0, 3));
}"""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Five models in two clusters, 0, 2, 4 and 1, 3; the pair of 1 and 4 cannot be compared."""
    at = np.array([0.0, 10.0, 1.0, 11.5, 0.25])
    rows = []
    for i, j in combinations(range(5), 2):
        d = abs(at[i] - at[j])
        row = {"d_fg": d / 20, "exhaustive": i != 0, "notes": "<i>few</i> inputs" if j == 3 else None}
        row |= {"d_llv": d / 10, "d_kl": d, "d_kl_reverse": 2 * d, "mean_cca": 1 / (1 + d), "note": None}
        rows.append({"note": "a: found <i>nothing</i>"} if (i, j) == (1, 4) else row)
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("map")
    (folder / "map.html").write_text(pair_map(table, NAMES, 1000, 10), "utf-8")
    return folder


@pytest.fixture
def opened(browser, folder):
    with served(folder) as site:
        readers = []

        def new(**options):
            readers.append(Reader(browser, site, **options))
            return readers[-1], readers[-1].open("map.html")

        yield new
        for reader in readers:
            assert reader.problems == []
            assert set(reader.loaded) == {"map.html"}
            reader.context.close()


def test_the_template_is_in_the_distribution():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert "pages/pair_map.html" in data["repsim_book"]


def test_clusters_stand_together():
    at = np.array([0.0, 10.0, 1.0, 11.5, 0.25])
    found = average_linkage(abs(at[:, None] - at))
    first = {frozenset(found.order[:size]) for size in (2, 3)}
    assert first & {frozenset({0, 2, 4}), frozenset({1, 3})}
    heights = [height for *_, height in found.merges]
    assert heights == pytest.approx([0.25, 0.875, 1.5, 10.75 - 1.25 / 3])
    with pytest.raises(ValueError, match=r"^distances: found 1 model, "):
        average_linkage(np.zeros((1, 1)))


def test_the_data_are_the_tables(table, folder):
    text = (folder / "map.html").read_text("utf-8")
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", text)
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.DOTALL)[1])
    assert data["names"] == NAMES
    assert [each["key"] for each in data["measures"]] == ["d_llv", "d_kl", "d_fg", "mean_cca"]
    for each in data["measures"]:
        expected = [None if np.isnan(x) else float(f"{x:.4g}") for x in table[each["key"]]]
        assert each["values"] == expected
        assert sorted(each["order"]) == list(range(5))
    assert (data["texts"], data["remarks"]) == (["<i>few</i> inputs"], {"2": 0, "5": 0, "7": 0})
    assert data["notes"] == {"6": "a: found <i>nothing</i>"}


def test_a_lower_bound_is_said_to_be_one(table):
    for exhaustive in (True, False):
        with_bound = table.assign(d_fg=0.5, exhaustive=[None, exhaustive, *[True] * 8])
        assert ("at least this" in pair_map(with_bound, NAMES, 1000, 10)) == (not exhaustive)


def test_all_numbers_can_be_read_as_a_table(opened, table):
    _, page = opened()
    page.locator("summary").click()
    cells = page.locator("#numbers tbody td")
    cells.nth(24).wait_for()
    assert cells.count() == 25
    names = page.locator("#numbers thead th").all_text_contents()
    assert sorted(names) == sorted(NAMES)
    assert page.locator("#numbers tbody th").all_text_contents() == names
    found = [row.locator("td").all_text_contents() for row in page.locator("#numbers tbody tr").all()]
    rows = dict(zip(combinations(range(5), 2), table["d_llv"], strict=True))
    for name, row in zip(names, found, strict=True):
        for other, text in zip(names, row, strict=True):
            pair = tuple(sorted((NAMES.index(name), NAMES.index(other))))
            if pair in rows and not np.isnan(rows[pair]):
                assert float(text) == pytest.approx(rows[pair], rel=5e-3)
            else:
                assert text == ("–" if pair in rows else "")
    page.select_option("#measure", "d_fg")
    settle(page)
    assert sum(text.startswith("≥ ") for text in cells.all_text_contents()) == 8


def test_keys_pointer_and_measure_change_what_is_said(opened):
    _, page = opened()
    said = page.locator("#pair")
    assert said.inner_text().startswith("a & b and </script><b id=x>: d_LLV 1\n")
    page.select_option("#measure", "d_kl")
    settle(page)
    assert "#d_kl" in page.url
    assert "d_KL, nats" in said.inner_text()
    assert page.locator("#map").get_attribute("aria-label") == "d_KL, nats of all pairs, from 0.25 to 23"
    box = page.locator("#map canvas").bounding_box()
    pointed, walked = set(), set()
    for row in range(5):
        for column in range(5):
            # A cell has 56 pixels here, and two are left beside the last one.
            page.mouse.move(
                box["x"] + box["width"] - 2 - (4.5 - column) * 56, box["y"] + 56 + (row + 0.5) * 56
            )
            settle(page)
            pointed.add(said.inner_text())
    assert len(pointed) == 25
    missing = "They cannot be compared: a: found <i>nothing</i> (a is </script><b id=x>)"
    assert sum(missing in text for text in pointed) == 2
    remarked = [
        text for text in pointed if re.search(r"\nNotes \(a is .*, b is plain\): <i>few</i> inputs", text)
    ]
    assert len(remarked) == 6
    # Those of the first model, in both directions; and no other figure.
    sampled = [text for text in pointed if re.search(r"d_\{f,g\}\s+≥ \d", text)]
    assert len(sampled) == 8
    assert all("a & b" in text and text.count("≥") == 1 for text in sampled)
    page.locator("#map").focus()  # the last corner is chosen
    for row in range(5):
        for step in range(5):
            walked.add(said.inner_text())
            page.keyboard.press("ArrowUp" if step == 4 else "ArrowLeft" if row % 2 == 0 else "ArrowRight")
            settle(page)
    assert walked == pointed
    assert page.locator("#x").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_it_fits_and_can_be_read(opened, scheme, width):
    _, page = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.locator("summary").click()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert faint_texts(page) == []
    assert findings(page, contrast=True) == []
    # Near is strong and far is faint against the page.
    pixels = page.evaluate(PIXELS)
    near, far = (sum(rgb) for rgb in pixels)
    assert (near < far - 200) if scheme == "light" else (near > far + 200)
