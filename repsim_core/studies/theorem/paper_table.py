"""Table 1 as the paper's public code gives it, beside a table of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.measures.polygons import stride
from repsim_core.studies.theorem.circles import MEASURED
from repsim_core.wording import listed, significant

# Measured by running the code (doi:10.5281/zenodo.17249361), one draw, as printed: rho and the columns of `MEASURED`.
PRINTED = pd.DataFrame(
    [
        ("1", "0.788", "1.318", "0.0005", "0.9998"),
        ("2", "1.057", "1.317", "0.0007", "0.9996"),
        ("3", "0.887", "1.317", "0.0010", "0.9992"),
        ("5", "0.382", "1.318", "0.0005", "0.9998"),
        ("8", "0.0687", "1.318", "0.0008", "0.9996"),
        ("10", "0.0197", "1.317", "0.0010", "0.9995"),
        ("12", "0.00545", "1.317", "0.0007", "0.9997"),
        ("15", "0.000764", "1.317", "0.0005", "0.9996"),
        ("18", "0.000103", "1.318", "0.0002", "0.9999"),
        ("20", "0.000027", "1.318", "0.0003", "0.9998"),
    ],
    columns=["rho", *MEASURED],
)
# Its setting.
_CLASSES, _STEP, _TURN, _INPUTS, _WEIGHT = 7, 2, 5, 500, 1e-5
_SAME = 1e-9
NAMES = {"d_kl": "d_KL", "d_llv": "d_LLV", "mean_cca": "mean CCA", "max_d_svd_f": "max d_SVD"}
# Draws from which on their deviation is known well enough.
_ENOUGH = 10


def why_not(
    permutation: Sequence[int], inputs_per_class: int, weight: float, rhos: Iterable[float]
) -> str | None:
    """Why the figures of the paper's code do not apply to a table; None if they do.

    Args:
        permutation: whose place each label takes.
        inputs_per_class, weight: of the table.
        rhos: its norms.
    """
    same_order = len(permutation) == _CLASSES and stride(permutation) == _STEP and permutation[0] == _TURN
    if not (same_order and inputs_per_class == _INPUTS and weight == _WEIGHT):
        differs = {
            f"K = {len(permutation)} in place of {_CLASSES}": len(permutation) != _CLASSES,
            f"the permutation {list(permutation)}": not same_order and len(permutation) == _CLASSES,
            f"{inputs_per_class} inputs a class in place of {_INPUTS}": inputs_per_class != _INPUTS,
            f"λ = {significant(weight)} in place of {significant(_WEIGHT)}": weight != _WEIGHT,
        }
        return f"this run has {listed(words for words, other in differs.items() if other)}"
    if not len(_common(rhos)):
        return f"no ρ in common (theirs are {', '.join(PRINTED['rho'])})"
    return None


def _common(rhos: Iterable[float]) -> pd.DataFrame:
    """The printed rows whose norm is among these."""
    gaps = np.abs(
        np.subtract.outer(PRINTED["rho"].astype(float).to_numpy(), np.array(list(rhos), dtype=float))
    )
    return PRINTED[gaps.min(axis=1) < _SAME]


class Beside(NamedTuple):
    """The paper's code beside redraws of the inputs.

    Attributes:
        printed: its rows whose norms are among those here, as texts.
        spread: the rows of `circles.redrawn` at these norms.
        worst: the largest deviation of a figure from the mean of the redraws, in deviations of a draw, after allowing
            for its rounding.
        worst_divergence: the largest relative deviation of d_KL.
        figures: how many figures are compared.
        draws: of the inputs.
    """

    printed: pd.DataFrame
    spread: pd.DataFrame
    worst: float
    worst_divergence: float
    figures: int
    draws: int

    @property
    def values(self) -> pd.DataFrame:
        """The printed rows as numbers."""
        return self.printed.astype(float)

    def table(self) -> pd.DataFrame:
        """A row for each norm: d_KL there, here and its noise, and the other figures there."""
        columns = {("d_KL", "their code"): self.printed["d_kl"].to_numpy()}
        columns["d_KL", "here"] = [significant(value) for value in self.spread["d_kl_mean"]]
        columns["d_KL", "noise"] = [significant(value, 1) for value in self.spread["d_kl_std"]]
        for name in MEASURED[1:]:
            columns[NAMES[name], "their code"] = self.printed[name].to_numpy()
        table = pd.DataFrame(columns, index=self.printed["rho"].tolist())
        table.columns.names = ["", "ρ"]
        return table

    def clause(self) -> str:
        """How they compare, for the reproduction report."""
        return (
            f"all {self.figures} figures of the paper's public code within {self.worst:.1f} standard deviations of a "
            f"redraw, the divergence within {self.worst_divergence:.1%} of its value"
        )

    def sentence(self) -> str:
        """How they compare, for the chapter."""
        if self.worst <= 3:
            said = (
                f"All {self.figures} figures of the paper's code lie within {max(self.worst, 0.1):.1f} standard "
                "deviations of ours, after allowing for their rounding. The difference is sampling noise."
            )
        else:
            said = (
                f"Of the {self.figures} figures of the paper's code, the one furthest from ours is {self.worst:.1f} "
                "standard deviations away, after allowing for its rounding."
            )
        if self.draws < _ENOUGH:
            said += f" With only {self.draws} draws the noise itself is known badly."
        return said


def beside(spread: pd.DataFrame, draws: int) -> Beside:
    """The figures of the paper's code beside redraws with its own setting (`why_not` says None).

    Args:
        spread: from `circles.redrawn`.
        draws: how many there were.
    """
    printed = _common(spread["rho"].tolist())
    gaps = np.abs(np.subtract.outer(printed["rho"].astype(float).to_numpy(), spread["rho"].to_numpy()))
    here = spread.iloc[gaps.argmin(axis=1)].reset_index(drop=True)
    deviations = []
    for name in MEASURED:
        half_digit = printed[name].map(lambda text: 0.5 * 10.0 ** -len(text.partition(".")[2])).to_numpy()
        gap = np.abs(printed[name].astype(float).to_numpy() - here[f"{name}_mean"].to_numpy())
        noise = here[f"{name}_std"].to_numpy() * np.sqrt(1 + 1 / draws)
        deviations.append(np.maximum(gap - half_digit, 0.0) / noise)
    divergence = printed["d_kl"].astype(float).to_numpy() / here["d_kl_mean"].to_numpy()
    every = np.concatenate(deviations)
    return Beside(
        printed.reset_index(drop=True),
        here,
        float(every.max()),
        float(np.abs(divergence - 1).max()),
        len(every),
        draws,
    )


def noise_table(spread: pd.DataFrame, compared: Beside | None) -> pd.DataFrame:
    """Mean and noise over all norms of the measures that do not depend on the norm, and what the paper's code has.

    Args:
        spread: from `circles.redrawn`.
        compared: with the paper's code; None where its figures do not apply.
    """
    names = MEASURED[1:]
    table = pd.DataFrame(index=[NAMES[name] for name in names])
    table.columns.name = "over all ρ"
    table["here, mean"] = [f"{spread[f'{name}_mean'].mean():.4f}" for name in names]
    table["noise"] = [significant(spread[f"{name}_std"].mean(), 1) for name in names]
    if compared is not None:
        table["their code"] = [f"{min(compared.printed[n])} to {max(compared.printed[n])}" for n in names]
    return table
