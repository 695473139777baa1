"""The box with other parameters: its fields, and the command that it shows, through a shell and the command line."""

import re
import shlex
import shutil
import subprocess

import nbformat
import pytest
from browsing import new_context
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from places import BOOK as FIXTURE
from places import ROOT

import repsim_book.cli.run
from repsim_book.chapters import list_chapters
from repsim_book.cli import main
from repsim_book.pages import standalone
from repsim_book.pages.declared import declared_parameters
from repsim_book.parameters import read_parameters
from repsim_book.profiles import load_profile
from repsim_book.site import rerun_box
from repsim_core.errors import InputError
from repsim_core.texts import written

CELL = """\
classes: int = 7  # number of "labels" K
rate: float = 1e-05  # of learning, <1
name: str = "a"  # a text
sizes: list[int] = [4, 6]  # some whole numbers
rates: list[float] = []  # some numbers
words: list[str] = ["a", "b"]  # some texts
whole: bool = True  # whether all
limit: int | None = None  # none for no limit
order: list[int] | None = None  # none for the natural one
maybe: str | None = None  # a text, or none
"""
PARAMETERS = read_parameters(CELL)
DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
TEXTS_EXPECTED = (
    'texts with commas between; in quotes if they have commas, brackets or quotes, such as "a,b",c'
)
ODD = [
    '"quoted"',
    "'quoted'",
    "a,b;c",
    " None ",
    "]",
    "'",
    '"',
    "it's $HOME",
    '"`x`" \\ ; & | > <',
    " ",
    "",
    "=a=b",
    "--html",
    "-p",
    "é—∞ 漢",
    "none",
    "[a,b]",
    "*?~!#",
    "a\tb",
]


def fields(html: str) -> dict[str, str]:
    """What the fields of a box hold, by name."""
    controls = BeautifulSoup(html, "html.parser").select("[data-type]")
    chosen = {each["name"]: each.select_one("[selected]") for each in controls}
    return {str(e["name"]): c.get_text() if (c := chosen[e["name"]]) else str(e["value"]) for e in controls}


# --- what is in the page ---


def test_a_field_has_label_kind_meaning_and_value():
    html = rerun_box.form("03", PARAMETERS, DEFAULTS | {"classes": 9, "whole": False})
    soup = BeautifulSoup(html, "html.parser")
    assert fields(html) == {
        **{"classes": "9", "rate": "1e-05", "name": "a", "sizes": "[4,6]", "rates": "[]", "words": "[a,b]"},
        **{"whole": "false", "limit": "none", "order": "none", "maybe": "none"},
    }
    for control in soup.select("[data-type]"):
        label, meaning = (
            soup.select_one(f"label[for={control['id']}]"),
            soup.select_one(f"#{control['id']}-meaning"),
        )
        assert label
        assert meaning
        assert label.get_text() == control["name"]
        assert meaning.get_text() == PARAMETERS[str(control["name"])].meaning
        assert meaning["id"] in control["aria-describedby"]
    kinds = {
        name: soup.select_one(f"[name={name}]") for name in ("classes", "rate", "name", "whole", "limit")
    }
    assert [each and each.get("type", each.name) for each in kinds.values()] == [
        *("number", "number", "text", "select", "text")
    ]
    assert [option.get_text() for option in soup.select("option")] == ["true", "false"]


def test_the_values_of_a_run_are_those_that_it_was_given():
    cell = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    given = {"classes": 9, "rate": 1.0, "sizes": [1], "limit": None, "name": "it's"}
    for values in (given, {}):
        metadata = {"papermill": {"parameters": values}}
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
        found = declared_parameters(notebook)
        assert {parameter.name: value for parameter, value in found} == DEFAULTS | values
        assert [parameter for parameter, _ in found] == list(PARAMETERS.values())
    assert declared_parameters(nbformat.v4.new_notebook()) == []


def test_the_default_profile_says_nothing():
    """The command in the box starts from the chapters' own defaults."""
    assert load_profile(ROOT, "default") == {}


def test_every_chapter_has_a_box_with_the_values_of_the_build(book):
    profile = load_profile(ROOT, "smoke")
    for chapter in list_chapters(ROOT):
        html = (book / "notebooks" / f"{chapter.name}.html").read_text(encoding="utf-8")
        (box,) = BeautifulSoup(html, "html.parser").select("details.repsim-rerun")
        given = fields(str(box))
        assert box["data-chapter"] == chapter.name.partition("_")[0]
        assert list(given) == list(chapter.parameters)
        assert chapter.values(given) == chapter.values(profile.get(chapter.name, {}))


