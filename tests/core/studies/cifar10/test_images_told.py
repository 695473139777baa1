"""The chapter "CIFAR-10": its models, the pair that is shown, relations, recipes, and its sentences."""

import numpy as np
import pandas as pd
import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.studies.cifar10 import models as image_models
from repsim_core.studies.cifar10 import recipe_tables
from repsim_core.studies.cifar10 import relations as image_relations
from repsim_core.studies.cifar10 import shown_pair as image_shown_pair
from repsim_core.studies.cifar10 import told as image_told
from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.cifar10.orders import ImageOrders, OrderPairs
from repsim_core.studies.cifar10.shown_pair import ShownPair
from repsim_core.studies.records import read_record


def network(seed: int, noise: float = 0.0) -> rc.Representations:
    """Ten classes on a circle, each with four inputs, with so much noise."""
    rng = np.random.default_rng(seed)
    angles = 2 * np.pi * np.arange(10) / 10
    g = np.column_stack([np.cos(angles), np.sin(angles)])
    f = np.repeat(3 * g, 4, axis=0) + 0.3 * rng.standard_normal((40, 2))
    return rc.Representations(f, 3 * g + noise * rng.standard_normal((10, 2)), np.repeat(np.arange(10), 4))


@pytest.fixture(scope="module")
def own() -> ImageModels:
    models = {seed: network(seed, 0.1 * seed) for seed in range(4)}
    names = tuple("0123456789")
    return image_models.of_models(models, recipe="digits", data="digits", class_names=names)


@pytest.fixture(scope="module")
def recorded() -> ImageModels:
    folder = ROOT / "book" / "records" / "cifar10-paper"
    return image_models.of_record(read_record(folder), folder)


def table(*rows: tuple[str, int, float, float, float]) -> pd.DataFrame:
    """Relations; those whose interval leaves out 0 are clear."""
    found = pd.DataFrame(rows, columns=["predictor", "dim", "value", "low", "high"])
    clear = (found["low"] > 0) | (found["high"] < 0)
    return found.assign(p=np.where(clear, 0.001, 0.5), corrected=np.where(clear, 0.002, 1.0))


def test_models_that_were_trained_here(own: ImageModels) -> None:
    assert (len(own.plane_models), len(own.plane_pairs), own.dims) == (4, 6, [2])
    assert own.state == "Not the paper's images"
    assert (own.short_names[1], own.letters[1], own.key) == ("1", "1", "")
    row = own.plane_pairs.iloc[0]
    losses = own.plane_models["test_loss"]
    assert row["loss_gap"] == pytest.approx(abs(losses[0] - losses[1]))
    assert own.titles()[0] == f"seed 0: accuracy {own.plane[0].accuracy():.3f}"


def test_models_of_a_record(recorded: ImageModels) -> None:
    assert (recorded.recipe, recorded.dims) == ("paper", [2, 3, 5])
    assert recorded.on_cifar
    assert recorded.state == ("Reproduced" if recorded.original else "Reproduced on a copy of the images")
    assert recorded.short_names[:2] == ["plane", "auto"]
    assert "E deer" in recorded.key
    assert list(image_models.by_dimension(recorded).index) == ["M = 2", "M = 3", "M = 5"]
    words = image_models.scores_in_words(recorded)
    assert words["train_loss_in_words"].count("for M =") == 3
    assert words["accuracy_in_words"].startswith("M = 2: 0.")


def test_the_record_in_words(recorded: ImageModels) -> None:
    record = read_record(ROOT / "book" / "records" / "cifar10-paper")
    said = image_told.of_record("a/record", record, recorded)
    assert said.text.startswith("The record in `a/record` is of **CIFAR-10")
    assert "10 models with $M = 2$, 10 models with $M = 3$" in said.text
    assert "all of the paper's dimensions, with ten seeds each" in said.text
    assert (
        "trained by `train_paper.py` on 2026-11-26 ($M = 2$ and $M = 3$) and by `benchmarks/gpu.py` on 2026-11-27 "
        "($M = 5$), on one NVIDIA H200: all seeds of one $M$ in step, in 5 to 6 minutes." in said.text
    )
    assert said.complete
    assert "the 3 models" in image_told.without_a_record(3)


