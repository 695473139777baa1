"""What is told of the record of probes: its tables follow from its rows, and its sentences from its tables."""

import numpy as np
import pandas as pd
import pytest
from places import ROOT

from repsim_core.studies.derived import read_derived
from repsim_core.studies.shown_models import at_inputs
from repsim_core.studies.transfer import record as probe_record
from repsim_core.studies.transfer import shown as probes_shown
from repsim_core.studies.transfer import told as probes_told
from repsim_core.studies.transfer.live_probe import CarriedProbe, carry_over
from repsim_core.studies.transfer.probes import TASKS, carried, fit_probe, halves
from repsim_core.studies.transfer.tables import (
    BASELINES,
    DISTANCES,
    LABELS,
    MEASURES,
    PIXELS,
    Predictions,
    all_transfers,
    bound_table,
    drawn_points,
    family,
    predicted,
    probe_pairs,
    task_table,
)

RECORDS = ROOT / "book" / "records"
RECORD = read_derived(RECORDS / probe_record.PROBES)
MOVED = all_transfers(RECORD)


@pytest.fixture(scope="module")
def digits() -> dict:
    """The networks on digits with M = 2, by seed."""
    return probe_record.models_of(RECORDS / "digits")[2]


@pytest.fixture(scope="module")
def tasks() -> list:
    return probe_record.tasks_for("digits", RECORDS / probe_record.PROPERTIES)


@pytest.mark.usefixtures("mathematics_only")
def test_the_record_is_what_its_networks_give(digits, tasks):
    few = {seed: digits[seed] for seed in (0, 3)}
    for name, rows in probe_record.computed_tables(few, tasks).items():
        recorded = RECORD.tables[name].query("set == 'digits' and dim == 2")
        keys = [key for key in ("seed", "seed_from", "seed_to", "task") if key in rows]
        both = rows.merge(recorded, on=keys, suffixes=("", "_recorded"), validate="one_to_one")
        assert len(both) == len(rows)
        for column in set(rows) - set(keys):
            assert np.allclose(both[column], both[f"{column}_recorded"], rtol=1e-4, atol=1e-5, equal_nan=True)


def test_every_error_is_within_its_bound_and_no_map_beats_the_best():
    assert (MOVED["rms"] <= MOVED["beta"] * (1 + 1e-5)).all()
    for column in ("beta_mean", "beta_pairs"):
        assert (MOVED["best_rms"] <= MOVED[column] * (1 + 1e-5)).all()
    assert (MOVED["beta_pairs"] <= MOVED["beta"] * (1 + 1e-5)).all()
    assert (MOVED["best_rms"] <= MOVED["rms"] * (1 + 1e-5)).all()
    assert (MOVED["best_rms"] <= MOVED["deviation"] * (1 + 1e-5)).all()
    assert MOVED["says"].equals(MOVED["bound"] < 1)
    assert set(MOVED["task"]) <= set(TASKS)


def test_a_promise_is_kept():
    """Where the theorem promises a smaller error than a constant's, the carried probe explains something."""
    promised = MOVED[MOVED["promises"]]
    assert len(promised) > 50
    assert (promised["r2"] > 0).all()
    assert promised["pairs_say"].all()
    # R² of a least-squares fit on its own inputs says how large the probe's deviation is.
    assert MOVED["fit_r2"].between(0, 1).all()
    scales = (MOVED["deviation"] / np.sqrt(MOVED["fit_r2"])).groupby([MOVED["kind"], MOVED["task"]])
    assert ((scales.max() - scales.min()) < 1e-4 * scales.max()).all()


def test_tables_have_a_row_a_set_and_their_medians():
    bounds, tasks = bound_table(MOVED), task_table(MOVED)
    assert len(bounds) == 2 * MOVED["words"].nunique()
    own = MOVED[(MOVED["words"] == "paper, M = 5") & (MOVED["family"] == PIXELS)]
    row = bounds[(bounds["set"] == "paper, M = 5") & (bounds["family"] == PIXELS)].iloc[0]
    assert row["to_best"] == pytest.approx((own["beta"] / own["best_rms"]).median())
    assert row["says"] == pytest.approx((own["beta"] < own["deviation"]).mean())
    (loops,) = tasks[(tasks["set"] == "digits, M = 5") & (tasks["task"] == "loops")].to_dict("records")
    rows = MOVED[(MOVED["words"] == "digits, M = 5") & (MOVED["task"] == "loops")]
    assert loops["lost"] == pytest.approx((rows["own_r2"] - rows["r2"]).median())
    assert loops["gains"] == pytest.approx((rows["r2"] > rows["own_r2"]).mean())
    assert family("animal") == LABELS
    assert family("ink") == PIXELS
    points = drawn_points(MOVED, "best", "pairs_bound", 200)
    assert np.allclose(points["bound"], MOVED.loc[points.index, "pairs_bound"], atol=1e-5)
    assert (points["error"] <= points["bound"] + 2e-5).all()
    assert len(points) == 200
    assert set(MOVED.loc[points.index, "task"]) == set(MOVED["task"])
    assert len(drawn_points(MOVED.iloc[:9])) == 9
    assert points["panel"].nunique() == 3


