"""What of a model reaches its distribution: its rank, the same model in that many dimensions, and what comparisons make
of it."""

from __future__ import annotations

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core import identified as identification
from repsim_core.wording import verb

pytestmark = pytest.mark.usefixtures("mathematics_only")


# Roundings of numbers that are given in these types, relative to their size.
TYPES = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}


def rounded(x: np.ndarray, dtype: str) -> object:
    """As an array of the type; bfloat16 needs torch."""
    if dtype == "bfloat16":
        torch = pytest.importorskip("torch")
        return torch.asarray(x).to(torch.bfloat16)
    return x.astype(dtype)


def same_distribution(a: rc.Representations, b: rc.Representations, tolerance: float = 1e-12) -> bool:
    """Whether log-probabilities are equal up to a tolerance relative to the logits' size."""
    size = 1 + np.abs(a.embeddings).max() * np.abs(a.unembeddings).sum(axis=1).max()
    if a.bias is not None:
        size += np.abs(a.bias).max()
    return float(np.abs(np.asarray(a.log_probs()) - np.asarray(b.log_probs())).max()) <= tolerance * size


def with_useless(f: np.ndarray, g: np.ndarray, kind: str, rng: np.random.Generator):
    """More dimensions of which none reaches the distribution."""
    n, k = len(f), len(g)
    if kind == "dead in f":
        return np.column_stack([f, np.zeros((n, 2))]), np.column_stack([g, rng.standard_normal((k, 2))])
    if kind == "dead in g":
        return np.column_stack([f, 10 * rng.standard_normal((n, 2))]), np.column_stack([g, np.zeros((k, 2))])
    if kind == "constant in g":
        return np.column_stack([f, rng.standard_normal((n, 1))]), np.column_stack([g, np.full((k, 1), 3.0)])
    if kind == "constant in f":
        return np.column_stack([f, np.full((n, 1), 2.0)]), np.column_stack([g, rng.standard_normal((k, 1))])
    if kind == "copied in f":
        return np.column_stack([f, f[:, :1]]), np.column_stack([g, rng.standard_normal((k, 1))])
    if kind == "copied in g":
        return np.column_stack([f, rng.standard_normal((n, 1))]), np.column_stack([g, g[:, :1]])
    assert kind == "in another basis"
    mix = rng.standard_normal((f.shape[1], f.shape[1] + 2))
    return f @ mix, g @ np.linalg.pinv(mix).T


USELESS = (
    *("dead in f", "dead in g", "constant in g", "constant in f", "copied in f", "copied in g"),
    "in another basis",
)


@settings(max_examples=100)
@given(
    st.sampled_from(USELESS),
    st.integers(1, 5),
    st.integers(2, 8),
    st.integers(2, 30),
    st.floats(-4, 4),
    st.booleans(),
    strategies.seeds,
)
def test_the_rank_counts_what_reaches_the_distribution(kind, m, k, n, scale, with_bias, seed):
    rng = np.random.default_rng(seed)
    f, g = 10**scale * rng.standard_normal((n, m)), rng.standard_normal((k, m))
    bias = rng.standard_normal(k) if with_bias else None
    wide_f, wide_g = with_useless(f, g, kind, rng)
    plain, wide = rc.Representations(f, g, bias=bias), rc.Representations(wide_f, wide_g, bias=bias)
    assert plain.rank == min(m, k - 1, n - 1)
    assert wide.rank == plain.rank
    small = wide.identifiable()
    assert (small.dim, small.rank, small.num_labels, small.num_inputs) == (plain.rank, plain.rank, k, n)
    assert same_distribution(wide, small)
    found = small.embeddings - small.embeddings.mean(axis=0)
    assert found.T @ found / (n - 1) == pytest.approx(np.eye(small.dim), abs=1e-9)
    centred = small.unembeddings - small.unembeddings.mean(axis=0)
    gram = centred.T @ centred
    assert gram - np.diag(np.diag(gram)) == pytest.approx(0 * gram, abs=1e-9 * np.abs(gram).max())
    assert (np.diff(np.diag(gram)) <= 1e-9 * np.abs(gram).max()).all()


