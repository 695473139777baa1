"""The comparison of two models and of all pairs, how it is shown, and Table 1."""

from __future__ import annotations

import html
import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest
import strategies
import torch
from array_kinds import converted, every_kind
from hypothesis import given, settings

import repsim_core as rc
from repsim_core.measures import compared, comparison, distances, pairs, sets, similarity
from repsim_core.measures.canonical import chance_cca
from repsim_core.repeats import different_rows


@settings(max_examples=30)
@given(strategies.pairs())
def test_a_comparison_is_made_of_the_measures(pair):
    a, b = pair
    found = rc.compare(a, b, seed=3)
    llv = rc.llv_distance(a, b, seed=3)
    representation = rc.representation_distance(a, b, **llv.sets)
    assert found.llv == llv
    assert found.d_llv == llv.value
    assert found.d_fg == max(found.max_d_svd_f, found.d_svd_g or 0.0)
    # The basis of what is beyond one of the models comes with a normaliser or without: the last digits are its.
    assert found.d_fg == pytest.approx(representation.value, rel=1e-9, abs=1e-14)
    assert np.allclose(
        found.representation.embedding_dissimilarities,
        representation.embedding_dissimilarities,
        rtol=1e-9,
        atol=1e-14,
    )
    assert found.d_kl == rc.kl_divergence(a, b)
    assert found.d_kl_reverse == rc.kl_divergence(b, a)
    assert found.mean_cca == pytest.approx(rc.mean_cca(a.embeddings, b.embeddings), rel=1e-9, abs=1e-12)
    assert found.certificate == pytest.approx(
        rc.similarity_certificate(a, b, a.dim, pivot=llv.pivot), abs=1e-12
    )
    assert found.max_d_svd_f <= min(found.certificate, found.ratio_bound) + 1e-12
    assert found.linear_bound == 2 * a.dim * llv.value
    assert found.quadratic_bound == 2 * llv.value**2
    assert found.agreement == np.mean(a.predictions() == b.predictions())
    assert (found.num_inputs, found.num_labels, found.dim) == (a.num_inputs, a.num_labels, a.dim)
    assert found.dims == found.ranks == (a.dim, b.dim)


@every_kind
def test_a_comparison_in_every_library(kind):
    """The same figures, all of them plain numbers, whatever the arrays are."""
    a, b = (rc.Representations(*strategies.arrays(60, 7, 3, seed), np.arange(60) % 7) for seed in (0, 1))
    for options in ({}, {"labels": "all", "pivot": "mean"}, {"left_out": "none", "input_set": "exact"}):
        expected = rc.compare(a, b, **options).to_dict()
        found = rc.compare(converted(a, kind), converted(b, kind), **options).to_dict()
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert type(found[name]) is type(value), name
            if isinstance(value, float):
                assert found[name] == pytest.approx(value, rel=1e-11), name
            elif name == "bounds":
                assert [each["says"] for each in found[name]] == [each["says"] for each in value]
            elif name in ("effective_ranks", "accuracies", "losses"):
                assert found[name] == pytest.approx(value, rel=1e-12), name
            else:
                assert found[name] == value, name
    row = rc.compare_all([converted(model, kind) for model in (a, b)]).iloc[0]
    assert row["loss_gap"] == pytest.approx(abs(a.loss() - b.loss()), rel=1e-11)
    assert row["d_fg"] == pytest.approx(rc.compare(a, b).d_fg, rel=1e-11)


def noted(a: rc.Representations, b: rc.Representations, **options) -> str:
    """The notes of a comparison, which are also printed and rendered."""
    found = rc.compare(a, b, **options)
    printed = " ".join(str(found).split())
    for note in found.notes:
        assert f"note: {note}" in printed
        assert f"<p>note: {html.escape(note)}</p>" in found._repr_html_()
    assert found.to_dict()["notes"] == list(found.notes)
    return "\n".join(found.notes)


def test_where_nothing_is_odd_there_are_no_notes():
    assert noted(strategies.model(n=60), strategies.model(n=60, seed=1)) == ""


