"""Tables of pairs from records and models, who is ahead of whom, and in which words."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import read_representations
from repsim_core.studies.which import pair_tables, telling, verdicts

RECORDS = ROOT / "book" / "records"


def table(models: int = 12, widths: tuple[int, ...] = (16, 32), seed: int = 0) -> pd.DataFrame:
    """Pairs whose d_LLV has the order of their dissimilarity, and whose d_KL has nothing to do with it."""
    rng = np.random.default_rng(seed)
    rows = []
    for width in widths:
        traits = rng.normal(size=(models, 2))
        for i, j in combinations(range(models), 2):
            unlike = float(np.linalg.norm(traits[i] - traits[j])) / 20
            row = {name: float(rng.random()) for name in pair_tables.CONTENDERS}
            row |= {"d_llv": unlike**2, "cca_loss": unlike, "mean_cca": 1 - unlike, "d_fg": unlike}
            rows.append(
                {"classes": 4, "width": width, "seed_a": i, "seed_b": j, "other_order": unlike > 0.1, **row}
            )
    return pd.DataFrame(rows)


def one_set(**options: int) -> telling.PairSet:
    (found,) = telling.pair_sets(
        table(**options), ["classes"], "K = {classes}", kind="made", by="width", fewest=4
    )
    return found


def test_the_table_of_a_record_has_every_measure() -> None:
    folder = RECORDS / "width"
    record = read_record(folder)
    pairs = pair_tables.record_pairs(record, {}, 0.9)
    wanted = [*pair_tables.CONTENDERS, *pair_tables.TARGETS, *pair_tables.ORDERS]
    assert not pairs[wanted].isna().any().any()
    row = pairs.iloc[5]
    models = record.models.set_index(["classes", "width", "variant", "seed"])
    group = tuple(row[["classes", "width", "variant"]])
    a, b = (models.loc[(*group, row[end])] for end in ("seed_a", "seed_b"))
    assert row["loss_gap"] == pytest.approx(abs(a["test_loss"] - b["test_loss"]))
    assert row["larger_error"] == pytest.approx(1 - min(a["test_accuracy"], b["test_accuracy"]))
    assert row["other_order"] == (a["order"] != b["order"])
    assert row["farther_kl"] == max(row["d_kl"], row["d_kl_reverse"])
    assert (pairs["larger_error"] < 0.1).all()


def test_what_an_old_record_lacks_comes_from_its_representations() -> None:
    folder = RECORDS / "cifar10"
    record = read_record(folder)
    few = record.pairs[record.pairs["seed_b"] < 2]  # a pair of each dimension
    stored = read_representations(folder, record)
    pairs = pair_tables.record_pairs(type(record)(record.models, few, record.provenance), stored, 0.0)
    assert len(pairs) == 3
    by_dim = {group.dim: own.models for group, own in stored.items()}
    for row in pairs.to_dict("records"):
        found = rc.compare(*(by_dim[row["dim"]][seed] for seed in (0, 1)), input_set="sampled")
        assert row["d_kl_reverse"] == pytest.approx(found.d_kl_reverse, rel=1e-3)
        assert row["disagreement"] == pytest.approx(1 - found.agreement, abs=1e-9)
        if (found.llv.pivot, found.llv.left_out) == (row["pivot"], row["left_out"]):
            assert row["ratio_distance"] == pytest.approx(found.ratio_distance, rel=1e-3)
            assert row["normaliser_mismatch"] == pytest.approx(found.normaliser_mismatch, rel=1e-3)
    assert pairs["other_order"].isna().tolist() == [False, True, True]  # a circular order needs M = 2


def test_models_at_hand_make_the_same_table() -> None:
    rng = np.random.default_rng(0)
    models = {
        seed: rc.Representations(rng.normal(size=(40, 2)), rng.normal(size=(5, 2)), np.arange(40) % 5)
        for seed in range(3)
    }
    pairs = pair_tables.model_pairs(models, -1.0, dataset="made")
    assert len(pairs) == 3
    assert not pairs[[*pair_tables.CONTENDERS, *pair_tables.TARGETS, *pair_tables.ORDERS]].isna().any().any()
    assert pairs["d_logit"].iloc[0] == pytest.approx(rc.logit_distance(models[0], models[1]))
    none = pair_tables.model_pairs(models, 0.999, dataset="made")
    assert not len(none)
    assert not telling.pair_sets(none, ["dataset"], "{dataset}", kind="made", by=None, fewest=4)


def test_sets_leave_out_what_has_too_few_models() -> None:
    pairs = table()
    pairs = pairs[(pairs["width"] == 16) | (pairs["seed_b"] < 3)]
    (found,) = telling.pair_sets(pairs, ["classes"], "K = {classes}", kind="made", by="width", fewest=4)
    assert found.name == "K = 4"
    assert set(found.groups.tolist()) == {16}
    assert found.networks == 12


def test_a_measure_with_the_targets_order_is_ahead_of_chance() -> None:
    own = one_set()
    for within in (False, True):
        answer = telling.Told(own, "cca_loss", within=within)
        told = answer.table().set_index("measure")
        assert told.loc["d_llv", "value"] == pytest.approx(1)
        assert told["networks"].unique().tolist() == [24]
        assert (told["low"] <= told["value"] + 1e-6).all()
        assert (told["high"] >= told["value"] - 1e-6).all()
        verdict = verdicts.Verdict.of(answer.ahead("d_llv"))
        assert set(verdict.ahead) == set(pair_tables.CONTENDERS) - {"d_llv"}
        behind = answer.ahead("d_kl").set_index("rival").loc["d_llv"]
        assert behind["value"] == pytest.approx(told.loc["d_kl", "value"] - 1)
        assert behind["p"] < verdicts.LEVEL
    order = telling.Told(own, "other_order").table().set_index("measure")
    assert order.loc["d_llv", "value"] == 1.0
    assert order["high"].max() <= 1


def test_few_models_have_figures_and_no_verdict() -> None:
    answer = telling.Told(one_set(models=4, widths=(16,)), "cca_loss")
    assert answer.table()["value"].notna().all()
    assert answer.table()[["low", "high"]].isna().all(axis=None)
    rows = answer.ahead("d_llv")
    assert rows["p"].isna().all()
    assert verdicts.tally(rows, "d_kl") == "in no set are there networks enough to say"
    assert verdicts.Verdict.of(rows).unknown == tuple(
        name for name in pair_tables.CONTENDERS if name != "d_llv"
    )


def test_the_closest_pairs_and_who_carries_them() -> None:
    own = one_set(widths=(16,))
    found = telling.closest_pairs(own, 0.5, 0.95).set_index("measure")
    assert found.loc["d_llv", "closest"] == 33
    assert found.loc["d_llv", "least_cca"] == pytest.approx(1 - own.pairs["cca_loss"].sort_values().iloc[32])
    assert found.loc["d_llv", "dissimilar"] <= found.loc["d_kl", "dissimilar"]
    assert (found["carried_by"] <= found["dissimilar"]).all()


def ahead(*rows: tuple[str, float, float]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["set", "value", "p"]).assign(rival="d_kl", networks=20)
    return found


def test_verdicts_in_words() -> None:
    rows = ahead(
        ("A", 0.3, 0.01), *((name, 0.2, 0.2) for name in "BEFGH"), ("C", -0.3, 0.001), ("D", 0.1, np.nan)
    )
    assert verdicts.tally(rows, "d_kl") == (
        "ahead in 1 (A) of 7 sets, behind in 1 (C), not told apart in 5; it has the larger value in 6"
    )
    assert verdicts.tally(rows.iloc[:1], "d_kl") == (
        "ahead in 1 of 1 set, behind in 0, not told apart in 0; it has the larger value in 1"
    )
    rows = rows.assign(contender="d_llv", kind=["radial"] * 7 + ["images"])
    said = "d_LLV tells more than d_KL in 1 of 7 sets, less in 1"
    assert verdicts.headline(rows, "d_kl", "images") == said
    known = rows.assign(p=rows["p"].fillna(0.5))
    expected = said.replace("7", "8") + "; on images nothing tells them apart"
    assert verdicts.headline(known, "d_kl", "images") == expected
    assert "one way in 1 of" in verdicts.headline(known.assign(contender="farther_kl"), "d_kl", "images")
    assert "Too few" in verdicts.headline(rows.assign(p=np.nan), "d_kl", "images")
    written = verdicts.verdict_table(rows)
    assert written.loc["A"].tolist() == [20, "d_KL, one way", "–", "–"]
    assert written.loc["D", "not told from"] == "d_KL, one way"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.5, 0.25, 0.126), "0.13 to 0.50"),
        ((-0.001, 0.004), "0.00"),
        ((-0.2, 0.3), "−0.20 to 0.30"),
        ((), "not known"),
    ],
)
def test_spans(values: tuple[float, ...], text: str) -> None:
    assert (
        verdicts.spans(pd.DataFrame({"measure": "d_kl", "value": pd.Series(values, dtype=float)}), "d_kl")
        == text
    )


@pytest.mark.parametrize(
    ("figures", "signed", "text"),
    [
        ((0.5, 0.25, 0.75), False, "0.50 [0.25, 0.75]"),
        ((-0.5, -0.75, 0.001), True, "−0.50 [−0.75, 0.00]"),
        ((0.5, np.nan, np.nan), True, "+0.50"),
        ((0.861, 0.858, 0.863), True, "+0.86"),
    ],
)
def test_figures_with_intervals(figures: tuple[float, float, float], signed: bool, text: str) -> None:
    assert verdicts.bracketed(*figures, signed=signed) == text


def test_sizes_of_figures_are_compared_without_their_signs() -> None:
    """A measure that goes the other way tells as much as one that goes along."""
    own = one_set()
    turned = telling.PairSet(own.name, own.kind, own.pairs.assign(d_kl=-own.pairs["d_kl"]), own.by)
    pairs = [("d_llv", "d_kl")]
    (plain,), (away,) = (
        telling.Told(each, "cca_loss", measures=("d_llv", "d_kl"))
        .compared(pairs, sizes=True)
        .to_dict("records")
        for each in (own, turned)
    )
    assert plain == away
    signed = telling.Told(turned, "cca_loss", measures=("d_llv", "d_kl"))
    values = signed.table().set_index("measure")["value"]
    assert plain["value"] == pytest.approx(abs(values["d_llv"]) - abs(values["d_kl"]))
    assert signed.compared(pairs)["value"].iloc[0] == pytest.approx(values["d_llv"] - values["d_kl"])


def test_told_in_a_table() -> None:
    told = telling.Told(one_set(), "cca_loss", measures=("d_llv", "d_kl")).table()
    written = verdicts.told_table(told, ["d_llv"])
    assert written.columns.tolist() == ["d_LLV"]
    assert written.loc["K = 4", "d_LLV"] == "1.00"