def test_what_the_jpeg_copy_has_lost() -> None:
    """Over the training images: measured on the copy, and what is known of the original."""
    copy = np.array([[0.49125, 0.48209, 0.44652], [0.24523, 0.24278, 0.26063]])
    original = np.array([[0.49140, 0.48216, 0.44653], [0.24703, 0.24349, 0.26159]])
    means, deviations = 1 - copy / original
    assert np.abs(means).max() < 0.0005
    least, most = 100 * deviations.min(), 100 * deviations.max()
    folder = ROOT / "book" / "records" / "cifar10-paper"
    record = read_record(folder)
    said = image_told.of_record("a/record", record, image_models.of_record(record, folder)).text
    assert f"its deviation {least:.1f} to {most:.1f} % smaller" in said


def test_a_training_that_was_interrupted_has_its_seconds_in_words() -> None:
    folder = ROOT / "book" / "records" / "cifar10-paper-batches"
    record = read_record(folder)
    said = image_told.of_record("a/record", record, image_models.of_record(record, folder))
    assert "trained by `gpu.py` on 2026-11-27, on one NVIDIA H200. Their pairs" in said.text


def test_the_shown_pair(own: ImageModels) -> None:
    pair = ShownPair.of(own)
    found = pair.results()
    i, j = pair.seeds
    assert (found["pair_seed_a"], found["pair_seed_b"]) == (i, j)
    assert found["pair_agreement"] == np.mean(own.plane[i].predictions() == own.plane[j].predictions())
    assert found["median_mean_cca"] == own.plane_pairs["mean_cca"].median()
    assert f"number {pair.kl_ranks['d_kl']} by the one" in pair.of_distributions()
    assert ("**not** a pair" in pair.of_distributions()) == pair.far
    assert list(pair.table().index) == list(image_shown_pair.MEASURES.values())
    same = tuple(range(10))
    assert "stand in the same order" in pair.of_petals(same, same)
    assert "only 8 of the 10 pairs" in pair.of_petals(same, (0, 2, 1, *range(3, 10)))


def test_one_pair_has_no_place_among_others(own: ImageModels) -> None:
    models = {seed: own.plane[seed] for seed in (0, 1)}
    two = image_models.of_models(models, recipe="digits", data="digits", class_names=own.class_names)
    pair = ShownPair.of(two)
    assert "number" not in pair.of_distributions()
    assert "1 pair has a $d_" in image_shown_pair.of_close_pairs(two)
    assert image_relations.relations(two.pairs).empty
    orders = ImageOrders.read(models)
    lines = image_told.summary(two, pair, orders, OrderPairs.of(two.plane_pairs, orders), table(), "")
    assert any("of all 1 pair here" in line for line in lines)


def test_pairs_that_are_close_and_dissimilar() -> None:
    pairs = pd.DataFrame(
        {
            "dim": 2,
            "seed_a": [0, 0, 0, 1, 1, 2],
            "seed_b": [1, 2, 3, 2, 3, 3],
            "mean_cca": [0.95, 0.95, 0.5, 0.95, 0.4, 0.3],
            "d_kl": [1.0, 1.1, 3.0, 1.2, 5.0, 6.0],
            "d_kl_reverse": [1.0, 1.2, 3.0, 1.3, 8.0, 7.0],
        }
    )
    assert image_shown_pair.in_all_dissimilar(pairs) == {3}
    assert image_shown_pair.in_all_dissimilar(pairs.iloc[:3]) == set()
    (row,) = image_shown_pair.closer_halves(pairs).itertuples()
    assert (row.pairs, row.closer_half, row.dissimilar, row.least_kl) == (6, 3, 0, 1.0)
    own = ImageModels("made", "made", tuple("01"), "made", pairs.iloc[:0], pairs, {})
    text = image_shown_pair.of_close_pairs(own)
    assert "**No pair with $M = 2$ here is close and dissimilar**" in text
    assert "contain seed 3, which is further from the others" in text


