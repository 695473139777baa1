"""Networks from elsewhere become a record like any other, and files that do not fit are refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from places import ROOT
from safetensors.torch import save_file
from studies import command

import repsim_core as rc
from repsim_core.errors import InputError
from repsim_core.measures.circular_orders import class_means
from repsim_core.store import Store
from repsim_core.studies.agreement import compare_with_record
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import read_representations
from repsim_core.studies.study import stored_tables
from repsim_core.studies.trained_elsewhere import take_in
from repsim_core.studies.training_steps import read_steps

WORDS = ["digits", "--grid", "smoke", "--steps", "9"]
STUDY = declare_study("digits", "smoke", steps=9)
LABEL = "digits-M2"
PAPER = ROOT / "book" / "records" / "cifar10-paper"
ORIGIN = {"script": "made.py", "commit": "abcdef0", "date": "2026-01-02", "data": "0123", "images": "noise"}


def models(seed: int) -> list[rc.Representations]:
    """One a seed of the study."""
    rng = np.random.default_rng(seed)
    labels = np.arange(60) % 10
    return [
        rc.Representations(
            rng.normal(size=(60, 2)).astype("float32"), rng.normal(size=(10, 2)).astype("float32"), labels
        )
        for _ in STUDY.seeds
    ]


def write(folder: Path, **changes: object) -> list[rc.Representations]:
    """A folder as a script leaves it."""
    made = models(1)
    f, g = (
        torch.stack([torch.as_tensor(getattr(m, name)) for m in made])
        for name in ("embeddings", "unembeddings")
    )
    tensors = {
        "seeds": torch.tensor(STUDY.seeds),
        "embeddings": f.contiguous(),
        "unembeddings": g.contiguous(),
        "labels": torch.tensor(np.asarray(made[0].labels), dtype=torch.uint8),
        "test_accuracy": torch.tensor([m.accuracy() for m in made]),
        "test_loss": torch.tensor([m.loss() for m in made]),
        "train_loss": torch.zeros(len(made)),
        "loss_curve": torch.ones(9, len(made)),
    }
    tensors |= changes
    recipe = asdict(STUDY.trainings(STUDY.groups[0])[0].recipe)
    folder.mkdir()
    save_file(tensors, folder / f"{LABEL}.safetensors", {"recipe": json.dumps(recipe), "device": "a card"})
    save_file({"3/embeddings": f.half() / 2, "3/unembeddings": g}, folder / f"{LABEL}-steps.safetensors", {})
    (folder / "origin.json").write_text(json.dumps(ORIGIN))
    (folder / "made.py").write_text("pass\n")
    return made


def test_networks_from_elsewhere_make_a_record(tmp_path, monkeypatch):
    made = write(tmp_path / "given")
    monkeypatch.setattr("sys.argv", ["repsim", "study", "record", *WORDS, "--trained", "given"])
    arguments = ["--trained", str(tmp_path / "given"), "--record", str(tmp_path / "record")]
    assert command(["record", *WORDS, *arguments]) == 0
    record = read_record(tmp_path / "record")
    trained = record.provenance["trained"]
    assert {name: trained[name] for name in ORIGIN} == ORIGIN
    assert trained["groups"][LABEL]["device"] == "a card"
    assert record.provenance["study"]["data"] == "0123"
    assert (tmp_path / "record" / "made.py").read_text() == "pass\n"
    assert str(tmp_path) not in (tmp_path / "record" / "provenance.json").read_text()
    assert len(record.pairs) == len(list(combinations(made, 2)))
    for row in record.pairs.itertuples():
        direct = rc.compare(made[row.seed_a], made[row.seed_b], input_set="sampled")
        assert row.d_kl == pytest.approx(direct.d_kl, rel=1e-8)
        assert row.d_llv == pytest.approx(direct.d_llv, rel=1e-8)
    group = STUDY.groups[0]
    stored = read_representations(tmp_path / "record", record)[group]
    steps = read_steps(tmp_path / "record", record)[group]
    assert steps.steps == (3, 9)
    for number, seed in enumerate(STUDY.seeds):
        gap = np.abs(np.asarray(stored.models[seed].embeddings) - np.asarray(made[seed].embeddings))
        assert gap.max() < 1e-3
        np.testing.assert_array_equal(steps.inputs, np.arange(60))
        np.testing.assert_allclose(steps.class_means[1, number], class_means(made[seed]), rtol=1e-5)
        np.testing.assert_allclose(
            steps.embeddings[0, number], np.asarray(made[seed].embeddings) / 2, atol=2e-3
        )
        assert steps.test_accuracy[1, number] == pytest.approx(made[seed].accuracy())


def test_digits_are_not_expected_again_of_networks_from_elsewhere(tmp_path):
    write(tmp_path / "given")
    arguments = ["--trained", str(tmp_path / "given"), "--record", str(tmp_path / "record")]
    assert command(["record", *WORDS, *arguments]) == 0
    store = Store(tmp_path / "store")
    tables = stored_tables(take_in(STUDY, tmp_path / "given", store).study, store)
    agreement = compare_with_record(read_record(tmp_path / "record"), tables)
    assert agreement.identical
    assert not agreement.same_environment


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": torch.tensor([0, 1, 5])}, "has no seed 2"),
        (
            {"test_loss": torch.zeros(3, dtype=torch.float64)},
            "says an accuracy of .* and a loss of 0.0 of seed 0",
        ),
        ({"embeddings": torch.zeros(3, 60, 3)}, "holds representations with M = 3, expected 2"),
    ],
)
def test_files_of_other_networks_are_refused(tmp_path, changes, message):
    write(tmp_path / "given", **changes)
    with pytest.raises(InputError, match=message):
        take_in(STUDY, tmp_path / "given", Store(tmp_path / "store"))


@pytest.mark.parametrize(
    ("study", "name", "text", "message"),
    [
        (STUDY, "origin.json", "{}", "has no text 'script'"),
        (STUDY, "origin.json", "", "cannot be read"),
        (STUDY, "origin.json", json.dumps({**ORIGIN, "script": "other.py"}), "has no file other.py"),
        (STUDY, f"{LABEL}.safetensors", "", "cannot be read"),
        (declare_study("digits", "smoke", steps=8), "note", "", "have another recipe"),
    ],
)
def test_files_that_say_something_else_are_refused(tmp_path, study, name, text, message):
    write(tmp_path / "given")
    (tmp_path / "given" / name).write_text(text)
    with pytest.raises(InputError, match=message):
        take_in(study, tmp_path / "given", Store(tmp_path / "store"))


def test_networks_of_other_studies_are_not_taken_in(tmp_path, capsys):
    assert command(["record", "width", "--trained", str(tmp_path), "--record", str(tmp_path / "r")]) == 2
    assert "trained: expected without a cache, and of a study of images" in capsys.readouterr().err


# -- the record of the paper's recipe ------------------------------------------------------------------------------


def test_the_record_of_the_papers_recipe_is_that_of_its_networks():
    """What is kept in 16 bits gives what was measured from 32 bits, and ends where the training ends."""
    record = read_record(PAPER)
    models, steps = read_representations(PAPER, record), read_steps(PAPER, record)
    assert [group.label for group in record.study.groups] == ["paper-M2", "paper-M3", "paper-M5"]
    assert [group.dim for group in steps] == [2, 3]
    for group in steps:
        labels = np.asarray(next(iter(models[group].models.values())).labels)[steps[group].inputs]
        assert np.bincount(labels).tolist() == [50] * 10
        own = record.models.query("dim == @group.dim").set_index("seed")
        assert steps[group].steps == (0, 100, 300, 1_000, 3_000, 10_000, 20_000)
        for number, (seed, model) in enumerate(models[group].models.items()):
            assert model.accuracy() == pytest.approx(own.loc[seed, "test_accuracy"], abs=3e-4)
            assert model.loss() == pytest.approx(own.loc[seed, "test_loss"], abs=2e-3)
            assert steps[group].test_loss[-1, number] == pytest.approx(own.loc[seed, "test_loss"], rel=1e-5)
            last = steps[group].class_means[-1, number]
            np.testing.assert_allclose(last, class_means(model), atol=2e-3 * np.abs(last).max())
        row = record.pairs.query("dim == @group.dim").iloc[7]
        again = rc.compare(*(models[group].models[int(row[end])] for end in ("seed_a", "seed_b")))
        for name in ("d_kl", "d_kl_reverse", "d_llv", "mean_cca", "d_fg", "agreement"):
            assert getattr(again, name) == pytest.approx(row[name], abs=2e-3, rel=2e-3), name
