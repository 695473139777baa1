"""Titles of the figures of the chapter "Width"."""

import numpy as np
import pandas as pd

from repsim_core.studies.width import titles
from repsim_core.studies.width.close_pairs import ClosePairs


def _trend(*rows: tuple[str, float, float]) -> pd.DataFrame:
    columns = ["measure", "slope", "low", "high"]
    found = [(measure, (low + high) / 2, low, high) for measure, low, high in rows]
    return pd.DataFrame(found, columns=columns).assign(p=0.001, corrected=0.001, classes=4, variant="free")


def test_means_name_the_colours() -> None:
    trend = _trend(("d_llv", -0.3, -0.1), ("d_llv", -0.3, 0.5), ("d_fg", -0.2, -0.1), ("d_fg", -0.2, -0.1))
    assert titles.of_means(trend) == (
        "As networks become wider, d_LLV (blue) falls in 1 of 2 curves, d_{f,g} (orange) falls in 2 of 2 curves"
    )
    assert "at one width" in titles.of_means(trend.iloc[:0])
    assert titles.of_fixed_norms(trend) == "With fixed norms 3 of 4 curves fall with width"


def test_close_pairs() -> None:
    pairs = pd.DataFrame(
        {
            "d_kl": [0.01, 0.01, 0.5],
            "d_kl_reverse": [0.02, 0.9, 0.9],
            "mean_cca": [0.9, 0.5, 0.1],
            "variant": "free",
        }
    )
    found = ClosePairs.of(pairs, 0.06, 0.7)
    assert titles.of_close(found, "free") == (
        "Dissimilar are 0 of 1 pair that are close both ways, and 1 of 1 pair close one way only"
    )


def test_training_and_equal_loss() -> None:
    rows = [(4, 16, 1, 0.9), (4, 16, 8, 0.5), (4, 64, 1, 0.3), (4, 64, 8, 0.6)]
    training = pd.DataFrame(rows, columns=["classes", "width", "steps", "d_llv"])
    assert titles.of_training(training) == "In training the median d_LLV falls in 1 of 2 groups"
    equal = pd.DataFrame({"narrow": [0.5, 0.5], "wide": [0.4, np.nan]})
    assert titles.of_equal_loss(equal).endswith("for 1 of 1 value of K")
    assert "how much" in titles.of_equal_loss(equal.iloc[1:])


def test_orders() -> None:
    table = pd.DataFrame({"classes": 4, "width": [16, 64], "differing": [0.5, 0.1]})
    assert titles.of_orders(table).endswith("50% to 10% for K = 4")
    assert titles.of_orders(table.iloc[:0]) == "How often orders differ"
