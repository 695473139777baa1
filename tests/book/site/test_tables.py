"""Headers of tables: what pandas writes, and what a page says."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from repsim_book.site.tables import UNNAMED, mended


def heads(table: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """Text and scope of the headers of a table as the book shows it, by row."""
    soup = BeautifulSoup(mended(f"<p>a</p>{table.to_html()}<p>b</p>"), "html.parser")
    assert len(soup.find_all("p")) == 2
    return [
        [(cell.get_text(strip=True), str(cell["scope"])) for cell in row.find_all("th")]
        for row in soup.find_all("tr")
    ]


VALUES = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=["x", "y"])


def test_an_unnamed_index_is_named_for_who_hears_the_table():
    assert heads(VALUES)[0] == [("Row", "col"), ("a", "col"), ("b", "col")]
    assert heads(VALUES)[1:] == [[("x", "row")], [("y", "row")]]
    assert "visually-hidden" in UNNAMED


def test_the_name_of_an_index_stands_in_the_row_of_the_columns():
    assert heads(VALUES.rename_axis("network"))[0] == [("network", "col"), ("a", "col"), ("b", "col")]
    two = VALUES.set_axis(pd.MultiIndex.from_tuples([(4, 16), (4, 32)], names=["K", "width"]))
    assert heads(two) == [
        [("K", "col"), ("width", "col"), ("a", "col"), ("b", "col")],
        [("4", "rowgroup"), ("16", "row")],
        [("32", "row")],
    ]


def test_the_name_of_the_columns_is_theirs():
    assert heads(VALUES.rename_axis(columns="width"))[0] == [("width", "row"), ("a", "col"), ("b", "col")]


def test_a_table_without_rows_has_one_row_of_headers():
    names = pd.MultiIndex.from_arrays([[], []], names=["K", "width"])
    empty = pd.DataFrame({"a": [], "b": []}, index=names)
    assert heads(empty) == [[("K", "col"), ("width", "col"), ("a", "col"), ("b", "col")]]


def test_words_may_break_and_numbers_may_not():
    table = pd.DataFrame({"a": ["0.75 [0.67, 0.83]", "plane, bird, deer, frog"]}, index=["x", "y"])
    cells = BeautifulSoup(mended(table.to_html()), "html.parser").find_all("td")
    assert [cell.get("class") for cell in cells] == [None, ["words"]]


def test_columns_in_groups():
    grouped = VALUES.set_axis(pd.MultiIndex.from_product([["both"], ["a", "b"]]), axis=1)
    first, second, *_ = heads(grouped)
    assert first == [("both", "colgroup")]
    assert second == [("Row", "col"), ("a", "col"), ("b", "col")]


@pytest.mark.parametrize("table", ["<table><tr><td>1</td></tr></table>", "<table></table>"])
def test_a_table_without_headers_stays(table):
    assert mended(table) == table


def test_a_list_breaks_on_a_wide_screen_too():
    cells = pd.DataFrame(
        {"a": ["d_KL, larger way; d_KL, one way; δ; ν; 1 − agreement", "0.95 [0.92, 0.97], of ten"]}
    )
    of_cell = [cell["class"] for cell in BeautifulSoup(mended(cells.to_html()), "html.parser").select("td")]
    assert of_cell == [["words", "wraps"], ["words"]]
