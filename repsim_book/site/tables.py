"""Tables that say what their rows and columns are: one row of headers, none of them empty, each with its scope.

pandas writes an empty corner above the names of rows, and the names of its indices into a second row of headers.
"""

import re
from typing import Any

TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
# Characters of a cell that holds words, which may break, and no number.
LONG = 18
# Characters of a cell that is a sentence or a list: it breaks on a wide screen too.
LONGEST = 40
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
            if len(cell.get_text(strip=True)) > LONG:
                kinds = ["words", "wraps"] if len(cell.get_text(strip=True)) > LONGEST else ["words"]
                cell["class"] = " ".join([*map(str, cell.get("class") or ()), *kinds])
        for cell in row.find_all("th"):
            cell["scope"] = "rowgroup" if int(str(cell.get("rowspan", "1"))) > 1 else "row"
    return str(soup)


def _leading_names(head: Any) -> int:
    """How many of the first headers of a row have a text."""
    texts = [cell.get_text(strip=True) for cell in head.find_all("th")]
    return next((number for number, text in enumerate(texts) if not text), 0)


def _names_rows_only(head: Any, named: int) -> bool:
    """Whether a row of headers has texts above the names of rows alone."""
    texts = [cell.get_text(strip=True) for cell in head.find_all("th")]
    return any(texts[:named]) and not any(texts[named:])
