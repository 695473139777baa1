"""The model family: probabilities, displaced vectors, diversity, linear twins, files."""

from __future__ import annotations

import re
import stat
import sys
import types
import uuid
from pathlib import Path

import numpy as np
import pytest
import strategies
import torch
from array_kinds import FROM_NUMPY, converted, every_kind, kind_of
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.torch import save_file

import repsim_core as rc
from repsim_core import array_files, arrays, files

SUFFIXES = (".npz", ".safetensors")


def reference_log_probs(f: np.ndarray, g: np.ndarray) -> np.ndarray:
    """log p(y|x) in extended precision, by its definition with the largest logit taken out."""
    logits = f.astype(np.longdouble) @ g.astype(np.longdouble).T
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@st.composite
def raw_arrays(draw):
    """Embeddings and unembeddings with any entries (zeros, repeats, extremes), logits of up to 1e4 · M."""
    n, k, m = draw(st.integers(1, 6)), draw(st.integers(2, 6)), draw(st.integers(1, 4))
    entries = st.floats(-100, 100, allow_subnormal=False)
    return draw(hnp.arrays(np.float64, (n, m), elements=entries)), draw(
        hnp.arrays(np.float64, (k, m), elements=entries)
    )


# -- probabilities ---------------------------------------------------------------------------------------------------


@given(raw_arrays())
def test_log_probs_normalise_and_agree_with_extended_precision(arrays):
    model = rc.Representations(*arrays)
    log_p = model.log_probs()
    # A logit is off by some eps·|f||g|, and so is a log-probability; a probability is at most 1, so its sum is
    # off by the same in relative terms.
    assert np.abs(np.exp(log_p).sum(axis=1) - 1.0).max() <= strategies.logit_rounding(model)
    assert np.abs(log_p - reference_log_probs(*arrays)).max() <= strategies.logit_rounding(model)


def test_log_probs_of_logits_of_ten_thousand():
    model = rc.Representations([[100.0], [-100.0], [0.0]], [[100.0], [-100.0], [0.0]])
    assert model.log_probs()[:2].tolist() == [[0.0, -2e4, -1e4], [-2e4, 0.0, -1e4]]
    assert model.log_probs()[2].tolist() == pytest.approx([-np.log(3.0)] * 3, rel=1e-15)


def test_logits_that_overflow_are_refused():
    for size in (1e140, 1e100):  # the logits, or their squares
        with pytest.raises(ValueError, match=r"^embeddings: found logits .* overflow float64"):
            rc.Representations([[size]], [[size], [1.0]])


@given(raw_arrays(), st.floats(-100, 100))
def test_a_constant_added_to_all_unembeddings_changes_no_probability(arrays, constant):
    f, g = arrays
    shifted = rc.Representations(f, g + constant)
    assert np.abs(shifted.log_probs() - reference_log_probs(f, g)).max() <= strategies.logit_rounding(
        shifted
    ) + strategies.EPS * np.abs(f).max() * f.shape[1] * np.abs(g + constant).max(initial=1.0)


def test_accuracy_and_loss():
    f, g = strategies.arrays(50, 4, 3, seed=0)
    labels = np.random.default_rng(1).integers(4, size=50)
    model = rc.Representations(f, g, labels)
    log_p = reference_log_probs(f, g).astype(float)
    assert model.predictions().tolist() == log_p.argmax(axis=1).tolist()
    assert model.accuracy() == np.mean(log_p.argmax(axis=1) == labels)
    assert model.loss() == pytest.approx(-log_p[np.arange(50), labels].mean(), rel=1e-13)
    assert (model.num_inputs, model.num_labels, model.dim) == (50, 4, 3)
    assert repr(model) == "Representations(N=50, K=4, M=3)"


# -- displaced vectors, diversity ------------------------------------------------------------------------------------


