"""A submission in the assignment's own frame: which of its cells are the answers, and what a person has to look at.

Nothing that a student wrote is lost. Where it stands in an unexpected place it is either used or shown to the person
who gives points, with the place where it was found.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.belonging import defined, homes, is_code
from repsim_book.classroom.notebooks import grade_id
from repsim_book.classroom.pictures import complete_pictures, moved


@dataclass(frozen=True)
class Restored:
    """A submission with its tests restored.

    Attributes:
        notebook: to execute and grade.
        look_at: what a person has to look at, a sentence each that begins with the name of the answer.
    """

    notebook: NotebookNode
    look_at: tuple[str, ...]


# Cells for answers that no points are for.
_ABOUT = ("student", "time_spent")
# How tests ask whose numbers they look at. The id is written in its place: code of the student's own could set the
# variable.
_WHOSE = 'os.environ.get("REPSIM_STUDENT", student)'


def restore(skeleton: NotebookNode, submission: NotebookNode, student: str | None = None) -> Restored:
    """The submission's answers in the assignment's own frame; nothing else that a student did to it can matter.

    All marked cells are there, in the skeleton's order and with its metadata (points, and no tags that would skip a
    cell); tests and locked text are the skeleton's. Answers are the student's. Of an answer that is there more than
    once, copies that nobody worked on do not count; of the others it is the last before its test. Unmarked cells are
    the student's own and stay behind the marked cell that they follow.

    A written answer whose cell has been left as it was, or is missing, gets the text that follows it, or else every
    text of the student's own that is anywhere in the notebook. A missing code cell does not undo what others define.

    Args:
        skeleton: from `skeleton_notebook`.
        submission: from `read_notebook`.
        student: under whose id it was handed in; tests that ask for a student's own numbers have it in their source.
            None leaves them as they are.
    """
    return _Restoring(skeleton, submission, student).result()


def is_blank(skeleton: NotebookNode, submission: NotebookNode) -> bool:
    """Whether a submission is the released notebook as it was: nothing answered, and nothing of one's own in it.

    Whose it is may stand in it, and how long it took.
    """
    found = _Restoring(skeleton, submission, None)
    answers = {name for name, cell in found.marked.items() if utils.is_solution(cell)} - {*_ABOUT}
    return answers <= {*found.open} and not found.texts and not found.own_code


@dataclass
class _Restoring:
    skeleton: NotebookNode
    submission: NotebookNode
    student: str | None
    look_at: list[str] = field(default_factory=list)

    @cached_property
    def marked(self) -> dict[str, NotebookNode]:
        return {name: cell for cell in self.skeleton.cells if (name := grade_id(cell)) is not None}

    @cached_property
    def released(self) -> set[str]:
        """All that the assignment itself says."""
        return {"", *(cell.source.strip() for cell in self.skeleton.cells)}

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Where the marked cells are in the submission, each as often as it is there."""
        found = defaultdict(list)
        for number, cell in enumerate(self.submission.cells):
            if (name := grade_id(cell)) in self.marked:
                found[name].append(number)
        return found

    def result(self) -> Restored:
        chosen = {name: self._chosen(name) for name in self.marked if name in self.places}
        followers: dict[str | None, list[int]] = defaultdict(list)
        before: str | None = None
        for number, cell in enumerate(self.submission.cells):
            name = grade_id(cell)
            if name is not None and chosen.get(name) == number:
                before = name
            else:
                followers[before].append(number)
        own = followers[None]
        cells = [_plain(self.submission.cells[number]) for number in own]
        for name, cell in self.marked.items():
            missing = name not in chosen
            own = own if missing else followers[name]  # what follows a missing cell follows the one before
            answer = None if missing else self.submission.cells[chosen[name]]
            cells.append(self._answered(name, cell, answer, own))
            if not missing:
                cells += [_plain(self.submission.cells[number]) for number in own]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
            complete_pictures(cell)
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(self.skeleton.metadata))
        return Restored(notebook, tuple(self.look_at))

    def _chosen(self, name: str) -> int:
        """Which copy of a marked cell counts."""
        cell, places = self.marked[name], self.places[name]
        sources = {number: self.submission.cells[number].source.strip() for number in places}
        touched = [number for number in places if sources[number] not in ("", cell.source.strip())]
        if not utils.is_solution(cell) or not touched:
            return places[-1]
        test = self._test_of(name)
        before = [number for number in touched if number < test]
        found = before[-1] if before else touched[-1]
        others = [number for number in touched if sources[number] != sources[found]]
        if others:
            also = _cells(others)
            self.look_at.append(
                f"{name}: {len(others) + 1} different answers; that in cell {found + 1} counts, not {also}"
            )
        elif not before and cell.cell_type == "code":
            self.look_at.append(f"{name}: the answer, in cell {found + 1}, stands behind its test")
        return found

    def _test_of(self, name: str) -> int:
        """Where the test of an answer in code is; behind everything for a written one, or where it is missing."""
        after = list(self.marked)[list(self.marked).index(name) :]
        if self.marked[name].cell_type == "code":
            for other in after[1:]:
                if utils.is_solution(self.marked[other]):
                    break
                if utils.is_grade(self.marked[other]) and other in self.places:
                    return self.places[other][0]
        return len(self.submission.cells)

    def _answered(
        self, name: str, cell: NotebookNode, answer: NotebookNode | None, own: Sequence[int]
    ) -> NotebookNode:
        """A marked cell with the student's answer, None if it is missing; `own` follow it."""
        cell, released = copy.deepcopy(cell), cell.source
        if answer is not None and not utils.is_locked(cell):
            cell.source = answer.source
            if cell.cell_type == "markdown" and "attachments" in answer:  # pictures of a written answer
                cell["attachments"] = copy.deepcopy(answer["attachments"])
        if not utils.is_solution(cell):
            if self.student is not None and utils.is_locked(cell):
                cell.source = cell.source.replace(_WHOSE, repr(self.student))
            return cell
        untouched = cell.source.strip() in ("", released.strip())
        if cell.cell_type == "markdown" and untouched:
            places = self._elsewhere(name, own)
            cell.source = released
            for place in places:
                self._show(cell, place, named=place not in own)
        elif cell.cell_type == "code":
            if untouched and (found := self._may_be(name, self.own_code)):
                said = "missing" if answer is None else "left as it was"
                self.look_at.append(f"{name}: {said}; own code in {_cells(found)}")
            if answer is None:
                cell.source = "# The cell for this answer is missing."
        return cell

    def _elsewhere(self, name: str, own: Sequence[int]) -> list[int]:
        """For a written answer that is not in its cell: where the texts behind it are, else all that may be its own."""
        near = [number for number in own if number in self.texts]
        if near:
            return near
        found = self._may_be(name, self.texts)
        if found:
            self.look_at.append(f"{name}: left as it was; text in {_cells(found)}, shown in its place")
        return found

    def _may_be(self, name: str, places: Iterable[int]) -> list[int]:
        """Which of these cells may be an answer that is not in its own; see `belonging`."""
        return [number for number in places if name in self.homes[number]]

    def _show(self, cell: NotebookNode, place: int, *, named: bool) -> None:
        """Add a text from elsewhere, with its pictures, to a written answer."""
        held = self.submission.cells[place].get("attachments", {})
        text, pictures = moved(self.texts[place], held, place + 1)
        where = f"**Found in cell {place + 1}:**\n\n" if named else ""
        cell.source += f"\n\n{where}{text}"
        if pictures:
            cell.setdefault("attachments", nbformat.from_dict({})).update(nbformat.from_dict(pictures))

    @cached_property
    def texts(self) -> dict[int, str]:
        """What the student wrote, and no answer's cell holds, by place."""
        found = {}
        for number, cell in enumerate(self.submission.cells):
            name = grade_id(cell)
            frame = self.marked.get(name) if name is not None else None
            if frame is None:
                if cell.source.strip() not in self.released and not is_code(cell):
                    found[number] = cell.source
            elif frame.cell_type == "markdown" and not utils.is_solution(frame):
                before = {line.strip() for line in frame.source.splitlines()}
                added = [line for line in cell.source.splitlines() if line.strip() not in before]
                if added:
                    found[number] = "\n".join(added)
        return found

    @cached_property
    def own_code(self) -> list[int]:
        """Unmarked cells of code, raw ones too, and tests in whose place the student has defined something."""
        return [
            number
            for number, cell in enumerate(self.submission.cells)
            if cell.cell_type in ("code", "raw") and self._is_own(cell)
        ]

    @cached_property
    def open(self) -> list[str]:
        """The answers that are as they were released, or missing: what is elsewhere may be one of them."""
        found = []
        for name, frame in self.marked.items():
            sources = {self.submission.cells[number].source.strip() for number in self.places.get(name, ())}
            if utils.is_solution(frame) and not sources - {"", frame.source.strip()}:
                found.append(name)
        return found

    @cached_property
    def homes(self) -> Mapping[int, Set[str]]:
        """Of which of the open answers each cell of the student's own may be one."""
        there = [grade_id(cell) for cell in self.submission.cells]
        own = {number: self.submission.cells[number] for number in {*self.texts, *self.own_code}}
        return homes(self.skeleton, there, own, self.open)

    def _is_own(self, cell: NotebookNode) -> bool:
        frame = self.marked.get(grade_id(cell) or "")
        if frame is None:
            return cell.source.strip() not in self.released and is_code(cell)
        return not utils.is_solution(frame) and bool(defined(cell.source) - defined(frame.source))


def _cells(numbers: Sequence[int]) -> str:
    return f"cell{'s' * (len(numbers) > 1)} {', '.join(str(number + 1) for number in numbers)}"


def _plain(cell: NotebookNode) -> NotebookNode:
    new = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}
    made = new.get(cell.cell_type, nbformat.v4.new_markdown_cell)(cell.source)
    if cell.cell_type == "markdown" and "attachments" in cell:
        made["attachments"] = copy.deepcopy(cell["attachments"])
    return made
