"""The command that compares two models."""

import json
import math
import os
from importlib import metadata
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from processes import repsim

import repsim_core
from repsim_book.cli import compare as compare_module
from repsim_core import array_files
from repsim_core.measures.printed import many
from repsim_core.texts import shown


def test_compare_prints_the_comparison(run, models):
    expected = repsim_core.compare(*models)
    assert run("compare", "a.npz", "b.safetensors") == (0, f"{expected}\n", "")


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
        *(
            (["a.npz", "b.safetensors", "--labels", text], f"--labels: found {shown(text)}, expected all")
            for text in (
                "[1,2",
                "1,2]",
                "[[1,2]]",
                "[]",
                "",
                "1,,2",
                ",1",
                "1 2",
                "1_0",
                "+1",
                "1.0",
                "[all]",
                "All",
            )
        ),
        (["a.npz", "b.safetensors", "--labels=-1"], "--labels: found -1, expected labels from 0 to 4"),
        (["a.npz", "b.safetensors", "--labels", "[5]"], "--labels: found "),
        (["a.npz", "b.safetensors", "--labels", "[1,2", "--json"], "--labels: found [1,2"),
        (["a.npz", "b.safetensors", "--input-set", "(0,1,2)"], "--input-set: found (0,1,2), expected exact"),
        (["a.npz", "b.safetensors", "--pivot", "1,2"], "--pivot: found 1,2, expected a label, or mean"),
        (["a.npz", "b.safetensors", "--pivot", "[1]"], "--pivot: found [1], expected a label, or mean"),
        (["a.npz", "b.safetensors", "--pivot=-1"], "--pivot: found -1, expected an integer from 0 to 4"),
        (["a.npz", "b.safetensors", "--max-subsets", "1e3"], "--max-subsets: found 1e3, expected a whole"),
        (["a.npz", "b.safetensors", "--max-subsets=-1"], "--max-subsets: found -1"),
        (
            ["a.npz", "b.safetensors", "--max-subsets", "2", "--labels", "all"],
            "--max-subsets: found 2, expected none beside --labels all",
        ),
        (["a.npz", "b.safetensors", "--weight=-1"], "--weight: found -1"),
        (["a.npz", "b.safetensors", "--weight", "inf"], "--weight: found inf"),
        (["a.npz", "b.safetensors", "--seed=-1"], "--seed: found -1"),
        (["a.npz", "b.safetensors", "--draws", "1"], "--draws: found 1"),
        (["a.npz", "b.safetensors", "--measures", "ALL"], "--measures: found ALL, expected all"),
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


def test_a_bias_that_only_one_of_the_files_has(run, models):
    a, b = models
    bias = np.linspace(0.0, 1.0, a.num_labels)
    arrays = {"embeddings": np.asarray(a.embeddings), "unembeddings": np.asarray(a.unembeddings)}
    np.savez("x.npz", **arrays, offsets=bias)
    biased = repsim_core.Representations(a.embeddings, a.unembeddings, bias=bias)
    expected = repsim_core.compare(biased, b)
    assert expected.d_kl != repsim_core.compare(a, b).d_kl
    assert run("compare", "x.npz", "b.safetensors", "--bias", "offsets,") == (0, f"{expected}\n", "")
    expected = repsim_core.compare(b, biased)
    assert run("compare", "b.safetensors", "x.npz", "--bias", ",offsets") == (0, f"{expected}\n", "")
    words = ["compare", "x.npz", "b.safetensors", "a.npz", "--pairs", "o.csv", "--bias", "offsets,,"]
    assert run(*words)[0] == 0
    rows = Path("o.csv").read_text("utf-8").splitlines()
    first = repsim_core.compare(biased, b).d_kl
    assert rows[1].split(",")[:3] == ["x", "b", repr(first)]
    for refused in ("embeddings,", "offsets,b,c"):
        option = "--embeddings" if refused == "embeddings," else "--bias"
        code, out, err = run("compare", "x.npz", "b.safetensors", option, refused)
        assert (code, out) == (2, "")
        assert err.startswith(f"repsim: {option}: found {refused}, expected a name")


