"""Answers in unexpected places: used, or shown to a person; never lost."""

import copy

import nbformat
import pytest
from nbgrader import utils
from places import ROOT
from tiny import MASTER, RELEASE, SKELETON, answered, cell, data

from repsim_book.classroom.answers import restore
from repsim_book.classroom.notebooks import (
    MAX_BYTES,
    grade_id,
    read_master,
    read_notebook,
    skeleton_notebook,
)

note, raw, code = (
    nbformat.v4.new_markdown_cell,
    nbformat.v4.new_raw_cell,
    nbformat.v4.new_code_cell,
)
WHY = "Because two is even."
RIGHT = cell(MASTER, "square").source


def place(notebook, name):
    return next(number for number, each in enumerate(notebook.cells) if grade_id(each) == name)


def without_why():
    """All answered but the written one, whose cell is as it was released."""
    return answered(why=cell(RELEASE, "why").source)


def source(restored, name):
    return cell(restored.notebook, name).source


@pytest.mark.parametrize("new", [note, raw, code], ids=["text", "raw", "code"])
@pytest.mark.parametrize("where", ["first", "above", "behind", "last"])
def test_a_written_answer_in_a_cell_of_any_kind_anywhere_is_shown(new, where):
    notebook = without_why()
    own = place(notebook, "why")
    at = {"first": 0, "above": own, "behind": own + 1, "last": len(notebook.cells)}[where]
    notebook.cells.insert(at, new(WHY))
    restored = restore(SKELETON, notebook)
    assert WHY in source(restored, "why")
    if where in ("first", "above"):
        assert restored.look_at == (f"why: left as it was; text in cell {at + 1}, shown in its place",)
        assert f"Found in cell {at + 1}" in source(restored, "why")
    else:  # nothing stands behind it: the last cell follows it
        assert restored.look_at == ()


def test_a_written_answer_in_the_text_of_the_task_is_shown():
    notebook = without_why()
    heading = next(each for each in notebook.cells if each.cell_type == "markdown")
    heading.source += f"\n\n{WHY}"
    restored = restore(SKELETON, notebook)
    assert WHY in source(restored, "why")


def test_an_untouched_copy_does_not_win_over_an_answer():
    notebook = answered()
    for name in ("why", "square"):
        notebook.cells.append(copy.deepcopy(cell(RELEASE, name)))
    restored = restore(SKELETON, notebook)
    assert source(restored, "why") == cell(MASTER, "why").source
    assert source(restored, "square") == RIGHT
    assert restored.look_at == ()


def test_of_two_answers_the_last_before_the_test_counts_and_both_are_named():
    old = copy.deepcopy(cell(MASTER, "square"))
    old.source = "def square(number): return 5"
    notebook = answered()
    notebook.cells.append(old)
    restored = restore(SKELETON, notebook)
    assert source(restored, "square") == RIGHT
    counts, other = place(notebook, "square") + 1, len(notebook.cells)
    assert restored.look_at == (
        f"square: 2 different answers; that in cell {counts} counts, not cell {other}",
    )
    first = answered()
    first.cells.insert(0, old)
    assert source(restore(SKELETON, first), "square") == RIGHT


def test_the_same_answer_twice_is_no_matter():
    notebook = answered()
    notebook.cells.append(copy.deepcopy(cell(MASTER, "square")))
    assert restore(SKELETON, notebook).look_at == ()


def test_an_answer_behind_its_test_counts_and_is_named():
    notebook = answered(square=None)
    notebook.cells.append(copy.deepcopy(cell(MASTER, "square")))
    restored = restore(SKELETON, notebook)
    assert source(restored, "square") == RIGHT
    assert restored.look_at == (f"square: the answer, in cell {len(notebook.cells)}, stands behind its test",)


def test_code_of_ones_own_is_named_where_the_answer_is_as_it_was():
    notebook = answered(square=cell(RELEASE, "square").source)
    notebook.cells.append(code(RIGHT))
    (said,) = restore(SKELETON, notebook).look_at
    assert said == f"square: left as it was; own code in cell {len(notebook.cells)}"


def test_an_answer_typed_over_a_test_is_named():
    notebook = answered(square=cell(RELEASE, "square").source)
    at = place(notebook, "test-square")
    notebook.cells[at].source = RIGHT
    restored = restore(SKELETON, notebook)
    assert restored.look_at == (f"square: left as it was; own code in cell {at + 1}",)
    assert source(restored, "test-square") == cell(SKELETON, "test-square").source


def test_work_in_its_place_leaves_nothing_to_look_at():
    notebook = answered()
    notebook.cells.insert(1, note("My notes."))
    notebook.cells.insert(1, code("square(3)"))
    assert restore(SKELETON, notebook).look_at == ()
    assert restore(SKELETON, RELEASE).look_at == ()


def test_large_outputs_are_dropped_and_ids_of_any_format_taken():
    printed = {"output_type": "stream", "name": "stdout", "text": "x" * MAX_BYTES}
    own = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "1", "outputs": [printed]}
    notebook = {"cells": [{**own, "id": "a"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    read = read_notebook(data(notebook))
    assert (read.cells[0].source, read.cells[0].outputs) == ("1", [])
    old = '{"cells": [{"cell_type": "raw", "id": "a", "metadata": {}, "source": ""}], "metadata": {}, '
    assert len(read_notebook(f'{old}"nbformat": 4, "nbformat_minor": 4}}'.encode()).cells) == 1


def test_a_test_has_the_id_in_its_source_so_that_no_variable_changes_whose_numbers_it_wants():
    copied = answered(square="import os\nos.environ['REPSIM_STUDENT'] = 'ada'\ndef square(n): return n * n")
    restored = restore(SKELETON, copied, "bob")
    assert "assert student == 'bob'" in source(restored, "test-root")
    assert "environ" not in source(restored, "test-root")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks" / "assignments").glob("*.md")), ids=lambda path: path.stem
)
def test_no_assignment_asks_a_variable_whose_numbers_it_wants(path):
    skeleton = skeleton_notebook(read_master(path))
    cells = restore(skeleton, skeleton, "bob").notebook.cells
    assert not [each.source for each in cells if utils.is_locked(each) and "REPSIM_STUDENT" in each.source]
