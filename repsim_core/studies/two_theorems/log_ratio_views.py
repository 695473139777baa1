"""Log-ratios of two models as figures of the chapter "Two theorems" show them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float64

from repsim_core.beyond_standard import to_numpy
from repsim_core.representations import Representations
from repsim_core.wording import significant


def standardised(model: Representations, pivot: int) -> Float64[np.ndarray, "N ratios"]:
    """The log-ratios of all labels but the pivot to it, over the inputs, with mean 0 and deviation 1."""
    log_p = to_numpy(model.log_probs())
    ratios = np.delete(log_p, pivot, axis=1) - log_p[:, [pivot]]
    return (ratios - ratios.mean(axis=0)) / ratios.std(axis=0, ddof=1)


def three_gaps(a: Representations, b: Representations) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The labels with the least, the middle and the largest gap std(z - w), against pivot 0: for `figures.log_ratios`.

    Returns:
        Points, columns label, z, w; and a row for each of these labels: label, correlation, gap.
    """
    z, w = standardised(a, 0), standardised(b, 0)
    gaps = (z - w).std(axis=0, ddof=1)
    labels = range(1, a.num_labels)
    every = pd.DataFrame({"label": labels, "correlation": 1 - gaps**2 / 2, "gap": gaps}).sort_values("gap")
    chosen = every.iloc[[0, len(gaps) // 2, -1]]
    points = [pd.DataFrame({"label": y, "z": z[:, y - 1], "w": w[:, y - 1]}) for y in chosen["label"]]
    return pd.concat(points), chosen


def along_and_across(a: Representations, b: Representations) -> pd.DataFrame:
    """Coordinates of two models in the plane along the first one's direction of largest variance, and across it.

    Returns:
        Columns shared_1, other_1, shared_2, other_2, each of deviation 1, and flipped, true for the second half of the
        inputs: for `figures.one_direction`.
    """
    f, g = (to_numpy(model.embeddings) for model in (a, b))
    directions = np.linalg.svd(f - f.mean(axis=0), full_matrices=False)[2]
    parts = {}
    for number, embeddings in enumerate((f, g), 1):
        for name, values in zip(
            ("shared", "other"), ((embeddings - embeddings.mean(axis=0)) @ directions.T).T, strict=True
        ):
            parts[f"{name}_{number}"] = values / values.std(ddof=1)
    return pd.DataFrame(parts).assign(flipped=np.arange(len(f)) >= len(f) // 2)


def one_long_label(
    labels: int, dim: int, *, length: float = 10.0, inputs: int = 1000, seed: int
) -> Representations:
    """A random model in which label 0 has an unembedding of so much in every coordinate, the others about 1."""
    rng = np.random.default_rng(seed)
    f, g = (rng.standard_normal((n, dim)) for n in (inputs, labels))
    g[0] = length
    return Representations(f, g)


def of_competing(competing: pd.DataFrame) -> str:
    """What the bound over competing labels says as the noise falls.

    Args:
        competing: columns noise, which falls, bound and "d_SVD on B".
    """
    bound = competing["bound"]
    share = significant((competing["d_SVD on B"] / bound).max(), 2)
    said = (
        f"As the noise falls the bound goes from {significant(bound.iloc[0], 2)} to {significant(bound.iloc[-1], 2)}, "
        f"and d_SVD is at most {share} times the bound."
    )
    telling = competing.loc[bound < 1, "noise"]
    if telling.empty:
        return f"{said} All of these bounds are above 1, which d_SVD never exceeds: they say nothing."
    if len(telling) < len(competing):
        noise = significant(telling.iloc[0], 2)
        return f"{said} As d_SVD never exceeds 1, the bound says something from a noise of {noise} on."
    return said


def of_contrasts(contrasts: pd.DataFrame) -> str:
    """What the choice of a contrast does.

    Args:
        contrasts: rows "the long one" and "the mean", columns effective rank and certificate.
    """
    long, mean = contrasts.loc["the long one"], contrasts.loc["the mean"]
    fewer = long["effective rank"] < mean["effective rank"]
    more = long["certificate"] < mean["certificate"]
    return (
        f"Against the long label {'fewer' if fewer else 'no fewer'} directions count than against the mean, and the "
        f"certificate promises {'more' if more else 'no more'}. Report both, and say which is which."
    )
