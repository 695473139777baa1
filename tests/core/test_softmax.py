"""Distributions of many labels: what is summed in blocks is what the whole table gives."""

import numpy as np
import pytest
from array_kinds import FROM_NUMPY, converted, every_kind, kind_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

import repsim_core as rc
from repsim_core import beyond_standard, distribution, softmax
from repsim_core.softmax import Logits, summed, summed_together, weighed


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of a few inputs and labels, so that there are many of them."""
    monkeypatch.setattr(softmax, "_INPUTS", 3)
    monkeypatch.setattr(softmax, "_LABELS", 4)


def model(seed: int, n: int, k: int, m: int, size: float, biased: bool) -> Logits:
    rng = np.random.default_rng(seed)
    f, g = size * rng.normal(size=(n, m)), rng.normal(size=(k, m))
    return Logits(f, g, rng.normal(size=k) if biased else None)


def table(of: Logits) -> np.ndarray:
    return of.embeddings @ of.unembeddings.T + (0.0 if of.bias is None else of.bias)


shapes = st.tuples(st.integers(1, 10), st.integers(2, 13), st.integers(1, 3))


@given(st.integers(0, 2**20), shapes, st.sampled_from([1e-3, 1.0, 30.0, 1e4]), st.booleans())
def test_normaliser_and_predictions_in_blocks(seed, shape, size, biased):
    logits = model(seed, *shape, size, biased)
    found, whole = summed(logits), table(logits)
    largest = whole.max(axis=1)
    assert np.allclose(
        found.log_normaliser, largest + np.log(np.exp(whole - largest[:, None]).sum(axis=1)), rtol=1e-13
    )
    assert (found.predictions == whole.argmax(axis=1)).all()


@given(st.integers(0, 2**20), shapes, st.sampled_from([1e-3, 1.0, 30.0, 1e4]), st.booleans())
def test_probabilities_that_are_kept(seed, shape, size, biased):
    logits = model(seed, *shape, size, biased)
    found, whole = weighed(logits), table(logits)
    expected = summed(logits)
    assert np.allclose(found.sums.log_normaliser, expected.log_normaliser, rtol=1e-14)
    assert (found.sums.predictions == expected.predictions).all()
    log_p = log_softmax(whole, axis=1)
    rounding = 1e-15 * (1 + np.abs(whole).max())
    assert np.allclose(found.probs, np.exp(log_p), rtol=1e-12, atol=rounding)
    assert np.allclose(
        found.negative_entropy, (np.exp(log_p) * log_p).sum(axis=1), rtol=1e-12, atol=10 * rounding
    )


@given(st.integers(0, 2**20), shapes, st.sampled_from([1e-6, 0.1, 3.0]), st.sampled_from([0.1, 1.0, 30.0]))
def test_both_divergences_in_blocks(seed, shape, noise, size):
    a = model(seed, *shape, size, biased=True)
    own = np.random.default_rng(seed + 1)
    b = Logits(*(x + noise * own.normal(size=x.shape) for x in a))
    mine, theirs, there, back = summed_together(a, b)
    for one, other in ((mine, summed(a)), (theirs, summed(b))):
        assert np.allclose(one.log_normaliser, other.log_normaliser, rtol=1e-14)
        assert (one.predictions == other.predictions).all()
    log_p, log_q = (log_softmax(table(each), axis=1) for each in (a, b))
    rounding = 1e-14 * (1 + max(np.abs(log_p).max(), np.abs(log_q).max()))
    assert np.allclose(there, (np.exp(log_p) * (log_p - log_q)).sum(axis=1), rtol=1e-12, atol=rounding)
    assert np.allclose(back, (np.exp(log_q) * (log_q - log_p)).sum(axis=1), rtol=1e-12, atol=rounding)


@every_kind
def test_in_every_library(kind):
    a, b = (model(seed, 7, 11, 2, 1.0, biased=True) for seed in (0, 1))
    expected = summed_together(a, b)
    found = summed_together(*(Logits(*(FROM_NUMPY[kind](x) for x in each)) for each in (a, b)))
    for one, other in zip(
        (*found[0], *found[1], *found[2:]), (*expected[0], *expected[1], *expected[2:]), strict=True
    ):
        assert kind_of(one) == kind
        assert np.allclose(np.asarray(one), other, rtol=1e-13)


def test_the_first_of_two_largest_logits_is_predicted():
    g = np.array([[1.0], [0.0], [1.0], [0.5], [1.0], [1.0]])
    assert summed(Logits(np.ones((4, 1)), g, None)).predictions.tolist() == [0, 0, 0, 0]


def test_the_number_of_threads_changes_no_digit(monkeypatch):
    a, b = (model(seed, 40, 30, 3, 2.0, biased=False) for seed in (0, 1))
    expected = summed_together(a, b)
    monkeypatch.setattr(softmax, "in_threads", lambda work, items, _: [work(item) for item in items])
    alone = summed_together(a, b)
    for one, other in zip(expected, alone, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_work_in_threads_comes_back_in_order():
    assert beyond_standard.in_threads(lambda x: x + 1, range(50), np.zeros(1)) == list(range(1, 51))


@every_kind
@pytest.mark.parametrize("weighed_up_to", [0, 2**24])
def test_models_with_many_labels_are_measured_as_those_with_few(kind, weighed_up_to, monkeypatch):
    rng = np.random.default_rng(3)
    f, g = rng.normal(size=(30, 3)), rng.normal(size=(14, 3))
    pair = [
        rc.Representations(f + noise, g - noise, rng.integers(14, size=30), bias)
        for noise, bias in ((0.0, None), (0.1, np.linspace(0, 1, 14)))
    ]
    pair[1].labels = pair[0].labels
    expected = rc.compare(*pair)
    monkeypatch.setattr(distribution, "_KEPT", 0)
    monkeypatch.setattr(distribution, "_WEIGHED", weighed_up_to)
    anew = [converted(each, kind) for each in pair]
    found = rc.compare(*anew)
    for name, value in expected.measures().items():
        assert (
            getattr(found, name)
            if value is None
            else found.measures()[name] == pytest.approx(value, rel=1e-11)
        )
    assert np.allclose(np.asarray(anew[0].log_probs()), pair[0].log_probs(), atol=1e-13)
    assert anew[1].loss() == pytest.approx(pair[1].loss(), rel=1e-13)
    assert anew[1].accuracy() == pair[1].accuracy()
