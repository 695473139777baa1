"""Linear probes for tasks that training did not have, fitted on one network and carried over to another.

Half of the inputs fit a probe, tell how closely the log-ratios of two networks agree, and give the map and its bound;
the other half says how good the probe is, on its own network and carried over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from repsim_core.beyond_standard import to_numpy
from repsim_core.datasets.cifar_files import CLASS_NAMES
from repsim_core.datasets.properties import COLOUR_PROPERTIES, GREY_PROPERTIES, above_median
from repsim_core.measures.label_pairs import least_transfer_bounds
from repsim_core.measures.linear_maps import TransferBound, transfer_bound
from repsim_core.measures.pairs import ModelPair, Pivot
from repsim_core.measures.sets import choose_sets
from repsim_core.representations import Representations
from repsim_core.studies.shown_models import at_inputs

# Of a property: how a task is called that asks whether it is above its median.
HIGH = "_high"
# What stands behind the words of the property then.
ABOVE = ", above median"
# By data set, the labels that a function of the label is 1 for; for the others it is -1.
LABEL_TASKS: dict[str, dict[str, tuple[int, ...]]] = {
    "cifar10": {"animal": (2, 3, 4, 5, 6, 7), "flies": (0, 2)},
    "digits": {"curved": (0, 2, 3, 5, 6, 8, 9), "even": (0, 2, 4, 6, 8)},
}
# By data set, what the labels stand for.
LABEL_NAMES = {"cifar10": CLASS_NAMES, "digits": tuple("0123456789")}
# What tasks are called in tables and figures.
TASKS = {
    "brightness": "brightness",
    "red_minus_blue": "red − blue",
    "saturation": "saturation",
    "texture": "texture",
    "sky_share": "share of sky",
    "loops": "loops",
    "slant": "slant",
    "ink": "ink",
    "animal": "animal or vehicle",
    "flies": "flies or not",
    "curved": "curved digit",
    "even": "even digit",
}
TASKS |= {
    name + HIGH: words + ABOVE
    for name, words in TASKS.items()
    if not any(name in own for own in LABEL_TASKS.values())
}
OF_LABEL = tuple(name for own in LABEL_TASKS.values() for name in own)
# Of the networks of images and of those of digits.
COLOUR_TASKS, DIGIT_TASKS = (
    (*own, *(name + HIGH for name in own), *LABEL_TASKS[data])
    for own, data in ((COLOUR_PROPERTIES, "cifar10"), (GREY_PROPERTIES, "digits"))
)


@dataclass(frozen=True)
class Task:
    """Something to be read from embeddings.

    Attributes:
        name: in `TASKS`.
        targets: of each input; 1 and -1 where it is binary.
        binary: whether it is a yes or a no.
    """

    name: str
    targets: Float64[np.ndarray, " N"]
    binary: bool


def tasks_of(
    properties: Mapping[str, Float64[np.ndarray, " N"]],
    labels: Int64[np.ndarray, " N"],
    functions: Mapping[str, Collection[int]],
) -> list[Task]:
    """Each property, whether it is above its median, and functions of the label.

    Args:
        properties: by name, of each input.
        labels: true labels.
        functions: by name, for which labels they are 1.
    """
    found = [Task(name, values, False) for name, values in properties.items()]
    found += [
        Task(name + HIGH, np.where(above_median(values), 1.0, -1.0), True)
        for name, values in properties.items()
    ]
    found += [
        Task(name, np.where(np.isin(labels, list(own)), 1.0, -1.0), True) for name, own in functions.items()
    ]
    return found


def halves(count: int, seed: int = 0) -> tuple[Int64[np.ndarray, " fit"], Int64[np.ndarray, " held"]]:
    """The inputs that probes are fitted on, and the others, drawn at random.

    Args:
        count: inputs, at least 2.
        seed: of the draw.
    """
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[: count // 2]), np.sort(order[count // 2 :])


@dataclass(frozen=True)
class Probe:
    """s = v·f + c, in the notation of `transfer_bound`.

    Attributes:
        vector: v, shape (M,).
        constant: c.
    """

    vector: Float64[np.ndarray, " M"]
    constant: float

    def __call__(self, embeddings: Float64[np.ndarray, "n M"]) -> Float64[np.ndarray, " n"]:
        """Its values."""
        return embeddings @ self.vector + self.constant


def fit_probe(embeddings: Float64[np.ndarray, "n M"], targets: Float64[np.ndarray, " n"]) -> Probe:
    """The probe with the least mean squared error on these inputs; of several the one with the shortest v."""
    mean, middle = embeddings.mean(axis=0), float(targets.mean())
    vector = np.linalg.lstsq(embeddings - mean, targets - middle)[0]
    return Probe(vector, middle - float(mean @ vector))


def carried(probe: Probe, bound: TransferBound) -> Probe:
    """The probe of the other model that `transfer_bound` carries the probe over to."""
    return Probe(to_numpy(bound.vector), bound.constant + probe.constant)


def explained(targets: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """R² on these inputs: 1 - (mean squared error)/(variance of the targets); negative where a constant is better."""
    return 1.0 - float(((targets - values) ** 2).sum() / ((targets - targets.mean()) ** 2).sum())


def error_share(targets: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """The share of inputs whose value has another sign than the target."""
    return float((targets * values <= 0).mean())


def own_probes(model: Representations, tasks: list[Task], seed: int = 0) -> pd.DataFrame:
    """How good each task's probe is on its own model: a row a task.

    Args:
        model: with the tasks' inputs.
        tasks: all of them.
        seed: of `halves`.

    Returns:
        Columns task; fit_r2, R² on the inputs of the fit; and on those held back r2, error (NaN where the task is not
        binary), and constant_error, the error of the more frequent answer.
    """
    fit, held = halves(model.num_inputs, seed)
    f = to_numpy(model.embeddings)
    rows = []
    for task in tasks:
        probe = fit_probe(f[fit], task.targets[fit])
        fit_r2 = explained(task.targets[fit], probe(f[fit]))
        targets, values = task.targets[held], probe(f[held])
        own = {"task": task.name, "fit_r2": fit_r2, "r2": explained(targets, values)}
        rows.append(own | _errors(task, targets, values))
    return pd.DataFrame(rows)


def _errors(
    task: Task, targets: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]
) -> dict[str, float]:
    if not task.binary:
        return {"error": np.nan, "constant_error": np.nan}
    usual = float((targets > 0).mean())
    return {"error": error_share(targets, values), "constant_error": min(usual, 1 - usual)}


def transfers(
    a: Representations, b: Representations, tasks: list[Task], *, seed: int = 0, pivot: Pivot | None = None
) -> pd.DataFrame:
    """What becomes of each task's probe of a, carried over to b: a row a task.

    Args:
        a, b: two models with the tasks' inputs.
        tasks: all of them.
        seed: of `halves`.
        pivot: as for `transfer_bound`; searched once for all tasks where it is None.

    Returns:
        Columns task; beta, rms, best_rms and deviation, as of `transfer_bound` on the inputs of the fit; held_rms, the
        root mean squared difference of the probe and the carried one on those held back, and there r2 and error of
        the carried one.
    """
    fit, held = halves(a.num_inputs, seed)
    first, second = at_inputs(a, fit), at_inputs(b, fit)
    if pivot is None:
        pair = ModelPair(first, second)
        pivot = choose_sets(pair, labels="all", input_set=range(pair.dim + 1)).pivot
    f, f_other = to_numpy(a.embeddings), to_numpy(b.embeddings)
    rows = []
    for task in tasks:
        probe = fit_probe(f[fit], task.targets[fit])
        bound = transfer_bound(first, second, probe.vector, pivot=pivot)
        values, targets = carried(probe, bound)(f_other[held]), task.targets[held]
        rows.append(
            {
                "task": task.name,
                "beta": bound.beta,
                "rms": bound.rms,
                "best_rms": bound.best_rms,
                "deviation": bound.deviation,
                "held_rms": float(np.sqrt(((probe(f[held]) - values) ** 2).mean())),
                "r2": explained(targets, values),
                "error": _errors(task, targets, values)["error"],
            }
        )
    return pd.DataFrame(rows)


def bounds_of_pairs(
    a: Representations, b: Representations, tasks: list[Task], seed: int = 0
) -> Float64[np.ndarray, " tasks"]:
    """The bound on each task's probe over the log-ratios of all pairs of labels (`least_transfer_bounds`), on the
    inputs of the fit; arguments are those of `transfers`."""
    fit, _ = halves(a.num_inputs, seed)
    f = to_numpy(a.embeddings)[fit]
    vectors = np.stack([fit_probe(f, task.targets[fit]).vector for task in tasks])
    return least_transfer_bounds(at_inputs(a, fit), at_inputs(b, fit), vectors)
