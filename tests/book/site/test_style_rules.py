"""Which rules of a style sheet stay."""

import pytest

from repsim_book.site.style_rules import Names, StyleSheet

PAGE = """<p class="note wide" id='top'><b class=big>1</b></p><script>box.classList.add("open");</script>
<script type="application/json">{"class": "hidden-by-data"}</script>"""


def sheet(css, *, whole=False):
    names = Names()
    names.read_page(PAGE)
    sheet = StyleSheet(names)
    sheet.add(css, whole=whole)
    return sheet.text()


@pytest.mark.parametrize(
    ("selector", "stays"),
    [
        ("p", True),
        ("P.note", True),
        ("table", False),
        (".note > .big::before", True),
        (".note .small", False),
        ("#top:hover", True),
        ("#bottom", False),
        ("*", True),
        (":root", True),
        ("[data-theme=dark] p", True),
        ("p.open", True),  # a script may add it
        (".hidden-by-data", False),
        ("p:not(.absent)", True),
        ("p:is(.absent, .note)", True),
        ("p:is(.absent, table)", False),
        (":where(.absent) p", False),
        ("p:has(> .absent)", True),  # not looked at
        ("p:nth-child(2n + 1)", True),
        ("::selection", True),
    ],
)
def test_rules_stay_where_all_that_they_need_can_be_there(selector, stays):
    assert (sheet(f"{selector} {{ color: red }}") != "") == stays
    assert (sheet(f"@media print {{ {selector} {{ color: red }} }}") != "") == stays
    assert sheet(f"{selector} {{ color: red }}", whole=True) != ""


def test_of_a_list_the_selectors_stay_that_can_match():
    assert sheet("p, table, .note b { margin: 0 }") == "p,.note b{margin: 0}"


def test_what_is_read_the_same_stays_and_comments_go():
    css = '@media (width > 9px) { p { content: ";}/*";/* why */ color: red } } @layer a; p { & b { top: 0 } }'
    assert sheet(css) == '@media (width > 9px){p{content: ";}/*"; color: red}}@layer a;p{& b { top: 0 }}'


def test_fonts_animations_and_properties_that_nothing_asks_for_go():
    css = """@font-face { font-family: "Here"; src: url(a.woff2) } @font-face { font-family: "Gone"; src: url(b.woff2) }
    @keyframes turn { to { rotate: 1turn } } @keyframes jump { to { top: 0 } }
    p { --a: url("data:;b"); --b: var(--c); --c: 1px; font: 1em Here; animation: turn 1s; margin: var(--b) }"""
    kept = sheet(css)
    assert "Here" in kept.partition("p{")[0]
    assert "turn" in kept.partition("p{")[0]
    assert "Gone" not in kept
    assert "jump" not in kept
    assert "--a" not in kept
    assert "--b: var(--c); --c: 1px; font: 1em Here; animation: turn 1s; margin: var(--b)}" in kept


def test_a_style_sheet_that_cannot_be_read_is_an_error():
    with pytest.raises(ValueError, match="line 2 of a style sheet"):
        sheet("p { color: red }\n}")