@given(strategies.pairs(), st.data())
def test_key_identity(pair, data):
    """L^T f(x) is the vector of log-ratios, N^T g(y) too up to a constant (section 2)."""
    model, _ = pair
    n, k, m = model.num_inputs, model.num_labels, model.dim
    pivot, *labels = data.draw(st.permutations(range(k)))[: m + 1]
    x0, *inputs = data.draw(st.permutations(range(n)))[: m + 1]
    log_p, f, g = model.log_probs(), model.embeddings, model.unembeddings
    tolerance = 4 * strategies.logit_rounding(model)

    big_l = model.label_matrix(pivot, labels)
    assert np.array_equal(big_l, np.stack([g[y] - g[pivot] for y in labels], axis=1))
    assert np.abs(f @ big_l - (log_p[:, labels] - log_p[:, [pivot]])).max() <= tolerance

    big_n = model.input_matrix([x0, *inputs])
    assert np.array_equal(big_n, np.stack([f[x] - f[x0] for x in inputs], axis=1))
    between = log_p[inputs] - log_p[x0] - (g @ big_n).T
    assert np.ptp(between, axis=1).max() <= tolerance


@every_kind
def test_displaced_vectors_are_in_the_library_of_the_model(kind):
    f, g = strategies.arrays(20, 6, 2, seed=0)
    model = converted(rc.Representations(f, g), kind)
    for found, expected in (
        (model.displaced_embeddings(3), f - f[3]),
        (model.displaced_unembeddings(2), g - g[2]),
        (model.label_matrix(2, [4, 0]), (g[[4, 0]] - g[2]).T),
        (model.input_matrix([3, 1, 7]), (f[[1, 7]] - f[3]).T),
    ):
        assert kind_of(found) == kind
        assert np.array_equal(np.asarray(found), expected)


@given(strategies.pairs(), st.integers(0, 2))
def test_diversity_reports_the_condition_numbers(pair, pivot):
    model, _ = pair
    found = model.diversity(pivot=pivot)
    assert found.pivot == pivot not in found.labels
    assert found.input_set[0] == 0
    assert len(found.input_set) == model.dim + 1
    assert found.holds == (np.isfinite(found.label_condition) and np.isfinite(found.input_condition))
    for condition, matrix in (
        (found.label_condition, model.label_matrix(pivot, found.labels)),
        (found.input_condition, model.input_matrix(found.input_set)),
    ):
        expected = np.linalg.cond(matrix)
        if expected < 1e11:  # a condition number is itself known to about cond · eps only
            assert condition == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("m", [2, 3, 5])
def test_diversity_finds_the_only_choice_there_is(m):
    """All unembeddings but M + 1 coincide: only those labels make an invertible L; likewise for the inputs."""
    f, g = strategies.arrays(20, 9, m, seed=m)
    g[m + 1 :] = g[0]
    f[m + 1 :] = f[0]
    found = rc.Representations(f, g).diversity()
    assert found.holds
    assert set(found.labels) == set(range(1, m + 1))
    assert set(found.input_set) == set(range(m + 1))


def test_diversity_fails_where_representations_lie_in_a_subspace():
    f, g = strategies.arrays(20, 6, 3, seed=0)
    flat_f, flat_g = f.copy(), g.copy()
    flat_f[:, 2], flat_g[:, 2] = flat_f[:, 0], flat_g[:, 0] + flat_g[:, 1]
    on_f, on_g = rc.Representations(flat_f, g).diversity(), rc.Representations(f, flat_g).diversity()
    assert not on_f.holds
    assert np.isinf(on_f.input_condition)
    assert np.isfinite(on_f.label_condition)
    assert not on_g.holds
    assert np.isinf(on_g.label_condition)
    assert np.isfinite(on_g.input_condition)
    assert (
        not rc.Representations(f, g).diversity(pivot=0, labels=[0, 1, 2]).holds
    )  # the pivot among the labels


