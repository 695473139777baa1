"""Tables of pairs for asking which measure tells: one row a pair, every contender and every target a column.

Records of all ages and models at hand come to the same table. What an old record lacks is computed from the
representations that it keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from repsim_core.measures.bounds import ratio_bound
from repsim_core.measures.circular_orders import orders_of_labels
from repsim_core.measures.distances import kl_divergence, llv_distance
from repsim_core.measures.others import logit_distance
from repsim_core.representations import Representations, share_equal
from repsim_core.studies.records import Record
from repsim_core.studies.study import group_columns
from repsim_core.studies.units import measured

# Measures that say "far" when they are large, by column: how they are written in plain text.
CONTENDERS = {
    "farther_kl": "d_KL, larger way",
    "d_kl": "d_KL, one way",
    "d_llv": "d_LLV",
    "ratio_distance": "δ",
    "normaliser_mismatch": "ν",
    "d_logit": "d_logit",
    "disagreement": "1 − agreement",
    "loss_gap": "loss gap",
    "accuracy_gap": "accuracy gap",
    "larger_error": "larger error",
}
# What they are asked about, besides orders.
TARGETS = ("cca_loss", "d_fg")
# Whether the labels stand in another circular order, about the origin and about the mean; M = 2 alone.
ORDERS = {"other_order": "order", "other_about_mean": "order_about_mean"}
# Measures of pairs that the oldest records lack.
_LATER = ("d_kl_reverse", "agreement", "ratio_distance", "normaliser_mismatch", "d_logit")


def record_pairs(record: Record, stored: Mapping[Any, Any], least_accuracy: float) -> pd.DataFrame:
    """The pairs of a record's accurate models.

    Args:
        record: of any study and age.
        stored: its models by group (`stored_representations.read_representations`), for what its tables lack.
        least_accuracy: both models' test accuracy is above it.

    Returns:
        Columns of the group, seed_a, seed_b, the record's measures, `CONTENDERS`, `TARGETS` and `ORDERS`. Pairs without
        measures are left out.
    """
    group = group_columns(record.study)
    models = record.models[record.models["test_accuracy"] > least_accuracy]
    models = _with_orders(models, group, stored)
    pairs = record.pairs.dropna(subset=["d_llv", "d_fg", "mean_cca"])
    scores = ["test_accuracy", "test_loss", *ORDERS.values()]
    for end in ("a", "b"):
        names = {"seed": f"seed_{end}", **{score: f"{score}_{end}" for score in scores}}
        pairs = pairs.merge(models[[*group, *names]].rename(columns=names), on=[*group, f"seed_{end}"])
    if any(name not in pairs for name in _LATER):
        pairs = pairs.assign(**_later(pairs, group, stored))
    return _with_contenders(pairs)


def model_pairs(models: Mapping[int, Representations], least_accuracy: float, **group: Any) -> pd.DataFrame:
    """The same of models at hand, each with its true labels.

    Args:
        models: by seed.
        least_accuracy: as for `record_pairs`.
        group: what the columns of the group say.
    """
    good = {seed: model for seed, model in models.items() if model.accuracy() > least_accuracy}
    scores = {
        seed: {"test_accuracy": m.accuracy(), "test_loss": m.loss(), **_orders(m)} for seed, m in good.items()
    }
    rows: list[dict[str, Any]] = []
    for i, j in combinations(good, 2):
        ends = {
            f"{name}_{end}": value
            for end, seed in (("a", i), ("b", j))
            for name, value in scores[seed].items()
        }
        rows.append({**group, "seed_a": i, "seed_b": j, **ends, **measured(good[i], good[j])})
    if not rows:
        return pd.DataFrame(columns=[*group, "seed_a", "seed_b", *CONTENDERS, *TARGETS, *ORDERS])
    pairs = pd.DataFrame(rows)
    if "d_llv" not in pairs:  # all of them degenerate
        return model_pairs({}, least_accuracy, **group)
    return _with_contenders(pairs.dropna(subset=["d_llv", "d_fg", "mean_cca"]))


def _with_contenders(pairs: pd.DataFrame) -> pd.DataFrame:
    """Added to a table that has the measures and both models' scores."""
    accuracies, losses = (
        pairs[[f"test_{name}_a", f"test_{name}_b"]].to_numpy(dtype=float) for name in ("accuracy", "loss")
    )
    added = {
        "farther_kl": pairs[["d_kl", "d_kl_reverse"]].max(axis=1),
        "disagreement": 1 - pairs["agreement"],
        "loss_gap": np.abs(np.diff(losses, axis=1))[:, 0],
        "accuracy_gap": np.abs(np.diff(accuracies, axis=1))[:, 0],
        "larger_error": 1 - accuracies.min(axis=1, initial=1.0),
        "cca_loss": 1 - pairs["mean_cca"],
        "ratio_bound": [ratio_bound(d) for d in pairs["ratio_distance"]],
    }
    for name, order in ORDERS.items():
        first, second = pairs[f"{order}_a"], pairs[f"{order}_b"]
        known = first.notna() & second.notna()
        added[name] = (first != second).astype("boolean").where(known)
    return pairs.assign(**added).reset_index(drop=True)


def _with_orders(models: pd.DataFrame, group: list[str], stored: Mapping[Any, Any]) -> pd.DataFrame:
    """Models with both circular orders; those of old records have one, and their representations."""
    if all(name in models for name in ORDERS.values()):
        return models
    found = [
        {**{name: getattr(key, name) for name in group}, "seed": seed, **_orders(model)}
        for key, own in stored.items()
        for seed, model in own.models.items()
    ]
    lacking = [name for name in ORDERS.values() if name not in models]
    return models.merge(pd.DataFrame(found)[[*group, "seed", *lacking]], on=[*group, "seed"], how="left")


def _orders(model: Representations) -> dict[str, str | None]:
    if model.dim != 2:
        return dict.fromkeys(ORDERS.values())
    return dict(zip(ORDERS.values(), (" ".join(map(str, o)) for o in orders_of_labels(model)), strict=True))


def _later(pairs: pd.DataFrame, group: list[str], stored: Mapping[Any, Any]) -> dict[str, list[float]]:
    """The measures that an old record lacks, with the sets that it has."""
    models_of = {tuple(getattr(key, name) for name in group): own.models for key, own in stored.items()}
    found: dict[str, list[float]] = {name: [] for name in _LATER}
    for row in pairs.to_dict("records"):
        models = models_of[tuple(row[name] for name in group)]
        a, b = models[row["seed_a"]], models[row["seed_b"]]
        left_out = row["left_out"]
        llv = llv_distance(
            a,
            b,
            pivot=int(row["pivot"]),
            left_out="none" if pd.isna(left_out) else int(left_out),
            input_set=[int(place) for place in row["input_set"].split()],
        )
        values = (
            kl_divergence(b, a),
            share_equal(a.predictions(), b.predictions()),
            llv.ratio_distance,
            llv.normaliser_mismatch,
            logit_distance(a, b),
        )
        for name, value in zip(_LATER, values, strict=True):
            found[name].append(value)
    return found
