"""One probe, carried over from one network to another: its values, and what its bound is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.label_pairs import least_transfer_bounds
from repsim_core.measures.linear_maps import TransferBound, transfer_bound
from repsim_core.measures.pairs import ModelPair
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations
from repsim_core.studies.shown_models import at_inputs
from repsim_core.studies.transfer.probes import (
    Task,
    carried,
    error_share,
    explained,
    fit_probe,
    halves,
)


@dataclass(frozen=True)
class CarriedProbe:
    """A probe of a, carried over to b.

    Attributes:
        bound: of `transfer_bound`, on the inputs of the fit.
        pairs: the bound over all pairs of labels there (`least_transfer_bounds`).
        values: a row an input held back: target, own (the probe's value on a), carried (on b).
        parts: a row a label that the probe is written with: label, alpha, sine (the root of 1 - rho²), ratio_distance
            (std of z - w) and part, |alpha| sine, which add up to beta.
        fit_r2: of the probe on a, on the inputs of the fit.
        own_r2, carried_r2, refit_r2: of the probe on a, carried over, and fitted on b; on the inputs held back.
        held_rms: the root mean squared difference of both values there.
    """

    bound: TransferBound
    pairs: float
    values: pd.DataFrame
    parts: pd.DataFrame
    fit_r2: float
    own_r2: float
    carried_r2: float
    refit_r2: float
    held_rms: float

    @property
    def ratio_distance(self) -> float:
        """delta over the labels that the probe is written in."""
        return float(self.parts["ratio_distance"].max())

    @property
    def chain(self) -> dict[str, float]:
        """What the theorem puts in order, from the least to the largest: best, rms, beta, with_ratio_distance
        (delta |alpha|_1); and beside it pairs, between best and beta, and deviation, the error of a constant."""
        return {
            "best": self.bound.best_rms,
            "rms": self.bound.rms,
            "beta": self.bound.beta,
            "with_ratio_distance": self.ratio_distance * float(self.parts["alpha"].abs().sum()),
            "pairs": self.pairs,
            "deviation": self.bound.deviation,
        }

    def error_by_margin(self, margins: np.ndarray) -> pd.DataFrame:
        """What the theorem says of the carried probe's share of wrong signs, on the inputs held back: margin, near (the
        share of inputs on which target times probe is less), added = (beta/margin)², limit = near + added; and of all
        inputs the wrong ones with the carried probe that are within the margin, near_wrong, and beyond, far_wrong.

        Args:
            margins: positive, in units of the probe.
        """
        target = self.values["target"].to_numpy()
        wrong = target * self.values["carried"].to_numpy() <= 0
        within = target * self.values["own"].to_numpy() < margins[:, None]
        near, added = within.mean(axis=1), (self.bound.beta / margins) ** 2
        near_wrong = (within & wrong).mean(axis=1)
        return pd.DataFrame(
            {
                "margin": margins,
                "near": near,
                "added": added,
                "limit": near + added,
                "near_wrong": near_wrong,
                "far_wrong": wrong.mean() - near_wrong,
            }
        )

    @property
    def errors(self) -> tuple[float, float]:
        """Shares of wrong signs of the probe and of the carried one, for a target of 1 and -1."""
        target = self.values["target"].to_numpy()
        own, there = (error_share(target, self.values[name].to_numpy()) for name in ("own", "carried"))
        return own, there


def carry_over(a: Representations, b: Representations, task: Task, seed: int = 0) -> CarriedProbe:
    """Fit a task's probe on half of the inputs in a, carry it over to b, and look at the other half.

    Args:
        a, b: two models with the task's inputs.
        task: what is read.
        seed: of `probes.halves`.
    """
    fit, held = halves(a.num_inputs, seed)
    f, f_other = to_numpy(a.embeddings), to_numpy(b.embeddings)
    probe, refit = (fit_probe(x[fit], task.targets[fit]) for x in (f, f_other))
    first, second = at_inputs(a, fit), at_inputs(b, fit)
    bound = transfer_bound(first, second, probe.vector)
    target = task.targets[held]
    own, there = probe(f[held]), carried(probe, bound)(f_other[held])
    ratios = StandardisedRatios.of(ModelPair(first, second), bound.pivot, list(bound.alphas))
    alpha = np.array(list(bound.alphas.values()))
    sine = ratios.distances * ratios.distances_of_mirrored / 2
    parts = {
        "label": list(bound.alphas),
        "alpha": alpha,
        "sine": sine,
        "ratio_distance": ratios.distances,
        "part": np.abs(alpha) * sine,
    }
    return CarriedProbe(
        bound=bound,
        pairs=float(least_transfer_bounds(first, second, probe.vector[None])[0]),
        values=pd.DataFrame({"target": target, "own": own, "carried": there}),
        parts=pd.DataFrame(parts),
        fit_r2=explained(task.targets[fit], probe(f[fit])),
        own_r2=explained(target, own),
        carried_r2=explained(target, there),
        refit_r2=explained(target, refit(f_other[held])),
        held_rms=float(np.sqrt(((own - there) ** 2).mean())),
    )
