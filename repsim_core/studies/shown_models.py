"""Models as they are shown: some inputs, the first coordinates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Int64

from repsim_core.beyond_standard import to_numpy
from repsim_core.datasets.tabular import Dataset
from repsim_core.representations import Representations


def in_numpy(model: Representations) -> Representations:
    """The same representations and labels, in NumPy's arrays in place of another library's."""
    labels = None if model.labels is None else to_numpy(model.labels)
    bias = None if model.bias is None else to_numpy(model.bias)
    return Representations(to_numpy(model.embeddings), to_numpy(model.unembeddings), labels, bias)


def at_inputs(model: Representations, rows: Int64[np.ndarray, " n"]) -> Representations:
    """The model on some of its inputs, with their labels."""
    labels = None if model.labels is None else to_numpy(model.labels)[rows]
    return Representations(to_numpy(model.embeddings)[rows], model.unembeddings, labels, model.bias)


def every_nth(model: Representations, step: int) -> Representations:
    """Every n-th input: enough to see, and a light page."""
    return Representations(to_numpy(model.embeddings)[::step], to_numpy(model.unembeddings))


def stratified(labels: Int64[np.ndarray, " N"], number: int, seed: int) -> Int64[np.ndarray, " rows"]:
    """As many inputs of each label, drawn at random, about so many in all.

    Args:
        labels: of the inputs.
        number: at least one for each label are taken.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    groups = [rng.permutation(np.flatnonzero(labels == k)) for k in np.unique(labels)]
    return np.sort(np.concatenate([group[: -(-number // len(groups))] for group in groups]))


def coordinate_tables(models: Mapping[str, Representations]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tidy tables of the first two coordinates of several models, for figures.

    Args:
        models: representations by the name that the figure is to show; M >= 2.

    Returns:
        Embeddings, a row an input: model, label (the model's prediction), x, y; and unembeddings, a row a
        label: model, label, x, y.
    """
    embeddings, unembeddings = [], []
    for name, model in models.items():
        f, g = to_numpy(model.embeddings), to_numpy(model.unembeddings)
        predicted = to_numpy(model.predictions())
        embeddings.append(pd.DataFrame({"model": name, "label": predicted, "x": f[:, 0], "y": f[:, 1]}))
        unembeddings.append(
            pd.DataFrame({"model": name, "label": np.arange(len(g)), "x": g[:, 0], "y": g[:, 1]})
        )
    return pd.concat(embeddings, ignore_index=True), pd.concat(unembeddings, ignore_index=True)


def dial(model: Representations, count: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """For `figures.twin_dial`: the first inputs, unembeddings less their mean, and the input that is least sure.

    Args:
        model: M >= 2.
        count: of inputs.

    Returns:
        Embeddings (model, label, x, y); unembeddings (the same, and rest: what the other coordinates add to the logit
        of the least sure input); its row, the one with the largest entropy.
    """
    log_p = to_numpy(model.log_probs())[:count]
    least_sure = int((np.exp(log_p) * log_p).sum(axis=1).argmin())
    embedded, unembedded = coordinate_tables({"": model})
    unembedded[["x", "y"]] -= unembedded[["x", "y"]].mean()
    f, g = to_numpy(model.embeddings), to_numpy(model.unembeddings)
    return embedded[:count], unembedded.assign(rest=g[:, 2:] @ f[least_sure, 2:]), least_sure


def plane_points(dataset: Dataset) -> pd.DataFrame:
    """Labelled inputs of the plane: columns classes, label, x, y."""
    x, y = dataset.inputs.numpy().T
    return pd.DataFrame({"classes": dataset.classes, "label": dataset.labels.numpy(), "x": x, "y": y})
