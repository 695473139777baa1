"""What is said of stitched models."""

import pandas as pd

from repsim_core.studies.inputs import stitching, stitching_told
from repsim_core.studies.inputs.stitching import ALL_LABELS, FITTED


def table(*levels: float) -> pd.DataFrame:
    """Maps fitted on 10 and 100 inputs with a d_KL of 1 and 0.5, and one from all labels, by group."""
    rows = []
    for group, level in zip("ABCD", levels, strict=False):
        rows += [(group, FITTED, 10, 1.0), (group, FITTED, 100, 0.5), (group, ALL_LABELS, 0, level)]
    return pd.DataFrame(rows, columns=["group", "kind", "inputs", "d_kl"])


def test_how_many_inputs_a_map_is_worth():
    assert stitching_told.enough_inputs(table(1.2, 0.6, 0.1)) == {"A": 10, "B": 100, "C": None}
    assert stitching_told.worth(table(1.2, 0.1)) == "A: 10 and B: more than 100"
    assert stitching_told.title(table(1.2, 0.6)) == "A map from unembeddings alone is worth 10 to 100 inputs"
    assert stitching_told.title(table(0.6)) == "A map from unembeddings alone is worth 100 inputs"
    assert stitching_told.title(table(0.6, 0.1)).endswith("is worth 100 inputs and more")
    assert stitching_told.title(table(0.1)).endswith("is as good as one trained on 100 inputs")


def test_tables_and_sentences_of_pairs_made_by_hand():
    models = dict(enumerate(stitching.noisy_twins(2, labels=6, inputs=60, noise=0.2)))
    found = stitching_told.medians({"made": stitching.all_stitchings(models, [10, 30], most=5)})
    shown = stitching_told.shown(found, "made")
    assert list(shown.index[-3:]) == [
        "trained on 30 inputs",
        "the second network itself",
        "the first network itself",
    ]
    assert shown.loc["the first network itself", "d_KL"] == "0"
    assert shown.loc["the first network itself", "condition"] == "–"
    assert stitching_told.beside_itself(found).endswith(" of 1")
    assert float(stitching_told.times_worse(found)) > 0
    assert stitching_told.one_set_beside_all(found).startswith("made: ")
    made = stitching.by_dimension([2, 8], labels=20, inputs=100, noise=0.1, sets=5)
    said = stitching_told.growth(made)
    assert said["dim"] == 8
    assert said["d_kl_one"] > said["d_kl_all"]
