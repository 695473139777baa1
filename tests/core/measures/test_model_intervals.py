"""Each model left out once: weights of pairs, means, intervals and what they cover."""

import re
import runpy
from itertools import combinations

import numpy as np
import pytest
from places import ROOT
from scipy.stats import t, ttest_1samp

from repsim_core.measures.model_intervals import (
    LeaveOneOut,
    holm,
    means_of_subsets,
    weighted_means,
)

ALL = np.array(list(combinations(range(6), 2)))


def test_a_row_lacks_the_pairs_of_one_model():
    found = LeaveOneOut.of(ALL + 10)
    assert found.weights.shape == (7, 15)
    assert found.weights[0].all()
    for model, row in enumerate(found.weights[1:]):
        assert (row == (model != ALL).all(axis=1)).all()


def test_equal_numbers_in_two_groups_are_two_models():
    pairs, groups = np.vstack([ALL, ALL[:3]]), np.repeat([16, 32], [15, 3])
    found = LeaveOneOut.of(pairs, groups)
    assert found.groups.tolist() == [16] * 6 + [32] * 4
    assert found.weights[1:7, 15:].all()
    assert found.weights[7:, :15].all()
    assert (found.weights[7, 15:] == 0).all()  # model 0 is in the first three pairs


def test_one_odd_model_widens_the_interval_by_all_its_pairs():
    oddity = np.random.default_rng(0).normal(size=12)
    pairs = np.array(list(combinations(range(12), 2)))
    left_out = LeaveOneOut.of(pairs)
    # The mean of a_i + a_j over pairs is twice that of the a_i, for which Student's interval is right.
    means = weighted_means(oddity[pairs].sum(axis=1), left_out.weights)
    found, expected = left_out.interval(means), ttest_1samp(2 * oddity, 0)
    assert found.value == pytest.approx(2 * oddity.mean())
    assert tuple(found[1:]) == pytest.approx(tuple(expected.confidence_interval()))
    assert left_out.p_value(means) == pytest.approx(expected.pvalue)


def test_groups_add_their_variances_and_share_degrees_of_freedom():
    draw = np.random.default_rng(1)
    pairs = np.vstack([ALL, ALL])
    groups = np.repeat([0, 1], 15)
    oddity = draw.normal(size=(2, 6)) * [[1], [3]]
    values = np.concatenate([oddity[g][ALL].sum(axis=1) for g in (0, 1)])
    left_out = LeaveOneOut.of(pairs, groups)
    first, second = (weighted_means(values, left_out.weights * (groups == g)) for g in (0, 1))
    found = left_out.interval(second - first)
    # Welch's interval for the difference of two means.
    squares = 4 * oddity.var(axis=1, ddof=1) / 6
    freedom = squares.sum() ** 2 / (squares**2 / 5).sum()

    reach = t.ppf(0.975, freedom) * np.sqrt(squares.sum())
    assert found.high - found.value == pytest.approx(reach)
    assert found.value - found.low == pytest.approx(reach)


def test_scales_keep_ends_where_values_can_be():
    values = np.array([0.9, 0.95, 0.99, 0.5, 0.9, 0.85, 0.9])
    left_out = LeaveOneOut.of(ALL)
    plain, fisher = (left_out.interval(values, scale=scale) for scale in ("plain", "fisher"))
    assert plain.high > 1 > fisher.high > fisher.value > fisher.low > -1
    assert left_out.interval(values, level=0.5).low > plain.low
    # The level of the interval that ends at 0, on either scale.
    for scale, ends in (("plain", plain), ("fisher", fisher)):
        p = left_out.p_value(values, scale=scale)
        at_zero = left_out.interval(values, scale=scale, level=1 - p).low
        assert at_zero == pytest.approx(0, abs=1e-9)
        assert (p < 0.05) == (ends.low > 0)


def test_figures_that_no_model_moves_have_no_width_and_unknown_ones_no_ends():
    left_out = LeaveOneOut.of(ALL)
    assert left_out.interval(np.full(7, 0.25)) == (0.25, 0.25, 0.25)
    assert left_out.interval(np.full(7, 1.0), scale="fisher") == (1.0, pytest.approx(1), pytest.approx(1))
    # That no model moves a figure does not make it certain.
    assert np.isnan(left_out.p_value(np.full(7, 0.25)))
    assert np.isnan(left_out.p_value(0.25 + 1e-17 * np.arange(7)))
    assert left_out.p_value(np.zeros(7)) == 1
    two = LeaveOneOut.of(ALL[:1])
    found = two.interval(weighted_means(np.array([0.5]), two.weights))
    assert found.value == 0.5
    assert np.isnan(found[1:]).all()


def test_a_row_without_pairs_has_no_mean():
    means = weighted_means(np.array([1.0, 2.0]), np.array([[0, 0], [1, 3]]))
    assert np.isnan(means[0])
    assert means[1] == 1.75