def test_a_comparison_of_unlike_models_says_what_it_rests_on():
    a, b = strategies.model(n=60, k=9, m=2), strategies.model(n=60, k=9, m=3, seed=1)
    dead = rc.Representations(
        np.hstack([a.embeddings, np.ones((60, 1))]), np.hstack([a.unembeddings, np.zeros((9, 1))])
    )
    found = rc.compare(dead, b)
    assert (found.dims, found.ranks, found.dim, found.size) == ((3, 3), (2, 3), 2, 2)
    assert "of a's M = 3 dimensions r = 2 reach the distribution" in found.notes[0]
    assert "the ranks 2 and 3 differ" in found.notes[1]
    assert "M = 3 dimensions, of which r = 2 and 3 reach the distribution" in str(found)
    assert dict(found.rows())["linear bound, 2 r d_LLV (r = 2)"] == 4 * found.d_llv
    assert "M = 2 and 3 dimensions, of which r = 2 and 3 reach the distribution" in str(rc.compare(a, b))
    same = rc.compare(a, b, **found.llv.sets)
    assert same.d_llv == pytest.approx(found.d_llv, rel=1e-9)
    assert same.mean_cca == pytest.approx(found.mean_cca, rel=1e-9)


def test_a_sample_of_label_subsets_and_dependent_ones_are_noted():
    a, b = strategies.model(n=60, k=11, m=5), strategies.model(n=60, k=11, m=5, seed=1)
    assert "d_{f,g} is at least this: 7 of 126 label subsets were looked at" in noted(a, b, max_subsets=7)
    g = a.unembeddings.copy()
    g[3] = g[1]  # a subset with both labels has dependent log-ratios
    twice = rc.Representations(a.embeddings, g)
    note = noted(twice, b, pivot=0, left_out=2)
    assert f"{math.comb(7, 3)} label subsets do not count: their log-ratios are linearly dependent" in note


def test_correlations_that_are_forced_are_noted():
    a, b = strategies.model(n=8, k=9, m=5), strategies.model(n=8, k=9, m=5, seed=1)
    assert "3 of 5 canonical correlations are 1 whatever the models are" in noted(a, b)
    found = rc.compare(a, b)
    assert found.cca.correlations[:3] == pytest.approx(np.ones(3), abs=1e-12)
    assert found.cca.forced == 3
    assert found.chance_cca > 0.6
    four = np.tile(np.arange(4), 10)
    twice = [rc.Representations(x.embeddings[four], x.unembeddings) for x in (a, b)]
    note = noted(*twice)
    assert (
        "3 of 3 canonical correlations are 1 whatever the models are: the ranks 3 and 3 add up to more"
        in note
    )
    assert "4 different inputs show 3 directions at most" in note
    assert rc.compare(*twice).mean_cca == pytest.approx(1.0, abs=1e-12)


def test_a_masked_label_has_no_part_in_the_distribution():
    """With the bias that the error on -inf advises."""
    a, b = strategies.model(n=200, k=6), strategies.model(n=200, k=6, seed=1)
    bias, kept = np.zeros(6), [0, 1, 3, 4, 5]
    bias[2] = -1e20
    masked = [rc.Representations(x.embeddings, x.unembeddings, bias=bias) for x in (a, b)]
    without = [rc.Representations(x.embeddings, x.unembeddings[kept]) for x in (a, b)]
    found, expected = rc.compare(*masked), rc.compare(*without)
    for name in ("d_kl", "d_kl_reverse", "agreement", "mean_cca"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-12), name
    assert found.input_term is None
    assert np.exp(masked[0].log_probs())[:, 2].max() == 0
    # Of the divergence from the other it is the share that the other gives it.
    share = np.exp(a.log_probs())[:, 2].mean()
    assert rc.kl_divergence(a, masked[0]) == pytest.approx(1e20 * share, rel=1e-9)
    assert rc.kl_divergence(masked[0], a) < 1


