"""What the chapter "Distance" says of its noisy models: sentences whose truth depends on its parameters."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from repsim_core.measures.trends import common_slope
from repsim_core.studies.distance.noisy_models import above
from repsim_core.wording import plural, significant, verb

# Around the slope of a quadratic law on logarithmic axes.
_QUADRATIC = (1.8, 2.2)
_BOTH = ["d_kl", "d_kl_reverse"]
# A divergence below it is rounding.
_ROUNDING = 1e-14


def closer_slope(pairs: pd.DataFrame) -> float:
    """The slope of log d_fg over log d_LLV in the closer half of each K's pairs, with an intercept for each K.

    Args:
        pairs: columns classes, d_llv, d_fg, from `noisy_copies`; NaN where no half has two pairs.
    """
    median = pairs.groupby("classes")["d_llv"].transform("median")
    close = pairs[(pairs["d_llv"] <= median) & (pairs["d_fg"] > 0)]
    x, y = (np.log(close[name].to_numpy(dtype=float)) for name in ("d_llv", "d_fg"))
    return common_slope(x, y, close["classes"].to_numpy())


def of_slope(slope: float) -> str:
    """What the slope on logarithmic axes says."""
    law = "On logarithmic axes a quadratic law is a line of slope 2"
    if math.isnan(slope):
        return f"{law}; there are too few pairs here to fit one."
    fitted = f"{law}, and the slope fitted to the closer half of the pairs is {slope:.2f}"
    if _QUADRATIC[0] <= slope <= _QUADRATIC[1]:
        return (
            f"{fitted}: dissimilarity is second order in the distance, and only the quadratic bound has that "
            "exponent."
        )
    return f"{fitted}: this much noise is beyond the range in which the leading order decides."


def of_bounds(pairs: pd.DataFrame) -> str:
    """What the figure of the bounds shows."""
    count, over = len(pairs), int(above(pairs, "quadratic").sum())
    return (
        "The dissimilarity of representations against the distance of distributions for "
        f"{plural(count, 'noisy model')}, on logarithmic axes for each K and together on linear axes. "
        f"{over} of them {verb(over, 'lie')} above the quadratic bound. The largest shares of the quadratic "
        f"and of the linear bound are {(pairs['d_fg'] / pairs['quadratic']).max():.2f} and "
        f"{(pairs['d_fg'] / pairs['linear']).max():.2f}."
    )


def of_search(sampled: pd.DataFrame, exact: pd.DataFrame) -> str:
    """What the figure of the search for an input set shows, from `sampled_searches` and `exact_searches`."""
    first, last = sampled.iloc[0], sampled.iloc[-1]
    free, floored = exact.iloc[0], exact.iloc[-1]
    few, many, least, kept = (
        significant(value, 2) for value in (first["median"], last["median"], free["term"], floored["term"])
    )
    sampled_so = (
        f"is {few} with {first['sets']:.0f} random sets"
        if len(sampled) == 1
        else f"goes from {few} with {first['sets']:.0f} random sets to {many} with {last['sets']:.0f}"
    )
    return (
        f"The median of the best term 2 {sampled_so}; the exact search finds {least} without a floor on the "
        f"conditioning and {kept} with a floor of {floored['floor']:g}."
    )


def title_of_bounds(pairs: pd.DataFrame) -> str:
    """How many pairs lie above a bound: columns of `noisy_copies`."""
    quadratic, linear = (int(above(pairs, name).sum()) for name in ("quadratic", "linear"))
    if not quadratic and not linear:
        return f"None of {plural(len(pairs), 'pair')} lies above a bound"
    return (
        f"Of {plural(len(pairs), 'pair')} {quadratic} {verb(quadratic, 'lie')} above the quadratic bound, {linear} "
        "above the linear one"
    )


def title_of_search(sampled: pd.DataFrame, exact: pd.DataFrame) -> str:
    """Of the best input set: with the most random sets, and among all without a floor."""
    return (
        f"Term 2 is {significant(sampled['median'].iloc[-1], 2)} for the best of {sampled['sets'].iloc[-1]:.0f} random "
        f"sets, {significant(exact['term'].iloc[0], 2)} for the best of all"
    )


def title_of_both(extreme: pd.Series) -> str:
    """Of d_KL against d_LLV; `extreme`: the permuted circles at the largest norm."""
    larger = _nats(max(extreme["d_kl"], extreme["d_kl_reverse"]))
    at, d_llv = f"ρ = {extreme['rho']:g}", f"{extreme['d_llv']:.2f}"
    return f"Permuted circles at {at}: d_KL is {larger} nats, and d_LLV is {d_llv}"


def of_the_extreme(extreme: pd.Series) -> str:
    """How far apart the permuted circles are at the largest norm."""
    forth, back = _nats(extreme["d_kl"]), _nats(extreme["d_kl_reverse"])
    both = f"{forth} nats both ways" if forth == back else f"{forth} nats ({back} in reverse)"
    return (
        f"At ρ = {extreme['rho']:g} d_KL of the permuted pair is {both}, d_LLV is {extreme['d_llv']:.2f} and "
        f"d_{{f,g}} is {extreme['d_fg']:.3f}."
    )


def _nats(divergence: float) -> str:
    """A divergence of models that differ: it is never 0, and beyond rounding its digits mean nothing."""
    return "below 10⁻¹⁴" if divergence < _ROUNDING else significant(divergence, 2)


def at_the_largest_norm(of_noise: pd.DataFrame, of_order: pd.DataFrame) -> tuple[pd.Series, str]:
    """The permuted pair at the largest norm, and what noisy copies with no larger divergence have, in words.

    Args:
        of_noise, of_order: from `noise_and_order`.
    """
    pair = of_order.loc[of_order["rho"].idxmax()]
    same = of_noise[of_noise["rho"] == pair["rho"]]
    quieter = same[same[_BOTH].max(axis=1) <= pair[_BOTH].max()]
    if not len(quieter):
        return pair, "All noisy copies at the same norm have a larger divergence."
    return pair, (
        f"The {plural(len(quieter), 'noisy copy', 'noisy copies')} at the same norm with no larger "
        f"divergence {verb(len(quieter), 'have')} a d_LLV of at most {quieter['d_llv'].max():.3f}."
    )


def of_both_distances(of_order: pd.DataFrame) -> str:
    """What the figure of d_KL against d_LLV shows, from `noise_and_order`."""
    larger = of_order[_BOTH].max(axis=1)
    most, least = _nats(larger.max()), _nats(larger.min())
    return (
        "d_KL against d_LLV for noisy copies, and for the permuted circles, which lie at a d_LLV of at "
        f"least {of_order['d_llv'].min():.2f}, while their d_KL (the larger direction) "
        + (f"is {most} nats." if most == least else f"ranges from {most} down to {least} nats.")
    )


def spread_exponent(settling: pd.DataFrame) -> float:
    """The exponent b of N in the spread of term 1 over redraws, spread ~ N^b, by least squares on logarithms.

    Args:
        settling: from `noisy_models.settling`.
    """
    first = settling[settling["term"] == "term 1 (labels)"]
    return float(np.polyfit(np.log(first["inputs"]), np.log(first["spread"]), 1)[0])


def of_settling(settling: pd.DataFrame) -> str:
    """What the figure of redrawn inputs shows."""
    first, second = (own for _, own in settling.groupby("term"))
    few, many = first.iloc[0], first.iloc[-1]
    values = (few["mean"], many["mean"], few["spread"], many["spread"], *second["mean"].iloc[[0, -1]])
    mean, later, spread, last, start, end = (significant(value, 2) for value in values)
    return (
        f"Term 1 has a mean of {mean} with {few['inputs']} inputs and {later} with {many['inputs']}; its deviation "
        f"over redraws goes from {spread} to {last}. Term 2 goes from {start} to {end}."
    )


def of_turns(turns: pd.DataFrame) -> str:
    """What the figure of embeddings and unembeddings turned against each other shows."""
    worst = turns.loc[turns["d_fg"].idxmax()]
    return (
        "As embeddings and unembeddings turn against each other by up to 180 degrees, mean CCA stays at 1 "
        f"for both. d_LLV rises to {turns['d_llv'].max():.2f} and d_KL to {turns[_BOTH].max(axis=None):.2f} "
        f"nats (the larger direction); the dissimilarity d_fg rises to {worst['d_fg']:.2f} near "
        f"{worst['angle']:.0f} degrees and is back at {abs(turns['d_fg'].round(9).iloc[-1]):.0f} at 180."
    )


def of_factors(twice: pd.DataFrame) -> str:
    """What the figure of embeddings multiplied by a factor shows.

    Args:
        twice: rows of `noisy_models.scaled` at a factor of 2, by model.
    """
    spread, circle = twice["d_llv"]["spread out"], twice["d_llv"]["circle"]
    return (
        "When all embeddings are multiplied by a factor, d_LLV leaves 0 on both sides of 1: at a factor of "
        f"2 it is {spread:.3f} for a model with spread-out embeddings and {circle:.4f} for one on a circle. "
        "The dissimilarity of representations stays at 0."
    )
