"""Formulas as plain text, for places that show no mathematics: `d_LLV ≤ 2 M` in place of TeX."""

import re
import unicodedata
from functools import cache

# What the library does not know, in words that it does.
SPELLED = [
    (re.compile(r"\\(?:label|tag)\{[^}]*\}|&|\\(?:big|Big|bigl|bigr|Bigl|Bigr|textstyle)(?![A-Za-z])"), ""),
    (re.compile(r"\\ne(?![A-Za-z])"), r"\\neq"),
    (re.compile(r"\\\|"), r"\\Vert "),
    (re.compile(r"\\tfrac"), r"\\frac"),
    (re.compile(r"\\binom\s*\{([^}]*)\}\s*\{([^}]*)\}"), r"C(\1, \2)"),
    (re.compile(r"\\operatorname\s*\{([^}]*)\}\s*(?=[A-Za-z\\])"), r"\\ \\text{\1 }"),
    (re.compile(r"\\operatorname\s*\{([^}]*)\}"), r"\\ \\text{\1}"),
    (re.compile(r"\\(log|exp|sin|cos|sinh|max|min|det)(?![A-Za-z])\s*(?=[A-Za-z\\])"), r"\\ \\text{\1 }"),
    (re.compile(r"\\(log|exp|sin|cos|sinh|max|min|det)(?![A-Za-z])\s*"), r"\\ \\text{\1}"),
    (re.compile(r"\\b?p?mod(?![A-Za-z])"), r"\\ \\text{mod }"),
    (re.compile(r"\\mid(?![A-Za-z])"), r"\\ |\\ "),
]
# A subscript of several parts keeps its braces.
SEVERAL = re.compile(r"_\{([^{}]*,[^{}]*)\}")
RELATION = re.compile(r" *([∈≤≥∝=≠≈→↦⊂∼≡∖]) *")


@cache
def readable(tex: str) -> str:
    """A formula of TeX as a line of text, in letters that any font has."""
    from pylatexenc.latex2text import LatexNodes2Text

    for found, spelled in SPELLED:
        tex = found.sub(spelled, tex)
    tex = SEVERAL.sub(_kept_braces, tex)
    text = LatexNodes2Text(math_mode="text").latex_to_text(tex)
    text = RELATION.sub(r" \1 ", unicodedata.normalize("NFKC", text))
    return " ".join(re.sub(r"(?<=[(\[|‖]) | (?=[)\],])", "", text).split())


def _kept_braces(parts: re.Match[str]) -> str:
    inside = re.sub(r",(?:\s|\\,)*", ",", parts[1])
    return rf"_{{\{{{inside}\}}}}"
