"""What the chapter states of measures and groups of networks."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.measures.group_separation import auprc, violation_rate
from repsim_core.representations import Representations


@st.composite
def pairs_of_models(draw):
    """Two models of the same inputs, of any confidence, now and then equal ones."""
    seed = draw(st.integers(0, 2**30))
    n, k, scale = draw(st.integers(2, 12)), draw(st.integers(2, 6)), draw(st.floats(0.05, 20))
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    first, other = (
        Representations(scale * rng.normal(size=(n, 2)), rng.normal(size=(k, 2)), labels) for _ in "ab"
    )
    return first, draw(st.sampled_from([other, first]))


@given(pairs_of_models())
def test_measures_of_outputs_see_scores(pair):
    """thm-transfer-groups-outputs."""
    a, b = pair
    agreement = float((a.predictions() == b.predictions()).mean())
    assert 1 - agreement >= abs(a.accuracy() - b.accuracy()) - 1e-12
    assert math.sqrt(2) * rc.logit_distance(a, b) >= abs(a.loss() - b.loss()) - 1e-9
    rows = np.arange(len(a.labels))
    own, other = (np.exp(np.asarray(m.log_probs()))[rows, m.labels].mean() for m in (a, b))
    for divergence in (rc.kl_divergence(a, b), rc.kl_divergence(b, a)):
        assert divergence >= 2 * (own - other) ** 2 - 1e-9


def test_the_factors_of_outputs_are_best_possible():
    """Two labels with odds e^(±2t): both bounds are reached as t goes to 0, that of d_logit in the limit of a label
    without probability."""
    t = 1e-3
    a, b = (
        Representations(np.array([[s * t], [s * t]]), np.array([[1.0], [-1.0]]), np.array([0, 0]))
        for s in (1, -1)
    )
    p, q = (float(np.exp(np.asarray(m.log_probs()))[0, 0]) for m in (a, b))
    assert abs(rc.kl_divergence(a, b) / (2 * (p - q) ** 2) - 1) < 1e-3
    # The true label has no probability: each nat of its logit is lost.
    a, b = (
        Representations(np.array([[20.0 + s * t]]), np.array([[-1.0], [1.0]]), np.array([0])) for s in (1, -1)
    )
    assert abs(math.sqrt(2) * rc.logit_distance(a, b) / abs(a.loss() - b.loss()) - 1) < 1e-6


def test_measures_of_embeddings_need_not_see_scores():
    """Unembeddings whose labels are exchanged: the same embeddings, no input right that was right before."""
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(40, 2)), rng.normal(size=(5, 2))
    a = Representations(f, g)
    labels = a.predictions()
    a, b = Representations(f, g, labels), Representations(f, np.roll(g, 1, axis=0), labels)
    assert (a.accuracy(), b.accuracy()) == (1.0, 0.0)
    assert rc.mean_cca(f, b.embeddings) > 1 - 1e-12


@given(st.integers(0, 2**30), st.integers(2, 5), st.integers(1, 8))
def test_a_group_apart_in_accuracy_is_told_by_agreement(seed, networks, others):
    """The last sentence of the theorem: disagreement inside below the least accuracy gap across."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=60)

    def predicted(error):
        wrong = (truth + rng.integers(1, 4, size=60)) % 4
        return np.where(rng.uniform(size=60) < error, wrong, truth)

    inside = [predicted(0.02) for _ in range(networks)]
    across = [predicted(0.6) for _ in range(others)]
    apart = [np.mean(a != b) for i, a in enumerate(inside) for b in inside[:i]]
    gaps = [abs(np.mean(a == truth) - np.mean(b == truth)) for a in inside for b in across]
    if max(apart) >= min(gaps):
        return
    crossing = [np.mean(a != b) for a in inside for b in across]
    distances = np.array(apart + crossing)
    kinds = np.repeat([True, False], [len(apart), len(crossing)])[None]
    assert auprc(distances, kinds, ~kinds)[0] == 1.0
    assert violation_rate(distances, kinds, ~kinds)[0] == 0.0
