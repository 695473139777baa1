"""The pairs of Theorem 3.1 over their norm: rates, the paper's table, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from repsim_core import kl_divergence, permuted_circles
from repsim_core.constructions import CIRCLE_OFFSET
from repsim_core.measures import polygons
from repsim_core.studies.theorem import circle_titles, circles, circles_drawn, circles_told, paper_table

STAR = (5, 0, 2, 4, 6, 1, 3)
TURN, MIRROR, SWAP = (1, 2, 3, 4, 0), (4, 3, 2, 1, 0), (1, 0, 2, 3, 4)


def models(rho, seed=0, *, inputs=60):
    return permuted_circles(7, rho=rho, inputs_per_class=inputs, seed=seed)


def test_norms_go_from_the_least_to_the_largest():
    assert circles.norms(1.0, 2.0, 0.1) == pytest.approx(np.linspace(1, 2, 11))
    assert circles.norms(1.0, 2.05, 0.5).tolist() == [1.0, 1.5, 2.0]


def test_the_divergence_falls_as_the_leading_order_and_below_the_bound():
    pair = models(12.0, inputs=400)
    measured = kl_divergence(*pair)
    assert circles.leading_order(12.0, STAR) == pytest.approx(measured, rel=0.02)
    radius, margin = found = circles.margins(pair, 12.0)
    assert 2 <= radius < 2.05
    assert margin == pytest.approx(circles.neighbour_rates(7).edge, rel=0.02)
    assert measured < circles.divergence_bound(np.array([12.0]), 7, found)[0]


def test_a_fitted_rate_is_that_of_the_data():
    rho = np.arange(1.0, 9.0)
    kl = 3 * rho * np.exp(-0.7 * rho)
    rows = pd.DataFrame({"rho": rho, "d_kl": kl, "prediction": 1.1 * kl, "bound": 20 * kl})
    fit = circles.fitted_rate(rows)
    assert (fit.first, fit.last) == (5, 8)
    assert [fit.slope, fit.predicted, fit.intercept] == pytest.approx([-0.7, -0.7, np.log(3)])
    assert [fit.misfit, fit.bound_over_measured] == pytest.approx([1 - 1 / 1.1, 20])
    rows.loc[7, "d_kl"] = 1e-13
    assert len(circles.resolved(rows)) == 7


def test_rates_and_what_is_left_of_mean_cca():
    rates = circles.neighbour_rates(7)
    alpha = 2 * np.pi / 7
    assert rates.centre == pytest.approx(2 * (1 - np.cos(alpha)))
    assert rates.edge < rates.centre
    assert rates.crossover == pytest.approx(1 / (2 * np.sin(alpha) * CIRCLE_OFFSET))
    left = circles.cca_left(STAR, 3500)
    assert left.bias == pytest.approx(CIRCLE_OFFSET**2 / 21)  # label 2 alone keeps its place
    assert left.noise == pytest.approx(CIRCLE_OFFSET * np.sqrt(2 / 3 / 3500))


@pytest.fixture(scope="module")
def table():
    rhos = [1.0, 2.0, 3.0]
    rows = pd.DataFrame([circles.measured(models(rho), rho, weight=1e-5, seed=0) for rho in rhos])
    return rows, circles.redrawn(models, rhos, [1, 2], weight=1e-5)


def test_the_table_and_its_redraws(table):
    rows, spread = table
    assert rows["rho"].tolist() == spread["rho"].tolist() == [1, 2, 3]
    pair = models(2.0)
    assert rows.loc[1, ["d_kl", "d_kl_reverse"]].tolist() == [
        kl_divergence(*pair),
        kl_divergence(*pair[::-1]),
    ]
    assert (spread["d_kl_min"] < spread["d_kl_mean"]).all()
    drawn = circles.rates(rows, spread, pair, 2.0, STAR)
    assert (drawn["bound"] > drawn[["d_kl", "d_kl_reverse"]].max(axis=1)).all()
    curve = circles.curve(models, [2.0], weight=1e-5, seed=0)
    assert curve.loc[0].tolist() == rows.loc[1, ["rho", "d_kl", "d_kl_reverse", "d_llv"]].tolist()


def test_the_paper_s_figures_apply_to_its_own_setting_alone():
    assert paper_table.why_not(STAR, 500, 1e-5, [1.0, 2.5]) is None
    assert "no ρ in common" in paper_table.why_not(STAR, 500, 1e-5, [1.5])
    assert paper_table.why_not(STAR, 499, 1e-5, [1.0]) == "this run has 499 inputs a class in place of 500"
    assert "[0, 2, 4, 6, 1, 3, 5]" in paper_table.why_not((0, 2, 4, 6, 1, 3, 5), 500, 1e-5, [1.0])


def test_the_paper_s_figures_beside_redraws():
    printed = paper_table.PRINTED.astype(float)
    spread = printed.rename(columns={name: f"{name}_mean" for name in circles.MEASURED})
    spread = spread.assign(**{f"{name}_std": 0.001 for name in circles.MEASURED})
    equal = paper_table.beside(spread, 20)
    assert (equal.figures, equal.worst) == (40, 0)
    assert "within 0.1 standard deviations" in equal.sentence()
    moved = spread.assign(d_llv_mean=spread["d_llv_mean"] + 0.01).iloc[:2]
    far = paper_table.beside(moved, 2)
    # half a digit is rounding, and a mean of two draws has noise of its own
    assert far.worst == pytest.approx((0.01 - 0.0005) / 0.001 / np.sqrt(1.5))
    assert "the one furthest from ours" in far.sentence()
    assert "With only 2 draws" in far.sentence()
    assert far.table()["d_KL", "here"].tolist() == ["0.788", "1.06"]
    assert paper_table.noise_table(moved, far)["their code"].tolist()[0] == "1.317 to 1.318"
    assert "their code" not in paper_table.noise_table(moved, None)


def test_drawn_tables_have_what_figures_need():
    pair = models(3.0, inputs=5)
    points, directions = circles_drawn.arrangements(pair, 3.0)
    assert len(points) == 2 * 7 * 5
    assert np.hypot(directions["x"], directions["y"]).to_numpy() == pytest.approx(np.ones(14))
    cells = circles_drawn.probabilities(STAR)
    first = cells[(cells["model"] == 1) & (cells["input"] == 3)]
    odds = np.exp(3.0 * first["score"])
    assert (odds / odds.sum()).tolist() == pytest.approx(
        np.exp(pair[0].log_probs())[15:20].mean(axis=0), abs=0.03
    )
    ladder = circles_drawn.probe_ladder(pair)
    assert ladder["r2"].tolist() == pytest.approx([0, 1, 1], abs=0.05)
    true, said = circles_drawn.probed(pair, [1, 2])
    assert (len(true), len(said)) == (35, 2 * 7 * 3)


@pytest.mark.parametrize(
    ("permutation", "words"),
    [
        (STAR, "star polygon {7/2}. Label 2 keeps its place."),
        ((0, 4, 1, 5, 2, 6, 3), "star polygon {7/3}"),
        (TURN, "is a rotation"),
        (MIRROR, "is a reflection"),
        (SWAP, "Labels 2, 3 and 4 keep their places."),
        ((1, 3, 4, 0, 2), "No label keeps its place."),
    ],
)
def test_an_order_in_words(permutation, words):
    assert words in circles_told.of_order(permutation)
    rigid = permutation in (TURN, MIRROR)
    assert ("the same labels" in circles_told.of_knob(permutation)) == rigid
    assert ("no star" in circles_told.of_star_distance(permutation, 2.0, 1.3)) == (
        rigid or polygons.stride(permutation) is None
    )


def test_what_is_said_follows_from_the_numbers(table):
    rows, spread = table
    assert "and stays" in circles_told.of_levels(rows, 1e-5)
    assert "λ = 1 " in circles_told.of_levels(rows.assign(d_llv=[1.3, 2.0, 3.0]), 1.0)
    of_four, of_five = (polygons.explained(polygons.orders_to_try(k)) for k in (4, 5))
    assert "2 of them are linear" in circles_told.of_permutations(of_four, 4, every=True)
    assert "smallest mean CCA is 0.500" in circles_told.of_permutations(of_four, 4, every=True)
    assert "2 have no linear part" in circles_told.of_permutations(of_five, 5, every=True)
    some = polygons.explained(np.array([[0, 1, 3, 2]]))
    assert "None of them is linear" in circles_told.of_permutations(some, 4, every=False)
    ladder = pd.DataFrame({"probe": [1, 2], "r2": [0.0, 0.99]})
    assert "nothing to do with each other" in circles_told.of_probes(ladder, 2)
    assert "up to 2" in circles_told.of_probes(ladder.assign(r2=[0.5, 0.99]), 2)
    assert "nearly all" in circles_told.of_probes(ladder.assign(r2=[0.95, 0.99]), 1)
    assert "is at 0.500" in circles_told.of_spread(of_four, 0.5, 4)
    drawn = circles.rates(rows, spread, models(2.0), 2.0, STAR)
    assert "band, nowhere wider than" in circles_told.of_band(drawn, 2)


def test_titles_say_what_is_found():
    assert "turned or mirrored" in circle_titles.of_arrangements(TURN)
    assert "another order" in circle_titles.of_arrangements(SWAP)
    assert "same order throughout" in circle_titles.of_knob(MIRROR)
    assert "answers become the same" in circle_titles.of_knob(STAR)
    assert circle_titles.of_spread(0.0, 1 / 3).endswith("0% in this order, and 33% in an average one")
    measured = pd.DataFrame({"d_kl": [0.5, 2.7e-5], "mean_cca": [0.004, 0.004]})
    assert (
        circle_titles.of_measures(measured)
        == "d_KL goes from 0.50 to 2.7·10⁻⁵ nats, and mean CCA stays at 0.00"
    )
    probes = pd.DataFrame({"probe": [1, 3], "r2": [0.004, 0.996]})
    assert (
        circle_titles.of_probes(probes) == "The linear probe explains 0.4%, one with harmonics up to 3 99.6%"
    )
    rows = pd.DataFrame({"rho": np.arange(1.0, 9.0)})
    rows["d_kl"] = rows["rho"] * np.exp(-rows["rho"])
    fit = circles.fitted_rate(rows.assign(prediction=1.01 * rows["d_kl"], bound=2 * rows["d_kl"]))
    assert circle_titles.of_rates(fit) == "From ρ = 5 to 8 the leading order is off by at most 0.99%"
