"""Pairs of networks on shifted inputs beside the same pairs on the inputs as they are; and over parts of the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Int64

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.other_inputs import over_other_inputs
from repsim_core.representations import Representations
from repsim_core.studies.inputs.shifted import CONDITIONS, PLAIN, condition_name
from repsim_core.studies.which.telling import PairSet, Told

# What is asked whether it carries over.
CARRIED = {
    "ratio_distance": "ratio distance δ",
    "d_llv": "d_LLV",
    "farther_kl": "d_KL, larger way",
    "cca_loss": "1 − mean CCA",
}
# What may tell, on the inputs as they are, how dissimilar a pair is on others.
PREDICTORS = {
    "cca_loss": "1 − mean CCA",
    "ratio_distance": "ratio distance δ",
    "d_llv": "d_LLV",
    "farther_kl": "d_KL, larger way",
    "disagreement": "1 − agreement",
    "larger_error": "larger error",
}
_ENDS = ["group", "seed_a", "seed_b"]
# CIFAR-10's labels that are animals, in its order; the others are vehicles.
ANIMALS = (2, 3, 4, 5, 6, 7)


def with_predictors(pairs: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """A record's pairs with `PREDICTORS` and `CARRIED` as columns.

    Args:
        pairs, models: of a record (`shifted.record_shifted`).
    """
    where = ["group", "kind", "strength"]
    for end in "ab":
        errors = models[[*where, "seed"]].assign(**{f"error_{end}": 1 - models["accuracy"]})
        pairs = pairs.merge(errors.rename(columns={"seed": f"seed_{end}"}), on=[*where, f"seed_{end}"])
    return pairs.assign(
        farther_kl=pairs[["d_kl", "d_kl_reverse"]].max(axis=1),
        cca_loss=1 - pairs["mean_cca"],
        disagreement=1 - pairs["agreement"],
        larger_error=pairs[["error_a", "error_b"]].max(axis=1),
    )


def here_and_there(pairs: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """A row a pair and shifted condition: `_here` and `_there` of each measure, the group, kind, strength, condition.

    Args:
        pairs: with the measures as columns.
        measures: which.
    """
    plain = pairs[pairs["kind"] == PLAIN].set_index(_ENDS)[list(measures)].add_suffix("_here")
    moved = pairs[pairs["kind"] != PLAIN]
    found = moved[[*_ENDS, "kind", "strength"]].assign(
        **{f"{measure}_there": moved[measure] for measure in measures}
    )
    found = found.join(plain, on=_ENDS)
    names = {condition: condition_name(*condition).replace("/", " ") for condition in CONDITIONS}
    condition = [
        names[kind, strength] for kind, strength in zip(found["kind"], found["strength"], strict=True)
    ]
    return found.assign(condition=condition).dropna().reset_index(drop=True)


def carried_over(both: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """How far a measure has the pairs in the same order there as here: rank correlations with intervals over networks.

    Args:
        both: from `here_and_there`.
        measures: which.

    Returns:
        A row a measure, condition and group: measure, condition, group, networks, value, low, high.
    """
    return _correlations(both, [(measure, measure) for measure in measures])


def predicted(both: pd.DataFrame, measures: Sequence[str], target: str = "cca_loss") -> pd.DataFrame:
    """How far a measure here has the pairs in the order of a target there; columns as of `carried_over`."""
    return _correlations(both, [(measure, target) for measure in measures])


def ahead(
    both: pd.DataFrame, contender: str, measures: Sequence[str], target: str = "cca_loss"
) -> pd.DataFrame:
    """By how much a contender here tells more of a target there than other measures here: `Told.ahead` of each group
    and condition, with a column condition."""
    found = []
    for (condition, group), own in both.groupby(["condition", "group"], sort=False):
        told = _told(own, str(group), measures, target)
        found.append(told.ahead(contender).assign(condition=condition, group=group))
    return pd.concat(found, ignore_index=True)


def _correlations(both: pd.DataFrame, asked: Sequence[tuple[str, str]]) -> pd.DataFrame:
    found = []
    for measure, target in asked:
        for (condition, group), own in both.groupby(["condition", "group"], sort=False):
            row = _told(own, str(group), [measure], target).table().assign(condition=condition, group=group)
            found.append(row)
    return pd.concat(found, ignore_index=True)[
        ["measure", "condition", "group", "networks", "value", "low", "high"]
    ]


def _told(own: pd.DataFrame, group: str, measures: Sequence[str], target: str) -> Told:
    columns = {measure: own[f"{measure}_here"] for measure in measures}
    frame = own[["seed_a", "seed_b"]].assign(**columns, there=own[f"{target}_there"])
    return Told(PairSet(group, "CIFAR-10", frame.reset_index(drop=True)), "there", measures=list(measures))


# -- parts of the inputs ---------------------------------------------------------------------------------------------


def parts_of(models: Mapping[int, Representations]) -> dict[str, Int64[np.ndarray, " n"]]:
    """Parts of the inputs of some networks of CIFAR-10, by name: by label, and by how sure the networks are of them."""
    first = next(iter(models.values()))
    labels = to_numpy(first.labels)
    sure = np.mean([to_numpy(model.log_probs()).max(axis=1) for model in models.values()], axis=0)
    animals = np.isin(labels, ANIMALS)
    return {
        "animals": np.flatnonzero(animals),
        "vehicles": np.flatnonzero(~animals),
        "the less certain half": np.sort(np.argsort(sure, kind="stable")[: len(sure) // 2]),
        "cats and dogs": np.flatnonzero(np.isin(labels, (3, 5))),
    }


def over_parts(models: Mapping[int, Representations]) -> pd.DataFrame:
    """The ratio distance of all pairs over parts of the inputs, and its bound: a row a pair and part.

    All labels against their mean.
    """
    rows = []
    for part, inputs in parts_of(models).items():
        for i, j in combinations(models, 2):
            found = over_other_inputs(models[i], models[j], inputs.tolist())
            rows.append({"part": part, "seed_a": i, "seed_b": j, **found._asdict()})
    return pd.DataFrame(rows)
