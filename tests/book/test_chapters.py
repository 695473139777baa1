"""Parameters, results and the execution of chapters."""

import json
import math
import os
import shutil
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from places import BOOK as FIXTURE
from places import ROOT

from repsim_book import chapters
from repsim_book.errors import ChapterError
from repsim_book.execution import results
from repsim_book.execution.chapter import run_chapter, run_directory
from repsim_book.parameters import Parameter, read_parameters, resolve, written
from repsim_core import notebook
from repsim_core.errors import InputError, nearest
from repsim_core.files import write_atomic
from repsim_core.notebook import check

REAL = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.md"))


@pytest.fixture
def root(tmp_path):
    """A copy of the small book, to be changed at will."""
    shutil.copytree(FIXTURE, tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a kernel was about to start")

    monkeypatch.setattr(papermill, "execute_notebook", refuse)


def small(root):
    return chapters.find_chapter(root, "02")


def edit(root, old, new):
    path = root / "notebooks" / "02_small.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- the parameter cell ---


def test_a_parameter_cell_is_read_with_types_defaults_and_meanings():
    source = (
        "classes: int = 7  # number of labels K\n"
        "# a remark of its own line is no meaning\n"
        "rates: list[float] = [  # the first line's comment\n    1, 2.5,\n]  # learning rates, with a # in it\n"
        "seed: int | None = None  # none for a new one\n"
        "name: str = 'a # b'  # a text\n"
    )
    found = read_parameters(source)
    assert [(p.name, p.type, p.default, p.meaning) for p in found.values()] == [
        ("classes", "int", 7, "number of labels K"),
        ("rates", "list[float]", [1.0, 2.5], "learning rates, with a # in it"),
        ("seed", "int | None", None, "none for a new one"),
        ("name", "str", "a # b", "a text"),
    ]
    assert all(type(item) is float for item in found["rates"].default)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("classes = 7  # number", "line 1: expected `name: type = value  # meaning`"),
        ("classes: int = 7", "classes has no comment"),
        ("import os  # what for", "expected `name: type"),
        ("a: int  # no value", "expected `name: type"),
        ("a: dict = {}  # x", "the type dict is not among"),
        ("a: int | str = 1  # x", "the type int | str is not among"),
        ("a: int = 1  # x\na: int = 2  # y", "line 2: a appears twice"),
        ("a: int = 1.5  # x", "a = 1.5 has the wrong type; expected is int"),
        ("a: int = '1'  # x", "a = '1' has the wrong type; expected is int"),
        ("a: list[int] = '1,2'  # x", "a = '1,2' has the wrong type"),
        ("a: int = None  # x", "a = None has the wrong type"),
        ("a: int = 3 * 5  # x", "line 1"),
    ],
)
def test_a_parameter_cell_out_of_form_is_refused(source, complaint):
    with pytest.raises(ValueError, match="parameter cell, ") as error:
        read_parameters(source)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", "9", 9),
        ("int", " -3 ", -3),
        ("float", "30", 30.0),
        ("float", 30, 30.0),
        ("float", "1e-3", 1e-3),
        ("str", " as it is ", " as it is "),
        ("str", "none", "none"),
        ("str", "", ""),
        ("bool", "True", True),
        ("bool", "false", False),
        ("list[int]", "[5,0,2]", [5, 0, 2]),
        ("list[int]", "5, 0,2", [5, 0, 2]),
        ("list[int]", "[]", []),
        ("list[int]", "7", [7]),
        ("list[float]", [1, 0.5], [1.0, 0.5]),
        ("list[str]", "a, b", ["a", "b"]),
        ("int | None", "none", None),
        ("int | None", None, None),
        ("int | None", "4", 4),
        ("list[int] | None", "null", None),
        ("str | None", "None", None),
    ],
)
def test_values_are_converted(kind, value, expected):
    converted = Parameter("x", kind, None, "").convert(value)
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "9.0"),
        ("int", "nine"),
        ("int", ""),
        ("int", 9.0),
        ("int", True),
        ("int", None),
        ("int", [1]),
        ("float", "nan"),
        ("float", "inf"),
        ("float", float("inf")),
        ("float", False),
        ("float", "1,5"),
        ("float", 10**400),
        ("bool", "1"),
        ("bool", 1),
        ("bool", "yes"),
        ("str", 3),
        ("str", None),
        ("list[int]", "[1,2.5]"),
        ("list[int]", "[1,,2]"),
        ("list[int]", "[[1],[2]]"),
        ("list[int]", 5),
        ("list[int]", "none"),
        ("list[float]", {"a": 1}),
        ("int | None", "nothing"),
    ],
)
def test_values_of_another_type_are_refused_with_name_value_and_type(kind, value):
    with pytest.raises(InputError) as error:
        Parameter("rho_max", kind, None, "").convert(value)
    assert str(error.value).startswith(f"rho_max = {value!r} has the wrong type; expected is {kind}")


