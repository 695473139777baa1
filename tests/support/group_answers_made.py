"""Answers of a test of groups, made by hand."""

import numpy as np
import pandas as pd

from repsim_core.studies.groups.runs import BASELINE, MEASURES


def answers_of(kind="labels", dim=2, inputs="plain", **changes):
    """Every measure level with the accuracy gap, but for the changes: measure -> (auprc, ahead_p)."""
    rows = []
    for measure in MEASURES:
        auprc, p = changes.get(measure, (0.5, 0.5))
        rows.append(
            {
                "kind": kind,
                "dim": dim,
                "inputs": inputs,
                "test": kind,
                "measure": measure,
                "auprc": auprc,
                "low": auprc - 0.1,
                "high": auprc + 0.1,
                "null": 0.2,
                "chance": 0.13,
                "ahead": auprc - 0.5,
                "beyond": np.nan if measure == "cka_loss" else 0.625,
                "ahead_p": np.nan if measure == BASELINE else p,
            }
        )
    return pd.DataFrame(rows)
