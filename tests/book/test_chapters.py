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
from repsim_book.execution.keys import chapter_key
from repsim_book.profiles import load_profile
from repsim_core import notebook
from repsim_core.errors import InputError
from repsim_core.files import write_atomic
from repsim_core.texts import shown

REAL = sorted((ROOT / "notebooks").glob("[0-9][0-9]*_*.md"))


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
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new))


# --- finding chapters ---


def test_a_chapter_0_is_found_by_its_number_and_not_by_no_name(root):
    (root / "notebooks" / "02_small.md").rename(root / "notebooks" / "00_small.md")
    assert {chapters.find_chapter(root, wanted).name for wanted in ("0", "00", "small")} == {"00_small"}
    with pytest.raises(InputError, match="there is no chapter"):
        chapters.find_chapter(root, "")


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


BROKEN = {
    "a parameter cell out of form": ("count: int = 4  # how many numbers, at least 2", "count = 4"),
    "a parameter cell that is no Python": ("count: int = 4", "count: int = (4"),
    "a parameter cell with an open text": ("count: int = 4", 'count: int = """4'),
    "a header that is no YAML": ("jupytext:", "jupytext: ["),
    "a header that is a list": ("jupytext:\n  text_representation:\n    extension: .md", "- a\n"),
    "options of a cell that are no YAML": (":tags: [parameters]", ":tags: [parameters"),
    "tags that are no list": (":tags: [parameters]", ":tags: parameters"),
    "two cells of parameters": (":tags: [parameter-checks, hide-input]", ":tags: [parameters]"),
    "what it reads, without a name": ("---\n\n#", "repsim: 3\n---\n\n#"),
    "what it reads, as a text": ("---\n\n#", "repsim: {reads: label}\n---\n\n#"),
    "what it reads, in brackets": ("---\n\n#", "repsim: {reads: [[label]]}\n---\n\n#"),
    "what it reads, unknown": ("---\n\n#", "repsim: {reads: [record]}\n---\n\n#"),
    "what it reads, a number": ("---\n\n#", "repsim: {reads: [count]}\n---\n\n#"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_chapter_is_named(root, fault):
    edit(root, *BROKEN[fault])
    with pytest.raises(ChapterError, match=r"^02_small\.md: ") as error:
        chapters.list_chapters(root)
    assert "\n" not in str(error.value)


def test_a_chapter_that_is_no_text_is_named(root):
    path = root / "notebooks" / "02_small.md"
    path.write_bytes(b"\xff")
    with pytest.raises(ChapterError, match=r"^02_small\.md: it cannot be read as a MyST notebook"):
        chapters.list_chapters(root)
    path.unlink()
    path.mkdir()
    with pytest.raises(
        ChapterError, match=r"^02_small\.md: it cannot be read as a MyST notebook: .*Is a directory"
    ):
        chapters.list_chapters(root)
    with pytest.raises(InputError, match=r"02_small\.md is no file, expected a chapter"):
        chapters.find_chapter(FIXTURE, str(path))


def test_cells_know_their_lines_in_the_source():
    lines = (FIXTURE / "notebooks" / "02_small.md").read_text(encoding="utf-8").splitlines()
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
            "order = [0,2,2] is not possible; allowed is: a permutation of 0..2",
        ),
        ({"cuont": "3"}, "cuont is no parameter of 02_small; did you mean count"),
        ({"fail": "perhaps"}, "fail = perhaps has the wrong type; expected is bool"),
    ],
)
def test_bad_values_stop_before_a_kernel(no_kernel, given_values, complaint):
    with pytest.raises(InputError) as error:
        small(FIXTURE).values(given_values)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('check(cnt >= 2, "count"', "NameError"),
        ('check((count >= 2, "count"', "SyntaxError"),
        ('raise SystemExit(0)\ncheck(count >= 2, "count"', "SystemExit"),
    ],
)
def test_checks_that_break_are_the_chapters_fault(root, cell, said):
    edit(root, 'check(count >= 2, "count"', cell)
    with pytest.raises(ChapterError, match=f"02_small: its cell of parameter checks fails: {said}"):
        small(root).values({})


# --- bounds ---


NUMERIC = [
    (chapter, parameter)
    for chapter in map(chapters.read_chapter, REAL)
    for parameter in chapter.parameters.values()
    if parameter.kind in ("int", "float")
]