def test_pairs_have_both_directions_and_all_tasks_averaged():
    sets = probe_pairs(RECORD, MOVED, ["ink", "loops"])
    assert [own.name for own in sets] == ["digits, M = 2", "digits, M = 3", "digits, M = 5"]
    row = sets[0].pairs.query("seed_a == 2 and seed_b == 7").iloc[0]
    ends = MOVED["words"].eq("digits, M = 2") & MOVED["task"].isin(["ink", "loops"])
    both = MOVED[ends & MOVED["seed_from"].isin([2, 7]) & MOVED["seed_to"].isin([2, 7])]
    assert len(both) == 4
    assert row["lost"] == pytest.approx(both["lost"].mean())
    assert row["bound"] == pytest.approx(both["bound"].mean())
    (joined,) = probe_pairs(RECORD, MOVED, ["ink", "loops"], together=True)
    assert joined.networks == 30
    assert len(joined.pairs) == 135


def test_predictions_compare_each_distance_with_each_other_and_with_the_baselines():
    found = predicted(probe_pairs(RECORD, MOVED, ["ink"], together=True), "lost", "d_logit")
    assert set(found.told["measure"]) == set(MEASURES)
    assert len(found.compared) == len(MEASURES) * (len(MEASURES) - 1) / 2
    assert len(found.among) == len(DISTANCES) * (len(DISTANCES) - 1) / 2
    assert len(found.baselines) == len(DISTANCES) * len(BASELINES)
    assert set(found.baselines["rival"]) == set(BASELINES)
    sizes = found.told.set_index("measure")["value"].abs()
    for rows in (found.compared, found.ahead):
        gaps = sizes[rows["contender"]].to_numpy() - sizes[rows["rival"]].to_numpy()
        assert np.allclose(rows["value"], gaps)
        assert ((rows["low"] < rows["value"]) & (rows["value"] < rows["high"])).all()


def test_one_comparison_has_one_p_value_wherever_it_is_told():
    """The table of a contender and the sentence about baselines are views of one family of comparisons."""
    for contender in ("d_llv", "own_r2"):
        found = predicted(probe_pairs(RECORD, MOVED, ["slant"], together=True), "off", contender)
        assert set(found.ahead["contender"]) == {contender}
        assert found.ahead["rival"].tolist() == [name for name in MEASURES if name != contender]

        def by_pair(rows: pd.DataFrame) -> dict:
            ends = map(frozenset, zip(rows["contender"], rows["rival"], strict=True))
            return dict(zip(ends, rows["p"], strict=True))

        every = by_pair(found.compared)
        for part in (found.ahead, found.among, found.baselines):
            own = by_pair(part)
            assert own == {ends: every[ends] for ends in own}


# -- the pair that is looked at --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live(digits, tasks) -> CarriedProbe:
    (curved,) = (task for task in tasks if task.name == "curved")
    return carry_over(digits[0], digits[1], curved)


def test_the_chain_is_in_order_and_parts_add_up(live, digits, tasks):
    chain = live.chain
    assert chain["best"] <= chain["rms"] <= chain["beta"] <= chain["with_ratio_distance"]
    assert chain["best"] <= chain["pairs"] <= chain["beta"]
    assert live.parts["part"].sum() == pytest.approx(chain["beta"])
    row = MOVED.query(
        "words == 'digits, M = 2' and seed_from == 0 and seed_to == 1 and task == 'curved'"
    ).iloc[0]
    for name, column in (
        ("beta", "beta"),
        ("rms", "rms"),
        ("deviation", "deviation"),
        ("pairs", "beta_pairs"),
    ):
        assert chain[name] == pytest.approx(row[column], rel=1e-4)
    assert (live.own_r2, live.carried_r2, live.refit_r2) == pytest.approx(
        (row["own_r2"], row["r2"], row["refit_r2"]), abs=1e-5
    )
    assert live.held_rms == pytest.approx(row["held_rms"], rel=1e-4)
    assert live.errors == pytest.approx((row["own_error"], row["error"]), abs=1e-5)
    # The probe is what its labels' standardised log-ratios make.
    fit, _ = halves(digits[0].num_inputs)
    (curved,) = (task for task in tasks if task.name == "curved")
    first = at_inputs(digits[0], fit)
    probe = fit_probe(np.asarray(first.embeddings, dtype=float), curved.targets[fit])
    assert np.std(probe(np.asarray(first.embeddings, dtype=float)), ddof=1) == pytest.approx(
        chain["deviation"]
    )


