"""What a search can find on a page: its sections, and in them statements, exercises, symbols, functions, references.

Each is an entry with a place of its own. Its text is prose: formulas are written out in letters, and code, what code
printed, figures, and solutions are left out.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from docutils import nodes
from sphinx import addnodes

from repsim_book.site.readable_math import readable

# What is no prose; `raw` is HTML, of figures and boxes.
LEFT_OUT = (
    nodes.raw,
    nodes.literal_block,
    nodes.thead,
    nodes.comment,
    nodes.system_message,
    nodes.image,
    addnodes.toctree,
    addnodes.index,
    addnodes.desc_signature,
)
# What stands between the cells of a row.
BETWEEN_CELLS = " · "
# The class of what readers move models in; it has a place of its own and no title.
PLAYGROUND = "playground"
# Letters of the longest displayed formula that is written out.
LONGEST = 120
# Number of a numbered thing on a page: of its kind, and its id.
Number = Callable[[str, str], str]


@dataclass
class Entry:
    """A place that a search can find.

    Attributes:
        anchor: the id of the place in its page; "" for the page itself.
        kind: page, section, statement, exercise, symbol, term, reference, or of the API function, class, method and
            so on.
        title: what it is called.
        trail: titles of the sections that it is in, from the outermost.
        pieces: its text, piece by piece.
    """

    anchor: str
    kind: str
    title: str
    trail: tuple[str, ...] = ()
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text in one line."""
        text = " ".join("".join(self.pieces).split())
        return text.replace(f"{BETWEEN_CELLS.rstrip()} {BETWEEN_CELLS.lstrip()}", BETWEEN_CELLS).strip(
            BETWEEN_CELLS
        )


def words(node: nodes.Node) -> str:
    """The text of a node in one line, with its formulas."""
    whole = Entry("", "", "")
    _read([node], whole, [], lambda kind, name: "")
    return whole.text


def cited(reference: str) -> str:
    """A work by its authors' family names and its year, from the text of its entry; "" if it has none of them."""
    authors = re.split(r"(?<=\w\w)\. ", reference, maxsplit=1)[0]
    names = [name.split()[-1] for name in re.split(r",? and |, ", authors) if name.strip()]
    years = re.findall(r"\b(?:19|20)\d\d[a-z]?\b(?=\.(?:\s|$))", reference)
    if not names or not years:
        return ""
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} ({years[-1]})"


def entries(document: nodes.document, number: Number) -> list[Entry]:
    """The entries of a page, in its order.

    Args:
        document: the page, with its references resolved.
        number: the number of a statement or an exercise.
    """
    found: list[Entry] = []
    for section in document.findall(nodes.section):
        if section.parent is document:
            _section(section, (), found, number)
    return found


def _section(section: nodes.section, trail: tuple[str, ...], found: list[Entry], number: Number) -> None:
    title = words(next(section.findall(nodes.title)))
    outermost = not isinstance(section.parent, nodes.section)
    entry = Entry("" if outermost else section["ids"][0], "page" if outermost else "section", title, trail)
    found.append(entry)
    body = [child for child in section.children if not isinstance(child, nodes.title)]
    _read(body, entry, found, number)


