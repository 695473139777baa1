"""Titles of the figures of the chapter "Theorem": what each finds, for whatever pair of models is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from repsim_core.studies.theorem.circles import Rate
from repsim_core.studies.theorem.circles_told import is_rigid
from repsim_core.wording import significant


def of_arrangements(permutation: Sequence[int]) -> str:
    """Of both arrangements on the circle."""
    if is_rigid(permutation):
        return "The labels keep their neighbours: model 2 is turned or mirrored"
    return "Both models sort the inputs, each with the labels in another order"


def of_spread(here: float, average: float) -> str:
    """Of what a linear map explains over permutations.

    Args:
        here: R² of the permutation in use.
        average: over all permutations.
    """
    return f"A linear map explains {here:.0%} in this order, and {average:.0%} in an average one"


def of_measures(table: pd.DataFrame) -> str:
    """Of Table 1 as a picture: rows of `circles.measured`, whose embeddings do not depend on the norm."""
    first, last = (significant(row["d_kl"], 2) for _, row in table.iloc[[0, -1]].iterrows())
    return f"d_KL goes from {first} to {last} nats, and mean CCA stays at {table['mean_cca'].iloc[-1]:.2f}"


def of_rates(fit: Rate) -> str:
    """Of how fast the divergence falls."""
    off = significant(100 * fit.misfit, 2)
    return f"From ρ = {fit.first:g} to {fit.last:g} the leading order is off by at most {off}%"


def of_knob(permutation: Sequence[int]) -> str:
    """Of the figure with the slider."""
    if is_rigid(permutation):
        return "As ρ grows both models become sure; their labels stand in the same order throughout"
    return "As ρ grows the answers become the same; the places of the labels do not"


def of_probes(probes: pd.DataFrame) -> str:
    """Of the predictions of two probes, the linear one first: rows of the ladder."""
    (_, linear), (most, more) = probes[["probe", "r2"]].itertuples(index=False)
    return f"The linear probe explains {linear:.1%}, one with harmonics up to {most} {more:.1%}"