def test_intervals_are_printed_below(run, models):
    expected = repsim_core.bootstrap_intervals(*models, draws=7, pivot=1)
    words = ["compare", "a.npz", "b.safetensors", "--draws", "7", "--pivot", "1"]
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.startswith(f"{repsim_core.compare(*models, pivot=1)}\nintervals of level .95 from 7 draws")
    low, high = (f"{end:.4g}" for end in expected["d_kl"][1:])
    assert f"[{low}, {high}]" in out
    found = json.loads(run(*words, "--json")[1])["intervals"]
    assert found["mean_cca"] == expected["mean_cca"]._asdict()


# -- for machines ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(Path(compare_module.__file__).with_name("compare.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--labels", "all", "--pivot", "mean"),
        ("--labels", "1", "--measures", "all"),
        ("--labels", "[2]", "--input-set", "0,3,5"),
        ("--draws", "3", "--max-subsets", "2"),
        ("--left-out", "none", "--weight", "0.5"),
    ],
)
def test_json_follows_its_schema(run, models, validator, words):
    code, out, err = run("compare", "a.npz", "b.safetensors", *words, "--json")
    assert (code, err) == (0, "")
    validator.validate(json.loads(out))


def test_json_of_labelled_unlike_models_with_few_labels(run, models, validator):
    """Where something is left out it is null, and what the text says is there."""
    truth = np.arange(12) % 3
    rng = np.random.default_rng(1)
    for name, width in (("c.npz", 2), ("d.npz", 5)):
        repsim_core.Representations(rng.normal(size=(12, width)), rng.normal(size=(3, width)), truth).save(
            name
        )
    found = json.loads(run("compare", "c.npz", "d.npz", "--json")[1])
    validator.validate(found)
    assert found["input_set"] is found["d_svd_g"] is found["intervals"] is found["draws"] is None
    assert (found["dims"], found["ranks"]) == ([2, 5], [2, 2])
    assert found["files"] == ["c.npz", "d.npz"]
    assert found["version"] == metadata.version("repsim-core")
    printed = " ".join(run("compare", "c.npz", "d.npz")[1].split())
    for name in ("accuracies", "losses", "effective_ranks"):
        assert ", ".join(f"{each:.4g}" for each in found[name]) in printed
    for bound in found["bounds"]:
        assert f"{bound['name']}, {bound['formula']} {bound['value']:.4g} {bound['says']}" in printed
    for note in found["notes"]:
        assert f"note: {note}" in printed


def test_json_is_the_comparison(run, models):
    expected = json.loads(json.dumps(repsim_core.compare(*models).to_dict()))
    found = json.loads(run("compare", "a.npz", "b.safetensors", "--json")[1])
    assert {name: found[name] for name in expected} == expected
    added = {"draws": None, "files": ["a.npz", "b.safetensors"], "intervals": None, "warnings": []}
    assert {name: found[name] for name in added} == added


def test_the_schema_is_strict_and_says_what_each_field_is(run, models, validator):
    def objects(part):
        if isinstance(part, dict):
            yield part
            for value in part.values():
                yield from objects(value)
        elif isinstance(part, list):
            for value in part:
                yield from objects(value)

    schema = validator.schema
    for part in objects(schema):
        if "properties" in part and part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert set(part["required"]) == set(part["properties"])
    assert all(part.get("description") for part in schema["properties"].values())
    found = json.loads(run("compare", "a.npz", "b.safetensors", "--json")[1])
    for change in (
        {"more": 1},
        {"d_kl": -1.0},
        {"d_llv": "nan"},
        {"pivot": "median"},
        {"dims": [2]},
        {"notes": None},
    ):
        assert not validator.is_valid({**found, **change}), change
    assert validator.is_valid({**found, "d_llv": "Infinity", "chance_cca": "NaN"})
    assert not validator.is_valid({name: value for name, value in found.items() if name != "seed"})


def test_more_label_subsets_than_a_float_can_say():
    assert [many(count) for count in (1, 20_000, 10**6, 9_960_000, math.comb(50_000, 4096))] == [
        "1",
        "20,000",
        "1.0e6",
        "1.0e7",
        "3.2e6152",
    ]


# -- out of memory ---------------------------------------------------------------------------------------------------


