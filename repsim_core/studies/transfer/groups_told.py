"""What measures tell of groups, in words that the chapter shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from repsim_core.studies.transfer.group_data import KINDS
from repsim_core.studies.transfer.group_runs import BASELINE, FAMILIES, MEASURES, ONE_WAY
from repsim_core.wording import listed, plural, signed, span

# Of corrected p-values.
LEVEL = 0.05
# All that compares two networks input by input, the same whichever of them is first, and no scores.
COMPARING = tuple(
    name
    for family, names in FAMILIES.items()
    for name in names
    if family != "scores alone" and name not in ONE_WAY
)
_TEST = ["kind", "dim", "inputs"]


def stand(table: pd.DataFrame) -> pd.Series:
    """How each measure stands beside the accuracy gap: "ahead", "behind", "level", or "unknown" without an interval.

    Args:
        table: from `group_answers.answers`, of any tests.
    """
    sure = table["ahead_p"] < LEVEL
    kinds = [table["ahead_p"].isna(), sure & (table["ahead"] > 0), sure & (table["ahead"] < 0)]
    return pd.Series(np.select(kinds, ["unknown", "ahead", "behind"], "level"), index=table.index)


def headline(table: pd.DataFrame) -> str:
    """In how many tests some measure tells groups apart better than accuracy alone does: the title of a figure.

    Args:
        table: answers of several tests, with columns kind, dim, inputs.
    """
    own = table[table["measure"].isin(COMPARING)]
    own = own.assign(stand=stand(own))
    tests = own.groupby(_TEST, sort=False)["stand"].agg(set)
    ahead = sum("ahead" in found for found in tests)
    rest = "in no test" if ahead == 0 else f"in {ahead} of {plural(len(tests), 'test')}"
    count = f" of {len(tests)}" if ahead == 0 else ""
    return f"{rest.capitalize()}{count} does a measure tell groups apart better than accuracy alone"


def tallies(table: pd.DataFrame) -> pd.DataFrame:
    """A row a family of measures, those of one direction left out: in how many (test, measure) it is ahead of the
    accuracy gap, level, behind, and above what relabelled groups give.

    Args:
        table: answers of several tests.
    """
    rows = {}
    for family, names in FAMILIES.items():
        own = table[table["measure"].isin([name for name in names if name not in (BASELINE, *ONE_WAY)])]
        kinds = stand(own).value_counts()
        rows[family] = {
            "tests × measures": len(own),
            "above relabelled groups": int((own["auprc"] > own["null"]).sum()),
            "ahead of accuracy": int(kinds.get("ahead", 0)),
            "not told from it": int(kinds.get("level", 0) + kinds.get("unknown", 0)),
            "behind": int(kinds.get("behind", 0)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def best(table: pd.DataFrame) -> pd.DataFrame:
    """A row a test: the accuracy gap's AUPRC, which measure that compares networks input by input has the largest, and
    which share of the accuracy gap's errors that measure gets right.

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
                "test": test,
                "accuracy gap": with_ends(by_measure.loc[BASELINE]),
                "best measure": MEASURES[str(first)],
                "its AUPRC": with_ends(compared.loc[first]),
                "right where accuracy is wrong": share(float(compared.loc[first, "beyond"])),
                "1 − mean CCA": with_ends(by_measure.loc["cca_loss"]),
            }
        )
    return pd.DataFrame(rows)


def share(value: float) -> str:
    """In percent; a dash where there is nothing to share."""
    return "–" if np.isnan(value) else f"{value:.0%}"


def with_ends(row: pd.Series) -> str:
    """An AUPRC with its interval, to two digits."""
    value = f"{row['auprc']:.2f}"
    if pd.isna(row["low"]) or f"{row['low']:.2f}" == f"{row['high']:.2f}":
        return value
    return f"{value} [{row['low']:.2f}, {row['high']:.2f}]"


