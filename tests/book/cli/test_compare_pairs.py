"""The command that compares all pairs of many models."""

import json
import os
import re
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import HANG, running

import repsim_core
from repsim_book.cli import compare_pairs
from repsim_core import executors


@pytest.fixture
def many(tmp_path) -> list[str]:
    """Six models of N = 15 inputs, K = 5 labels and M = 2, in files of the current folder."""
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=15)
    names = [f"m{number}.npz" for number in range(6)]
    for name in names:
        model = repsim_core.Representations(rng.normal(size=(15, 2)), rng.normal(size=(5, 2)), labels)
        model.save(tmp_path / name)
    return names


def test_a_row_a_pair(run, many):
    code, out, err = run("compare", *many, "--pairs", "new/out.csv", "--jobs", 2)
    assert (code, out.splitlines()[0]) == (0, "new/out.csv: 15 pairs of 6 models")
    assert "6 models, 15 pairs; each process holds up to 2 models at a time" in err
    assert "compare: 15 of 15 pairs" in err
    written = Path("new/out.csv").read_text()
    expected = repsim_core.compare_all(many, jobs=1)
    assert written == expected.to_csv(index=False, lineterminator="\n")
    assert {"first", "second", "d_kl", "d_llv", "mean_cca", "certificate", "loss_gap"} <= set(expected)
    # Again, with another number of processes: nothing is compared, and the bytes are the same.
    code, out, err = run("compare", *many, "--pairs", "new/out.csv", "--jobs", 1)
    assert (code, Path("new/out.csv").read_text()) == (0, written)
    assert "15 of 15 pairs, 15 found" in err
    assert {path.name for path in Path("new").iterdir()} == {"out.csv", "out.csv.parts"}


def test_options_hold_for_all_pairs(run, many):
    words = [
        "--pivot",
        "mean",
        "--labels",
        "0,2,3",
        "--weight",
        "0.5",
        "--measures",
        "all",
        "--cache",
        "kept",
    ]
    assert run("compare", *many[:3], "--pairs", "out.csv", *words)[0] == 0
    options = {"pivot": "mean", "labels": [0, 2, 3], "weight": 0.5, "measures": "all"}
    expected = repsim_core.compare_all(many[:3], **options)
    found = pd.read_csv("out.csv")
    assert found["d_llv"].tolist() == pytest.approx(expected["d_llv"].tolist(), rel=1e-12)
    assert found.columns.tolist() == expected.columns.tolist()
    assert "linear CKA of f" in found
    assert Path("kept").is_dir()
    assert not Path("out.csv.parts").exists()


def test_arrays_are_called_as_they_are_in_the_files(run, many):
    for number, name in enumerate(many[:3]):
        model = repsim_core.load(name)
        np.savez(
            f"x{number}.npz", **{f"f{number}": model.embeddings, "w": model.unembeddings, "y": model.labels}
        )
    files = [f"x{number}.npz" for number in range(3)]
    words = ["--embeddings", "f0,f1,f2", "--unembeddings", "w", "--true-labels", "y"]
    assert run("compare", *files, "--pairs", "x.csv", *words)[0] == 0
    assert run("compare", *many[:3], "--pairs", "m.csv")[0] == 0
    x, m = (Path(name).read_text() for name in ("x.csv", "m.csv"))
    assert x == m.replace("m0", "x0").replace("m1", "x1").replace("m2", "x2")
    said = run("compare", *files, "--pairs", "x.csv", "--embeddings", "f0,f1")[2]
    assert "--embeddings: found 2 names, expected one, or one for each of the 3 files" in said


def test_rows_as_json_and_a_page(run, many):
    np.savez("flat.npz", embeddings=np.ones((15, 2)), unembeddings=np.eye(5, 2))
    words = ["compare", *many[:2], "flat.npz", "--pairs", "out.csv", "--html", "out.html", "--json"]
    code, out, err = run(*words)
    assert code == 0
    rows = json.loads(out)
    assert [(row["first"], row["second"]) for row in rows] == [("m0", "m1"), ("m0", "flat"), ("m1", "flat")]
    assert rows[0]["d_llv"] == repsim_core.compare_all(many[:2], jobs=1)["d_llv"][0]
    assert (rows[0]["note"], rows[1]["d_llv"]) == (None, None)
    assert rows[1]["note"].startswith("flat: found the same distribution for every input")
    assert "out.csv: 3 pairs of 3 models, of which 2 cannot be compared (column note)" in err
    assert "All pairs of 3 models" in Path("out.html").read_text()