@settings(deadline=None)  # the machine may be busy
@given(
    st.one_of(
        st.tuples(st.just("int"), st.integers()),
        st.tuples(st.just("float"), st.floats(allow_nan=False, allow_infinity=False)),
        st.tuples(st.just("bool"), st.booleans()),
        st.tuples(st.just("str"), st.text('aN o,[]=é"\n', max_size=6)),
        st.tuples(st.just("list[int]"), st.lists(st.integers())),
        st.tuples(st.just("list[float] | None"), st.none() | st.lists(st.floats(-1e300, 1e300))),
    )
)
def test_what_the_listing_shows_is_read_back_as_the_same_value(kind_value):
    kind, value = kind_value
    read = Parameter("x", kind, None, "").convert(written(value))
    assert read == value
    assert type(read) is type(value)


def test_unknown_names_are_answered_with_the_nearest_and_all_known():
    known = {name: Parameter(name, "int", 1, "x") for name in ("classes", "rho_max", "seed")}
    with pytest.raises(InputError, match=r"clases is no parameter of 02_theorem; did you mean classes"):
        resolve(known, {"clases": 4}, "02_theorem")
    with pytest.raises(InputError, match=r"^zzz is no parameter; known are: classes, rho_max, seed$"):
        resolve(known, {"zzz": 4})
    assert nearest("SEED", known).startswith("did you mean seed?")
    assert nearest("seed", []) == "there are none"


def test_check_names_the_parameter_what_was_found_and_what_is_allowed():
    check(np.bool_(True), "classes", 7, "at least 4")
    with pytest.raises(InputError, match=r"^classes = 3 is not possible; allowed is: at least 4$"):
        check(np.bool_(False), "classes", 3, "at least 4")


# --- finding chapters, profiles ---


@pytest.mark.parametrize("wanted", ["2", "02", "small", "02_small"])
def test_a_chapter_is_found_by_number_or_name(wanted):
    assert chapters.find_chapter(FIXTURE, wanted).name == "02_small"