def test_what_a_probe_is_off_for_its_task_is_within_its_own_error_and_the_bound(live, digits, tasks):
    """The step from the bound on a probe to a promise of its task, on the inputs of the fit, where it is exact."""
    (curved,) = (task for task in tasks if task.name == "curved")
    fit, _ = halves(digits[0].num_inputs)
    probe = fit_probe(np.asarray(digits[0].embeddings, dtype=float)[fit], curved.targets[fit])
    there = carried(probe, live.bound)(np.asarray(digits[1].embeddings, dtype=float)[fit])
    targets = curved.targets[fit]
    off = np.sqrt(((targets - there) ** 2).mean()) / targets.std()
    spread = live.bound.deviation / targets.std(ddof=1)
    assert spread == pytest.approx(np.sqrt(live.fit_r2))
    assert off <= np.sqrt(1 - live.fit_r2) + spread * live.bound.beta / live.bound.deviation
    row = MOVED.query(
        "words == 'digits, M = 2' and seed_from == 0 and seed_to == 1 and task == 'curved'"
    ).iloc[0]
    assert live.fit_r2 == pytest.approx(row["fit_r2"], abs=1e-5)
    pairs = row["beta_pairs"] / row["deviation"]
    assert row["promises"] == (np.sqrt(1 - live.fit_r2) + np.sqrt(live.fit_r2) * pairs < 1)


def test_the_limit_on_wrong_signs_holds_for_every_margin_on_the_inputs_of_the_bound(live):
    table = live.error_by_margin(np.array([0.1, 1.0, 10.0]))
    assert (np.diff(table["near"]) >= 0).all()
    assert table["added"].tolist() == pytest.approx([(live.bound.beta / m) ** 2 for m in (0.1, 1.0, 10.0)])
    assert table["limit"].tolist() == pytest.approx((table["near"] + table["added"]).tolist())
    # What is wrong is within the margin or beyond, and the two steps give away the rest of the limit.
    assert (table["near_wrong"] + table["far_wrong"]).tolist() == pytest.approx([live.errors[1]] * 3)
    assert (table["near_wrong"] <= table["near"]).all()
    row = pd.Series({"near": 0.5, "near_wrong": 0.1, "added": 0.3, "far_wrong": 0.02})
    assert probes_told.margin_words(row) == (
        "Within the margin are 0.500 of the inputs, of which 0.100 are wrong: 0.400 given away. Beyond it 0.020 are "
        "wrong and 0.300 are allowed: 0.280 given away. Most is lost by giving up the inputs within the margin."
    )
    assert probes_told.margin_words(row.replace(0.3, 0.9)).endswith("Most is lost by Chebyshev's inequality.")


# -- sentences -------------------------------------------------------------------------------------------------------


def test_shares_are_written_without_false_certainty():
    shares = {0.0: "0 %", 0.001: "below 1 %", 0.934: "93 %", 0.999: "above 99 %", 1.0: "100 %", -0.02: "−2 %"}
    assert {share: probes_told.percent(share) for share in shares} == shares


def test_spans_of_a_column():
    table = pd.DataFrame(
        {
            "family": [PIXELS, PIXELS, PIXELS, LABELS],
            "dim": [5, 2, 2, 2],
            "kind": ["digits", "CIFAR-10", "digits", "digits"],
            "to_best": [2.5, 1.021, 1.05, 9.0],
            "says": [0.0, 0.5, 0.75, 1.0],
        }
    )
    assert probes_told.spans(table, "to_best", "dim", PIXELS) == "1.02 to 1.05 (M = 2), 2.50 (M = 5)"
    said = probes_told.spans(table, "says", "kind", PIXELS, shares=True)
    assert said == "0 % to 75 % (digits), 50 % (CIFAR-10)"


