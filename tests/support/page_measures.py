"""Pairs of models, what the core measures of them, and how the measures of the pages are asked for the same."""

import math

import numpy as np

import repsim_core as rc
from repsim_core.constructions import one_shared_direction, swapped_normaliser, two_angles

CLOSE = 1e-9
# The measures that `compare.js` and `repsim compare` both name.
NAMES = (
    *(
        "num_inputs",
        "num_labels",
        "dims",
        "ranks",
        "effective_ranks",
        "agreement",
        "d_kl",
        "d_kl_reverse",
        "d_llv",
    ),
    *(
        "label_term",
        "input_term",
        "label_scale_term",
        "input_scale_term",
        "ratio_distance",
        "normaliser_mismatch",
    ),
    *("d_fg", "d_svd_g", "d_svd_all_labels", "mean_cca", "quadratic_bound", "linear_bound", "ratio_bound"),
    *("certificate", "least_d_svd_f", "size", "pivot", "left_out", "labels", "input_set", "label_subsets"),
    *("label_subsets_in_all", "dependent_label_subsets"),
)
# For a page or for Node: what `compare.js` finds, or the message of its error.
ASK = """({ Model, compare }, cases) => cases.map(({ a, b, options }) => {
  const model = ({ embeddings, unembeddings, dim, bias }) => new Model({ embeddings, unembeddings, dim, bias });
  try { return compare(model(a), model(b), options); } catch (error) { return { error: error.message }; }
})"""
Pair = tuple[rc.Representations, rc.Representations]


def _normal(
    seed: int, n: int, k: int, m: int, *, scale: float = 1.0, bias: bool = False
) -> rc.Representations:
    rng = np.random.default_rng(seed)
    f, g = scale * rng.standard_normal((n, m)), rng.standard_normal((k, m))
    return rc.Representations(f, g, bias=rng.standard_normal(k) if bias else None)


def _twin(model: rc.Representations, seed: int) -> rc.Representations:
    turn = rc.random_linear_map(model.dim, seed=seed)
    return rc.Representations(model.embeddings @ turn, model.unembeddings @ np.linalg.inv(turn).T + 0.5)


def _padded(model: rc.Representations) -> rc.Representations:
    """The same distribution with a dead direction and a copy of another."""
    f, g = model.embeddings, model.unembeddings
    f = np.concatenate([f, np.full((len(f), 1), 0.7), f[:, :1]], axis=1)
    g = np.concatenate([g, np.zeros((len(g), 1)), 0.1 * g[:, :1]], axis=1)
    return rc.Representations(f, g)


def _collinear() -> Pair:
    """Three labels in a line with each other: over some pairs of them log-ratios are dependent."""
    a = _normal(60, 40, 6, 2)
    g = a.unembeddings.copy()
    g[3], g[4] = 2 * g[1] - g[2], 3 * g[1] - 2 * g[2]
    a = rc.Representations(a.embeddings, g)
    return a, rc.noisy_copy(_twin(a, 3), 1e-3)


def _equal_labels() -> Pair:
    a = _normal(61, 40, 6, 2)
    g = a.unembeddings.copy()
    g[5] = g[2]
    a = rc.Representations(a.embeddings, g)
    return a, rc.noisy_copy(a, 0.1, seed=2)


