"""How differences between models of images go with the dissimilarity of their embeddings: rank correlations with
intervals over models, and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from repsim_core.measures.model_intervals import LeaveOneOut, holm
from repsim_core.measures.telling import rank_correlations
from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.which.verdicts import bracketed
from repsim_core.wording import listed, p_value, plural, signed, span, verb

# Differences between two models, and how figures call them.
PREDICTORS = {
    "loss_gap": "difference in loss",
    "d_kl": r"$d_{\mathrm{KL}}$",
    "d_kl_reverse": r"$d_{\mathrm{KL}}$, reverse",
}
_SPOKEN = {
    "loss_gap": "The difference in loss",
    "d_kl": "$d_{\\mathrm{KL}}$",
    "d_kl_reverse": "$d_{\\mathrm{KL}}$ in reverse",
}
_IN_TABLES = {"loss_gap": "loss gap", "d_kl": "d_KL", "d_kl_reverse": "d_KL reverse"}
# Models that an interval needs.
FEWEST = 10
# Of corrected p-values.
_LEVEL = 0.05
# A rank correlation of this size is a strong one.
_STRONG = 0.5
# Dimensions of which the paper shows a scatter.
_THE_PAPERS = (2, 3, 5)
_COLUMNS = ["predictor", "dim", "seeds", "value", "low", "high", "p"]


def without_one(pairs: pd.DataFrame) -> tuple[LeaveOneOut, int]:
    """All pairs, then without one model each; and how many models there are."""
    ends = pairs[["seed_a", "seed_b"]].to_numpy(dtype=np.int64)
    return LeaveOneOut.of(ends), len(np.unique(ends))


def relations(pairs: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations of each predictor with 1 - mean CCA, with their intervals, for each M with `FEWEST` models.

    Args:
        pairs: columns dim, seed_a, seed_b, mean_cca and the predictors.

    Returns:
        Columns predictor, dim, seeds, value, low, high, p (of no relation), and corrected, p corrected for the number
        of rows (Holm).
    """
    rows = []
    for dim, own in pairs.groupby("dim"):
        left_out, count = without_one(own)
        if count < FEWEST:
            continue
        measures, target = own[list(PREDICTORS)].to_numpy(), 1 - own["mean_cca"].to_numpy()
        values = rank_correlations(measures, target, left_out.weights)
        for name, column in zip(PREDICTORS, values.T, strict=True):
            p = left_out.p_value(column, scale="fisher")
            rows.append((name, dim, count, *left_out.interval(column, scale="fisher"), p))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.assign(corrected=holm(table["p"].to_numpy(dtype=float)))


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The rank correlations as they are shown, each with its interval and its corrected p-value."""
    rows = [
        {
            "predictor": _IN_TABLES[row.predictor],
            "M": row.dim,
            "seeds": row.seeds,
            "rank correlation": bracketed(row.value, row.low, row.high, signed=True),
            "corrected p": p_value(row.corrected),
        }
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows)


def found(table: pd.DataFrame, predictor: str) -> str:
    """The rank correlations of a predictor for each M: "M = 2: +0.31 [−0.20, +0.69]; ..."."""
    own = table[table["predictor"] == predictor]
    said = [
        f"M = {row.dim}: {bracketed(row.value, row.low, row.high, signed=True)}" for row in own.itertuples()
    ]
    return "; ".join(said) or f"not yet: fewer than {FEWEST} seeds"


def verdict(rows: pd.DataFrame) -> str:
    """What the corrected p-values of one predictor say, to complete a sentence: "rises with dissimilarity for every
    $M$"."""
    clear = rows["corrected"] < _LEVEL
    up, down = clear & (rows["value"] > 0), clear & (rows["value"] < 0)
    if up.all():
        return "rises with dissimilarity for every $M$"
    if not clear.any():
        return "has no relation with dissimilarity that can be told from none"
    kinds = {
        "rises with dissimilarity": up,
        "falls with dissimilarity": down,
        "has no clear relation": ~up & ~down,
    }
    return ", ".join(
        f"{said} for $M = {', '.join(map(str, rows.loc[kind, 'dim']))}$"
        for said, kind in kinds.items()
        if kind.any()
    )


