"""Stitched models: exact where nothing differs, extrapolated as the proposition says, and no worse with more data."""

import numpy as np
import pytest
import strategies
from hypothesis import assume, given
from hypothesis import strategies as st

import repsim_core as rc
from repsim_core.measures.linear_maps import LinearMap, linear_map
from repsim_core.studies.inputs import stitching
from repsim_core.studies.inputs.stitching import (
    ALL_LABELS,
    BEST_SET,
    FITTED,
    ONE_SET,
    SCALED,
    extrapolation,
    stitched,
    stitchings,
)


def log_ratios(model: rc.Representations) -> np.ndarray:
    """Against label 0, centred over the inputs."""
    u = model.embeddings @ model.unembeddings.T
    r = u - u[:, :1]
    return r - r.mean(axis=0)


@given(strategies.kinds, strategies.seeds, st.integers(1, 4), st.integers(0, 4))
def test_labels_outside_the_set_are_extrapolated(kind, seed, m, more):
    """The log-ratios of the set are those of b, and any other label's sum gamma_yi r'_i: the proposition."""
    a, b = strategies.make_pair(kind, 20, m + 1 + more, m, seed)
    labels = (0, *range(1, m + 1))
    assume(np.linalg.cond(np.asarray(a.unembeddings)[1 : m + 1] - np.asarray(a.unembeddings)[0]) < 1e4)
    found = stitched(a, b, linear_map(a, b, pivot=0, labels=labels[1:]))
    own, theirs, of_a = (log_ratios(model) for model in (found, b, a))
    size = np.abs(own).max() + np.abs(theirs).max() + np.abs(of_a).max()
    assert np.allclose(own[:, 1 : m + 1], theirs[:, 1 : m + 1], atol=1e-8 * size)
    gamma = extrapolation(a, labels)
    assert gamma.shape == (more, m)
    assert np.allclose(own[:, m + 1 :], theirs[:, 1 : m + 1] @ gamma.T, atol=1e-8 * size)
    misfits = (theirs - of_a)[:, 1 : m + 1]
    gaps = (own - of_a)[:, m + 1 :].std(axis=0, ddof=1)
    assert (gaps <= np.abs(gamma) @ misfits.std(axis=0, ddof=1) + 1e-8 * size).all()


def test_a_twin_is_stitched_without_a_trace():
    a, _ = stitching.noisy_twins(3, labels=12, inputs=200, noise=0.0, seed=1)
    twin = a.linear_twin(rc.random_linear_map(3, seed=2))
    labelled = [rc.Representations(m.embeddings, m.unembeddings, a.predictions()) for m in (a, twin)]
    rows = stitchings(*labelled, [50], most=5)
    assert set(rows["kind"]) == {*stitching.KINDS, "a itself", "b itself"}
    assert rows["d_kl"].max() < 1e-9
    assert rows["agreement"].min() == rows["accuracy"].min() == 1.0


def test_ways_are_ranked_as_they_should_be():
    rows = stitching.by_dimension([16], labels=64, inputs=600, noise=0.1, sets=10).set_index("kind")
    d_kl = rows["d_kl"].groupby(level=0).median()
    assert d_kl[ALL_LABELS] < d_kl[BEST_SET] < d_kl[ONE_SET]
    assert abs(d_kl[FITTED] - d_kl[ALL_LABELS]) < 0.3 * d_kl[ALL_LABELS]
    assert d_kl[SCALED] < 1.2 * d_kl[ALL_LABELS]
    assert rows.loc[ONE_SET, "condition"].min() >= rows.loc[BEST_SET, "condition"]


def test_a_trained_map_is_the_best_on_its_inputs():
    """No other affine map near it has a smaller divergence there, least squares and the one without data included."""
    a, b = stitching.noisy_twins(3, labels=9, inputs=300, noise=0.4, seed=2)
    found = stitching.fitted_map(a, b, range(300))
    least = rc.kl_divergence(a, stitched(a, b, found))
    x = np.column_stack([b.embeddings, np.ones(300)])
    squares = np.linalg.lstsq(x, np.asarray(a.embeddings))[0]
    others = [linear_map(a, b), LinearMap(squares[:-1].T, squares[-1], "", 0.0)]
    rng = np.random.default_rng(0)
    others += [
        LinearMap(found.matrix + 0.02 * rng.standard_normal((3, 3)), found.shift, "", 0.0) for _ in range(20)
    ]
    assert all(rc.kl_divergence(a, stitched(a, b, other)) > least for other in others)


def test_a_trained_map_knows_the_heads_bias():
    a, b = stitching.noisy_twins(2, labels=5, inputs=100, noise=0.0, seed=3)
    biased = rc.Representations(a.embeddings, a.unembeddings, bias=[0.0, 3.0, -1.0, 2.0, 0.5])
    found = stitching.fitted_map(biased, b, range(100))
    assert rc.kl_divergence(biased, stitched(biased, b, found)) < 1e-5


def test_inputs_for_fitting_are_not_those_of_the_table():
    a, b = stitching.noisy_twins(2, labels=6, inputs=40, noise=0.3)
    with pytest.raises(ValueError, match="counts: found 21, expected at most half of the inputs, 20"):
        stitchings(a, b, [21])
    assert stitchings(a, b, [5, 20], seed=3).equals(stitchings(a, b, [5, 20], seed=3))


def test_all_pairs_in_both_directions():
    models = {i: stitching.noisy_twins(2, labels=5, inputs=30, noise=0.2, seed=i)[1] for i in range(3)}
    found = stitching.all_stitchings(models, [10], most=4)
    assert len(found[["seed_a", "seed_b"]].drop_duplicates()) == 6
    assert (found.groupby("kind").size() == 6).all()
