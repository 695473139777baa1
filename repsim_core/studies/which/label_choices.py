"""The same pairs measured over other labels: pivot and label left out searched for each pair, or fixed for all pairs.

A value over searched sets is the least of many and of each pair over other labels; so a ranking of pairs by it compares
different things. Here is what that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from repsim_core.measures.distances import llv_distance
from repsim_core.measures.pairs import MEAN, ModelPair
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations
from repsim_core.studies.which.telling import PairSet, Told

# How pivot and labels are chosen: what to call it.
CHOICES = {
    "searched": "searched for each pair",
    "label": "label 0, all labels",
    "mean": "the mean over labels, all labels",
}
# The column of the rank correlation of searched with fixed values.
WITH_FIXED = "searched with label 0"
# What is taken over each choice.
MEASURES = {"d_llv": "d_LLV", "ratio_distance": "δ"}
# What a pivot has in common with all log-ratios can inflate these; of all labels at once.
SHARED = {
    "correlation": "mean correlation",
    "d_svd": "d_SVD",
    "rank": "effective rank",
}


def over_label_choices(
    pairs: pd.DataFrame, models_of: Mapping[Any, Mapping[int, Representations]], seeds: int
) -> pd.DataFrame:
    """Both distances over each choice of labels, all three on the same inputs and input set.

    Args:
        pairs: a record's, from `pair_tables.record_pairs`.
        models_of: the representations by group and seed. All is taken on the inputs that they have.
        seeds: pairs of the first so many networks of each group that count.

    Returns:
        The pairs' rows, with columns "{measure}_{choice}" for `MEASURES` and `CHOICES`, and "{name}_{choice}" for
        `SHARED`, which is of all labels and not known of searched sets.
    """
    found = []
    for group, models in models_of.items():
        of_group = pairs
        for name, value in vars(group).items():
            of_group = of_group[of_group[name] == value]
        counted = sorted({*of_group["seed_a"], *of_group["seed_b"]} & set(models))[:seeds]
        chosen = set(combinations(counted, 2))
        for row in of_group.to_dict("records"):
            ends = row["seed_a"], row["seed_b"]
            if ends in chosen:
                found.append({**row, **_of_pair(models[ends[0]], models[ends[1]])})
    columns = [f"{name}_{choice}" for name in MEASURES for choice in CHOICES]
    return pd.DataFrame(found) if found else pd.DataFrame(columns=[*pairs.columns, *columns])


def _of_pair(a: Representations, b: Representations) -> dict[str, float]:
    searched = llv_distance(a, b, input_set="sampled")
    options: dict[str, dict[str, Any]] = {
        "label": {"pivot": 0, "labels": "all"},
        "mean": {"pivot": MEAN, "labels": "all"},
    }
    found = {"searched": searched}
    for choice, sets in options.items():
        found[choice] = llv_distance(a, b, input_set=searched.input_set, **sets)
    values = {
        f"{name}_{choice}": float(getattr(llv, "value" if name == "d_llv" else name))
        for choice, llv in found.items()
        for name in MEASURES
    }
    pair = ModelPair(a, b)
    everything = range(a.num_labels)
    for choice, pivot, labels in (("label", 0, everything[1:]), ("mean", MEAN, everything)):
        ratios = StandardisedRatios.of(pair, pivot, list(labels))
        values |= {
            f"correlation_{choice}": float(ratios.correlations.mean()),
            f"d_svd_{choice}": ratios.dissimilarity,
            f"rank_{choice}": min(ratios.effective_ranks),
        }
    return values


def rankings(sets: Sequence[PairSet]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How d_LLV over each choice of labels goes with 1 - mean CCA, and whether searching moves that.

    Args:
        sets: of pairs from `over_label_choices`.

    Returns:
        A row a set: networks, a rank correlation for each choice, and that of searched with fixed values. And rows of
        `telling.Told.ahead`, of searched labels beside each fixed choice.
    """
    names = {f"d_llv_{choice}": choice for choice in CHOICES}
    rows, ahead = {}, []
    for own in sets:
        told = Told(own, "cca_loss", measures=list(names))
        values = told.table().set_index("measure")["value"]
        with_fixed = own.pairs[["d_llv_searched", "d_llv_label"]].corr(method="spearman").iloc[0, 1]
        rows[own.name] = {
            "networks": own.networks,
            **{CHOICES[choice]: values[name] for name, choice in names.items()},
            WITH_FIXED: with_fixed,
        }
        ahead.append(told.ahead("d_llv_searched").replace({"rival": names}))
    if not rows:
        columns = ["networks", *CHOICES.values(), WITH_FIXED]
        return pd.DataFrame(columns=columns), pd.DataFrame(columns=["set", "rival", "value", "p"])
    return pd.DataFrame.from_dict(rows, orient="index"), pd.concat(ahead, ignore_index=True)


def what_is_shared(sets: Sequence[PairSet]) -> pd.DataFrame:
    """Medians of `SHARED` with a label as pivot and with the mean in its place: a row for each kind of pairs and M.

    Args:
        sets: of pairs from `over_label_choices`; those without a column dim are of the plane.
    """
    if not sets:
        return pd.DataFrame()
    pairs = pd.concat([own.pairs.assign(kind=own.kind) for own in sets])
    pairs["dim"] = pairs.get("dim", pd.Series(dtype=float)).fillna(2).astype(int)
    rows = {}
    for (kind, dim), own in pairs.groupby(["kind", "dim"], sort=False):
        rows[f"{kind}, M = {dim}"] = {
            f"{said}, {pivot}": own[f"{name}_{choice}"].median()
            for name, said in SHARED.items()
            for choice, pivot in (("label", "label 0"), ("mean", "mean"))
        }
    return pd.DataFrame.from_dict(rows, orient="index")
