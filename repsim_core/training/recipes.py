"""Recipes: how a model of images is trained, from the first layer to the last step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from repsim_core.arrays import as_count, as_real

NETWORKS = ("resnet18", "small")
OPTIMIZERS = ("adam", "sgd")


@dataclass(frozen=True)
class Recipe:
    """How a model of images is trained.

    Attributes:
        name: of the recipe.
        network: "resnet18" or "small", see `image_networks`.
        steps: mini-batches.
        batch_size: images of a mini-batch; an epoch's last, incomplete one is left out.
        optimizer: "adam", or "sgd" (Nesterov momentum 0.9) for f beside Adam for g.
        lr: learning rate of f, and of g where `unembedding_lr` is None.
        unembedding_lr: Adam's learning rate for g.
        weight_decay: of f's weights (not of biases and normalisations), times the learning rate.
        warmup: share of the steps over which the learning rate rises from 0, to fall to 0 over the rest; None keeps
            it constant.
        shift: pixels by which an image is shifted at most, in each direction, the edge being reflected.
        flip: mirror every image in every other epoch.
        resolutions: sides to which a mini-batch's images are resized, each for an equal share of the steps; coarse
            images first make an epoch cheap while there is little to be learnt from fine ones. Empty: as they are.
        hidden: widths of f's fully connected layers between the convolutions and the M outputs.
        standardise: f's outputs are standardised over the mini-batch and multiplied by this number; None leaves them
            as they are.
        auxiliary: weight of the cross-entropy of a linear classifier of the convolutions' output, which is dropped
            after training; the weight falls to 0 over the run. The convolutions then learn from more than what
            passes through M coordinates.
        widths: channels of the small network's three stages.
        bfloat16: on a GPU, run f's convolutions in bfloat16. (On the CPUs it was tried on it gained nothing.)

    Raises:
        TypeError, ValueError: naming the attribute.
    """

    name: str
    network: str
    steps: int
    batch_size: int
    optimizer: str = "adam"
    lr: float = 1e-4
    unembedding_lr: float | None = None
    weight_decay: float = 0.0
    warmup: float | None = None
    shift: int = 0
    flip: bool = False
    resolutions: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    standardise: float | None = None
    auxiliary: float = 0.0
    widths: tuple[int, int, int] = (32, 96, 160)
    bfloat16: bool = False

    def __post_init__(self) -> None:
        for name, known in (("network", NETWORKS), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"recipe.{name}: found {getattr(self, name)!r}, expected one of {', '.join(known)}"
                )
        for name in ("steps", "batch_size"):
            as_count(getattr(self, name), f"recipe.{name}")
        as_count(self.shift, "recipe.shift", 0)
        if len(self.widths) != 3:
            raise ValueError(f"recipe.widths: found {self.widths}, expected three numbers of channels")
        for name in ("widths", "resolutions", "hidden"):
            for size in getattr(self, name):
                as_count(size, f"recipe.{name}")
        for name in ("lr", "weight_decay", "unembedding_lr", "standardise", "auxiliary"):
            if getattr(self, name) is not None:
                as_real(getattr(self, name), f"recipe.{name}")
        if self.warmup is not None and not 0 < as_real(self.warmup, "recipe.warmup") < 1:
            raise ValueError(
                f"recipe.warmup: found {self.warmup}, expected a number strictly between 0 and 1"
            )


# Section 5, appendix F.
_PAPER = Recipe("paper", "resnet18", steps=20_000, batch_size=32)
_FAST = Recipe(
    "fast",
    "small",
    steps=2_000,
    batch_size=250,
    optimizer="sgd",
    lr=0.2,
    unembedding_lr=5e-3,
    weight_decay=5e-4,
    warmup=0.2,
    shift=2,
    flip=True,
    resolutions=(16, 20, 24, 24, 28, 28, 32),
    hidden=(256, 256),
    standardise=30.0,
    auxiliary=1.0,
    bfloat16=True,
)
# What the auxiliary classifier does to the arrangement of the classes: the same without it.
_NO_AUXILIARY = replace(_FAST, name="no-auxiliary", auxiliary=0.0)
# For scikit-learn's digits of 8×8 pixels.
_DIGITS = Recipe(
    "digits",
    "small",
    steps=400,
    batch_size=100,
    optimizer="sgd",
    lr=0.1,
    unembedding_lr=2e-3,
    weight_decay=5e-4,
    warmup=0.2,
    shift=1,
    hidden=(64,),
    standardise=30.0,
    auxiliary=1.0,
    widths=(16, 32, 64),
)
RECIPES = {recipe.name: recipe for recipe in (_PAPER, _FAST, _NO_AUXILIARY, _DIGITS)}
# After a recipe's name in a study: every seed has mini-batches, crops and mirrorings of its own.
OWN_BATCHES = "-own-batches"
