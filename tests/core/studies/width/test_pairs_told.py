"""What is said of pairs, where there are many, few, or none."""

import pandas as pd

from repsim_core.studies.width import pairs_told as said
from repsim_core.studies.width import titles, told
from repsim_core.studies.width.close_pairs import ClosePairs

PAIRS = pd.DataFrame(
    {
        "classes": 4,
        "width": 16,
        "variant": "free",
        "seed_a": [0, 0, 1, 1],
        "seed_b": [1, 2, 2, 3],
        "d_kl": [0.005, 0.005, 0.5, 0.02],
        "d_kl_reverse": [0.005, 0.9, 0.9, 0.02],
        "mean_cca": [0.95, 0.5, 0.1, 0.4],
    }
)
NONE = PAIRS.iloc[:0]


def test_small_divergences() -> None:
    near = ClosePairs.of(PAIRS, 0.06, 0.7).near
    some = said.of_small_divergences(near, "the record")
    assert "(the record). Of 4 such pairs 1 has a d_KL below 0.01 nats both ways. Of these, 0 have" in some
    assert some.endswith("a good sign here, and only that.")
    far = said.of_small_divergences(near.iloc[1:], "x")
    assert far.endswith("0 have a d_KL below 0.01 nats both ways.")
    assert "no sign" not in said.of_small_divergences(near.assign(mean_cca=0.1), "x")
    assert "good sign" not in said.of_small_divergences(near.assign(mean_cca=0.1), "x")
    assert said.of_small_divergences(near.iloc[:0], "x").startswith("There are no pairs")


def test_both_lists() -> None:
    words = said.of_lists(ClosePairs.of(PAIRS, 0.06, 0.7))
    assert (
        "1 of the 2 pairs that are close both ways is dissimilar; 2 different networks are in this list, and 1"
        in words
    )
    assert "With fixed norms as well, the two lists have 1 pair (carried by 1 network) and 1 pair" in words
    assert "1 pair is close one way only, none dissimilar" in said.of_lists(ClosePairs.of(PAIRS, 0.06, 0.3))
    nothing = said.of_lists(ClosePairs.of(NONE, 0.06, 0.7))
    assert "no pair is close both ways. With free norms no pair is close one way only." in nothing
    assert nothing.endswith("have 0 pairs and 0 pairs.")


def test_the_example() -> None:
    assert "no such pair" in said.of_example(None, 0.0)
    assert "a share of 0.46 of" in said.of_example(PAIRS.iloc[0], 0.456)


def test_orders() -> None:
    assert said.of_other_orders(NONE, NONE) == "No record is read here."
    pairs = PAIRS.assign(same_order=[True, False, False, True], same_about_mean=[True, True, True, False])
    models = pd.DataFrame({"order": ["0 1 2 3"] * 2, "order_about_mean": ["0 1 2 3", "0 2 1 3"]})
    words = said.of_other_orders(pairs, models)
    assert "of the 2 recorded pairs of accurate networks whose orders differ" in words
    assert (
        "1 of 2 of the accurate networks have the same order as around the origin; 1 pair differs there"
        in words
    )
    assert "no recorded pairs of equal order" in said.of_equal_orders(NONE)
    by_width = pd.DataFrame({"classes": 4, "width": [16, 32], "variant": "free", "same": [0.5, 0.3]})
    assert "falls in 1 of 1 step from" in said.of_equal_orders(by_width)


def test_curves_of_one_width() -> None:
    assert told.of_curves(NONE) == "there is no curve over several widths"
    assert told.of_fixed_norms(NONE).startswith("No two widths")
    assert titles.of_fixed_norms(NONE) == "With and without fixed norms, at one width"
