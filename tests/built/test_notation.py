"""The source of the notation page against the code: what its last column names is there."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

import repsim_core
from repsim_core.training.stacks import train_stack

PAGE = ROOT / "book" / "notation.md"
ENTRIES = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
CLASSES = {
    name: found for name in repsim_core.__all__ if inspect.isclass(found := getattr(repsim_core, name))
}
FUNCTIONS = [*(getattr(repsim_core, name) for name in repsim_core.__all__), train_stack]


def rows() -> list[list[str]]:
    """The cells of every row of every table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    tables = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")
    ]
    return [cells for cells in tables if cells[-1].strip("| ") != "In the code"]


def has(holder: Any, name: str) -> bool:
    """Whether a module or class has the attribute; fields count, and what a model has as soon as it is made."""
    if holder is repsim_core.Representations:
        holder = repsim_core.Representations([[0.0]], [[0.0], [1.0]])
    return hasattr(holder, name) or (inspect.isclass(holder) and name in inspect.get_annotations(holder))


def is_path(dotted: str) -> bool:
    """Whether `package.module.Name.attribute` leads somewhere."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            holder: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not has(holder, name):
                return False
            holder = getattr(holder, name, None)
        return True
    return False


def is_argument(name: str) -> bool:
    return any(
        name in inspect.signature(function).parameters or f"\n    {name}:" in (inspect.getdoc(function) or "")
        for function in FUNCTIONS
        if inspect.isfunction(function)
    )


def is_in_chapter(name: str, chapter: Path) -> bool:
    return (
        re.search(rf"^({name} = |def {name}\()", chapter.read_text(encoding="utf-8"), re.MULTILINE)
        is not None
    )


def test_no_cell_is_empty():
    found = rows()
    assert len(found) > 30
    for cells in found:
        assert all(cell.strip("| ") for cell in cells), cells


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0][:40])
def test_what_the_last_column_names_is_there(cells):
    cell = cells[-1]
    links = re.findall(r"\{py:\w+\}`~([\w.]+)`", cell)
    chapters = [ROOT / "book" / f"{name}.md" for name in re.findall(r"\{doc\}`([^`]+)`", cell)]
    plain = re.findall(r"`([^`]+)`", re.sub(r"\{[\w:]+\}`[^`]*`", "", cell))
    homes = [*links, *(name for name in plain if name.startswith("repsim_core."))]
    for target in links:
        assert is_path(target), target
        assert f":: repsim_core.{target.split('.')[1]}\n" in ENTRIES, target
    for name in plain:
        owner, _, attribute = name.partition(".")
        assert (
            is_path(name)
            or any(is_path(f"{home}.{name}") for home in homes)
            or (attribute and owner in CLASSES and has(CLASSES[owner], attribute))
            or is_argument(name)
            or any(is_in_chapter(name, chapter) for chapter in chapters)
        ), name
    assert links or plain
