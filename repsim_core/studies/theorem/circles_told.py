"""What the chapter "Theorem" says of its pair of models: sentences whose truth depends on its parameters."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from repsim_core.measures.polygons import Explained, average_r2, star_distance, stride
from repsim_core.studies.theorem.circles import Rate
from repsim_core.wording import listed, plural, significant, verb

# R² of a linear probe below which it predicts next to nothing.
_NOTHING = 0.01
# Relative movement of a figure that one calls level.
_LEVEL = 0.01


def is_rigid(permutation: Sequence[int]) -> bool:
    """Whether a permutation of the corners is a rotation or a reflection."""
    return stride(permutation) in (1, len(permutation) - 1)


def of_order(permutation: Sequence[int]) -> str:
    """How the labels of model 2 stand on the circle."""
    classes, step = len(permutation), stride(permutation)
    kept = [k for k, place in enumerate(permutation) if place == k]
    if is_rigid(permutation):
        way, kind = (
            ("the same order, turned", "rotation") if step == 1 else ("the opposite order", "reflection")
        )
        return (
            f"In model 2 the labels stand in {way}: this permutation is a {kind}, which is a linear map. "
            "Take it as a control: here nothing that follows is surprising, because the representations "
            "are the same up to that map and the offsets."
        )
    if len(kept) > 1:
        places = f"Labels {listed(kept)} keep their places."
    else:
        places = f"Label {kept[0]} keeps its place." if kept else "No label keeps its place."
    if step is None:
        return (
            "In model 2 the labels stand in an order that is neither that of model 1 nor one that skips a "
            f"fixed number of places. {places}"
        )
    return (
        f"Follow the thin line. In model 1 it is the regular polygon with {classes} corners. In model 2 "
        f"each label stands {step} places after the one before it, π(k) = {permutation[0]} + {step}k mod "
        f"{classes}, and the line is the star polygon {{{classes}/{min(step, classes - step)}}}. {places}"
    )


def of_arrangements(permutation: Sequence[int]) -> str:
    """What the figure of both arrangements shows."""
    return (
        f"Two rings of {len(permutation)} clusters, one a label. In model 1 the labels follow each other "
        f"round the circle; in model 2 they stand in the order that the permutation {list(permutation)} "
        "gives them. In both, every cluster lies on the arrow of its own label."
    )


def of_permutations(found: Explained, classes: int, *, every: bool) -> str:
    """What a linear map explains over permutations.

    Args:
        found: of the permutations.
        classes: K.
        every: whether they are all there are, up to rotation.
    """
    count, average = len(found.r2), average_r2(classes)
    said = (
        f"Up to rotation there are {count:,} orders. Their average, {found.r2.mean():.4f}, is the M/(K − 1) "
        f"= {average:.4f} of the lemma. "
        if every
        else f"The figure shows {count:,} random orders. Their average, {found.r2.mean():.4f}, is close to the "
        f"M/(K − 1) = {average:.4f} of the lemma. "
    )
    said += (
        f"{found.linear} of them {verb(found.linear, 'are')} linear (only rotations and reflections can be)"
        if found.linear
        else "None of them is linear (only rotations and reflections would be)"
    )
    return said + (
        f"; {found.uncorrelated} {verb(found.uncorrelated, 'have')} no linear part at all."
        if found.uncorrelated
        else f"; none is without any linear part, and the smallest mean CCA is {found.mean_cca.min():.3f}."
    )


def of_spread(found: Explained, here: float, classes: int) -> str:
    """What the figure of permutations shows; `here`: R² of the permutation in use."""
    r2 = found.r2
    return (
        f"Histogram of the mean squared canonical correlation over {len(r2):,} permutations of {classes} "
        f"directions: spread from {r2.min():.2f} to {r2.max():.2f} with average {r2.mean():.3f}; this "
        f"chapter's permutation is at {here:.3f}."
    )


def of_levels(table: pd.DataFrame, weight: float) -> str:
    """What does not move with the norm, and whether d_LLV does.

    Args:
        table: rows of `circles.measured`.
        weight: λ.
    """
    first, last = table.iloc[0], table.iloc[-1]
    still = (
        f"Mean CCA, {last['mean_cca']:.4f}, and the largest d_SVD, {last['max_d_svd_f']:.4f}, cannot move, "
        "by part 2 of the theorem. "
    )
    moved = table["d_llv"].max() - table["d_llv"].min()
    if moved <= _LEVEL * table["d_llv"].min():
        return still + (
            f"d_LLV = {last['d_llv']:.3f} could, and stays: over these norms it moves by "
            f"{significant(moved, 1)}."
        )
    return still + (
        f"d_LLV could, and goes from {significant(first['d_llv'])} to {significant(last['d_llv'])}: with the "
        f"weight λ = {weight:g} the terms that compare scales are not negligible, and they grow like λρ."
    )


def of_measures(table: pd.DataFrame, *, rings: bool) -> str:
    """What the picture of Table 1 shows; `rings`: whether the values of the paper's code are in it."""
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"As ρ grows from {first['rho']:g} to {last['rho']:g}, d_KL goes from "
        f"{significant(first['d_kl'], 2)} to {significant(last['d_kl'], 2)} nats and the reverse to "
        f"{significant(last['d_kl_reverse'], 2)}, on a logarithmic scale. Beside them three lines: d_LLV, "
        f"from {first['d_llv']:.2f} to {last['d_llv']:.2f}, the largest d_SVD at {last['max_d_svd_f']:.3f} "
        f"and mean CCA at {last['mean_cca']:.3f}."
        + (" Rings are the values of the paper's code." if rings else "")
    )


