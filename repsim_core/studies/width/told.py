"""What the chapter "Width" says of trends and filters: words that follow from tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from repsim_core.studies.width.tables import ENDS, GROUP, LEVEL, MEASURES, summary
from repsim_core.wording import interval, p_value, plural, signed, verb

PLAIN = {"d_llv": "d_LLV", "d_fg": "d_fg"}
_FORMULA = {"d_llv": r"$d_{\mathrm{LLV}}$", "d_fg": r"$d_{\mathbf f, \mathbf g}$"}


def direction(row: Any) -> str:
    """What a slope does, by its corrected p-value: falls, rises, or no clear trend."""
    if not row.corrected < LEVEL:
        return "no clear trend"
    return "falls" if row.slope < 0 else "rises"


def has(row: Any) -> str:
    """The same with its verb: falls, rises, has no clear trend."""
    return direction(row).replace("no", "has no")


def slope(row: Any, digits: int = 3) -> str:
    """A slope with its interval."""
    return f"{signed(row.slope, digits)} {interval(row.low, row.high, digits)}"


def falling(trend: pd.DataFrame) -> list[bool]:
    """Which rows fall."""
    return [direction(row) == "falls" for row in trend.itertuples()]


def of_curves(trend: pd.DataFrame) -> str:
    """How many curves fall, rise, or have no clear trend: "18 of 20 curves fall, 2 have no clear trend"."""
    if not len(trend):
        return "there is no curve over several widths"
    ways = [direction(row) for row in trend.itertuples()]
    rising = [
        f"{PLAIN[row.measure]} at K = {row.classes}, {row.variant}"
        for row in trend.itertuples()
        if direction(row) == "rises"
    ]
    text = f"{ways.count('falls')} of {plural(len(trend), 'curve')} {verb(ways.count('falls'), 'fall')}"
    if rising:
        text += f", {len(rising)} {verb(len(rising), 'rise')} ({', '.join(rising)})"
    if unclear := ways.count("no clear trend"):
        text += f", {unclear} {verb(unclear, 'have')} no clear trend"
    return text


def for_the_report(trend: pd.DataFrame, *, recorded: bool, in_part: bool) -> str:
    """What the reproduction report says of some trends.

    Args:
        trend: rows of `width_tables.trends`.
        recorded: whether they are of a record.
        in_part: whether the record lacks groups of the study.
    """
    if not recorded:
        return "not at the paper's protocol: this copy of the book shows a shorter training"
    if not len(trend):
        return "not yet in the record"
    said = "; ".join(
        f"K = {row.classes}: {PLAIN[row.measure]} {row.narrowest:.3f} to {row.widest:.3f}, slope {slope(row)}"
        for row in trend.itertuples()
    )
    as_there = ", as in the paper" if all(falling(trend)) else ""
    return f"{'in part. ' if in_part else ''}{of_curves(trend)}{as_there}. {said}."


def of_means(trend: pd.DataFrame) -> str:
    """What the figure of the means shows."""
    said = [
        f"for K = {row.classes} the mean of {PLAIN[row.measure]} {has(row)}: from {row.narrowest:.3f} to "
        f"{row.widest:.3f}, {slope(row)} for each doubling"
        for row in trend.itertuples()
    ]
    return f"{'; '.join(said or ['one width only'])}."


def trend_lines(trend: pd.DataFrame, variant: str, tested: pd.DataFrame) -> list[str]:
    """What the trends of a variant are, beside the paper, and how many are tested.

    Args:
        trend: rows of `width_tables.trends`, of the variant.
        variant: which.
        tested: all rows.
    """
    lines = []
    for row in trend.itertuples():
        down = f"{row.falls} of {plural(row.widths - 1, 'single step')} {verb(row.falls, 'go')} down"
        lines.append(
            f"$K = {row.classes}$, {_FORMULA[row.measure]}: the mean **{has(row)}** with width, from "
            f"{row.narrowest:.3f} to {row.widest:.3f} over {row.widths} widths. For each doubling it "
            f"changes by {signed(row.slope)}, interval {signed(row.low)} to {signed(row.high)}, corrected "
            f"$p$ {p_value(row.corrected)}; {down}."
        )
    if not lines:
        lines.append("Fewer than two widths pass the filters, so there is no trend to describe.")
    lines.append(beside_the_paper(trend, variant))
    if len(tested) > 1:
        before, after = (int((tested[name] < LEVEL).sum()) for name in ("p", "corrected"))
        lines.append(
            f"{len(tested)} slopes are tested in this chapter, those with fixed norms further down included; slopes "
            "among pairs of equal order, in the second follow-up, are corrected for their own number. The $p$-values "
            f"of {before} are below .05, after the correction those of {after}."
        )
    return lines


def beside_the_paper(trend: pd.DataFrame, variant: str) -> str:
    """Whether the trends of a variant are the paper's."""
    if variant != "free":
        return (
            "The paper shows no trend for networks of fixed norm; there is nothing to agree or disagree with."
        )
    ways = [direction(row) for row in trend.itertuples()]
    if ways and set(ways) == {"falls"}:
        return "This is what the paper reports: both distances fall as width grows."
    if "rises" in ways:
        return "This **disagrees** with the paper, where both distances fall as width grows."
    return (
        "The paper reports that both distances fall as width grows. Where no clear trend is named above, "
        "these networks are too few or too alike to confirm or to contradict it."
    )


