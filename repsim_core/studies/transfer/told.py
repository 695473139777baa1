"""What the chapter "Transfer" says of probes: sentences that follow from tables of `probe_tables` and `live_probe`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from repsim_core.measures.pairs import MEAN
from repsim_core.studies.transfer.live_probe import CarriedProbe
from repsim_core.studies.transfer.tables import (
    BASELINES,
    DISTANCES,
    MEASURES,
    PIXELS,
    Predictions,
)
from repsim_core.studies.which.verdicts import LEVEL, bracketed
from repsim_core.wording import listed, significant, span


def percent(share: float) -> str:
    """A share of all: "93 %"; no 0 % and no 100 % of what happens, or fails to, at least once."""
    if -0.005 <= share < 0:
        return "0 %"
    if 0 < share < 0.005:
        return "below 1 %"
    if 0.995 <= share < 1:
        return "above 99 %"
    return f"{share:.0%}".replace("%", " %").replace("-", "−")


def bound_title(moved: pd.DataFrame) -> str:
    """How often the bound says something for tasks of the pixels, with one pivot and over all pairs of labels, a title.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    own = moved[moved["family"] == PIXELS]
    one, pairs = (percent(float(own[name].mean())) for name in ("says", "pairs_say"))
    return f"With one pivot the bound says something in {one} of the transfers, over all pairs of labels in {pairs}"


def pairs_title(moved: pd.DataFrame) -> str:
    """How far the bound over all pairs of labels is from the least possible error for tasks of the pixels, a title.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    own = moved[moved["family"] == PIXELS]
    ratios = (own["beta_pairs"] / own["best_rms"]).groupby(own["dim"]).median()
    said = ", ".join(f"{significant(float(value))} (M = {dim})" for dim, value in ratios.items())
    return f"Over all pairs of labels the bound is {said} times the least possible error"


def spans(table: pd.DataFrame, column: str, by: str, family: str, *, shares: bool = False) -> str:
    """From the least to the largest value of a column: "1.02 to 1.05 (M = 2), ...".

    Args:
        table: from `probe_tables.bound_table` or `task_table`.
        column: of it.
        by: "dim" or "kind": what is told apart.
        family: of tasks.
        shares: written as per cent.
    """
    own = table[table["family"] == family]
    parts = []
    for name, values in own.groupby(by, sort=by == "dim")[column]:
        if shares:
            said = " to ".join(dict.fromkeys(percent(float(end)) for end in (values.min(), values.max())))
        else:
            said = span([round(value, 2) + 0.0 for value in values], 2)  # no negative zero
        parts.append(f"{said} ({f'M = {name}' if by == 'dim' else name})")
    return ", ".join(parts)


def held_words(moved: pd.DataFrame) -> str:
    """How often the error on the inputs held back is above the bound, and by how much, a sentence.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    excess = moved["held_rms"] / moved["beta"]
    above = excess > 1
    if not above.any():
        return "On the inputs held back no error is above the bound that the others gave."
    worst = moved.loc[excess.idxmax(), "words"]
    return (
        f"On the inputs held back {percent(float(above.mean()))} of the errors are above the bound that the others "
        f"gave, in the median by {percent(float(excess[above].median() - 1))} and at most by "
        f"{percent(float(excess.max() - 1))} ({worst})."
    )


def lost_title(tasks: pd.DataFrame) -> str:
    """What is lost of what a probe explained, a title.

    Args:
        tasks: from `probe_tables.task_table`, of one record.
    """
    own = tasks[tasks["family"] == PIXELS]
    sums = own.groupby("set", sort=False)[["own_r2", "r2"]].sum()
    kept = sums["r2"] / sums["own_r2"]
    return "Carried over, probes keep of what they explained: " + ", ".join(
        f"{percent(float(share))} ({name})" for name, share in kept.items()
    )


# -- which distance predicts ------------------------------------------------------------------------------------------


def prediction_title(found: Predictions) -> str:
    """Whether any distance tells more than another, and how many are ahead of accuracy alone, a title."""
    first = (
        "Some distances are surely ahead of others"
        if len(_sure(found.among))
        else "No distance is surely ahead of another"
    )
    return (
        f"{first} in telling how far a probe is off; surely ahead of accuracy alone are {ahead_words(found)}"
    )


def ahead_words(found: Predictions, baseline: str = "larger_error") -> str:
    """How many distances are surely ahead of a baseline in each record: "0 (fast) and 7 (paper) of 7"."""
    return f"{_counted(found, baseline, _sure(found.baselines))} of {len(DISTANCES)}"


