"""Who tells more than whom, in words that a chapter shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from repsim_core.studies.which.pair_tables import CONTENDERS

# Of the corrected p-values.
LEVEL = 0.05
# Sets that are named one by one, at most.
_NAMED = 4


@dataclass(frozen=True)
class Verdict:
    """Against whom a contender stands how, in one set of pairs.

    Attributes:
        ahead, behind, level: rivals that it tells more than, less than, and that cannot be told from it: by corrected
            p-values below `LEVEL`.
        unknown: rivals about which nothing can be said, because there are too few models.
    """

    ahead: tuple[str, ...]
    behind: tuple[str, ...]
    level: tuple[str, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Verdict:
        """From `telling.Told.ahead`, of one set."""
        unknown, decided = rows["p"].isna(), rows["p"] < LEVEL
        kinds = (decided & (rows["value"] > 0), decided & (rows["value"] < 0), ~decided & ~unknown, unknown)
        ahead, behind, level, open_ = (tuple(rows.loc[kind, "rival"]) for kind in kinds)
        return cls(ahead, behind, level, open_)


def verdict_table(rows: pd.DataFrame, names: Mapping[str, str] = CONTENDERS) -> pd.DataFrame:
    """A row a set of pairs, with the names of the rivals that the contender is ahead of, behind, or not told from.

    Args:
        rows: from `telling.Told.ahead`, of one contender and several sets.
        names: how contenders are written.
    """
    found = {}
    for name, own in rows.groupby("set", sort=False):
        verdict = Verdict.of(own)
        parts = (verdict.ahead, verdict.behind, (*verdict.level, *verdict.unknown))
        texts = ("; ".join(names[rival] for rival in part) or "–" for part in parts)
        found[name] = (int(own["networks"].iloc[0]), *texts)
    columns = ["networks", "ahead of", "behind", "not told from"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)


def tally(rows: pd.DataFrame, rival: str) -> str:
    """In how many sets a contender is ahead of a rival, a clause for prose; where there are few, which.

    Args:
        rows: from `telling.Told.ahead`, of one contender and several sets.
        rival: which.
    """
    own = rows[(rows["rival"] == rival) & rows["p"].notna()]
    if not len(own):
        return "in no set are there networks enough to say"
    sure = own["p"] < LEVEL
    places = {
        "ahead": own.loc[sure & (own["value"] > 0), "set"].tolist(),
        "behind": own.loc[sure & (own["value"] < 0), "set"].tolist(),
        "level": own.loc[~sure, "set"].tolist(),
    }

    def counted(kind: str) -> str:
        names = places[kind]
        return (
            f"{len(names)} ({'; '.join(names)})" if 0 < len(names) <= _NAMED < len(own) else str(len(names))
        )

    sets = "set" if len(own) == 1 else "sets"
    larger = int((own["value"] > 0).sum())
    return (
        f"ahead in {counted('ahead')} of {len(own)} {sets}, behind in {counted('behind')}, "
        f"not told apart in {counted('level')}; it has the larger value in {larger}"
    )


def headline(rows: pd.DataFrame, rival: str, apart: str) -> str:
    """Whether a contender tells more than a rival, as the title of a figure.

    Args:
        rows: from `telling.Told.ahead`, of one contender and several sets.
        rival: which.
        apart: a kind of sets, about which a clause is added where nothing tells the two apart.
    """
    own = rows[(rows["rival"] == rival) & rows["p"].notna()]
    if not len(own):
        return "Too few networks to say which of the measures tells more"
    names = [CONTENDERS[name] for name in (own["contender"].iloc[0], rival)]
    short = [name.split(",")[0] for name in names]
    one, other = short if short[0] != short[1] else names
    sure = own["p"] < LEVEL
    more, less = (int((sure & beyond).sum()) for beyond in (own["value"] > 0, own["value"] < 0))
    sets = "set" if len(own) == 1 else "sets"
    alike = own["kind"] == apart
    clause = f"; on {apart} nothing tells them apart" if alike.any() and not sure[alike].any() else ""
    return f"{one} tells more than {other} in {more} of {len(own)} {sets}, less in {less}{clause}"


def spans(told: pd.DataFrame, measure: str, digits: int = 2) -> str:
    """From the least to the largest figure of a contender over sets of pairs, for prose: ".26 to .88".

    Args:
        told: from `telling.Told.table`, of several sets.
        measure: the contender.
        digits: after the point.
    """
    values = told.loc[told["measure"] == measure, "value"].dropna()
    if not len(values):
        return "not known"
    low, high = (
        f"{value:.{digits}f}".replace("-", "−") for value in (values.min() + 0.0, values.max() + 0.0)
    )
    low, high = (
        text.removeprefix("−") if float(text.replace("−", "")) == 0 else text for text in (low, high)
    )
    return low if low == high else f"{low} to {high}"


def bracketed(value: float, low: float, high: float, *, signed: bool = False) -> str:
    """A figure with its interval, to two digits; without the interval where it is not known or has no width.

    Args:
        value, low, high: of the figure.
        signed: whether a plus is written, as for differences.
    """

    def written(number: float) -> str:
        text = f"{number:{'+' if signed else ''}.2f}"
        text = text.lstrip("+-") if float(text) == 0 else text
        return text.replace("-", "−")

    # Ends that agree say that no model moved the figure when it was left out, and not how well the figure is known.
    if pd.isna(low) or pd.isna(high) or written(low) == written(high):
        return written(value)
    return f"{written(value)} [{written(low)}, {written(high)}]"


def told_table(
    told: pd.DataFrame, measures: Sequence[str], names: Mapping[str, str] = CONTENDERS
) -> pd.DataFrame:
    """A row a set of pairs and a column a contender, each figure with its interval.

    Args:
        told: from `telling.Told.table`, of several sets.
        measures: the contenders to show.
        names: how contenders are written.
    """
    texts = [bracketed(row.value, row.low, row.high) for row in told.itertuples()]
    sets = list(dict.fromkeys(told["set"]))
    wide = (
        told.assign(text=texts).pivot(index="set", columns="measure", values="text").loc[sets, list(measures)]
    )
    return wide.rename(columns=dict(names)).rename_axis(index=None, columns=None)