class OutOfMemoryError(RuntimeError):
    """As PyTorch's, which is no MemoryError."""


ASKED = "Unable to allocate 118. GiB for an array with shape (50257, 2000) and data type float64"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            MemoryError("a, b: found 9 GB, expected less"),
            "repsim: a.npz, b.safetensors: found 9 GB, expected less\n",
        ),
        (
            MemoryError(ASKED),
            "repsim: a.npz, b.safetensors: there is not enough memory for N = 12 inputs, K = 5 labels, M = 2 "
            "dimensions (118 GiB were asked for at once); take fewer inputs (the first n rows of the embeddings), or "
            "fewer labels with --labels\n",
        ),
        (
            OutOfMemoryError("CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has"),
            "repsim: a.npz, b.safetensors: there is not enough memory for N = 12 inputs, K = 5 labels, M = 2 "
            "dimensions (20.50 GiB were asked for at once); take fewer inputs (the first n rows of the embeddings), "
            "or fewer labels with --labels\n",
        ),
        (
            MemoryError(),
            "repsim: a.npz, b.safetensors: there is not enough memory for N = 12 inputs, K = 5 labels, M = 2 "
            "dimensions; take fewer inputs (the first n rows of the embeddings), or fewer labels with --labels\n",
        ),
    ],
)
@pytest.mark.parametrize("where", ["compare", "bootstrap_intervals"])
def test_running_out_of_memory_has_a_remedy(run, models, monkeypatch, error, said, where):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(repsim_core, where, fail)
    assert run("compare", "a.npz", "b.safetensors", "--draws", "3") == (1, "", said)


def test_a_model_that_cannot_be_held_is_named(run, models, monkeypatch):
    load = repsim_core.load

    def fail(path, **keys):
        if path == "b.safetensors":
            raise MemoryError(ASKED)
        return load(path, **keys)

    monkeypatch.setattr(repsim_core, "load", fail)
    said = "repsim: b.safetensors: there is not enough memory to read it (118 GiB were asked for at once); take fewer"
    assert run("compare", "a.npz", "b.safetensors")[2].startswith(said)


@pytest.mark.parametrize("words", [[], ["--pairs", "out.csv"]])
def test_a_file_that_does_not_fit_is_named_with_the_remedy(run, models, monkeypatch, words):
    """An array that is larger than what is free, in a file that is otherwise in order: no wrong input, exit code 1."""
    monkeypatch.setattr(array_files, "_LITTLE", 0.0)
    monkeypatch.setattr(array_files, "available", lambda: 100.0)
    code, out, err = run("compare", "a.npz", "b.safetensors", *words)
    assert (code, out) == (1, "")
    assert "repsim: a.npz holds an array of less than 1 MB, which takes less than 1 MB to read, and" in err
    assert err.endswith("are free; take fewer inputs (the first n rows of the embeddings)\n")


def test_another_error_of_pytorch_is_not_said_to_be_one_of_memory(run, models, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a fault")

    monkeypatch.setattr(repsim_core, "compare", fail)
    with pytest.raises(RuntimeError, match="a fault"):
        run("compare", "a.npz", "b.safetensors")


def test_what_does_not_reach_the_distribution_is_said(models, tmp_path):
    column = models[0].embeddings[:, :1]
    flat = repsim_core.Representations(np.hstack([column, column]), models[0].unembeddings)
    flat.save(tmp_path / "flat.npz")
    done = repsim("compare", "a.npz", "flat.npz", cwd=tmp_path, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "note: of b's M = 2 dimensions r = 1 reaches the distribution; the other one could be anything"
        in done.stdout
    )


def test_messages_leave_names_of_files_and_lines_of_code_as_they_are(run, models, tmp_path):
    file = tmp_path / "x.h5"
    file.write_bytes(b"")
    code, _, err = run("compare", "a.npz", file)
    assert code == 2
    assert (
        'np.savez("model.npz", embeddings=file["embeddings"][:], unembeddings=file["unembeddings"][:])' in err
    )
    code, _, err = run("compare", "a.npz", "seed=3.npz")
    assert (code, err.strip()) == (2, "repsim: there is no file seed=3.npz")
