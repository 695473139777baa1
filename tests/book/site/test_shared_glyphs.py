"""Letters of figures, once a page."""

import re

from repsim_book.site.shared_glyphs import CELL, FIGURE, shared

LETTER = '<path id="f{}-{}" d="M{}" transform="scale(0.015625)"/><use href="#f{}-{}"/>'


def letter(figure: str, number: int, outline: int) -> str:
    return LETTER.format(figure, number, outline, figure, number)


def test_an_outline_is_kept_once_and_used_wherever_it_was():
    first = f'<p>a</p>{CELL}x">{FIGURE}>{letter("0123abcd", 0, 7)}{letter("0123abcd", 1, 8)}</figure></div>'
    second = f'{CELL}y">{FIGURE}>{letter("9876fedc", 5, 8)}</figure></div>'
    page = shared(first + second)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) == page.count(' d="') == 2
    assert re.findall(r'href="#([^"]*)"', page) == [ids[0], ids[1], ids[1]]
    # not in a cell, whose output can be replaced
    assert page.index("<defs>") < page.index(CELL)
    assert page.startswith("<p>a</p><svg")


def test_a_page_without_figures_stays():
    assert shared("<p>a</p>") == "<p>a</p>"
    assert shared(letter("0123abcd", 0, 1)) == letter("0123abcd", 0, 1)
