"""Formulas: typeset for the eye and the ear, cut where they may break, and refused where they are wrong."""

import io
import re
import sys
from types import ModuleType

import pytest
from bs4 import BeautifulSoup
from places import ROOT

from repsim_book.formulas import FormulaError, Typesetter
from repsim_book.site import mathematics
from repsim_book.site.mathematics import in_lines


@pytest.fixture(scope="module")
def typesetter():
    with Typesetter() as typesetter:
        yield typesetter


def parsed(html):
    return BeautifulSoup(html, "html.parser")


def pieces(html):
    """The text of the parts of a formula that begin new lines where it does not fit, in lists within lists."""

    def inside(element):
        if "katex-base" in element["class"]:
            return element.get_text()
        return [inside(part) for part in element.find_all(recursive=False)]

    return inside(parsed(html).find(class_="katex-html"))


@pytest.mark.parametrize("kind", ["html", "mathml"])
def test_a_formula_that_is_nested_too_deeply_is_an_error_and_the_next_one_is_set(typesetter, kind):
    with pytest.raises(FormulaError, match="nested too deeply"):
        getattr(typesetter, kind)("{" * 50_000 + "x" + "}" * 50_000, display=True)
    assert "<math" in getattr(typesetter, kind)("x", display=True)


def test_a_formula_is_mathml_html_and_tex(typesetter):
    page = parsed(typesetter.html(r"a \ne \frac12", display=False))
    assert page.find("annotation").text == r"a \ne \frac12"
    assert page.select_one("math mfrac").text == "12"
    assert page.find(class_="katex-html")["aria-hidden"] == "true"
    assert not page.find(class_="katex-display")
    assert parsed(typesetter.html("a", display=True)).select_one(".katex-display math")["display"] == "block"


@pytest.mark.parametrize(
    ("tex", "display", "expected"),
    [
        ("a = b + c", True, ["a", ["=b", "+c"]]),
        (r"a = b, \qquad c = d", True, [["a", "=b,"], ["c", "=d"]]),
        ("p(a, b) := c", True, [["p(a,", "b)"], ":=c"]),
        ("f(a, b = c)", True, ["f(a,", "b", "=c)"]),
        (r"\left(a = b\right)", True, ["(a=b)"]),
        ("a = b + c", False, ["a=", "b+", "c"]),
        (r"p(y \mid x) = a", False, [["p(y∣", "x)="], "a"]),
        (r"[p(y \mid x) - q(y \mid x)]", False, [[["[p(y∣", "x)−"], ["q(y∣", "x)]"]]]),
        (r"p(y \mid x, a) = b", True, [[["p(y", "∣x,"], "a)"], "=b"]),
        (r"= p(y \mid x)\, \log q(y \mid x)", True, [["=p(y", "∣x)"], ["logq(y", "∣x)"]]),
    ],
)
def test_a_formula_breaks_at_relations_then_operators_then_in_brackets(typesetter, tex, display, expected):
    assert pieces(typesetter.html(tex, display=display)) == expected


def test_aligned_lines_have_two_sides_and_break_too(typesetter):
    tex = r"\begin{aligned} a &= b + \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \\[2pt] &= c \& d \end{aligned}"
    page = parsed(typesetter.html(tex, display=True))
    sides = [
        [side.get_text() for side in pair.find_all(recursive=False)] for pair in page.select(".katex-pair")
    ]
    assert [left for left, _ in sides] == ["a", ""]
    assert sides[0][1].startswith("=b+")
    assert sides[1][1] == "=c&d"
    assert len(page.select(".katex-right > .katex-base")) == 3
    assert not page.select(".katex-long")
    conditional = parsed(
        typesetter.html(r"\begin{aligned} p(y \mid x) &= 1 \\ a &= 2 \end{aligned}", display=True)
    )
    assert [len(left.find_all(recursive=False)) for left in conditional.select(".katex-left")] == [1, 1]
    assert len(page.select("mtable mtable")) == 1
    long = parsed(
        typesetter.html(r"\begin{aligned} f(a, b, c) &= 1, & g &= 2 \\ h &= 3 \end{aligned}", display=True)
    )
    assert [pair.get_text() for pair in long.select(".katex-long > .katex-pair")] == [
        "f(a,b,c)=1,",
        "g=2",
        "h=3",
        "",
    ]


