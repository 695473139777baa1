"""Tables of groups hold what the answers do; the chapter's example of accuracies is as it says."""

import numpy as np
import pandas as pd
import pytest
from group_answers_made import answers_of

from repsim_core.measures.group_separation import auprc, over_groups, violation_rate
from repsim_core.studies.groups import tables
from repsim_core.studies.groups.answers import GroupTest, by_group
from repsim_core.studies.groups.runs import BASELINE


def test_tallies():
    table = answers_of(cca_loss=(0.9, 0.01), cka_loss=(0.1, 0.01), d_logit=(0.1, 0.5), d_kl=(0.9, 0.01))
    found = tables.tallies(table)
    assert found.loc["embeddings"].tolist() == [5, 4, 1, 3, 1]
    # One direction alone does not count.
    assert found.loc["outputs"].tolist() == [3, 2, 0, 3, 0]
    # The accuracy gap isn't compared with itself.
    assert found.loc["scores alone", "of"] == 2


def test_best_names_the_largest_of_those_that_compare():
    (row,) = tables.best(answers_of(cca_loss=(0.7, 0.01), loss_gap=(0.9, 0.01))).to_dict("records")
    assert row["best measure"] == "1 − mean CCA"
    assert row["AUPRC"] == "0.70"
    assert row["accuracy gap"] == "0.50 [0.40, 0.60]"
    assert row["mends"] == "62%"
    (row,) = tables.best(answers_of(cka_loss=(0.7, 0.01))).to_dict("records")
    assert row["mends"] == "–"


def test_an_interval_without_width_is_left_out():
    assert tables.with_ends(pd.Series({"auprc": 1.0, "low": 1.0, "high": 1.0})) == "1.00"
    assert tables.with_ends(pd.Series({"auprc": 0.5, "low": np.nan, "high": np.nan})) == "0.50"


def four_networks():
    """Two groups of two: 1 − mean CCA is wide in the first."""
    ends = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    pairs = pd.DataFrame(ends, columns=["model_a", "model_b"])
    pairs = pairs.assign(cca_loss=[0.8, 0.3, 0.4, 0.5, 0.6, 0.1], farther_kl=[1.0, 2, 3, 4, 5, 6])
    return GroupTest("noise", pairs, np.array([0, 0, 1, 1]), (0.0, 0.5))


def test_a_group_has_its_own_figures():
    found = tables.group_table(by_group(four_networks(), ["farther_kl", "cca_loss"]))
    assert list(found) == ["d_KL, larger way", "1 − mean CCA", "inside", "across"]
    assert found.loc[0.0].tolist() == pytest.approx([1.0, 0.2, 0.8, 0.45])
    assert found.loc[0.5].tolist() == pytest.approx([0.2, 1.0, 0.1, 0.45])


def test_the_unchanged_group_is_compared_with_the_others():
    (row,) = tables.unchanged({("noise", 5, "plain"): four_networks()}).to_dict("records")
    assert row == {"M": 5, "test": "noise", "inside": 0.8, "across": pytest.approx(0.45)}


def test_gaps_of_leads_are_of_the_same_networks():
    names = [BASELINE, "cca_loss", "d_kl"]
    rows = [("noise", 2, "plain", *row) for row in zip(names, (0.5, 0.6, 0.1), (0.3, 0.5, 0.9), strict=True)]
    rows += [("shift", 2, "plain", *row) for row in zip(names, (0.5, 0.2, 0.1), (0.5, 0.5, 0.9), strict=True)]
    table = pd.DataFrame(rows, columns=["kind", "dim", "inputs", "measure", "first", "second"])
    found = tables.lead_gaps(table)
    assert found.tolist() == pytest.approx([0.1, 0.3])
    assert [key[-1] for key in found.index] == ["cca_loss", "cca_loss"]


def test_a_wide_group_around_a_narrow_one():
    """ex-transfer-groups-accuracy: means .70 and .73, violation rates 1 and 0."""
    accuracies, groups = np.array([0.5, 0.9, 0.72, 0.74]), np.array([0, 0, 1, 1])
    ends = np.array([(i, j) for i in range(4) for j in range(i + 1, 4)])
    gaps = np.abs(accuracies[ends[:, 0]] - accuracies[ends[:, 1]])
    assert [accuracies[groups == each].mean() for each in (0, 1)] == pytest.approx([0.70, 0.73])
    assert gaps.round(2).tolist() == [0.4, 0.22, 0.24, 0.18, 0.16, 0.02]
    assert over_groups(violation_rate, gaps, ends, groups[None])[0].tolist() == [1.0, 0.0]
    assert over_groups(auprc, gaps, ends, groups[None])[0, 1] == 1.0
