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
        (["few.npz", "few.npz"], "--left-out: found K = M + 1 = 3 labels"),
        (["few.npz", "few.npz"], "pass --left-out none"),
        (["a.npz", "b.safetensors", "--pivot", "5"], "--pivot: found 5, expected an integer from 0 to 4"),
        (["a.npz", "b.safetensors", "--left-out", "some"], "found some, expected a label, or none"),
        (["a.npz", "b.safetensors", "--input-set", "0,0,1"], "--input-set: found [0, 0, 1]"),
        (["a.npz", "b.safetensors", "--input-set", "0,x"], "found 0,x, expected exact, or numbers of inputs"),
        (["a.npz", "b.safetensors", "--num-samples", "0"], "--num-samples: found 0"),
        (["a.npz", "b.safetensors", "--weight", "nan"], "--weight: found nan"),
        (
            ["a.npz", "b.safetensors", "--input-set", "exact", "--seed", "3"],
            "--seed: found 3, expected none beside",
        ),
        (["a.npz"], "Missing argument 'B'"),
    ],
)
def test_compare_refuses_what_it_cannot_use(run, models, own_checks_only, arguments, complaint):
    Path("folder.npz").mkdir()
    Path("text.npz").write_text("no archive")
    Path("text.pkl").write_text("no archive")
    repsim_core.Representations(np.ones((3, 2)) + np.eye(3, 2), np.eye(4, 2)).save("other.npz")
    repsim_core.Representations(models[0].embeddings, models[0].unembeddings[:3]).save("few.npz")
    code, out, err = run("compare", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    for word in ("left_out", "input_set", "num_samples", "_left_out", "ParamType"):
        assert word not in err


def test_a_warning_is_a_line_without_source(models, tmp_path):
    column = models[0].embeddings[:, :1]
    flat = repsim_core.Representations(np.hstack([column, column]), models[0].unembeddings)
    flat.save(tmp_path / "flat.npz")
    done = repsim("compare", "a.npz", "flat.npz", cwd=tmp_path, env=os.environ)
    assert done.returncode == 0
    assert done.stderr.startswith("repsim: warning: the embeddings of flat.npz: rank 1 of 2 columns")
    assert done.stderr.count("\n") == 1
