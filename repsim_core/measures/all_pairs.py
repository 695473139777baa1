"""Comparison of all pairs of several models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from repsim_core.measures.comparison import compare
from repsim_core.representations import Representations

if TYPE_CHECKING:
    import pandas as pd


def compare_all(
    models: Sequence[Representations] | Mapping[str, Representations],
    **options: Any,
) -> pd.DataFrame:
    """Compare every pair of several models: one row a pair, first before second in the order given.

    Args:
        models: at least two models on the same inputs and labels; a mapping gives them names, a sequence numbers.
        options: as for `compare`.

    Returns:
        Columns first, second and the measures; with true labels also loss_gap and accuracy_gap (absolute
        differences), which the paper sets against similarity.

    Raises:
        TypeError, ValueError: naming the argument and, where a pair cannot be compared, the pair.
    """
    # For the table alone.
    import pandas as pd

    if not isinstance(models, Iterable):
        raise TypeError(
            f"models: found {type(models).__name__}, expected a sequence or mapping of Representations"
        )
    named: dict[Any, Representations] = dict(models if isinstance(models, Mapping) else enumerate(models))
    if len(named) < 2:
        raise ValueError(f"models: found {len(named)}, expected at least two")
    rows = []
    for first, second in combinations(named, 2):
        a, b = named[first], named[second]
        try:
            comparison = compare(a, b, **options)
        except (TypeError, ValueError) as error:
            raise type(error)(f"models {first!r} (a) and {second!r} (b): {error}") from error
        row: dict[str, object] = {"first": first, "second": second, **comparison.measures()}
        if a.labels is not None and b.labels is not None:
            row["loss_gap"] = abs(a.loss() - b.loss())
            row["accuracy_gap"] = abs(a.accuracy() - b.accuracy())
        rows.append(row)
    return pd.DataFrame(rows)
