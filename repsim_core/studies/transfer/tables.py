"""What the record of carried probes says: how much is lost, how far off the bound is, and what predicts it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.studies.derived import Derived
from repsim_core.studies.transfer.probes import OF_LABEL, TASKS
from repsim_core.studies.transfer.record import SOURCES
from repsim_core.studies.which.telling import PairSet, Told, pair_sets

# What is asked to predict how well a probe is carried over, by column: how it is written in plain text. The last three
# are no distances: the bound knows the probe, and two baselines know nothing but one quality of the networks.
MEASURES = {
    "farther_kl": "d_KL, larger way",
    "d_llv": "d_LLV",
    "ratio_distance": "δ",
    "d_logit": "d_logit",
    "d_svd": "d_SVD",
    "cca_loss": "1 − mean CCA",
    "cka_loss": "1 − CKA",
    "bound": "β over deviation",
    "larger_error": "larger error",
    "own_r2": "R² before",
}
DISTANCES = tuple(MEASURES)[:7]
BASELINES = ("larger_error", "own_r2")
# What they are asked about, by column.
TARGETS = {"off": "how far it is off", "lost": "R² lost"}
# Two kinds of tasks, reported apart.
PIXELS, LABELS = "of the pixels", "of the label"
_KINDS = {"cifar10": "CIFAR-10", "digits": "digits"}
_KEYS = ["set", "dim"]
# What is the same of all rows of a set.
_OF_SET = ["words", "kind", "dim"]


def family(task: str) -> str:
    """Whether a task is `PIXELS` or `LABELS`."""
    return LABELS if task in OF_LABEL else PIXELS


def set_words(name: str, dim: int) -> str:
    """What a set of networks is called: "fast, M = 2"."""
    return SOURCES[name].words.format(dim=dim)


def all_transfers(record: Derived) -> pd.DataFrame:
    """A row an ordered pair and task.

    Args:
        record: of `probe_record.record_probes`.

    Returns:
        The record's columns; own_r2 and own_error, of the probe on its own network; refit_r2 and refit_error, of a
        probe fitted on the other network; constant_error; lost, own_r2 - r2; off = rms/deviation and best =
        best_rms/deviation; bound = beta/deviation and pairs_bound = beta_pairs/deviation; to_best = beta/best_rms;
        says and pairs_say, whether these bounds are less than what a constant has for an error; promises, whether with
        pairs_bound the root mean squared error for the task of the probe carried over must be below that of a constant
        on the inputs of the fit, sqrt(1 - R²) + pairs_bound R < 1 with fit_r2, R² there of the probe on its own
        network; family; words, what the set is called; and kind, what its networks are of.
    """
    probes, moved = record.tables["probes"], record.tables["transfers"]
    for end, title in (("seed_from", "own"), ("seed_to", "refit")):
        names = {"seed": end, "r2": f"{title}_r2", "error": f"{title}_error"}
        own = probes if title == "own" else probes.drop(columns=["fit_r2", "constant_error"])
        moved = moved.merge(own.rename(columns=names), on=[*_KEYS, end, "task"], validate="many_to_one")
    # Of a least-squares fit on its own inputs it is between 0 and 1, and its root is std(s)/std(t).
    r2 = moved["fit_r2"]
    bound, pairs_bound = (moved[name] / moved["deviation"] for name in ("beta", "beta_pairs"))
    return moved.assign(
        lost=moved["own_r2"] - moved["r2"],
        off=moved["rms"] / moved["deviation"],
        best=moved["best_rms"] / moved["deviation"],
        bound=bound,
        pairs_bound=pairs_bound,
        to_best=moved["beta"] / moved["best_rms"],
        says=moved["beta"] < moved["deviation"],
        pairs_say=moved["beta_pairs"] < moved["deviation"],
        promises=np.sqrt(1 - r2) + pairs_bound * np.sqrt(r2) < 1,
        family=[family(task) for task in moved["task"]],
        words=[set_words(*key) for key in zip(moved["set"], moved["dim"], strict=True)],
        kind=moved["set"].map({name: _KINDS[source.data] for name, source in SOURCES.items()}),
    )


def bound_table(moved: pd.DataFrame) -> pd.DataFrame:
    """How far the bound is off, a row a set and family of tasks.

    Args:
        moved: from `all_transfers`.

    Returns:
        Columns set (its words), kind, dim, family, transfers; medians off, bound, best (of best_rms/deviation),
        to_best, rms_to_best, mean_to_best (with the mean over labels as pivot) and pairs_to_best (over all pairs of
        labels); says, pairs_say and promises, the shares of transfers for which the bound, and that over all pairs,
        says something of the probe, and the latter of its task; held_above, that of those whose error on the inputs
        held back is above the bound.
    """
    rows = []
    for (words, kind, dim, own_family), own in moved.groupby([*_OF_SET, "family"], sort=False):
        rows.append(
            {
                "set": words,
                "kind": kind,
                "dim": dim,
                "family": own_family,
                "transfers": len(own),
                "off": own["off"].median(),
                "best": own["best"].median(),
                "bound": own["bound"].median(),
                "to_best": own["to_best"].median(),
                "rms_to_best": (own["rms"] / own["best_rms"]).median(),
                "mean_to_best": (own["beta_mean"] / own["best_rms"]).median(),
                "pairs_to_best": (own["beta_pairs"] / own["best_rms"]).median(),
                "says": own["says"].mean(),
                "pairs_say": own["pairs_say"].mean(),
                "promises": own["promises"].mean(),
                "held_above": (own["held_rms"] > own["beta"]).mean(),
            }
        )
    return pd.DataFrame(rows)


def task_table(moved: pd.DataFrame) -> pd.DataFrame:
    """What each task's probe explains, a row a set and task.

    Args:
        moved: from `all_transfers`.

    Returns:
        Columns set (its words), kind, dim, task (its words), family; medians over ordered pairs of own_r2, r2,
        refit_r2 and lost, and, for tasks that are yes or no, of own_error, error, refit_error and constant_error;
        gains, the share of transfers after which the probe explains more than before.
    """
    keys = [*_OF_SET, "task", "family"]
    measures = ["own_r2", "r2", "refit_r2", "lost", "own_error", "error", "refit_error", "constant_error"]
    found = moved.groupby(keys, sort=False)[measures].median()
    found["gains"] = (moved["lost"] < 0).groupby([moved[key] for key in keys], sort=False).mean()
    found = found.reset_index().rename(columns={"words": "set"})
    return found.replace({"task": TASKS})


def drawn_points(
    moved: pd.DataFrame, error: str = "off", bound: str = "bound", most: int = 1_500
) -> pd.DataFrame:
    """Error and bound of carried probes for a figure: at most so many, drawn at random and the same each time.

    Args:
        moved: from `all_transfers`.
        error, bound: which of its columns: off and bound, or best and pairs_bound.
        most: rows.

    Returns:
        Columns panel, dim, error, bound.
    """
    panels = {name: f"{_KINDS[source.data]}, {name}" for name, source in SOURCES.items()}
    panels["digits"] = "digits"
    # Every k-th row would be the same few tasks of each pair of networks.
    kept = (
        moved.sample(min(most, len(moved)), random_state=0)
        .sort_index()
        .assign(error=lambda rows: rows[error], bound=lambda rows: rows[bound])
    )
    return kept.assign(panel=kept["set"].map(panels))[["panel", "dim", "error", "bound"]].round(5)


def probe_pairs(
    record: Derived,
    moved: pd.DataFrame,
    tasks: Collection[str] | None = None,
    *,
    together: bool = False,
    fewest: int = 4,
) -> list[PairSet]:
    """Sets of pairs with every measure and every target, both directions and the tasks averaged.

    Args:
        record: of `probe_record.record_probes`.
        moved: from `all_transfers` of it.
        tasks: which ones; None for all.
        together: the dimensions of a record as one set, in groups of one dimension each.
        fewest: networks of each set, or of each dimension.
    """
    kept = moved if tasks is None else moved[moved["task"].isin(list(tasks))]
    ends = np.sort(kept[["seed_from", "seed_to"]].to_numpy(), axis=1)
    kept = kept.assign(seed_a=ends[:, 0], seed_b=ends[:, 1])
    columns = ["off", "lost", "bound", "own_r2"]
    targets = kept.groupby([*_KEYS, "seed_a", "seed_b"])[columns].mean().reset_index()
    pairs = record.tables["distances"].merge(targets, on=[*_KEYS, "seed_a", "seed_b"], validate="one_to_one")
    found = []
    for name, source in SOURCES.items():
        own = pairs[pairs["set"] == name]
        columns, words, by = (["set"], "{set}", "dim") if together else (["dim"], source.words, None)
        found += pair_sets(own, columns, words, kind=_KINDS[source.data], by=by, fewest=fewest)
    return found


class Predictions(NamedTuple):
    """What the measures tell about a target in several sets of pairs.

    Attributes:
        told: `Told.table` of each set.
        compared: the sizes of all pairs of `MEASURES`, corrected together in each set (`Told.compared`).
        ahead: those of one contender beside each other one.
        among: those of two distances.
        baselines: those of a distance beside one of `BASELINES`.
    """

    told: pd.DataFrame
    compared: pd.DataFrame
    ahead: pd.DataFrame
    among: pd.DataFrame
    baselines: pd.DataFrame


def predicted(sets: Sequence[PairSet], target: str, contender: str = "d_llv") -> Predictions:
    """Ask what predicts a target.

    Args:
        sets: from `probe_pairs`; of those with groups, the means of what is told within each.
        target: a key of `TARGETS`.
        contender: the one in `Predictions.ahead`.
    """
    asked = [Told(own, target, within=own.by is not None, measures=tuple(MEASURES)) for own in sets]
    told = pd.concat([each.table() for each in asked], ignore_index=True)
    compared = pd.concat(
        [each.compared(combinations(MEASURES, 2), sizes=True) for each in asked], ignore_index=True
    )
    first, second = (compared[end].isin(DISTANCES) for end in ("contender", "rival"))
    return Predictions(
        told,
        compared,
        _from(compared, contender),
        compared[first & second],
        compared[first & compared["rival"].isin(BASELINES)],
    )


def _from(compared: pd.DataFrame, contender: str) -> pd.DataFrame:
    """The comparisons of one measure, turned round where it is the rival."""
    as_rival = compared[compared["rival"] == contender]
    other = {"contender": "rival", "rival": "contender", "low": "high", "high": "low"}
    turned = as_rival.rename(columns=other)[list(as_rival)]
    turned[["value", "low", "high"]] *= -1
    return pd.concat([turned, compared[compared["contender"] == contender]]).sort_index()
