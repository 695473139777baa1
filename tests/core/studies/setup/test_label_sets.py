"""Label sets of a model, maps between two, and what the chapter "Setup" says of them."""

import numpy as np
import pandas as pd
import pytest
import torch

from repsim_core import Representations, random_linear_map
from repsim_core.studies import shown_models
from repsim_core.studies.setup import label_sets
from repsim_core.studies.setup import twins_told as told


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((40, 2)), rng.standard_normal((5, 2))
    return Representations(3 * f, g, (3 * f @ g.T).argmax(axis=1))


def test_all_sets_from_the_best_conditioned_on(model):
    sets = label_sets.label_sets(model)
    assert len(sets) == 10
    conditions = [label_sets.condition(model, chosen) for chosen in sets]
    assert conditions == sorted(conditions)
    assert all(y0 < min(others) for y0, others in sets)
    best, worst = (label_sets.recovered(model, sets[end]) for end in (0, -1))
    assert best["condition of L"] == pytest.approx(conditions[0])
    for each in (best, worst):
        assert each["factor"] <= each["condition of L"]
        assert each["error in f"] == pytest.approx(each["factor"] * each["error in ratios"])


def test_the_theorem_s_map_takes_a_twin_back_whatever_the_labels(model):
    matrix = random_linear_map(2, seed=1)
    twin = model.linear_twin(matrix, [1.0, 2.0])
    other = Representations(model.embeddings[:, ::-1] ** 3, model.unembeddings)
    sources, sets = {"twin": twin, "other": other}, label_sets.label_sets(model)
    for chosen in (sets[0], sets[-1]):
        assert label_sets.theorem_map(model, twin, chosen) @ matrix == pytest.approx(np.eye(2), abs=1e-9)
    shares = label_sets.theorem_shares(model, sources, sets)
    assert shares["twin"].max() < 1e-9
    assert shares.index[0] == " ".join(map(str, (sets[0][0], *sets[0][1])))
    table = label_sets.map_table(model, sources, shares)
    assert table["twin"].max() < 1e-9
    assert table.loc["least squares", "other"] <= table.loc["theorem, best label set", "other"]
    assert label_sets.unexplained(model, other, np.zeros((2, 2))) == pytest.approx(1)
    every, means = label_sets.mapped(model, {"twin": (twin, np.linalg.inv(matrix))})
    assert every[["x", "y"]].to_numpy() == pytest.approx(every[["target_x", "target_y"]].to_numpy())
    assert len(means) == len(np.unique(model.labels))


def test_a_push_that_no_label_sees(model):
    few, pushed = label_sets.pushed_unseen(model, size=20, seed=0)
    assert few.num_labels == 2
    assert label_sets.relative_error(pushed.embeddings, few.embeddings) > 1
    assert label_sets.largest_difference(few, pushed) < 1e-9
    assert (
        label_sets.largest_difference(model, Representations(2 * model.embeddings, model.unembeddings)) > 0.01
    )


def test_parts_for_figures(model):
    in_torch = Representations(
        torch.tensor(model.embeddings), torch.tensor(model.unembeddings), torch.tensor(model.labels)
    )
    back = shown_models.in_numpy(in_torch)
    assert isinstance(back.embeddings, np.ndarray)
    assert (back.labels == model.labels).all()
    assert shown_models.every_nth(model, 8).num_inputs == 5
    rows = shown_models.stratified(np.array([0] * 50 + [1] * 50 + [2] * 2), 9, seed=0)
    assert np.bincount(np.array([0] * 50 + [1] * 50 + [2] * 2)[rows]).tolist() == [3, 3, 2]
    f, g, row = shown_models.dial(model, 30)
    assert (len(f), len(g)) == (30, 5)
    assert g[["x", "y"]].mean().to_numpy() == pytest.approx([0, 0])
    p = np.exp(model.log_probs()[:30])
    assert row == (-(p * np.log(p)).sum(axis=1)).argmax()
    assert (g["rest"] == 0).all()