def test_sentences_with_a_count_of_one():
    two = strategies.model(n=2, k=4, m=2), strategies.model(n=2, k=4, m=2, seed=1)
    printed = " ".join(str(rc.compare(*two)).split())
    for said in (
        "M = 2 dimensions, of which r = 1 reaches the distribution",
        "note: N = 2 inputs show 1 direction at most: take more of them note: of a's",
        "of b's M = 2 dimensions r = 1 reaches the distribution, and one along",
        "1 of 1 canonical correlation is 1 whatever",
        "(best of 1 random disjoint set, seed 0)",
    ):
        assert said in printed, (said, printed)
    assert printed.count("at most: take more") == 1
    three = strategies.model(n=3, k=6, m=4), strategies.model(n=3, k=6, m=4, seed=1)
    assert "; the other one could be anything, and nothing here speaks of it" in noted(*three)
    line = strategies.model(m=1), strategies.model(m=1, seed=1)
    assert "M = 1 dimension, of which r = 1 reaches" in str(rc.compare(*line))


def test_what_chance_gives_goes_by_the_inputs_that_are_different():
    """Repeated inputs: mean CCA of unrelated models is what it is for the different ones alone, and is said to be."""
    a, b = strategies.model(n=40, k=9, m=5), strategies.model(n=40, k=9, m=5, seed=1)
    often = np.tile(np.arange(40), 25)
    twice = [rc.Representations(x.embeddings[often], x.unembeddings) for x in (a, b)]
    found, once = rc.compare(*twice), rc.compare(a, b)
    assert found.mean_cca == pytest.approx(once.mean_cca, rel=1e-9)
    assert found.chance_cca == once.chance_cca == chance_cca(40, 5, 5)
    assert (found.cca.observations, found.cca.different, once.cca.different) == (1000, 40, 40)
    note = (
        "40 of the N = 1,000 inputs are different: what unrelated models have by chance, in mean CCA and in every "
        "other measure of f, goes by 40 inputs at most"
    )
    assert note in found.notes
    assert not once.notes
    arrays = rc.canonical_correlations(twice[0].embeddings, twice[1].embeddings)
    assert (arrays.different, arrays.chance, arrays.forced) == (40, once.chance_cca, 0)
    eight = np.arange(1000) % 8
    arrays = rc.canonical_correlations(a.embeddings[eight], b.embeddings[eight])
    assert (arrays.different, arrays.forced) == (8, 3)
    assert arrays.correlations[:3] == pytest.approx(np.ones(3), abs=1e-10)


def test_a_few_inputs_that_are_there_twice_are_no_note():
    rows = np.r_[np.arange(100), 0, 0, 1]
    a, b = (strategies.model(n=100, k=9, m=3, seed=seed) for seed in (0, 1))
    a, b = (rc.Representations(x.embeddings[rows], x.unembeddings) for x in (a, b))
    found = rc.compare(a, b)
    assert (found.cca.different, found.notes) == (100, ())
    assert found.chance_cca == chance_cca(100, 3, 3)


@pytest.mark.parametrize("change", ["none", "of one model", "sign of zero"])
def test_rows_are_different_where_one_array_says_so(change):
    """No column is without equal numbers, so that whole rows are looked at."""
    left, right = np.zeros((2100, 3)), np.zeros((2100, 2))
    left[:, 2] = np.arange(2100) % 1050
    if change == "of one model":
        right[1500, 1] = 1.0
    if change == "sign of zero":
        right[1500, 1] = -0.0
    assert different_rows(left, right) == 1050 + (change == "of one model")


def test_labels_in_another_order_are_suspected():
    a = strategies.model(n=200)
    shuffled = rc.Representations(a.embeddings, a.unembeddings[[1, 2, 3, 4, 5, 0]])
    assert "are the labels in another order?" in noted(a, shuffled)
    assert noted(a, rc.noisy_copy(a, 0.01, seed=1)) == ""


def test_where_the_input_set_says_nothing_there_is_none():
    """K = M + 1: the terms over inputs are left out unless they are asked for."""
    a, b = strategies.model(k=3), strategies.model(k=3, seed=1)
    found = rc.compare(a, b)
    assert (found.input_term, found.input_scale_term, found.d_svd_g, found.llv.input_set) == (None,) * 4
    assert found.llv.left_out is None
    assert "input set none: with r = K - 1 = 2" in str(found)
    read = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert read["input_term"] is read["input_set"] is read["d_svd_g"] is None
    papers = rc.compare(a, b, input_set="sampled")
    assert papers.label_term == found.label_term
    assert papers.d_llv == max(papers.label_term, papers.input_term)
    assert papers.d_svd_g is not None
    assert rc.compare_all([a, b])["input_term"].isna().all()


