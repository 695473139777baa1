"""What the masters of the book hold and students are not given: hidden tests, solutions, model answers."""

import re
from functools import cache

from nbgrader import utils
from places import ROOT

from repsim_book.classroom.notebooks import read_master, release_notebook

# Shorter lines stand anywhere.
LEAST = 40
_BLOCK = re.compile(r"### BEGIN (?:HIDDEN TESTS|SOLUTION)\n(.*?)### END (?:HIDDEN TESTS|SOLUTION)", re.DOTALL)


@cache
def kept_back():
    """Lines by the name of the assignment; none that a student's notebook shows."""
    found = {}
    for path in sorted((ROOT / "notebooks" / "assignments").glob("*.md")):
        master = read_master(path)
        shown = "\n".join(cell.source for cell in release_notebook(master).cells)
        texts = [text for cell in master.cells for text in _BLOCK.findall(cell.source)]
        texts += [
            cell.source for cell in master.cells if cell.cell_type == "markdown" and utils.is_solution(cell)
        ]
        lines = {line.strip() for text in texts for line in text.splitlines()}
        found[path.stem] = sorted(line for line in lines if len(line) >= LEAST and line not in shown)
    return found


def leaks(files):
    """Files in which more than one line of an assignment stands: a line of code or a formula may be anywhere.

    Args:
        files: contents by name.
    """
    lines = [(name, line.encode()) for name, held in kept_back().items() for line in held]
    found = {}
    for file, content in files:
        there = [line for _, line in lines if line in content]
        if len(there) > 1:
            found[file] = there
    return found