@pytest.mark.filterwarnings("default")
def test_a_bias_that_is_left_out_is_said_once_of_each_file(run, tmp_path):
    rng = np.random.default_rng(0)
    for name in "abc":
        arrays = {"h": rng.normal(size=(9, 2)), "lm.weight": rng.normal(size=(4, 2)), "lm.bias": np.zeros(4)}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    words = ["--embeddings", "h", "--unembeddings", "lm.weight", "--pairs", "out.csv", "--jobs", 1]
    code, _, err = run("compare", "a.npz", "b.npz", "c.npz", *words)
    assert code == 0
    assert re.findall(r"bias: (.*) holds lm.bias beside lm.weight, which is left out", err) == [
        "a.npz",
        "b.npz",
        "c.npz",
    ]


def test_the_terminal_says_on_how_many_pairs_there_are_notes(run, tmp_path):
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(60, 2)), 3 * rng.normal(size=(5, 2))
    for name, order in (("m0", [0, 1, 2, 3, 4]), ("m1", [0, 1, 2, 3, 4]), ("other", [1, 0, 2, 4, 3])):
        near = f + 0.01 * rng.normal(size=f.shape)
        repsim_core.Representations(near, g[order]).save(tmp_path / f"{name}.npz")
    command = ("compare", "m0.npz", "m1.npz", "other.npz", "--pairs", "out.csv")
    code, out, _ = run(*command, "--html", "out.html")
    assert (code, out) == (
        0,
        "out.csv: 3 pairs of 3 models\n"
        "notes on 2 of 3 pairs: see column notes; on 2 of them: are the labels in another order?\n"
        "out.html\n",
    )
    notes = pd.read_csv("out.csv")["notes"]
    assert notes.isna().tolist() == [True, False, False]
    assert notes[1] in Path("out.html").read_text()
    rows = json.loads(run(*command, "--json")[1])
    assert [row["notes"] for row in rows] == [None, *notes[1:]]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["m0.npz", "m1.npz", "m2.npz"],
            "models: found 3, expected two; or two or more with --pairs FILE.csv",
        ),
        ([], "models: found 0, expected two"),
        (["m0.npz", "m1.npz", "--jobs", "2"], "--jobs: found one without --pairs"),
        (["m0.npz", "m1.npz", "--html", "a.html"], "--html: found one without --pairs"),
        (["m0.npz", "--pairs", "o.csv"], "models: found 1, expected at least two"),
        (
            ["m0.npz", "m1.npz", "--pairs", "m2.npz"],
            "--pairs: found m2.npz, expected a name that ends in .csv",
        ),
        (
            ["m0.npz", "m1.npz", "--pairs", "o.csv", "--html", "m2.npz"],
            "--html: found m2.npz, expected a name",
        ),
        (
            ["m0.npz", "m1.npz", "--pairs", "folder.csv"],
            "--pairs: found the folder folder.csv, expected a file",
        ),
        (["m0.npz", "m1.npz", "--pairs", "m0.npz/o.csv"], "--pairs: cannot write to m0.npz"),
        (["m0.npz", "m1.npz", "--pairs", "o.csv", "--cache", "m0.npz"], "--cache: cannot write to m0.npz"),
        (["m0.npz", "m1.npz", "--pairs", "o.csv", "--draws", "9"], "--draws: found 9 beside --pairs"),
        (["m0.npz", "m1.npz", "--pairs", "o.csv", "--jobs", "0"], "--jobs: found 0"),
        (
            ["m0.npz", "m1.npz", "--pairs", "o.csv", "--scheduler", "nonsense://"],
            "--scheduler: found 'nonsense",
        ),
        (["m0.npz", "m1.npz", "./m0.npz", "--pairs", "o.csv"], "twice, expected each file once"),
        (["m0.npz", "no.npz", "--pairs", "o.csv"], "repsim: there is no file no.npz"),
        (["m0.npz", "text.npz", "--pairs", "o.csv"], "repsim: text.npz is no readable .npz file"),
        (
            ["m0.npz", "other.npz", "--pairs", "o.csv"],
            "other.npz: found N = 3 inputs, expected 15 as in m0.npz",
        ),
        # The options are looked at before the second file is.
        (["m0.npz", "text.npz", "--pairs", "o.csv", "--pivot", "9"], "--pivot: found 9, expected an integer"),
        (["m0.npz", "text.npz", "--pairs", "o.csv", "--labels", "1,1"], "--labels: found"),
        (["m0.npz", "m1.npz", "--pairs", "o.csv", "--bias", ","], "--bias: found ,, expected a name"),
        (["m0.npz", "m1.npz", "--pairs", "o.csv", "--embeddings", "f,"], "--embeddings: found f,, expected"),
        (
            ["flat.npz", "flat2.npz", "--pairs", "o.csv"],
            "no pair can be compared; of the first, flat.npz: found the same distribution",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_compared(run, many, words, complaint):
    Path("folder.csv").mkdir()
    Path("text.npz").write_text("no archive")
    repsim_core.Representations(np.ones((3, 2)) + np.eye(3, 2), np.eye(5, 2)).save("other.npz")
    for name in ("flat.npz", "flat2.npz"):
        repsim_core.Representations(np.ones((15, 2)), np.eye(5, 2)).save(name)
    before = sorted(os.listdir())
    code, out, err = run("compare", *words)
    assert (code, out) == (2, "")
    assert complaint in err
    assert set(os.listdir()) - set(before) <= {"o.csv.parts"}
    assert not Path("o.csv").exists()


# The command, which stops itself when an entry is stored.
STOPPED = """
import os, signal, sys
from repsim_book.cli.main import main
from repsim_core.store import Store

put, count = Store.put, 0

def put_and_stop(*given):
    global count
    path, count = put(*given), count + 1
    if count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.Signals[sys.argv[2]])
    return path

if __name__ == "__main__":
    Store.put = put_and_stop
    sys.exit(main(sys.argv[3:]))
"""


def test_interrupted_and_killed_it_ends_with_the_same_bytes(run, many, tmp_path):
    assert run("compare", *many, "--pairs", "whole.csv", "--jobs", 1)[0] == 0
    Path("stopped.py").write_text(STOPPED)
    words = ["compare", *many, "--pairs", "out.csv", "--jobs", "2"]
    stored = 0
    for signal, code in (("SIGKILL", -9), ("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)):
        with running([sys.executable, "stopped.py", "2", signal, *words], cwd=tmp_path, stderr=-1) as process:
            said = process.communicate(timeout=HANG)[1]
        assert process.returncode == code, said
        assert not Path("out.csv").exists()
        entries = [path for path in Path("out.csv.parts").iterdir() if not path.name.startswith(".")]
        assert len(entries) >= stored + 2
        stored = len(entries)
        if code > 0:
            assert f"finished pairs are kept in out.csv.parts; to go on: repsim {' '.join(words)}" in said
            assert "Traceback" not in said
    code, _, err = run(*words)
    assert code == 0
    assert " found, " in err
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_a_lost_worker_is_said_and_what_was_finished_is_kept(run, many, monkeypatch):
    class Losing(executors.ThisProcess):
        def submit(self, fn, /, *given, **options):
            if any(Path("out.csv.parts").glob("pairs-*")):
                raise BrokenExecutor
            return super().submit(fn, *given, **options)

    monkeypatch.setattr(executors, "local_executor", lambda _: Losing())
    code, out, err = run("compare", *many, "--pairs", "out.csv")
    assert (code, out) == (1, "")
    assert (
        "a worker process ended suddenly (was it killed, or out of memory?); what was finished is stored"
        in err
    )
    assert "finished pairs are kept in out.csv.parts; to go on: repsim compare" in err


def test_on_a_cluster(run, many, monkeypatch):
    from clusters import local_cluster  # skips where Dask is not installed

    monkeypatch.setattr(executors, "_ANSWER_SECONDS", HANG)
    monkeypatch.setattr(compare_pairs, "_WORKERS", 2)
    assert run("compare", *many, "--pairs", "here.csv")[0] == 0
    with local_cluster() as cluster:
        words = ["--pairs", "there.csv", "--scheduler", cluster.scheduler_address]
        code, _, err = run("compare", *many, *words)
    assert code == 0, err
    assert "each worker holds up to" in err
    assert Path("here.csv").read_bytes() == Path("there.csv").read_bytes()
