"""The committed record of groups: its answers are those of its pairs, and it holds what the chapter says in words."""

import numpy as np
import pandas as pd
import pytest
from places import ROOT

from repsim_core.studies.groups import tables as group_tables
from repsim_core.studies.groups import told as groups_told
from repsim_core.studies.groups.answers import answers, by_group
from repsim_core.studies.groups.record import default_settings, group_tests, read_groups
from repsim_core.studies.groups.runs import FAMILIES, MEASURES

TABLES = read_groups(ROOT / "book" / "records" / "transfer-groups").tables
TESTS = group_tests(TABLES)
ANSWERS = TABLES["group-answers"].set_index(["kind", "dim", "inputs", "measure"]).sort_index()


def test_it_holds_the_declared_tests():
    declared = {(own.kind, own.dim) for own in default_settings()}
    assert {(kind, dim) for kind, dim, _ in TESTS} == declared
    for test in TESTS.values():
        assert np.bincount(test.groups).tolist() == [10] * 5
        assert len(test.pairs) == 50 * 49 // 2
    assert set(ANSWERS.index.get_level_values("measure")) == set(MEASURES)
    assert not ANSWERS["auprc"].isna().any()


@pytest.mark.parametrize("key", [("shortcut", 2, "misleading"), ("labels", 5, "plain")])
def test_answers_are_those_of_the_pairs(key):
    names = ["cca_loss", "loss_gap"]
    found = answers(TESTS[key], names, permutations=0).set_index("measure")
    recorded = pd.DataFrame({name: ANSWERS.loc[(*key, name)] for name in names}).T
    columns = [
        "auprc",
        "low",
        "high",
        "violation",
        "violation_low",
        "violation_high",
        "chance",
        "ahead",
        "beyond",
    ]
    np.testing.assert_allclose(
        found[columns].to_numpy(float), recorded[columns].to_numpy(float), rtol=1e-5, atol=1e-9
    )


def test_the_same_noise_is_seen_and_not_that_there_is_noise():
    shared, own = (ANSWERS.loc[(kind, 2, "plain")]["auprc"] for kind in ("labels", "own-labels"))
    for name in ("cca_loss", "cka_loss", "procrustes"):
        assert shared[name] > own[name] + 0.3
    assert min(shared["accuracy_gap"], own["accuracy_gap"]) > 0.95


def test_one_direction_of_the_divergence_knows_the_order_of_groups():
    shift = ANSWERS.loc[("shift", 2, "plain")]["auprc"]
    assert shift["d_kl_reverse"] > shift["d_kl"] + 0.2
    pairs, groups = TESTS["shift", 2, "plain"].pairs, TESTS["shift", 2, "plain"].groups
    first, second = groups[pairs["model_a"]], groups[pairs["model_b"]]
    inside, to_the_last = (pairs.loc[(first == 0) & (second == end)] for end in (0, 4))
    assert to_the_last["d_kl"].median() < inside["d_kl"].median() < to_the_last["d_kl_reverse"].median()


def test_networks_of_the_first_weights_alone_are_dissimilar():
    inside = [
        by_group(TESTS["labels", dim, "plain"], ["cca_loss"]).set_index("level").loc[0.0, "inside"]
        for dim in (2, 5)
    ]
    assert min(inside) > 0.2


def test_readme_counts_what_is_ahead_and_where_nothing_can_be():
    told, text = TABLES["group-answers"], (ROOT / "README.md").read_text(encoding="utf-8")
    assert groups_told.headline(told).startswith("In 1 of 11 tests a measure")
    assert groups_told.room_in_words(told).startswith("In 3 of the 11 tests")
    assert (
        "11 tests: a measure is ahead of the accuracy gap in one; in three the gap leaves hardly any" in text
    )


def test_what_is_ahead_is_in_noise_alone():
    """The chapter says why: noise makes networks less sure, and the groups are nearly equally accurate."""
    assert groups_told.ahead_in_words(TABLES["group-answers"]) == (
        "Ahead with noise, M = 5: d_KL, larger way (0.46) and 1 − shared neighbours (0.40); "
        "the accuracy gap has 0.24."
    )


def test_noise_of_its_own_leaves_accuracy_to_see_and_no_embeddings():
    own = ANSWERS.loc[("own-labels", 2, "plain")]["auprc"]
    assert own[list(FAMILIES["embeddings"])].max() < own["farther_kl"] < own["accuracy_gap"]
    all_random = by_group(TESTS["own-labels", 2, "plain"], ["cca_loss"]).set_index("level").loc[1.0]
    assert all_random["inside"] == pytest.approx(all_random["across"], abs=0.03)


def test_first_weights_alone_part_networks_nearly_as_far():
    words = groups_told.unchanged_in_words(group_tables.unchanged(TESTS))
    assert words.startswith("In 8 of 11 tests")
    assert "(random labels and random labels, drawn anew)" in words
