"""Tables of what measures tell of groups, as the chapter shows them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from repsim_core.studies.groups.answers import GroupTest, by_group
from repsim_core.studies.groups.runs import BASELINE, FAMILIES, MEASURES, ONE_WAY

# Of corrected p-values.
LEVEL = 0.05
# All that compares two networks input by input, the same whichever of them is first, and no scores.
COMPARING = tuple(
    name
    for family, names in FAMILIES.items()
    for name in names
    if family != "scores alone" and name not in ONE_WAY
)
# What names a test.
TEST = ["kind", "dim", "inputs"]


def stand(table: pd.DataFrame) -> pd.Series:
    """How each measure stands beside the accuracy gap: "ahead", "behind", "level", or "unknown" without an interval.

    Args:
        table: from `group_answers.answers`, of any tests.
    """
    sure = table["ahead_p"] < LEVEL
    kinds = [table["ahead_p"].isna(), sure & (table["ahead"] > 0), sure & (table["ahead"] < 0)]
    return pd.Series(np.select(kinds, ["unknown", "ahead", "behind"], "level"), index=table.index)


def tallies(table: pd.DataFrame) -> pd.DataFrame:
    """A row a family of measures, those of one direction left out: in how many (test, measure) it is above what
    relabelled groups give ("seen"), and ahead of the accuracy gap, not told from it, or behind.

    Args:
        table: answers of several tests.
    """
    rows = {}
    for family, names in FAMILIES.items():
        own = table[table["measure"].isin([name for name in names if name not in (BASELINE, *ONE_WAY)])]
        kinds = stand(own).value_counts()
        rows[family] = {
            "of": len(own),
            "seen": int((own["auprc"] > own["null"]).sum()),
            "ahead": int(kinds.get("ahead", 0)),
            "not told": int(kinds.get("level", 0) + kinds.get("unknown", 0)),
            "behind": int(kinds.get("behind", 0)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def best(table: pd.DataFrame) -> pd.DataFrame:
    """A row a test: the accuracy gap's AUPRC, which measure that compares networks input by input has the largest, and
    which share of the accuracy gap's errors that measure gets right. It is chosen by its AUPRC, which therefore has no
    interval.

    Args:
        table: answers of several tests, with columns dim and test.
    """
    rows = []
    for (dim, test), own in table.groupby(["dim", "test"], sort=False):
        by_measure = own.set_index("measure")
        compared = by_measure.loc[by_measure.index.intersection(COMPARING)]
        first = compared["auprc"].idxmax()
        rows.append(
            {
                "M": dim,
                "test": str(test).removeprefix("random "),
                "accuracy gap": with_ends(by_measure.loc[BASELINE]),
                "best measure": MEASURES[str(first)],
                "AUPRC": f"{compared.loc[first, 'auprc']:.2f}",
                "mends": share(float(compared.loc[first, "beyond"])),
            }
        )
    return pd.DataFrame(rows)


def group_table(own: pd.DataFrame) -> pd.DataFrame:
    """Of one test, a row a group: the AUPRC of each measure, and how far apart 1 − mean CCA has pairs inside and
    across, in the median.

    Args:
        own: from `group_answers.by_group`, with "cca_loss" among its measures.
    """
    names = list(dict.fromkeys(own["measure"]))
    table = own.pivot(index="level", columns="measure", values="auprc")[names].rename(columns=MEASURES)
    cca = own[own["measure"] == "cca_loss"].set_index("level")
    return table.assign(**{"inside": cca["inside"], "across": cca["across"]}).rename_axis(columns=None)


def unchanged(tests: Mapping[tuple[str, int, str], GroupTest]) -> pd.DataFrame:
    """How far apart 1 − mean CCA has networks that differ in their first weights alone: those of the group that was
    not changed. Columns M, test, inside and across: medians of its pairs, and of those to the other groups.

    Args:
        tests: by kind, dimension and inputs.
    """
    rows = []
    for (_, dim, _), test in tests.items():
        first = by_group(test, ["cca_loss"]).set_index("level").loc[0.0]
        rows.append({"M": dim, "test": test.name, "inside": first["inside"], "across": first["across"]})
    return pd.DataFrame(rows)


def lead_gaps(table: pd.DataFrame) -> pd.Series:
    """How far the two halves of the networks differ in a measure's lead over the accuracy gap, without a sign: by test
    and measure, those of one direction left out.

    Args:
        table: from `group_answers.halves`, of several tests, with columns kind, dim, inputs.
    """
    own = table[~table["measure"].isin(ONE_WAY)].set_index([*TEST, "measure"])
    moved = own["first"] - own["second"]
    known = moved.xs(BASELINE, level="measure")
    others = moved.drop(BASELINE, level="measure")
    return (others - known.reindex(others.index.droplevel("measure")).to_numpy()).abs()


def share(value: float) -> str:
    """In percent; a dash where there is nothing to share."""
    return "–" if np.isnan(value) else f"{value:.0%}"


def with_ends(row: pd.Series) -> str:
    """An AUPRC with its interval, to two digits."""
    value = f"{row['auprc']:.2f}"
    if pd.isna(row["low"]) or f"{row['low']:.2f}" == f"{row['high']:.2f}":
        return value
    return f"{value} [{row['low']:.2f}, {row['high']:.2f}]"
