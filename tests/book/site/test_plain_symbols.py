"""Symbols that texts spell in letters: set on the page, in words where they are heard, untouched in code."""

import pytest

from repsim_book.site.plain_symbols import as_html, in_words, typeset


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("d_KL(a, b), nats", "<i>d</i><sub>KL</sub>(a, b), nats", "d KL(a, b), nats"),
        ("2 M d_LLV²", "2 M <i>d</i><sub>LLV</sub>²", "2 M d LLV²"),
        ("d_fg, d_{f,g}", "<i>d</i><sub><b>f,g</b></sub>, <i>d</i><sub><b>f,g</b></sub>", "d f,g, d f,g"),
        ("B^(-T) g", "<b>B</b><sup>−T</sup> g", "the inverse transpose of B g"),
        ("L^T f", "<b>L</b><sup>T</sup> f", "the transpose of L f"),
        ("d_kl, d_KLX, R^2", "d_kl, d_KLX, R^2", "d_kl, d_KLX, R^2"),
    ],
)
def test_symbols_are_set_and_said(text, html, words):
    assert (as_html(text), in_words(text)) == (html, words)


def test_of_a_page_only_what_is_read_changes():
    page = (
        '<title>d_KL</title><article class="x"><p id="d_KL">d_KL<code>d_KL</code> d_KL</p>'
        '<svg aria-label="d_KL falls"><text>d_KL</text></svg><pre><span>d_KL</span></pre>d_KL</article><p>d_KL</p>'
    )
    new = "<i>d</i><sub>KL</sub>"
    assert typeset(page) == (
        f'<title>d_KL</title><article class="x"><p id="d_KL">{new}<code>d_KL</code> {new}</p>'
        f'<svg aria-label="d KL falls"><text>d_KL</text></svg><pre><span>d_KL</span></pre>{new}</article><p>d_KL</p>'
    )
