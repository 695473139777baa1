"""The runs of the chapter "Distance": examples of its terms, noise, factors, turns, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from repsim_core import llv_distance, noisy_copy, permuted_circles
from repsim_core.studies.distance import noisy_models as noisy
from repsim_core.studies.distance import noisy_told as told
from repsim_core.studies.distance import term_examples


@pytest.fixture(scope="module")
def base():
    return permuted_circles(4, rho=1.0, inputs_per_class=10)[0]


def test_each_term_alone_sees_one_of_the_examples():
    pairs, inputs = term_examples.examples(60, 0)
    seen = {}
    for name, both in pairs.items():
        for p in both:
            assert p.sum(axis=1) == pytest.approx(np.ones(60))
            assert p.min() > 0
        found = term_examples.terms(*map(term_examples.from_probabilities, both), inputs)
        seen[name] = {term for term in ("T1", "T2", "T3", "T4") if found[term] > 1e-6}
        assert found["d_KL"] > 0
    assert seen == {
        "inputs shuffled": {"T1"},
        "labels reweighted": {"T2"},
        "squared, on a circle": {"T3", "T4"},
        "squared, on a line": {"T1", "T3", "T4"},
    }


def test_fixed_sets_obey_the_triangle_inequality_and_searched_ones_need_not():
    def fixed(a, b):
        return llv_distance(a, b, pivot=0, left_out=4, input_set=(0, 1, 2)).value

    rows = term_examples.triangles(fixed, trials=6)
    assert len(rows) == 6
    assert rows["ratio"].max() <= 1 + 1e-9
    assert rows["asymmetry"].max() < 1e-9
    a, b, c = term_examples.broken_triangle(0)
    ab, bc, ac = (llv_distance(*two, input_set="exact").value for two in ((a, b), (b, c), (a, c)))
    assert ac > ab + bc


def test_noisy_copies_stay_below_the_bounds():
    copies = noisy.noisy_copies(
        [4, 5], [0.01, 0.1, 1.0, 2.0], rho=1.0, inputs_per_class=8, seed=0, num_samples=5
    )
    assert len(copies) == 8
    assert not noisy.above(copies, "quadratic").any()
    shares = noisy.bound_shares(copies)
    assert shares["K"].tolist() == [4, 5]
    assert (shares["linear < 1"] + shares["only it"]).to_numpy() == pytest.approx(
        shares["quadratic < 1"].to_numpy()
    )
    assert told.closer_slope(copies) == pytest.approx(2, abs=0.2)
    assert "0 of them lie above" in told.of_bounds(copies)
    curves = noisy.bound_curves(copies["d_llv"], 2, points=3)
    assert curves["d_llv"].iloc[0] == pytest.approx(copies["d_llv"].min() / 2)
    assert noisy.above(copies.assign(d_fg=3.0), "quadratic").any()


def test_the_pair_that_meets_the_bound_meets_it():
    met = noisy.attained([1, 3], [0.2], weight=1e-5)
    assert met["ratio"].tolist() == pytest.approx([1, 1])
    assert met["d_llv"].tolist() == pytest.approx([0.2, 0.2])


def test_searches_for_an_input_set(base):
    other, labels = noisy_copy(base, 0.2, seed=1), {"pivot": 0, "left_out": 1}
    exact = noisy.exact_searches(base, other, [0.0, 0.2], labels)
    assert exact["term"][0] <= exact["term"][1]
    assert exact["conditioning"][1] >= 0.2
    sampled = noisy.sampled_searches(base, other, [2, 8], 3, labels)
    assert sampled["sets"].tolist() == [2, 8]
    assert (sampled["best"] <= sampled["median"]).all()
    assert sampled["best"].min() >= exact["term"][0]
    assert "with a floor of 0.2" in told.of_search(sampled, exact)


def test_factors_and_turns_keep_what_they_must(base):
    rows = noisy.scaled({"circle": base, "spread out": noisy_copy(base, 0.5)}, [1.0, 2.0], weight=0.0, seed=0)
    assert rows["d_fg"].max() < 1e-9
    assert rows["term_2"].max() < 1e-9
    assert rows["d_llv"].to_numpy()[[0, 2]] == pytest.approx([0, 0], abs=1e-9)
    assert "stays at 0" in told.of_factors(rows[rows["factor"] == 2].set_index("model"))
    turns = noisy.turns(base, [0.0, 90.0, 180.0], weight=0.0, seed=0)
    assert turns[["cca_f", "cca_g"]].to_numpy() == pytest.approx(np.ones((3, 2)))
    assert turns["d_fg"].to_numpy()[[0, 2]] == pytest.approx([0, 0], abs=1e-9)
    assert turns["d_llv"][2] > 0.1
    assert "near 90 degrees and is back at 0 at 180" in told.of_turns(turns)


def test_noise_and_order_and_redraws():
    noise, order = noisy.noise_and_order([1.0, 20.0], [0.01], inputs_per_class=10, seed=0, num_samples=5)
    assert (len(noise), len(order)) == (2, 2)
    pair, words = told.at_the_largest_norm(noise, order)
    assert pair["rho"] == 20
    assert "larger divergence" in words
    quieter = told.at_the_largest_norm(noise.assign(d_kl=0.0, d_kl_reverse=0.0), order)[1]
    assert quieter.startswith("The 1 noisy copy at the same norm with no larger divergence has")
    assert "ranges from" in told.of_both_distances(order)
    g = permuted_circles(4, rho=1.0)[0].unembeddings
    rows = noisy.settling(g, 4, [3, 3, 30], rho=1.0, noise=0.1, draws=3, seed=0, num_samples=5)
    assert rows["inputs"].tolist() == [12, 12, 120, 120]
    assert "with 12 inputs" in told.of_settling(rows)
    made = pd.DataFrame({"inputs": [10, 1000], "term": "term 1 (labels)", "spread": [1.0, 0.1]})
    assert told.spread_exponent(made) == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("slope", "words"), [(2.02, "second order"), (1.2, "beyond the range"), (float("nan"), "too few")]
)
def test_a_slope_in_words(slope, words):
    assert words in told.of_slope(slope)


def test_what_is_below_rounding_is_not_zero():
    extreme = pd.Series({"rho": 100.0, "d_kl": 7e-29, "d_kl_reverse": 1e-28, "d_llv": 1.31, "d_fg": 1.0})
    assert (
        told.title_of_both(extreme)
        == "Permuted circles at ρ = 100: d_KL is below 10⁻¹⁴ nats, and d_LLV is 1.31"
    )
    assert "is below 10⁻¹⁴ nats both ways, d_LLV is 1.31 and d_{f,g} is 1.000" in told.of_the_extreme(extreme)
    near = pd.Series({**extreme, "d_kl": 0.34, "d_kl_reverse": 0.43})
    assert "0.34 nats (0.43 in reverse)" in told.of_the_extreme(near)
    one = pd.DataFrame([near])
    assert "(the larger direction) is 0.43 nats." in told.of_both_distances(one)
    far = pd.concat([one, pd.DataFrame([extreme])])
    assert "ranges from 0.43 down to below 10⁻¹⁴ nats" in told.of_both_distances(far)


def test_one_number_of_random_sets():
    sampled = pd.DataFrame({"sets": [10.0], "median": [0.0031]})
    exact = pd.DataFrame({"term": [0.0006, 0.0014], "floor": [0.0, 0.1]})
    assert "of the best term 2 is 0.0031 with 10 random sets; the exact" in told.of_search(sampled, exact)
    assert "0.0031 for the best of 10 random sets, 0.00060" in told.title_of_search(sampled, exact)


def test_how_many_pairs_lie_above_a_bound():
    pairs = pd.DataFrame({"d_fg": [0.1, 0.5], "quadratic": [0.2, 0.6], "linear": [0.9, 0.9]})
    assert told.title_of_bounds(pairs) == "None of 2 pairs lies above a bound"
    over = told.title_of_bounds(pairs.assign(quadratic=[0.2, 0.3]))
    assert over == "Of 2 pairs 1 lies above the quadratic bound, 0 above the linear one"