# -- linear twins ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), strategies.seeds, st.floats(1.0, 100.0))
def test_a_linear_twin_has_the_same_distribution_and_is_found_again(m, seed, condition):
    model = strategies.model(12, m + 2, m, seed)
    matrix = rc.random_linear_map(m, condition=condition, seed=seed)
    shift = np.random.default_rng(seed).standard_normal(m)
    twin = model.linear_twin(matrix, shift)
    assert np.allclose(twin.embeddings, model.embeddings @ matrix.T, rtol=1e-12, atol=1e-12 * condition)
    tolerance = condition * (strategies.logit_rounding(model) + strategies.logit_rounding(twin))
    assert np.abs(twin.log_probs() - model.log_probs()).max() <= tolerance
    # Theorem 2.2: f(x) = A f'(x) with A = L^{-T} L'^T, so here the map back is the inverse of `matrix`.
    labels = model.diversity().labels
    big_l, big_l_twin = (x.label_matrix(0, labels) for x in (model, twin))
    back = np.linalg.solve(big_l.T, big_l_twin.T)
    assert np.allclose(back @ matrix, np.eye(m), atol=1e-12 * condition**2 * np.linalg.cond(big_l))


def test_a_linear_twin_keeps_labels_and_adds_the_shift():
    f, g = strategies.arrays(5, 4, 2, seed=0)
    twin = rc.Representations(f, g, [0, 1, 2, 3, 0]).linear_twin(np.eye(2), torch.tensor([1.0, 2.0]))
    assert np.allclose(twin.unembeddings, g + np.array([1.0, 2.0]), rtol=1e-15)
    assert twin.labels is not None
    assert twin.labels.tolist() == [0, 1, 2, 3, 0]


# -- what goes in ----------------------------------------------------------------------------------------------------

