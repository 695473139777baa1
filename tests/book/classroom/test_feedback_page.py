"""Pages of feedback run nothing of what a student wrote or printed, and still show it, formulas too."""

import base64
import re

import nbformat
import pytest
from browsing import launched, new_context
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from tiny import NAME, answered, cell, data, write
from traitlets.config.loader import PyFileConfigLoader

from repsim_book.classroom.clean import clean_html
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.feedback import write_feedback
from repsim_book.classroom.feedback_page import POLICY
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.isolated import ExecutedSubmission, _outcome

# Each would rename the page, or leave it.
RENAME = "document.title = 'taken'"
ATTACKS = [
    f"<script>{RENAME}</script>",
    f'<img src="x" onerror="{RENAME}">',
    f'<svg onload="{RENAME}"><script>{RENAME}</script></svg>',
    f'<a href="javascript:{RENAME}">here</a>',
    '<a href="data:text/html,<script>1</script>">there</a>',
    f'<iframe srcdoc="<script>parent.{RENAME}</script>"></iframe>',
    '<meta http-equiv="refresh" content="0; url=https://elsewhere.example">',
    '<!--><meta http-equiv="refresh" content="0; url=https://elsewhere.example">-->',
    '<svg><style><meta http-equiv="refresh" content="0; url=https://elsewhere.example"></style></svg>',
    '<form action="https://elsewhere.example"><input name="a"><button>Send</button></form>',
    '<base href="https://elsewhere.example/"><link rel="stylesheet" href="//elsewhere.example/a.css">',
    '<img src="https://elsewhere.example/seen.png">',
    f'<object data="data:text/html,<script>{RENAME}</script>"></object><embed src="//elsewhere.example">',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{RENAME}">',
    f'<noscript><p title="</noscript><img src=x onerror={RENAME!r}>"></noscript>',
    '<div style="background: url(https://elsewhere.example/a.png); color: red">red</div>',
]
PNG = base64.b64encode(b"\x89PNG\r\n").decode()
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>{RENAME}</script></svg>'
WORDS = r"""## Why $\rho^2$ is no length

Because **two** is even, $a_1 * b_1 * c < d$, `$5` and

$$\sum_{i} x_i^2 \ge 0$$

\begin{align}a &= b\\ c &= d\end{align}

| a | b |
|---|---|
| 1 | 2 |

![mine](attachment:mine.png) ![lost](attachment:lost.png) $\nosuch$
"""


def acts(html):
    """The elements that could do something, and attributes that could."""
    found = BeautifulSoup(html, "html.parser").find_all(True)
    names = {each.name for each in found} & {
        *(["script", "iframe", "object", "embed", "form", "input", "base", "link", "noscript"])
    }
    return names | {name for each in found for name in each.attrs if name.startswith("on")}


def shown(kind, content):
    return nbformat.v4.new_output("display_data", {kind: content})


@pytest.fixture
def page(course, tmp_path, monkeypatch):
    """The page of a submission that attacks in what it says and in what it shows."""
    from repsim_book.classroom import grade_class as module

    def execute(notebook, **_):
        outputs = [shown("text/html", attack) for attack in ATTACKS]
        outputs += [shown("application/javascript", RENAME), shown("image/svg+xml", SVG)]
        outputs += [shown("text/latex", r"$\displaystyle \frac{1}{2}$"), shown("image/png", PNG)]
        outputs += [shown("text/html", "<table><tr><td>a cell</td></tr></table>")]
        outputs += [shown("text/markdown", "**bold**" + ATTACKS[0])]
        cell(notebook, "square").outputs = outputs
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(module, "execute_apart", execute)
    notebook = answered(why="\n\n".join([WORDS, *ATTACKS]))
    cell(notebook, "why")["attachments"] = {"mine.png": {"image/png": PNG}}
    notebook.cells.append(nbformat.v4.new_raw_cell(ATTACKS[0]))
    notebook.cells.append(nbformat.v4.new_markdown_cell("![gone](attachment:gone.png)"))
    collect_submissions(course, NAME, write(tmp_path / "in", {"ada.ipynb": data(notebook)}))
    grade_class(course, NAME)
    (path,) = write_feedback(course, NAME).pages
    return path


def test_a_page_holds_nothing_that_acts_and_all_that_shows(page):
    text = page.read_text("utf-8")
    assert text.index(f'content="{POLICY}"') < text.index("<title>"), "it holds for all that comes behind"
    body = text.partition("</head>")[2]
    assert acts(text) == set()
    assert re.findall(r"<meta[^>]*refresh", text) == []
    assert "javascript:" not in body
    assert re.findall(r"""<[^>]*(?:src|href|url\()\W*(?:https?:)?//[^>]*>""", body) == []
    for word in ("<strong>two</strong>", "a cell", "<strong>bold</strong>", "red</div>", "<th>a</th>"):
        assert word in body, word
    assert body.count(f"data:image/png;base64,{PNG}") == 2, (
        "a picture that was drawn and one that was attached"
    )
    assert "data:image/svg+xml;base64," in body
    missing = re.findall(r'<img alt="(\w+)" src="data:image/svg\+xml;base64,([^"]+)"', body)
    assert [name for name, _ in missing] == ["lost", "gone"], "nbgrader would show no page at all"
    assert b"not handed in" in base64.b64decode(missing[0][1])