def dimensions_in_words(table: pd.DataFrame) -> str:
    """Whether verdicts depend on M: how many stand otherwise beside the accuracy gap, and how far the measures' order
    agrees.

    Args:
        table: answers of tests with several dimensions.
    """
    dims = list(dict.fromkeys(table["dim"]))
    if len(dims) < 2:
        return "There is one dimension alone."
    own = table[~table["measure"].isin([BASELINE, *ONE_WAY])]
    own = own.assign(stand=stand(own))
    wide = own.pivot(index=["kind", "inputs", "measure"], columns="dim", values=["stand", "auprc"]).dropna()
    first, second = dims[:2]
    other = wide["stand", first] != wide["stand", second]
    turned = (wide["stand", first] == "ahead") & (wide["stand", second] == "behind")
    turned |= (wide["stand", first] == "behind") & (wide["stand", second] == "ahead")
    figures = wide["auprc"].astype(float)
    orders = [
        part[first].corr(part[second], method="spearman") for _, part in figures.groupby(["kind", "inputs"])
    ]
    larger = int((figures[second] > figures[first]).sum())
    return (
        f"Of {len(wide)} verdicts beside the accuracy gap, {int(other.sum())} differ between M = {first} and "
        f"M = {second}, {int(turned.sum())} of them from ahead to behind or the reverse. The rank correlation of the "
        f"measures' AUPRC at both dimensions is {span(orders, 2)} over the tests, and the AUPRC is larger with "
        f"M = {second} in {larger} of {len(wide)} cases."
    )


def draws_in_words(table: pd.DataFrame, measures: Mapping[str, str]) -> str:
    """What is left where each network has random labels of its own: figures of "labels" and "own-labels", M = 2.

    Args:
        table: answers of several tests.
        measures: which, and what to call them in the sentence.
    """
    own = table[table["dim"] == 2].pivot_table(index="measure", columns="kind", values="auprc", sort=False)
    if not {"labels", "own-labels"} <= set(own.columns):
        return "The record lacks one of the two tests."
    parts = [
        f"{name} {own.loc[key, 'labels']:.2f} and {own.loc[key, 'own-labels']:.2f}"
        for key, name in measures.items()
    ]
    return listed(parts)


def halves_in_words(table: pd.DataFrame) -> str:
    """How far the figures of two disjoint halves of the networks lie apart.

    Args:
        table: from `group_answers.halves`, of several tests.
    """
    gaps = (table["first"] - table["second"]).abs()
    return (
        f"the two differ by {gaps.median():.2f} in the median of {len(gaps)} figures, by more than "
        f"{gaps.quantile(0.9):.2f} in one of ten, and by up to {gaps.max():.2f}"
    )


def levels_in_words(kind: str, levels: tuple[float, ...]) -> dict[float, str]:
    """Titles of panels: what was done to each group.

    Args:
        kind: a key of `KINDS`.
        levels: of the groups.
    """
    if KINDS[kind].most == 1.0:
        return {level: f"{level:.0%}" for level in levels}
    unit = {"rotation": "°", "shift": " px"}.get(kind, "")
    return {level: f"{level:g}{unit}" for level in levels}


def live_in_words(table: pd.DataFrame, networks: int, title: str) -> str:
    """What the networks trained in the chapter say.

    Args:
        table: answers of their test.
        networks: how many there are.
        title: of the test.
    """
    by_measure = table.set_index("measure")
    compared = by_measure.loc[list(COMPARING), "auprc"]
    if compared.isna().all() or np.isnan(by_measure.loc[BASELINE, "auprc"]):
        return f"{plural(networks, 'network')} ({title}): no figure is known, as networks are degenerate."
    larger = int((compared > by_measure.loc[BASELINE, "auprc"]).sum())
    first = compared.idxmax()
    gap = signed(float(compared.max() - by_measure.loc[BASELINE, "auprc"]), 2)
    return (
        f"{plural(networks, 'network')} ({title}): the accuracy gap has an AUPRC of "
        f"{by_measure.loc[BASELINE, 'auprc']:.2f}, a random order {by_measure.loc[BASELINE, 'chance']:.2f}. "
        f"{larger} of {len(compared)} measures have more; the largest is {MEASURES[str(first)]} with "
        f"{compared.max():.2f} ({gap})."
    )