@pytest.mark.parametrize(
    ("chapter", "parameter"),
    NUMERIC,
    ids=[f"{chapter.name}-{parameter.name}" for chapter, parameter in NUMERIC],
)
def test_no_number_is_without_a_bound(chapter, parameter):
    huge = [list(range(10**5)), [10**5] * 10**5, [10**9]] if parameter.is_list else [10**9]
    for value in huge:
        with pytest.raises(InputError) as error:
            chapter.values({parameter.name: value})
        assert "is not possible; allowed is: " in str(error.value)
        assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("chapter", "given_values", "refused"),
    [
        ("01", {"seeds": list(range(50)), "width": 1024}, "width"),
        ("01", {"seeds": list(range(50)), "width": 500, "steps": 200_000}, "steps"),
        ("02", {"inputs_per_class": 5000, "redraws": 1000, "rho_max": 100}, "redraws"),
        ("03", {"live_seeds": 40, "live_steps": 20_000}, "live_steps"),
        (
            "04",
            {"classes": list(range(4, 41)), "inputs_per_class": 2000, "noise_levels": 2000},
            "noise_levels",
        ),
        ("04", {"pair_classes": 40, "pair_inputs_per_class": 1000}, "pair_inputs_per_class"),
        ("04b", {"many_dims": 50, "many_labels": 51}, "many_labels"),
        ("05", {"widths": [1024], "seeds": 100}, "seeds"),
        ("05", {"widths": [512], "seeds": 100, "steps": 50_000}, "steps"),
        ("05", {"widths": [16, 32, 64, 128], "classes": [4, 5, 6, 7, 8, 9], "seeds": 100}, "checkpoints"),
        ("06", {"live_seeds": 40, "live_width": 512, "live_steps": 20_000}, "live_steps"),
    ],
)
def test_what_is_possible_alone_can_be_too_much_together(chapter, given_values, refused):
    chapter = chapters.find_chapter(ROOT, chapter)
    with pytest.raises(InputError, match=rf"^{chapter.name}: {refused} = .* is not possible; allowed is: "):
        chapter.values(given_values)


# --- folders of records ---


@pytest.fixture
def reader(root, monkeypatch):
    """The small chapter with a record, in a book where one is; commands are typed in a folder beside the book."""
    edit(root, "---\n\n#", "repsim: {reads: [record]}\n---\n\n#")
    edit(root, "count: int", 'record: str | None = "book/records/one"  # a folder\ncount: int')
    for folder in (root / "book" / "records" / "one", root.parent / "my records" / "two"):
        folder.mkdir(parents=True)
        (folder / "provenance.json").write_text("{}")
    (root.parent / "typed").mkdir()
    (root.parent / "typed" / "file").touch()
    (root.parent / "typed" / "empty").mkdir()
    (root.parent / "typed" / "circle").symlink_to("circle")
    (root.parent / "typed" / "link").symlink_to("../my records/two")
    monkeypatch.chdir(root.parent / "typed")
    monkeypatch.setenv("HOME", str(root.parent))
    return small(root)


@pytest.mark.parametrize(
    "text",
    [
        "../my records/two",
        "../my records/two/",
        "./../my records//two/.",
        "link",
        "~/my records/two",
        "{parent}/my records/two",
    ],
)
def test_a_folder_that_is_given_counts_from_where_it_is_typed(reader, text):
    """And is one value, however it is written."""
    values = reader.values({"record": text.format(parent=Path.cwd().parent)})
    assert values["record"] == "../my records/two"
    assert (reader.above / values["record"] / "provenance.json").is_file()
    assert reader.changed(values) == {"record": "../my records/two"}


def test_the_default_counts_from_the_book(reader):
    for given_values in ({}, {"record": "../book/book/records/one"}):
        values = reader.values(given_values)
        assert values["record"] == "book/records/one"
        assert reader.changed(values) == {}
    assert reader.values({"record": "none"})["record"] is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("absent", "there is no folder {here}/absent"),
        ("book/records/one", "there is no folder {here}/book/records/one"),
        ("file", "{here}/file is a file"),
        ("file/one", "there is no folder {here}/file/one"),
        ("empty", "{here}/empty is no record, it has no provenance.json"),
        (".", "{here} is no record"),
        ("", "a folder has a name"),
        ("a" * 300, "there is no folder {here}/aaa"),
    ],
)
def test_a_folder_without_a_record_is_refused(reader, text, problem):
    with pytest.raises(InputError) as error:
        reader.values({"record": text})
    said = str(error.value)
    assert said.startswith(f"02_small: record = {shown(text)}: {problem.format(here=Path.cwd())}")
    assert said.endswith("; expected is the folder of a record, or none")


