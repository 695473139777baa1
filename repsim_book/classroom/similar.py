"""Submissions that share more than the assignment explains: pairs for a person to look at, and never a verdict.

Winnowing (Schleimer, Wilkerson and Aiken, 2003, https://doi.org/10.1145/872757.872770): of all runs of `RUN` tokens of
an answer some are chosen by their hash, the same ones wherever the text is the same. Code is read without names,
numbers, texts and remarks, so that renaming hides nothing; prose word by word. What the released notebook or the
solution holds, and code that six or more and over a third of the class share, is nobody's own and does not count.
"""

from __future__ import annotations

import hashlib
import io
import keyword
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd
from nbformat import NotebookNode
from nbgrader import utils

from repsim_book.classroom.course import Course
from repsim_book.classroom.groups import shared_work
from repsim_book.classroom.notebooks import grade_id, read_notebook, skeleton_notebook
from repsim_book.classroom.tables import write_table
from repsim_core.errors import InputError

SIMILAR = "similar.csv"
# Tokens in a run, and hashes of which at least one is chosen: every common passage of RUN + WINDOW - 1 tokens is found.
RUN, WINDOW = {"code": 12, "text": 6}, 4
# Less in common says nothing: short answers resemble each other.
LEAST_RUNS = 4
# How many have to share code, at least and as a part of the class, before it is taken for common; three copies in a
# class of eight are copies.
_LEAST_MANY, _MANY = 6, 1 / 3
_COLUMNS = ("assignment", "one", "other", "kind", "share", "cells", "passage_one", "passage_other")


@dataclass(frozen=True)
class _Run:
    """Consecutive tokens of an answer, and the lines they are in."""

    cell: str
    first: int
    last: int


def write_similar(course: Course, name: str, *, least: float = 0.5) -> pd.DataFrame:
    """Write similar.csv: pairs of submissions with much in common, the most first.

    Code and text are compared apart (`kind`). `share` is that part of the shorter one's own runs that the other has as
    well; `cells` are the answers where they are, and the passages the longest of these.

    Args:
        least: share from which a pair is listed.

    Raises:
        InputError: the assignment was not released, or `least` is no share.
    """
    if not 0 < least <= 1:
        raise InputError(f"least: found {least}, expected a share above 0 and at most 1")
    course.skeleton(name)
    master = read_notebook(course.source(name).read_bytes())
    submissions = course.submissions(name)
    notebooks = {}
    for student, path in submissions.items():
        try:
            notebooks[student] = read_notebook(path.read_bytes())
        except InputError:  # graded as unreadable
            continue
    known = {each for notebook in (master, skeleton_notebook(master)) for each in _runs(notebook)}
    runs = {
        student: {each: where for each, where in _runs(notebook).items() if each not in known}
        for student, notebook in notebooks.items()
    }
    shared_by = Counter(each for own in runs.values() for each in own)
    common = {
        each
        for each, number in shared_by.items()
        if each.startswith("code") and number >= _LEAST_MANY and number > _MANY * len(runs)
    }
    members = shared_work(course, name, submissions).members
    rows = []
    for one, other in combinations(sorted(runs), 2):
        if other in members.get(one, ()):
            continue
        for kind in RUN:
            own, theirs = (
                {each for each in runs[who] if each.startswith(kind)} - common for who in (one, other)
            )
            both, fewer = own & theirs, min(len(own), len(theirs))
            if len(both) < LEAST_RUNS or len(both) < least * fewer:
                continue
            rows.append(
                {
                    "assignment": name,
                    "one": one,
                    "other": other,
                    "kind": kind,
                    "share": round(len(both) / fewer, 2),
                    "cells": ", ".join(sorted({runs[one][each].cell for each in both})),
                    "passage_one": _passage(notebooks[one], [runs[one][each] for each in both]),
                    "passage_other": _passage(notebooks[other], [runs[other][each] for each in both]),
                }
            )
    rows.sort(key=lambda row: -row["share"])
    table = pd.DataFrame(rows, columns=_COLUMNS)
    write_table(course.directory / SIMILAR, table)
    return table


def _runs(notebook: NotebookNode) -> dict[str, _Run]:
    """The chosen runs of what can be a student's own: by their hash, where they are."""
    found = {}
    for number, cell in enumerate(notebook.cells):
        if utils.is_locked(cell) or (grade_id(cell) is not None and not utils.is_solution(cell)):
            continue
        kind = "code" if cell.cell_type == "code" else "text"
        tokens = list(_code_tokens(cell.source) if kind == "code" else _words(cell.source))
        name = grade_id(cell) or f"cell {number + 1}"
        for first, run in _winnowed([token for token, _ in tokens], RUN[kind]):
            found.setdefault(f"{kind} {run}", _Run(name, tokens[first][1], tokens[first + RUN[kind] - 1][1]))
    return found


def _winnowed(tokens: Sequence[str], length: int) -> Iterator[tuple[int, str]]:
    """The place and the hash of each run that is chosen: the least hash, the last of equal ones, of every window."""
    hashes = [
        hashlib.blake2b("\0".join(tokens[at : at + length]).encode(), digest_size=8).hexdigest()
        for at in range(len(tokens) - length + 1)
    ]
    chosen = set()
    for first in range(max(len(hashes) - WINDOW + 1, min(len(hashes), 1))):
        window = range(first, min(first + WINDOW, len(hashes)))
        chosen.add(min(window, key=lambda at: (hashes[at], -at)))
    yield from ((at, hashes[at]) for at in sorted(chosen))


def _code_tokens(source: str) -> Iterator[tuple[str, int]]:
    """The tokens of code and their lines, without names of one's own, numbers, texts, remarks and line breaks."""
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            line = token.start[0] - 1
            if token.type == tokenize.NAME:
                yield (token.string if keyword.iskeyword(token.string) else "name"), line
            elif token.type == tokenize.NUMBER:
                yield "number", line
            elif token.type == tokenize.STRING:
                yield "text", line
            elif token.type == tokenize.OP:
                yield token.string, line
    except (tokenize.TokenError, SyntaxError):  # up to where it is no more code
        return


def _words(source: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(source.splitlines()):
        for word in re.findall(r"\w+", line):
            yield word.casefold(), number


def _passage(notebook: NotebookNode, runs: Sequence[_Run]) -> str:
    """The lines of the longest passage that these runs make together."""
    lines: dict[str, set[int]] = defaultdict(set)
    for run in runs:
        lines[run.cell] |= {*range(run.first, run.last + 1)}
    best: tuple[str, list[int]] = "", []
    for cell, numbers in sorted(lines.items()):
        passage: list[int] = []
        for number in sorted(numbers):
            passage = [*passage, number] if passage and number == passage[-1] + 1 else [number]
            if len(passage) > len(best[1]):
                best = cell, passage
    for number, cell in enumerate(notebook.cells):
        if (grade_id(cell) or f"cell {number + 1}") == best[0]:
            source = cell.source.splitlines()
            return "\n".join(source[each] for each in best[1] if each < len(source))
    return ""