def pair(agreement=1.0, kl=0.01, fg=0.5):
    return pd.Series({"agreement": agreement, "d_kl": 0.0, "d_kl_reverse": kl, "d_fg": fg})


@pytest.mark.parametrize(
    ("row", "predictions", "distances"),
    [
        (pair(), "By these numbers", "on 0% of these images"),
        (pair(fg=0.01), "By these numbers", "nearly twins"),
        (pair(kl=0.06), "not nearly the same", "nothing that would be surprising"),
        (pair(agreement=0.9), "not nearly the same", "nothing that would be surprising"),
    ],
)
def test_what_is_said_of_two_networks(model, row, predictions, distances):
    flat = Representations(0.01 * model.embeddings, model.unembeddings, model.labels)
    found = told.closeness(row, flat, model)
    assert predictions in told.of_predictions(found, flat, model)
    assert distances in told.of_distances(found)


def test_what_orders_exclude():
    angles = 2 * np.pi * np.arange(5) / 5
    g = np.column_stack([np.cos(angles), np.sin(angles)])

    def at(order, dim=2):
        f = np.hstack([g[list(order)], np.zeros((5, dim - 2))])
        return Representations(f, f, range(5))

    natural, star = at(range(5)), at((0, 2, 4, 1, 3))
    same, other = told.drawn_orders(natural, at((4, 3, 2, 1, 0))), told.drawn_orders(natural, star)
    assert (same.shared, other.shared) == (5, 0)
    assert "does not exclude" in same.paragraph()
    assert "Another order excludes" in other.paragraph()
    assert "same order, up to a reflection." in same.figure()
    assert "in another order." in other.figure()
    assert "0 are neighbours in the second" in other.paragraph()
    deep = told.drawn_orders(at(range(5), 3), at(range(5), 3)).paragraph()
    assert "excludes nothing" in deep
    assert "Of the" not in deep
    three = Representations(g[:3], g[:3], range(3))
    assert "Three labels have only one order" in told.drawn_orders(three, three).paragraph()


def test_a_table_is_readable():
    table = pd.DataFrame({"a": [0.123456, 1e-20], "b": ["x", "y"]})
    assert told.readable(table).to_numpy().tolist() == [["0.123", "x"], ["0", "y"]]


def test_label_sets_and_maps_in_words() -> None:
    ends = pd.DataFrame({"condition of L": [1.503, 34.5], "factor": [1.2, 20.0]}, index=["best", "worst"])
    two = told.of_label_sets(ends, 120)
    assert "Of 120 label sets" in two
    assert "1.50, the worst 34.5" in two
    assert "thinner" in told.drawn_label_sets(ends, 2, 120)[0]
    assert "two of their directions" in told.drawn_label_sets(ends, 3, 120)[0]
    assert "there is one label set" in told.of_label_sets(ends.iloc[[0, 0]], 1)
    title, alt = told.drawn_label_sets(ends.iloc[[0, 0]], 2, 1)
    assert "one label set" in title
    assert "worst" not in alt
    assert "50% of the sets are worse" in told.of_maps(pd.Series([0.5, 2.0]))
    assert "each of the sets is worse" in told.of_maps(pd.Series([2.0, 3.0]))
    assert "none of the sets are worse" in told.of_maps(pd.Series([0.2, 0.3]))
    alone = told.of_maps(pd.Series([1682.2]))
    assert "1,680, where the zero matrix would leave 1" in alone
    assert "sets" not in alone


def test_all_pairs_in_words() -> None:
    row = {"agreement": 0.99, "d_kl": 0.1, "d_kl_reverse": 0.23, "mean_cca": 0.5, "d_fg": 0.3}
    other = {**row, "mean_cca": 0.9, "d_fg": 0.4}
    assert "one pair" in told.of_pairs(pd.DataFrame([row]), 2)
    said = told.of_pairs(pd.DataFrame([row, row, other]), 3)
    assert "3 networks make 3 pairs" in said
    assert (
        "above 0.23 nats, mean CCA is 0.50 to 0.90, and d_{f,g} is 0.30 to 0.40 with a median of 0.30."
        in said
    )