# --- what it shows ---


@pytest.fixture
def box(browser, tmp_path):
    """A page with nothing but the box, opened with the chapter's defaults."""
    for name in ("limits.js", "rerun.js", "rerun.css"):
        shutil.copy(ROOT / "book" / "_static" / name, tmp_path)
    html = rerun_box.form("03", PARAMETERS, DEFAULTS).replace("<details", "<details open")
    scripts = "".join(f'<script src="{name}.js" defer></script>' for name in ("limits", "rerun"))
    head = f'<meta charset="utf-8"><link rel="stylesheet" href="rerun.css">{scripts}'
    (tmp_path / "page.html").write_text(head + html, encoding="utf-8")
    context = new_context(browser, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(error))
    page.goto((tmp_path / "page.html").as_uri())
    yield page
    context.close()
    assert problems == []


def command(page) -> str:
    return page.locator("pre code").text_content()


def put(page, name: str, text: str) -> None:
    field = page.locator(f"[name={name}]")
    if field.evaluate("e => e.tagName") == "SELECT":
        field.select_option(text)
    else:
        field.fill(text)


def through_a_shell(line: str) -> list[str]:
    done = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.fixture
def understood(tmp_path, monkeypatch):
    """The values with which `repsim` would run a chapter that has these parameters, given a command."""
    root = tmp_path / "book"
    shutil.copytree(FIXTURE, root)
    source = (root / "notebooks" / "02_small.md").read_text(encoding="utf-8")
    head, tail = source.split(":tags: [parameters]\n\n")
    (root / "notebooks" / "03_all.md").write_text(f"{head}:tags: [parameters]\n\n{CELL}```\n")
    assert tail
    seen = []

    def run_apart(chapter, values, directory, **_):
        seen.append(values)
        return [directory / "03_all.ipynb"], ""

    monkeypatch.setattr(repsim_book.cli.run, "run_apart", run_apart)
    monkeypatch.setattr(standalone, "standalone_page", lambda *_: "page")

    def understand(line: str) -> dict[str, object]:
        words = through_a_shell(line)
        assert words == shlex.split(line)
        assert words[0] == "repsim"
        assert main.main([*words[1:], "--root", str(root)]) == 0, line
        return seen.pop()

    return understand


def test_a_changed_value_is_in_the_command(box):
    assert command(box) == "repsim run 03 --html"
    put(box, "classes", "9")
    put(box, "rate", "30")
    assert command(box) == "repsim run 03 -p classes=9 -p rate=30 --html"
    put(box, "classes", "+7")
    put(box, "rate", "0.00001")
    put(box, "sizes", " 4 , 6 ")
    put(box, "words", "a, 'b'")
    assert command(box) == "repsim run 03 --html", "other texts for the same values"
    put(box, "whole", "false")
    put(box, "name", "a b")
    assert command(box) == "repsim run 03 -p 'name=a b' -p whole=false --html"


def test_the_command_gives_the_values(box, understood):
    given = {
        "classes": ("-3", -3),
        "rate": ("2.5e-3", 0.0025),
        "sizes": ("[1, 2,3]", [1, 2, 3]),
        "rates": ("0.5", [0.5]),
        "words": ('it\'s, $x, "[b]"', ["it's", "$x", "[b]"]),
        "whole": ("false", False),
        "limit": ("+12", 12),
        "order": ("", []),
    }
    for name, (text, _) in given.items():
        put(box, name, text)
    assert understood(command(box)) == DEFAULTS | {name: value for name, (_, value) in given.items()}
    for name, text in {"limit": "NULL", "order": "2,0,1", "words": "[x]", "rates": "", "sizes": "[]"}.items():
        put(box, name, text)
    then = {"limit": None, "order": [2, 0, 1], "words": ["x"], "rates": [], "sizes": []}
    assert understood(command(box)) == DEFAULTS | {name: value for name, (_, value) in given.items()} | then


def test_odd_texts_arrive_as_they_are(box, understood):
    for text in ODD:
        put(box, "name", written(text))
        put(box, "maybe", written(text))
        put(box, "words", written([text, "z"]))
        found = understood(command(box))
        assert (found["name"], found["maybe"], found["words"]) == (text, text, [text, "z"])