def pairs() -> dict[str, tuple[Pair, dict[str, object]]]:
    """Pairs and options of `rc.compare`, by what they are."""
    plane = _normal(0, 40, 7, 2)
    deep = _normal(1, 60, 9, 3)
    few = _normal(2, 30, 3, 2)
    wide, other_wide = _normal(3, 50, 5, 8), _normal(4, 50, 5, 12)
    biased = _normal(5, 40, 6, 2, bias=True), _normal(6, 40, 6, 3, bias=True)
    star = rc.permuted_circles(7, rho=3.0, inputs_per_class=20, seed=3)
    confident = rc.permuted_circles(9, rho=20.0, inputs_per_class=10, seed=4)
    inputs = {"input_set": [1, 7, 30]}
    return {
        "noisy copies": ((plane, rc.noisy_copy(plane, 0.1, seed=1)), inputs),
        "three dimensions": ((deep, rc.noisy_copy(deep, 0.3, seed=2)), {"input_set": [0, 3, 9, 40]}),
        "the same": ((plane, plane), {**inputs, "pivot": 0, "left_out": 1}),
        # Where models agree, rounding would choose.
        "linear twins": ((deep, _twin(deep, 5)), {"input_set": [2, 3, 4, 5], "pivot": 0, "left_out": 1}),
        "K = M + 1": ((few, rc.noisy_copy(few, 0.5, seed=6)), {}),
        "different dimensions": ((deep, _normal(7, 60, 9, 2)), {"input_set": [0, 1, 2]}),
        "more dimensions than labels": ((wide, other_wide), {}),
        "dead directions": ((_padded(plane), rc.noisy_copy(plane, 0.2, seed=8)), inputs),
        "a bias": (biased, {"input_set": [5, 6, 7]}),
        "the star": (star, {"input_set": [0, 50, 100]}),
        "confident": (confident, {"input_set": [0, 33, 66]}),
        "collinear labels": (_collinear(), inputs),
        "equal labels": (_equal_labels(), {"input_set": [1, 2, 3]}),
        "a given pivot": ((plane, rc.noisy_copy(plane, 0.4, seed=9)), {**inputs, "pivot": 3}),
        "given pivot and label": ((plane, _twin(plane, 2)), {**inputs, "pivot": 3, "left_out": 0}),
        "none left out": ((plane, rc.noisy_copy(plane, 0.4, seed=10)), {**inputs, "left_out": "none"}),
        "the mean as pivot": (
            (deep, rc.noisy_copy(deep, 0.4, seed=11)),
            {"pivot": "mean", "input_set": [1, 2, 3, 4]},
        ),
        "all labels": (
            (deep, rc.noisy_copy(deep, 0.4, seed=12)),
            {"labels": "all", "input_set": [1, 2, 3, 4]},
        ),
        "some labels": (
            (deep, rc.noisy_copy(deep, 1.0, seed=13)),
            {"labels": [0, 2, 5, 6], "input_set": [9, 8, 7, 6]},
        ),
        "few inputs": ((_normal(14, 5, 6, 3), _normal(15, 5, 6, 3)), {"input_set": [0, 1, 2, 3]}),
        "normaliser swapped": (
            swapped_normaliser(2, 6, distance=0.3),
            {"pivot": 0, "left_out": "none", "input_set": [0, 1, 2]},
        ),
        "one shared direction": (one_shared_direction(2, 6, eta=0.1, inputs=40), {"input_set": [0, 1, 2]}),
        "two angles": (two_angles(2, sine=0.8), {"pivot": 0, "left_out": "none", "input_set": [0, 1, 2]}),
    }


def measured(pair: Pair, options: dict[str, object]) -> dict[str, object]:
    """What the core finds."""
    found = rc.compare(*pair, **options).to_dict()
    return {**{name: found[name] for name in NAMES}, "d_logit": rc.logit_distance(*pair)}


def asked(pair: Pair, options: dict[str, object], found: dict[str, object]) -> dict[str, object]:
    """The same as the pages are asked; with the input set that the core took, for none is drawn there."""

    def arrays(model: rc.Representations) -> dict[str, object]:
        return {
            "embeddings": model.embeddings.ravel().tolist(),
            "unembeddings": model.unembeddings.ravel().tolist(),
            "dim": model.dim,
            "bias": None if model.bias is None else model.bias.tolist(),
        }

    words = {"pivot": "pivot", "left_out": "leftOut", "labels": "labels"}
    of_labels = {words[name]: value for name, value in options.items() if name in words}
    return {
        "a": arrays(pair[0]),
        "b": arrays(pair[1]),
        "options": {**of_labels, "inputSet": found["input_set"]},
    }


def apart(found: dict[str, object], answer: dict[str, object]) -> dict[str, tuple[object, object]]:
    """The measures on which the two are not equal to rounding."""
    assert "error" not in answer, answer
    return {name: (value, answer[name]) for name, value in found.items() if not _equal(value, answer[name])}


def _equal(value: object, answer: object) -> bool:
    if isinstance(value, list):
        return isinstance(answer, list) and len(value) == len(answer) and all(map(_equal, value, answer))
    if isinstance(value, (int, float)) and isinstance(answer, (int, float)):
        return math.isclose(value, answer, rel_tol=CLOSE, abs_tol=CLOSE)
    return value == answer