def test_formulas_are_set_without_a_script(page):
    body = page.read_text("utf-8").partition("</head>")[2]
    assert body.count("<math ") == 5, (
        "a heading, in a line, displayed, an environment, and what code has shown"
    )
    assert "<mi>ρ</mi>" in body
    assert r'<annotation encoding="application/x-tex">a_1 * b_1 * c &lt; d</annotation>' in body
    assert '<h2 id="' in body
    assert "\ue000" not in body
    assert r"<code>\nosuch</code>" in body, "what cannot be set is shown as it was written"
    assert "<code>$5</code>" in body


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_is_cleaned_of_all_that_acts(attack):
    clean = clean_html(f"<p>before</p>{attack}<p>after</p>")
    assert "before" in clean
    assert acts(clean) == set()
    assert not re.search(r"<(meta|svg|math|style)|javascript:", clean)
    assert "elsewhere" not in clean.replace('content="0; url=https://elsewhere.example"', "")


def test_a_browser_runs_nothing_and_asks_for_nothing(page):
    asked = []
    with launched() as browser:
        context = new_context(browser)
        window = context.new_page()
        window.on("request", lambda request: asked.append(request.url))
        window.goto(page.as_uri())
        assert window.title() == NAME
        assert window.locator("math").count() == 5
        assert window.locator("math").first.bounding_box()["width"] > 0
        window.locator("a", has_text="here").last.click()
        assert (window.title(), window.url) == (NAME, page.as_uri())
        # Even what cleaning might overlook does not run.
        window.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"document.title = 1\">')"
        )
        window.wait_for_function("document.querySelector('img[onerror]').complete")
        assert window.title() == NAME
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("template", ["formgrade", "classic"])
def test_nbgrader_s_own_pages_are_cleaned_by_the_course_s_settings(page, template):
    """The formgrader's and others read the course's configuration; a page that lacks a picture is shown."""
    course = page.parents[2]
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {"index": 0, "total": 1, "base_url": "", "notebook_id": NAME, "student": "ada"}
    notebook = course / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    html, _ = HTMLExporter(config=config).from_filename(str(notebook), resources=resources)
    body = BeautifulSoup(html, "html.parser").body
    assert body is not None
    assert acts("".join(str(each) for each in body.find_all(class_="rendered_html"))) == set()
    assert RENAME not in " ".join(script.get_text() for script in body.find_all("script"))
    assert "<strong>two</strong>" in html


def test_half_a_character_costs_no_points_and_no_page(course, tmp_path, monkeypatch):
    """Half of a pair of surrogates, as a text that was cut in the middle of a picture has it: no file can hold it."""
    from repsim_book.classroom import grade_class as module

    def execute(notebook, **_):
        cell(notebook, "square").outputs = [nbformat.v4.new_output("stream", text="printed \ud83d")]
        return _outcome({"notebook": notebook, "state": "graded", "message": ""}, notebook)

    monkeypatch.setattr(module, "execute_apart", execute)
    handed_in = {"ada.ipynb": data(answered(why="written \ud83d"))}
    collect_submissions(course, NAME, write(tmp_path / "in", handed_in))
    (record,) = grade_class(course, NAME)
    assert record.state == "graded"
    (path,) = write_feedback(course, NAME).pages
    page = path.read_text("utf-8")
    assert "written ?" in page
    assert "printed ?" in page


@pytest.mark.parametrize("tag", ["div", "B", "svg"])
def test_what_is_nested_too_deeply_to_be_read_is_shown_as_text(tag):
    """A hundred thousand open elements would take the parser an hour."""
    found = clean_html(f"<{tag}>" * 100_000 + ATTACKS[1])
    assert found.startswith(f"<pre>&lt;{tag}&gt;")
    assert acts(found) == set()
    assert BeautifulSoup(found, "html.parser").pre.text.endswith(ATTACKS[1])


def test_a_long_page_is_not_a_deep_one():
    row = "<tr><td>1<br>2<td>3</td></td></tr>"
    assert clean_html(f"<table>{row * 3000}</table>").count("<td>") == 6000


def test_a_page_that_cannot_be_made_costs_the_others_nothing(course, tmp_path, not_executed, run):
    """Of who has none an earlier one goes, and the reason is said at the end."""
    class_ = ("ada", "bob", "eve")
    handed_in = {f"{student}.ipynb": data(answered()) for student in class_}
    collect_submissions(course, NAME, write(tmp_path / "in", handed_in))
    grade_class(course, NAME)
    pages = [course.directory / "feedback" / student / f"{NAME}.html" for student in class_]
    assert run("feedback", NAME, "--course", course.directory)[0] == 0
    assert [page.is_file() for page in pages] == [True, True, True]
    course.autograded(NAME, "ada").write_bytes(b"{")
    code, out, err = run("feedback", NAME, "--course", course.directory)
    assert (code, out.splitlines()) == (1, [str(page) for page in pages[1:]])
    (said,) = [line for line in err.splitlines() if "ada" in line]
    assert said.startswith(f"repsim: ada has no page: {NAME}: nbgrader failed at the feedback of ada: ")
    assert [page.is_file() for page in pages] == [False, True, True]
    # What was graded is damaged: it is graded anew, and with it nobody else.
    (record,) = [each for each in grade_class(course, NAME, force=True) if each.student == "ada"]
    assert record.state == "graded"


def test_an_error_that_is_not_the_student_s_costs_the_others_nothing(course, tmp_path, monkeypatch):
    from repsim_book.classroom import grade_class as module

    def execute(notebook, student, **_):
        if student == "ada":
            raise KeyError("x")
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(module, "execute_apart", execute)
    handed_in = {f"{student}.ipynb": data(answered()) for student in ("ada", "bob")}
    collect_submissions(course, NAME, write(tmp_path / "in", handed_in))
    ada, bob = grade_class(course, NAME)
    assert (ada.state, bob.state) == ("unreadable", "graded")
    assert ada.message == "it could not be executed, and the error is not the student's: KeyError: 'x'"