@pytest.mark.parametrize("text", ["circle", "~no-such-user/record", "a\0b"])
def test_what_can_be_no_path_is_refused(reader, text):
    with pytest.raises(InputError, match=r"^02_small: record: found .*, expected a path: "):
        reader.values({"record": text})


def test_a_default_without_a_record_is_refused(reader, root):
    shutil.rmtree(root / "book" / "records")
    with pytest.raises(
        InputError, match=r"record = book/records/one: there is no folder .*/book/records/one; expected"
    ):
        reader.values({})
    assert reader.values({"record": "none"})["record"] is None


def test_a_folder_on_another_drive_is_refused(reader, monkeypatch):
    def refuse(*_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", refuse)
    with pytest.raises(InputError, match="my records/two is on another drive than the book"):
        reader.values({"record": "link"})


def test_records_count_in_the_key_wherever_they_lie(reader):
    values = reader.values({"record": "link"})
    key = chapter_key(reader, values, "common")
    (Path.cwd() / "link" / "provenance.json").write_text("{ }")
    assert chapter_key(reader, values, "common") != key


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_record_of_the_book_is_a_value(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    chapter = chapters.read_chapter(path)
    values = chapter.values({})
    assert values == {name: parameter.default for name, parameter in chapter.parameters.items()}
    for name in chapter.reads:
        assert chapter.values({name: str(ROOT / str(values[name]))})[name] == values[name]


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
    assert files == {"02_small.ipynb", "run.json", "results/results.json", "results/rows.csv"}
    assert run.warnings == []
    assert (root / "out" / "results" / "rows.csv").read_text(encoding="utf-8").splitlines()[:3] == [
        "label,value",
        "a,0.0",
        f"a,{0.5 / 3}",
    ]
    assert json.loads((root / "out" / "results" / "results.json").read_text(encoding="utf-8"))["total"] == 0.5
    notebook = nbformat.read(run.notebook, as_version=4)
    nbformat.validate(notebook)
    injected = next(c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
    assert injected.source.splitlines() == ["# Parameters", "count = 3", "order = [2, 0, 1]"]


def test_the_kernel_is_this_interpreter_in_the_notebooks_folder(executed):
    root, _ = executed
    kept = json.loads((root / "out" / "results" / "results.json").read_text(encoding="utf-8"))
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
        "in cell 7 of 7 (line 51 of 02_small.md):\n    if fail:\n  >     raise RuntimeError",
        "parameters: count = 6, scale = 0.5, order = none, label = a, fail = true",
        f"partly executed notebook: {out / '02_small.partial.ipynb'}",
    ):
        assert part in message
    assert {path: path.read_bytes() for path in before} == before
    partial = nbformat.read(out / "02_small.partial.ipynb", as_version=4)
    assert results.extract_results(partial)[0]["total"] == pytest.approx(2.5)

    # the next good run clears up, also a table that the chapter has no more
    edit(root, 'keep("rows"', 'keep("lines"')
    run_chapter(small(root), chapter.values({}), out)
    left = {p.name for p in out.rglob("*") if p.is_file()}
    assert left == {"02_small.ipynb", "run.json", "results.json", "lines.csv"}


def test_a_kernel_that_dies_is_reported(root):
    edit(root, 'raise RuntimeError("asked to fail")', "import os; os._exit(3)")
    chapter = small(root)
    with pytest.raises(ChapterError, match="02_small failed: its kernel ended") as error:
        run_chapter(chapter, chapter.values({"fail": True}), root / "out")
    assert "in cell 7 of 7" in str(error.value)


def test_foreign_folders_are_left_alone(root, no_kernel):
    chapter = small(root)
    (root / "file").touch()
    (root / "mine" / "results").mkdir(parents=True)
    (root / "mine" / "results" / "notes.txt").touch()
    for directory, complaint in [("file", "is a file"), ("mine", "other than of a run of 02_small")]:
        with pytest.raises(InputError, match=complaint):
            run_chapter(chapter, chapter.values({}), root / directory)


def test_the_same_chapter_gives_the_same_bytes(book, tmp_path):
    """Executed once more, one that trains networks keeps what it kept when the book was built."""
    chapter = chapters.read_chapter(REAL[0])
    values = chapter.values(load_profile(ROOT, "smoke").get(chapter.name, {}))
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