def test_a_chapter_is_found_by_path_and_otherwise_the_nearest_is_named(root, monkeypatch):
    monkeypatch.chdir(root)
    assert chapters.find_chapter(FIXTURE, "notebooks/02_small.md").path == root / "notebooks" / "02_small.md"
    for wanted in ("02_smal", "notebooks/09_no.md", "3", "", "_"):
        with pytest.raises(InputError, match="there is no chapter"):
            chapters.find_chapter(FIXTURE, wanted)
    with pytest.raises(InputError, match="did you mean 02_small"):
        chapters.find_chapter(FIXTURE, "02_smal")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("02_smal: {count: 3}", "there is no chapter 02_smal; did you mean 02_small"),
        ("02_small: {cuont: 3}", "cuont is no parameter of 02_small; did you mean count"),
        ("02_small: {count: 1.5}", "count = 1.5 has the wrong type; expected is int"),
        ("02_small: {1: 8}", "02_small: found 1, expected the name of a parameter"),
        ("02_small: [count]", "02_small: expected parameters with values, found ['count']"),
        ("[02_small]", "expected chapters with their parameters"),
        ("a: b: c", "is not YAML"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(root, text, complaint):
    (root / "notebooks" / "profiles" / "mine.yml").write_text(text)
    with pytest.raises(InputError, match=r"profiles/mine\.yml") as error:
        chapters.load_profile(root, "mine")
    assert complaint in str(error.value)


def test_profiles_may_be_empty_and_unknown_ones_are_named(root):
    assert chapters.load_profile(root, "smoke") == {"02_small": {"count": 3, "scale": 2}}
    (root / "notebooks" / "profiles" / "none.yml").write_text("# nothing\n02_small:\n")
    assert chapters.load_profile(root, "none") == {"02_small": {}}
    with pytest.raises(InputError, match="there is no profile smok; did you mean smoke"):
        chapters.load_profile(root, "smok")


@pytest.mark.parametrize("profile", ["default", "smoke", "paper"])
def test_the_books_own_profiles_are_possible(profile, no_kernel):
    given_values = chapters.load_profile(ROOT, profile)
    for chapter in chapters.list_chapters(ROOT):
        assert chapter.parameters.keys() == chapter.values(given_values.get(chapter.name, {})).keys()


def test_a_broken_chapter_is_named(root):
    edit(root, "count: int = 4  # how many numbers, at least 2", "count = 4")
    with pytest.raises(ChapterError, match=r"02_small.md: parameter cell, line 1"):
        chapters.list_chapters(root)


def test_cells_know_their_lines_in_the_source():
    lines = (FIXTURE / "notebooks" / "02_small.md").read_text().splitlines()
    cells = small(FIXTURE).notebook.cells
    assert len(cells) == 6
    for cell in cells:
        start = cell.metadata["source_line"] - 1
        options = 2 if ":tags:" in lines[start] else 0
        source = cell.source.splitlines()
        assert lines[start + options : start + options + len(source)] == source


# --- results ---


def kept_notebook(*kept):
    """A notebook as it is after cells that kept (name, value)."""
    cells = []
    for name, value in kept:
        bundle = notebook._Kept(name, value)._repr_mimebundle_()
        data = {results.GLUED + kind: text for kind, text in bundle.items()}
        output = nbformat.v4.new_output("display_data", data, metadata={"scrapbook": {"name": name}})
        cells.append(nbformat.v4.new_code_cell("keep(...)", outputs=[output]))
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (True, True),
        (0.1 + 0.2, 0.30000000000000004),
        (np.float64(0.1), 0.1),
        (np.int32(5), 5),
        (np.bool_(False), False),
        (np.array(2.5), 2.5),
        (torch.tensor(1.5), 1.5),
        ("text", "text"),
        (np.str_("text"), "text"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_scalars_are_kept_exactly(value, expected):
    scalars, tables = results.extract_results(kept_notebook(("x", value)))
    assert (scalars, tables) == ({"x": expected}, {})
    assert type(scalars["x"]) is type(expected)
    assert json.loads(results.result_files(kept_notebook(("x", value)))["results.json"]) == {"x": expected}


@pytest.mark.parametrize("value", [None, [1], np.ones(1), torch.ones(2), 1j, pd.Series([1.0])])
def test_other_values_are_not_kept(value):
    with pytest.raises(TypeError, match="keep: x is a"):
        notebook._Kept("x", value)


@pytest.mark.parametrize("name", ["", "a b", "../a", "1a", "a.csv", "a-b"])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(ValueError, match="keep: the name"):
        notebook.keep(name, 1)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_tables_keep_every_bit(values):
    frame = pd.DataFrame({"value": values, "label": [f"é {i}" for i in range(len(values))]})
    files = results.result_files(kept_notebook(("rows", frame)))
    lines = files["rows.csv"].decode().splitlines()
    assert lines[0] == "value,label"
    assert [float(line.split(",")[0]) for line in lines[1:]] == values


def test_an_index_that_says_something_is_written():
    frame = pd.DataFrame({"d": [1.0, 2.0]}, index=pd.Index([3, 4], name="rho"))
    files = results.result_files(kept_notebook(("t", frame), ("u", frame.reset_index(drop=True))))
    assert files["t.csv"] == b"rho,d\n3,1.0\n4,2.0\n"
    assert files["u.csv"] == b"d\n1.0\n2.0\n"


def test_a_name_kept_twice_is_an_error():
    with pytest.raises(ValueError, match="the result x is kept twice, in cells 1 and 3"):
        results.extract_results(kept_notebook(("x", 1), ("y", 1), ("x", 2)))


@pytest.mark.parametrize(("owner", "step"), [(Path, "write_bytes"), (os, "replace")])
def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch, owner, step):
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, b"old")

    def full(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, full)
        with pytest.raises(OSError, match="no space"):
            write_atomic(path, b"new")
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]
    assert path.read_bytes() == b"old"
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"


# --- values are checked before a kernel starts ---


@pytest.mark.parametrize(
    ("given_values", "complaint"),
    [
        ({"count": "1"}, "02_small: count = 1 is not possible; allowed is: at least 2"),
        (
            {"count": "3", "order": "0,2,2"},
            "order = [0, 2, 2] is not possible; allowed is: a permutation of 0..2",
        ),
        ({"cuont": "3"}, "cuont is no parameter of 02_small; did you mean count"),
        ({"fail": "perhaps"}, "fail = 'perhaps' has the wrong type; expected is bool"),
    ],
)
def test_bad_values_stop_before_a_kernel(no_kernel, given_values, complaint):
    with pytest.raises(InputError) as error:
        small(FIXTURE).values(given_values)
    assert complaint in str(error.value)


def test_checks_that_break_are_the_chapters_fault(root):
    edit(root, 'check(count >= 2, "count"', 'check(cnt >= 2, "count"')
    with pytest.raises(ChapterError, match="02_small: its cell of parameter checks fails: NameError"):
        small(root).values({})


