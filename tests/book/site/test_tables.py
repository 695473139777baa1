"""Headers of tables: what pandas writes, and what a page says."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from repsim_book.site.tables import CARDS, LABEL, UNNAMED, mended


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


def markdown(*rows: list[str]) -> BeautifulSoup:
    """A table as MyST writes it, mended."""
    head, *body = [
        "".join(f"<{tag}>{cell}</{tag}>" for cell in row) for row, tag in zip(rows, ["th", "td"], strict=True)
    ]
    lines = "".join(f"<tr>{row}</tr>" for row in body)
    html = f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
    return BeautifulSoup(mended(html), "html.parser")


SOURCE = '<annotation encoding="application/x-tex">d_{\\mathrm{KL}}</annotation>'
FORMULA = f'<span class="math"><math>{SOURCE}</math>..</span>'
SENTENCE = "a sentence of more than a few words, which is long"


@pytest.mark.parametrize(
    ("rows", "cards"),
    [
        ([["a", "b"], ["1", "2"]], False),
        ([["a", "b"], ["x", SENTENCE]], True),
        ([["a", "b", "c", "d"], ["uninterrupted", "intelligible", "measurement", "x"]], True),
        ([["a", "b"], ["one two three four", "one two three"]], False),
    ],
)
def test_rows_of_words_are_cards_on_a_phone(rows, cards):
    table = markdown(*rows)
    assert (CARDS in table.table["class"]) == cards
    assert bool(table.select(f"[{LABEL}]")) == (cards and len(rows[0]) > 2), "two columns need no names"


def test_cells_of_cards_name_their_columns():
    table = markdown(["", f"{FORMULA}, nats", "Meaning"], ["x", "0.1", SENTENCE])
    assert [cell.get(LABEL) for cell in table.select("td")] == [None, "d_KL, nats", "Meaning"]
    table = markdown(["Task", "a", "b"], ["1.6", "x", SENTENCE])
    assert table.td[LABEL] == "Task"


def test_numbers_stay_side_by_side():
    wide = pd.DataFrame({f"measure number {each}": ["0.123456789"] for each in range(9)})
    assert CARDS not in mended(wide.to_html())
    told = BeautifulSoup(mended(pd.DataFrame({"a": [SENTENCE], "b": [1]}).to_html()), "html.parser")
    assert CARDS in told.table["class"]
    assert [cell.get(LABEL) for cell in told.select("tbody > tr > *")] == [None, "a", "b"]


def test_intervals_and_units_are_not_parted():
    cells = BeautifulSoup(
        mended(
            pd.DataFrame({"a": ["−0.1 [−0.5, +0.3]", "0.1 to 0.9, K = 4, f-norm", "1 − d_{f,g}"]}).to_html()
        ),
        "html.parser",
    )
    found = [(each["class"][0], each.get_text()) for each in cells.select("td span")]
    assert found == [
        ("interval", "[−0.5, +0.3]"),
        ("interval", "0.1 to 0.9"),
        ("unit", "K = 4"),
        ("unit", "f-norm"),
        ("unit", "1 − d_{f,g}"),
    ]
    assert cells.select("td")[1].get_text() == "0.1 to 0.9, K = 4, f-norm"
    kept = markdown(["a"], ["<code>x [0, 1]</code>"])
    assert str(kept.td.code) == "<code>x [0, 1]</code>"


def test_long_names_of_code_may_break():
    name = "repsim_core.measures.other_inputs"
    table = markdown(["a"], [f'<code><span class="pre">{name}</span></code>'])
    assert table.td.get_text() == name
    assert str(table.select_one(".pre")).count("<wbr/>") == 4


def test_values_are_said_for_readers():
    table = pd.DataFrame({"a": [0.5, None], "b": [True, False]}, index=["x", "y"])
    cells = BeautifulSoup(mended(table.to_html()), "html.parser").select("td")
    assert [cell.get_text() for cell in cells] == ["0.5", "yes", "–", "no"]
