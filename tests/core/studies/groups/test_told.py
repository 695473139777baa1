"""What is said of groups is what the tables hold."""

import numpy as np
import pandas as pd
import pytest
from group_answers_made import answers_of

from repsim_core.studies.groups import told
from repsim_core.studies.groups.runs import MEASURES


def test_headline_counts_tests_in_which_a_measure_is_ahead():
    ahead, behind = answers_of(cca_loss=(0.9, 0.01)), answers_of("noise", cca_loss=(0.1, 0.01))
    # Scores alone are no measures that compare.
    scores = answers_of("shift", loss_gap=(0.9, 0.01))
    assert told.headline(behind).startswith("In none of 1 test does a measure tell groups apart surely")
    assert told.headline(pd.concat([ahead, behind, scores])).startswith("In 1 of 3 tests a measure tells")


def test_what_is_ahead_is_named_beside_the_accuracy_gap():
    table = pd.concat(
        [
            answers_of(cca_loss=(0.9, 0.5)),
            answers_of("noise", 5, cca_loss=(0.9, 0.01), d_logit=(0.8, 0.01), d_kl=(0.9, 0.01)),
        ]
    )
    assert told.ahead_in_words(table) == (
        "Ahead with noise, M = 5: d_logit (0.80) and 1 − mean CCA (0.90); the accuracy gap has 0.50."
    )
    assert told.ahead_in_words(answers_of()) == "No measure is surely ahead in any test."


def test_room_is_counted_where_accuracy_has_nearly_one():
    table = pd.concat([answers_of(accuracy_gap=(0.98, 0.5)), answers_of("noise", accuracy_gap=(0.94, 0.5))])
    assert told.room_in_words(table) == (
        "In 1 of the 2 tests the accuracy gap itself has 0.98: there nothing can be ahead by much"
    )
    assert told.room_in_words(answers_of()) == "In no test does the accuracy gap itself have 0.95 or more."


def test_the_title_counts_the_drawn_measures_test_by_test():
    table = pd.concat([answers_of("shift"), answers_of("noise", cca_loss=(0.9, 0.01), cka_loss=(0.1, 0.01))])
    assert told.beyond_title(table) == f"Measures surely ahead of accuracy alone: 0 and 1 of {len(MEASURES)}"


def test_above_chance_names_what_relabelling_does_not_give():
    table = answers_of(cca_loss=(0.41, 1), neighbours_loss=(0.64, 1)).assign(p=0.4)
    words = told.above_chance_in_words(table, "embeddings")
    assert words.endswith("with p < 0.05: none; they have 0.41 to 0.64")
    table.loc[table["measure"].isin(["neighbours_loss", "d_logit"]), "p"] = 0.02
    assert told.above_chance_in_words(table, "embeddings") == (
        "Of measures of embeddings, above chance with p < 0.05: 1 − shared neighbours (0.64, p = 0.02); "
        "the others have 0.41 to 0.50"
    )


def test_unchanged_counts_where_the_group_is_nearly_as_wide_as_all():
    table = pd.DataFrame({"test": ["a", "b", "b"], "inside": [0.45, 0.3, 0.31], "across": [0.5, 0.5, 0.5]})
    assert told.unchanged_in_words(table) == (
        "In 1 of 3 tests the median inside is at least 90% of that across; in the others (b) it is 60 to 62%."
    )
    assert told.unchanged_in_words(table[:1]).endswith("of that across.")


def test_leads():
    assert told.leads_in_words(pd.Series([0.1, 0.2, 0.6])) == (
        "by 0.20 in the median of 3, by more than 0.52 in one of ten, and by up to 0.60"
    )


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
