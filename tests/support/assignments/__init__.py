"""Wrong answers to the assignments, as students would give them, and what each of them costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A wrong answer.

    Attributes:
        mistake: what is wrong with it, in a few words.
        cell: the grade_id of the solution cell that it replaces.
        loses: the grade_ids of the tests that it fails; all others still pass.
        source: of the cell.
    """

    mistake: str
    cell: str
    loses: frozenset[str]
    source: str


def wrong(mistake: str, cell: str, source: str, *, loses: str | None = None) -> Wrong:
    """A wrong answer to one task, which loses the points of that task's test; `loses` names others, or none."""
    return Wrong(mistake, cell, frozenset((f"test-{cell}" if loses is None else loses).split()), source)


def changed(source: str, old: str, new: str) -> str:
    """A right answer with one mistake put in."""
    assert old in source
    return source.replace(old, new)