TEXTS = st.text("aN o,;[]{}=#é\"'\\\t漢", max_size=5) | st.sampled_from(ODD)


def test_every_text_means_in_the_page_what_it_means_on_the_command_line(box):
    """What is typed into a field, and what is written for the shell, are one value; or both refuse it."""

    def of(name: str, text: str) -> object:
        try:
            return PARAMETERS[name].convert(text)
        except InputError:
            return "refused"

    @given(st.sampled_from(["name", "maybe", "words"]), TEXTS | st.lists(TEXTS).map(written))
    def same(name: str, typed: str) -> None:
        put(box, name, typed)
        words = shlex.split(command(box))
        given_text = next((word.partition("=")[2] for word in words if word.startswith(f"{name}=")), None)
        if not words:
            assert of(name, typed) == "refused"
        elif given_text is None:
            assert of(name, typed) == DEFAULTS[name]
        else:
            assert of(name, given_text) == of(name, typed) != "refused"
        put(box, name, written(DEFAULTS[name]))

    same()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("classes", "1.5", "a whole number"),
        ("classes", "", "a whole number"),
        ("rate", "", "a number, such as 0.5 or 1e-3"),
        ("limit", "few", "a whole number, or none"),
        ("limit", "0x10", "a whole number, or none"),
        ("classes", "07", "a whole number"),
        ("limit", "010", "a whole number, or none"),
        ("limit", "1_000", "a whole number, or none"),
        ("limit", "٣", "a whole number, or none"),
        ("rates", "01.5", "numbers, such as 0.5,2"),
        ("words", "a,,b", TEXTS_EXPECTED),
        ("words", "[a],b", TEXTS_EXPECTED),
        ("words", '"a', TEXTS_EXPECTED),
        ("sizes", "1,,2", "whole numbers, such as 5,0,2"),
        ("sizes", "1.0", "whole numbers, such as 5,0,2"),
        ("rates", "1e999", "numbers, such as 0.5,2"),
        ("rates", "nan", "numbers, such as 0.5,2"),
        ("order", "a", "whole numbers, such as 5,0,2, or none"),
    ],
)
def test_a_value_of_the_wrong_kind_is_marked(box, name, text, complaint):
    put(box, name, text)
    assert command(box) == ""
    assert box.locator(f"#rerun-{name}-problem").text_content() == f"expected: {complaint}"
    assert box.locator("[aria-invalid=true]").evaluate_all("all => all.map(e => e.name)") == [name]
    assert box.locator("button.copy").is_disabled()
    assert "no command" in box.locator("[role=status]").text_content()
    box.locator("button[type=reset]").click()
    box.wait_for_function("document.querySelector('pre code').textContent === 'repsim run 03 --html'")
    assert box.locator("[aria-invalid=true]").count() == 0


def test_keyboard_and_copying(box):
    box.locator("summary").focus()
    box.keyboard.press("Tab")
    assert box.evaluate("document.activeElement.name") == "classes"
    box.keyboard.press("Control+a")
    box.keyboard.type("12")
    box.keyboard.press("Enter")
    assert command(box) == "repsim run 03 -p classes=12 --html", "Enter sends no form away"
    for _ in PARAMETERS:
        box.keyboard.press("Tab")
    assert box.evaluate("document.activeElement.className") == "copy"
    box.keyboard.press("Enter")
    box.wait_for_function("document.querySelector('[role=status]').textContent")
    assert box.locator("[role=status]").text_content() == "Copied."
    assert box.evaluate("navigator.clipboard.readText()") == command(box)


def test_a_narrow_page_shows_all_of_it(box):
    box.set_viewport_size({"width": 320, "height": 700})
    put(box, "name", "a" * 200)
    assert re.fullmatch(r"repsim run 03 -p name=a{200} --html", command(box))
    assert box.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_scripts_there_is_a_command(browser, tmp_path):
    (tmp_path / "page.html").write_text(rerun_box.form("03", PARAMETERS, DEFAULTS), encoding="utf-8")
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("pre code").text_content() == "repsim run 03 --html"
    assert page.locator(":is(input, select):enabled").count() == 0
    assert "add -p NAME=VALUE to it yourself" in " ".join(
        str(page.locator("noscript").text_content()).split()
    )
    context.close()
