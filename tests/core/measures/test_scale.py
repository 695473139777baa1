"""Many labels, inputs and dimensions: searches by blocks, nothing quadratic held, memory asked for beforehand."""

import tracemalloc

import numpy as np
import pytest
import strategies
from array_kinds import FROM_NUMPY, converted, every_kind
from hypothesis import given
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core import coordinates, distribution
from repsim_core.measures import comparison, log_ratios, point_sets, sets, standardised
from repsim_core.measures.budgets import Budget
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.standardised import StandardisedRatios

pytestmark = pytest.mark.usefixtures("mathematics_only")


def pair(n: int, k: int, m: int, noise: float = 0.3, seed: int = 0) -> list[rc.Representations]:
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=(n, m)), rng.normal(size=(k, m))
    return [rc.Representations(*(x + noise * rng.normal(size=x.shape) for x in (f, g))) for _ in range(2)]


def figures(found: rc.Comparison) -> dict[str, object]:
    """All of them that are numbers."""
    return {name: value for name, value in found.to_dict().items() if isinstance(value, (int, float))}


# -- the search of pivot and label left out --------------------------------------------------------------------------


def naive_search(
    models: ModelPair, pivots: list[int], left_out: int | str | None
) -> tuple[float, int, int | None]:
    """The least term 1, and for which pivot and label left out."""
    count = models.a.num_labels
    gaps = models.between_labels.table(range(count)).gap[:, :count]
    found = []
    for pivot in pivots:
        others = [y for y in range(count) if y != pivot]
        for omitted in others if left_out == "search" else [left_out]:
            found.append((gaps[pivot, [y for y in others if y != omitted]].max(), pivot, omitted))
    return min(found)


@given(strategies.pairs(), st.sampled_from([(2, 3), (1, 4), (7, 2)]), st.data())
def test_the_search_by_blocks_is_the_search_of_the_table(models, blocks, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "_PIVOTS", blocks[0])
        patch.setattr(sets, "_LABELS", blocks[1])
        both = ModelPair(*models)
        count = both.a.num_labels
        left_out = data.draw(st.sampled_from(["search", None, 0]))
        pivots = [y for y in data.draw(st.permutations(range(count))) if y != left_out]
        pivots = sorted(pivots[: data.draw(st.integers(1, len(pivots)))])
        expected = naive_search(both, pivots, left_out)
        pivot, omitted, note = sets._search(both, pivots, left_out, seed=0)
    term = naive_search(both, [pivot], omitted)[0]
    assert term == pytest.approx(expected[0], rel=1e-9, abs=1e-12)
    assert note == ""


def test_where_trying_all_pivots_would_take_longer_than_the_logits_some_are_drawn(monkeypatch):
    models = pair(40, 60, 3)
    everything = rc.llv_distance(*models)
    assert "drawn" not in everything.label_choice
    monkeypatch.setattr(sets, "SEARCHES", sets.SEARCHES._replace(least=60 * 10 * (6 + sets._GAP)))
    few = rc.llv_distance(*models)
    assert "; best of 10 pivots of 60, drawn with seed 0" in few.label_choice
    assert few == rc.llv_distance(*models)
    assert few.label_term >= everything.label_term
    assert {rc.llv_distance(*models, seed=seed).pivot for seed in range(4)} != {few.pivot}
    # So few labels that the products for them are no more than those of the logits: all are tried.
    assert "drawn" not in rc.llv_distance(*pair(70, 60, 3)).label_choice


@every_kind
def test_very_many_points_are_compared_by_products(kind, monkeypatch):
    models = pair(30, 50, 4)
    expected = rc.compare(*models, labels="all")
    monkeypatch.setattr(log_ratios, "_MANY", 0)
    found = rc.compare(*(converted(model, kind) for model in models), labels="all")
    assert found.llv.pivot == expected.llv.pivot
    for name in ("label_term", "input_term", "ratio_distance", "d_fg", "mean_cca", "certificate"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


# -- log-ratios ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [4, 30])
@pytest.mark.parametrize("dims", [(3, 6), (6, 3), (5, 5)])
def test_all_log_ratios_at_once_are_those_of_the_definition(dims, labels):
    rng = np.random.default_rng(0)
    f = rng.normal(size=(40, 6))
    models = [
        rc.Representations(f[:, :dim] + 0.1 * rng.normal(size=(40, dim)), rng.normal(size=(31, dim)))
        for dim in dims
    ]
    ratios = StandardisedRatios.of(ModelPair(*models), 0, range(1, labels + 1))
    z, w = (
        model.embeddings @ (model.unembeddings[1 : labels + 1] - model.unembeddings[0]).T for model in models
    )
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1) for x in (z, w))
    nuclear = np.linalg.svd(z.T @ w / 39, compute_uv=False).sum()
    assert ratios.dissimilarity == pytest.approx(1 - nuclear / labels, rel=1e-12)
    assert ratios.distances == pytest.approx((z - w).std(axis=0, ddof=1), rel=1e-12)
    assert ratios.distances_of_mirrored == pytest.approx((z + w).std(axis=0, ddof=1), rel=1e-12)
    for found, x in zip(ratios.effective_ranks, (z, w), strict=True):
        sigma = np.linalg.svd(x, compute_uv=False)
        shares = sigma[sigma > 1e-12] / sigma.sum()
        assert found == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-9)
    some = ratios.some([4, 2])
    assert some is not None
    assert some.distances.tolist() == ratios.distances[[3, 1]].tolist()
    again = StandardisedRatios.of(ModelPair(*models), 0, [4, 2])
    assert some.dissimilarity == pytest.approx(again.dissimilarity, rel=1e-12)
    assert ratios.some([labels + 1]) is None


