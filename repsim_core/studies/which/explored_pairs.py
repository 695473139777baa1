"""Pairs of networks on radial data for a reader to point at: evenly by their dissimilarity, one laid over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.alignment import aligned
from repsim_core.measures.telling import evenly
from repsim_core.studies.which.telling import PairSet
from repsim_core.wording import significant

# Distances that the reader may choose.
MENU = ("farther_kl", "d_llv", "ratio_distance", "d_logit")
_GROUP = ("classes", "width", "variant")


class Explored(NamedTuple):
    """Pairs to point at.

    Attributes:
        pairs: number (1, 2, ...), words, second (a second line), cca_loss and the distances of `MENU`.
        laid: by number, the embeddings of the first network, those of the second after the affine map that brings
            them closest, and the true labels.
        first: the number of the pair to begin with: the most dissimilar one of the half that is closer in d_KL.
    """

    pairs: pd.DataFrame
    laid: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]
    first: int

    @property
    def words(self) -> str:
        """Of the pair to begin with."""
        return self.pairs.set_index("number").loc[self.first, "words"]


def pairs_to_explore(sets: Sequence[PairSet], stored: Mapping[Any, Any], count: int) -> Explored | None:
    """Pairs of each set, those with free norms alone where there are any.

    Args:
        sets: of pairs on radial data.
        stored: the record's models by group (`stored_representations.read_representations`).
        count: pairs of each set.

    Returns:
        None where there are no sets or no models.
    """
    free = [own for own in sets if (own.pairs.get("variant", "free") == "free").all()]
    models_at = {tuple(getattr(group, name) for name in _GROUP): own.models for group, own in stored.items()}
    rows: list[dict[str, Any]] = []
    laid: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for own in (free or sets) if models_at else ():
        for row in own.pairs.iloc[evenly(own.pairs["cca_loss"].to_numpy(), count)].to_dict("records"):
            models = models_at[tuple(row[name] for name in _GROUP)]
            a, b = models[row["seed_a"]], models[row["seed_b"]]
            fit, number = aligned(a.embeddings, b.embeddings), len(rows) + 1
            laid[number] = to_numpy(a.embeddings), fit.mapped, to_numpy(a.labels)
            measures = {name: row[name] for name in ("cca_loss", *MENU)}
            rows.append({"number": number, **_lines(row, fit.explained), **measures})
    if not rows:
        return None
    pairs = pd.DataFrame(rows)
    near = pairs[pairs["farther_kl"] <= pairs["farther_kl"].median()]
    return Explored(pairs, laid, int(near.loc[near["cca_loss"].idxmax(), "number"]))


def _lines(row: Mapping[str, Any], explained: float) -> dict[str, str]:
    """Two lines about a pair."""
    return {
        "words": f"K = {row['classes']}, width {row['width']}, seeds {row['seed_a']} and {row['seed_b']}: mean CCA "
        f"{row['mean_cca']:.3f}, map explains {explained:.0%}",
        "second": f"d_KL {significant(row['d_kl'])} and {significant(row['d_kl_reverse'])} nats, "
        f"d_LLV {row['d_llv']:.3f}, δ {row['ratio_distance']:.3f}, d_fg {row['d_fg']:.3f}",
    }
