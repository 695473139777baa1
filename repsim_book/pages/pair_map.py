"""A page that shows all pairs of many models as a clustered heat map; it needs no other file and no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from repsim_core.measures.clustering import average_linkage

if TYPE_CHECKING:
    import pandas as pd

_TEMPLATE = Path(__file__).with_name("pair_map.html")


@dataclass(frozen=True)
class _Measure:
    """A column of the table that the page can show.

    Attributes:
        label: what it is called.
        said: a sentence on what it says.
        similar: whether larger is nearer; it is at most 1 then.
        reverse: the column with the other direction, if the two differ.
    """

    label: str
    said: str
    similar: bool = False
    reverse: str | None = None


_MEASURES = {
    "d_llv": _Measure(
        "d_LLV", "Distance of the distributions, by standardised log-likelihoods; it bounds d_{f,g}."
    ),
    "d_kl": _Measure(
        "d_KL, nats",
        "Divergence from the row's model to the column's; clusters are by the mean of both directions.",
        reverse="d_kl_reverse",
    ),
    "d_fg": _Measure(
        "d_{f,g}", "Dissimilarity of the representations, 0 to 1: the worst label set, or the unembeddings."
    ),
    "mean_cca": _Measure(
        "mean CCA", "Mean canonical correlation of the embeddings' identified parts, 0 to 1.", True
    ),
    "d_svd_all_labels": _Measure(
        "d_SVD over all log-ratios", "Dissimilarity of the log-ratios of all labels, 0 to 1."
    ),
    "certificate": _Measure(
        "bound on d_SVD over every label set", "No label set has a larger d_SVD than this."
    ),
    "ratio_distance": _Measure("ratio distance δ", "The largest distance of two standardised log-ratios."),
    "normaliser_mismatch": _Measure(
        "normaliser mismatch ν", "The distance of the pivot's standardised log-probability."
    ),
    "agreement": _Measure(
        "same prediction, share", "Share of inputs for which both predict the same label.", True
    ),
    "loss_gap": _Measure(
        "difference in loss, nats", "Absolute difference of the mean negative log-likelihoods."
    ),
    "accuracy_gap": _Measure(
        "difference in accuracy", "Absolute difference of the shares of right predictions."
    ),
    "d_logit": _Measure("logit distance", "Root of the mean squared distance of the centred logits."),
    "linear CKA of f": _Measure("linear CKA of f", "Of the embeddings as they are, 0 to 1.", True),
    "Procrustes distance of f": _Measure("Procrustes distance of f", "Of the embeddings as they are."),
}


def pair_map(table: pd.DataFrame, names: Sequence[Any], num_inputs: int, num_labels: int) -> str:
    """The page.

    Args:
        table: of `compare_all`, a row a pair in order.
        names: of the models.
        num_inputs, num_labels: N and K.
    """
    remarks = table["notes"] if "notes" in table else [None] * len(table)
    remarked = {place: text for place, text in enumerate(remarks) if isinstance(text, str)}
    texts = {text: number for number, text in enumerate(dict.fromkeys(remarked.values()))}
    data = {
        "names": [str(name) for name in names],
        "measures": [
            _shown(key, measure, table, len(names))
            for key, measure in _MEASURES.items()
            if key in table and table[key].notna().any()
        ],
        "notes": {
            place: str(note) for place, note in enumerate(table["note"]) if isinstance(note, str)
        },  # few, if any
        # Many pairs may have the same ones.
        "texts": list(texts),
        "remarks": {place: texts[text] for place, text in remarked.items()},
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    filled = {
        "COUNT": f"{len(names):,}",
        "INPUTS": f"{num_inputs:,}",
        "LABELS": f"{num_labels:,}",
        # A name cannot end the element that it is in.
        "DATA": text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
    }
    page = _template()
    for name, value in filled.items():
        page = page.replace(f"@{name}@", value)
    return page


@cache
def _template() -> str:
    return _TEMPLATE.read_text("utf-8")


def _shown(key: str, measure: _Measure, table: pd.DataFrame, count: int) -> dict[str, Any]:
    """One measure, with its clusters."""
    there = table[key].to_numpy(float)
    back = there if measure.reverse is None else table[measure.reverse].to_numpy(float)
    apart = (there + back) / 2
    square = np.zeros((count, count))
    square[np.triu_indices(count, 1)] = 1 - apart if measure.similar else apart
    clusters = average_linkage(square + square.T)
    said = measure.said
    least: dict[str, list[bool]] = {}
    if key == "d_fg" and "exhaustive" in table and table["exhaustive"].eq(False).any():
        least["least"] = table["exhaustive"].eq(False).tolist()
        said += " Of some pairs not all label subsets were looked at: there it is at least this."
    shown = {
        "key": key,
        "label": measure.label,
        "said": said,
        "similar": measure.similar,
        "values": _rounded(there),
        **least,
        "order": list(clusters.order),
        "merges": [[left, right, float(f"{height:.4g}")] for left, right, height in clusters.merges],
    }
    return shown if measure.reverse is None else {**shown, "reverse": _rounded(back)}


def _rounded(values: np.ndarray) -> list[float | None]:
    """To four digits; None where there is no number."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values.tolist()]
