"""What a reader sees of a chapter's code: short cells that call functions; and `compare` before tables."""

import re

import jupytext
import pytest
from places import ROOT

CHAPTERS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]*_*.md"))}
LINES = 16
APART = {"parameters", "parameter-checks"}


def code_cells(name):
    """Source and tags of the chapter's cells of code, its imports and parameters left out."""
    for cell in jupytext.read(CHAPTERS[name]).cells:
        tags = set(cell.metadata.get("tags", ()))
        only_imports = re.fullmatch(r"(?:(?:from|import) [^\n]*(?:\n[ )][^\n]*)*\n*)+", cell.source + "\n")
        if cell.cell_type == "code" and not tags & APART and not only_imports:
            yield cell.source, tags


@pytest.mark.parametrize("name", sorted(CHAPTERS))
def test_cells_are_short(name):
    lengths = {
        source: len([line for line in source.splitlines() if line.strip()]) for source, _ in code_cells(name)
    }
    assert {source: lines for source, lines in lengths.items() if lines > LINES} == {}


@pytest.mark.parametrize("name", ["01_setup", "02_theorem", "04_distance", "04b_two_theorems", "05_width"])
def test_two_models_are_compared_before_there_is_a_table(name):
    shown = "\n".join(
        source
        for source, tags in code_cells(name)
        if not tags & {"remove-cell", "remove-input", "hide-input"}
    )
    assert "rc.compare(" in shown.partition("pd.DataFrame(")[0]