def test_only_values_that_differ_from_the_defaults_are_injected():
    chapter = small(FIXTURE)
    assert chapter.changed(chapter.values({"count": "4", "scale": "2", "order": "none"})) == {"scale": 2.0}


def test_each_set_of_values_has_its_own_folder():
    chapter = small(FIXTURE)
    one, two = (run_directory(chapter, chapter.values({"count": n})) for n in (4, 5))
    assert one == run_directory(chapter, chapter.values({}))
    assert one != two
    assert one.parent == Path("runs")
    assert one.name.startswith("02_small-")


# --- execution ---


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A run of the small chapter with other values, that also tells where and by what it was executed."""
    root = tmp_path_factory.mktemp("executed") / "{book}"  # papermill would format this path
    shutil.copytree(FIXTURE, root)
    edit(root, 'keep("label", label)', 'import os, sys\nkeep("label", sys.executable + " " + os.getcwd())')
    chapter = small(root)
    return root, run_chapter(chapter, chapter.values({"count": 3, "order": "2,0,1"}), root / "out")


def test_a_run_leaves_the_executed_notebook_and_the_results(executed):
    root, run = executed
    files = {
        path.relative_to(root / "out").as_posix() for path in (root / "out").rglob("*") if path.is_file()
    }
    assert files == {"02_small.ipynb", "results/results.json", "results/rows.csv"}
    assert run.warnings == []
    assert (root / "out" / "results" / "rows.csv").read_text().splitlines()[:3] == [
        "label,value",
        "a,0.0",
        f"a,{0.5 / 3}",
    ]
    assert json.loads((root / "out" / "results" / "results.json").read_text())["total"] == 0.5
    notebook = nbformat.read(run.notebook, as_version=4)
    nbformat.validate(notebook)
    injected = next(c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
    assert injected.source.splitlines() == ["# Parameters", "count = 3", "order = [2, 0, 1]"]


def test_the_kernel_is_this_interpreter_in_the_notebooks_folder(executed):
    root, _ = executed
    kept = json.loads((root / "out" / "results" / "results.json").read_text())
    assert kept["label"] == f"{sys.executable} {root / 'notebooks'}"


def test_a_failed_run_keeps_the_earlier_result_and_says_where_it_stopped(root):
    chapter, out = small(root), root / "out"
    run_chapter(chapter, chapter.values({}), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(ChapterError) as error:
        run_chapter(chapter, chapter.values({"fail": True, "count": 6}), out)
    message = str(error.value)
    for part in (
        "02_small failed: RuntimeError: asked to fail",
        "in cell 7 of 7 (line 50 of 02_small.md):\n    if fail:\n        raise RuntimeError",
        "parameters: count = 6, scale = 0.5, order = None, label = 'a', fail = True",
        f"partly executed notebook: {out / '02_small.partial.ipynb'}",
    ):
        assert part in message
    assert {path: path.read_bytes() for path in before} == before
    partial = nbformat.read(out / "02_small.partial.ipynb", as_version=4)
    assert results.extract_results(partial)[0]["total"] == pytest.approx(2.5)

    # the next good run clears up, also a table that the chapter has no more
    edit(root, 'keep("rows"', 'keep("lines"')
    run_chapter(small(root), chapter.values({}), out)
    assert {p.name for p in out.rglob("*") if p.is_file()} == {"02_small.ipynb", "results.json", "lines.csv"}


def test_a_kernel_that_dies_is_reported(root):
    edit(root, 'raise RuntimeError("asked to fail")', "import os; os._exit(3)")
    chapter = small(root)
    with pytest.raises(ChapterError, match="02_small failed: DeadKernelError") as error:
        run_chapter(chapter, chapter.values({"fail": True}), root / "out")
    assert "in cell 7 of 7" in str(error.value)


def test_foreign_folders_are_left_alone(root, no_kernel):
    chapter = small(root)
    (root / "file").touch()
    (root / "mine" / "results").mkdir(parents=True)
    for directory, complaint in [("file", "is a file"), ("mine", "other than results of 02_small")]:
        with pytest.raises(InputError, match=complaint):
            run_chapter(chapter, chapter.values({}), root / directory)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_the_same_chapter_gives_the_same_bytes(path, book, tmp_path):
    """Executed once more, it keeps what it kept when the book was built."""
    chapter = chapters.read_chapter(path)
    values = chapter.values(chapters.load_profile(ROOT, "smoke").get(chapter.name, {}))
    again = run_chapter(chapter, values, tmp_path / "again")
    assert again.warnings == []
    kept = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (
            book.parent / "executed" / "smoke" / chapter.name / "results",
            tmp_path / "again" / "results",
        )
    ]
    assert kept[0] == kept[1]
    assert Path("results.json") in kept[1]
