"""Eight measures of pairs of models made by hand, and what each of them does not see."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.canonical import mean_cca
from repsim_core.measures.comparison import compare
from repsim_core.measures.others import linear_cka, procrustes_distance
from repsim_core.representations import Representations, share_equal

# Measures that are 1 for models that they call equal; the others are 0.
_ALIKE = ("agree", "CKA", "CCA", "stitch")
# The largest value of a distance; that of others counts as 1, or is unknown and cut there.
_LARGEST = {"Procr.": np.sqrt(2)}
# By what a result is called: what a measure looks at, and its name.
_KEPT = {
    "cka": ("representations", "CKA"),
    "cca": ("representations", "CCA"),
    "stitched": ("representations", "stitch"),
    "d_fg": ("representations", "$d_{f,g}$"),
    "d_llv": ("distributions", "$d_{LLV}$"),
    "d_kl": ("distributions", "$d_{KL}$"),
}


def stitched(a: Representations, b: Representations) -> Representations:
    """Model a on b's embeddings, carried over by the linear map of least squares.

    Args:
        a, b: of the same inputs, of the same M.
    """
    f, f_other = to_numpy(a.embeddings), to_numpy(b.embeddings)
    return Representations(f_other @ np.linalg.lstsq(f_other, f)[0], to_numpy(a.unembeddings), a.labels)


def agreement(a: Representations, b: Representations) -> float:
    """The share of inputs to which both give the same label."""
    return share_equal(a.predictions(), b.predictions())


def measured(pairs: Mapping[str, tuple[Representations, Representations]]) -> pd.DataFrame:
    """Eight measures of some pairs, a column a pair; rows by what a measure looks at and its name.

    Args:
        pairs: by name. Of d_KL the larger direction is taken; sets of d_LLV and d_fg are searched.
    """
    columns = {}
    for name, (a, b) in pairs.items():
        f, f_other, compared = a.embeddings, b.embeddings, compare(a, b, seed=0)
        columns[name] = {
            ("distributions", "agree"): agreement(a, b),
            ("distributions", "$d_{KL}$"): max(compared.d_kl, compared.d_kl_reverse),
            ("distributions", "$d_{LLV}$"): compared.d_llv,
            ("representations", "CKA"): linear_cka(f, f_other),
            ("representations", "Procr."): procrustes_distance(f, f_other),
            ("representations", "CCA"): mean_cca(f, f_other),
            ("representations", "stitch"): agreement(a, stitched(a, b)),
            ("representations", "$d_{f,g}$"): compared.d_fg,
        }
    return pd.DataFrame(columns)


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Each measure's verdict on each pair: of, measure, pair, value, unlike (0 for equals, 1 for the least alike).

    Args:
        found: from `measured`.
    """
    table = found.rename_axis(["of", "measure"]).reset_index().melt(["of", "measure"], var_name="pair")
    most = table["measure"].map(_LARGEST).fillna(1.0)
    distance = (table["value"] / most).clip(upper=1)
    return table.assign(unlike=np.where(table["measure"].isin(_ALIKE), 1 - table["value"], distance))


def results(found: pd.DataFrame, pairs: Mapping[str, str]) -> dict[str, float]:
    """What is kept of some pairs: "cka_{name}", "cca_{name}" and so on.

    Args:
        found: from `measured`.
        pairs: the names of results, with those of the pairs.
    """
    return {
        f"{measure}_{name}": float(found.loc[row, pair])
        for name, pair in pairs.items()
        for measure, row in _KEPT.items()
    }


def _plain(measure: str) -> str:
    """A measure's name as text: "d_fg" for "$d_{f,g}$"."""
    return measure.translate(dict.fromkeys(map(ord, "${},")))


def in_a_figure(table: pd.DataFrame) -> str:
    """All values by pair, for the description of a figure.

    Args:
        table: from `judged`.
    """
    parts = []
    for pair, own in table.groupby("pair", sort=False):
        values = ", ".join(f"{_plain(row.measure)} {row.value:.2f}" for row in own.itertuples())
        parts.append(f"{pair}: {values}")
    return "; ".join(parts)


def stretched(model: Representations, matrices: Mapping[float, np.ndarray]) -> pd.DataFrame:
    """A model beside its linear twins: condition, measure (linear CKA, Procrustes distance, mean CCA), value.

    Args:
        model: any.
        matrices: of the twins, by what to call them.
    """
    measures = {
        "linear CKA": linear_cka,
        "Procrustes distance": procrustes_distance,
        "mean CCA": mean_cca,
    }
    rows = []
    for condition, matrix in matrices.items():
        twin = model.linear_twin(matrix)
        rows += [
            (condition, name, measure(model.embeddings, twin.embeddings))
            for name, measure in measures.items()
        ]
    return pd.DataFrame(rows, columns=["condition", "measure", "value"])


def carried(target: Representations, models: Mapping[str, Representations]) -> pd.DataFrame:
    """Where the best linear map takes the inputs of some models: model, label (the target's true one), x, y, and
    target_x, target_y, where they belong.

    Args:
        target: M = 2, with labels.
        models: by name, of the same inputs.
    """
    parts = []
    for name, model in models.items():
        x, y = to_numpy(stitched(target, model).embeddings).T
        goal_x, goal_y = to_numpy(target.embeddings).T
        columns = {"x": x, "y": y, "target_x": goal_x, "target_y": goal_y}
        parts.append(pd.DataFrame(columns).assign(model=name, label=to_numpy(target.labels)))
    return pd.concat(parts)