def test_every_set_of_so_many_models_has_its_mean():
    values = np.arange(15.0)
    found = means_of_subsets(values, ALL + 3, 4)
    expected = [values[np.isin(ALL, models).all(axis=1)].mean() for models in combinations(range(6), 4)]
    assert found == pytest.approx(expected)
    assert means_of_subsets(values, ALL, 6) == pytest.approx([values.mean()])
    with pytest.raises(ValueError, match="size: found 7, expected 2 to 6 models"):
        means_of_subsets(values, ALL, 7)
    for pairs in (ALL[:-1], ALL[[*range(14), 0]]):
        with pytest.raises(ValueError, match="expected every pair of 6 models once"):
            means_of_subsets(values[: len(pairs)], pairs, 3)


def test_holm_multiplies_the_smallest_by_how_many_there_are():
    assert holm(np.array([0.03, 0.001, 0.02, 0.5])) == pytest.approx([0.06, 0.004, 0.06, 0.5])
    assert holm(np.array([0.4, 0.9])) == pytest.approx([0.8, 0.9])
    assert holm(np.array([])).size == 0


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        (np.zeros((0, 2), int), r"pairs: found shape \(0, 2\), expected"),
        (np.zeros((3, 3), int), r"pairs: found shape \(3, 3\)"),
        (np.array([[0, 1], [2, 2]]), "a pair of a model with itself"),
    ],
)
def test_pairs_that_are_none_are_refused(pairs, complaint):
    with pytest.raises(ValueError, match=complaint):
        LeaveOneOut.of(pairs)


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="level: found 95, expected a number between 0 and 1"):
        LeaveOneOut.of(ALL).interval(np.ones(7), level=95)


# -- coverage ----------------------------------------------------------------------------------------------------------

SIMULATIONS = runpy.run_path(str(ROOT / "benchmarks" / "coverage_models.py"))
STUDIES = 60


def measured() -> dict[tuple[str, int], list[float]]:
    """The table of benchmarks/README.md: by figure and number of models, for each kind of pairs."""
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ,]+) \| (\d+) \|((?: [\d.]+ \|){4})$", text, re.MULTILINE)
    return {
        (name, int(n)): [float(share) for share in re.findall(r"[\d.]+", shares)] for name, n, shares in rows
    }


def test_every_figure_has_its_coverage_measured():
    assert set(measured()) == {(name, n) for name in SIMULATIONS["FIGURES"] for n in SIMULATIONS["SIZES"]}


def measured_over_widths() -> dict[tuple[str, int], float]:
    """The table of benchmarks/README.md of networks whose orders differ the more rarely the wider they are."""
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ,]+) \| (\d+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return {(name, int(n)): float(share) for name, n, share in rows}


@pytest.mark.usefixtures("mathematics_only")
def test_intervals_of_what_orders_explain_cover_what_is_said():
    said = measured_over_widths()
    assert set(said) == {(name, n) for name in SIMULATIONS["ORDERS"] for n in SIMULATIONS["SIZES"][1:]}
    for name, held in SIMULATIONS["coverage_of_orders"](10, STUDIES).items():
        share = said[name, 10]
        assert abs(held - share) < 3 * np.sqrt(max(share * (1 - share), 0.02) / STUDIES), name


def test_what_is_true_of_simulated_orders_is_what_many_networks_have():
    truth, pairs = SIMULATIONS["true_of_orders"](), SIMULATIONS["over_widths"](400, [1])
    means = pairs.groupby(["width", "same_order"])["d_llv"].mean().unstack()
    differing = 1 - pairs.groupby("width")["same_order"].mean()
    rise = differing.iloc[-1] - differing.iloc[0]
    mix = rise * (means[False] - means[True]).iloc[[0, -1]].mean()
    every = pairs.groupby("width")["d_llv"].mean()
    assert mix / (every.iloc[-1] - every.iloc[0]) == pytest.approx(truth["share of the mix"], abs=0.03)
    slope = np.polyfit(np.log2(means.index), means[True], 1)[0]
    assert slope == pytest.approx(truth["slope, equal order"], abs=0.005)


@pytest.mark.usefixtures("mathematics_only")
@pytest.mark.parametrize("name", ["mean", "slope", "correlation, close", "difference"])
def test_intervals_cover_what_is_said(name):
    """A few of the studies that the table is of: no further from it than so few studies are apart by chance."""
    for kind, said in zip(SIMULATIONS["KINDS"], measured()[name, 10], strict=True):
        held = SIMULATIONS["coverage"](kind, name, 10, STUDIES, many=20_000)
        assert abs(held - said) < 3 * np.sqrt(max(said * (1 - said), 0.02) / STUDIES), kind.__name__
