"""One style sheet and one script: which, in which order, and where."""

import json
import re
from types import SimpleNamespace

import pytest

from repsim_book.site.joined import join, parts_of

PAGE = """<html><head>
<link href="../_static/styles/a.css?digest=1" rel="stylesheet" />
<link rel="stylesheet" type="text/css" href="../_static/book.css?v=2" />
<link rel="preload" as="script" href="../_static/last.js" />
<link rel="icon" href="../_static/favicon.svg"/>
<script src="../_static/documentation_options.js?v=1"></script>
<script defer="defer" src="../_static/late.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'a';</script>
<script data-b="1" src="../_static/early.js"></script>
<script type="module" src="../_static/module.js"></script>
<script src="https://example.org/other.js"></script>
</head><body><p class="note">1</p><template><script data-repsim-later src="../_static/big.js"></script></template>
<script defer src="../_static/last.js"></script>
</body></html>
"""
STATIC = {
    "basic.css": "p{margin:0} table{margin:0}",
    "styles/a.css": '@import "../basic.css"; .note{background:url(../i/a.png)} .gone{background:url(data:,)}',
    "documentation_options.js": "const DOCUMENTATION_OPTIONS = {};",
    "early.js": '"use strict";\nwindow.early = 1\n//# sourceMappingURL=early.js.map',
    "late.js": "(() => { note })()",
    "last.js": "last()",
    "big.js": "big",
}


@pytest.fixture
def page(tmp_path):
    """The page, joined."""
    site, own = tmp_path / "site", tmp_path / "own"
    for name, text in STATIC.items():
        path = site / "_static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    own.mkdir()
    for folder in (own, site / "_static"):
        (folder / "book.css").write_text(".live-only { color: red }")
    (site / "notebooks").mkdir()
    (site / "notebooks" / "a.html").write_text(PAGE)
    (site / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=notebooks/a.html" />')
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"),
        outdir=site,
        confdir=tmp_path,
        config=SimpleNamespace(html_static_path=["own"]),
    )
    join(app, None)
    assert "Refresh" in (site / "index.html").read_text()
    return site / "notebooks" / "a.html"


def test_scripts_that_wait_for_the_page_run_after_those_that_do_not():
    parts = parts_of(PAGE, "notebooks")
    assert parts.sheets == ("_static/styles/a.css", "_static/book.css")
    assert parts.scripts == (
        ("_static/early.js", (("data-b", "1"),)),
        ("_static/late.js", ()),
        ("_static/last.js", ()),
    )


def test_styles_stand_in_the_page_with_what_they_import_before_them(page):
    (styles,) = re.findall("<style>(.*?)</style>", page.read_text(), re.DOTALL)
    assert styles == (
        "/* _static/styles/a.css _static/book.css */\n"
        'p{margin:0}.note{background:url("../_static/i/a.png")}.live-only{color: red}'
    )
    assert 'rel="stylesheet"' not in page.read_text()


def test_one_script_comes_at_the_end_and_what_runs_before_it_finds_its_options(page):
    html = page.read_text()
    (script,) = re.findall(r'<script defer src="(\.\./_static/joined/\w+\.js)"></script>\n</body>', html)
    calls = re.findall(r"^run\((.*), (\{.*\})\);$", (page.parent / script).read_text(), re.MULTILINE)
    assert [(json.loads(text), json.loads(data)) for text, data in calls] == [
        ('"use strict";\nwindow.early = 1\n//# sourceURL=_static/early.js', {"data-b": "1"}),
        ("(() => { note })()\n//# sourceURL=_static/late.js", {}),
        ("last()\n//# sourceURL=_static/last.js", {}),
    ]
    assert html.index("const DOCUMENTATION_OPTIONS") < html.index("DOCUMENTATION_OPTIONS.pagename")
    for other in ("module.js", "https://example.org/other.js", "data-repsim-later src", "favicon.svg"):
        assert other in html
    assert html.count("src=") == 4
    assert "preload" not in html