def test_relations_need_ten_models() -> None:
    rng = np.random.default_rng(0)
    ends = np.array([(i, j) for i in range(10) for j in range(i + 1, 10)])
    pairs = pd.DataFrame(ends, columns=["seed_a", "seed_b"]).assign(dim=2, loss_gap=rng.random(45))
    pairs = pairs.assign(d_kl=rng.random(45), d_kl_reverse=rng.random(45))
    found = image_relations.relations(pairs.assign(mean_cca=1 - pairs["d_kl"]))
    assert found["predictor"].tolist() == list(image_relations.PREDICTORS)
    assert image_relations.title(found).endswith("of the loss gap, +1.00 of d_KL")
    assert found["value"].tolist()[1] == pytest.approx(1)
    assert (found["low"] <= found["value"] + 1e-9).all()
    assert np.isnan(found["p"][1]), (
        "no seed moves a correlation of 1, so that it is not known how well it is known"
    )
    few = image_relations.relations(pairs[pairs["seed_b"] < 9].assign(mean_cca=0.5))
    assert few.empty
    assert image_relations.found(few, "d_kl") == "not yet: fewer than 10 seeds"
    assert image_relations.lines(few) == []
    assert image_relations.loss_verdict(few) == "fewer than 10 seeds"
    assert image_relations.of_the_scatter(few) == ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("loss_gap", 2, 0.5, 0.1, 0.9)], "rises with dissimilarity for every $M$"),
        (
            [("loss_gap", 2, 0.1, -0.4, 0.6)],
            "has no relation with dissimilarity that can be told from none",
        ),
        (
            [
                ("loss_gap", 2, 0.5, 0.1, 0.9),
                ("loss_gap", 3, -0.5, -0.9, -0.1),
                ("loss_gap", 5, 0.0, -0.5, 0.5),
            ],
            "rises with dissimilarity for $M = 2$, falls with dissimilarity for $M = 3$, "
            "has no clear relation for $M = 5$",
        ),
    ],
)
def test_what_intervals_say(rows: list[tuple[str, int, float, float, float]], said: str) -> None:
    assert image_relations.verdict(table(*rows)) == said


def test_the_scatter_beside_the_paper(own: ImageModels) -> None:
    clear, open_ = table(("loss_gap", 2, 0.5, 0.1, 0.9)), table(("loss_gap", 2, 0.1, -0.4, 0.6))
    assert image_relations.loss_verdict(clear) == "unlike in the paper a relation for 1 of 1 dimensions"
    assert "**disagrees** for 1 of 1" in image_relations.of_the_scatter(clear)
    assert image_relations.loss_verdict(open_) == (
        "the paper sees no relation, and none is seen here; the intervals reach from −0.40 to +0.60 and would not "
        "exclude a strong one"
    )
    assert "None is seen here either; the intervals reach" in image_relations.of_the_scatter(open_)
    narrow = image_relations.of_the_scatter(table(("loss_gap", 2, 0.1, -0.2, 0.3)))
    assert narrow.endswith("to +0.30 and leave room for a weak one alone.")
    assert image_relations.found(clear, "loss_gap") == "M = 2: +0.50 [+0.10, +0.90]"
    assert image_relations.beside_the_paper(own).loc["M = 2", "the paper says"] == "not shown"
    assert "over 6 pairs" in image_relations.scatter_in_words(own)


