"""What the chapter "Transfer" says of probes: sentences that follow from tables of `probe_tables` and `live_probe`."""

from __future__ import annotations

import pandas as pd

from repsim_core.studies.transfer.live_probe import CarriedProbe
from repsim_core.studies.transfer.probe_tables import (
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
    """How often the bound says something, with one pivot and over all pairs of labels, a title.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    one, pairs = (percent(float(moved[name].mean())) for name in ("says", "pairs_say"))
    return (
        f"With one pivot the bound says something of {one} of the probes, over all pairs of labels of {pairs}"
    )


def pairs_title(moved: pd.DataFrame) -> str:
    """How far the bound over all pairs of labels is from the least possible error, a title.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    ratios = (moved["beta_pairs"] / moved["best_rms"]).groupby(moved["dim"]).median()
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
    first = "Some distances tell more than others" if len(_sure(found.among)) else "No distance tells most"
    said, of = _ahead_of(found, "larger_error")
    return f"{first} about how far a probe is off; ahead of accuracy alone are {said} of {of}"


def among_words(found: Predictions) -> str:
    """Which distance tells more than which other, with the networks that this rests on, a sentence or two."""
    if found.among["p"].isna().all():
        return "There are too few networks to compare the distances."
    own = _sure(found.among)
    parts = []
    for row in own.itertuples():
        names = [MEASURES[name] for name in (row.contender, row.rival)]
        more, less = names if row.value > 0 else reversed(names)
        parts.append(f"{more} tells more than {less} ({row.set})")
    count = found.among.groupby("set", sort=False)["networks"].first()
    networks = listed(f"{number} ({name})" for name, number in count.items())
    said = f"{'; '.join(parts)}." if parts else "No difference among the seven distances is sure."
    return f"{said} Networks: {networks}."


def baseline_words(found: Predictions) -> str:
    """How many of the distances are ahead of each baseline in each record, a clause a baseline."""
    parts = []
    for baseline in BASELINES:
        said, of = _ahead_of(found, baseline)
        parts.append(f"ahead of {MEASURES[baseline]} are {said} of the {of} distances")
    return "; ".join(parts)


def _ahead_of(found: Predictions, baseline: str) -> tuple[str, int]:
    """How many distances are ahead of a baseline in each record, and how many there are."""
    own = _sure(found.baselines)
    counts = own[(own["rival"] == baseline) & (own["value"] > 0)].groupby("set").size()
    counts = counts.reindex(found.baselines["set"].unique(), fill_value=0)
    return listed(f"{count} ({name})" for name, count in counts.items()), len(DISTANCES)


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
    """How far the carried probe is off, beside its bound, a title."""
    chain = found.chain
    return (
        f"Off by {significant(chain['rms'], 2)}, at most {significant(chain['beta'], 2)} by the bound; "
        f"a constant would be off by {significant(chain['deviation'], 2)}"
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
