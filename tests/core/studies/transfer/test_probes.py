"""Probes for further tasks: fitted, carried over, and judged on the inputs held back."""

import numpy as np
import pytest
import strategies
from hypothesis import given

import repsim_core as rc
from repsim_core.studies.transfer.probes import (
    HIGH,
    LABEL_TASKS,
    TASKS,
    carried,
    error_share,
    explained,
    fit_probe,
    halves,
    own_probes,
    tasks_of,
    transfers,
)

RNG = np.random.default_rng(0)


def models_and_tasks(count: int = 400):
    """Two models that are nearly equal, and tasks of which one is linear in the first one's embedding."""
    a, b = strategies.make_pair("nearly_equal", count, 7, 2, 0)
    f = np.asarray(a.embeddings)
    properties = {"brightness": f @ [1.0, -2.0] + 3.0, "texture": RNG.standard_normal(count)}
    return a, b, tasks_of(properties, RNG.integers(0, 10, count), LABEL_TASKS["cifar10"])


def test_tasks_are_properties_whether_they_are_large_and_functions_of_the_label():
    tasks = tasks_of({"ink": np.array([1.0, 5.0, 2.0])}, np.array([1, 2, 0]), LABEL_TASKS["digits"])
    found = {task.name: (task.targets.tolist(), task.binary) for task in tasks}
    assert found == {
        "ink": ([1.0, 5.0, 2.0], False),
        "ink" + HIGH: ([-1.0, 1.0, -1.0], True),
        "curved": ([-1.0, 1.0, 1.0], True),
        "even": ([-1.0, 1.0, 1.0], True),
    }
    assert set(found) <= set(TASKS)


@given(strategies.seeds)
def test_halves_are_all_inputs_and_share_none(seed):
    fit, held = halves(11, seed)
    assert sorted([*fit, *held]) == list(range(11))
    assert len(fit) == 5


@given(strategies.seeds)
def test_no_other_probe_has_a_smaller_error_on_its_inputs(seed):
    rng = np.random.default_rng(seed)
    f, y = rng.normal(size=(30, 3)) + 5, rng.normal(size=30)
    probe = fit_probe(f, y)
    least = ((y - probe(f)) ** 2).sum()
    for _ in range(10):
        other = f @ (probe.vector + 0.1 * rng.normal(size=3)) + probe.constant + 0.1 * rng.normal()
        assert ((y - other) ** 2).sum() >= least
    assert 0 <= explained(y, probe(f)) <= 1


def test_a_constant_explains_nothing_and_signs_are_counted():
    y = np.array([1.0, -1.0, 1.0, -1.0])
    assert explained(y, np.zeros(4)) == 0.0
    assert explained(y, y) == 1.0
    assert error_share(y, np.array([2.0, -0.1, -1.0, 0.0])) == 0.5


def test_a_task_that_is_linear_in_the_embedding_is_explained_on_its_own_network():
    a, _, tasks = models_and_tasks()
    found = own_probes(a, tasks).set_index("task")
    assert found.loc["brightness", "r2"] == pytest.approx(1.0)
    assert found.loc["texture", "r2"] < 0.05
    assert found["error"].isna().tolist() == [not task.binary for task in tasks]
    assert (found["constant_error"].dropna() <= 0.5).all()


def test_what_is_carried_over_is_within_the_bound_and_has_the_figures_that_are_told():
    a, b, tasks = models_and_tasks()
    found = transfers(a, b, tasks).set_index("task")
    assert (found["rms"] <= found["beta"]).all()
    assert (found["best_rms"] <= found["rms"] * (1 + 1e-9)).all()
    assert (found["best_rms"] <= found["deviation"] * (1 + 1e-9)).all()
    # The first task by hand.
    fit, held = halves(a.num_inputs)
    f, f_other = np.asarray(a.embeddings), np.asarray(b.embeddings)
    first, second = (rc.Representations(x[fit], m.unembeddings) for x, m in ((f, a), (f_other, b)))
    probe = fit_probe(f[fit], tasks[0].targets[fit])
    bound = rc.transfer_bound(first, second, probe.vector)
    assert found.loc["brightness", "beta"] == pytest.approx(bound.beta)
    values = carried(probe, bound)(f_other)
    there = np.sqrt(((probe(f[fit]) - values[fit]) ** 2).sum() / (len(fit) - 1))
    assert there == pytest.approx(found.loc["brightness", "rms"])
    assert np.sqrt(((probe(f[held]) - values[held]) ** 2).mean()) == pytest.approx(
        found.loc["brightness", "held_rms"]
    )
    assert found.loc["brightness", "r2"] == pytest.approx(explained(tasks[0].targets[held], values[held]))


def test_a_twin_keeps_every_probe():
    a, _, tasks = models_and_tasks()
    twin = a.linear_twin(rc.random_linear_map(2, seed=1))
    found, own = transfers(a, twin, tasks).set_index("task"), own_probes(a, tasks).set_index("task")
    assert found["r2"].to_numpy() == pytest.approx(own["r2"].to_numpy(), abs=1e-9)
    assert (found["beta"] <= 1e-5 * found["deviation"]).all()