# Ways to write down the same numbers, and the library that the model's arrays then are of.
WRITTEN = {
    "rows first": (np.asarray, "numpy"),
    "columns first": (np.asfortranarray, "numpy"),
    "with gaps": (lambda x: np.repeat(x, 2, axis=0)[::2], "numpy"),
    "bytes in the other order": (lambda x: x.astype(x.dtype.newbyteorder()), "numpy"),
    "a masked array without masked entries": (np.ma.array, "numpy"),
    "lists": (np.ndarray.tolist, "numpy"),
    "a list of tuples": (lambda x: [tuple(row) for row in x], "numpy"),
    "a tensor": (torch.from_numpy, "torch"),
    "a tensor with gradients": (lambda x: torch.from_numpy(x).requires_grad_(), "torch"),
    "a transposed tensor": (lambda x: torch.from_numpy(x.T.copy()).T, "torch"),
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("written", WRITTEN)
def test_the_same_numbers_give_the_same_model_in_their_library(written, dtype):
    convert, library = WRITTEN[written]
    f, g = (x.astype(dtype) for x in strategies.arrays(20, 6, 2, seed=0))
    expected = rc.Representations(f.astype(np.float64), g.astype(np.float64))
    found = rc.Representations(convert(f), convert(g), (np.arange(20) % 6).tolist(), g[:, 0])
    for one, other in ((found.embeddings, f), (found.unembeddings, g), (found.bias, g[:, 0])):
        assert kind_of(one) == library
        assert type(one) is {"numpy": np.ndarray, "torch": torch.Tensor}[library]
        assert str(one.dtype).endswith("float64")
        assert not getattr(one, "requires_grad", False)
        assert np.array_equal(np.asarray(one), other.astype(np.float64))
    without_bias = rc.Representations(convert(f), convert(g))
    assert np.asarray(without_bias.log_probs()) == pytest.approx(expected.log_probs(), rel=1e-13, abs=1e-14)


@every_kind
def test_what_a_model_gives_is_in_the_library_of_its_arrays(kind):
    f, g = strategies.arrays(20, 6, 2, seed=0)
    bias = np.linspace(-1.0, 1.0, 6)
    expected = rc.Representations(f, g, np.arange(20) % 6, bias)
    model = converted(expected, kind)
    twin, same = model.linear_twin(np.eye(2), [1.0, 2.0]), model.identifiable()
    pairs = [
        (model.embeddings, f),
        (model.unembeddings, g),
        (model.labels, np.arange(20) % 6),
        (model.bias, bias),
        (model.log_normaliser, expected.log_normaliser),
        (model.mean_log_prob, expected.mean_log_prob),
        (model.log_probs(), expected.log_probs()),
        (model.predictions(), expected.predictions()),
        (twin.unembeddings, g + np.array([1.0, 2.0])),
        (same.log_probs(), expected.log_probs()),
        (same.labels, expected.labels),
    ]
    for found, other in pairs:
        assert kind_of(found) == kind
        assert np.asarray(found) == pytest.approx(other, rel=1e-12, abs=1e-13)
    assert "int64" in str(model.predictions().dtype)
    assert "int64" in str(model.labels.dtype)
    assert model.accuracy() == expected.accuracy()
    assert model.loss() == pytest.approx(expected.loss(), rel=1e-13)
    assert model.rank == expected.rank == 2
    found, other = model.diversity(), expected.diversity()
    assert (found.holds, found.labels, found.input_set) == (True, other.labels, other.input_set)
    assert found.label_condition == pytest.approx(other.label_condition, rel=1e-12)


@every_kind
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_holds_the_same_numbers_from_any_library(tmp_path, kind, suffix):
    model = rc.Representations(*strategies.arrays(7, 4, 3, seed=0), np.arange(7) % 4, np.arange(4.0))
    read = rc.load(converted(model, kind).save(tmp_path / f"model{suffix}"))
    for name in ("embeddings", "unembeddings", "labels", "bias"):
        assert type(getattr(read, name)) is np.ndarray
        assert np.array_equal(getattr(read, name), getattr(model, name))


@every_kind
def test_numpy_joins_the_other_library(kind):
    """Unembeddings, bias, labels, a matrix or a second model may be NumPy's beside any library's embeddings."""
    f, g = strategies.arrays(20, 6, 2, seed=0)
    bias, labels = np.linspace(-1.0, 1.0, 6), np.arange(20) % 6
    convert = FROM_NUMPY[kind]
    for embeddings, unembeddings in ((convert(f), g), (f, convert(g))):
        model = rc.Representations(embeddings, unembeddings, labels, bias)
        for array in (model.embeddings, model.unembeddings, model.labels, model.bias):
            assert kind_of(array) == kind
    a, b = rc.Representations(f, g), strategies.model(seed=1)
    expected = dict(rc.compare(a, b).rows())
    for one, other in ((converted(a, kind), b), (a, converted(b, kind))):
        assert dict(rc.compare(one, other).rows()) == pytest.approx(expected, rel=1e-11)


def test_two_libraries_that_are_not_numpy_are_not_mixed():
    f, g = strategies.arrays(20, 6, 2, seed=0)
    tensors, strict = (FROM_NUMPY[kind] for kind in ("torch", "array_api_strict"))
    with pytest.raises(
        TypeError, match=r"^unembeddings: found an array of array_api_strict, expected torch as embeddings"
    ):
        rc.Representations(tensors(f), strict(g))
    with pytest.raises(TypeError, match=r"^bias: found an array of torch, expected array_api_strict"):
        rc.Representations(strict(f), g, bias=tensors(g[:, 0]))
    a, b = (converted(rc.Representations(f, g), kind) for kind in ("torch", "array_api_strict"))
    for measure in (rc.kl_divergence, rc.llv_distance, rc.representation_distance, rc.compare):
        with pytest.raises(TypeError, match=r"^b: found an array of array_api_strict, expected torch as a"):
            measure(a, b)
    for measure in (rc.mean_cca, rc.svd_dissimilarity):
        with pytest.raises(TypeError, match=r"^w: found an array of array_api_strict, expected torch as z"):
            measure(tensors(f), strict(f))


@pytest.mark.parametrize("enabled", [False, True])
def test_jax_must_have_64_bit_numbers(monkeypatch, enabled):
    """With a stand-in for JAX: what tells one of its arrays, and its setting."""
    jax = types.SimpleNamespace(config=types.SimpleNamespace(jax_enable_x64=enabled))
    monkeypatch.setitem(sys.modules, "jax", jax)
    monkeypatch.setattr(arrays, "is_jax_array", lambda x: kind_of(x) == "array_api_strict")
    f, g = map(FROM_NUMPY["array_api_strict"], strategies.arrays(20, 6, 2, seed=0))
    if enabled:
        assert kind_of(rc.Representations(f, g).embeddings) == "array_api_strict"
        return
    line = re.escape('jax.config.update("jax_enable_x64", True)')
    with pytest.raises(TypeError, match=rf"^embeddings: found a JAX array while JAX has no 64-bit .*{line}"):
        rc.Representations(f, g)


def test_bfloat16_is_widened_exactly():
    f, g = (torch.from_numpy(x).to(torch.bfloat16) for x in strategies.arrays(20, 6, 2, seed=0))
    assert torch.equal(rc.Representations(f, g).embeddings, f.double())


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.uint64])
@every_kind
def test_labels_of_any_integer_type(dtype, kind):
    f, g = strategies.arrays(4, 3, 2, seed=0)
    labels = FROM_NUMPY[kind](np.array([2, 0, 1, 2], dtype))
    model = rc.Representations(f, g, labels)  # beside the embeddings, whatever their own library
    assert model.labels is not None
    assert model.labels.dtype == np.int64
    assert model.labels.tolist() == [2, 0, 1, 2]


