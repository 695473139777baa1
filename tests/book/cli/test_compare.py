"""The command that compares two models."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from processes import repsim

import repsim_core


def test_compare_prints_the_comparison(run, models):
    expected = repsim_core.compare(*models)
    assert run("compare", "a.npz", "b.safetensors") == (0, f"{expected}\n", "")
    code, out, _ = run("compare", "a.npz", "b.safetensors", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(expected.to_dict()))


def test_compare_hands_its_options_on(run, models):
    options = {"pivot": 1, "left_out": 2, "input_set": [0, 3, 5], "weight": 0.5}
    expected = repsim_core.compare(*models, **options)
    arguments = ["--pivot=1", "--left-out=2", "--input-set=0,3,5", "--weight=0.5"]
    assert run("compare", "a.npz", "b.safetensors", *arguments) == (0, f"{expected}\n", "")
    sampled = repsim_core.compare(*models, num_samples=3, seed=4)
    assert run("compare", "a.npz", "b.safetensors", "--num-samples=3", "--seed=4")[1] == f"{sampled}\n"
    exact = repsim_core.compare(*models, input_set="exact")
    assert run("compare", "a.npz", "b.safetensors", "--input-set", "exact")[1] == f"{exact}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["a.npz", "missing.npz"], "there is no file missing.npz"),
        (["a.npz", "folder.npz"], "there is no file folder.npz"),
        (["a.npz", "text.npz"], "text.npz is no readable .npz file"),
        (["a.npz", "text.pkl"], "text.pkl"),
        (["a.npz", "other.npz"], "other.npz: found N = 3 inputs, expected 12 as in a.npz"),
        (["few.npz", "few.npz", "--left-out", "1"], "--left-out: found label 1 of K = r + 1 = 3"),
        (["few.npz", "few.npz", "--left-out", "1"], "pass --left-out none"),
        (["flat.npz", "flat.npz"], "flat.npz: found the same distribution for every input"),
        (
            ["a.npz", "b.safetensors", "--labels", "few"],
            "--labels: found few, expected all, how many, or labels",
        ),
        (
            ["a.npz", "b.safetensors", "--labels", "5"],
            "--labels: found 5, expected labels from 0 to 4, how many",
        ),
        (["a.npz", "b.safetensors", "--labels", "1,1"], "--labels: found [1, 1]"),
        (
            ["a.npz", "b.safetensors", "--labels", "1,2", "--pivot", "1"],
            "--labels: found the pivot 1 among them",
        ),
        (["a.npz", "b.safetensors", "--labels", "2", "--left-out", "1"], "--left-out: found 1 beside labels"),
        (["a.npz", "b.safetensors", "--pivot", "median"], "--pivot: found median, expected a label, or mean"),
        (["a.npz", "b.safetensors", "--measures", "some"], "--measures: "),
        (["a.npz", "b.safetensors", "--draws", "0"], "--draws: found 0"),
        (["a.npz", "b.safetensors", "--max-subsets", "0"], "--max-subsets: found 0"),
        (
            ["a.npz", "b.safetensors", "--input-set", "exact", "--min-conditioning", "2"],
            "--min-conditioning: found 2",
        ),
        (["a.npz", "b.safetensors", "--pivot", "5"], "--pivot: found 5, expected an integer from 0 to 4"),
        (["a.npz", "b.safetensors", "--left-out", "some"], "found some, expected a label, or none"),
        (["a.npz", "b.safetensors", "--input-set", "0,0,1"], "--input-set: found [0, 0, 1]"),
        (
            ["a.npz", "b.safetensors", "--input-set", "0,x"],
            "found 0,x, expected exact, sampled, or numbers of inputs",
        ),
        (["a.npz", "b.safetensors", "--num-samples", "0"], "--num-samples: found 0"),
        (["a.npz", "b.safetensors", "--weight", "nan"], "--weight: found nan"),
        (
            ["a.npz", "b.safetensors", "--input-set", "exact", "--num-samples", "3"],
            "--num-samples: found 3, expected none beside",
        ),
        (["a.npz"], "models: found 1, expected two"),
    ],
)
def test_compare_refuses_what_it_cannot_use(run, models, own_checks_only, arguments, complaint):
    Path("folder.npz").mkdir()
    Path("text.npz").write_text("no archive")
    Path("text.pkl").write_text("no archive")
    repsim_core.Representations(np.ones((3, 2)) + np.eye(3, 2), np.eye(4, 2)).save("other.npz")
    repsim_core.Representations(models[0].embeddings, models[0].unembeddings[:3]).save("few.npz")
    repsim_core.Representations(np.ones((12, 2)), models[0].unembeddings).save("flat.npz")
    code, out, err = run("compare", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    for word in ("left_out", "input_set", "num_samples", "_left_out", "ParamType"):
        assert word not in err


def test_options_of_label_sets_and_contrasts(run, models):
    for words, options in [
        (["--labels", "all"], {"labels": "all"}),
        (["--labels", "2"], {"labels": 2}),
        (["--labels", "[2]"], {"labels": [2]}),
        (["--labels", "0,2", "--pivot", "mean"], {"labels": [0, 2], "pivot": "mean"}),
        (["--left-out", "none", "--input-set", "sampled"], {"left_out": "none", "input_set": "sampled"}),
        (["--measures", "all", "--max-subsets", "2"], {"measures": "all", "max_subsets": 2}),
        (
            ["--input-set", "exact", "--min-conditioning", "0"],
            {"input_set": "exact", "min_conditioning": 0.0},
        ),
    ]:
        expected = repsim_core.compare(*models, **options)
        assert run("compare", "a.npz", "b.safetensors", *words) == (0, f"{expected}\n", "")


def test_arrays_are_called_as_they_are_in_the_files(run, models):
    expected = repsim_core.compare(*models)
    a, b = ({"f": np.asarray(m.embeddings), "fc.weight": np.asarray(m.unembeddings)} for m in models)
    np.savez("x.npz", **a)
    np.savez("y.npz", **b)
    np.savez("z.npz", hidden=b["f"], head=b["fc.weight"])
    keys = ["--embeddings", "f", "--unembeddings", "fc.weight"]
    assert run("compare", "x.npz", "y.npz", *keys) == (0, f"{expected}\n", "")
    keys = ["--embeddings", "f,hidden", "--unembeddings", "fc.weight,head"]
    assert run("compare", "x.npz", "z.npz", *keys) == (0, f"{expected}\n", "")
    keys = ["--embeddings", "f", "--unembeddings", "fc.weight", "--bias", "fc.bias"]
    said = "repsim: x.npz holds ['f', 'fc.weight'], expected fc.bias\n"
    assert run("compare", "x.npz", "y.npz", *keys) == (2, "", said)
    assert run("compare", "x.npz", "y.npz", "--embeddings", "f,g,h")[2].startswith(
        "repsim: --embeddings: found f,g,h"
    )


def test_intervals_are_printed_below(run, models):
    expected = repsim_core.bootstrap_intervals(*models, draws=7, pivot=1)
    words = ["compare", "a.npz", "b.safetensors", "--draws", "7", "--pivot", "1"]
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.startswith(f"{repsim_core.compare(*models, pivot=1)}\nnominal 95 % intervals from 7 draws")
    low, high = (f"{end:.4g}" for end in expected["d_kl"][1:])
    assert f"[{low}, {high}]" in out
    found = json.loads(run(*words, "--json")[1])["intervals"]
    assert found["mean_cca"] == expected["mean_cca"]._asdict()


def test_what_does_not_reach_the_distribution_is_said(models, tmp_path):
    column = models[0].embeddings[:, :1]
    flat = repsim_core.Representations(np.hstack([column, column]), models[0].unembeddings)
    flat.save(tmp_path / "flat.npz")
    done = repsim("compare", "a.npz", "flat.npz", cwd=tmp_path, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "note: of b's M = 2 dimensions r = 1 reach the distribution; the other 1 could be anything"
        in done.stdout
    )