def of_rates(resolved: pd.DataFrame, fit: Rate) -> str:
    """What the figure of the rate shows.

    Args:
        resolved: rows of `circles.rates`.
        fit: to them.
    """
    ratio = resolved["d_kl"] / resolved["prediction"]
    rho = resolved["rho"]
    return (
        "d_KL divided by ρ on a logarithmic scale, with the leading order, the fitted line and the bound "
        "of the theorem, which lies above the others. The ratio of measured to leading order goes from "
        f"{ratio.iloc[0]:.2f} at ρ = {rho.iloc[0]:g} to {ratio.iloc[-1]:.3f} at ρ = {fit.last:g}."
    )


def of_band(resolved: pd.DataFrame, draws: int) -> str:
    """The caption of the figure of the rate."""
    widest = float(((resolved["high"] - resolved["low"]) / resolved["prediction"]).max())
    width = f"{widest:.1%}" if widest >= 0.0005 else "0.1%"
    return (
        "First panel: the divergence per ρ. Second: measured over leading order; the band, nowhere wider "
        f"than {width}, is the range of {draws} other draws."
    )


def of_knob(permutation: Sequence[int]) -> str:
    """What the figure with the slider shows."""
    neighbours = (
        "the same labels in both models"
        if is_rigid(permutation)
        else "other labels in model 2 than in model 1"
    )
    return (
        "An interactive figure with two sliders, for the norm ρ and for the class of an input. Each "
        "model's labels stand on a circle. At small ρ the probability is spread over neighbouring places, "
        f"which belong to {neighbours}. As ρ grows all probability goes to the label of the input in both "
        "models: both matrices of probabilities become diagonal, while the places of the labels never "
        "move. Markers run along the curves of d_KL in both directions and of d_LLV."
    )


def of_probes(ladder: pd.DataFrame, enough: int) -> str:
    """What a linear probe explains, and what harmonics do.

    Args:
        ladder: from `circles_drawn.probe_ladder`.
        enough: the highest harmonic that suffices (`probes.sufficient`).
    """
    r2 = ladder.set_index("probe")["r2"]
    linear, best = float(r2.iloc[0]), float(r2[enough])
    further = f"With harmonics up to {enough} the share is {best:.4f}."
    if linear < _NOTHING:
        return (
            f"The linear probe explains a share of {significant(linear, 1)} of the variance: it sends every "
            "input to the middle of the ring. By this number the two models have nothing to do with each "
            f"other. {further}"
        )
    said = f"The linear probe explains a share of {linear:.3f} of the variance"
    return (
        f"{said}. {further}"
        if enough > 1
        else f"{said}, nearly all: this permutation is close to a linear map."
    )


def of_predictions(probes: pd.DataFrame) -> str:
    """What the figure of two probes shows; `probes`: two rows of the ladder."""
    said = [
        f"{'The linear probe' if probe == 1 else f'The probe with harmonics up to {probe}'} has R² = "
        f"{r2:.4f}."
        for probe, r2 in zip(probes["probe"], probes["r2"], strict=True)
    ]
    return " ".join(["Model 2's clusters on a ring and what two probes predict for them.", *said])


def of_star_distance(permutation: Sequence[int], rho: float, d_llv: float) -> str:
    """d_LLV by hand, where there is a formula, beside the measured one."""
    measured, step = f"measured at ρ = {rho:g}: {d_llv:.4f}.", stride(permutation)
    if step is None or is_rigid(permutation):
        return f"This run's permutation is no star. {measured.capitalize()}"
    return f"For this run the formula gives {star_distance(len(permutation), step):.4f}; {measured}"


def of_redraws(draws: int) -> str:
    """What the table beside the paper's code has."""
    return (
        f"“Here” is the mean over {plural(draws, 'draw')}, “noise” the standard deviation from draw to draw."
    )
