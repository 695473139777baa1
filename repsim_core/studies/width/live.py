"""Networks on radial data trained now, looked at on their way, in tables with the columns of a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from repsim_core.datasets.tabular import radial
from repsim_core.measures.all_pairs import compare_all
from repsim_core.measures.circular_orders import orders_of_labels
from repsim_core.representations import Representations
from repsim_core.studies.width.tables import ENDS, GROUP, MEASURES
from repsim_core.studies.width_study import VARIANTS
from repsim_core.training.stacks import train_stack

Networks = Mapping[tuple[int, int, int], Sequence[Representations]]
"""Models, one a seed, by number of labels, width and training step."""
SHOWN = ("d_kl", "d_kl_reverse", "d_llv", "d_fg", "mean_cca")
"""What is measured of their pairs."""
_TRAIN, _TEST = 20_000, 2_000


def checkpoints(steps: int, count: int) -> list[int]:
    """So many moments of a training, each at twice the steps of the one before, the last at its end."""
    return [steps // 2**i for i in reversed(range(count))]


def trained(
    classes: int, width: int, *, seeds: int, stages: Sequence[int], variant: str
) -> Iterator[tuple[int, list[Representations]]]:
    """Networks of seeds 0, 1, ... on the test set, at each stage of one training (the paper's protocol).

    Args:
        classes: K.
        width: of the hidden layers.
        seeds: how many networks.
        stages: training steps, rising.
        variant: of the norms, in `VARIANTS`.
    """
    train, test = radial(classes, _TRAIN, seed=0), radial(classes, _TEST, seed=1)
    embedding_norm, unembedding_norm = VARIANTS[variant]
    with TemporaryDirectory() as workspace:
        for stage in stages:
            stack = train_stack(
                train,
                seeds=range(seeds),
                width=width,
                steps=stage,
                embedding_norm=embedding_norm,
                unembedding_norm=unembedding_norm,
                device="cpu",
                checkpoint=Path(workspace) / "run.safetensors",
            )
            yield stage, stack.representations(test)


def tables(networks: Networks, variant: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and orders of networks, and the measures of their pairs; those of a degenerate pair are missing.

    Args:
        networks: with their labels.
        variant: what they are of.

    Returns:
        Of models: `GROUP`, steps, seed, test_accuracy, test_loss, order, order_about_mean. Of pairs: `GROUP`, steps,
        seed_a, seed_b and `SHOWN`.
    """
    models, pairs = [], []
    for (count, width, steps), own in networks.items():
        group = {"classes": count, "width": width, "variant": variant, "steps": steps}
        for seed, model in enumerate(own):
            orders = (" ".join(map(str, order)) for order in orders_of_labels(model))
            scores = {"test_accuracy": model.accuracy(), "test_loss": model.loss()}
            names = ("order", "order_about_mean")
            models.append({**group, "seed": seed, **scores, **dict(zip(names, orders, strict=True))})
        pairs.append(_measured(own).assign(**group))
    columns = [*GROUP, "steps", *ENDS, *SHOWN]
    found = pd.concat(pairs, ignore_index=True)[columns]
    text = {"variant": "string"}
    return pd.DataFrame(models).astype(text), found.astype(text)


def _measured(models: Sequence[Representations]) -> pd.DataFrame:
    try:
        pairs = compare_all(models)
    except ValueError:  # no pair of them can be compared
        ends = np.array([(i, j) for i in range(len(models)) for j in range(i + 1, len(models))])
        pairs = pd.DataFrame(ends, columns=["first", "second"]).assign(**dict.fromkeys(SHOWN, np.nan))
    return pairs.rename(columns={"first": "seed_a", "second": "seed_b"})


def over_training(models: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Distances on the way: medians over pairs with quartiles, and the median test loss.

    Returns:
        A row for each K, width and step: loss, and for each measure its median and MEASURE_low, MEASURE_high.
    """
    stage = ["classes", "width", "steps"]
    of = pairs.dropna(subset=list(MEASURES)).groupby(stage)[list(MEASURES)]
    parts = {"": of.median(), "_low": of.quantile(0.25), "_high": of.quantile(0.75)}
    table = pd.concat([part.add_suffix(end) for end, part in parts.items()], axis=1)
    table.insert(0, "loss", models.groupby(stage)["test_loss"].median())
    order = [f"{measure}{end}" for measure in MEASURES for end in ("_low", "", "_high")]
    return table[["loss", *order]].reset_index()


def at_equal_loss(training: pd.DataFrame) -> pd.DataFrame:
    """The narrowest networks at their end, and the widest ones when they had the same median loss.

    Args:
        training: from `over_training`.

    Returns:
        A row for each K: K, loss, narrow (median d_LLV of the narrowest at the end), wide and steps (of the widest at
        this loss, by interpolation of logarithms; NaN where they were never seen at it), wide_end (at their end).
    """
    rows = []
    ends = training["width"].min(), training["width"].max()
    for count, own in training.groupby("classes"):
        narrow, wide = (own[own["width"] == width] for width in ends)
        loss = float(narrow["loss"].iloc[-1])
        row = {"K": count, "loss": loss, "narrow": narrow["d_llv"].iloc[-1], "wide": np.nan, "steps": np.nan}
        if ends[0] < ends[1] and wide["loss"].min() <= loss <= wide["loss"].max():
            way = np.log(wide.sort_values("loss")[["loss", "d_llv", "steps"]].to_numpy(dtype=float)).T
            row["wide"], row["steps"] = (float(np.exp(np.interp(np.log(loss), way[0], y))) for y in way[1:])
        rows.append({**row, "wide_end": wide["d_llv"].iloc[-1]})
    return pd.DataFrame(rows)


def settled(models: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Which share of networks had their final circular order at an earlier stage and at all since: columns steps,
    share.

    Args:
        models: of every stage, from `tables`.
        counted: those of them, at the last stage, that count.
    """
    keys = ["classes", "width", "seed"]
    both = models.merge(counted[[*keys, "order"]], on=keys, suffixes=("", "_final"))
    both = both.assign(kept=both["order"] == both["order_final"]).sort_values("steps", ascending=False)
    both["kept"] = both.groupby(keys)["kept"].cummin()
    share = both[both["steps"] < models["steps"].max()].groupby("steps")["kept"].mean()
    return share.rename("share").reset_index()