def networks_words(found: Predictions) -> str:
    """How many networks each record has: "30 networks of each record", or a number a record."""
    count = found.told.groupby("set", sort=False)["networks"].first()
    if count.nunique() == 1:
        return f"{count.iloc[0]} networks of each record"
    return f"{listed(f'{number} ({name})' for name, number in count.items())} networks"


def among_words(found: Predictions) -> str:
    """Which distance surely tells more than which other, a sentence."""
    if found.among["p"].isna().all():
        return "There are too few networks to compare the distances."
    own = _sure(found.among)
    parts = []
    for row in own.itertuples():
        names = [MEASURES[name] for name in (row.contender, row.rival)]
        more, less = names if row.value > 0 else reversed(names)
        parts.append(f"{more} tells more than {less} ({row.set})")
    return f"{'; '.join(parts)}." if parts else "No difference among the seven distances is sure."


def baseline_words(found: Predictions) -> str:
    """How many of the distances are ahead of each baseline in each record, and how many would be, were each comparison
    the only one: a sentence a baseline."""
    return " ".join(
        f"Surely ahead of {MEASURES[baseline]} are {ahead_words(found, baseline)} distances; one by one, without "
        f"a correction, it would be {_counted(found, baseline, found.baselines[found.baselines['low'] > 0])}."
        for baseline in BASELINES
    )


def _counted(found: Predictions, baseline: str, rows: pd.DataFrame) -> str:
    """How many of some comparisons a distance has won against a baseline, in each record."""
    counts = rows[(rows["rival"] == baseline) & (rows["value"] > 0)].groupby("set").size()
    counts = counts.reindex(found.baselines["set"].unique(), fill_value=0)
    return listed(f"{count} ({name})" for name, count in counts.items())


def _sure(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["p"] < LEVEL]


def told_of(told: pd.DataFrame, measure: str) -> str:
    """What one measure tells in each record, with intervals: "0.82 [0.46, 0.95] (fast), ..."."""
    own = told[told["measure"] == measure]
    return ", ".join(f"{bracketed(row.value, row.low, row.high)} ({row.set})" for row in own.itertuples())


def medians(told: pd.DataFrame) -> str:
    """The median over sets of what each measure tells, for the description of a figure."""
    middle = told.groupby("measure")["value"].median()
    return ", ".join(f"{words} {middle[name]:.2f}" for name, words in MEASURES.items())


# -- the pair that is looked at --------------------------------------------------------------------------------------


def live_title(found: CarriedProbe) -> str:
    """How far the carried probe is off on either half of the inputs, beside its bound, a title."""
    chain = found.chain
    return (
        f"Off by {significant(chain['rms'], 2)} where the bound is {significant(chain['beta'], 2)} and a constant is "
        f"off by {significant(chain['deviation'], 2)}; by {significant(found.held_rms, 2)} on inputs held back"
    )


def pivot_words(found: CarriedProbe, names: Mapping[int, str]) -> str:
    """What the labels of a probe are compared with: the name of the pivot."""
    return "the mean over labels" if found.bound.pivot == MEAN else names[int(found.bound.pivot)]


def margin_words(row: pd.Series) -> str:
    """What each step of the limit on wrong signs gives away, sentences.

    Args:
        row: of `CarriedProbe.error_by_margin`.
    """
    margin, chebyshev = row["near"] - row["near_wrong"], row["added"] - row["far_wrong"]
    more = "Chebyshev's inequality" if chebyshev > margin else "giving up the inputs within the margin"
    return (
        f"Within the margin are {row['near']:.3f} of the inputs, of which {row['near_wrong']:.3f} are wrong: "
        f"{margin:.3f} given away. Beyond it {row['far_wrong']:.3f} are wrong and {row['added']:.3f} are allowed: "
        f"{chebyshev:.3f} given away. Most is lost by {more}."
    )


def live_words(found: CarriedProbe) -> str:
    """Whether the bound says something of this probe, and how it stands to the least possible error."""
    chain = found.chain
    ratio = chain["beta"] / chain["best"] if chain["best"] > 0 else float("inf")
    text = (
        f"The bound is {significant(ratio)} times the error of the best affine function of the other embedding, and "
        f"{percent(chain['beta'] / chain['deviation'])} of the probe's deviation"
    )
    if chain["beta"] < chain["deviation"]:
        return f"{text}: it says something."
    return f"{text}: it says nothing, a constant does as well."


def live_loss(found: CarriedProbe) -> str:
    """What the probe explains of its task before and after, on the inputs held back."""
    own, there, refit = (percent(max(r2, 0.0)) for r2 in (found.own_r2, found.carried_r2, found.refit_r2))
    return (
        f"On its own network the probe explains {own} of the task's variance, carried over {there}; a probe fitted on "
        f"the other network explains {refit}"
    )