def test_relations_are_corrected_for_their_number(recorded: ImageModels) -> None:
    """Of d_KL in reverse the interval for M = 3 leaves out 0, and nine relations are tested."""
    found = image_relations.relations(recorded.pairs).set_index(["predictor", "dim"])
    row = found.loc["d_kl_reverse", 3]
    assert row["low"] > 0
    assert row["p"] == pytest.approx(0.011, abs=0.0005)
    assert row["corrected"] == pytest.approx(6 * row["p"])
    lines = image_relations.lines(found.reset_index())
    assert "rises with dissimilarity for $M = 2$, has no clear relation for $M = 3, 5$" in lines[2]
    assert lines[3].startswith("9 relations are tested here.")
    assert lines[3].endswith("Before the correction these would be 4, after it 3.")
    assert image_relations.shown(found.reset_index()).loc[5].tolist() == [
        "d_KL reverse",
        3,
        10,
        "+0.81 [+0.32, +0.96]",
        "0.067",
    ]


def test_exchanged_petals_arrive_in_each_other_s_directions(own: ImageModels, recorded: ImageModels) -> None:
    pair = ShownPair.of(recorded)
    assert pair.seeds == (2, 7)
    assert image_told.mapped(recorded, pair, np.arange(5)).arrivals(recorded.short_names) == (
        "In the first panel every class arrives in its own direction. In the second panel each class arrives in its "
        "own direction, but bird in that of frog and frog in that of bird."
    )


def test_the_best_linear_maps(own: ImageModels) -> None:
    pair = ShownPair.of(own)
    found = image_told.mapped(own, pair, np.arange(5))
    assert found.table["explained"].between(0.9, 1).all()
    assert (len(found.points), len(found.means)) == (10, 20)
    assert found.titles()[1].startswith(f"seed {pair.seeds[0]} onto seed {pair.seeds[1]}: ")
    assert found.in_a_figure().startswith("The most similar pair, seed ")
    texts = image_told.texts_of_pairs(own)
    assert list(texts) == ["seed_a", "seed_b", "d_KL", "reverse", "mean CCA", "loss gap"]


def test_the_summary(own: ImageModels, recorded: ImageModels) -> None:
    for each, dims in ((own, False), (recorded, True)):
        orders = ImageOrders.read(each.plane)
        pairs = OrderPairs.of(each.plane_pairs, orders)
        relations = image_relations.relations(each.pairs)
        lines = image_told.summary(each, ShownPair.of(each), orders, pairs, relations, " Of all.")
        assert any(line.startswith("With more dimensions") for line in lines) == dims
        assert any(line.startswith("**The scatter.**") for line in lines) == dims
        (of_orders,) = (line for line in lines if line.startswith("**The orders.**"))
        assert of_orders.endswith(" Of all.")


def test_recipes_side_by_side(own: ImageModels, recorded: ImageModels) -> None:
    recipes = recipe_tables.protocols(["paper", "fast"])
    assert recipes.loc["steps × batch", "paper"] == "20,000 × 32"
    assert recipes.loc["augmentation", "paper"] == "none"
    assert "mirror" in recipes.loc["augmentation", "fast"]
    both = recipe_tables.compared([own, recorded])
    assert list(both) == ["digits, M = 2", "paper, M = 2", "paper, M = 3", "paper, M = 5"]
    assert both.loc["different orders", "digits, M = 2"] == ""
    assert both.loc["petal to unembedding, mean degrees", "paper, M = 3"] == ""
    assert both.loc["d_KL", "paper, M = 2"].startswith("+0.")


def test_another_recipe_in_results(recorded: ImageModels) -> None:
    found = recipe_tables.variant_results(recorded)
    assert found["variant"] == "paper"
    assert found["variant_orders"].endswith("of 10 seeds")
    assert found["variant_accuracy"].endswith("for M = 5")
    none = recipe_tables.variant_results(None)
    assert none["variant"] == "none"
    assert none["variant_relation_d_kl"] == "not yet: fewer than 10 seeds"
