"""Answers in unexpected places: used, or shown to a person; never lost."""

import copy

import nbformat
import pytest
from nbgrader import utils
from places import ROOT
from tiny import MASTER, RELEASE, SKELETON, answered, cell, data

from repsim_book.classroom.answers import is_blank, restore
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


# What belongs to which answer. An assignment of three parts, with an answer in code and a written one in each.


def marked(cell_, name, **what):
    """A cell with the marks that nbgrader gives it: not graded, no answer and locked, but for what is said."""
    kept = {"grade": False, "grade_id": name, "locked": True, "solution": False}
    cell_.metadata["nbgrader"] = kept | what
    return cell_


def parts(*, without=()):
    """Its skeleton, and a submission in which some answers are as they were."""
    cells = [note("# Three parts")]
    for n in (1, 2, 3):
        answer = code(f"def f{n}(x):\n    raise NotImplementedError()")
        cells += [
            marked(note(f"## {n}. Part {n} (2 points)"), f"task-{n}"),
            marked(answer, f"f-{n}", locked=False, solution=True),
            marked(code(f"assert f{n}(1) == 1"), f"test-{n}", grade=True, points=1),
            marked(note("YOUR ANSWER HERE"), f"why-{n}", grade=True, locked=False, solution=True, points=1),
        ]
    skeleton = nbformat.v4.new_notebook(cells=cells)
    solved = copy.deepcopy(skeleton)
    for each in solved.cells:
        name = grade_id(each)
        if name and name not in without and utils.is_solution(each):
            each.source = f"def f{name[-1]}(x):\n    return x" if name[0] == "f" else f"Since {name[-1]}."
    return skeleton, solved


def test_each_answer_is_looked_at_with_what_stands_in_its_part():
    skeleton, notebook = parts(without=("why-1", "why-3"))
    notebook.cells.insert(place(notebook, "why-1"), note("One."))  # above
    notebook.cells.insert(place(notebook, "f-3"), note("Three."))
    restored = restore(skeleton, notebook)
    one, three = (
        next(n for n, each in enumerate(notebook.cells, 1) if each.source == s) for s in ("One.", "Three.")
    )
    assert restored.look_at == (
        f"why-1: left as it was; text in cell {one}, shown in its place",
        f"why-3: left as it was; text in cell {three}, shown in its place",
    )
    assert "One." in source(restored, "why-1")
    assert "Three." not in source(restored, "why-1")
    assert "One." not in source(restored, "why-3")


@pytest.mark.parametrize(
    "form", ["{}. {}", "{}) {}", "**Task {}:** {}", "### Question {}\n\n{}", "1.{}. {}", "Q{}: {}"]
)
def test_an_answer_at_the_end_is_that_of_the_part_whose_number_it_gives(form):
    skeleton, notebook = parts(without=("why-1", "why-2", "why-3"))
    notebook.cells.insert(0, note(form.format(3, "Because.")))
    notebook.cells.insert(0, note(form.format(2, "Therefore.")))
    restored = restore(skeleton, notebook)
    assert ("Because." in source(restored, "why-3"), "Therefore." in source(restored, "why-3")) == (
        True,
        False,
    )
    assert ("Because." in source(restored, "why-2"), "Therefore." in source(restored, "why-2")) == (
        False,
        True,
    )
    assert "e." not in source(restored, "why-1")
    assert len(restored.look_at) == 2


def test_what_nothing_tells_of_may_be_any_answer_that_is_open():
    skeleton, notebook = parts(without=("why-1", "why-3"))
    notebook.cells.insert(0, note("Because."))
    notebook.cells.insert(place(notebook, "f-2"), note("In the second part, whose answer is given."))
    restored = restore(skeleton, notebook)
    for name in ("why-1", "why-3"):
        assert "Because." in source(restored, name)
    assert "second part" in source(restored, "why-1"), "between the first part and the second"
    assert "why-2" not in " ".join(restored.look_at)


