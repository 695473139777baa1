"""Groups of networks: trained on the groups' data, and all pairs of a test measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from repsim_core.datasets.tabular import Dataset
from repsim_core.measures.comparison import compare
from repsim_core.measures.others import rep_distance
from repsim_core.representations import Representations
from repsim_core.studies.groups.data import KINDS, asked_data, training_data
from repsim_core.studies.shown_models import in_numpy
from repsim_core.studies.units import one_thread
from repsim_core.training.stacks import train_stack

# Measures of a pair, by column, as written in plain text. Each is large where two networks are far apart.
MEASURES = {
    "farther_kl": "d_KL, larger way",
    "d_kl": "d_KL, one way",
    "d_kl_reverse": "d_KL, the other way",
    "d_logit": "d_logit",
    "disagreement": "1 − agreement",
    "d_llv": "d_LLV",
    "ratio_distance": "δ",
    "normaliser_mismatch": "ν",
    "certificate": "certificate",
    "d_svd_all_labels": "d_SVD, all labels",
    "d_fg": "d_fg",
    "d_rep": "d_rep, median",
    "cca_loss": "1 − mean CCA",
    "cka_loss": "1 − CKA",
    "procrustes": "Procrustes",
    "r2_loss": "1 − R²",
    "neighbours_loss": "1 − shared neighbours",
    "accuracy_gap": "accuracy gap",
    "loss_gap": "loss gap",
    "larger_error": "larger error",
}
# What they look at.
FAMILIES = {
    "outputs": ("farther_kl", "d_kl", "d_kl_reverse", "d_logit", "disagreement"),
    "log-ratios": (
        "d_llv",
        "ratio_distance",
        "normaliser_mismatch",
        "certificate",
        "d_svd_all_labels",
        "d_fg",
        "d_rep",
    ),
    "embeddings": ("cca_loss", "cka_loss", "procrustes", "r2_loss", "neighbours_loss"),
    "scores alone": ("accuracy_gap", "loss_gap", "larger_error"),
}
# A pair has its networks in the order of their numbers, hence of their groups: one direction alone knows which of them
# is from the group that was changed more.
ONE_WAY = ("d_kl", "d_kl_reverse")
# Of a table of networks.
NETWORK_COLUMNS = ("model", "group", "level", "train_accuracy", "train_loss")
# What knows accuracy alone.
BASELINE = "accuracy_gap"


@dataclass(frozen=True)
class GroupSettings:
    """How the networks of a test are trained.

    Attributes:
        kind: a key of `group_data.KINDS`.
        levels: of the groups.
        seeds: networks of a group. No two networks of a test start from the same weights: group i has the seeds
            from i times `seeds` on.
        dim: M.
        steps: of Adam.
        width: of the hidden layers.
        lr: Adam's learning rate.
        data_seed: of what is drawn for the groups' data.
    """

    kind: str
    levels: tuple[float, ...]
    seeds: int = 10
    dim: int = 2
    steps: int = 1_500
    width: int = 64
    lr: float = 1e-3
    data_seed: int = 0


@dataclass(frozen=True)
class GroupModels:
    """Networks of a test, in the order of their numbers.

    Attributes:
        models: by what they are compared on.
        table: a row a network: model (its number), group, level, train_accuracy (with the labels that it was trained
            with), train_loss (nats).
    """

    models: dict[str, list[Representations]]
    table: pd.DataFrame


def train_group(settings: GroupSettings, group: int, train: Dataset, test: Dataset) -> GroupModels:
    """Train one group of a test and embed what its networks are compared on.

    Args:
        settings: of the test.
        group: which, from 0.
        train, test: digits.
    """
    kind, level = KINDS[settings.kind], settings.levels[group]
    asked = {name: asked_data(test, name) for name in kind.inputs}
    models: dict[str, list[Representations]] = {name: [] for name in asked}
    rows: list[pd.DataFrame] = []
    numbers = range(group * settings.seeds, (group + 1) * settings.seeds)
    for own in [[number] for number in numbers] if kind.own else [list(numbers)]:
        # A draw for each network where they have their own, else one for all of the group.
        seed = settings.data_seed + (own[0] + 1 if kind.own else 0)
        data = training_data(train, settings.kind, level, seed=seed)
        stack = train_stack(
            data,
            seeds=own,
            dim=settings.dim,
            width=settings.width,
            steps=settings.steps,
            lr=settings.lr,
            device="cpu",
        )
        for name, inputs in asked.items():
            models[name] += [in_numpy(model) for model in stack.representations(inputs)]
        rows.append(stack.evaluate(data))
    table = pd.concat(rows, ignore_index=True).assign(group=group, level=level)
    names = {"seed": "model", "accuracy": "train_accuracy", "loss": "train_loss"}
    return GroupModels(models, table.rename(columns=names)[list(NETWORK_COLUMNS)])


def train_groups(settings: GroupSettings, train: Dataset, test: Dataset) -> GroupModels:
    """The same of all groups."""
    groups = [train_group(settings, group, train, test) for group in range(len(settings.levels))]
    models = {name: [model for own in groups for model in own.models[name]] for name in groups[0].models}
    return GroupModels(models, pd.concat([own.table for own in groups], ignore_index=True))


def group_pairs(models: Sequence[Representations]) -> pd.DataFrame:
    """All pairs of networks, measured.

    Args:
        models: with the same inputs, labels known.

    Returns:
        A row a pair: model_a, model_b (numbers from 0, the smaller first), `MEASURES`; NaN where a measure is not
        defined.
    """
    accuracies = [model.accuracy() for model in models]
    losses = [model.loss() for model in models]
    rows = []
    with one_thread():
        for a, b in combinations(range(len(models)), 2):
            rows.append(
                {
                    "model_a": a,
                    "model_b": b,
                    **_measured(models[a], models[b]),
                    "accuracy_gap": abs(accuracies[a] - accuracies[b]),
                    "loss_gap": abs(losses[a] - losses[b]),
                    "larger_error": 1 - min(accuracies[a], accuracies[b]),
                }
            )
    return pd.DataFrame(rows, columns=["model_a", "model_b", *MEASURES])


def _measured(a: Representations, b: Representations) -> dict[str, float]:
    try:
        found = compare(a, b, input_set="sampled", measures="all")
    except ValueError:
        # Of a degenerate network: ReSi leaves out what has no value.
        return {}
    others = found.others
    r2 = [others.get(f"R² of {one}'s f from {other}'s", np.nan) for one, other in ("ab", "ba")]
    maps = (others.get("d_rep, median over label sets", np.nan), rep_distance(b, a).median)
    return {
        "farther_kl": max(found.d_kl, found.d_kl_reverse),
        "d_kl": found.d_kl,
        "d_kl_reverse": found.d_kl_reverse,
        "d_logit": others["d_logit"],
        "disagreement": 1 - found.agreement,
        "d_llv": found.d_llv,
        "ratio_distance": found.ratio_distance,
        "normaliser_mismatch": found.normaliser_mismatch,
        "certificate": found.certificate,
        "d_svd_all_labels": found.d_svd_all_labels,
        "d_fg": found.d_fg,
        "d_rep": max(maps),
        "cca_loss": 1 - found.mean_cca,
        "cka_loss": 1 - others.get("linear CKA of f", np.nan),
        "procrustes": others.get("Procrustes distance of f", np.nan),
        "r2_loss": 1 - float(np.mean(r2)),
        "neighbours_loss": 1 - others.get("10 nearest neighbours in common (share)", np.nan),
    }
