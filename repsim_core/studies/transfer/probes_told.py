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
from repsim_core.wording import listed, plural, significant, span


def percent(share: float) -> str:
    """A share of all: "93 %"; no 0 % and no 100 % of what happens, or fails to, at least once."""
    if 0 < share < 0.005:
        return "below 1 %"
    if 0.995 <= share < 1:
        return "above 99 %"
    return f"{share:.0%}".replace("%", " %")


def bound_title(moved: pd.DataFrame) -> str:
    """How often the bound says something and how far it is from the least possible error, a title.

    Args:
        moved: from `probe_tables.all_transfers`.
    """
    by_dim = moved.groupby("dim")["to_best"].median()
    least, most = by_dim.index.min(), by_dim.index.max()
    ends = f"{significant(float(by_dim[least]))} (M = {least})"
    if most != least:
        ends += f" to {significant(float(by_dim[most]))} (M = {most})"
    return (
        f"For {percent(float(moved['says'].mean()))} of the carried probes the bound says something; "
        f"it is {ends} times the least possible error"
    )


def shares_by_set(table: pd.DataFrame, column: str, family: str) -> str:
    """A share of every set, in order: "98 % (fast, M = 2), ...".

    Args:
        table: from `probe_tables.bound_table`.
        column: a share of it.
        family: of tasks.
    """
    own = table[table["family"] == family]
    return ", ".join(f"{percent(getattr(row, column))} ({row.set})" for row in own.itertuples())


def by_set(table: pd.DataFrame, column: str, family: str) -> str:
    """A median of every set, in order: "1.02 (fast, M = 2), ...".

    Args:
        table: from `probe_tables.bound_table`.
        column: a median of it.
        family: of tasks.
    """
    own = table[table["family"] == family]
    return ", ".join(f"{significant(getattr(row, column))} ({row.set})" for row in own.itertuples())


def pivot_words(table: pd.DataFrame) -> str:
    """In how many sets the mean over labels gives a smaller bound than the searched pivot, a sentence.

    Args:
        table: from `probe_tables.bound_table`.
    """
    own = table[table["family"] == PIXELS]
    better = own.loc[own["mean_to_best"] < own["to_best"], "set"].tolist()
    others = [name for name in own["set"] if name not in better]
    if not better:
        return "In no set does the mean over labels in place of a pivot give the smaller bound."
    text = f"With the mean over labels in place of a pivot the bound is smaller in {listed(better)}"
    return f"{text}; it is larger in {listed(others)}." if others else f"{text}: in all of them."


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


def explained_words(tasks: pd.DataFrame) -> str:
    """How much untransferred probes explain: "2 to 15 % (fast, M = 2), ..."; medians of the tasks of the pixels."""
    own = tasks[tasks["family"] == PIXELS]
    parts = []
    for name, rows in own.groupby("set", sort=False):
        parts.append(f"{span((100 * rows['own_r2']).tolist(), 0)} % ({name})")
    return ", ".join(parts)


def lost_words(tasks: pd.DataFrame, family: str) -> str:
    """How much R² is lost: "0.000 to 0.010 (fast, M = 2), ..."; medians of each task, from the least to the largest.

    Args:
        tasks: from `probe_tables.task_table`.
        family: of tasks.
    """
    own = tasks[tasks["family"] == family]
    return ", ".join(
        f"{span(rows['lost'].tolist(), 2)} ({name})" for name, rows in own.groupby("set", sort=False)
    ).replace("−0.00", "0.00")


def gains_words(moved: pd.DataFrame) -> str:
    """How often a probe explains more after it was carried over: "45 % (fast, M = 2), ...", tasks of the pixels."""
    own = moved[moved["family"] == PIXELS]
    shares = (own["lost"] < 0).groupby(own["words"], sort=False).mean()
    return ", ".join(f"{percent(float(share))} ({name})" for name, share in shares.items())


# -- which distance predicts ------------------------------------------------------------------------------------------


def prediction_title(found: Predictions) -> str:
    """Whether any distance tells more than another, and in how many records the distances are ahead of accuracy."""
    own = _sure(found.baselines)
    own = own[(own["rival"] == "larger_error") & (own["value"] > 0)]
    records = found.baselines["set"].nunique()
    first = "some distances tell more than others" if len(_sure(found.among)) else "no distance is the best"
    return (
        f"What predicts how far a probe is off: {first}; beside accuracy alone some are ahead in "
        f"{own['set'].nunique()} of {plural(records, 'record')}"
    )


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
    """Which share of the distances is ahead of each baseline in each record, a clause a baseline."""
    own = _sure(found.baselines)
    own = own[own["value"] > 0]
    parts = []
    for baseline in BASELINES:
        counts = own[own["rival"] == baseline].groupby("set", sort=False).size()
        counts = counts.reindex(found.baselines["set"].unique(), fill_value=0)
        said = listed(f"{count} ({name})" for name, count in counts.items())
        parts.append(f"ahead of {MEASURES[baseline]} are {said} of the {len(DISTANCES)} distances")
    return "; ".join(parts)


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
