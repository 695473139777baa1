"""Pairs over labels that are searched and that are fixed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import repsim_core as rc
from repsim_core.measures.distances import llv_distance
from repsim_core.studies.which import verdicts
from repsim_core.studies.which.bound_shares import bound_shares, bound_values, bounded, in_words
from repsim_core.studies.which.label_choices import CHOICES, over_label_choices, rankings, what_is_shared
from repsim_core.studies.which.telling import PairSet


@dataclass(frozen=True)
class Group:
    dim: int


def networks(count: int) -> dict[int, rc.Representations]:
    """A model and copies with more and more noise."""
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((60, 2)), rng.standard_normal((5, 2))
    return {s: rc.Representations(f + 0.05 * s * rng.standard_normal(f.shape), g) for s in range(count)}


@pytest.fixture(scope="module")
def models() -> dict[int, rc.Representations]:
    return networks(5)


@pytest.fixture(scope="module")
def measured(models: dict[int, rc.Representations]) -> pd.DataFrame:
    ends = [(i, j) for i in models for j in models if i < j]
    pairs = pd.DataFrame(ends, columns=["seed_a", "seed_b"]).assign(dim=2, kind="noise")
    pairs["cca_loss"] = [1 - rc.mean_cca(models[i].embeddings, models[j].embeddings) for i, j in ends]
    return over_label_choices(pairs, {Group(2): models}, 4)


def test_the_first_networks_of_a_group_count(measured: pd.DataFrame) -> None:
    assert len(measured) == 6
    assert set(measured["seed_b"]) == {1, 2, 3}


def test_values_are_those_of_the_distance_over_these_labels(
    measured: pd.DataFrame, models: dict[int, rc.Representations]
) -> None:
    row = measured.iloc[0]
    a, b = models[row["seed_a"]], models[row["seed_b"]]
    searched = llv_distance(a, b, input_set="sampled")
    fixed = llv_distance(a, b, pivot=0, labels="all", input_set=searched.input_set)
    assert row["d_llv_searched"] == searched.value
    assert row["d_llv_label"] == fixed.value
    assert row["ratio_distance_label"] == fixed.ratio_distance
    assert row["d_svd_mean"] == pytest.approx(rc.compare(a, b, pivot="mean", labels="all").d_svd_all_labels)


def test_rankings_have_a_column_for_each_choice(measured: pd.DataFrame) -> None:
    table, ahead = rankings([PairSet("noise", "noise", measured)])
    ranks = measured[["d_llv_mean", "cca_loss"]].corr(method="spearman").iloc[0, 1]
    assert table.loc["noise", CHOICES["mean"]] == pytest.approx(ranks)
    assert list(ahead["rival"]) == ["label", "mean"]
    assert ahead["p"].isna().all()  # four networks are too few for a verdict


def test_medians_of_what_a_pivot_shares(measured: pd.DataFrame) -> None:
    table = what_is_shared([PairSet("all", "noise", measured)])
    assert table.loc["noise, M = 2", "d_SVD, mean"] == measured["d_svd_mean"].median()


def test_without_sets_there_are_no_rankings() -> None:
    table, ahead = rankings([])
    assert (len(table), len(ahead), len(what_is_shared([]))) == (0, 0, 0)
    assert verdicts.tally(ahead, "label") == "in no set are there networks enough to say"


def test_pairs_above_their_bounds_are_counted() -> None:
    pairs = pd.DataFrame(
        {
            "d_fg": [0.02, 0.5, 0.02],
            "max_d_svd_f": [0.02, 0.1, 0.01],
            "d_llv": [0.1, 0.5, 0.1],
            "ratio_distance": [0.1, 0.5, 0.2],
            "quadratic_bound": [0.02, 0.5, 0.02],
            "ratio_bound": [0.005, 0.125, 0.02],
        }
    )
    found = bounded([PairSet("A", "made", pairs)])
    assert found.above == {"d_llv": 0, "ratio_distance": 1}
    assert found.embeddings == pytest.approx(1 / 3)
    assert len(found.points) == 3
    last = found.curves.query("measure == 'd_llv'").iloc[-1]
    assert last["bound"] == pytest.approx(2 * last["distance"] ** 2)


def test_shares_of_bounds_below_one() -> None:
    pairs = pd.DataFrame(
        {
            "seed_a": [0, 0],
            "seed_b": [1, 2],
            "d_fg": [0.1, 0.2],
            "ratio_bound": [0.5, 1.0],
            "linear_bound": [2.0, 3.0],
        }
    )
    sets = [PairSet("A", "images", pairs)]
    shares = bound_shares(sets)
    assert shares[["bound", "below_one", "networks"]].to_numpy().tolist() == [
        ["δ²/2", 0.5, 3],
        ["2 M d_LLV", 0.0, 3],
    ]
    assert in_words(shares) == "δ²/2: 50 % (A); 2 M d_LLV: 0 % (A)"
    assert in_words(bound_shares([])) == "no record of images is read"
    assert len(bound_values(sets)) == 6
    assert bound_values([]).empty
