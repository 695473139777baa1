"""The line under a chapter's title: its number, as the commands take it, minutes to read, and what it builds on.

The number is that of the chapter's file, the chapters that it builds on stand in its metadata (`repsim: needs: [...]`),
and the minutes are counted from its words.
"""

import json
import math
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_node, solution_node
from sphinx_proof.nodes import proof_node

from repsim_book.paths import CHAPTERS, HEADS_FILE

# Words that a reader takes in in a minute, of prose with formulas in it, and minutes that times are rounded to.
PACE, ROUND = 180, 5
# What is read by those who have more time.
_ASIDE = (proof_node, solution_node, exercise_node)


def insert(app: Any, doctree: nodes.document) -> None:
    """Put the line under the title of a chapter; other pages stay as they are."""
    file = Path(app.srcdir) / HEADS_FILE
    folder, _, name = app.env.docname.rpartition("/")
    needs = json.loads(file.read_text(encoding="utf-8")).get(name) if file.is_file() else None
    title = next(doctree.findall(nodes.title), None)
    if folder != CHAPTERS or needs is None or title is None:
        return
    line = nodes.paragraph("", "", classes=["chapter-head"])
    line += nodes.inline("", f"Chapter {name.partition('_')[0]}", classes=["chapter-number"])
    line += nodes.Text(f" · {minutes(doctree)} minutes without proofs and exercises · ")
    line += nodes.Text("builds on " if needs else "builds on no other chapter")
    for number, chapter in enumerate(needs):
        before = "" if number == 0 else ", " if number < len(needs) - 1 else " and "
        line += nodes.Text(f"{before}{chapter.partition('_')[0]} ")
        line += _link(app.env.docname, f"/{CHAPTERS}/{chapter}")
    title.parent.insert(title.parent.index(title) + 1, line)


def minutes(doctree: nodes.document) -> int:
    """How long it takes to read a page's text without its proofs, exercises and code; at least one step."""
    words = sum(
        len(each.astext().split()) for each in doctree.findall(nodes.paragraph) if not _is_aside(each)
    )
    return ROUND * max(1, math.ceil(words / PACE / ROUND))


def _is_aside(node: nodes.Node) -> bool:
    while (node := node.parent) is not None:
        if isinstance(node, _ASIDE):
            return True
    return False


def _link(page: str, chapter: str) -> addnodes.pending_xref:
    """A link to a chapter, by its title; a chapter that is not there stops the build."""
    name = nodes.inline("", chapter, classes=["std", "std-doc"])
    options = {
        "refdomain": "std",
        "reftype": "doc",
        "reftarget": chapter,
        "refexplicit": False,
        "refwarn": True,
    }
    return addnodes.pending_xref("", name, refdoc=page, **options)
