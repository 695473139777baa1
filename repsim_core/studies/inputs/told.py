"""What the chapter "Transfer" says of shifted inputs: sentences that follow from tables."""

from __future__ import annotations

import pandas as pd

from repsim_core.datasets.shifts import STRENGTHS
from repsim_core.measures.other_inputs import OtherInputs
from repsim_core.studies.inputs.tables import CARRIED, PREDICTORS
from repsim_core.wording import listed, plural, significant, span

# Of p-values that are corrected.
LEVEL = 0.05
# Columns of `live.at_radii` as a table shows them.
RADII = {
    "ratio_distance": "δ",
    "farther_kl": "d_KL, larger way",
    "mean_cca": "mean CCA",
    "accuracy": "accuracy",
}


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def ranges(told: pd.DataFrame, names: dict[str, str]) -> str:
    """The median rank correlation of each measure, with the least and the largest, for prose."""
    parts = []
    for measure, own in told.groupby("measure", sort=False):
        values = own["value"].dropna()
        if len(values):
            low, middle, high = (
                _signed(float(each)) for each in (values.min(), values.median(), values.max())
            )
            parts.append(f"{names[str(measure)]} {middle} ({low} to {high})")
    return "; ".join(parts) or "not known"


def best(told: pd.DataFrame, names: dict[str, str]) -> str:
    """The measure with the largest median."""
    middle = told.groupby("measure", sort=False)["value"].median()
    return names[str(middle.idxmax())]


def grown_title(drawn: pd.DataFrame, name: str) -> str:
    """Of the figure of one measure here and there: at how many kinds of shifts its median rises with the strength.

    Args:
        drawn: columns kind, strength, there, of one group; a contrast is the stronger the smaller it is.
        name: of the measure.
    """
    rising, kinds = 0, list(drawn.groupby("kind", sort=False))
    for kind, own in kinds:
        middle = own.groupby("strength")["there"].median().sort_index(ascending=kind != "contrast")
        rising += int(middle.is_monotonic_increasing)
    if rising == len(kinds):
        return f"The stronger the shift, whatever its kind, the larger {name}"
    return f"{name} rises with the strength of the shift for {rising} of {plural(len(kinds), 'kind')}"


def standing_apart(pairs: pd.DataFrame, measure: str) -> str:
    """A sentence on pairs that stand apart from the others here, if one network is in all of them; else "".

    Args:
        pairs: columns seed_a, seed_b and the measure, each pair once.
        measure: which; pairs stand apart above the widest gap, if that is a factor of 1.3 or more.
    """
    own = pairs.sort_values(measure)
    values = own[measure].to_numpy(dtype=float)
    factors = values[1:] / values[:-1]
    if not len(factors) or factors.max() < 1.3:
        return ""
    far = own.iloc[int(factors.argmax()) + 1 :]
    common = set(far["seed_a"]) | set(far["seed_b"])
    for _, row in far.iterrows():
        common &= {row["seed_a"], row["seed_b"]}
    if len(far) < 2 or not common:
        return ""
    return f"The {len(far)} pairs that stand apart on the right all have network {int(min(common))} in them."


def carried_title(told: pd.DataFrame) -> str:
    """Of the figure of what carries over."""
    middle = told.groupby("measure", sort=False)["value"].median()
    least, most = str(middle.idxmin()), str(middle.idxmax())
    if least == most:
        return f"{CARRIED[most]} here and there: a median rank correlation of {_signed(float(middle[most]))}"
    return (
        f"{CARRIED[most]} carries over best (median {_signed(float(middle[most]))}), "
        f"{CARRIED[least]} least ({_signed(float(middle[least]))})"
    )


def by_strength(told: pd.DataFrame, measure: str) -> str:
    """Medians over groups of one measure by condition, for prose: "blur 0.5 .95, ..."."""
    own = told[told["measure"] == measure]
    middle = own.groupby("condition", sort=False)["value"].median().dropna()
    return "; ".join(f"{condition} {_signed(float(value))}" for condition, value in middle.items())


def tallies(ahead: pd.DataFrame) -> str:
    """In how many groups and conditions a contender tells more than each rival, less, or cannot be told from it."""
    known = ahead[ahead["p"].notna()]
    parts = []
    for rival, own in known.groupby("rival", sort=False):
        sure = own["p"] < LEVEL
        more, less = int((sure & (own["value"] > 0)).sum()), int((sure & (own["value"] < 0)).sum())
        parts.append(f"{PREDICTORS[str(rival)]}: more in {more} of {len(own)}, less in {less}")
    return "; ".join(parts) or "there are too few networks to say"


def accuracies(models: pd.DataFrame, group: str) -> pd.DataFrame:
    """Mean accuracy of a group's networks, a row a kind of inputs and a column a strength."""
    own = models[models["group"] == group]
    table = own.groupby(["kind", "strength"], sort=False)["accuracy"].mean().reset_index()
    places = table.groupby("kind", sort=False).cumcount()
    strengths = places.map({0: "weak", 1: "middle", 2: "strong"})
    wide = table.assign(place=strengths).pivot(index="kind", columns="place", values="accuracy")
    order = [name for name in ("weak", "middle", "strong") if name in wide]
    return wide.loc[list(dict.fromkeys(own["kind"])), order].rename_axis(index=None, columns=None)


def parts(table: pd.DataFrame) -> pd.DataFrame:
    """Medians over pairs of the ratio distance over parts of the inputs, with the bound."""
    columns = {
        "density": "κ",
        "spread": "least spread",
        "here": "δ here",
        "there": "δ there",
        "bound": "bound",
    }
    return table.groupby("part", sort=False)[list(columns)].median().rename(columns=columns).rename_axis(None)


def within_bound(table: pd.DataFrame) -> str:
    """Between what factors the bound lies above what it bounds, for prose."""
    factor = table["bound"] / table["there"]
    return span(factor.tolist(), 2)


def grown(both: pd.DataFrame, measure: str) -> str:
    """By what factor the median of a measure grows at the strongest shifts, by group, for prose."""
    strongest = {f"{kind} {strengths[-1]:g}" for kind, strengths in STRENGTHS.items()}
    own = both[both["condition"].isin(strongest)]
    middle = own.groupby("group", sort=False)[[f"{measure}_here", f"{measure}_there"]].median()
    factors = middle[f"{measure}_there"] / middle[f"{measure}_here"]
    return listed(f"{group} {significant(float(factor), 2)}" for group, factor in factors.items())


def in_words(found: OtherInputs) -> pd.DataFrame:
    """What `over_other_inputs` found, as a table of one row."""
    values = {name: significant(float(value), 3) for name, value in found._asdict().items()}
    return pd.DataFrame([values], index=["δ"])
