"""Whether a new run of a study agrees with a record.

Thousands of training steps amplify the last bit of a sum: on another machine, single models differ and only what
is said about a group of them can agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from repsim_core.errors import RecordError
from repsim_core.studies.records import DIGITS, MODEL_MEASURES, ORDERS, Record, environment
from repsim_core.studies.study import Tables, group_columns
from repsim_core.studies.units import PAIR_MEASURES

# By which a group's mean may move.
STANDARD_ERRORS = 4.0
# For a standard error.
_LEAST_SEEDS = 3
# Relative; where seeds do not differ at all there is no standard error.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Agreement:
    """How a new run compares with a record.

    Attributes:
        columns: a row a column: table, column, rows, identical (rows with the same recorded digits),
            largest_difference, largest_relative_difference.
        means: a row a group and measure: the recorded and new mean, their difference in standard errors, agrees.
        identical: whether every row of every column has the same recorded digits.
        same_environment: whether the record was made by the same protocols, libraries and kind of machine, its
            networks included.
        statistics: whether there were seeds enough to judge means.
    """

    columns: pd.DataFrame
    means: pd.DataFrame
    identical: bool
    same_environment: bool
    statistics: bool

    @property
    def means_agree(self) -> bool:
        return bool(self.means["agrees"].all())


def compare_with_record(record: Record, tables: Tables) -> Agreement:
    """Compare new tables, of any part of the record, with what is recorded for the same models and pairs.

    Thousands of training steps amplify the last bit of a sum, so on another machine single models differ. What has
    to agree is each group's mean: within `STANDARD_ERRORS` standard errors of the difference between two independent
    draws of as many seeds. The standard error of a mean over models or pairs comes from the jackknife over seeds,
    because pairs share models and are not independent. The same seeds on another machine are closer than that.

    Raises:
        RecordError: the record lacks a model or a pair of the tables.
    """
    columns, means, group_by = [], [], group_columns(record.study)
    fresh = {name: _recorded(table) for name, table in (("models", tables.models), ("pairs", tables.pairs))}
    for name, seeds, all_measures, all_choices in (
        ("models", ["seed"], MODEL_MEASURES, ORDERS),
        ("pairs", ["seed_a", "seed_b"], PAIR_MEASURES, ["pivot", "left_out", "input_set"]),
    ):
        recorded: pd.DataFrame = getattr(record, name)
        keys = group_by + seeds
        # older records have fewer
        measures, choices = ([c for c in each if c in recorded] for each in (all_measures, all_choices))
        both: Any = fresh[name].merge(
            recorded, on=keys, how="left", suffixes=("", "_recorded"), indicator="found"
        )
        lost = both[both["found"] != "both"]
        if len(lost):
            raise RecordError(f"record: it lacks {len(lost)} {name}, first {dict(lost.iloc[0][keys])}")
        for column in measures + choices:
            columns.append({"table": name, **_differences(both, column, column in measures)})
        for group, rows in both.groupby(group_by, sort=False):
            for measure in measures:
                row = _mean_agreement(rows, measure, seeds)
                means.append({**dict(zip(group_by, group, strict=True)), "measure": measure, **row})
    found, judged = pd.DataFrame(columns), pd.DataFrame(means)
    here, there = environment(record.study), record.provenance["environment"]
    return Agreement(
        found,
        judged,
        identical=bool((found["identical"] == found["rows"]).all()),
        same_environment=_decisive(here) == _decisive(there) and "trained" not in record.provenance,
        statistics=bool((judged["seeds"] >= _LEAST_SEEDS).all()),
    )


def _decisive(environment: dict[str, Any]) -> dict[str, Any]:
    """Without the number of cores: every unit is computed by one thread."""
    machine = {name: value for name, value in environment["machine"].items() if name != "cores"}
    return {**environment, "machine": machine}


def _differences(both: Any, column: str, is_number: bool) -> dict[str, Any]:
    new, old = both[column], both[f"{column}_recorded"]
    same = (new == old).fillna(False) | (new.isna() & old.isna())
    result: dict[str, Any] = {"column": column, "rows": len(both), "identical": int(same.sum())}
    if is_number:
        gap = (new - old).abs()
        result["largest_difference"] = float(gap.max())
        result["largest_relative_difference"] = float((gap / old.abs().clip(lower=1e-300)).max())
    return result


def _mean_agreement(rows: Any, measure: str, seeds: list[str]) -> dict[str, Any]:
    columns = {"new": measure, "recorded": f"{measure}_recorded"}
    means = {name: float(rows[column].mean()) for name, column in columns.items()}
    errors = [_jackknife(rows, column, seeds) for column in columns.values()]
    number = len(set(rows[seeds].to_numpy().ravel()))
    error = math.hypot(*errors)
    gap = abs(means["new"] - means["recorded"])
    exact = bool(np.isclose(means["new"], means["recorded"], rtol=_ROUNDING, atol=0.0, equal_nan=True))
    if error > 0:
        standard_errors = gap / error
    else:
        standard_errors = 0.0 if exact else np.inf
    return {
        **means,
        "seeds": number,
        "standard_errors": standard_errors,
        "agrees": exact or gap <= STANDARD_ERRORS * error,
    }


def _jackknife(rows: Any, column: str, seeds: list[str]) -> float:
    """Standard error of the mean of a column, leaving out one seed (with all its pairs) at a time."""
    every = sorted(set(rows[seeds].to_numpy().ravel()))
    if len(every) < _LEAST_SEEDS:
        return 0.0
    left = [rows.loc[~rows[seeds].eq(seed).any(axis=1), column].mean() for seed in every]
    return float(np.sqrt((len(left) - 1) * np.var(left)))


def _recorded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the digits that a record keeps."""
    return table.assign(**{name: table[name].map(_rounded) for name in table.select_dtypes("float")})


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