@pytest.mark.parametrize("size", [1e-3, 1e-7])
def test_models_of_two_ranks_that_are_close_keep_their_digits(size):
    """b has a direction more, which is small: d_SVD is about its square, far below what 1 - the rest would leave."""
    rng = np.random.default_rng(1)
    f, g = rng.normal(size=(50, 3)), rng.normal(size=(20, 3))
    a = rc.Representations(f[:, :2], g[:, :2])
    b = rc.Representations(f * [1, 1, size], g)
    there, back = (ModelPair(*models) for models in ((a, b), (b, a)))
    for pivot in (0, "mean"):
        found = [StandardisedRatios.of(both, pivot, range(1, 20)).dissimilarity for both in (there, back)]
        assert found[0] == pytest.approx(found[1], rel=1e-4)
        assert 0.1 * size**2 < found[0] < 2 * size**2


# -- many dimensions ---------------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("bias", [False, True])
def test_what_a_second_basis_has_besides_is_found_by_products_where_models_are_not_close(
    kind, bias, monkeypatch
):
    a, b = pair(60, 25, 4)
    constant = np.random.default_rng(1).normal(size=25) if bias else None
    models = a, rc.Representations(b.embeddings, b.unembeddings, bias=constant)
    expected = figures(rc.compare(*models))
    for module in (coordinates, log_ratios, standardised):
        monkeypatch.setattr(module, "MANY_COLUMNS", 1)
    found = [converted(model, kind) for model in models]
    assert ModelPair(*found).over_inputs._by_products is not None
    assert figures(rc.compare(*found)) == pytest.approx(expected, rel=1e-11)


def test_models_that_are_close_keep_their_digits_in_many_dimensions(monkeypatch):
    models = pair(60, 25, 4, noise=1e-7)
    expected = rc.compare(*models)
    for module in (coordinates, log_ratios, standardised):
        monkeypatch.setattr(module, "MANY_COLUMNS", 1)
    assert ModelPair(*models).over_inputs._by_products is None
    found = rc.compare(*models)
    for name in ("label_term", "input_term", "ratio_distance", "normaliser_mismatch"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-7), name


def test_input_sets_are_fewer_where_they_would_take_longer_than_the_logits(monkeypatch):
    models = pair(60, 25, 4)
    assert "best of 12 random disjoint sets" in rc.llv_distance(*models).input_choice
    monkeypatch.setattr(point_sets, "SEARCHES", point_sets.SEARCHES._replace(least=2 * 5 * 3 * 4**2))
    # The logits are those of 60 * 25 * 8 / 4 multiplications.
    found = rc.llv_distance(*models)
    assert "best of 12 random disjoint sets" in found.input_choice
    few = pair(60, 6, 4)
    found = rc.llv_distance(*few)
    assert "best of 3 random disjoint sets" in found.input_choice
    drawn = np.random.default_rng(0).permutation(60)[:15].reshape(3, 5).tolist()
    assert list(found.input_set) in drawn


def test_a_budget_is_a_share_of_the_logits_or_its_least():
    budget = Budget(share=4, least=1000)
    assert [budget.affords(100, logits) for logits in (0, 4000, 8000)] == [10, 10, 20]
    assert budget.affords(10**6, 10**6) == 1
    assert ModelPair(*pair(40, 60, 3)).affordable(100, Budget(2, 0)) == 40 * 60 * 6 // 2 // 100


