"""What is said of groups is what the tables hold."""

import numpy as np
import pandas as pd
import pytest

from repsim_core.studies.transfer import groups_told as told
from repsim_core.studies.transfer.group_runs import BASELINE, MEASURES


def answers_of(kind="labels", dim=2, inputs="plain", **changes):
    """Every measure level with the accuracy gap, but for the changes: measure -> (auprc, ahead_p)."""
    rows = []
    for measure in MEASURES:
        auprc, p = changes.get(measure, (0.5, 0.5))
        rows.append(
            {
                "kind": kind,
                "dim": dim,
                "inputs": inputs,
                "test": kind,
                "measure": measure,
                "auprc": auprc,
                "low": auprc - 0.1,
                "high": auprc + 0.1,
                "null": 0.2,
                "chance": 0.13,
                "ahead": auprc - 0.5,
                "beyond": np.nan if measure == "cka_loss" else 0.625,
                "ahead_p": np.nan if measure == BASELINE else p,
            }
        )
    return pd.DataFrame(rows)


def test_headline_counts_tests_in_which_a_measure_is_ahead():
    ahead, behind = answers_of(cca_loss=(0.9, 0.01)), answers_of("noise", cca_loss=(0.1, 0.01))
    # Scores alone are no measures that compare.
    scores = answers_of("shift", loss_gap=(0.9, 0.01))
    assert told.headline(behind).startswith("In no test of 1 does a measure tell groups apart better")
    assert told.headline(pd.concat([ahead, behind, scores])).startswith("In 1 of 3 tests does a measure")


def test_tallies():
    table = answers_of(cca_loss=(0.9, 0.01), cka_loss=(0.1, 0.01), d_logit=(0.1, 0.5), d_kl=(0.9, 0.01))
    found = told.tallies(table)
    assert found.loc["embeddings"].tolist() == [5, 4, 1, 3, 1]
    # One direction alone does not count.
    assert found.loc["outputs"].tolist() == [3, 2, 0, 3, 0]
    # The accuracy gap isn't compared with itself.
    assert found.loc["scores alone", "tests × measures"] == 2


def test_best_names_the_largest_of_those_that_compare():
    (row,) = told.best(answers_of(cca_loss=(0.7, 0.01), loss_gap=(0.9, 0.01))).to_dict("records")
    assert row["best measure"] == "1 − mean CCA"
    assert row["its AUPRC"] == "0.70 [0.60, 0.80]"
    assert row["accuracy gap"] == "0.50 [0.40, 0.60]"
    assert row["right where accuracy is wrong"] == "62%"
    (row,) = told.best(answers_of(cka_loss=(0.7, 0.01))).to_dict("records")
    assert row["right where accuracy is wrong"] == "–"


def test_an_interval_without_width_is_left_out():
    assert told.with_ends(pd.Series({"auprc": 1.0, "low": 1.0, "high": 1.0})) == "1.00"
    assert told.with_ends(pd.Series({"auprc": 0.5, "low": np.nan, "high": np.nan})) == "0.50"


def test_dimensions_count_verdicts_that_differ_and_that_turn():
    table = pd.concat(
        [
            answers_of(cca_loss=(0.9, 0.01), cka_loss=(0.8, 0.01), d_logit=(0.1, 0.5)),
            answers_of(dim=5, cca_loss=(0.1, 0.01), cka_loss=(0.6, 0.5), d_logit=(0.2, 0.5)),
        ]
    )
    found = told.dimensions_in_words(table)
    assert found.startswith(
        "Of 17 verdicts beside the accuracy gap, 2 differ between M = 2 and M = 5, 1 of them"
    )
    assert found.endswith("larger with M = 5 in 1 of 17 cases.")
    assert told.dimensions_in_words(answers_of()) == "There is one dimension alone."


def test_draws():
    table = pd.concat([answers_of(cca_loss=(0.71, 0.01)), answers_of("own-labels", cca_loss=(0.21, 0.01))])
    names = {"cca_loss": "CCA", BASELINE: "accuracy"}
    assert told.draws_in_words(table, names) == "CCA 0.71 and 0.21 and accuracy 0.50 and 0.50"
    assert told.draws_in_words(answers_of(), names) == "The record lacks one of the two tests."


def test_halves():
    table = pd.DataFrame({"first": [0.1, 0.2, 0.5], "second": [0.2, 0.2, 0.1]})
    assert told.halves_in_words(table).startswith("the two differ by 0.10 in the median of 3 figures")
    assert told.halves_in_words(table).endswith("up to 0.40")


@pytest.mark.parametrize(
    ("kind", "level", "text"),
    [("labels", 0.25, "25%"), ("noise", 0.125, "0.125"), ("rotation", 30.0, "30°"), ("shift", 1.5, "1.5 px")],
)
def test_levels(kind, level, text):
    assert told.levels_in_words(kind, (0.0, level))[level] == text


def test_live():
    found = told.live_in_words(answers_of(cca_loss=(0.8, np.nan)), 10, "noise")
    assert found.startswith(
        "10 networks (noise): the accuracy gap has an AUPRC of 0.50, a random order 0.13."
    )
    assert found.endswith("1 of 15 measures have more; the largest is 1 − mean CCA with 0.80 (+0.30).")
    nothing = answers_of().assign(auprc=np.nan)
    assert "no figure is known" in told.live_in_words(nothing, 4, "noise")
