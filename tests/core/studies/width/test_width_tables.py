"""Means, trends and orders of networks by width, and what the chapter "Width" says of them."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from repsim_core import permuted_circles
from repsim_core.studies.width import beside_told, close_pairs, orders_told, told
from repsim_core.studies.width import live as width_live
from repsim_core.studies.width import tables as width_tables
from repsim_core.studies.width_study import WidthGroup

WIDTHS = (16, 32, 64)
ORDERS = ("0 1 2 3", "0 2 1 3")


def tables(seeds=5, variant="free"):
    """Networks of three widths; distances fall by 0.1 a doubling, and seed 0 of width 16 has another order."""
    rng = np.random.default_rng(0)
    models, pairs = [], []
    for place, width in enumerate(WIDTHS):
        group = {"classes": 4, "width": width, "variant": variant}
        for seed in range(seeds):
            order = ORDERS[seed == 0 and width == 16]
            scores = {"test_accuracy": 0.99 if seed else 0.5 + 0.45 * (width < 64), "test_loss": 0.1}
            models.append({**group, "seed": seed, **scores, "order": order, "order_about_mean": ORDERS[0]})
        for i, j in combinations(range(seeds), 2):
            d = 0.5 - 0.1 * place + rng.uniform(-0.01, 0.01) + 0.2 * (i == 0 and width == 16)
            measures = {
                "d_llv": d,
                "d_fg": d / 4,
                "mean_cca": 1 - d,
                "d_kl": d / 100,
                "d_kl_reverse": d / (1 + 9 * i),
            }
            more = {"ratio_distance": d, "quadratic_bound": 2 * d**2}
            pairs.append({**group, "seed_a": i, "seed_b": j, **measures, **more})
    return pd.DataFrame(models), pd.DataFrame(pairs)


MODELS, PAIRS = tables()


def test_networks_count_above_an_accuracy_and_in_large_groups():
    models, pairs = width_tables.counted(MODELS, PAIRS, least_accuracy=0.9, fewest=5)
    assert sorted(models["width"].unique()) == [16, 32]
    assert len(pairs) == 2 * 10
    assert len(width_tables.counted(MODELS, PAIRS, least_accuracy=0.9, fewest=2)[1]) == 2 * 10 + 6
    assert told.passed(MODELS, 0.9) == "14 of 15 (free)"
    said = told.of_the_filter(MODELS, PAIRS, width_tables.summary(pairs), 0.9)
    assert "to " in told.moved_by_the_filter(PAIRS, width_tables.summary(PAIRS[PAIRS["seed_a"] > 0]))
    assert "no network" in told.moved_by_the_filter(PAIRS, width_tables.summary(PAIRS))
    assert said.startswith("The filter on accuracy removes 1 of 15 networks; with $K = 4$ 1 of width 64.")


def test_means_and_trends_are_those_of_the_data():
    means = width_tables.summary(PAIRS)
    assert means.loc[means["measure"] == "d_llv", "mean"].tolist() == pytest.approx(
        PAIRS.groupby("width")["d_llv"].mean().tolist()
    )
    assert ((means["low"] <= means["mean"]) & (means["mean"] <= means["high"])).all()
    assert told.mean_table(means).shape == (3, 3)
    assert told.interval_ratio(means) > 1
    trend = width_tables.trends(PAIRS)
    assert trend["measure"].tolist() == ["d_llv", "d_fg"]
    row = next(trend.itertuples())
    y = means.loc[means["measure"] == "d_llv", "mean"]
    assert row.slope == pytest.approx(np.polyfit(np.log2(WIDTHS), y, 1)[0])
    assert (row.widths, row.falls) == (3, 2)
    assert told.of_curves(trend) == "2 of 2 curves fall"
    assert told.for_the_report(trend, recorded=True, in_part=False).startswith(
        "2 of 2 curves fall, as in the paper. K = 4"
    )
    assert told.trend_table(trend)["with width"].tolist() == ["falls", "falls"]
    assert not len(width_tables.trends(PAIRS[PAIRS["width"] == 16]))


@pytest.mark.parametrize(
    ("corrected", "slope", "words", "paper"),
    [
        (0.01, -1.0, "falls", "This is what the paper reports"),
        (0.01, 1.0, "rises", "**disagrees**"),
        (0.2, -1.0, "no clear trend", "too few or too alike"),
    ],
)
def test_a_direction_follows_from_the_corrected_p_value(corrected, slope, words, paper):
    row = {
        "classes": 4,
        "variant": "free",
        "measure": "d_llv",
        "slope": slope,
        "low": slope - 1,
        "high": slope + 1,
    }
    more = {"p": corrected, "widths": 3, "falls": 2, "narrowest": 1.0, "widest": 0.5, "corrected": corrected}
    trend = pd.DataFrame([{**row, **more}])
    assert told.direction(next(trend.itertuples())) == words
    assert paper in told.beside_the_paper(trend, "free")
    assert "nothing to agree" in told.beside_the_paper(trend, "both")
    assert words.replace("no clear", "has no clear") in told.of_means(trend)
    assert len(told.trend_lines(trend, "free", trend)) == 2
    assert ("does not need the freedom" in told.of_fixed_norms(trend)) == (words == "falls")


def test_the_split_of_a_trend_adds_up():
    pairs = width_tables.with_orders(PAIRS, MODELS)
    assert (~pairs["same_order"]).sum() == 4
    assert pairs["same_about_mean"].all()
    without = width_tables.split_trend(pairs, "same_about_mean")
    assert without["mix_share"].tolist() == [0]
    assert without[["low", "high"]].isna().all(axis=None)
    by_width = width_tables.orders_by_width(pairs)
    assert by_width["differing"].tolist() == [0.4, 0, 0]
    split = width_tables.split_trend(pairs, "same_order")
    change = by_width["all"].iloc[-1] - by_width["all"].iloc[0]
    assert split["change"][0] == pytest.approx(change)
    assert split["mix"][0] + split["within"][0] == pytest.approx(change)
    assert split["mix"][0] < 0
    trend = width_tables.trends(pairs).query("measure == 'd_llv'")
    same = width_tables.split_trend(pairs, "same_about_mean")
    said = orders_told.of_split(split, same, by_width, trend, [4], 18)
    assert "further apart at 1 of 1 widths" in said
    assert "for K = 4 of the fall" in said
    assert "corrected for the 18 slopes of such pairs" in said
    assert "no clear fall" in orders_told.of_split(split, same, by_width, trend, [], 1)
    assert orders_told.split_table(split, same, trend, trend).shape == (1, 5)
    assert orders_told.shares_by_k(by_width, ["free"]) == "40% to 0% (K = 4)"
    assert orders_told.falls_among_equal(by_width) == (2, 2)
    assert orders_told.other_orders(pairs, "same_order")[:3] == (4, 0, "0 of 4 for K = 4")
    assert orders_told.equal_order_table(by_width).shape == (1, 3)


def test_what_orders_explain_and_predict():
    pairs = width_tables.with_orders(PAIRS, MODELS)
    rows = width_tables.explained_by_orders(pairs)
    assert rows["other order, origin"].tolist() == [4]
    assert rows["found by d_LLV"].tolist() == [pytest.approx(1)]
    assert rows["d_llv, origin"][0] > 0.9
    assert "level" in orders_told.of_explained(rows)
    assert "explain nothing" in orders_told.of_explained(rows.iloc[:0])
    assert orders_told.explained_table(rows).shape == (1, 9)
    predicted = orders_told.predicted(pairs)
    assert sorted(predicted["predicted_cca"].round(9).unique()) == [0.5, 1]
    said = orders_told.of_order_pairs(predicted)
    assert "4 of 30 pairs have different orders (40% at width 16" in said[0]
    assert "same order." in orders_told.of_order_pairs(predicted[predicted["width"] > 16])[0]
    row, words = orders_told.pair_to_show(predicted, PAIRS)
    assert (row["seed_a"], words) == (0, "Here are two networks of the live part whose orders differ.")
    assert "No two" in orders_told.pair_to_show(predicted[predicted["same_order"]], PAIRS)[1]
    assert orders_told.equal_orders(MODELS) == "14 of 15"


def test_few_networks_beside_as_few_of_ours():
    pairs = width_tables.with_orders(PAIRS, MODELS)
    few = pairs[pairs[["seed_a", "seed_b"]].max(axis=1) < 3]
    table = width_tables.beside_as_few(few, pairs)
    assert table["networks"].tolist() == [3, 3, 3]
    assert (table["low"] <= table["high"]).all()
    inside = table.assign(d_llv=table["ours"])
    assert beside_told.inside(inside) == "3 of 3"
    assert "nothing here speaks for a difference" in beside_told.of_authors(inside, pd.DataFrame())[0]
    out = beside_told.of_authors(table.assign(d_llv=9.0), pd.DataFrame())[0]
    assert "above it for $K = 4$ and width 16" in out
    assert "3 of 3 outside" in out
    assert width_tables.beside_as_few(few, None)["low"].isna().all()
    shown = beside_told.author_table(table)
    assert shown.shape == (3, 10)
    assert shown["networks, here"].tolist() == ["3, 5"] * 3
    alone = width_tables.beside_as_few(few, None)
    assert beside_told.author_table(alone)["networks, here"].tolist() == ["3, –"] * 3


def test_close_pairs_and_who_carries_them():
    found = close_pairs.ClosePairs.of(PAIRS, 0.1, 0.6)
    assert (found.near["nearer"] <= found.near["farther"]).all()
    kept = found.results()
    assert kept["both_close"] + kept["one_close"] == len(PAIRS)
    assert kept["one_dissimilar"] == len(found.listed("one"))
    # seed 0 has a reverse d_KL above the limit with every other network
    assert set(found.listed("one")["seed_a"]) == {0}
    assert "of width 16" in found.carried_by_width()
    assert "is seed 0 of K = 4" in found.oddest()
    assert found.nearest_one_way().startswith("The nearest pair of this list")
    assert found.table().shape == (1, 8)
    none = close_pairs.ClosePairs.of(PAIRS, 1e-9, 0.6)
    assert (none.oddest(), none.nearest_one_way()) == (
        "There is no such network.",
        "No pair is on this list.",
    )
    assert close_pairs.partners(MODELS) == 4
    assert close_pairs.small_divergences(found.near)["pairs"].tolist() == [30]
    model = permuted_circles(4, rho=1.0, inputs_per_class=3)[0]
    points, explained = close_pairs.laid_over({0: model, 1: model}, PAIRS.iloc[0])
    assert explained == pytest.approx(1)
    assert points["x"].tolist() == points["mapped_x"].tolist()


def test_live_tables_and_equal_loss():
    models = [
        permuted_circles(4, rho=rho, inputs_per_class=5, seed=3)[end]
        for rho, end in ((2.0, 0), (3.0, 1), (9.0, 0))
    ]
    scores, pairs = width_live.tables({(4, 16, 10): models, (4, 16, 20): models}, "free")
    assert scores["order"].tolist()[:3] == ["0 1 2 3", "0 1 3 2", "0 1 2 3"]
    assert len(pairs) == 6
    assert width_live.checkpoints(100, 3) == [25, 50, 100]
    settled = width_live.settled(scores, scores[scores["steps"] == 20])
    assert settled.to_numpy().tolist() == [[10, 1]]
    assert "100% after 10 steps" in orders_told.of_settled(settled, 1)
    # One that leaves its final order again is not settled before.
    left = pd.DataFrame({"classes": 4, "width": 16, "seed": 0, "steps": [5, 10, 20], "order": list("aba")})
    left = pd.concat([left, left.assign(seed=1, order="a")])
    found = width_live.settled(left, left[left["steps"] == 20])
    assert found.to_numpy().tolist() == [[5, 0.5], [10, 0.5]]
    training = width_live.over_training(scores, pairs)
    assert training["d_llv"].tolist() == pytest.approx([pairs["d_llv"][:3].median()] * 2)
    made = pd.DataFrame(
        {"classes": 4, "width": [16, 16, 64, 64], "steps": [10, 20, 10, 20], "loss": [1, 0.5, 0.8, 0.2]}
    )
    equal = width_live.at_equal_loss(made.assign(d_llv=[0.9, 0.8, 0.4, 0.1]))
    assert 0.1 < equal["wide"][0] < 0.4
    assert 10 < equal["steps"][0] < 20
    assert "closer at equal loss" in beside_told.of_equal_loss(equal, (16, 64), 20)[0]
    unseen = beside_told.of_equal_loss(equal.assign(wide=np.nan), (16, 64), 20)[0]
    assert "no comparison at equal loss" in unseen
    assert "only one width" in beside_told.of_equal_loss(equal, (16, 16), 20)[0]


def test_a_record_says_what_it_lacks():
    record = SimpleNamespace(models=MODELS, pairs=PAIRS, study=SimpleNamespace(steps=15_000))
    groups = [WidthGroup(4, width, "free") for width in WIDTHS]
    assert told.of_the_record(record, "here", groups)[1] == 0
    said, lacking = told.of_the_record(
        record, "here", [*groups, WidthGroup(4, 128, "free"), WidthGroup(6, 16, "both")]
    )
    assert lacking == 2
    assert "namely K = 4 free (width 128); K = 6 both." in said
