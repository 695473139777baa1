"""Repairs of the written pages: for readers who use a keyboard, a screen reader or a link.

The finished pages are repaired, because what is wrong comes from templates and writers of other packages: ids that
occur twice, roles that do not fit, text outside of landmarks.
"""

import re
from collections import Counter

from repsim_book.site import tables

# Every statement and proof gets these ids, so that no link can mean one of them.
SHARED_ID = re.compile(r' id="(?:proof|(?:proof|exercise|solution)-content)"')
REPLACED = {
    # a list must hold list items; the role that is written here has been taken out of ARIA
    'role="doc-biblioentry"': 'role="listitem"',
    # a place of the page itself is in the same window
    '<a href="#downloads" target="_blank"': '<a href="#downloads"',
    '<div id="pst-primary-sidebar"': '<div id="pst-primary-sidebar" role="complementary" aria-label="Book"',
    '<dialog id="pst-search-dialog"': '<dialog id="pst-search-dialog" aria-label="Search"',
    '<dialog id="pst-primary-sidebar-modal"': '<dialog id="pst-primary-sidebar-modal" aria-label="Chapters"',
    '<dialog id="pst-secondary-sidebar-modal"': '<dialog id="pst-secondary-sidebar-modal" aria-label="On this page"',
}

# What opens a folded cell, and the code of the cell.
FOLDED_CODE = re.compile(
    r'(?P<summary><summary aria-label="Toggle hidden content">.*?</summary>)'
    r"(?P<between>.*?<pre>)(?P<code>.*?)(?=</pre>)",
    re.DOTALL,
)


def repaired(html: str) -> str:
    """The HTML of a page with its repairs."""
    html = named_toggles(tables.mended(SHARED_ID.sub("", html)))
    for found, better in REPLACED.items():
        html = html.replace(found, better)
    return html


def named_toggles(html: str) -> str:
    """The HTML of a page on which what opens folded code says which code: its first line, for those who hear it."""
    counts: Counter[str] = Counter()

    def named(match: re.Match[str]) -> str:
        lines = (re.sub(r"<[^>]*>", "", line).strip() for line in match["code"].split("\n"))
        line = next(filter(None, lines), "")
        counts[line] += 1
        again = f", number {counts[line]}" if counts[line] > 1 else ""
        summary = match["summary"].replace(' aria-label="Toggle hidden content"', "")
        label = f'<span class="visually-hidden">: {line}{again}</span>'
        return summary.replace("</p>", f"{label}</p>") + match["between"] + match["code"]

    return FOLDED_CODE.sub(named, html)