def test_code_belongs_to_the_answer_whose_name_it_defines():
    skeleton, notebook = parts(without=("f-1", "f-3"))
    notebook.cells += [code("def f3(x):\n    return x"), code("def f1(x):\n    return x")]
    last = len(notebook.cells)
    assert restore(skeleton, notebook).look_at == (
        f"f-1: left as it was; own code in cell {last}",
        f"f-3: left as it was; own code in cell {last - 1}",
    )


@pytest.mark.parametrize("new", [raw, code], ids=["raw", "code"])
def test_only_code_that_defines_the_name_that_is_asked_for_is_named(new):
    """Not what is called otherwise, nor another answer a second time; and it is no text of a written answer."""
    skeleton, notebook = parts(without=("f-1", "why-1"))
    notebook.cells += [code("def f2(x):\n    return x"), code("def helps(x):\n    return x")]
    notebook.cells.insert(place(notebook, "f-1"), code("x = 3"))
    assert restore(skeleton, notebook).look_at == ()
    notebook.cells.append(new("def f1(x):\n    return x"))
    restored = restore(skeleton, notebook)
    assert restored.look_at == (f"f-1: left as it was; own code in cell {len(notebook.cells)}",)
    assert "def f1" not in source(restored, "why-1")


def test_a_name_that_only_the_test_knows_is_asked_for():
    skeleton, notebook = parts(without=("f-1",))
    for each in (skeleton, notebook):
        cell(each, "test-1").source = "import numpy as np\nassert np.shape(A_mine) == (3, 3)"
    notebook.cells.append(code("A_mine = 1"))
    said = f"f-1: left as it was; own code in cell {len(notebook.cells)}"
    assert restore(skeleton, notebook).look_at == (said,)


def test_pictures_come_along_with_a_text_from_elsewhere():
    """Two of one name, as JupyterLab names all of them."""
    pictures = [{"image.png": {"image/png": content}} for content in ("AAAA", "BBBB")]
    notebook = without_why()
    for number, held in enumerate(pictures):
        own = note(f"{number}: ![see](attachment:image.png)")
        own["attachments"] = held
        notebook.cells.insert(0, own)
    found = cell(restore(SKELETON, notebook).notebook, "why")
    assert "attachment:1-image.png" in found.source
    assert (found.attachments["1-image.png"], found.attachments["2-image.png"]) == (
        pictures[1]["image.png"],
        pictures[0]["image.png"],
    )
    own = [
        each
        for each in restore(SKELETON, notebook).notebook.cells
        if "0: !" in each.source and each is not found
    ]
    assert own[0].attachments["image.png"] == pictures[0]["image.png"]


def test_a_picture_whose_name_is_written_in_another_way_is_found():
    notebook = answered(why="![see](attachment:my%20picture.png)")
    cell(notebook, "why")["attachments"] = {"my picture.png": {"image/png": "AAAA"}}
    found = cell(restore(SKELETON, notebook).notebook, "why")
    assert found.attachments["my%20picture.png"] == {"image/png": "AAAA"}


def test_work_in_its_place_leaves_nothing_to_look_at():
    notebook = answered()
    notebook.cells.insert(1, note("My notes."))
    notebook.cells.insert(1, code("square(3)"))
    assert restore(SKELETON, notebook).look_at == ()
    assert restore(SKELETON, RELEASE).look_at == ()


def test_a_notebook_in_which_nothing_was_answered_is_blank():
    assert is_blank(SKELETON, RELEASE)
    named = copy.deepcopy(RELEASE)
    cell(named, "student").source = 'student = "ada"'
    named.cells.append(note("  "))
    named.cells.append(code("# nothing"))
    for name in ("square", "why"):
        assert not is_blank(
            SKELETON,
            answered(
                **{each: cell(RELEASE, each).source for each in ("square", "root", "why") if each != name}
            ),
        )
    assert not is_blank(SKELETON, MASTER)
    for own in (note(WHY), code(RIGHT), raw(WHY)):
        notebook = copy.deepcopy(named)
        notebook.cells.append(own)
        assert not is_blank(SKELETON, notebook)
    named.cells.pop()
    assert is_blank(SKELETON, named)


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