def interval_ratio(means: pd.DataFrame) -> float:
    """How many times as wide the intervals of means are as those that take pairs for independent, a median; NaN where
    there are none.

    Args:
        means: from `width_tables.summary`.
    """
    full = means[means["sd"] > 0].dropna(subset=["low"])
    naive = 1.96 * full["sd"] / np.sqrt(full["pairs"])
    return float(((full["high"] - full["low"]) / (2 * naive)).median())


def of_the_filter(
    models: pd.DataFrame, pairs: pd.DataFrame, means: pd.DataFrame, least_accuracy: float
) -> str:
    """What the filter on accuracy removes, and what it does to the means of d_LLV.

    Args:
        models, pairs: of one variant, without the filter.
        means: from `width_tables.summary`, with it.
        least_accuracy: of the filter.
    """
    bad = models[models["test_accuracy"] <= least_accuracy]
    dropped = bad.groupby(["classes", "width"]).size()
    by_k = [
        f"; with $K = {k}$ " + ", ".join(f"{size} of width {width}" for (_, width), size in own.items())
        for k, own in dropped.groupby(level="classes")
    ]
    said = f"The filter on accuracy removes {len(bad)} of {len(models)} networks{''.join(by_k)}."
    both = thinned(pairs, means)
    if not len(both):
        return said
    more = int((both["mean_all"] > both["mean"]).sum())
    return (
        f"{said} This matters: in the groups that it thins and that are still in the figure, counting all "
        f"networks would raise the mean of {_FORMULA['d_llv']} in {more} of {len(both)} cases, on average "
        f"from {both['mean'].mean():.3f} to {both['mean_all'].mean():.3f}."
    )


