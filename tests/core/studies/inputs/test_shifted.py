"""The record of networks on shifted inputs: written from a folder, resumed, read; and what tables say of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from places import ROOT
from safetensors.torch import save_file

from repsim_core.errors import InputError, RecordError
from repsim_core.measures.other_inputs import OtherInputs
from repsim_core.studies.derived import read_derived
from repsim_core.studies.inputs import tables as shift_tables
from repsim_core.studies.inputs import told as shift_told
from repsim_core.studies.inputs.shifted import (
    CONDITIONS,
    MODELS,
    PAIRS,
    PLAIN,
    condition_name,
    record_shifted,
    shifted_models,
)
from repsim_core.studies.units import measured

RECORD = ROOT / "book" / "records" / "cifar10-shifted"


@pytest.fixture
def trained(tmp_path):
    """A folder as `benchmarks/gpu.py` leaves it: three networks, 40 inputs, of which 20 are shifted."""
    folder, generator = tmp_path / "trained", torch.Generator().manual_seed(0)
    folder.mkdir()
    base = torch.randn(1, 40, 2, generator=generator)
    embeddings = base + 0.1 * torch.randn(3, 40, 2, generator=generator)
    unembeddings = torch.randn(1, 5, 2, generator=generator) + 0.1 * torch.randn(3, 5, 2, generator=generator)
    labels = torch.arange(40) % 5
    whole = {"seeds": torch.tensor([0, 1, 4]), "embeddings": embeddings, "unembeddings": unembeddings}
    save_file({**whole, "labels": labels}, folder / "tiny.safetensors", {"recipe": "made"})
    moved = {
        f"{condition_name(*each)}/embeddings": embeddings[:, ::2] * (1 + 0.05 * place)
        for place, each in enumerate(CONDITIONS[1:], start=1)
    }
    save_file(moved, folder / "tiny-shifted.safetensors")
    (folder / "origin.json").write_text(json.dumps({"script": "none"}))
    return folder


def test_a_record_holds_what_the_folder_had(trained, tmp_path):
    told: list[str] = []
    found = record_shifted(trained, tmp_path / "record", commit="abc", progress=told.append)
    assert len(told) == len(CONDITIONS)
    assert len(found.tables[PAIRS]) == 3 * len(CONDITIONS)
    assert found.provenance["computed"]["trained"] == {
        "script": "none",
        "groups": {"tiny": {"recipe": "made"}},
    }
    assert set(found.provenance["sources"]) == {"tiny.safetensors", "tiny-shifted.safetensors"}
    models = shifted_models(tmp_path / "record", "tiny")
    assert list(models) == list(CONDITIONS)
    assert list(models[PLAIN, 0.0]) == [0, 1, 4]
    plain, moved = (np.asarray(models[each][4].embeddings) for each in CONDITIONS[:2])
    assert np.allclose(moved, 1.05 * plain, atol=1e-3)
    row = found.tables[PAIRS].iloc[0]
    again = measured(models[PLAIN, 0.0][0], models[PLAIN, 0.0][1])
    assert row["d_llv"] == pytest.approx(again["d_llv"], rel=1e-6)
    assert not list((tmp_path / "record").glob(".pairs-*"))


def test_an_interrupted_record_goes_on(trained, tmp_path):
    def stop(said: str) -> None:
        if said.endswith("noise/10"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_shifted(trained, tmp_path / "record", progress=stop)
    told: list[str] = []
    record_shifted(trained, tmp_path / "record", progress=told.append)
    assert told[0] == "tiny, noise/10"
    whole = record_shifted(trained, tmp_path / "another", progress=told.append)
    for name, table in read_derived(tmp_path / "record").tables.items():
        pd.testing.assert_frame_equal(table, whole.tables[name])


def test_what_cannot_be_read_is_named(trained, tmp_path):
    with pytest.raises(InputError, match=r"folder: .* has no file LABEL-shifted.safetensors"):
        record_shifted(tmp_path, tmp_path / "record")
    (trained / "origin.json").unlink()
    with pytest.raises(InputError, match=r"origin.json cannot be read"):
        record_shifted(trained, tmp_path / "record", progress=lambda said: None)
    (trained / "tiny.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match=r"tiny.safetensors and tiny-shifted.safetensors cannot be read"):
        record_shifted(trained, tmp_path / "record", progress=lambda said: None)
    with pytest.raises(RecordError, match=r"none.safetensors cannot be read"):
        shifted_models(tmp_path, "none")


def test_pairs_of_the_books_record_are_those_of_its_networks():
    tables = read_derived(RECORD).tables
    assert tables[MODELS].groupby("group")["seed"].nunique().to_dict() == {
        "fast-M2": 10,
        "fast-M3": 10,
        "fast-M5": 10,
        "paper-M5": 10,
        "paper-own-batches-M2": 5,
    }
    models = shifted_models(RECORD, "paper-own-batches-M2")["rotation", 25.0]
    own = tables[PAIRS].query("group == 'paper-own-batches-M2' and kind == 'rotation' and strength == 25")
    row = own.iloc[3]
    again = measured(models[int(row["seed_a"])], models[int(row["seed_b"])])
    for name in ("d_llv", "d_kl", "mean_cca", "ratio_distance"):
        assert again[name] == pytest.approx(row[name], rel=1e-6), name


# -- tables ----------------------------------------------------------------------------------------------------------


def made_pairs(networks: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs whose order is kept by one shift and turned round by another."""
    rng, pairs, models = np.random.default_rng(0), [], []
    first = {(i, j): rng.uniform(0.1, 1) for i in range(networks) for j in range(i)}
    for kind, strength, sign in ((PLAIN, 0.0, 1), ("blur", 0.5, 1), ("blur", 2.0, -1)):
        where = {"group": "g", "kind": kind, "strength": strength}
        models += [{**where, "seed": i, "accuracy": 0.5 + 0.01 * i, "loss": 1.0} for i in range(networks)]
        for (i, j), value in first.items():
            measures = {
                name: sign * value + 2 for name in ("d_llv", "ratio_distance", "d_kl", "d_kl_reverse")
            }
            pairs.append(
                {**where, "seed_a": i, "seed_b": j, **measures, "mean_cca": -sign * value, "agreement": 0.5}
            )
    return shift_tables.with_predictors(pd.DataFrame(pairs), pd.DataFrame(models)), pd.DataFrame(models)


