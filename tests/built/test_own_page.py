"""Two models compared in the page, and the boxes that compute in theirs: what a reader does, and where bytes go."""

import csv
import json
import re

import numpy as np
import pytest
from browsing import faint_texts, findings, new_context, set_theme
from own_modules import in_node

import repsim_core as rc

PAGE = "book/compare_here.html"


@pytest.fixture
def files(tmp_path):
    """A model and a noisy copy whose arrays have other names."""
    rng = np.random.default_rng(0)
    a = rc.Representations(rng.normal(size=(60, 3)), rng.normal(size=(7, 3)))
    b = rc.noisy_copy(a, 0.3, seed=1)
    np.savez(tmp_path / "b.npz", hidden=b.embeddings, head=b.unembeddings, beside=np.zeros(3))
    return a, b, [str(a.save(tmp_path / "a.safetensors")), str(tmp_path / "b.npz")]


def rows(page) -> dict[str, str]:
    """The figures in the page by their names."""
    found = page.locator("#repsim-own tr:has(td)").all()
    return {
        str(row.locator("th").text_content()): str(row.locator("td.number").text_content()) for row in found
    }


def test_two_files_are_compared_and_no_byte_leaves(reader, files):
    a, b, paths = files
    window = reader(viewport={"width": 320, "height": 800})
    page = window.open(PAGE)
    page.locator("#own-file-a").focus()  # the worker starts
    page.wait_for_function("globalThis.repsimModules?.page")
    requests = []
    page.on("request", lambda request: requests.append(request))
    page.set_input_files("#own-file-a", paths)  # both at once
    page.select_option("#own-b-embeddings", "")
    page.get_by_text("Say which array of b.npz has the embeddings.").wait_for()
    page.select_option("#own-b-embeddings", "hidden")
    page.select_option("#own-b-unembeddings", "head")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#repsim-own .result").wait_for()
    expected = rc.compare(a, b)
    found = rows(page)
    for name, value in (
        ("dLLV", expected.d_llv),
        ("df,g", expected.d_fg),
        ("mean CCA of f", expected.mean_cca),
    ):
        assert found[name] == f"{value:.4g}"
    assert page.locator(".notes").text_content() == "".join(
        str(expected).split("\n\n")[-1].split("\n")
    ).replace("  ", " ")
    # Scripts of the book are all that is asked for, and no request carries anything.
    for request in requests:
        assert request.url.startswith((f"{window.site}/_static/", "blob:"))
        assert (request.method, request.post_data) == ("GET", None)
        assert "?" not in request.url
    window.context.set_offline(True)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_function(
        "document.querySelector('#repsim-own [role=status]').textContent.startsWith('Compared')"
    )
    window.context.set_offline(False)
    report = json.loads(
        page.evaluate("fetch(document.querySelector('[data-report=json]').href).then((r) => r.text())")
    )
    assert report["files"] == ["a.safetensors", "b.npz"]
    assert report["input_set"] == list(expected.llv.input_set)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert findings(page) == []
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert faint_texts(page) == []
    assert window.problems == []


def test_the_samples_are_a_click_away_and_bad_files_are_refused(reader, tmp_path):
    window = reader()
    page = window.open(PAGE)
    page.get_by_role("button", name="Try it with two sample models").click()
    page.locator("#repsim-own .result").wait_for()
    assert float(rows(page)["mean CCA of f"]) < 0.01
    assert page.locator("#repsim-own .result sub").first.text_content() == "KL"
    (tmp_path / "page.npz").write_bytes(b"<!doctype html>")
    page.set_input_files("#own-file-b", str(tmp_path / "page.npz"))
    page.get_by_text("found a web page in page.npz, expected arrays").wait_for()
    assert page.get_by_role("button", name="Compare", exact=True).is_disabled()
    assert page.locator("#repsim-own .result").is_hidden()  # it was of another file
    page.get_by_text("Choose the second model, b, too.").wait_for()
    assert window.problems == []


def test_from_a_disk_it_compares_and_the_report_is_a_page(browser, book, tmp_path):
    context = new_context(browser)
    page = context.new_page()
    page.goto((book / PAGE).as_uri())
    page.get_by_role("button", name="Try it with two sample models").click()
    page.locator("#repsim-own .result").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="the report as a page").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "comparison.html"
    assert not re.search(r"\b(src|href)=|<script|@import|url\(", path.read_text("utf-8"))
    report = context.new_page()
    report.goto(path.as_uri())
    assert report.title() == "circle.npz and star.safetensors"
    for part in (".compared", ".figures", ".notes"):
        shown = page.locator(f"#repsim-own {part}").text_content()
        assert shown
        assert report.locator(part).text_content() == shown
    assert findings(report) == []
    context.close()


def test_a_long_comparison_can_be_cancelled(reader, tmp_path):
    rng = np.random.default_rng(0)
    large = {
        "embeddings": rng.random((20_000, 64), np.float32),
        "unembeddings": rng.random((100, 64), np.float32),
    }
    np.savez(tmp_path / "large.npz", **large)
    page = reader().open(PAGE)
    for side in "ab":
        page.set_input_files(f"#own-file-{side}", str(tmp_path / "large.npz"))
        page.locator(f"#own-{side}-embeddings").wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled.").wait_for()
    assert page.locator("#repsim-own .result").is_hidden()
    assert page.get_by_role("button", name="Compare", exact=True).is_enabled()


# --- the boxes of the chapters ---


def results(book, chapter: str, name: str) -> list[dict[str, float]]:
    """A table that the chapter kept."""
    path = book / "_static" / "results" / chapter / f"{name}.csv"
    with path.open(encoding="utf-8") as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


def test_a_box_computes_what_the_chapter_did(book):
    folder = book / "_static" / "results"
    values = {
        number: json.loads((folder / chapter / "parameters.json").read_text("utf-8"))
        for number, chapter in (("02", "02_theorem"), ("04", "04_distance"))
    }
    found = in_node(
        ("chapters.js",),
        """return Object.entries(given).flatMap(([number, values]) =>
          own.CHAPTERS[number](values, () => {}).map(({ rows, all }) => all ?? rows));""",
        values,
    )
    expected = [
        results(book, "02_theorem", "table1"),
        *(results(book, "04_distance", n) for n in ("noisy", "side_pair")),
    ]
    for rows_found, rows_expected in zip(found, expected, strict=True):
        assert len(rows_found) == len(rows_expected) > 1
        for mine, kept in zip(rows_found, rows_expected, strict=True):
            for name, value in mine.items():
                assert value == pytest.approx(kept[name], rel=1e-9, abs=1e-12), name


def test_the_box_of_theorem_computes_in_the_page(reader):
    window = reader()
    page = window.open("notebooks/02_theorem.html")
    box = page.locator("details.repsim-rerun")
    box.locator("summary").click()
    box.locator("[name=rho_max]").fill("0.5")
    assert box.locator("[name=rho_max]").get_attribute("aria-invalid") == "true"
    assert "allowed: above rho_min = 1" in box.locator("[name=rho_max] ~ .problem").text_content()
    assert box.get_by_role("button", name="Compute here").is_disabled()
    box.locator("[name=rho_max]").fill("5")
    box.get_by_role("button", name="Compute here").click()
    box.locator(".computed table").wait_for()
    assert box.locator(".computed tbody tr").count() == 5
    assert "took about" in box.text_content()
    assert window.problems == []