def thinned(pairs: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """Mean d_LLV of the groups that a filter thins, with the filter and, as mean_all, without it.

    Args:
        pairs: without the filter.
        means: from `width_tables.summary`, with it.
    """
    every = summary(pairs.dropna(subset=list(MEASURES))).query("measure == 'd_llv'")
    both = means[means["measure"] == "d_llv"].merge(every, on=GROUP, suffixes=("", "_all"))
    return both[both["networks_all"] > both["networks"]]


def moved_by_the_filter(pairs: pd.DataFrame, means: pd.DataFrame) -> str:
    """What counting all networks would do to the means, arguments as for `thinned`."""
    both = thinned(pairs, means)
    if not len(both):
        return "It removes no network from the groups that are shown."
    return (
        f"Counting all networks of the {plural(len(both), 'group')} that it thins would move their mean "
        f"d_LLV, on average, from {both['mean'].mean():.2f} to {both['mean_all'].mean():.2f}."
    )


def of_fixed_norms(trend: pd.DataFrame) -> str:
    """What becomes of the trend where norms are fixed; nothing where there are no such networks."""
    if not len(trend):
        return "No two widths have networks with fixed norms that pass the filters."
    down = falling(trend)
    if all(down):
        return f"With fixed norms {of_curves(trend)}. The trend does not need the freedom of the norms."
    return (
        f"With fixed norms {of_curves(trend)}. So {'not every curve falls' if any(down) else 'no fall is seen'} there. "
        "That need not be for want of freedom: these means mix two kinds of pairs, which the second follow-up below "
        "takes apart."
    )


def passed(models: pd.DataFrame, least_accuracy: float) -> str:
    """How many networks of each variant pass the filter: "412 of 500 (free), ..."."""
    good = (models["test_accuracy"] > least_accuracy).groupby(models["variant"]).agg(["sum", "size"])
    return ", ".join(f"{row['sum']} of {row['size']} ({name})" for name, row in good.iterrows())


def mean_table(means: pd.DataFrame) -> pd.DataFrame:
    """Means with their intervals: a row for each K and width, with its networks, and a column for each measure."""
    digits = means["measure"].map({"d_llv": 2, "d_fg": 3})
    written = [
        f"{row.mean:.{n}f} [{row.low:.{n}f}, {row.high:.{n}f}]"
        for row, n in zip(means.itertuples(), digits, strict=True)
    ]
    index = ["classes", "width", "networks"]
    table = means.assign(text=written).pivot(index=index, columns="measure", values="text")[list(MEASURES)]
    table = table.set_axis(list(PLAIN.values()), axis=1).reset_index(level="networks")
    return table.set_axis([f"K = {count}, w = {width}" for count, width in table.index])


def trend_table(trend: pd.DataFrame) -> pd.DataFrame:
    """A row for each trend: measure, widths, slope with interval, corrected p, what it does."""
    rows = {
        (f"K = {row.classes}, {row.variant}", PLAIN[row.measure]): {
            "widths": row.widths,
            "slope": slope(row),
            "corrected p": p_value(row.corrected),
            "with width": direction(row),
        }
        for row in trend.itertuples()
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    if not len(table):
        return table
    table.insert(0, "measure", [measure for _, measure in rows])
    return table.set_axis([name for name, _ in rows])


def live_beside(live: pd.DataFrame, record: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means of live networks beside those of the same seeds in a record, from `width_tables.summary`.

    Returns:
        Rows as they are kept, and as they are shown.
    """
    side = live.merge(record, on=[*GROUP, "measure"], suffixes=("_live", "_record"))
    index = ["classes", "width", "networks_live", "networks_record"]
    wide = side.pivot(index=index, columns="measure", values=["mean_live", "mean_record"]).swaplevel(axis=1)
    columns = [(measure, f"mean_{end}") for measure in MEASURES for end in ("live", "record")]
    wide = wide.reindex(columns=pd.MultiIndex.from_tuples(columns)).astype(float).round(3)
    wide = wide.reset_index(level=["networks_live", "networks_record"])
    names = ("networks", *PLAIN.values())
    wide.columns = pd.MultiIndex.from_tuples([(name, end) for name in names for end in ("live", "record")])
    return side, wide.set_axis([f"K = {count}, w = {width}" for count, width in wide.index])


def of_the_record(recorded: Any, folder: str, planned: Sequence[Any]) -> tuple[str, int]:
    """What a record of the width study holds and lacks, and how many groups it lacks.

    Args:
        recorded: the record.
        folder: where it is.
        planned: the groups of the whole study.
    """
    present = set(recorded.models[GROUP].itertuples(index=False, name=None))
    lacking = [g for g in planned if (g.classes, g.width, g.variant) not in present]
    said = (
        f"The record in {folder} holds {len(recorded.models):,} networks and {len(recorded.pairs):,} pairs, "
        f"trained for {recorded.study.steps:,} steps; the table has their number by K, variant and width."
    )
    if not lacking:
        return f"{said} All {len(planned)} groups of the study are in it.", 0
    parts = []
    for count, kind in dict.fromkeys((g.classes, g.variant) for g in lacking):
        every, gone = (
            [str(g.width) for g in part if (g.classes, g.variant) == (count, kind)]
            for part in (planned, lacking)
        )
        parts.append(f"K = {count} {kind}" + ("" if gone == every else f" (width {', '.join(gone)})"))
    return (
        f"{said} It is not complete: of the {len(planned)} groups of the study it lacks {len(lacking)}, "
        f"namely {'; '.join(parts)}."
    ), len(lacking)


def same_seeds(pairs: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """The pairs of the first so many seeds."""
    return pairs[pairs[ENDS].max(axis=1) < seeds]
