"""Tables that say what their rows and columns are: one row of headers, none of them empty, each with its scope.

pandas writes an empty corner above the names of rows, and the names of its indices into a second row of headers.
A table of words that a phone would have to scroll is marked: there each of its rows is a card (book.css).
"""

import copy
import re
from typing import Any

from repsim_book.site.readable_math import readable

TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
# Characters of a cell that holds words, which may break, and no number.
LONG = 18
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[^\W\d_]{3}")
# What breaks on a phone alone, and what never does: intervals; a value with its name, 1 minus something, f-norm.
INTERVAL = r"\[[^][]*\d[^][]*\]|[+−-]?[\d.,]+ to [+−-]?[\d.,]*\d"
UNIT = r"[\w.]+ [=<≤] [\d.]+|1 − [\w{},]+|\b\w{1,6}-\w{1,6}\b"
WHOLE = re.compile(rf"(?P<interval>{INTERVAL})|(?P<unit>{UNIT})")
# Characters of a cell that is a sentence or a list: it breaks on a wide screen too.
LONGEST = 40
# The class of a table whose rows are cards on a phone, and the attribute of a cell that names its column there.
CARDS = "as-cards"
LABEL = "data-label"
# Pixels of a letter and of a column's edges, and those that the narrowest phone has for a table.
_LETTER, _EDGES, _PHONE = 8, 24, 280
# Values as Python writes them, and for readers.
SAID = {"NaN": "–", "None": "–", "True": "yes", "False": "no"}
# What the names of rows are where a table does not say it: for those who hear the table.
UNNAMED = '<span class="visually-hidden">Row</span>'


def mended(html: str) -> str:
    """The HTML of a page with the headers of its tables mended."""
    return TABLE.sub(lambda match: _mended(match[0]), html)


def _mended(table: str) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(table, "html.parser")
    whole = soup.table
    if whole is None or whole.thead is None:
        return table
    _let_names_break(soup)
    heads = whole.thead.find_all("tr")
    rows = whole.tbody.find_all("tr") if whole.tbody else []
    # How many columns hold names of rows: of the row that has most, as rows under a name that spans them have fewer.
    named = max((len(row.find_all("th")) for row in rows), default=_leading_names(heads[-1]))
    if len(heads) > 1 and _names_rows_only(heads[-1], named):
        for above, name in zip(heads[-2].find_all("th"), heads[-1].find_all("th")[:named], strict=False):
            if not above.get_text(strip=True):
                above.replace_with(name)
        heads.pop().decompose()
    elif len(heads) == 1 and named and heads[0].th is not None and heads[0].th.get_text(strip=True):
        # pandas writes the name of the columns there if the rows' names have none.
        heads[0].th["scope"] = "row"
    for head in heads:
        for number, cell in enumerate(head.find_all("th")):
            if not cell.get_text(strip=True):
                if number < max(named, 1) and head is heads[-1]:
                    cell.append(BeautifulSoup(UNNAMED, "html.parser"))
                else:
                    cell.name = "td"
                    continue
            cell.attrs.setdefault("scope", "colgroup" if int(str(cell.get("colspan", "1"))) > 1 else "col")
    for row in rows:
        for cell in row.find_all(["td", "th"]):
            if "dataframe" in (whole.get("class") or ()) and cell.string in SAID:
                cell.string = SAID[str(cell.string)]
            _keep_wholes(soup, cell)
            if len(cell.get_text(strip=True)) > LONG and WORD.search(cell.get_text()):
                kinds = ["words", "wraps"] if len(cell.get_text(strip=True)) > LONGEST else ["words"]
                cell["class"] = " ".join([*map(str, cell.get("class") or ()), *kinds])
        for cell in row.find_all("th"):
            cell["scope"] = "rowgroup" if int(str(cell.get("rowspan", "1"))) > 1 else "row"
    _mark_cards(whole, heads[-1], rows)
    return str(soup)


def _keep_wholes(soup: Any, cell: Any) -> None:
    """Mark what is not to be parted in a cell that has text alone."""
    text = cell.string or ""
    found = list(WHOLE.finditer(text))
    if not found or cell.find(True) is not None:
        return
    cell.clear()
    end = 0
    for each in found:
        whole = soup.new_tag("span", attrs={"class": each.lastgroup})
        whole.string = each[0]
        cell.extend([text[end : each.start()], whole])
        end = each.end()
    cell.append(text[end:])


def _let_names_break(soup: Any) -> None:
    """Let long names of code break after a full stop or an underscore."""
    for text in soup.select("code .pre"):
        name = text.get_text()
        if len(name) <= LONG or text.find(True) is not None:
            continue
        text.clear()
        for number, part in enumerate(re.split(r"(?<=[._])(?=\w)", name)):
            if number:
                text.append(soup.new_tag("wbr"))
            text.append(part)


def _mark_cards(table: Any, head: Any, rows: list[Any]) -> None:
    """Mark a table whose rows are to be cards on a phone, and name the columns of its cells if they are several."""
    cells = [row.find_all(["td", "th"]) for row in rows]
    columns = head.find_all(["td", "th"])
    if any(len(row) != len(columns) for row in cells) or table.select("[rowspan], [colspan]"):
        return
    texts = [[_said(cell) for cell in row] for row in [columns, *cells]]
    width = sum(_LETTER * max(map(_longest_word, column)) + _EDGES for column in zip(*texts, strict=True))
    sentences = any(len(text) > LONGEST for row in texts[1:] for text in row)
    if not sentences and (width <= _PHONE or "dataframe" in (table.get("class") or ())):
        return
    table["class"] = [*(table.get("class") or ()), CARDS]
    for row in cells if len(columns) > 2 else ():
        for number, (name, cell) in enumerate(zip(texts[0], row, strict=True)):
            # the first cell is the card's title, which says what it is, if it is no number
            if name and (number or not LETTER.search(cell.get_text())):
                cell[LABEL] = name


def _said(cell: Any) -> str:
    """The text of a cell, its formulas in letters."""
    plain = copy.copy(cell)
    for formula in plain.select(".math"):
        source = formula.find("annotation")
        formula.replace_with(re.sub(r"[{}]", "", readable(source.get_text())) if source is not None else "")
    for hidden in plain.select(".visually-hidden"):
        hidden.decompose()
    return " ".join(plain.get_text().split())


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _leading_names(head: Any) -> int:
    """How many of the first headers of a row have a text."""
    texts = [cell.get_text(strip=True) for cell in head.find_all("th")]
    return next((number for number, text in enumerate(texts) if not text), 0)


def _names_rows_only(head: Any, named: int) -> bool:
    """Whether a row of headers has texts above the names of rows alone."""
    texts = [cell.get_text(strip=True) for cell in head.find_all("th")]
    return any(texts[:named]) and not any(texts[named:])
