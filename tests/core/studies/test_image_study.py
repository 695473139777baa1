"""The image study: its numbers are those of direct calls, an interrupted model goes on, its record keeps the models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from studies import command, compute, inline

import repsim_core as rc
from repsim_book.cli import study_work as study_commands
from repsim_core.datasets.images import digit_images
from repsim_core.datasets.loading import copy_here
from repsim_core.errors import InputError, RecordError, StudyError
from repsim_core.store import Store
from repsim_core.studies import image_study as images
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.image_study import ImageGroup, ImageStudy
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import FILE, read_representations
from repsim_core.studies.study import stored_tables
from repsim_core.studies.units import one_thread
from repsim_core.training.image_stacks import train_image_stack
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES

WORDS = ["digits", "--grid", "smoke"]
RECIPE = replace(RECIPES["digits"], steps=30)


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    """Checkpoints of these tests go to a folder of their own."""
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path / "user"))


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> Path:
    """The cache of the smoke study, computed; not to be changed."""
    directory = tmp_path_factory.mktemp("smoke")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPSIM_CACHE", str(tmp_path_factory.mktemp("user")))
        compute(declare_study("digits", "smoke"), directory)
    return directory


def smoke(**changes) -> ImageStudy:
    """The smoke study as it is computed."""
    return declare_study("digits", "smoke", **changes).prepared()


@pytest.fixture
def recorded(computed, tmp_path) -> Path:
    where = tmp_path / "record"
    assert command(["record", *WORDS, "--cache", str(computed), "--record", str(where)]) == 0
    return where


def trained(seed: int, **options):
    with one_thread():
        return train_images(digit_images()[0], recipe=RECIPE, seed=seed, device="cpu", **options)


def test_the_tables_are_those_of_direct_calls(computed):
    tables = stored_tables(smoke(), Store(computed))
    assert tables.missing == ()
    assert list(tables.models.columns[:3]) == ["recipe", "dim", "seed"]
    a, b = (trained(seed).representations(digit_images()[1]) for seed in (0, 2))
    model = tables.models.query("seed == 2").iloc[0]
    pair = tables.pairs.query("seed_a == 0 and seed_b == 2").iloc[0]
    assert model["test_accuracy"] == b.accuracy()
    np.testing.assert_allclose(model["test_loss"], b.loss(), rtol=1e-6)
    found = rc.compare(a, b).to_dict()
    for name in ("d_kl", "d_llv", "d_fg", "mean_cca"):
        np.testing.assert_allclose(pair[name], found[name], rtol=1e-5, err_msg=name)


def test_a_model_goes_on_from_its_checkpoint_and_leaves_none(computed, tmp_path):
    unit = smoke().trainings(ImageGroup("digits", 2))[0]
    checkpoint = tmp_path / "user" / "checkpoints" / f"{unit.address.label}-{unit.address.key}.safetensors"

    class Stop(Exception):
        pass

    def stop(progress):
        raise Stop

    with pytest.raises(Stop):
        trained(0, checkpoint=checkpoint, checkpoint_every=5, progress=stop)
    begun = checkpoint.read_bytes()
    calls = []

    def watched(images, **options):
        calls.append(Path(options["checkpoint"]).read_bytes())
        return train_images(images, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "train_images", watched)
        assert unit.compute() == Store(computed).get(unit.address)
    assert calls == [begun]
    assert not checkpoint.exists()


def test_models_that_are_trained_in_step_leave_the_entries_of_those_trained_alone(tmp_path, monkeypatch):
    """What a study does on a GPU, on the CPU: stacks of two, of which one model is stored already."""
    recipe = replace(RECIPES["paper"], network="small", widths=(4, 8, 8))
    monkeypatch.setitem(images.TRAININGS, "digits", recipe)
    study = smoke(steps=12)
    alone = compute(study, tmp_path / "alone")
    store = Store(tmp_path / "together")
    first = study.trainings(study.groups[0])[1].address
    store.put(first, Store(tmp_path / "alone").get(first))
    sizes = []

    def watched(*arguments, seeds, **options):
        sizes.append(len(seeds))
        return train_image_stack(*arguments, seeds=seeds, **options)

    monkeypatch.setattr(ImageStudy, "together", 2)
    monkeypatch.setattr(images, "train_image_stack", watched)
    assert compute(study, store.directory) == alone
    assert sizes == [2]
    assert not list((tmp_path / "user" / "checkpoints").iterdir())


def test_a_stack_that_fails_is_told_for_each_of_its_models(tmp_path, monkeypatch):
    monkeypatch.setattr(ImageStudy, "together", 3)
    monkeypatch.setattr(images, "train_image_stack", lambda *_, **__: 1 / 0)
    with pytest.raises(StudyError, match=r"3 of 4 units failed:(\n.*seed\d: ZeroDivisionError.*){3}"):
        compute(smoke(), tmp_path)


def test_every_setting_and_the_images_show_in_the_key():
    study = smoke()
    (unit,) = {u.address.key for u in study.trainings(study.groups[0])[:1]}
    others = [
        smoke(dims=[3]),
        smoke(steps=31),
        smoke(batch_seed=1),
        replace(study, data="0"),
    ]
    keys = {other.trainings(other.groups[0])[0].address.key for other in others}
    assert len(keys | {unit}) == 5


def test_batches_of_their_own_differ_from_seed_to_seed_and_from_the_shared_ones():
    study = declare_study("cifar10", "batches")
    shared, own = (study.trainings(group) for group in study.groups)
    assert {unit.batch_seed for unit in shared} == {0}
    assert len({unit.batch_seed for unit in own} | {0}) == 11
    # Nothing else differs, and what is shared is trained as in any other study.
    assert [replace(unit, batch_seed=0) for unit in own] == shared
    assert shared == declare_study("cifar10", "fast", dims=[2], steps=500).trainings(study.groups[0])


def test_other_images_than_declared_are_refused():
    study = replace(smoke(), data="0")
    with pytest.raises(RuntimeError, match="the images of digits here differ"):
        study.trainings(study.groups[0])[0].compute()
    with pytest.raises(InputError, match="dataset: found other images of digits here"):
        study.prepared()


def test_the_paper_grid_is_the_papers_study():
    study = declare_study("cifar10", "paper")
    assert [(g.recipe, g.dim) for g in study.groups] == [("paper", 2), ("paper", 3), ("paper", 5)]
    assert study.seeds == tuple(range(10))
    recipe = study.trainings(study.groups[0])[0].recipe
    assert (recipe.network, recipe.optimizer, recipe.lr) == ("resnet18", "adam", 1e-4)
    assert (recipe.batch_size, recipe.steps, recipe.warmup) == (32, 20_000, None)
    assert (recipe.shift, recipe.flip, recipe.weight_decay, recipe.standardise) == (0, False, 0.0, None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recipes": ["fsat"]}, "recipe: found 'fsat'; did you mean fast"),
        ({"dims": [0]}, "m: found 0"),
        ({"dims": [10]}, "m: found 10, expected an integer from 1 to 9"),
        ({"seeds": [1]}, "seeds: found"),
        ({"seeds": [1, -2]}, "seeds: found -2"),
        ({"steps": 0}, "steps: found 0"),
        ({"seeds": [1, 2**63]}, rf"seeds: found {2**63}, expected an integer from 0 to {2**63 - 1}"),
        ({"seeds": range(10**11)}, "seeds: found more than 1000 values"),
        ({"dims": range(10**11)}, "m: found more than 10000 values"),
        ({"steps": 10**8}, "steps: found 100000000, expected an integer from 1 to 10000000"),
        ({"batch_seed": 2**63}, "batch_seed: found"),
    ],
)
def test_bad_values_are_named(given, message):
    with pytest.raises(InputError, match=message):
        declare_study("digits", "smoke", **given)


def test_axes_of_another_study_are_refused(capsys):
    assert command(["status", *WORDS, "--k", "4"]) == 2
    assert "k: the study digits has no such axis, expected one of recipe, m" in capsys.readouterr().err


# -- the record ----------------------------------------------------------------------------------------------------


def test_a_record_keeps_the_models(recorded, computed):
    record = read_record(recorded)
    assert isinstance(record.study, ImageStudy)
    (command,) = record.provenance["commands"]
    assert command["typed"] == "repsim study record digits --grid smoke"
    assert record.provenance["study"]["images"] == "digits"
    assert record.provenance["study"]["data"] == copy_here("digits").data
    (stored,) = read_representations(recorded, record).values()
    assert stored.loss_curves.shape == (30, 3)
    for _, row in record.pairs.iterrows():
        found = rc.compare(stored.models[row["seed_a"]], stored.models[row["seed_b"]]).to_dict()
        for name in ("d_kl", "d_llv", "d_fg", "mean_cca"):
            assert abs(found[name] - row[name]) < 1e-3, name
    for _, row in record.models.iterrows():
        assert abs(stored.models[row["seed"]].loss() - row["test_loss"]) < 1e-3


def test_a_damaged_record_is_noticed(recorded):
    record = read_record(recorded)
    path = recorded / FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RecordError, match=rf"{FILE} has changed"):
        read_record(recorded)
    with pytest.raises(RecordError, match=rf"{FILE} cannot be read"):
        read_representations(recorded, record)


def test_a_check_finds_the_same_digits(recorded, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study_commands, "local_executor", inline)
    where = ["--record", str(recorded), "--cache", str(tmp_path / "check")]
    assert command(["check", "digits", *where, "--m", "2", "--seeds", "0,1"]) == 0
    assert "agrees with the record in every recorded digit" in capsys.readouterr().out
