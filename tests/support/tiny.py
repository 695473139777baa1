"""The tiny assignment of the classroom's tests: its notebooks, and answers to it."""

import copy
import json

from places import CLASSROOM as BOOK

from repsim_book.classroom.notebooks import grade_id, read_master, release_notebook, skeleton_notebook

NAME = "01_tiny"
MASTER = read_master(BOOK / "notebooks" / "assignments" / f"{NAME}.md")
SKELETON = skeleton_notebook(MASTER)
RELEASE = release_notebook(MASTER)


def cell(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def answered(**sources):
    """The reference with other sources in some cells; `_` for `-` in their names, None to delete one."""
    notebook = copy.deepcopy(MASTER)
    for name, source in sources.items():
        found = cell(notebook, name.replace("_", "-"))
        if source is None:
            notebook.cells.remove(found)
        else:
            found.source = source
    return notebook


def data(notebook):
    return json.dumps(notebook).encode()


def write(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def ends(grade):
    """How the tests of a grade ended: the name of the error, by grade_id."""
    tests = [cell for cell in grade.notebook.cells if (grade_id(cell) or "").startswith("test-")]
    return {grade_id(cell): cell.outputs[-1].ename if cell.outputs else None for cell in tests}