@settings(max_examples=80)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(4, 9), st.integers(6, 30), strategies.seeds)
def test_collinear_labels_have_fewer_dimensions(m, rank, k, n, seed):
    """Labels, or inputs, in a flat of fewer dimensions that misses the origin."""
    rng = np.random.default_rng(seed)
    flat = rng.standard_normal((k, min(rank, m))) @ rng.standard_normal(
        (min(rank, m), m)
    ) + rng.standard_normal(m)
    f = rng.standard_normal((n, m))
    model = rc.Representations(f, flat)
    assert model.rank == min(rank, m, k - 1)
    assert same_distribution(model, model.identifiable())
    inputs = rng.standard_normal((n, min(rank, m))) @ rng.standard_normal((min(rank, m), m)) + 5.0
    model = rc.Representations(inputs, rng.standard_normal((k, m)))
    assert model.rank == min(rank, m, k - 1)
    assert same_distribution(model, model.identifiable())


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(TYPES)),
    st.integers(1, 4),
    st.integers(0, 6),
    st.integers(5, 40),
    st.integers(20, 200),
    strategies.seeds,
)
def test_what_a_type_rounds_off_is_no_rank(dtype, rank, spare, k, n, seed):
    """r dimensions spread over more, as trained networks spread theirs, then rounded: still r."""
    rng = np.random.default_rng(seed)
    f, g = rng.standard_normal((n, rank)), rng.standard_normal((k, rank))
    m = rank + spare
    basis = np.linalg.qr(rng.standard_normal((m, m)))[0][:, :rank]
    # f and g in one subspace: what rounding adds beside it is small in both
    model = rc.Representations(rounded(f @ basis.T, dtype), rounded(g @ basis.T, dtype))
    assert model.rank == rank
    # f alone, which meets labels that use every dimension
    assert rc.Representations(
        rounded(f @ basis.T, dtype), rounded(rng.standard_normal((k, m)), dtype)
    ).rank == min(rank, k - 1)


@settings(max_examples=100)
@given(st.sampled_from(sorted(TYPES)), st.integers(1, 12), st.integers(20, 60), strategies.seeds)
def test_every_dimension_counts_in_any_type(dtype, m, n, seed):
    rng = np.random.default_rng(seed)
    f, g = rng.standard_normal((n + m, m)), rng.standard_normal((m + 10, m))
    assert rc.Representations(rounded(f, dtype), rounded(g, dtype)).rank == m


def test_one_distribution_for_every_input_identifies_nothing():
    f, g = strategies.arrays(10, 4, 2, 0)
    for model in (
        rc.Representations(np.ones_like(f), g),
        rc.Representations(f, np.ones_like(g)),
        rc.Representations(np.zeros_like(f), g, bias=np.arange(4.0)),
    ):
        assert model.rank == 0
        with pytest.raises(ValueError, match="the same distribution for every input"):
            model.identifiable()
        with pytest.raises(ValueError, match=r"^b: found the same distribution for every input"):
            rc.compare(rc.Representations(f, g), model)


# -- comparisons --------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.sampled_from(USELESS), st.integers(1, 4), st.integers(0, 3), strategies.seeds)
def test_the_same_model_in_more_dimensions_is_the_same(kind, m, spare, seed):
    rng = np.random.default_rng(seed)
    f, g = rng.standard_normal((30, m)), rng.standard_normal((m + 1 + spare, m))
    wide_f, wide_g = with_useless(f, g, kind, rng)
    wide = rc.Representations(wide_f, wide_g)
    # a copied column changes the model, so the whole is compared with its identified part
    small = wide.identifiable()
    for a, b, name in ((small, wide, "b"), (wide, small, "a")):
        found = rc.compare(a, b)
        assert found.d_llv == pytest.approx(0, abs=1e-9)
        assert found.d_fg == pytest.approx(0, abs=1e-9)
        assert found.d_kl == pytest.approx(0, abs=1e-9)
        assert found.certificate == pytest.approx(0, abs=1e-9)
        assert found.mean_cca == pytest.approx(1, abs=1e-9)
        assert found.agreement == 1.0
        assert found.ranks == (m, m)
        assert found.dim == m
        assert any(
            note.startswith(f"of {name}'s M = {wide.dim} dimensions r = {m} reach") for note in found.notes
        )
        assert f"{verb(m, 'reach')} the distribution" in str(found)


def test_noise_that_no_label_reads_is_no_dissimilarity():
    """Two models with one distribution; a third coordinate of f is independent noise, and g does not look at it."""
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((500, 2)), rng.standard_normal((6, 2))
    a, b = (
        rc.Representations(np.column_stack([f, rng.standard_normal(500)]), np.column_stack([g, np.zeros(6)]))
        for _ in range(2)
    )
    assert rc.mean_cca(a.embeddings, b.embeddings) == pytest.approx(2 / 3, abs=0.05)
    found = rc.compare(a, b)
    assert found.mean_cca == pytest.approx(1, abs=1e-9)
    assert found.d_llv == pytest.approx(0, abs=1e-9)
    assert len([note for note in found.notes if "r = 2 reach the distribution; the other one" in note]) == 2