def test_what_carries_over_and_what_does_not():
    pairs, models = made_pairs()
    assert pairs["larger_error"].between(0.45, 0.5).all()
    both = shift_tables.here_and_there(pairs, [*shift_tables.PREDICTORS])
    assert len(both) == 20
    told = shift_tables.carried_over(both, [*shift_tables.CARRIED])
    assert told.groupby("condition")["value"].agg(["min", "max"]).round(6).to_dict() == {
        "min": {"blur 0.5": 1.0, "blur 2": -1.0},
        "max": {"blur 0.5": 1.0, "blur 2": -1.0},
    }
    assert told["low"].isna().all()  # five networks are too few for an interval
    assert "ratio distance δ 0.00 (−1.00 to 1.00)" in shift_told.ranges(told, shift_tables.CARRIED)
    assert shift_told.by_strength(told, "cca_loss") == "blur 0.5 1.00; blur 2 −1.00"
    assert shift_told.tallies(shift_tables.ahead(both, "d_llv", ["d_llv", "farther_kl"])) == (
        "there are too few networks to say"
    )
    told = shift_tables.predicted(both, ["d_llv", "larger_error"])
    assert shift_told.best(told, shift_tables.PREDICTORS) in shift_tables.PREDICTORS.values()
    table = shift_told.accuracies(models, "g")
    assert list(table.index) == [PLAIN, "blur"]
    assert table.loc["blur", "middle"] == pytest.approx(0.52)
    assert shift_told.grown(both, "d_llv").startswith("g ")


def test_ten_networks_have_intervals_and_verdicts():
    both = shift_tables.here_and_there(made_pairs(10)[0], ["d_llv", "larger_error", "cca_loss"])
    rows = shift_tables.ahead(both[both["condition"] == "blur 0.5"], "d_llv", ["d_llv", "larger_error"])
    assert rows["p"].notna().all()
    assert shift_told.tallies(rows).startswith("larger error: more in ")


def test_titles_and_captions_of_the_pairs_that_are_drawn():
    rows = [("blur", s, s) for s in (0.5, 1.0, 2.0)] + [("contrast", s, 1 - s) for s in (0.6, 0.35, 0.15)]
    drawn = pd.DataFrame(rows, columns=["kind", "strength", "there"])
    assert shift_told.grown_title(drawn, "δ") == "The stronger the shift, whatever its kind, the larger δ"
    drawn.loc[0, "there"] = 5.0
    assert shift_told.grown_title(drawn, "δ") == "δ rises with the strength of the shift for 1 of 2 kinds"
    pairs = pd.DataFrame({"seed_a": [0, 0, 1, 1], "seed_b": [2, 3, 2, 3], "here": [0.1, 0.11, 0.3, 0.32]})
    assert shift_told.standing_apart(pairs, "here").startswith(
        "The 2 pairs that stand apart on the right all have network 1"
    )
    pairs["seed_a"] = [0, 0, 1, 4]
    pairs["seed_b"] = [2, 3, 2, 3]
    assert shift_told.standing_apart(pairs, "here") == ""
    assert shift_told.standing_apart(pairs.assign(here=[0.1, 0.11, 0.12, 0.13]), "here") == ""


def test_parts_are_within_their_bound():
    models = {s: m for s, m in shifted_models(RECORD, "fast-M2")[PLAIN, 0.0].items() if s < 3}
    parts = shift_tables.parts_of(models)
    assert len(parts["animals"]) == 1200
    assert len(parts["vehicles"]) == 800
    assert len(parts["the less certain half"]) == 1000
    table = shift_tables.over_parts(models)
    assert len(table) == 4 * 3
    assert (table["there"] <= table["bound"]).all()
    assert list(shift_told.parts(table).index) == list(parts)
    low, high = shift_told.within_bound(table).split(" to ")
    assert 1 <= float(low) <= float(high)
    assert shift_told.within_bound(table.iloc[:1].assign(bound=2.0, there=1.0)) == "2.00"
    shown = shift_told.in_words(OtherInputs(1.6672, 0.3, 0.4, 0.5, 0.9))
    assert shown.iloc[0].tolist() == ["1.67", "0.300", "0.400", "0.500", "0.900"]
