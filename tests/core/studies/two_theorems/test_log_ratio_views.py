"""Log-ratios as figures show them."""

import numpy as np
import pandas as pd
import pytest

from repsim_core import llv_distance, noisy_copy, one_shared_direction, permuted_circles
from repsim_core.studies.two_theorems import log_ratio_views as views


def test_the_largest_gap_is_the_ratio_distance():
    base, _ = permuted_circles(5, rho=1.0, inputs_per_class=10)
    copy = noisy_copy(base, 0.3)
    points, chosen = views.three_gaps(base, copy)
    assert chosen["gap"].is_monotonic_increasing
    d = llv_distance(base, copy, pivot=0, labels="all", input_set=(0, 20, 40))
    assert chosen["gap"].iloc[-1] == pytest.approx(d.ratio_distance)
    assert (len(points), set(points["label"])) == (150, set(chosen["label"]))
    own = points[points["label"] == chosen["label"].iloc[0]]
    assert np.corrcoef(own["z"], own["w"])[0, 1] == pytest.approx(chosen["correlation"].iloc[0])


def test_one_direction_is_shared_and_the_other_flips():
    parts = views.along_and_across(*one_shared_direction(2, eta=0.01, inputs=40))
    assert parts["shared_1"].to_numpy() == pytest.approx(parts["shared_2"].to_numpy(), abs=0.1)
    sign = np.where(parts["flipped"], -1, 1)
    assert (np.sign(parts["other_1"] * parts["other_2"]) == sign).mean() > 0.8


def test_one_label_is_long():
    model = views.one_long_label(6, 3, seed=0, inputs=4)
    assert (model.unembeddings[0] == 10).all()
    assert abs(model.unembeddings[1:]).max() < 5


def test_what_a_contrast_does():
    table = pd.DataFrame(
        {"effective rank": [2.0, 5.0], "certificate": [0.3, 0.8]}, index=["the long one", "the mean"]
    )
    assert (
        "fewer directions count than against the mean, and the certificate promises more."
        in views.of_contrasts(table)
    )
    assert "no fewer directions" in views.of_contrasts(table.set_axis(table.index[::-1]))


def test_where_a_bound_says_something():
    table = pd.DataFrame(
        {"noise": [0.4, 0.2, 0.1], "bound": [8.0, 0.8, 0.2], "d_SVD on B": [0.04, 0.01, 0.002]}
    )
    assert "goes from 8.0 to 0.20, and d_SVD is at most 0.012 times the bound." in views.of_competing(table)
    assert "from a noise of 0.20 on" in views.of_competing(table)
    assert "they say nothing" in views.of_competing(table.assign(bound=table["bound"] + 1))
    assert views.of_competing(table.iloc[1:]).endswith("times the bound.")