# -- labels that are never probable --------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("weighed_up_to", [0, 2**24])
@pytest.mark.parametrize("bias", [-50.0, -1e9, -1e20, float(np.finfo(np.float32).min)])
def test_labels_that_are_masked_cost_no_digits(kind, weighed_up_to, bias, monkeypatch):
    """As the rows that fill up a vocabulary: their bias is huge, and the figures are those of the other labels."""
    monkeypatch.setattr(distribution, "_KEPT", 0)
    monkeypatch.setattr(distribution, "_WEIGHED", weighed_up_to)
    models = pair(60, 25, 3)
    without = rc.compare(*models, pivot=0, labels=range(1, 25))
    rng = np.random.default_rng(1)
    masked = [
        converted(
            rc.Representations(
                x.embeddings,
                np.vstack([x.unembeddings, rng.normal(size=(5, 3))]),
                bias=[0.0] * 25 + [bias] * 5,
            ),
            kind,
        )
        for x in models
    ]
    found = rc.compare(*masked, pivot=0, labels=range(1, 25))
    # Deviations over the labels are those of the bias alone.
    assert (found.input_term is None) == (bias < -1e15)
    names = ("d_kl", "d_kl_reverse", "label_term", "ratio_distance", "normaliser_mismatch", "mean_cca")
    for name in (*names, "max_d_svd_f"):
        assert getattr(found, name) == pytest.approx(getattr(without, name), rel=1e-9), name


@pytest.mark.parametrize("weighed_up_to", [0, 2**24])
def test_a_row_that_is_never_probable_and_what_all_rows_share_cost_few_digits(weighed_up_to, monkeypatch):
    monkeypatch.setattr(distribution, "_KEPT", 0)
    monkeypatch.setattr(distribution, "_WEIGHED", weighed_up_to)
    models = pair(60, 25, 3)
    expected = rc.kl_divergence(*models)
    far = [
        rc.Representations(abs(x.embeddings) + 0.5, np.vstack([x.unembeddings, [[-1e8] * 3]])) for x in models
    ]
    near = [rc.Representations(abs(x.embeddings) + 0.5, x.unembeddings) for x in models]
    assert rc.kl_divergence(*far) == pytest.approx(rc.kl_divergence(*near), rel=1e-9)
    shifted = [rc.Representations(x.embeddings, x.unembeddings + 1e6) for x in models]
    assert rc.kl_divergence(*shifted) == pytest.approx(expected, rel=1e-7)


def test_labels_whose_log_ratios_are_all_constant_are_named():
    a, b = pair(30, 6, 2)
    same = rc.Representations(b.embeddings, np.vstack([b.unembeddings[:1]] * 4 + [b.unembeddings[4:]]))
    with pytest.raises(ValueError, match="label 1 with the pivot 0 is constant"):
        rc.compare(a, same, pivot=0, labels=[1, 2, 3])


# -- memory ----------------------------------------------------------------------------------------------------------


def test_nothing_quadratic_in_labels_or_inputs_is_held():
    models = pair(3_000, 6_000, 4)
    table = (
        8 * 3_000 * 6_000
    )  # of logits: 144 MB; one over pairs of labels would have 288 MB, of inputs 72 MB
    tracemalloc.start()
    try:
        rc.compare(*models)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < table / 4


def test_a_comparison_that_does_not_fit_is_refused_before_it_begins(monkeypatch):
    models = pair(2_000, 50, 30)
    monkeypatch.setattr(comparison, "_LITTLE", 0.0)
    monkeypatch.setattr(comparison, "available", lambda: 1e6)
    with pytest.raises(
        MemoryError, match=r"^a, b: N = 2,000 inputs and K = 50 labels in M = 30 .* about 107 MB"
    ) as error:
        rc.compare(*models)
    assert "first n rows" in str(error.value)
    monkeypatch.setattr(comparison, "available", lambda: None)
    rc.compare(*models)


def test_memory_that_runs_out_is_told_with_the_remedy(monkeypatch):
    def fails(*_):
        raise MemoryError("Unable to allocate 34.0 GiB for an array")

    monkeypatch.setattr(comparison, "divergences", fails)
    with pytest.raises(MemoryError, match=r"^a, b: .*first n rows.*34.0 GiB"):
        rc.compare(*pair(20, 5, 2))


def test_arrays_on_a_device_are_not_measured_by_the_memory_here(monkeypatch):
    monkeypatch.setattr(comparison, "_LITTLE", 0.0)
    monkeypatch.setattr(comparison, "available", lambda: 1.0)
    a, b = (
        rc.Representations(*(FROM_NUMPY["torch"](x) for x in (model.embeddings, model.unembeddings)))
        for model in pair(20, 5, 2)
    )
    monkeypatch.setattr(comparison, "is_on_accelerator", lambda _: True)
    rc.compare(a, b)