def lines(table: pd.DataFrame) -> list[str]:
    """A line for each predictor that has intervals."""
    said = []
    for predictor, name in _SPOKEN.items():
        own = table[table["predictor"] == predictor]
        if len(own):
            said.append(f"{name} {verdict(own)} ($1 -$ mean CCA; {found(table, predictor)}).")
    if said:
        said.append(
            f"{plural(len(table), 'relation')} {verb(len(table), 'are')} tested here. A $p$-value says how probable a "
            "rank correlation as far from 0 as the one found would be, if there were none; it is corrected for their "
            f"number, and what is called rising or falling has one below {_LEVEL:g}. Before the correction these would "
            f"be {int((table['p'] < _LEVEL).sum())}, after it {int((table['corrected'] < _LEVEL).sum())}."
        )
    return said


def title(table: pd.DataFrame) -> str:
    """The title of the figure of the rank correlations: those of the least M."""
    dim = table["dim"].min()
    own = table[table["dim"] == dim].set_index("predictor")["value"]
    return (
        f"Rank correlations with dissimilarity for M = {dim}: {signed(own['loss_gap'], 2)} of the loss gap, "
        f"{signed(own['d_kl'], 2)} of d_KL"
    )


def in_a_figure(table: pd.DataFrame) -> str:
    """The rank correlations, for the description of a figure."""
    return (
        f"Difference in loss, {found(table, 'loss_gap')}. d_KL, {found(table, 'd_kl')}. d_KL in reverse, "
        f"{found(table, 'd_kl_reverse')}."
    )


def beside_the_paper(own: ImageModels) -> pd.DataFrame:
    """A row for each M: what the paper says of the scatter, the loss gap's rank correlation, the least mean CCA."""
    rows = {}
    for dim, _, pairs in own.each_dim():
        target, every = 1 - pairs["mean_cca"].to_numpy(), np.ones((1, len(pairs)))
        value = float(rank_correlations(pairs[["loss_gap"]].to_numpy(), target, every)[0, 0])
        rows[f"M = {dim}"] = {
            "the paper says": "no relation" if dim in _THE_PAPERS and own.on_cifar else "not shown",
            "rank correlation of the gap with 1 − mean CCA": (
                "not defined" if np.isnan(value) else bracketed(value, np.nan, np.nan, signed=True)
            ),
            "least mean CCA": f"{pairs['mean_cca'].min():.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("M")


def _clear(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows of the difference in loss, and how many of them tell a relation from none."""
    rows = table[table["predictor"] == "loss_gap"]
    return rows, int((rows["corrected"] < _LEVEL).sum())


def _reach(rows: pd.DataFrame) -> str:
    """How far the intervals reach, and whether a strong relation is excluded by them."""
    least, most = rows["low"].min(), rows["high"].max()
    rest = (
        "would not exclude a strong one"
        if max(-least, most) >= _STRONG
        else "leave room for a weak one alone"
    )
    return f"the intervals reach from {signed(least, 2)} to {signed(most, 2)} and {rest}"


def loss_verdict(table: pd.DataFrame) -> str:
    """Whether the losses say anything, beside the paper: a clause for the report."""
    rows, clear = _clear(table)
    if not len(rows):
        return f"fewer than {FEWEST} seeds"
    if clear:
        return f"unlike in the paper a relation for {clear} of {len(rows)} dimensions"
    return f"the paper sees no relation, and none is seen here; {_reach(rows)}"


def of_the_scatter(table: pd.DataFrame) -> str:
    """The same in a sentence or two; nothing where there are too few seeds."""
    rows, clear = _clear(table)
    if not len(rows):
        return ""
    text = "**The scatter.** The paper sees no relation between the difference in loss and mean CCA. "
    if not clear:
        return f"{text}None is seen here either; {_reach(rows)}."
    return (
        f"{text}Here this **disagrees** for {clear} of {len(rows)} dimensions, where the corrected $p$-value of the "
        f"rank correlation is below {_LEVEL:g}: the difference in loss {verdict(rows)}."
    )


def scatter_in_words(own: ImageModels) -> str:
    """The range of mean CCA for each M, for the description of a figure."""
    return listed(
        f"M = {dim}: {span(pairs['mean_cca'].tolist(), 2)} over {plural(len(pairs), 'pair')}"
        for dim, _, pairs in own.each_dim()
    )