def test_ranks_that_differ_are_noted():
    rng = np.random.default_rng(0)
    a = rc.Representations(rng.standard_normal((40, 2)), rng.standard_normal((6, 2)))
    b = rc.Representations(rng.standard_normal((40, 4)), rng.standard_normal((6, 4)))
    found = rc.compare(a, b)
    assert (found.dims, found.ranks, found.dim, found.size) == ((2, 4), (2, 4), 2, 2)
    assert found.representation.label_subsets.shape[1] == 2
    assert any("the ranks 2 and 4 differ" in note for note in found.notes)
    assert len(found.llv.input_set) == 3


def test_labels_in_another_order_are_suspected_and_named():
    rng = np.random.default_rng(0)
    f, g = 3 * rng.standard_normal((300, 3)), 3 * rng.standard_normal((6, 3))
    order = [1, 2, 0, 4, 5, 3]
    a = rc.Representations(f, g)
    b = rc.noisy_copy(rc.Representations(f, g[order]), 0.01, seed=1)
    note = next(note for note in rc.compare(a, b).notes if "another order" in note)
    predicted = np.unique(a.predictions()).tolist()
    assert len(predicted) == 5
    for here in predicted:
        assert f"{order.index(here)} is a's {here}" in note
    same = rc.compare(a, rc.noisy_copy(a, 0.5, seed=1))
    assert not any("another order" in note for note in same.notes)
    unrelated = rc.compare(a, rc.Representations(rng.standard_normal((300, 3)), rng.standard_normal((6, 3))))
    assert not any("another order" in note for note in unrelated.notes)


@settings(max_examples=60)
@given(st.integers(1, 4), st.integers(0, 3), strategies.seeds)
def test_term_2_is_left_out_where_it_says_nothing(m, spare, seed):
    """With r = K - 1 every function of the label is in the span of N^T g."""
    a, b = (strategies.model(n=20, k=max(m + spare, 2), m=m, seed=each) for each in (seed, seed + 1))
    found = rc.compare(a, b)
    left_out = found.dim == a.num_labels - 1
    assert (found.llv.input_set is None) == left_out
    assert (found.input_term is None) == left_out
    assert (found.input_scale_term is None) == left_out
    assert (found.d_svd_g is None) == left_out
    assert ("r = K - 1" in found.llv.input_choice) == left_out
    if left_out:
        assert found.d_llv == max(found.label_term, found.label_scale_term)
        # a set that is given is taken
        inputs = tuple(range(found.dim + 1))
        given_set = rc.compare(a, b, input_set=inputs)
        assert given_set.llv.input_set == inputs
        assert given_set.d_llv >= found.d_llv


@settings(max_examples=60)
@given(
    st.integers(1, 4), st.integers(0, 3), st.booleans(), st.sampled_from([0.1, 1.0, 1e3]), strategies.seeds
)
def test_models_that_nearly_agree_are_measured_to_several_digits(m, spare, with_bias, scale, seed):
    """Ten times the noise is ten times the distance, from noise of 1e-11 on."""
    f, g = strategies.arrays(40, max(m + spare, 2), m, seed, scale)
    bias = np.random.default_rng(seed).standard_normal(len(g)) if with_bias else None
    model = rc.Representations(f, g, bias=bias)
    rng = np.random.default_rng([seed, 1])
    f_noise, g_noise = rng.standard_normal(f.shape), rng.standard_normal(g.shape)

    def measured(noise: float, **sets) -> rc.LLVDistance:
        copy = rc.Representations(f + noise * scale * f_noise, g + noise * g_noise, bias=bias)
        return rc.llv_distance(model, copy, weight=0.0, **sets)

    sets = measured(1e-7).sets
    distances = [measured(10.0**-e, **sets) for e in (11, 10, 9, 8, 7)]
    for name in ("value", "label_term", "ratio_distance"):
        values = np.array([getattr(each, name) for each in distances])
        assert values[1:] / values[:-1] == pytest.approx(10, rel=0.01), name


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("labels", [3, 6])
def test_small_directions_beside_large_ones_are_exact(size, labels):
    """Fewer labels than dimensions, and more: a direction that moves the logits by 1e-12 costs no digits of others."""
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.standard_normal((4, 4)))[0][:2]
    f, g = ((rng.standard_normal((n, 2)) * [1.0, size]) @ basis for n in (20, labels))
    model = rc.Representations(f, g)
    assert model.rank == 2
    assert same_distribution(model, model.identifiable(), 1e-13)


# -- precision goes with the numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "bfloat16"])
def test_a_twin_a_copy_and_a_file_are_as_precise_as_what_they_were_made_of(dtype, tmp_path):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    flat, g = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 16)), rng.normal(size=(30, 16))
    model = rc.Representations(*(torch.from_numpy(x).to(getattr(torch, dtype)) for x in (flat, g)))
    assert model.rank == 6
    twin = model.linear_twin(rc.random_linear_map(16, seed=1))
    for other in (twin, rc.noisy_copy(model, 0.0), model.identifiable()):
        assert other.rank == 6
        for suffix in (".npz", ".safetensors"):
            assert rc.load(other.save(tmp_path / f"model{suffix}")).rank == 6
    for suffix in (".npz", ".safetensors"):
        found = rc.load(model.save(tmp_path / f"model{suffix}"))
        assert found.rank == 6
        assert np.array_equal(found.embeddings, model.embeddings.numpy())
    assert not [note for note in rc.compare(model, twin).notes if "differ" in note]


