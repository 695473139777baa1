"""Tables of the chapter "Transfer" about probes, in the words and the width of a page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from repsim_core.studies.transfer.live_probe import CarriedProbe
from repsim_core.studies.transfer.probes import ABOVE
from repsim_core.studies.transfer.tables import PIXELS
from repsim_core.studies.transfer.told import percent


def parts_table(found: CarriedProbe, names: Mapping[int, str]) -> pd.DataFrame:
    """What the bound is made of, in the signs of the theorem: a row a label that the probe is written in.

    Args:
        found: the probe.
        names: of the labels.
    """
    signs = {"alpha": "α", "sine": "√(1 − ρ²)", "part": "|α| √(1 − ρ²)"}
    table = found.parts[list(signs)].rename(columns=signs)
    return table.set_axis([names[label] for label in found.parts["label"]], axis=0)


def yes_no_table(tasks: pd.DataFrame) -> pd.DataFrame:
    """Shares of wrong answers, a row a task that is yes or no: on the probe's own network, carried over, and of a
    constant.

    Args:
        tasks: from `probe_tables.task_table`, of one set.
    """
    words = {"own_error": "own", "error": "carried", "constant_error": "constant"}
    own = tasks.dropna(subset=["error"]).rename(columns=words)
    return own.assign(task=own["task"].str.removesuffix(ABOVE)).set_index("task")[list(words.values())]


def ratio_table(bounds: pd.DataFrame) -> pd.DataFrame:
    """The error of the theorem's map and its bounds over the least possible error, tasks of the pixels, a row a set.

    Args:
        bounds: from `probe_tables.bound_table`.
    """
    words = {"rms_to_best": "map", "to_best": "pivot", "mean_to_best": "mean", "pairs_to_best": "pairs"}
    return bounds[bounds["family"] == PIXELS].set_index("set")[list(words)].rename(columns=words)


def share_table(bounds: pd.DataFrame) -> pd.DataFrame:
    """The error over the probe's deviation, and how often a bound says something: of the probe with one pivot and over
    all pairs of labels, and the latter of the task; tasks of the pixels, a row a set.

    Args:
        bounds: from `probe_tables.bound_table`.
    """
    own = bounds[bounds["family"] == PIXELS].set_index("set")
    words = {"says": "pivot", "pairs_say": "pairs", "promises": "task"}
    shares = {
        word: [percent(float(share)).replace("above", ">").replace("below", "<") for share in own[name]]
        for name, word in words.items()
    }
    return pd.DataFrame({"error": [f"{error:.2f}" for error in own["off"]], **shares}, index=own.index)
