"""Chapters' text without MyST: statements, solutions, equations, references, and code left as it is."""

import pytest

from repsim_book.site.plain_markdown import Words, equations, pieces, titles

CITED = {"key": ("Nielsen et al.", "2025a")}


@pytest.mark.parametrize(
    ("myst", "expected"),
    [
        ("```{prf:theorem} Twins\n:label: thm-t\n\n$a$\n```", "**Theorem: Twins**\n\n\n$a$"),
        ("```{prf:theorem} Theorem 3.1\n```", "**Theorem 3.1**"),
        (
            ":::{exercise}\n:label: ex-a\n:class: dropdown\nCount.\n:::\nAfter",
            "### Exercise\n\nCount.|After",
        ),
        ("````{prf:proof}\nClear.\n````", "*Proof.*\n\nClear.\n∎"),
        (
            "Before\n::::{solution} ex-a\n:class: dropdown\n\n```text\nx = {1: 2}  # {doc}`a`\n```\n::::\nAfter",
            "Before|#### Solution|```text\nx = {1: 2}  # {doc}`a`\n```|After",
        ),
        (":::{solution-start} ex-a\n:::\n\nFirst:", "#### Solution|First:"),
        ("Last.\n\n:::{solution-end}\n:::\n\n## Next", "Last.|## Next"),
        ("```{exercise} Which $K$?\n:label: ex-a\n```", "### Exercise: Which $K$?"),
        ("```{math}\n:label: eq-a\n\na = b\n```", "$$\n\\tag{eq-a}\na = b\n$$"),
        ("$$\na\n$$ (eq-b)\nthen", "$$\na\n\\tag{2}\n$$\nthen"),
        (
            "{eq}`eq-b`, {cite:t}`other`, {glue:text}`kl:.3f`, {glue:text}`n`, {result}`share:.1%`",
            "(2), [other], `kl`, 3, 12.5%",
        ),
        ("{cite:t}`key` {cite:p}`key, other`", "Nielsen et al. [2025a] [Nielsen et al., 2025a; other]"),
        ("{download}`The table <a.csv>`, {py:func}`~a.b.c`, {py:func}`a.b`", "The table, `c`, `a.b`"),
        ("{doc}`Theorem <02_theorem>`, {doc}`02_theorem`, {doc}`else`", "Theorem, The theorem, else"),
        ("{prf:ref}`thm-t`, {ref}`An exercise <ex-a>`, {ref}`none`", "Theorem “Twins”, An exercise, none"),
        ("```\n:::{exercise}\n```", "```\n:::{exercise}\n```"),
        ("text with `code` and $\\{x\\}$\n\n- a: b", "text with `code` and $\\{x\\}$\n\n- a: b"),
    ],
)
def test_what_stands_for_what(myst, expected):
    called = {"thm-t": "Theorem “Twins”", "02_theorem": "The theorem", "eq-b": "2"}
    assert "|".join(pieces(myst, Words(called, CITED, {"n": 3, "share": 0.125}))) == expected


def test_a_title_is_what_a_reference_says():
    text = "```{prf:lemma} Range of $d(x)$ ({cite:t}`key`, 4)\n:label: lem-a\n```\n:::{exercise}\n:label: ex-a\n:::\n"
    assert titles(text) == {"lem-a": "Lemma “Range of $d(x)$”", "ex-a": "Exercise"}
    assert titles("```{prf:theorem} Theorem 3.1\n:label: t\n```") == {"t": "Theorem 3.1"}


def test_equations_are_numbered_as_on_the_page():
    text = "$$\na\n$$ (eq-a)\n$$\nno\n$$\n:::{math}\n:label: eq-b\nb\n:::\n$$ c $$ (eq-c)"
    assert equations(text) == ["eq-a", "eq-b", "eq-c"]