def test_a_hidden_bias_is_named_and_dead_directions_are_not_taken_for_one():
    rng = np.random.default_rng(1)
    f, g = rng.normal(size=(40, 3)), rng.normal(size=(6, 4))
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    hidden = rc.Representations(np.column_stack([f, np.ones(40)]) @ turn.T, g @ turn.T)
    assert hidden.rank == 3
    assert hidden.has_hidden_bias
    dead = rc.Representations(np.column_stack([f, np.ones(40)]), np.column_stack([g[:, :3], np.full(6, 2.0)]))
    zero = rc.Representations(np.column_stack([f, np.zeros(40)]), g)
    assert not dead.has_hidden_bias
    assert not zero.has_hidden_bias
    said = rc.compare(hidden, dead).notes
    assert said[0].endswith("reach the distribution, and one along which all inputs are the same, as a bias")
    assert said[1].endswith(
        "reach the distribution; the other one could be anything, and nothing here speaks of it"
    )


@pytest.mark.parametrize(
    ("f_size", "g_size"), [(1e-300, 1.0), (1.0, 1e-300), (1e-160, 1e-160), (1e-75, 1e-75)]
)
def test_numbers_too_small_to_be_squared_reach_nothing(f_size, g_size):
    rng = np.random.default_rng(2)
    model = rc.Representations(f_size * rng.normal(size=(20, 2)), g_size * rng.normal(size=(5, 2)))
    assert model.rank == 0
    with pytest.raises(ValueError, match="same distribution for every input"):
        model.identifiable()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_bias_beside_narrow_numbers_stays(dtype):
    """And what those had rounded off is not taken for one."""
    rng = np.random.default_rng(3)
    f, g, bias = rng.normal(size=(60, 2)) + 3, rng.normal(size=(6, 2)), 0.1 * rng.normal(size=6)
    wide = rc.Representations(
        (f @ rng.normal(size=(2, 5))).astype(dtype),
        np.linalg.pinv(rng.normal(size=(5, 6))).astype(dtype),
        bias=bias,
    )
    assert wide.identifiable().bias is not None
    assert not rc.Representations(
        wide.embeddings.astype(dtype), wide.unembeddings.astype(dtype)
    ).has_hidden_bias
    model = rc.Representations(f.astype(dtype), g.astype(dtype), bias=bias)
    assert same_distribution(model, model.identifiable())


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("labels", [2, 4, 6])
def test_few_labels_that_all_reach_the_distribution_well_take_the_short_way(labels, bias, monkeypatch):
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((40, 9)) + 3.0, rng.standard_normal((labels, 9)) - 1.0
    constant = rng.standard_normal(labels) if bias else None
    model = rc.Representations(f, g, bias=constant)
    assert model._identified.label_image is not None
    found = model.identifiable()
    monkeypatch.setattr(identification, "_WELL_CONDITIONED", 0.0)
    other = rc.Representations(f, g, bias=constant)
    assert other._identified.label_image is None
    expected = other.identifiable()
    assert found.rank == expected.rank == labels - 1
    assert same_distribution(found, model)
    assert same_distribution(model.identifiable(), model)  # made anew, the images are no more kept
    # The same coordinates but for their signs, and the directions of the basis are those of the embeddings.
    for x, y in ((found.embeddings, expected.embeddings), (found.unembeddings, expected.unembeddings)):
        assert np.allclose(np.abs(x - x.mean(axis=0)), np.abs(y - y.mean(axis=0)), atol=1e-12)
    for basis in (found.input_basis, expected.input_basis):
        assert np.allclose(basis.directions.T @ basis.directions, np.eye(labels - 1), atol=1e-13)
        centred = found.embeddings - found.embeddings.mean(axis=0)
        assert np.allclose(centred.T @ centred, basis.coordinates.T @ basis.coordinates, atol=1e-11)


def test_where_a_bound_shows_that_all_dimensions_reach_the_distribution_no_singular_values_are_taken(
    monkeypatch,
):
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((40, 5)), rng.standard_normal((12, 5))
    model = rc.Representations(f * [1, 1e-4, 1, 1e5, 1], g)
    copied = rc.Representations(np.column_stack([f, f[:, 0]]), np.column_stack([g, g[:, 1]]))
    assert copied.rank == 5
    monkeypatch.setattr(np.linalg, "svd", None)
    assert model.rank == 5
