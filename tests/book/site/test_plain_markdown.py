"""Chapters' text without MyST: statements, solutions, equations, references, and code left as it is."""

import re

import pytest
from places import ROOT

from repsim_book.chapters import list_chapters
from repsim_book.site.launch import names_in_text
from repsim_book.site.plain_markdown import plain, titles


@pytest.mark.parametrize(
    ("myst", "expected"),
    [
        ("```{prf:theorem} Twins\n:label: thm-t\n\n$a$\n```", "**Theorem: Twins**\n\n\n$a$\n"),
        ("```{prf:theorem} Theorem 3.1\n```", "**Theorem 3.1**\n\n"),
        (
            ":::{exercise}\n:label: ex-a\n:class: dropdown\nCount.\n:::\nAfter",
            "**Exercise**\n\nCount.\n\nAfter",
        ),
        ("````{prf:proof}\nClear.\n````", "*Proof.*\n\nClear.\n∎"),
        (
            "::::{solution} ex-a\n:class: dropdown\n\n```python\nx = {1: 2}  # {doc}`a`\n```\n::::",
            "<details><summary>Solution</summary>\n\n\n```python\nx = {1: 2}  # {doc}`a`\n```\n\n</details>",
        ),
        ("```{math}\n:label: eq-a\n\na = b\n```", "$$\n\\tag{eq-a}\na = b\n$$"),
        ("$$\na\n$$ (eq-b)\nthen", "$$\na\n\\tag{eq-b}\n$$\nthen"),
        ("{eq}`eq-b`, {cite:t}`key2025`, {glue:text}`kl:.3f`", "(eq-b), [key2025], `kl`"),
        ("{doc}`Theorem <02_theorem>`, {doc}`02_theorem`, {doc}`else`", "Theorem, The theorem, else"),
        ("{prf:ref}`thm-t`, {ref}`An exercise <ex-a>`, {ref}`none`", "Theorem “Twins”, An exercise, none"),
        ("```\n:::{exercise}\n```", "```\n:::{exercise}\n```"),
        ("text with `code` and $\\{x\\}$\n\n- a: b", "text with `code` and $\\{x\\}$\n\n- a: b"),
    ],
)
def test_what_stands_for_what(myst, expected):
    assert plain(myst, {"thm-t": "Theorem “Twins”", "02_theorem": "The theorem"}) == expected


def test_a_title_is_what_a_reference_says():
    text = "```{prf:lemma} Range of $d(x)$ ({cite:t}`key`, 4)\n:label: lem-a\n```\n:::{exercise}\n:label: ex-a\n:::\n"
    assert titles(text) == {"lem-a": "Lemma “Range of $d(x)$”", "ex-a": "Exercise"}
    assert titles("```{prf:theorem} Theorem 3.1\n:label: t\n```") == {"t": "Theorem 3.1"}


def test_nothing_of_myst_is_left_in_the_chapters():
    chapters = list_chapters(ROOT)
    called = names_in_text(chapters)
    for chapter in chapters:
        for cell in chapter.notebook.cells:
            if cell.cell_type == "markdown":
                text = plain(cell.source, called)
                assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{|^:[a-z]+: ", text, re.MULTILINE), chapter.name
                assert not re.search(r"\b(?:thm|lem|cor|prop|def|ex)-[a-z]+", text), chapter.name
                assert text.count("$$") % 2 == 0
                assert text.count("```") % 2 == 0
                assert text.count("<details>") == text.count("</details>")
