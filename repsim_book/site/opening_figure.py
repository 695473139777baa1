"""The figure on a chapter's first screen: the output of its cell tagged `opening-figure`, wherever the cell stands.

A figure that says what a chapter found can be drawn only when the chapter has computed it. So the cell stays where it
is, and what it drew stands above, after the first paragraphs.
"""

from typing import Any

from docutils import nodes

TAG = "tag_opening-figure"
ANCHOR = "opening-figure"


def move(app: Any, doctree: nodes.document) -> None:
    """Move the figure to the head of its page, and leave a line with a link in its place."""
    cell = next((each for each in doctree.findall(nodes.container) if TAG in each["classes"]), None)
    if cell is None:
        return
    outputs = [
        each
        for each in cell.children
        if isinstance(each, nodes.container) and "cell_output" in each["classes"]
    ]
    title = next(doctree.findall(nodes.title), None)
    if not outputs or title is None:
        return
    for each in outputs:
        cell.remove(each)
    section = title.parent
    place = next(
        number
        for number, each in enumerate(section.children)
        if not isinstance(each, nodes.title | nodes.paragraph | nodes.target | nodes.comment)
    )
    section.insert(place, nodes.container("", *outputs, classes=["cell", "repsim-opening"], ids=[ANCHOR]))
    link = nodes.reference("", "figure at the head of this page", refid=ANCHOR, internal=True)
    line = nodes.paragraph("", "", nodes.Text("This code draws the "), link, nodes.Text("."))
    cell.parent.insert(cell.parent.index(cell) + 1, line)
