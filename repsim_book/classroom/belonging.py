"""Of which answer a cell of a student's own may be one: by what it defines, by its number, or by where it stands.

Whoever gives points looks at each answer that was left as it was together with what may belong to it, and at nothing
else. Where nothing tells, a cell may be any of them: what a student wrote is not lost.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence, Set

from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.apart.names import bound, compiled, read
from repsim_book.classroom.notebooks import grade_id

# The heading of a part, "## 3. Both sides"; and how students say which question a text answers: "3.", "3)", "Task 3:",
# "**Question 3**", "## 1.3".
_PART = re.compile(r"^##\s+(\d+)?", re.MULTILINE)
_SAID = re.compile(
    r"^[\s#*_>]*(?:(?:answer|exercise|part|problem|question|task|q)\s*(?:\d+\.)?(\d+)\b|(?:\d+\.)?(\d+)\s*[.):])",
    re.IGNORECASE | re.MULTILINE,
)


def homes(
    skeleton: NotebookNode,
    there: Sequence[str | None],
    own: Mapping[int, NotebookNode],
    unanswered: Collection[str],
) -> dict[int, Set[str]]:
    """The answers of which each cell may be one.

    A cell that defines a name which an answer is to define, or its test asks for, is that answer, a raw cell too; other
    code is none of an answer whose names are known. A text that begins with the number of a
    part is of that part. Else it is of the part in which it stands, or, between two, of either; and what stands there
    where nothing is unanswered, or before or behind all parts, may be any.

    Args:
        skeleton: the assignment.
        there: by place in the submission, the name of the marked cell.
        own: cells of the student's own, by place.
        unanswered: names of answers that were left as they were, or are missing.
    """
    parts, numbers = _parts(skeleton)
    asked = {
        name: cell for cell in skeleton.cells if (name := grade_id(cell)) is not None and name in unanswered
    }
    kinds = {name: cell.cell_type for name, cell in asked.items()}
    wanted = {name: _wanted(skeleton, name) for name, kind in kinds.items() if kind == "code"}
    found: dict[int, Set[str]] = {}
    for number, cell in own.items():
        written = is_code(cell)
        code = cell.cell_type == "code" and holds_code(cell.source)
        made = defined(cell.source) | _assigned(cell.source) if written else set()
        by_name = {name for name, names in wanted.items() if made & names}
        of_kind = {name for name, kind in kinds.items() if (kind == "code") == code} or {*kinds}
        if written:
            of_kind -= {name for name, names in wanted.items() if names}
        said = set() if code else {each for pair in _SAID.findall(cell.source) for each in pair if each}
        by_number = {name for name in of_kind if numbers.get(parts.get(name, -1)) in said}
        around = _around(number, there, parts)
        by_place = {name for name in of_kind if parts.get(name) in around}
        found[number] = by_name or by_number or by_place or of_kind
    return found


def is_code(cell: NotebookNode) -> bool:
    """Whether a cell holds code; a raw one does if it defines something."""
    if cell.cell_type == "raw":
        return bool(defined(cell.source))
    return cell.cell_type == "code" and holds_code(cell.source)


def _wanted(skeleton: NotebookNode, answer: str) -> set[str]:
    """The names that an answer in code is to define: those of its cell, and those that its tests alone read."""
    found: set[str] = set()
    made = {name for cell in skeleton.cells if cell.cell_type == "code" for name in _bound(cell.source)}
    behind = False
    for cell in skeleton.cells:
        name = grade_id(cell)
        if cell.cell_type != "code" or name is None:
            continue
        if utils.is_solution(cell):
            behind = name == answer
            found |= _bound(cell.source) if behind else set()
        elif behind and utils.is_grade(cell):
            found |= read(compiled(statements(cell.source), "<test>")) - made
    return found


def _bound(source: str) -> set[str]:
    """What a cell binds where it stands."""
    return bound(compiled(statements(source), "<cell>"))


def holds_code(source: str) -> bool:
    """Whether a cell of code holds some, and not prose or remarks alone."""
    return any(
        not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant | ast.Name))
        for each in statements(source)
    )


def defined(source: str) -> set[str]:
    """The functions and classes that a cell defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {each.name for each in statements(source) if isinstance(each, kinds)}


def statements(source: str) -> list[ast.stmt]:
    """Those of a cell; none of one that cannot be read."""
    lines = ["pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _assigned(source: str) -> set[str]:
    """The names to which a cell gives values."""
    return {
        node.id
        for each in statements(source)
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for node in ast.walk(each)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _parts(skeleton: NotebookNode) -> tuple[dict[str, int], dict[int, str]]:
    """By the name of a marked cell the part in which it stands, in order; and the number that its heading gives."""
    parts, numbers, part = {}, {}, 0
    for cell in skeleton.cells:
        heading = (
            _PART.search(cell.source)
            if cell.cell_type == "markdown" and not utils.is_solution(cell)
            else None
        )
        if heading is not None:
            part += 1
            if heading[1]:
                numbers[part] = heading[1]
        if (name := grade_id(cell)) is not None:
            parts[name] = part
    return parts, numbers


def _around(number: int, there: Sequence[str | None], parts: Mapping[str, int]) -> set[int]:
    """The parts of the marked cells next to a place: before and behind it; none where it is at an end."""
    found = [None if name is None else parts.get(name) for name in there]
    before = next((part for part in reversed(found[:number]) if part is not None), None)
    behind = next((part for part in found[number:] if part is not None), None)
    return set() if before is None or behind is None else {before, behind}
