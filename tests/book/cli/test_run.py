"""The commands about chapters: what is listed, refused, executed, and what is said of runs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from places import BOOK as FIXTURE

from repsim_book.claims import claimed


def test_chapters_are_listed_with_their_parameters(run):
    code, out, _ = run("chapters", "--root", FIXTURE)
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "02_small: A small chapter")
    assert lines[1].split() == ["parameter", "type", "default", "meaning"]
    assert lines[2].split(maxsplit=3) == ["count", "int", "4", "how many numbers, at least 2"]
    assert max(map(len, lines)) <= 110

    code, out, _ = run("chapters", "--root", FIXTURE, "--json")
    (entry,) = json.loads(out)
    assert (code, entry["name"], entry["title"]) == (0, "02_small", "A small chapter")
    assert entry["parameters"][2] == {
        "name": "order",
        "type": "list[int] | None",
        "default": None,
        "meaning": "a permutation of 0..count - 1, or none for a shift by one",
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run", "09"], "there is no chapter 09; known are: 02_small"),
        (["run", "smal"], "did you mean 02_small"),
        (["run", "02", "-p", "cuont=3"], "cuont is no parameter of 02_small; did you mean count"),
        (["run", "02", "-p", "count"], "-p count: expected NAME=VALUE"),
        (["run", "02", "-p", "=3"], "-p =3: expected NAME=VALUE"),
        (["run", "02", "-p", "count=three"], "has the wrong type; expected is int"),
        (["run", "02", "-p", "count=1"], "count = 1 is not possible; allowed is: at least 2"),
        (["run", "02", "-p", "count=-5"], "count = -5 is not possible"),
        (["run", "02", "-p", "order=[0,1,1,2]"], "allowed is: a permutation"),
        (
            ["run", "02", "-p", "count=3", "-p", "count=4"],
            "-p count: found two values, 3 and 4, expected one",
        ),
        (["run", "02", "--jobs", "2"], "--jobs: there is nothing to do side by side without --sweep"),
        (["run", "02", "--sweep", "count=3,4", "--jobs", "0"], "--jobs: found 0, expected 1 to"),
        (["run", "02", "--timeout", "0"], "--timeout: found 0, expected 1 to"),
        (["run", "02", "-f", "absent.yml"], "absent.yml"),
        (["run", "02", "--profile", "smoek"], "there is no profile smoek; did you mean smoke"),
        (["run", "02", "--out", "file"], "the output folder file is a file"),
        (["run", "02", "--out", "file", "--sweep", "count=3,4"], "the output folder file is a file"),
        (["run", "02", "-p", "label=\udcff"], "-p label: found bytes that are no UTF-8"),
        (["run", "02", "--out", "notes"], "notes/run.json is something other"),
        (["run", "02", "--out", "mine"], "is something other than of a run of 02_small"),
        (["book", "--profile", "papper"], "there is no profile papper"),
        (["runs", "a", "b", "c"], "found 3 folders"),
        (["runs", "absent"], "there is no folder absent"),
        (["runs", "mine", "mine"], "mine holds no finished run"),
    ],
)
def test_bad_input_ends_with_code_2_before_anything_runs(run, nothing_runs, arguments, complaint):
    Path("file").touch()
    Path("mine", "results").mkdir(parents=True)
    Path("mine", "results", "notes.txt").touch()
    Path("notes").mkdir()
    Path("notes", "run.json").write_text("{}")
    book = [] if arguments[0] == "runs" else ["--root", FIXTURE]
    code, out, err = run(*arguments, *book)
    assert (code, out) == (2, "")
    assert complaint in err


def test_values_come_from_the_profile_then_the_file_then_the_command(run, tmp_path):
    (tmp_path / "values.yml").write_text("scale: 3.0\nlabel: file\n")
    given = ["--profile", "smoke", "-f", "values.yml", "-p", "label=a=b"]
    code, out, err = run("run", "2", "--root", FIXTURE, *given, "--out", "there")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "there/02_small.ipynb",
        "there/results/rows.csv",
        "there/results/results.json",
    ]
    record = json.loads(Path("there/run.json").read_text())
    assert record["values"] == {"count": 3, "scale": 3.0, "order": None, "label": "a=b", "fail": False}
    assert record["changed"] == ["count", "label", "scale"]
    assert record["command"] == f"repsim run 2 --root {FIXTURE} {' '.join(given)} --out there"
    assert {"python", "torch", "numpy", "repsim-core"} <= record["versions"].keys()
    assert record["date"].endswith("+00:00")


def test_a_failing_run_shows_the_line_and_keeps_what_there_was(run):
    assert run("run", "2", "--root", FIXTURE, "--out", "there")[0] == 0
    before = {path: path.read_bytes() for path in Path("there").rglob("*") if path.is_file()}
    code, out, err = run("run", "2", "--root", FIXTURE, "-p", "fail=true", "--out", "there")
    assert (code, out) == (1, "")
    place = "in cell 7 of 7 (line 51 of 02_small.md):\n    if fail:\n  >     raise RuntimeError"
    assert f"02_small failed: RuntimeError: asked to fail\n{place}" in err
    assert "parameters: count = 4, scale = 0.5, order = none, label = a, fail = true" in err
    assert "partly executed notebook: there/02_small.partial.ipynb" in err
    assert {path: path.read_bytes() for path in before} == before


def test_a_cell_that_takes_too_long_ends_the_run(run, tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "book")
    chapter = tmp_path / "book" / "notebooks" / "02_small.md"
    wait = "import threading; threading.Event().wait()"
    chapter.write_text(chapter.read_text().replace('raise RuntimeError("asked to fail")', wait))
    code, _, err = run("run", "2", "--root", "book", "-p", "fail=true", "--timeout", "2", "--out", "there")
    assert code == 1
    assert "02_small failed: a cell took longer than 2 s" in err
    assert "in cell " in err


def test_a_notebook_tells_no_places(run, tmp_path):
    assert run("run", "2", "--root", FIXTURE, "-p", "count=3", "--out", "there")[0] == 0
    notebook = nbformat.read("there/02_small.ipynb", as_version=4)
    assert notebook.metadata["papermill"].keys() == {"parameters", "version"}
    assert all("papermill" not in cell.metadata for cell in notebook.cells)
    text = Path("there/02_small.ipynb").read_text()
    assert str(tmp_path) not in text
    assert str(FIXTURE) not in text


def test_two_runs_into_one_folder_at_a_time_are_one_too_many(run, nothing_runs, tmp_path):
    for arguments in (["--out", "there"], ["--out", "there", "--sweep", "count=3,4"]):
        with claimed(tmp_path / "there"):
            code, _, err = run("run", "2", "--root", FIXTURE, *arguments)
        assert code == 2
        assert "the output folder there is in use by another run (process" in err
        assert not Path("there").exists()


def test_a_claim_ends_with_its_process(tmp_path):
    hold = "from pathlib import Path; from repsim_book.claims import claimed"
    hold += "\nwith claimed(Path('x')): import os; os._exit(0)"
    subprocess.run([sys.executable, "-c", hold], cwd=tmp_path, check=True)
    assert (tmp_path / "x" / ".in-use").exists()
    with claimed(tmp_path / "x"):
        pass
    assert list((tmp_path / "x").iterdir()) == []


def test_runs_are_listed_and_compared(run):
    for count in ("3", "5"):
        assert run("run", "2", "--root", FIXTURE, "-p", f"count={count}")[0] == 0
    code, out, _ = run("runs")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["run", "date", "(UTC)", "commit", "values"]
    assert [line.split()[-1] for line in lines[1:]] == ["count=3", "count=5"]
    folders = [line.split()[0] for line in lines[1:]]

    code, out, _ = run("runs", *folders)
    assert code == 0
    assert ["-p", "count", "3", "5"] in [line.split() for line in out.splitlines()]
    assert "result total" in out
    assert "results/rows.csv" in out
    assert "scale" not in out
    assert run("runs", folders[0], folders[0])[1] == "no difference in values, versions and results\n"

    results = Path(folders[1], "results", "results.json")
    for damage in ("{", "[]", ""):
        results.write_text(damage)
        assert run("runs", *folders)[0] == 2
        assert f"{results}: found a damaged file" in run("runs", *folders)[2]
    results.unlink()
    assert f"{folders[1]} has no results" in run("runs", *folders)[2]
    for damage in ("{", "[]", "{}", '{"chapter": 1}'):
        Path(folders[0], "run.json").write_text(damage)
        assert run("runs", *folders)[0] == 2
        assert "a damaged one" in run("runs", *folders)[2]
        _, out, err = run("runs")
        assert len(out.splitlines()) == 2
        assert f"not listed: {folders[0]}/run.json: found something else" in err


def test_long_values_of_two_runs_stand_side_by_side(run, tmp_path):
    record = {
        "chapter": "02_small",
        "command": "",
        "commit": "",
        "date": "2026-01-01",
        "values": {},
        "changed": [],
        "versions": {},
    }
    for name in "ab":
        (tmp_path / name / "results").mkdir(parents=True)
        (tmp_path / name / "run.json").write_text(json.dumps(record))
        words = {"agreement": f"of {name} " + "word " * 40 + "end"}
        (tmp_path / name / "results" / "results.json").write_text(json.dumps(words))
    code, out, _ = run("runs", str(tmp_path / "a"), str(tmp_path / "b"))
    assert code == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= 110
    assert any(line.split()[:4] == ["result", "agreement", "of", "a"] for line in lines)
    assert lines[-1].split().count("end") == 2


def test_modules_that_lie_where_it_is_typed_are_not_its_own(tmp_path):
    for name in ("copy.py", "json.py", "repsim_book.py"):
        (tmp_path / name).write_text("raise SystemExit(7)")
    words = [Path(sys.executable).with_name("repsim"), "run", "2", "--root", FIXTURE, "--out", "there"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
