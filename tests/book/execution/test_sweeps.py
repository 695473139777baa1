"""Sweeps: grids of values, what is executed again, failed runs, and the page that compares."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from places import BOOK as FIXTURE

from repsim_book.chapters import read_chapter
from repsim_book.cli import main
from repsim_book.execution import sweeps
from repsim_book.pages import standalone
from repsim_book.parameters import Parameter
from repsim_core.errors import InputError
from repsim_core.figures.sweeps import curve_columns, sweep_curves, sweep_scalars

SMALL = read_chapter(FIXTURE / "notebooks" / "02_small.md")
WORDS = Parameter("words", "list[str]", [], "texts")
WITH_WORDS = replace(SMALL, parameters={**SMALL.parameters, "words": WORDS})


@pytest.mark.parametrize(
    ("texts", "grid"),
    [
        (["count=3,4, 5"], {"count": [3, 4, 5]}),
        (["scale=1,1e-3", "label=a,b"], {"scale": [1.0, 1e-3], "label": ["a", "b"]}),
        (["order=[1,0];[0,1];none"], {"order": [[1, 0], [0, 1], None]}),
        (["fail=false,true"], {"fail": [False, True]}),
        (['label="a,b", c,"",\'d,e\''], {"label": ["a,b", "c", "", "d,e"]}),
        (["label=it's,that's"], {"label": ["it's", "that's"]}),
        (['words=["a;b",c];[d];[]'], {"words": [["a;b", "c"], ["d"], []]}),
        (['words=a,b;"c;d"'], {"words": [["a", "b"], ["c;d"]]}),
    ],
)
def test_a_grid_is_read(texts, grid):
    assert sweeps.read_grid(WITH_WORDS, texts) == grid


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (["count"], "--sweep count: expected NAME=VALUE"),
        (["cuont=3,4"], "cuont is no parameter of 02_small; did you mean count"),
        (["count=3"], "--sweep count: found 3, expected two or more different values"),
        (["count=3,3"], "two or more different values"),
        (["count=3,x"], "count = x has the wrong type; expected is int"),
        (["order=1,0"], "its values are lists; separate them by `;`, as in order=[1,2];[1,2,3]"),
        (["order=1,0;"], "--sweep order: found no value between separators"),
        (['words="a;b"'], "its values are lists; separate them by `;`"),
        (["label=a,,b"], '--sweep label: found no value between separators; an empty text is written ""'),
        (["count=3,04"], "count = 04 has the wrong type"),
        (["count=3,4", "count=5,6"], "count is given twice"),
        ([f"count={','.join(map(str, range(2, 300)))}"], "a grid of 298 runs, expected at most 200"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(texts, complaint):
    with pytest.raises(InputError, match=r".") as error:
        sweeps.read_grid(WITH_WORDS, texts)
    assert complaint in str(error.value)


def test_a_sweep_with_one_more_value_has_the_same_folder():
    first = sweeps.sweep_directory(SMALL, {"scale": 2.0}, {"count": [3, 4]})
    assert first == sweeps.sweep_directory(SMALL, {"scale": 2.0}, {"count": [3, 4, 5]})
    assert first != sweeps.sweep_directory(SMALL, {"scale": 1.0}, {"count": [3, 4]})


def test_an_impossible_combination_stops_all_before_anything_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        sweeps, "execute_all", lambda *_, **__: pytest.fail("a chapter was about to be executed")
    )
    given = ["run", "02", "--root", str(FIXTURE), "--out", str(tmp_path / "out")]
    assert main.main([*given, "--sweep", "count=4,1"]) == 2
    assert "count = 1 is not possible; allowed is: at least 2" in capsys.readouterr().err
    assert main.main([*given, "--sweep", "count=4,5", "-p", "count=6"]) == 2
    assert "--sweep count: a value is given by -p as well" in capsys.readouterr().err
    assert main.main([*given, "--sweep", "count=4,5", "--jobs", "0"]) == 2
    assert "--jobs: found 0, expected 1 to 200" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_sweep_runs_compares_and_goes_on(tmp_path, capsys, monkeypatch):
    root, out = tmp_path / "book", tmp_path / "out"
    shutil.copytree(FIXTURE, root)
    command = ["run", "02", "--root", str(root), "--out", str(out), "-p", "label=b"]

    assert main.main([*command, "--sweep", "count=3,5"]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(out / "comparison" / "comparison.html")
    assert "count = 3: done" in printed.err
    assert "; 1 left, about" in printed.err  # time left, after the first of two
    found = sweeps.read_sweep(out)
    assert found.chapter == "02_small"
    scalars = found.scalars()
    assert scalars["count"].tolist() == [3, 5]
    np.testing.assert_allclose(scalars["total"], [0.5, 0.5 * 10 / 3])
    assert scalars["label"].tolist() == ["b", "b"]
    rows = pd.read_csv(out / "comparison" / "results" / "all_rows.csv")
    assert rows["count"].tolist() == [3] * 3 + [5] * 5
    page = (out / "comparison" / "comparison.html").read_text()
    assert "total" in page
    assert "<svg" in page
    assert str(tmp_path) not in page

    monkeypatch.setattr(standalone, "standalone_page", lambda *_: "page")  # it has been seen, and takes long
    # One more value, which fails: what is there is not repeated, and the page compares the others.
    (out / "sweep.json").rename(out / "kept.json")
    assert str(tmp_path) not in (out / "comparison" / "comparison.ipynb").read_text()
    notebooks = list(out.glob("count-*/*.ipynb"))
    for path in notebooks:
        os.utime(path, (1, 1))  # so that another writing shows, however soon
    assert main.main([*command, "--sweep", "count=3,5", "--sweep", "fail=false,true"]) == 1
    printed = capsys.readouterr()
    assert "RuntimeError: asked to fail" in printed.err
    assert "log: " in printed.err
    grid = json.loads((out / "sweep.json").read_text())
    assert [run["state"] for run in grid["runs"]] == ["done", "failed", "done", "failed"]
    assert sweeps.read_sweep(out).scalars()["count"].tolist() == [3, 5]
    assert [path.stat().st_mtime for path in notebooks] == [1, 1]
    assert "2 of them failed" in (out / "comparison" / "comparison.ipynb").read_text()
    (log,) = out.glob("count-3_fail-true-*/02_small.log")
    assert "parameters: count = 3" in log.read_text()
    assert 'raise RuntimeError("asked to fail")' in log.read_text()

    assert main.main([*command, "--sweep", "count=3,5"]) == 0
    assert "2 of 2 runs are there already" in capsys.readouterr().err


def test_a_folder_that_is_no_sweep_is_named(tmp_path):
    with pytest.raises(InputError, match=r"sweep\.json is not of a finished sweep"):
        sweeps.read_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text('{"chapter": "02_small", "runs": []}')
    with pytest.raises(InputError, match="not of a finished sweep"):
        sweeps.read_sweep(tmp_path)


# -- figures -------------------------------------------------------------------------------------------------------

CURVES = pd.DataFrame(
    {
        "width": [1, 1, 1, 2, 2, 2],
        "rho": [1.0, 2.0, 3.0] * 2,
        "d_kl": [1.0, 0.1, 0.001, 2.0, 0.2, 0.002],
        "same": [4.0] * 6,
        "name": list("abcabc"),
    }
)


def test_tables_that_are_curves_are_told_from_others():
    assert curve_columns(CURVES, ["width"]) == ["rho", "d_kl"]
    assert curve_columns(CURVES.iloc[::-1], ["width"]) == []  # falls
    assert curve_columns(CURVES.query("rho < 3"), ["width"]) == []  # two rows
    assert curve_columns(CURVES[["width", "name", "d_kl"]], ["width"]) == []  # begins with names
    assert curve_columns(CURVES[["width", "rho", "same"]], ["width"]) == []  # constant


def test_curves_have_a_line_for_each_run():
    (axis,) = sweep_curves(CURVES, ["width"]).axes
    assert [line.get_label() for line in axis.lines] == ["width = 1", "width = 2"]
    assert (axis.get_yscale(), axis.get_xscale()) == ("log", "linear")


def test_scalars_are_drawn_against_the_first_swept_parameter():
    scalars = pd.DataFrame({"rho": [1.0, 2.0] * 2, "label": list("aabb"), "x": range(4), "y": [5.0] * 4})
    figure = sweep_scalars(scalars, ["rho", "label"], ["x", "y"])
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["x", "y"]
    assert [line.get_label() for line in figure.axes[0].lines] == ["label = a", "label = b"]
    by_name = sweep_scalars(scalars.query("rho == 1"), ["label"], ["x"])
    assert list(by_name.axes[0].lines[0].get_xdata()) == ["a", "b"]
