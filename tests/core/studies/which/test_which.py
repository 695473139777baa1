"""The chapter "Which distance tells?": its sets, what they are like, and its sentences."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from places import ROOT

from repsim_core import noisy_copy, permuted_circles
from repsim_core.studies.which import ranges_told, set_facts, telling
from repsim_core.studies.which import sets as which_sets
from repsim_core.studies.which import told as which_told
from repsim_core.studies.which.explored_pairs import MENU, Explored, pairs_to_explore
from repsim_core.studies.which.pair_tables import CONTENDERS
from repsim_core.studies.which.telling import PairSet
from repsim_core.studies.width_study import WidthGroup


def answers(kind: str = which_sets.RADIAL) -> pd.DataFrame:
    """Figures of two sets, d_LLV's above all others'."""
    rows = [
        {
            "set": name,
            "kind": kind,
            "measure": m,
            "value": value + (m == "d_llv") / 4,
            "low": np.nan,
            "high": np.nan,
        }
        for name, value in (("K = 10, free", 0.5), ("K = 4, free", 0.25))
        for m in CONTENDERS
    ]
    return pd.DataFrame(rows)


def ahead(kind: str, p: float, value: float = 0.2) -> pd.DataFrame:
    """Of d_LLV in one set."""
    rows = [
        {
            "set": kind,
            "kind": kind,
            "rival": m,
            "value": value,
            "p": p,
            "networks": 12,
            "low": 0.0,
            "high": 0.5,
        }
        for m in CONTENDERS
        if m != "d_llv"
    ]
    return pd.DataFrame(rows)


def test_the_authors_record_makes_sets_by_labels() -> None:
    paths = {"authors": ROOT / "book" / "records" / "authors-radial"}
    found = which_sets.gather(paths, least_accuracy=0.0, fewest=4, choice_seeds=4)
    assert [own.name for own in found.sets] == ["authors, K = 4", "authors, K = 6"]
    assert {own.kind for own in found.sets} == {which_sets.AUTHORS}
    assert (found.choice_sets, found.stored) == ([], {})


def test_rows_of_some_kinds() -> None:
    rows = pd.DataFrame({"kind": which_sets.KINDS, "n": range(3)})
    assert which_sets.of_kinds(rows, which_sets.RADIAL, which_sets.IMAGES)["n"].tolist() == [0, 2]


def made_set(**columns: object) -> PairSet:
    pairs = pd.DataFrame(
        {
            "seed_a": [0, 0, 1],
            "seed_b": [1, 2, 2],
            "larger_error": [0.1, 0.2, 0.05],
            "mean_cca": [0.9, 0.6, 0.8],
            "cca_loss": [0.1, 0.4, 0.2],
            "max_d_svd_f": [0.3, 0.1, 0.2],
            "other_order": [False, True, True],
        }
    )
    return PairSet("f-norm", "made", pairs.assign(**columns))


def test_facts_of_a_set() -> None:
    folders = [ROOT / "book" / "records" / name for name in ("width", "cifar10", "cifar10-paper")]
    assert set_facts.images_in_words(folders) == "The networks on images are of CIFAR-10 (JPEG copy)."
    assert set_facts.images_in_words(folders[:1]) == "No set is of images."
    row = set_facts.facts([made_set()]).loc["f-norm"]
    assert row.tolist() == [3, 3, "–", "0.80 or more", "0.60 to 0.90", 2, "–"]
    ranked = made_set(effective_rank_a=[1.0, 2.0, 2.0], effective_rank_b=[2.0, 1.5, 1.8])
    assert set_facts.facts([ranked]).loc["f-norm", "effective rank"] == "1.50"


def test_both_dissimilarities_in_a_set_and_in_words() -> None:
    told = pd.DataFrame({"set": ["f-norm"], "measure": ["d_llv"], "value": [0.123]})
    table = set_facts.two_dissimilarities([made_set()], told)
    assert table.loc["f-norm"].tolist() == ["–", 2, -1.0, 0.12]
    assert set_facts.least_alike(table) == "f-norm: −1.00"
    assert np.isnan(
        set_facts.two_dissimilarities([made_set()], told.iloc[:0]).loc["f-norm", "d_LLV with mean CCA"]
    )


def test_sets_that_cannot_be_asked_give_tables_without_rows() -> None:
    constant = made_set(other_order=False)
    found = telling.tell([constant], "other_order", "d_llv")
    assert (len(found.told), len(found.ahead)) == (0, 0)
    assert which_told.medians({"none": found.told}) == ""
    assert which_told.by_labels(found.told, "d_llv") == "not known"
    assert set(which_told.all_spans(found.told, "span").values()) == {"not known"}
    lines = which_told.summary(found.ahead, found.ahead, "d_llv")
    assert "**On CIFAR-10**: no record of such networks is read." in lines
    assert all("in no set are there networks enough to say" in line for line in lines if "CIFAR" not in line)


def test_the_closest_pairs_of_all_sets() -> None:
    rows = [
        {"measure": m, "closest": 2, "dissimilar": 1, "carried_by": 1, "least_cca": cca}
        for m in CONTENDERS
        for cca in (0.5, 0.7)
    ]
    sums = telling.closest_sums(pd.DataFrame(rows))
    assert sums.loc["d_llv"].tolist() == [4, 2, 2, 0.5]
    assert which_told.closest_in_words(sums)["nearest_d_llv"] == "2 of 4, carried by 2 networks"
    none = telling.closest_sums(pd.DataFrame(rows).assign(dissimilar=0, carried_by=0))
    assert which_told.closest_in_words(none)["nearest_d_llv"] == "none of 4"


@pytest.mark.parametrize(("contender", "rival"), [("d_llv", "farther_kl"), ("farther_kl", "d_llv")])
def test_a_contender_is_not_compared_with_itself(contender: str, rival: str) -> None:
    assert which_told.first_rival(contender) == rival
    assert contender not in which_told.drawn_rivals(contender)
    found = which_told.tallies(ahead(which_sets.RADIAL, 0.01), contender, "tally")
    assert list(found) == [f"tally_{m}" for m in CONTENDERS]
    assert found[f"tally_{contender}"] == "not compared with itself"


def test_figures_by_the_number_of_labels_are_in_its_order() -> None:
    assert which_told.by_labels(answers(), "d_llv") == "K = 4: 0.50; K = 10: 0.75"
    assert which_told.by_labels(answers(which_sets.IMAGES), "d_llv") == "not known"
    assert "d_LLV 0.62" in which_told.medians({"all": answers()})


def test_titles_say_what_is_found() -> None:
    found = pd.concat([ahead(which_sets.RADIAL, 0.01), ahead(which_sets.IMAGES, 0.5)])
    said = ranges_told.title_of_differences(found, "d_llv", ["farther_kl", "d_logit"])
    assert said == "d_LLV: ahead in 2 of 4 comparisons, behind in 0"
    assert "d_KL 0.25 to 0.50, the larger error 0.25 to 0.50" in ranges_told.title_of_orders(answers())
    shares = pd.DataFrame({"bound": ["δ²/2", "δ²/2", "2 d_LLV²"], "below_one": [1.0, 1.0, 0.7]})
    assert ranges_told.title_of_bounds(shares).endswith("δ²/2 for 100% and 2 d_LLV² for 70%")


def test_ranges_are_of_the_places_that_there_are() -> None:
    radial, images = answers(), answers(which_sets.IMAGES)
    none = radial.iloc[:0]
    both = ranges_told.of_contenders(pd.concat([radial, images]), radial)
    assert both.count("d_LLV has 0.50 to 0.75") == 3
    alone = ranges_told.of_contenders(images, none)
    assert "radial" not in alone
    assert "not known" not in both + alone
    assert "d_LLV: K = 4: 0.50; K = 10: 0.75." in ranges_told.of_labels(radial)
    assert ranges_told.of_labels(images).startswith("No record")
    assert "No set here" in ranges_told.of_orders(none, "x")
    assert "d_LLV 0.50 to 0.75. (x.) But" in ranges_told.of_orders(radial, "x")
    assert ranges_told.of_explored(None)[1] == ""
    pairs = pd.DataFrame({"number": [1, 2], "words": ["K = 4, ...", "K = 6, ..."]})
    before, after = ranges_told.of_explored(Explored(pairs, {}, 2))
    assert before.startswith("2 pairs of networks")
    assert "closer in d_KL: K = 6, ...." in after


def test_the_summary_speaks_of_each_place() -> None:
    rows = pd.concat([ahead(which_sets.RADIAL, 0.01), ahead(which_sets.IMAGES, 0.5)], ignore_index=True)
    radial, images, *others = which_told.summary(rows, rows.iloc[:0], "d_llv")
    assert radial.startswith("**On radial data**, d_LLV beside d_KL, larger way: ahead in 1 of 1 set")
    assert "at one width, where nothing can come from the width: in no set" in radial
    assert "The sets have 12 networks or more, and the intervals reach ±0.25" in images
    assert [line.partition(",")[0] for line in others] == [
        "Beside δ",
        "Beside d_logit",
        "Beside larger error",
    ]
    assert len(which_told.comparisons(rows, rows, "d_llv")) == len(CONTENDERS) - 1
    assert which_told.beside(rows, ["ratio_distance"]).startswith("beside δ: ahead in 1 of 2 sets")


def test_pairs_above_a_bound_in_words() -> None:
    assert which_told.of_bound(0, 1200) == "None of 1,200 pairs lies above the bound of d_LLV"
    assert which_told.of_bound(2, 1200) == "2 of 1,200 pairs lie above the bound of d_LLV"


def test_networks_that_were_trained_or_not() -> None:
    assert which_told.of_live(0, "none", "", "d_llv") == "Nothing is trained here."
    assert which_told.of_live(4, "0.8 to 0.9", "beside δ: none", "d_llv") == (
        "4 networks, with accuracies of 0.8 to 0.9 after a short training. The verdict on d_LLV: beside δ: none."
    )


def test_pairs_to_point_at_are_even_by_dissimilarity() -> None:
    base = permuted_circles(5, rho=1.0, inputs_per_class=4)[0]
    models = {seed: noisy_copy(base, 0.1 + 0.1 * seed, seed=seed) for seed in range(4)}
    stored = {WidthGroup(5, 16, "free"): SimpleNamespace(models=models)}
    group = {"classes": 5, "width": 16, "variant": "free", "d_kl": 0.1, "d_kl_reverse": 0.2, "d_fg": 0.1}
    rows = [
        {
            **group,
            "seed_a": a,
            "seed_b": b,
            "mean_cca": 1 - loss,
            "cca_loss": loss,
            **dict.fromkeys(MENU, loss),
        }
        for (a, b), loss in zip([(0, 1), (0, 2), (1, 2), (2, 3)], (0.1, 0.4, 0.2, 0.3), strict=True)
    ]
    sets = [PairSet("K = 5", which_sets.RADIAL, pd.DataFrame(rows), "width")]
    found = pairs_to_explore(sets, stored, 2)
    assert found is not None
    assert found.pairs["cca_loss"].tolist() == [0.1, 0.4]
    assert found.first == 1  # the nearer half by d_KL
    assert found.words.startswith("K = 5, width 16, seeds 0 and 1: mean CCA 0.900, map explains ")
    target, mapped, labels = found.laid[2]
    assert target.shape == mapped.shape == (len(labels), 2)
    assert pairs_to_explore(sets, {}, 2) is None
    assert pairs_to_explore([], stored, 2) is None