def moved_by(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_what_is_said_of_bounds():
    some = moved_by(
        family=[PIXELS, PIXELS, PIXELS, LABELS],
        dim=[2, 2, 5, 5],
        beta_pairs=[1.0, 1.1, 4.0, 90.0],
        best_rms=[1.0, 1.0, 2.0, 1.0],
        says=[True, True, False, False],
        pairs_say=[True, True, True, False],
    )
    assert probes_told.bound_title(some) == (
        "With one pivot the bound says something in 67 % of the transfers, over all pairs of labels in 100 %"
    )
    assert probes_told.pairs_title(some) == (
        "Over all pairs of labels the bound is 1.05 (M = 2), 2.00 (M = 5) times the least possible error"
    )
    within = moved_by(held_rms=[1.0], beta=[2.0], words=["one"])
    assert "no error is above" in probes_told.held_words(within)
    above = moved_by(held_rms=[1.0, 2.2], beta=[2.0, 2.0], words=["one", "two"])
    assert probes_told.held_words(above).endswith(
        "50 % of the errors are above the bound that the others gave, in the median by 10 % and at most by 10 % (two)."
    )


def test_what_is_said_of_what_is_lost():
    tasks = moved_by(
        family=[PIXELS, PIXELS, LABELS], set=["one"] * 3, own_r2=[0.2, 0.2, 9.0], r2=[0.1, 0.2, 0.0]
    )
    assert probes_told.lost_title(tasks) == "Carried over, probes keep of what they explained: 75 % (one)"


def predictions(p: float) -> Predictions:
    named = {"set": "fast", "networks": 30}
    shared = {**named, "low": 0.1, "p": p}
    among = pd.DataFrame([{**shared, "contender": "d_llv", "rival": "d_logit", "value": -0.1}])
    rows = [{**shared, "contender": d, "rival": b, "value": 0.5} for d in DISTANCES for b in BASELINES]
    told = pd.DataFrame([{**named, "measure": m, "value": 0.5, "low": 0.1, "high": 0.8} for m in MEASURES])
    return Predictions(told, among, among, among, pd.DataFrame(rows))


def test_what_is_said_of_predictions():
    sure, unsure, unknown = (predictions(p) for p in (0.01, 0.5, np.nan))
    assert probes_told.among_words(sure) == "d_logit tells more than d_LLV (fast)."
    assert probes_told.among_words(unsure) == "No difference among the seven distances is sure."
    assert probes_told.among_words(unknown) == "There are too few networks to compare the distances."
    singly = "distances; one by one, without a correction, it would be 7 (fast)."
    assert probes_told.baseline_words(sure) == (
        f"Surely ahead of larger error are 7 (fast) of 7 {singly} Surely ahead of R² before are 7 (fast) of 7 {singly}"
    )
    assert probes_told.baseline_words(unsure).startswith(
        f"Surely ahead of larger error are 0 (fast) of 7 {singly}"
    )
    assert probes_told.prediction_title(sure) == (
        "Some distances are surely ahead of others in telling how far a probe is off; surely ahead of accuracy alone "
        "are 7 (fast) of 7"
    )
    assert probes_told.prediction_title(unsure) == (
        "No distance is surely ahead of another in telling how far a probe is off; surely ahead of accuracy alone are "
        "0 (fast) of 7"
    )
    assert probes_told.networks_words(sure) == "30 networks of each record"
    other = sure._replace(told=pd.concat([sure.told, sure.told.assign(set="digits", networks=20)]))
    assert probes_told.networks_words(other) == "30 (fast) and 20 (digits) networks"
    assert probes_told.told_of(sure.told, "d_llv") == "0.50 [0.10, 0.80] (fast)"
    assert "d_KL, larger way 0.50" in probes_told.medians(sure.told)


def test_what_is_said_of_one_probe(live):
    assert "% of the probe's deviation" in probes_told.live_words(live)
    says = live.chain["beta"] < live.chain["deviation"]
    assert probes_told.live_words(live).endswith("it says something." if says else "a constant does as well.")
    held = probes_told.significant(live.held_rms, 2)
    assert probes_told.live_title(live).startswith("Off by ")
    assert probes_told.live_title(live).endswith(f"; by {held} on inputs held back")
    assert probes_told.live_loss(live).startswith("On its own network the probe explains ")
    names = dict(enumerate("abcdefghij"))
    assert probes_told.pivot_words(live, names) == names[live.bound.pivot]
    shown = probes_shown.parts_table(live, names)
    assert shown.index.tolist() == [names[label] for label in live.parts["label"]]
    assert shown["|α| √(1 − ρ²)"].sum() == pytest.approx(live.chain["beta"])
    assert live.ratio_distance * shown["α"].abs().sum() == pytest.approx(live.chain["with_ratio_distance"])


def test_tables_of_a_page_are_narrow():
    bounds, tasks = bound_table(MOVED), task_table(MOVED)
    ratios, shares = probes_shown.ratio_table(bounds), probes_shown.share_table(bounds)
    own = bounds[(bounds["set"] == "paper, M = 5") & (bounds["family"] == PIXELS)].iloc[0]
    assert (
        ratios.loc["paper, M = 5"].tolist()
        == own[["rms_to_best", "to_best", "mean_to_best", "pairs_to_best"]].tolist()
    )
    assert shares.loc["paper, M = 5", "pivot"] == probes_told.percent(own["says"])
    yes_no = probes_shown.yes_no_table(tasks[tasks["set"] == "digits, M = 3"])
    assert max(map(len, shares[["pivot", "pairs", "task"]].to_numpy().ravel())) <= 6
    assert yes_no.index.is_unique
    assert "slant" in yes_no.index
    assert max(len(task) for task in yes_no.index) <= 18
    for table in (ratios, shares, yes_no):
        assert len(table.columns) <= 4
        assert max(map(len, table.columns)) <= 8
