"""Groups trained and measured, recorded and read, and what is said of them."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from repsim_core.datasets.tabular import digits
from repsim_core.measures.comparison import compare
from repsim_core.measures.others import linear_cka, mutual_neighbours
from repsim_core.studies.groups import record as group_record
from repsim_core.studies.groups.answers import GroupTest, answers, by_group, halves
from repsim_core.studies.groups.record import group_tests, read_groups, record_groups
from repsim_core.studies.groups.runs import (
    FAMILIES,
    MEASURES,
    GroupSettings,
    group_pairs,
    train_groups,
)

TRAIN, TEST = digits()
SMALL = GroupSettings("shortcut", (0.0, 1.0), seeds=2, steps=100, width=16)


@pytest.fixture(scope="module")
def small():
    return train_groups(SMALL, TRAIN, TEST)


def test_networks_are_numbered_and_no_two_start_alike(small):
    assert small.table["model"].tolist() == [0, 1, 2, 3]
    assert small.table["group"].tolist() == [0, 0, 1, 1]
    assert small.table["level"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert set(small.models) == {"unmarked", "misleading"}
    assert all(len(own) == 4 for own in small.models.values())
    for a, b in combinations(small.models["unmarked"], 2):
        assert not np.allclose(a.unembeddings, b.unembeddings)


def test_who_has_learnt_the_shortcut_is_misled(small):
    accuracy = [model.accuracy() for model in small.models["misleading"]]
    assert max(accuracy[2:]) < min(accuracy[:2])


def test_own_labels_are_those_of_a_network():
    settings = replace(SMALL, kind="own-labels", levels=(1.0,), steps=0)
    a, b = train_groups(settings, TRAIN, TEST).table["train_accuracy"]
    # By networks that have learnt nothing.
    assert a != b


def test_pairs_have_the_measures_of_compare(small):
    models = small.models["unmarked"]
    table = group_pairs(models)
    assert table[["model_a", "model_b"]].to_numpy().tolist() == [list(p) for p in combinations(range(4), 2)]
    assert set(table) == {"model_a", "model_b", *MEASURES}
    assert not table.isna().any(axis=None)
    row, found = table.iloc[1], compare(models[0], models[2], input_set="sampled")
    assert row["d_kl"] == found.d_kl
    assert row["farther_kl"] == max(found.d_kl, found.d_kl_reverse)
    assert row["cca_loss"] == 1 - found.mean_cca
    assert row["disagreement"] == 1 - found.agreement
    assert found.accuracies is not None
    assert row["accuracy_gap"] == pytest.approx(abs(found.accuracies[0] - found.accuracies[1]))
    f, g = models[0].embeddings, models[2].embeddings
    assert row["cka_loss"] == pytest.approx(1 - linear_cka(f, g))
    assert row["neighbours_loss"] == pytest.approx(1 - mutual_neighbours(f, g))


def test_a_network_is_near_itself_by_every_measure(small):
    model = small.models["unmarked"][0]
    (row,) = group_pairs([model, model]).drop(columns=["larger_error"]).to_dict("records")
    for name in set(MEASURES) - {"larger_error"}:
        assert row[name] == pytest.approx(0.0, abs=1e-5), name


def test_a_degenerate_network_has_no_measures_but_its_scores(small):
    model = small.models["unmarked"][0]
    flat = type(model)(np.zeros_like(model.embeddings), model.unembeddings, model.labels)
    (row,) = group_pairs([model, flat]).to_dict("records")
    assert np.isnan(row["cca_loss"])
    assert np.isnan(row["d_kl"])
    assert row["accuracy_gap"] > 0


def test_every_measure_is_in_one_family():
    named = [name for family in FAMILIES.values() for name in family]
    assert sorted(named) == sorted(MEASURES)


def test_a_record_is_resumed_and_read(tmp_path, monkeypatch):
    settings = [replace(SMALL, steps=20)]
    lines: list[str] = []
    options = {"permutations": 3, "commit": "abc", "progress": lines.append}
    found = record_groups(tmp_path / "record", tmp_path / "cache", settings, **options)
    assert len(lines) == 3
    assert found.provenance["commit"] == "abc"
    assert {name: len(table) for name, table in found.tables.items()} == {
        "networks": 2 * 4,
        "group-pairs-M2": 2 * 6,
        "group-answers": 2 * len(MEASURES),
        "shown": 2 * 2 * 180,
    }
    written = {path.name: path.read_bytes() for path in (tmp_path / "record").iterdir()}

    def never(*_: object) -> None:
        raise AssertionError("it is kept")

    monkeypatch.setattr(group_record, "train_group", never)
    monkeypatch.setattr(group_record, "group_pairs", never)
    record_groups(tmp_path / "record", tmp_path / "cache", settings, **options)
    assert {path.name: path.read_bytes() for path in (tmp_path / "record").iterdir()} == written

    trained = train_groups(settings[0], TRAIN, TEST).models["misleading"]
    read = read_groups(tmp_path / "record").tables
    own = read["networks"][read["networks"]["inputs"] == "misleading"]
    assert set(own["test"]) == {"shortcut, misleading"}
    np.testing.assert_allclose(own["accuracy"], [model.accuracy() for model in trained], rtol=1e-5)
    test = group_tests(read)["shortcut", 2, "misleading"]
    assert test.groups.tolist() == [0, 0, 1, 1]
    assert test.levels == (0.0, 1.0)
    np.testing.assert_allclose(test.pairs[list(MEASURES)], group_pairs(trained)[list(MEASURES)], rtol=1e-5)
    points = read["shown"].query("inputs == 'misleading' and level == 1")
    place = np.column_stack([points["x"], points["y"]])
    expected = np.asarray(trained[2].embeddings)[::3]
    np.testing.assert_allclose(place, expected / np.abs(trained[2].embeddings).max(), atol=6e-4)


# -- answers, of pairs made by hand ----------------------------------------------------------------------------------


def made(places, groups, names=("cca_loss",)):
    """A test in which every measure is the distance on a line, and accuracy tells nothing."""
    ends = np.array(list(combinations(range(len(places)), 2)))
    table = pd.DataFrame({"model_a": ends[:, 0], "model_b": ends[:, 1]})
    for name in names:
        table[name] = np.abs(np.diff(np.asarray(places)[ends], axis=1))[:, 0]
    table["accuracy_gap"] = np.random.default_rng(0).uniform(size=len(table))
    return GroupTest("made", table, np.asarray(groups), tuple(float(g) for g in np.unique(groups)))


def test_groups_that_lie_apart_are_told_apart():
    groups = np.repeat([0, 1, 2], 6)
    places = 10.0 * groups + np.random.default_rng(1).uniform(size=18)
    found = answers(made(places, groups), ["cca_loss", "accuracy_gap"], permutations=19).set_index("measure")
    told = found.loc["cca_loss"]
    assert (told["auprc"], told["violation"], told["beyond"]) == (1.0, 0.0, 1.0)
    assert told["p"] == 1 / 20
    assert told["null"] < 0.5
    assert told["ahead"] > 0.3
    assert told["ahead_p"] < 0.05
    baseline = found.loc["accuracy_gap"]
    assert baseline["ahead"] == 0
    assert baseline["beyond"] == 0
    assert np.isnan(baseline["ahead_p"])


def test_a_measure_that_knows_nothing_of_groups_has_what_chance_has():
    groups = np.repeat([0, 1, 2], 6)
    rng = np.random.default_rng(2)
    tables = [
        answers(made(rng.uniform(size=18), groups), ["cca_loss"], permutations=39).iloc[0] for _ in range(12)
    ]
    assert np.mean([t["auprc"] - t["chance"] for t in tables]) == pytest.approx(0.0, abs=0.04)
    assert np.mean([t["violation"] for t in tables]) == pytest.approx(0.5, abs=0.06)
    assert sum(t["p"] <= 0.05 for t in tables) <= 3


def test_few_networks_have_no_interval():
    found = answers(made(np.arange(6.0), np.repeat([0, 1], 3)), ["cca_loss"], permutations=0).iloc[0]
    assert np.isnan(found[["low", "high", "ahead_p", "null"]].astype(float)).all()
    assert found["p"] == 1.0


def test_a_measure_without_values_has_no_figure():
    test = made(np.arange(8.0), np.repeat([0, 1], 4))
    test.pairs["cca_loss"] = np.nan
    found = answers(test, ["cca_loss"], permutations=9).iloc[0]
    assert np.isnan(found["auprc"])


def test_by_group_and_halves():
    groups = np.repeat([0, 1], 4)
    test = made([0.0, 0.1, 0.2, 0.3, 5.0, 6.0, 7.0, 15.0], groups)
    found = by_group(test, ["cca_loss"]).set_index("level")
    assert found["auprc"].tolist()[0] == 1.0
    assert found["auprc"].tolist()[1] < 1.0
    assert found.loc[0.0, "inside"] == pytest.approx(0.15)
    (row,) = halves(test, ["cca_loss"]).to_dict("records")
    # Networks 0, 1, 4, 5 and 2, 3, 6, 7.
    assert row["first"] == 1.0
    assert row["second"] == pytest.approx((1 + 1 / 3) / 2)


def test_some_networks_are_numbered_anew():
    test = made(np.arange(8.0), np.repeat([0, 1], 4))
    part = test.some([5, 0, 4])
    assert part.groups.tolist() == [1, 0, 1]
    by_ends = {tuple(e): v for e, v in zip(part.ends.tolist(), part.pairs["cca_loss"], strict=True)}
    assert by_ends == {(0, 1): 5.0, (0, 2): 1.0, (1, 2): 4.0}