@every_kind
def test_arrays_are_copied(kind):
    f, g = map(FROM_NUMPY[kind], strategies.arrays(4, 3, 2, seed=0))
    labels = FROM_NUMPY[kind](np.array([0, 1, 2, 0]))
    model = rc.Representations(f, g, labels)
    kept = (model.embeddings, model.unembeddings, model.labels)
    before = [np.asarray(x).copy() for x in kept]
    f[:, :], g[:, :], labels[:] = 7.0, 7.0, 1
    assert all(np.array_equal(np.asarray(x), y) for x, y in zip(kept, before, strict=True))


@every_kind
def test_measures_leave_arrays_alone(kind):
    a, b = (converted(strategies.model(seed=seed), kind) for seed in (0, 1))
    held = [x for model in (a, b) for x in (model.embeddings, model.unembeddings, model.log_probs())]
    before = [np.asarray(x).copy() for x in held]
    rc.compare(a, b)
    rc.llv_distance(a, b, input_set="exact")
    held = [x for model in (a, b) for x in (model.embeddings, model.unembeddings, model.log_probs())]
    assert all(np.array_equal(np.asarray(x), y) for x, y in zip(held, before, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_on_a_gpu_stays_there():
    f, g = (torch.from_numpy(x) for x in strategies.arrays(20, 6, 2, seed=0))
    host, device = rc.Representations(f, g, np.arange(20) % 6), rc.Representations(f.cuda(), g.cuda())
    assert device.embeddings.is_cuda
    assert device.log_probs().is_cuda
    assert device.linear_twin(np.eye(2), np.ones(2)).unembeddings.is_cuda
    assert torch.allclose(device.log_probs().cpu(), host.log_probs(), rtol=1e-13, atol=1e-13)
    with pytest.raises(
        ValueError, match=r"^unembeddings: found on cpu, expected cuda:0, where embeddings is"
    ):
        rc.Representations(f.cuda(), g)
    with pytest.raises(ValueError, match=r"^b: found on cpu, expected cuda:0"):
        rc.kl_divergence(device, host)
    # NumPy's arrays have no place of their own, and follow.
    assert rc.Representations(f.cuda(), g.numpy()).unembeddings.is_cuda
    assert rc.kl_divergence(device, rc.Representations(f.numpy(), g.numpy())) <= 1e-15


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("as_path", [str, Path])
def test_files_round_trip_bit_by_bit(tmp_path, suffix, labelled, as_path):
    f, g = strategies.arrays(7, 4, 3, seed=0)
    labels = np.arange(7) % 4 if labelled else None
    model = rc.Representations(f, g, labels)
    written = model.save(as_path(tmp_path / f"model{suffix}"))
    assert written == tmp_path / f"model{suffix}"
    found = rc.load(as_path(written))
    assert np.array_equal(found.embeddings, model.embeddings)
    assert np.array_equal(found.unembeddings, model.unembeddings)
    assert (found.labels is None) == (not labelled)
    if labelled:
        assert found.labels.tolist() == labels.tolist()
    model.linear_twin(2 * np.eye(3)).save(written)  # over an older file
    assert np.array_equal(rc.load(written).embeddings, 2 * model.embeddings)
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_saved_file_has_the_usual_permissions(tmp_path, suffix):
    usual = tmp_path / "usual"
    usual.touch()
    saved = strategies.model().save(tmp_path / f"model{suffix}")
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_files_of_others(tmp_path):
    """Lower precision, small label types, additional arrays and uncompressed archives are all welcome."""
    f, g = strategies.arrays(7, 4, 3, seed=0)
    arrays = {
        "embeddings": f.astype(np.float32),
        "unembeddings": g.astype(np.float16),
        "labels": (np.arange(7) % 4).astype(np.uint8),
        "epoch": np.array(3),
    }
    np.savez(tmp_path / "other.npz", **arrays)
    tensors = {name: torch.from_numpy(np.array(x)) for name, x in arrays.items()}
    save_file(tensors, tmp_path / "other.safetensors")
    for suffix in SUFFIXES:
        found = rc.load(tmp_path / f"other{suffix}")
        assert np.array_equal(found.embeddings, f.astype(np.float32))
        assert np.array_equal(found.unembeddings, g.astype(np.float16))
        assert found.labels is not None
        assert found.labels.tolist() == [0, 1, 2, 3, 0, 1, 2]


def _fail(*_args, **_kwargs):
    raise OSError("no space left")


def _write_half(target: Path, _data: bytes) -> None:
    with target.open("wb") as stream:
        stream.write(b"half")
    raise OSError("no space left")


@pytest.mark.parametrize(
    ("suffix", "owner", "function", "failure"),
    [
        (".npz", np, "savez_compressed", _fail),
        (".safetensors", array_files, "save", _fail),
        *((suffix, Path, "write_bytes", _write_half) for suffix in SUFFIXES),
        *((suffix, files.os, "replace", _fail) for suffix in SUFFIXES),
    ],
    ids=[
        "npz-serialise",
        "safetensors-serialise",
        *(f"{x}-{s[1:]}" for x in ("write", "rename") for s in SUFFIXES),
    ],
)
def test_a_failed_save_leaves_the_older_file_and_nothing_else(
    tmp_path, monkeypatch, suffix, owner, function, failure
):
    target = strategies.model().save(tmp_path / f"model{suffix}")
    before = target.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(owner, function, failure)
        with pytest.raises(OSError, match="no space left"):
            strategies.model(seed=1).save(target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_interrupted_save_leaves_the_older_file(tmp_path, monkeypatch, suffix):
    def interrupted(target: Path, _data: bytes) -> None:
        with target.open("wb") as stream:
            stream.write(b"half")
        raise KeyboardInterrupt

    target = strategies.model().save(tmp_path / f"model{suffix}")
    before = target.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            strategies.model(seed=1).save(target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_two_saves_at_once_do_not_share_a_temporary_file(tmp_path, monkeypatch):
    names = []
    write = Path.write_bytes
    monkeypatch.setattr(
        Path, "write_bytes", lambda target, data: (names.append(target.name), write(target, data))
    )
    for _ in range(2):
        strategies.model().save(tmp_path / "model.npz")
    assert len(set(names)) == 2
    assert all(uuid.UUID(name.removeprefix(files.TEMPORARY)) for name in names)
