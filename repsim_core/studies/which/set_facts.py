"""What sets of pairs are like: how many networks, how accurate, how similar, in how many directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from repsim_core.studies.records import read_record
from repsim_core.studies.which.telling import PairSet
from repsim_core.studies.which.verdicts import bracketed
from repsim_core.wording import listed, span

# What stands for a figure that a set does not have.
_NONE = "–"


def least_rank(pairs: pd.DataFrame) -> str:
    """The median over pairs of the smaller effective rank; a dash for older records, which lack it."""
    ranks = [name for name in ("effective_rank_a", "effective_rank_b") if name in pairs]
    return f"{pairs[ranks].min(axis=1).median():.2f}" if ranks else _NONE


def images_in_words(folders: Iterable[Path]) -> str:
    """On which images networks of some records were trained: a sentence.

    Args:
        folders: of records, those of other data among them.
    """
    studies = [read_record(folder).provenance["study"] for folder in folders]
    images = sorted({study["images"] for study in studies if "images" in study})
    return f"The networks on images are of {listed(images)}." if images else "No set is of images."


def facts(sets: Sequence[PairSet]) -> pd.DataFrame:
    """A row a set: networks, pairs, widths, accuracy, range of mean CCA, pairs of another order, effective rank."""
    rows = {
        own.name: {
            "networks": own.networks,
            "pairs": len(own.pairs),
            "widths": len(np.unique(own.groups)) if own.by else _NONE,
            "accuracy": f"{1 - own.pairs['larger_error'].max():.2f} or more",
            "mean CCA": span(own.pairs["mean_cca"].tolist(), 2),
            "of other order": (
                int(own.pairs["other_order"].sum()) if own.pairs["other_order"].notna().all() else _NONE
            ),
            "effective rank": least_rank(own.pairs),
        }
        for own in sets
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def two_dissimilarities(sets: Sequence[PairSet], told: pd.DataFrame) -> pd.DataFrame:
    """A row a set: effective rank, M, the rank correlation of 1 - mean CCA with d_SVD of the embeddings, that of d_LLV
    with 1 - mean CCA.

    Args:
        sets: of pairs.
        told: from `telling.tell` of the same sets, about cca_loss.
    """
    of_llv = told[told["measure"] == "d_llv"].set_index("set")["value"]
    rows = {
        own.name: {
            "effective rank": least_rank(own.pairs),
            "of M": int(own.pairs["dim"].iloc[0]) if "dim" in own.pairs else 2,
            "mean CCA with d_SVD": own.pairs[["cca_loss", "max_d_svd_f"]].corr(method="spearman").iloc[0, 1],
            "d_LLV with mean CCA": of_llv.get(own.name, np.nan),
        }
        for own in sets
    }
    return pd.DataFrame.from_dict(rows, orient="index").round(2)


def least_alike(table: pd.DataFrame, count: int = 2) -> str:
    """The sets in which the two dissimilarities go together least, for prose.

    Args:
        table: from `two_dissimilarities`.
        count: of the sets.
    """
    lowest = table["mean CCA with d_SVD"].nsmallest(count)
    ranks = {name: table.loc[name, "effective rank"] for name in lowest.index}
    parts = [
        f"{name}: {bracketed(value, np.nan, np.nan)}"
        + (f", effective rank {ranks[name]}" if ranks[name] != "–" else "")
        for name, value in lowest.items()
    ]
    return "; ".join(parts)