def _read(children: Iterable[Any], entry: Entry, found: list[Entry], number: Number) -> None:
    """Add the text of these nodes to an entry, and what has a place of its own in them to the entries."""
    for node in children:
        within = entry.trail if entry.kind == "page" else (*entry.trail, entry.title)
        name = type(node).__name__
        if isinstance(node, nodes.Text):
            entry.pieces.append(node.astext())
        elif isinstance(node, nodes.math):
            entry.pieces.append(readable(node.astext()))
        elif isinstance(node, nodes.math_block):
            entry.pieces.append(_displayed(node.astext()))
        elif isinstance(node, LEFT_OUT) or _is_left_out(node):
            continue
        elif isinstance(node, addnodes.desc):
            _function(node, within, found, number)
        elif isinstance(node, nodes.citation):
            label, *rest = node.children
            title = cited("".join(map(words, rest))) or f"Reference {words(label)}"
            _own(Entry(node["ids"][0], "reference", title, ()), rest, found, number)
        elif isinstance(node, nodes.definition_list_item) and (term := _glossary_term(node)) is not None:
            _own(Entry(term["ids"][0], "term", words(term), within), node.children[1:], found, number)
        elif isinstance(node, nodes.row) and node.get("ids"):
            symbol, *rest = node.children
            _own(Entry(node["ids"][0], "symbol", words(symbol), within), rest, found, number)
        elif PLAYGROUND in getattr(node, "attributes", {}).get("classes", ()) and node["ids"]:
            _own(
                Entry(node["ids"][0], "section", PLAYGROUND.capitalize(), within),
                node.children,
                found,
                number,
            )
        elif name.startswith("exercise") and name.endswith("_node"):
            _titled(node, "exercise", node["type"], within, found, number)
        elif "countertype" in getattr(node, "attributes", {}):
            _titled(node, "statement", node["countertype"], within, found, number)
        elif isinstance(node, nodes.section) and _is_heading(node):
            _section(node, within, found, number)
        else:
            # A proof belongs to its statement, which stands before it.
            proof = name == "proof_node" and found and found[-1].kind == "statement"
            _read(node.children, found[-1] if proof else entry, found, number)
            if isinstance(node, nodes.entry):
                entry.pieces.append(BETWEEN_CELLS)
            elif not isinstance(node, nodes.Inline):  # after a block words do not run on
                entry.pieces.append(" ")


def _glossary_term(item: nodes.definition_list_item) -> nodes.term | None:
    """The term that an item of a glossary explains; None in other lists, whose terms have no places of their own."""
    first = item.children[0]
    return first if isinstance(first, nodes.term) and first["ids"] else None


def _displayed(tex: str) -> str:
    """A displayed formula; one of several lines reads as nothing in a single one."""
    text = "…" if "\\\\" in tex or "\\begin" in tex else readable(tex)
    return f" {text} " if len(text) <= LONGEST else " … "


def _is_left_out(node: nodes.Node) -> bool:
    classes = node.get("classes", []) if isinstance(node, nodes.Element) else []
    # The line under a chapter's title is the same for all of them.
    return bool({"solution", "chapter-head"} & set(classes)) or (
        isinstance(node, nodes.container) and "cell" in classes
    )


def _is_heading(section: nodes.section) -> bool:
    """Whether a section is one of the page; the bodies of statements and exercises are of the same kind."""
    return isinstance(section.parent, nodes.section | nodes.document) and any(
        isinstance(child, nodes.title) for child in section.children
    )


def _own(entry: Entry, children: Iterable[nodes.Node], found: list[Entry], number: Number) -> None:
    found.append(entry)
    _read(children, entry, found, number)


def _function(node: addnodes.desc, within: tuple[str, ...], found: list[Entry], number: Number) -> None:
    """A function, a class or a member of one; members are inside of their class."""
    signature, content = (
        next(node.findall(addnodes.desc_signature)),
        next(node.findall(addnodes.desc_content)),
    )
    kind = "attribute" if node["objtype"] == "property" else node["objtype"]
    entry = Entry(signature["ids"][0], kind, signature["fullname"], within[:1])
    _own(entry, content.children, found, number)


def _titled(
    node: Any, kind: str, counted: str, within: tuple[str, ...], found: list[Entry], number: Number
) -> None:
    """A statement or an exercise; the page shows its number in front of its title, which is in parentheses."""
    heading, *body = node.children
    title = words(heading).removeprefix("(").removesuffix(")")
    called = f"{node.get('realtype', counted).capitalize()} {number(counted, node['ids'][0])}".strip()
    _own(Entry(node["ids"][0], kind, f"{called}: {title}" if title else called, within), body, found, number)
