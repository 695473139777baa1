"""What the chapter "Transfer" says of stitched models: tables in its own terms, and sentences that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from repsim_core.studies.inputs.stitching import ALL_LABELS, FITTED, KINDS, ONE_SET, SCALED
from repsim_core.wording import listed, plural, significant, span

# Rows of a table that are of models which are not stitched, and what the table calls them.
UNSTITCHED = {"b itself": "the second network itself", "a itself": "the first network itself"}
NAMES = {
    ONE_SET: "M + 1 labels, median over sets",
    KINDS[1]: "M + 1 labels, the best-conditioned set",
    ALL_LABELS: "all labels",
    SCALED: "all labels, and scales from inputs",
    **UNSTITCHED,
}


def medians(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Medians over pairs: a row a group and way, from `all_stitchings` of each group."""
    parts = []
    for group, rows in found.items():
        columns = ["condition", "coefficients", "d_kl", "d_kl_reverse", "agreement", "accuracy"]
        middle = rows.groupby(["kind", "inputs"], sort=False, as_index=False)[columns].median()
        parts.append(middle.assign(group=group))
    return pd.concat(parts, ignore_index=True)


def shown(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """The rows of one group as a table for readers."""
    own = table[table["group"] == group]
    names = [
        f"trained on {row.inputs:,} inputs" if row.kind == FITTED else NAMES[str(row.kind)]
        for row in own.itertuples()
    ]
    columns = ["accuracy", "agreement", "d_kl", "d_kl_reverse", "condition", "coefficients"]
    named = {"d_kl": "d_KL", "d_kl_reverse": "d_KL reverse", "coefficients": "coefficients"}
    found = own[columns].set_axis(names).rename(columns=named)
    return found.map(lambda value: "–" if pd.isna(value) else significant(float(value), 3))


def enough_inputs(table: pd.DataFrame) -> dict[str, int | None]:
    """By group, how many inputs a map has to be trained on to have as small a d_KL as the map from all labels.

    The least number tried; None where none does.
    """
    found: dict[str, int | None] = {}
    for group, own in table.groupby("group", sort=False):
        level = float(own.loc[own["kind"] == ALL_LABELS, "d_kl"].iloc[0])
        fitted = own[(own["kind"] == FITTED) & (own["d_kl"] <= level)]
        found[str(group)] = None if fitted.empty else int(fitted["inputs"].min())
    return found


def _most(table: pd.DataFrame) -> int:
    """The largest number of inputs that a map was trained on."""
    return int(table.loc[table["kind"] == FITTED, "inputs"].max())


def title(table: pd.DataFrame) -> str:
    """Of the figure: how many inputs the map without data is worth."""
    known = [count for count in enough_inputs(table).values() if count is not None]
    most = _most(table)
    if not known:
        return f"A map from unembeddings alone is as good as one trained on {most:,} inputs"
    if len(known) < table["group"].nunique():
        return f"A map from unembeddings alone is worth {min(known):,} inputs and more"
    low, high = min(known), max(known)
    span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"A map from unembeddings alone is worth {span} inputs"


def worth(table: pd.DataFrame) -> str:
    """The same by group, for prose."""
    most = _most(table)
    return listed(
        f"{group}: {f'{count:,}' if count is not None else f'more than {most:,}'}"
        for group, count in enough_inputs(table).items()
    )


def one_set_beside_all(table: pd.DataFrame) -> str:
    """d_KL through one set of labels and through all, by group, for prose."""
    parts = []
    for group, own in table.groupby("group", sort=False):
        one, every = (float(own.loc[own["kind"] == kind, "d_kl"].iloc[0]) for kind in (ONE_SET, ALL_LABELS))
        parts.append(f"{group}: {significant(one, 2)} and {significant(every, 2)}")
    return "; ".join(parts)


def times_worse(table: pd.DataFrame) -> str:
    """How many times the d_KL through one set of labels is that through all, over groups, for prose."""
    ratios = []
    for _, own in table.groupby("group", sort=False):
        one, every = (float(own.loc[own["kind"] == kind, "d_kl"].iloc[0]) for kind in (ONE_SET, ALL_LABELS))
        ratios.append(one / every)
    return span(ratios, 2)


def beside_itself(table: pd.DataFrame) -> str:
    """Whether stitched networks are farther from the first one than the second itself is, a sentence."""
    most, groups = _most(table), list(table.groupby("group", sort=False))
    farther, trained = [], []
    for group, own in groups:
        itself = float(own.loc[own["kind"] == "b itself", "d_kl"].iloc[0])
        every = float(own.loc[own["kind"] == ALL_LABELS, "d_kl"].iloc[0])
        best = float(own.loc[(own["kind"] == FITTED) & (own["inputs"] == most), "d_kl"].iloc[0])
        farther += [group] if every > itself else []
        trained += [group] if best > itself else []
    count = len(groups)
    return (
        f"Through all labels it is farther from the first network than the second network itself in {len(farther)} of "
        f"{plural(count, 'group')}, and through a map trained on {most:,} inputs in {len(trained)} of {count}"
    )


def growth(table: pd.DataFrame) -> dict[str, Any]:
    """Of `by_dimension`'s medians at the largest dimension: dim, condition, d_kl_one, d_kl_all, d_kl_itself."""
    last = table[table["dim"] == table["dim"].max()].groupby("kind")[["condition", "d_kl"]].median()
    return {
        "dim": int(table["dim"].max()),
        "condition": float(last.loc[ONE_SET, "condition"]),
        "d_kl_one": float(last.loc[ONE_SET, "d_kl"]),
        "d_kl_all": float(last.loc[ALL_LABELS, "d_kl"]),
        "d_kl_itself": float(last.loc["b itself", "d_kl"]),
    }
