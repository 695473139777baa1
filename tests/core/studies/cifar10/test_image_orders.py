"""Orders of classes in models of images, during their training, and the controls that ask why they repeat."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.measures.circular_orders import Order
from repsim_core.measures.model_intervals import Interval
from repsim_core.studies.cifar10 import order_controls, orders_in_training
from repsim_core.studies.cifar10 import orders_told as told
from repsim_core.studies.cifar10.orders import ImageOrders, OrderPairs, around, embedded, petals, unembedded
from repsim_core.studies.cifar10.pairs import AUTHORS_ORDERS
from repsim_core.studies.records import read_record
from repsim_core.studies.training_steps import TrainingSteps, read_steps

NATURAL: Order = (0, 1, 2, 3, 4)
SWAPPED: Order = (0, 2, 1, 3, 4)
NAMES = list("abcde")


def network(order: Order, turn: float = 0.0) -> rc.Representations:
    """Classes evenly on a circle, in an order, with two inputs each."""
    angles = turn + 2 * np.pi * np.argsort(order) / len(order)
    g = np.column_stack([np.cos(angles), np.sin(angles)])
    return rc.Representations(np.repeat(2 * g, 2, axis=0), g, np.repeat(np.arange(len(order)), 2))


MODELS = {0: network(NATURAL), 1: network(SWAPPED), 2: network(NATURAL, 0.3)}
ORDERS = ImageOrders.read(MODELS)
PAIRS = pd.DataFrame(
    {
        "seed_a": [0, 0, 1],
        "seed_b": [1, 2, 2],
        "mean_cca": [0.6, 1.0, 0.95],
        "d_kl": [1.0, 0.1, 1.2],
        "d_kl_reverse": [1.1, 0.2, 1.0],
    }
)


def test_orders_are_read_and_counted() -> None:
    assert ORDERS.of == {0: NATURAL, 1: SWAPPED, 2: NATURAL}
    assert ORDERS.of == ORDERS.about_mean == ORDERS.of_unembeddings
    assert (ORDERS.frequent, ORDERS.most_alike) == ([NATURAL, SWAPPED], 2)
    assert ORDERS.by_frequency() == [0, 2, 1]
    assert around(SWAPPED, NAMES) == "a, c, b, d, e"
    assert ORDERS.table(NAMES).loc["seed 1"].tolist() == ["a, c, b, d, e", "same", "same"]


def test_models_are_turned_into_one_frame() -> None:
    framed = ORDERS.framed(MODELS)
    np.testing.assert_allclose(framed[2].embeddings, MODELS[0].embeddings, atol=1e-12)
    points = embedded(framed, np.array([0, 3]), "seed")
    assert points[["seed", "label"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]
    assert unembedded(framed).groupby("seed").size().tolist() == [5, 5, 5]


def test_petals_point_to_their_unembeddings_here() -> None:
    assert petals(MODELS) == (pytest.approx(0, abs=1e-5), pytest.approx(0, abs=1e-5), 1, 1)


def test_pairs_by_what_their_orders_share() -> None:
    found = OrderPairs.of(PAIRS, ORDERS)
    assert found.table["shared"].tolist() == [3, 5, 3]
    assert found.table["other_about_mean"].tolist() == [True, False, True]
    assert (len(found.equal), len(found.other)) == (1, 2)
    assert found.mean == pytest.approx(11 / 3)
    assert np.isnan(found.low)
    assert found.by_chance == 2.5
    assert found.table["predicted_cca"].tolist()[1] == pytest.approx(1)
    relations = found.relations().set_index("predictor")
    assert relations.loc["shared", "value"] == pytest.approx(0.866, abs=1e-3)
    assert relations["low"].isna().all()
    (line,) = told.of_prediction(found)
    assert f"by {found.missed:.2f} (median)" in line


def test_orders_in_words() -> None:
    pairs = OrderPairs.of(PAIRS, ORDERS)
    found = told.results(ORDERS, pairs)
    assert found["orders_possible"] == 12
    assert found["cca_equal_order"] == "1.000"
    assert found["other_orders_in_words"] == (
        "Of the 2 pairs of models whose orders differ, 1 has a mean CCA above 0.9: another order is not by "
        "itself another representation."
    )
    assert "2 different orders in 3 seeds, 2 of which share one" in found["orders_in_words"]
    text = told.of_shared(ORDERS, pairs, NAMES)
    assert (
        "**two orders**, of 2 and 1 seed, and they are one exchange of neighbours apart: **b and c**" in text
    )
    assert (
        "The 1 pair of equal order has a mean CCA of 1.000, the 2 of different order 0.600 to 0.950" in text
    )
    one = ImageOrders.read({0: MODELS[0], 2: MODELS[2]})
    of_one = OrderPairs.of(PAIRS.iloc[1:2], one)
    assert told.of_shared(one, of_one, NAMES).endswith("All seeds have one order.")
    assert told.of_other_orders(of_one) == "No two models here have different orders."
    assert (
        told.of_similarity(of_one)
        == "Pairs of equal order have a mean CCA of 1.000; no pair is of different orders."
    )


def test_an_exchange_of_neighbours() -> None:
    assert set(told.exchanged(NATURAL, SWAPPED) or ()) == {1, 2}
    assert told.exchanged((0, 1, 2, 3, 4, 5, 6), (0, 3, 6, 2, 5, 1, 4)) is None


def test_the_authors_networks_beside_these() -> None:
    here = SimpleNamespace(of={0: AUTHORS_ORDERS[8], 1: AUTHORS_ORDERS[2]})
    here = ImageOrders(here.of, here.of, here.of, {})
    found = told.with_the_authors(here, AUTHORS_ORDERS, 0.432, 1)
    assert found.results == {
        "two_orders_of_all": 10,
        "networks_of_both": 12,
        "odd_pairs_of_all": "21 of 66",
        "authors_odd_pairs": "17 of 45",
    }
    assert "The exceptions among the authors' are the seeds 0 and 7." in found.text
    assert "has one of the exceptions in it" in found.text
    assert "So the pair is real, and not typical." in found.text
    others = dict.fromkeys(range(4), AUTHORS_ORDERS[0])
    common = told.with_the_authors(ImageOrders(others, others, others, {}), AUTHORS_ORDERS, 0.4, 6)
    assert "So the pair is real. Here" in common.text
    assert "the least mean CCA of 1 pair is 0.432" in found.text
    table = told.published(here, AUTHORS_ORDERS, list("PABCEDFHST"))
    assert table["seeds here"].sum() == 2
    none = told.with_the_authors(here, {}, 0.4, 1)
    assert set(none.results.values()) == {"none"}


@pytest.fixture
def steps() -> TrainingSteps:
    """Three snapshots of the models: the second seed takes another order in the last step."""
    g = np.stack([np.asarray(MODELS[seed].unembeddings) for seed in (0, 0, 2)])
    last = np.stack([np.asarray(MODELS[seed].unembeddings) for seed in (0, 1, 2)])
    all_g = np.stack([g, g, last])
    scores = np.array([[0.1] * 3, [0.5] * 3, [0.9] * 3])
    return TrainingSteps(
        (1, 10, 100), np.arange(10), np.repeat(all_g, 2, axis=2), all_g, all_g, scores, scores
    )


def test_when_orders_are_decided(steps: TrainingSteps) -> None:
    table = orders_in_training.progress(steps)
    assert table["decided"].tolist() == table["by_means"].tolist() == [2, 2, 3]
    assert table["orders"].tolist() == [1, 1, 2]
    assert orders_in_training.decided(table) == "2 of 3 after 1 of 100 steps, at an accuracy of 0.10"
    text = orders_in_training.in_words(table)
    assert (
        "Of the 3 networks so many have their final order and keep it: 2 after 10 steps (accuracy 0.50)."
        in text
    )
    assert "2 of 3 have the order that they end with, and the other 1 by step 100. **Most orders are" in text
    assert text.endswith("the accuracy ends at 0.90.")
    assert "**The order is decided early" in orders_in_training.in_words(table.assign(decided=3))
    late = table.assign(decided=[0, 1, 3])
    assert "early" not in orders_in_training.in_words(late)
    assert "keep it: 1 after 10 steps" in orders_in_training.in_words(late)
    assert orders_in_training.in_a_figure(table).endswith("3 of 3 after 100 steps")


def test_an_order_that_is_left_again_is_not_decided(steps: TrainingSteps) -> None:
    there_and_back = steps.unembeddings[[2, 0, 2]]
    table = orders_in_training.progress(replace(steps, unembeddings=there_and_back))
    assert table["decided"].tolist() == [2, 2, 3]


def test_the_recorded_networks_decide_when_it_is_said() -> None:
    """Seven stand in their final order of mean embeddings after 1,000 steps, and two of these leave it again."""
    folder = ROOT / "book" / "records" / "cifar10-paper"
    kept = read_steps(folder, read_record(folder))
    (steps,) = (kept[group] for group in kept if group.dim == 2)
    table = orders_in_training.progress(steps).set_index("step")
    assert table["decided"].tolist() == [0, 0, 0, 7, 9, 10, 10]
    assert table["by_means"].tolist() == [0, 0, 0, 5, 8, 10, 10]


def test_two_orders_of_five_seeds_each_leave_no_interval() -> None:
    """Without any one of the seeds the mean is the same: (5, 5) and (4, 5) have as many pairs of one order in 36."""
    ends = np.array([(i, j) for i in range(10) for j in range(i + 1, 10)])
    pairs = pd.DataFrame(ends, columns=["seed_a", "seed_b"]).assign(mean_cca=0.9, d_kl=1.0, d_kl_reverse=1.0)
    models = {seed: network(NATURAL if seed < 5 else SWAPPED, 0.1 * seed) for seed in range(10)}
    orders = ImageOrders.read(models)
    found = OrderPairs.of(pairs, orders)
    assert np.isnan([found.low, found.high]).all()
    said = told.of_shared(orders, found, NAMES)
    assert "(the same without any one of the seeds, which gives no interval)" in said
    odd = ImageOrders.read({**models, 4: network(SWAPPED)})
    assert OrderPairs.of(pairs, odd).low < found.mean


def test_rings_of_the_most_frequent_orders(steps: TrainingSteps) -> None:
    found = orders_in_training.rings(steps, ORDERS, np.asarray(MODELS[0].labels), 0)
    assert found.titles == {
        0: "order 1, from inside out: seeds 0, 2",
        1: "order 2, from inside out: seed 1",
    }
    assert len(found.angles) == 3 * 3 * 5
    assert len(found.dots) == 2 * 3 * 10
    at_the_end = found.angles[(found.angles["panel"] == 0) & (found.angles["step"] == 100)]
    rings = at_the_end.pivot(index="label", columns="ring", values="angle")
    np.testing.assert_allclose(np.cos(rings[0]), np.cos(rings[1]), atol=1e-9)


def test_the_auxiliary_classifier_as_a_control() -> None:
    record = read_record(ROOT / "book" / "records" / "cifar10-auxiliary")
    found = order_controls.arms(record)
    assert list(found.table) == ["with it", "without it"]
    assert order_controls.of_arms(found).text.startswith(f"These are models of {found.images}")
    assert order_controls.of_arms(None).verdict == "no record of it is read here"


@pytest.mark.parametrize(
    ("orders", "more", "said"),
    [
        (
            (1, 1),
            Interval(0.0, 0.0, 0.0),
            "all seeds have one order, with it and without it (4 and 4 models)",
        ),
        ((1, 2), Interval(2.0, 1.0, 3.0), "seeds agree more with"),
        ((2, 1), Interval(-2.0, -3.0, -1.0), "seeds agree less with"),
        ((2, 2), Interval(0.0, -1.0, 1.0), "seeds agree about as much"),
    ],
)
def test_what_the_control_says(orders: tuple[int, int], more: Interval, said: str) -> None:
    table = pd.DataFrame(
        {
            name: {"models": 4, "different orders": n}
            for name, n in zip(("with it", "without it"), orders, strict=True)
        }
    )
    assert said in order_controls.of_arms(order_controls.Arms(table, more, 100, "images")).verdict


def test_whole_trainings_with_batches_of_their_own():
    folder = ROOT / "book" / "records"
    own = read_record(folder / "cifar10-paper-batches")
    found = order_controls.whole_trainings(read_record(folder / "cifar10-paper"), own)
    assert found is not None
    assert (found.steps, found.labels) == (20_000, 10)
    assert sorted(found.shared.values()) == [5, 5]
    assert sorted(found.own.values()) == [1, 4]
    said = order_controls.of_whole_trainings(found)
    assert (
        "after 20,000 steps, **4** of 5 networks with batches of their own have one of the 2 orders of"
        in said.text
    )
    assert "at most 8 of its 10 pairs of neighbours in common" in said.text
    assert order_controls.whole_trainings(own, own) is None
    assert order_controls.of_whole_trainings(None).verdict == "no record of it is read here"


def test_batches_of_their_own_as_a_control() -> None:
    folder = ROOT / "book" / "records"
    found = order_controls.batches(
        read_record(folder / "cifar10-auxiliary"), read_record(folder / "cifar10-batches")
    )
    assert list(found.table) == ["shared", "their own"]
    assert found.labels == 10
    assert found.own.total() == found.table.loc["models", "their own"]
    said = order_controls.of_batches(found)
    usual, _ = found.shared.most_common(1)[0]
    assert said.verdict.startswith(f"after a short training {found.own[usual]} of {found.own.total()} seeds")
    assert "181,440 circular orders" in said.text
    assert order_controls.of_batches(None).verdict == "no record of it is read here"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            {"a": 10},
            "the batches are not what makes it repeat. Whether shared batches make it repeat *more often* cannot",
        ),
        (
            {"a": 1, "b": 9},
            "nothing here says that an order repeats without shared batches. It repeats more or less",
        ),
    ],
)
def test_what_their_own_batches_say(own: dict[str, int], said: str) -> None:
    counted = order_controls.Counter({"a": 9, "b": 1}), order_controls.Counter(own)
    found = order_controls.Batches(pd.DataFrame(), *counted, 100, 10)
    assert said in order_controls.of_batches(found).text
