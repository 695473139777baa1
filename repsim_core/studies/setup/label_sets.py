"""Every set of M + 1 labels of a model: how well it determines the embeddings, and the map that it gives between two
models (Thm 2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float64

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.linear_maps import linear_map
from repsim_core.representations import Representations

LabelSet = tuple[int, tuple[int, ...]]
"""A pivot and M other labels."""


def label_sets(model: Representations) -> list[LabelSet]:
    """All sets of M + 1 labels, the least as pivot, from the best conditioned L to the worst."""
    every = [(y0, tuple(others)) for y0, *others in combinations(range(model.num_labels), model.dim + 1)]
    return sorted(every, key=lambda chosen: condition(model, chosen))


def condition(model: Representations, chosen: LabelSet) -> float:
    """The condition number of L, its largest over its smallest singular value."""
    return float(np.linalg.cond(to_numpy(model.label_matrix(*chosen))))


def recovered(model: Representations, chosen: LabelSet) -> dict[str, object]:
    """Log-ratios rounded to whole nats, and the embeddings solved from them: L^T f = r.

    Returns:
        pivot, labels, condition of L, error in ratios, error in f (relative errors), factor (of these).
    """
    y0, others = chosen
    log_p, f = to_numpy(model.log_probs()), to_numpy(model.embeddings)
    exact = log_p[:, list(others)] - log_p[:, [y0]]
    rounded = exact.round()
    solved = np.linalg.solve(to_numpy(model.label_matrix(y0, others)).T, rounded.T).T
    in_ratios, in_f = relative_error(rounded, exact), relative_error(solved, f)
    return {
        "pivot": y0,
        "labels": str(list(others)),
        "condition of L": condition(model, chosen),
        "error in ratios": in_ratios,
        "error in f": in_f,
        "factor": in_f / in_ratios,
    }


def relative_error(found: Float64[np.ndarray, "N M"], true: Float64[np.ndarray, "N M"]) -> float:
    """``|found - true| / |true|`` over all rows and columns."""
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))


def theorem_map(
    target: Representations, source: Representations, chosen: LabelSet
) -> Float64[np.ndarray, "M M"]:
    """A = L^{-T} L'^T, with L of the target and L' of the source: f = A f' if both have the same distribution."""
    y0, others = chosen
    return to_numpy(linear_map(target, source, pivot=y0, labels=others).matrix)


def best_map(target: Representations, source: Representations) -> Float64[np.ndarray, "M M"]:
    """The A with the least sum of ``|f(x) - A f'(x)|²``."""
    return np.linalg.lstsq(to_numpy(source.embeddings), to_numpy(target.embeddings))[0].T


def unexplained(
    target: Representations, source: Representations, matrix: Float64[np.ndarray, "M M"]
) -> float:
    """u(A) = sum ``|f(x) - A f'(x)|²`` / sum ``|f(x)|²``, what a matrix leaves of the target's embeddings."""
    f = to_numpy(target.embeddings)
    return relative_error(to_numpy(source.embeddings) @ matrix.T, f) ** 2


def theorem_shares(
    target: Representations, sources: Mapping[str, Representations], sets: Sequence[LabelSet]
) -> pd.DataFrame:
    """u(A) of the theorem's map from each source: a row for each label set, named by its labels, a column a source."""
    found = {
        name: [unexplained(target, source, theorem_map(target, source, chosen)) for chosen in sets]
        for name, source in sources.items()
    }
    return pd.DataFrame(found, index=[" ".join(map(str, (y0, *others))) for y0, others in sets])


def map_table(
    target: Representations, sources: Mapping[str, Representations], shares: pd.DataFrame
) -> pd.DataFrame:
    """What the best matrix leaves unexplained, beside the theorem's: a column a source.

    Args:
        target, sources: the models.
        shares: from `theorem_shares`.
    """
    rows = {
        "least squares": [
            unexplained(target, source, best_map(target, source)) for source in sources.values()
        ],
        "theorem, best label set": shares.min(),
        "theorem, median": shares.median(),
        "theorem, worst label set": shares.max(),
    }
    return pd.DataFrame({name: list(values) for name, values in rows.items()}, index=list(sources)).T


def mapped(
    target: Representations, sources: Mapping[str, tuple[Representations, Float64[np.ndarray, "M M"]]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where matrices take the embeddings of models, and where they should: the first two coordinates.

    Args:
        target: with labels.
        sources: model and matrix by name.

    Returns:
        A row for each source and input (model, x, y, target_x, target_y, label), and the mean of each label.
    """
    f, parts = to_numpy(target.embeddings), []
    for name, (source, matrix) in sources.items():
        at = (to_numpy(source.embeddings) @ matrix.T)[:, :2]
        place = {"x": at[:, 0], "y": at[:, 1], "target_x": f[:, 0], "target_y": f[:, 1]}
        parts.append(pd.DataFrame({"model": name, **place, "label": to_numpy(target.labels)}))
    every = pd.concat(parts)
    return every, every.groupby(["model", "label"], sort=False, as_index=False).mean()


def pushed_unseen(model: Representations, size: float, seed: int) -> tuple[Representations, Representations]:
    """A model of the first M labels alone, one too few, and the same with its embeddings pushed along the direction
    that no difference of unembeddings sees (lemma "Without diversity").

    Args:
        model: with more than M labels.
        size: the deviation of the push.
        seed: of it.
    """
    g = to_numpy(model.unembeddings)[: model.dim]
    few = Representations(to_numpy(model.embeddings), g)
    unseen = np.linalg.svd(to_numpy(few.displaced_unembeddings(0))).Vh[-1]
    push = np.random.default_rng(seed).normal(scale=size, size=(few.num_inputs, 1))
    return few, Representations(to_numpy(few.embeddings) + push * unseen, g)


def largest_difference(a: Representations, b: Representations) -> float:
    """The largest ``|p_a(y|x) - p_b(y|x)|`` over inputs and labels."""
    return float(np.abs(np.exp(to_numpy(a.log_probs())) - np.exp(to_numpy(b.log_probs()))).max())