def test_options_reach_the_measures():
    a, b = strategies.model(n=100, k=11, m=5), strategies.model(n=100, k=11, m=5, seed=1)
    found = rc.compare(a, b, pivot=2, left_out=5, input_set=(9, 8, 7, 6, 5, 4), weight=1e3, max_subsets=7)
    assert found.llv.sets == {"pivot": 2, "left_out": 5, "input_set": (9, 8, 7, 6, 5, 4)}
    assert found.llv.weight == 1e3
    assert len(found.representation.label_subsets) == 7
    assert not found.representation.exhaustive
    assert rc.compare(a, b, num_samples=2).llv == rc.llv_distance(a, b, num_samples=2)
    exact = rc.compare(a, b, input_set="exact", min_conditioning=0.05)
    assert exact.llv == rc.llv_distance(a, b, input_set="exact", min_conditioning=0.05)
    for one in (found, exact):  # both distances over the same sets, else the bounds say nothing
        where = one.representation
        assert (where.pivot, where.left_out, where.input_set) == tuple(one.llv.sets.values())


class Cells(HTMLParser):
    """Rows of a table's cells, its headings, and the paragraphs around it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] == "td":
            self.rows[-1][-1] += data
        elif self.open[-1] == "th":
            self.headings.append(data)
        elif self.open[-1] == "p":
            self.texts.append(data)


def figures(text: str) -> list[float]:
    return [float(number) for number in text.removeprefix(">= ").split(", ")]


def test_a_comparison_prints_and_renders_as_a_table():
    found = rc.compare(
        *rc.permuted_circles(rho=5.0, inputs_per_class=20), input_set=(5, 60, 130), measures="all"
    )
    page, printed = Cells(found._repr_html_()), str(found)
    assert not page.open
    cells = [row for row in page.rows if row]
    assert page.headings == [group.heading for group in found._groups()]
    values = [value for _, value in found.rows()]
    assert [number for _, figure, _ in cells for number in figures(figure)] == pytest.approx(values, rel=1e-3)
    lines = [line for line in printed.splitlines() if line.startswith("  ")]
    for (name, figure, says), line in zip(cells, lines, strict=True):
        assert " ".join(line.split()) == " ".join(f"{name} {figure} {says}".split())
    assert max(map(len, printed.splitlines())) <= 100
    head, sets = page.texts
    assert head == "N = 140 inputs, K = 7 labels, M = 2 dimensions, of which r = 2 reach the distribution"
    assert printed.splitlines()[0] == head
    assert sets == printed.splitlines()[-1]
    assert (
        f"pivot {found.llv.pivot}, label {found.llv.left_out} left out; input set [5, 60, 130] (given)"
        in sets
    )
    assert "none left out" in str(rc.compare(strategies.model(), strategies.model(seed=1), left_out="none"))


def test_what_was_sampled_is_a_bound():
    found = rc.compare(
        strategies.model(n=60, k=11, m=5), strategies.model(n=60, k=11, m=5, seed=1), max_subsets=7
    )
    (line,) = (line for line in str(found).splitlines() if line.lstrip().startswith("d_{f,g}"))
    assert line.split()[1:3] == [">=", f"{found.d_fg:.4g}"]


def test_at_most_ten_of_a_set_are_printed():
    a, b = (rc.Representations(*strategies.arrays(60, 30, 12, seed)) for seed in (0, 1))
    found = " ".join(str(rc.compare(a, b, labels=range(5, 30), input_set=range(13))).split())
    assert "labels [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, ... 25 in all] (given" in found
    assert "input set [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 13 in all] (given)" in found


def test_a_pivot_that_was_sought_in_a_sample_is_said_to_be(monkeypatch):
    a, b = strategies.model(n=60, k=9), strategies.model(n=60, k=9, seed=1)
    search = "best of 3 pivots of 9, drawn with seed 0"
    assert "pivots" not in str(rc.compare(a, b))
    monkeypatch.setattr(sets, "affordable", lambda pair, pivots, seed: (pivots[:3], f"; {search}"))
    found = rc.compare(a, b)
    assert f"pivot {found.llv.pivot}, label {found.llv.left_out} left out ({search}); input" in " ".join(
        str(found).split()
    )


# -- true labels -----------------------------------------------------------------------------------------------------


@every_kind
def test_true_labels_give_accuracies_and_losses(kind):
    """Of both models, though one alone may know the labels: the inputs are the same."""
    truth = np.arange(40) % 6
    a, b = (rc.Representations(*strategies.arrays(40, 6, 2, seed), truth) for seed in (0, 1))
    unlabelled = [rc.Representations(*strategies.arrays(40, 6, 2, seed)) for seed in (0, 1)]
    for first, second in ((a, b), (converted(a, kind), unlabelled[1]), (unlabelled[0], converted(b, kind))):
        found = rc.compare(first, second)
        assert found.accuracies == (a.accuracy(), b.accuracy())
        assert found.losses == pytest.approx((a.loss(), b.loss()), rel=1e-12)
        rows = dict(found.rows())
        assert (rows["accuracy of a"], rows["accuracy of b"]) == found.accuracies
        assert (rows["loss of a, nats"], rows["loss of b, nats"]) == found.losses
        assert found.to_dict()["losses"] == list(found.losses)
    assert unlabelled[1].labels is None
    without = rc.compare(*unlabelled)
    assert without.accuracies is without.losses is None
    assert without.to_dict()["accuracies"] is None
    assert "accuracy" not in str(without)


# -- bounds in words -------------------------------------------------------------------------------------------------


def test_bounds_say_what_follows():
    a = strategies.model(n=60, k=9, m=2)
    for other, says in (
        (rc.noisy_copy(a, 0.01, seed=1), "is at most this"),
        (strategies.model(n=60, k=9, seed=1), "nothing"),
    ):
        found = rc.compare(a, other, pivot=3)
        quadratic, linear, ratio, certificate, lower = found.bounds
        assert [each.value for each in found.bounds] == [
            found.quadratic_bound,
            found.linear_bound,
            found.ratio_bound,
            found.certificate,
            found.least_d_svd_f,
        ]
        assert {quadratic.of, linear.of} == {"d_{f,g}"}
        assert {ratio.of, certificate.of, lower.of} == {"d_SVD of f"}
        assert {each.over for each in (quadratic, linear, ratio)} == {"pivot 3 and the kept labels"}
        assert {each.over for each in (certificate, lower)} == {"pivot 3 and every set of 2 labels"}
        assert [each.upper for each in found.bounds] == [True] * 4 + [False]
        for bound in (quadratic, linear, ratio):
            assert says in bound.says
            assert bound.informative == (bound.value < 1)
            assert bound.says in str(found)
            assert bound.says in found._repr_html_()
    assert quadratic.says == "says nothing: d_{f,g} is at most 1 anyway"
    assert lower.says == "d_SVD of f is at least this for one of them"
    none = lower._replace(value=0.0)
    assert (none.informative, none.says) == (False, "says nothing: d_SVD of f is at least 0 anyway")
    assert "the mean of all labels as pivot" in rc.compare(a, a, pivot="mean").bounds[0].over


def test_a_comparison_goes_through_json():
    found = rc.compare(strategies.model(), strategies.model(seed=1))
    read = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert read["d_llv"] == found.d_llv == max(read["label_term"], read["input_term"])
    assert read["d_fg"] == found.d_fg == max(read["max_d_svd_f"], read["d_svd_g"])
    assert read["input_set"] == list(found.llv.input_set)
    assert (read["label_subsets"], read["exhaustive"]) == (6, True)
    assert (read["num_inputs"], read["num_labels"], read["dims"], read["ranks"]) == (20, 6, [2, 2], [2, 2])


# -- Table 1 ---------------------------------------------------------------------------------------------------------

# One draw, made with the paper's code: rho, d_KL, d_LLV, mean CCA of f, largest d_SVD of f.
TABLE_1 = [
    (1, 0.788, 1.318, 0.0005, 0.9998),
    (2, 1.057, 1.317, 0.0007, 0.9996),
    (3, 0.887, 1.317, 0.0010, 0.9992),
    (5, 0.382, 1.318, 0.0005, 0.9998),
    (8, 0.0687, 1.318, 0.0008, 0.9996),
    (10, 0.0197, 1.317, 0.0010, 0.9995),
    (12, 0.00545, 1.317, 0.0007, 0.9997),
    (15, 0.000764, 1.317, 0.0005, 0.9996),
    (18, 0.000103, 1.318, 0.0002, 0.9999),
    (20, 0.000027, 1.318, 0.0003, 0.9998),
]
LAST_DIGIT = {
    "d_kl": [1e-3] * 4 + [1e-4, 1e-4, 1e-5, 1e-6, 1e-6, 1e-6],
    "d_llv": 1e-3,
    "cca": 1e-4,
    "d_svd": 1e-4,
}


@pytest.fixture(scope="module")
def redraws():
    """Shape (rho, draw, measure): ten draws of each row of Table 1."""

    def measures(rho, seed):
        found = rc.compare(*rc.permuted_circles(rho=float(rho), seed=seed), seed=seed)
        return (
            found.d_kl,
            found.d_llv,
            found.mean_cca,
            found.representation.embedding_dissimilarities.max(),
        )

    return np.array([[measures(rho, seed) for seed in range(10)] for rho, *_ in TABLE_1])


@pytest.mark.parametrize(("column", "name"), list(enumerate(LAST_DIGIT)))
def test_table_1_within_the_sampling_noise(redraws, column, name):
    """The paper's figure is one draw from the same distribution as ours, printed with few digits.

    So it must lie within four deviations (taken from the redraws) of their mean, give or take half its last digit.
    Over 20 redraws, deviations were: d_KL 3e-5 (rho = 1) to 2e-4 (rho = 5), 0.1 to 1% of it; d_LLV 3.2e-4; mean CCA
    2.9e-4; d_SVD 1.8e-4. The paper's figures were at most 2.3 deviations off (but for d_KL at rho = 1, where the last
    printed digit is coarser than the noise).
    """
    printed = np.array([row[1 + column] for row in TABLE_1])
    mean, deviation = redraws[..., column].mean(axis=1), redraws[..., column].std(axis=1, ddof=1)
    assert np.all(np.abs(printed - mean) <= 4 * deviation + np.array(LAST_DIGIT[name]) / 2)


def test_the_noise_of_table_1_is_small(redraws):
    """Else the test above would show nothing."""
    deviation = redraws.std(axis=1, ddof=1)
    assert np.all(deviation[:, 0] < 0.015 * redraws[..., 0].mean(axis=1))
    assert np.all(deviation[:, 1:] < 6e-4)


def test_what_table_1_shows(redraws):
    d_kl, d_llv, cca, d_svd = np.moveaxis(redraws, 2, 0)
    assert np.all(np.diff(d_kl[1:], axis=0) < 0)  # falls from rho = 2 on
    assert np.all(d_kl[-1] < 3e-5)
    assert np.all(np.abs(d_llv - 1.3175) < 2e-3)
    assert np.all(cca < 3e-3)
    assert np.all(d_svd > 0.997)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_comparison_on_a_gpu_agrees():
    a, b = rc.permuted_circles(rho=3.0, inputs_per_class=50)
    tensors = [converted(x, "torch") for x in (a, b)]
    on_gpu = [rc.Representations(x.embeddings.cuda(), x.unembeddings.cuda()) for x in tensors]
    host, device = rc.compare(a, b), rc.compare(*on_gpu)
    assert [x for _, x in device.rows()] == pytest.approx([x for _, x in host.rows()], rel=1e-9, abs=1e-9)


def test_one_comparison_checks_its_pair_and_chooses_its_sets_once(monkeypatch):
    calls = []

    def counted(module, name):
        function = getattr(module, name)

        def counting(*args, **kwargs):
            calls.append(name)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, counting)

    counted(pairs, "together_on_one_device")
    for module in (comparison, distances, similarity):
        counted(module, "choose_sets")
        counted(module, "ModelPair")
    rng = np.random.default_rng(0)
    a, b = (rc.Representations(rng.normal(size=(30, 2)), rng.normal(size=(5, 2))) for _ in range(2))
    rc.compare(a, b)
    assert sorted(calls) == ["ModelPair", "choose_sets", "together_on_one_device"]


def test_every_measure_is_an_attribute_a_column_and_a_key():
    rng = np.random.default_rng(1)
    models = [rc.Representations(rng.normal(size=(30, 2)), rng.normal(size=(5, 2))) for _ in range(2)]
    found = rc.compare(*models)
    row = rc.compare_all(models).iloc[0]
    for name in compared.MEASURES:
        assert getattr(found, name) == found.to_dict()[name] == row[name], name


@pytest.mark.parametrize("function", [rc.compare, rc.llv_distance, rc.representation_distance])
def test_an_unknown_option_is_named_with_the_nearest(function):
    rng = np.random.default_rng(2)
    a, b = (rc.Representations(rng.normal(size=(30, 2)), rng.normal(size=(5, 2))) for _ in range(2))
    with pytest.raises(
        TypeError, match=r"pivto: found an unknown option; did you mean pivot\? known are: pivot"
    ):
        function(a, b, pivto=1)


def test_close_models_keep_the_digits_of_every_measure():
    """Ten times the noise: ten times the distances and a hundred times what is quadratic, within the bounds."""
    a = rc.Representations(*strategies.arrays(300, 8, 4, seed=0))
    found = [
        rc.compare(a, rc.noisy_copy(a, noise, seed=3), pivot=0, left_out=1) for noise in (1e-9, 1e-8, 1e-7)
    ]
    for name, ratio in {
        "d_llv": 10,
        "ratio_distance": 10,
        "max_d_svd_f": 100,
        "d_svd_g": 100,
        "certificate": 100,
        "least_d_svd_f": 100,
        "d_svd_all_labels": 100,
    }.items():
        values = [getattr(each, name) for each in found]
        assert values[1] / values[0] == pytest.approx(ratio, rel=0.05), name
        assert values[2] / values[1] == pytest.approx(ratio, rel=0.01), name
    for each in found:
        assert each.least_d_svd_f <= each.max_d_svd_f <= min(each.certificate, each.ratio_bound) * (1 + 1e-6)
        assert each.d_fg <= each.quadratic_bound


@pytest.mark.parametrize("labels", [[0], [0, 2], [0, 2, 3, 4, 5], 1, 2, "all", None])
def test_the_certificate_is_of_sets_as_large_as_those_that_are_compared(labels):
    rng = np.random.default_rng(14)
    for _ in range(20):
        a, b = (rc.Representations(rng.normal(size=(60, 4)), rng.normal(size=(7, 4))) for _ in range(2))
        found = rc.compare(a, b, labels=labels, pivot=1)
        assert found.size == min(4, len(found.llv.labels))
        if labels != "all":
            assert found.representation.label_subsets.shape[1] == found.size
            assert found.max_d_svd_f <= found.certificate + 1e-12


def test_dependent_labels_are_said():
    rng = np.random.default_rng(5)
    f, h, g = rng.normal(size=(50, 3)), rng.normal(size=(50, 3)), rng.normal(size=(8, 3))
    g[3] = g[0] + (g[1] - g[0]) - 2 * (g[2] - g[0])
    found = rc.compare(rc.Representations(f, g), rc.Representations(h, g), labels=[1, 2, 3], pivot=0)
    assert not found.representation.diverse
    assert any("linearly dependent in a or b: none is diverse" in note for note in found.notes)
    some = rc.compare(rc.Representations(f, g), rc.Representations(h, g), labels=[1, 2, 3, 4], pivot=0)
    assert some.representation.dependent == 1
    assert any(note.startswith("1 label subset does not count: its log-ratios") for note in some.notes)


def test_more_label_subsets_than_a_float_can_say():
    """Of 400 of 2,000 labels: the comparison is printed and goes through JSON, and so does d_{f,g}."""
    models = [rc.Representations(*strategies.arrays(450, 2000, 400, seed)) for seed in (0, 1)]
    found = rc.compare(*models, pivot=0, left_out=1, max_subsets=1, input_set=range(401))
    assert "1 of 6.3e432 label subsets was looked at" in " ".join(str(found).split())
    assert "(1 of 6.3e432 label subsets)" in str(found.representation)
    assert json.loads(json.dumps(found.to_dict()))["label_subsets_in_all"] == "6.3e432"