@pytest.mark.parametrize(
    ("tex", "why"),
    [
        (r"\nothing", r"Undefined control sequence: \\nothing"),
        (r"\frac{a", "expected '}'"),
        ("é", "Accented Unicode text character"),
        (r"\begin{aligned} a & \nothing \end{aligned}", "Undefined control sequence"),
    ],
)
def test_what_latex_would_not_understand_is_an_error(typesetter, tex, why):
    with pytest.raises(FormulaError, match=why):
        typesetter.html(tex, display=True)
    assert typesetter.html("a", display=True)  # it goes on


def test_lines_without_an_environment_have_one():
    assert in_lines("a\n") == "a"
    assert in_lines(r"a &= b \\ &= c") == r"\begin{split}a &= b \\ &= c\end{split}"
    kept = r"\begin{aligned} a \\ b \end{aligned} + c"
    assert in_lines(kept) == kept
    assert in_lines("a\n\n b") == r"\begin{gathered}a\\ b\end{gathered}"


PAGE = r"""
A page on :math:`x`
===================

For (:math:`K`), all :math:`M`-dimensional :math:`a < b`.

Of *c*, :math:`d`, :math:`e`.

.. math:: a = b
   :label: eq-a

By :eq:`eq-a` and :math:`\nothing`.

.. math::
   :nowrap:

   \begin{align}
   a &= b
   \end{align}
"""


def test_sphinx_numbers_equations_and_names_the_place_of_a_wrong_one(tmp_path, monkeypatch):
    from sphinx.application import Sphinx

    module = ModuleType("mathematics_alone")
    module.__dict__["setup"] = mathematics.register
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (tmp_path / "index.rst").write_text(PAGE)
    said = io.StringIO()
    app = Sphinx(
        tmp_path,
        None,
        tmp_path / "out",
        tmp_path / "trees",
        "html",
        confoverrides={"extensions": [module.__name__]},
        status=None,
        warning=said,
    )
    app.build()
    (warning,) = said.getvalue().splitlines()
    assert re.search(r"index.rst:12: WARNING: formula \\nothing: .*Undefined control sequence", warning)
    page = parsed((tmp_path / "out" / "index.html").read_text())
    equation = page.select_one("div.math#equation-eq-a")
    assert equation.select_one("math annotation").text == "a = b"
    assert equation.select_one(".eqno").text.startswith("(1)")
    assert page.select_one("a.reference[href='#equation-eq-a']").text == "(1)"
    assert page.title.text.startswith("A page on x")
    assert [
        whole.select("math")[0].text[0] + whole.get_text()[-1] for whole in page.select(".whole:has(math)")
    ] == [
        "K,",
        "M-",
        "a.",
        "d,",
        "e.",
    ]
    assert [p.get_text() for p in page.select("p:has(em)")] == ["Of c, ddd, eee."]  # to see, to hear, in TeX
    assert r"\begin{align*}" in page.select("div.math annotation")[1].text
    sheet = (tmp_path / "out" / "_static" / "katex" / "katex.min.css").read_text()
    fonts = set(re.findall(r"url\(([^)]*)\)", sheet))
    assert len(fonts) == 20
    assert all((tmp_path / "out" / "_static" / "katex" / font).is_file() for font in fonts)
    assert "MathJax" not in str(page)


def test_katex_is_the_version_that_is_named():
    named = re.search(r"KaTeX ([\d.]+)", (mathematics.KATEX / "README.md").read_text()).group(1)
    assert f'content:"{named}"' in (mathematics.KATEX / "katex.min.css").read_text()
    assert f'"{named}"' in (mathematics.KATEX / "katex.min.js").read_text()
    assert (ROOT / "README.md").read_text().count("KaTeX")
