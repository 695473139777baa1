"""How differences between models of images go with the dissimilarity of their embeddings: rank correlations with
intervals over models, and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from repsim_core.measures.model_intervals import LeaveOneOut
from repsim_core.measures.telling import rank_correlations
from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.which.verdicts import bracketed
from repsim_core.wording import listed, plural, signed, span

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
# Models that an interval needs.
FEWEST = 10
# Dimensions of which the paper shows a scatter.
_THE_PAPERS = (2, 3, 5)
_COLUMNS = ["predictor", "dim", "seeds", "value", "low", "high"]


def without_one(pairs: pd.DataFrame) -> tuple[LeaveOneOut, int]:
    """All pairs, then without one model each; and how many models there are."""
    ends = pairs[["seed_a", "seed_b"]].to_numpy(dtype=np.int64)
    return LeaveOneOut.of(ends), len(np.unique(ends))


def relations(pairs: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations of each predictor with 1 - mean CCA, with their intervals, for each M with `FEWEST` models.

    Args:
        pairs: columns dim, seed_a, seed_b, mean_cca and the predictors.

    Returns:
        Columns predictor, dim, seeds, value, low, high.
    """
    rows = []
    for dim, own in pairs.groupby("dim"):
        left_out, count = without_one(own)
        if count < FEWEST:
            continue
        measures, target = own[list(PREDICTORS)].to_numpy(), 1 - own["mean_cca"].to_numpy()
        values = rank_correlations(measures, target, left_out.weights)
        for name, column in zip(PREDICTORS, values.T, strict=True):
            rows.append((name, dim, count, *left_out.interval(column, scale="fisher")))
    return pd.DataFrame(rows, columns=_COLUMNS)


def found(table: pd.DataFrame, predictor: str) -> str:
    """The rank correlations of a predictor for each M: "M = 2: +0.31 [−0.20, +0.69]; ..."."""
    own = table[table["predictor"] == predictor]
    said = [
        f"M = {row.dim}: {bracketed(row.value, row.low, row.high, signed=True)}" for row in own.itertuples()
    ]
    return "; ".join(said) or f"not yet: fewer than {FEWEST} seeds"


def verdict(rows: pd.DataFrame) -> str:
    """What the intervals of one predictor say, to complete a sentence: "rises with dissimilarity for every $M$"."""
    up, down = rows["low"] > 0, rows["high"] < 0
    if up.all():
        return "rises with dissimilarity for every $M$"
    if not (up | down).any():
        return "has no relation with dissimilarity that the intervals can tell from none"
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
    """The rows of the difference in loss, and in how many of them the interval leaves out 0."""
    rows = table[table["predictor"] == "loss_gap"]
    return rows, int(((rows["low"] > 0) | (rows["high"] < 0)).sum())


def loss_verdict(table: pd.DataFrame) -> str:
    """Whether the losses say anything, beside the paper: a clause for the report."""
    rows, clear = _clear(table)
    if not len(rows):
        return f"fewer than {FEWEST} seeds"
    if clear:
        return f"unlike in the paper a relation for {clear} of {len(rows)} dimensions"
    return (
        "the paper sees no relation, and none is seen here; the intervals are wide and would not exclude "
        "a strong one"
    )


def of_the_scatter(table: pd.DataFrame) -> str:
    """The same in a sentence or two; nothing where there are too few seeds."""
    rows, clear = _clear(table)
    if not len(rows):
        return ""
    text = "**The scatter.** The paper sees no relation between the difference in loss and mean CCA. "
    if not clear:
        return (
            f"{text}None is seen here either. But the intervals are wide, and would not exclude a strong one."
        )
    return (
        f"{text}Here this **disagrees** for {clear} of {len(rows)} dimensions, where the interval of the rank "
        f"correlation leaves out 0: the difference in loss {verdict(rows)}. Of {len(rows)} such intervals one "
        "may do so by chance."
    )


def scatter_in_words(own: ImageModels) -> str:
    """The range of mean CCA for each M, for the description of a figure."""
    return listed(
        f"M = {dim}: {span(pairs['mean_cca'].tolist(), 2)} over {plural(len(pairs), 'pair')}"
        for dim, _, pairs in own.each_dim()
    )
