"""Which pair is shown, and which are close."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from places import ROOT

from repsim_core.measures.circular_orders import Order, circular_order
from repsim_core.studies.cifar10.pairs import (
    AUTHORS_ORDERS,
    closer_half,
    orders_in_words,
    shown_pair,
    with_gaps,
)
from repsim_core.studies.records import read_record
from repsim_core.training.recipes import RECIPES

CHAPTER = " ".join((ROOT / "notebooks" / "03_cifar10.md").read_text(encoding="utf-8").split())
MODELS = pd.DataFrame(
    {"dim": 2, "seed": [0, 1, 2, 3], "test_loss": [1.0, 1.1, 1.4, 1.5], "test_accuracy": [0.5, 0.6, 0.5, 0.9]}
)
PAIRS = pd.DataFrame(
    {
        "dim": 2,
        "seed_a": [0, 0, 0, 1, 1, 2],
        "seed_b": [1, 2, 3, 2, 3, 3],
        "mean_cca": [0.9, 0.8, 0.1, 0.7, 0.2, 0.3],
        "d_kl": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "d_kl_reverse": [1.0, 9.0, 2.0, 3.0, 8.0, 7.0],
    }
)


def test_gaps_are_those_of_the_models():
    found = with_gaps(PAIRS, MODELS)
    np.testing.assert_allclose(found["loss_gap"], [0.1, 0.4, 0.5, 0.3, 0.4, 0.1])
    np.testing.assert_allclose(found["accuracy_gap"], [0.1, 0.0, 0.4, 0.1, 0.3, 0.4])


def test_the_shown_pair_is_near_in_both_scores_and_least_similar():
    """Medians: .35 and .2; pairs 0 1 and 1 2 are below both."""
    chosen = shown_pair(with_gaps(PAIRS, MODELS))
    assert (chosen["seed_a"], chosen["seed_b"]) == (1, 2)


def test_where_none_is_near_in_both_the_nearest_is_shown():
    pairs = pd.DataFrame(
        {
            "loss_gap": [0.0, 1.0, 2.0, 3.0],
            "accuracy_gap": [3.0, 2.0, 1.0, 0.0],
            "mean_cca": [0.1, 0.9, 0.8, 0.2],
        }
    )
    assert shown_pair(pairs)["mean_cca"] == 0.8


def test_the_closer_half_is_close_in_both_directions():
    assert closer_half(PAIRS)["d_kl"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("order", AUTHORS_ORDERS.values())
def test_the_published_orders_are_written_as_orders_are(order: Order):
    angles = 2 * np.pi * np.argsort(order) / len(order)
    assert circular_order(np.column_stack([np.cos(angles), np.sin(angles)])) == order


def test_what_three_studies_have_in_common_is_what_the_chapter_says():
    """Cat, dog, horse, truck, automobile, ship and airplane in a row; what stands between airplane and cat differs."""
    records = {name: read_record(ROOT / "book" / "records" / name) for name in ("cifar10-paper", "cifar10")}
    own = {name: record.models["order"].dropna() for name, record in records.items()}
    # Both go through the images in one order (`batch_order`), which the chapter says.
    assert [record.provenance["study"]["batch_seed"] for record in records.values()] == [0, 0]
    assert f"in batches of {RECIPES['paper'].batch_size} and of {RECIPES['fast'].batch_size};" in CHAPTER
    orders = [*AUTHORS_ORDERS.values()]
    orders += [tuple(map(int, order.split())) for each in own.values() for order in each]
    assert [len(AUTHORS_ORDERS), *map(len, own.values())] == [10, 10, 10]
    between = Counter(order[1:4] for order in orders if order[4:] == (3, 5, 7, 9, 1, 8))
    row = (3, 5, 7, 9, 1, 8)
    theirs, of_paper, fast = (
        sum(order[4:] == row for order in orders[begin : begin + 10]) for begin in (0, 10, 20)
    )
    assert (
        f"in {between.total()} of the {len(orders)} networks, {theirs} of the authors', {of_paper} and {fast} of the "
        "records," in CHAPTER
    )
    bird_frog, frog_bird, of_fast = (between[each] for each in ((2, 6, 4), (6, 2, 4), (2, 4, 6)))
    assert (bird_frog, frog_bird, of_fast) == (9, 10, 8)
    assert (
        "bird, frog, deer in nine networks, frog, bird, deer in ten, and bird, deer, frog in eight" in CHAPTER
    )
    assert (own["cifar10"] == "0 2 4 6 3 5 7 9 1 8").sum() == of_fast


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "and the same order of the classes"),
        ((0, 1, 3, 2, 4, 5, 6), "another order of the classes: c and d have changed places"),
        ((0, 1, 6, 5, 4, 3, 2), "another order of the classes: a and b have changed places"),
        ((0, 2, 4, 6, 1, 3, 5), "another order of the classes: 0 of 7 pairs of neighbours are the same"),
    ],
)
def test_orders_beside_each_other_in_words(other: Order, words: str):
    assert orders_in_words((0, 1, 2, 3, 4, 5, 6), other, "abcdefg") == words
