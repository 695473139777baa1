"""What measures tell of groups, in words that the chapter shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from repsim_core.studies.groups.data import KINDS
from repsim_core.studies.groups.runs import BASELINE, FAMILIES, MEASURES, ONE_WAY
from repsim_core.studies.groups.tables import COMPARING, LEVEL, TEST, stand
from repsim_core.wording import listed, plural, signed, span

# An AUPRC above which hardly anything can be ahead.
FULL = 0.95
# Of a median distance across, what one inside is that is nearly as large.
NEARLY = 0.9


def headline(table: pd.DataFrame) -> str:
    """In how many tests some measure tells groups apart better than accuracy alone does: the title of a figure.

    Args:
        table: answers of several tests, with columns kind, dim, inputs.
    """
    tests, ahead = table.groupby(TEST).ngroups, _ahead(table).groupby(TEST).ngroups
    if not ahead:
        return f"In none of {plural(tests, 'test')} does a measure tell groups apart surely better than accuracy alone"
    return f"In {ahead} of {plural(tests, 'test')} a measure tells groups apart surely better than accuracy alone"


def ahead_in_words(table: pd.DataFrame) -> str:
    """Which measures are ahead of the accuracy gap, test by test.

    Args:
        table: answers of several tests, with columns kind, dim, inputs.
    """
    known = table[table["measure"] == BASELINE].set_index(TEST)["auprc"]
    sentences = []
    for key, own in _ahead(table).groupby(TEST, sort=False):
        names = [
            f"{MEASURES[measure]} ({auprc:.2f})"
            for measure, auprc in own[["measure", "auprc"]].itertuples(index=False)
        ]
        sentences.append(
            f"Ahead with {own['test'].iloc[0]}, M = {key[1]}: {listed(names)}; the accuracy gap has {known[key]:.2f}."
        )
    return " ".join(sentences) or "No measure is surely ahead in any test."


def room_in_words(table: pd.DataFrame) -> str:
    """In which tests the accuracy gap leaves hardly any room above itself.

    Args:
        table: answers of several tests.
    """
    known = table.loc[table["measure"] == BASELINE, "auprc"]
    full = [f"{value:.2f}" for value in known[known >= FULL]]
    if not full:
        return f"In no test does the accuracy gap itself have {FULL} or more."
    return (
        f"In {len(full)} of the {len(known)} tests the accuracy gap itself has {listed(full)}: there nothing can be "
        "ahead by much"
    )


def _ahead(table: pd.DataFrame) -> pd.DataFrame:
    """Of measures that compare networks input by input, the rows that are ahead of the accuracy gap."""
    own = table[table["measure"].isin(COMPARING)]
    return own[stand(own) == "ahead"]


def unchanged_in_words(table: pd.DataFrame) -> str:
    """In how many tests networks that differ in their first weights alone are nearly as far apart as from others.

    Args:
        table: from `unchanged`.
    """
    ratios = table["inside"] / table["across"]
    near = ratios >= NEARLY
    count = f"In {int(near.sum())} of {plural(len(table), 'test')}"
    count = f"{count} the median inside is at least {NEARLY:.0%} of that across"
    if near.all() or not near.any():
        return f"{count}."
    others = listed(dict.fromkeys(table.loc[~near, "test"]))
    low, high = (100 * each for each in (ratios[~near].min(), ratios[~near].max()))
    return f"{count}; in the others ({others}) it is {low:.0f} to {high:.0f}%."


def above_chance_in_words(table: pd.DataFrame, family: str) -> str:
    """Which measures of a family have more than relabelled groups give.

    Args:
        table: answers of one test.
        family: a key of `FAMILIES`.
    """
    own = table[table["measure"].isin(FAMILIES[family])]
    sure = own["p"] < LEVEL
    names = [
        f"{MEASURES[measure]} ({auprc:.2f}, p = {p:.2f})"
        for measure, auprc, p in own.loc[sure, ["measure", "auprc", "p"]].itertuples(index=False)
    ]
    rest = own.loc[~sure, "auprc"].tolist()
    others = f"; {'the others' if names else 'they'} have {span(rest, 2)}" if rest else ""
    return f"Of measures of {family}, above chance with p < {LEVEL}: {listed(names)}{others}"


def beyond_title(table: pd.DataFrame) -> str:
    """How many of the drawn measures are ahead of the accuracy gap, test by test in their order.

    Args:
        table: answers of some tests, of the drawn measures.
    """
    counts = (stand(table) == "ahead").groupby(table["test"], sort=False).sum()
    measures = table["measure"].nunique()
    return f"Measures surely ahead of accuracy alone: {listed(counts)} of {measures}"


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


def leads_in_words(gaps: pd.Series) -> str:
    """How far the leads over the accuracy gap lie apart that two disjoint halves of the networks show.

    Args:
        gaps: from `group_tables.lead_gaps`.
    """
    return (
        f"by {gaps.median():.2f} in the median of {len(gaps)}, by more than {gaps.quantile(0.9):.2f} in one of ten, "
        f"and by up to {gaps.max():.2f}"
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
