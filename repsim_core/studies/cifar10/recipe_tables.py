"""Recipes of models of images side by side: how they train, and what their models are like."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.cifar10.orders import petals
from repsim_core.studies.cifar10.pairs import closer_half
from repsim_core.studies.cifar10.relations import PREDICTORS, found, relations
from repsim_core.studies.cifar10.shown_pair import LEAST_SIMILAR
from repsim_core.training.recipes import RECIPES, Recipe
from repsim_core.wording import plural, span

_NETWORKS = {"resnet18": "ResNet-18", "small": "7 convolutions"}
_OPTIMISERS = {"adam": "Adam", "sgd": "SGD, Adam for g"}
_ROWS = {
    "loss_gap": "rank correlation: loss gap",
    "d_kl": "d_KL",
    "d_kl_reverse": "d_KL reverse",
}


def protocol(recipe: Recipe) -> dict[str, str]:
    """A recipe in words."""
    moves = [f"shift by {recipe.shift}"] * (recipe.shift > 0) + ["mirror"] * recipe.flip
    layers = "".join(f" {width}," for width in recipe.hidden)
    sides = recipe.resolutions
    return {
        "f": _NETWORKS[recipe.network],
        "layers to M outputs": f"{layers} M".strip(),
        "side of an image": f"{sides[0]} to {sides[-1]} px" if sides else "its own",
        "auxiliary classifier": f"weight {recipe.auxiliary:g} to 0" if recipe.auxiliary else "none",
        "steps × batch": f"{recipe.steps:,} × {recipe.batch_size}",
        "optimiser": _OPTIMISERS[recipe.optimizer],
        "rate": f"{recipe.lr:g}, " + ("constant" if recipe.warmup is None else "up, down to 0"),
        "weight decay": f"{recipe.weight_decay:g}",
        "augmentation": ", ".join(moves) or "none",
        "outputs of f": "free" if recipe.standardise is None else f"deviation {recipe.standardise:g}",
    }


def protocols(names: Sequence[str]) -> pd.DataFrame:
    """A column a recipe."""
    return pd.DataFrame({name: protocol(RECIPES[name]) for name in names})


def compared(recipes: Sequence[ImageModels]) -> pd.DataFrame:
    """A column for each recipe and M: models, scores, orders, similarity, and what goes with it."""
    columns = {}
    for own in recipes:
        table = relations(own.pairs)
        for dim, models, pairs in own.each_dim():
            orders = models["order"].nunique() if "order" in models else 0
            half = closer_half(pairs)
            of_dim = table[table["dim"] == dim]
            columns[f"{own.recipe}, M = {dim}"] = {
                "models": len(models),
                "accuracy": span(models["test_accuracy"].tolist()),
                "loss": span(models["test_loss"].tolist(), 2),
                "different orders": str(orders) if orders else "",
                "petal to unembedding, mean degrees": (
                    f"{petals(own.plane).angle_mean:.0f}" if dim == 2 else ""
                ),
                "mean CCA of pairs": span(pairs["mean_cca"].tolist()),
                "d_KL, nats": span(pairs["d_kl"].tolist(), 2),
                "d_KL reverse, nats": span(pairs["d_kl_reverse"].tolist(), 2),
                "closer half below 0.9": f"{int((half['mean_cca'] < LEAST_SIMILAR).sum())} of {len(half)}",
                **{_ROWS[name]: found(of_dim, name).partition(": ")[2] for name in PREDICTORS},
            }
    return pd.DataFrame(columns)


def variant_results(own: ImageModels | None) -> dict[str, str]:
    """What is kept of another recipe: its name, orders, accuracies and rank correlations; None where it is not read."""
    table = relations(own.pairs) if own is not None else pd.DataFrame(columns=["predictor", "dim"])
    results = {f"variant_relation_{name}": found(table, name) for name in PREDICTORS}
    if own is None:
        return results | {"variant": "none"}
    orders = own.plane_models["order"].dropna() if "order" in own.plane_models else pd.Series(dtype=str)
    said = "none"
    if len(orders):
        most = orders.value_counts().max()
        said = (
            f"{plural(orders.nunique(), 'order')}, of which one has {most} of "
            f"{plural(len(own.plane_models), 'seed')}"
        )
    accuracies = [
        f"{span(models['test_accuracy'].tolist())} for M = {dim}" for dim, models, _ in own.each_dim()
    ]
    return results | {
        "variant": own.recipe,
        "variant_orders": said,
        "variant_accuracy": "; ".join(accuracies),
    }
