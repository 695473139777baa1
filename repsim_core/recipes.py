"""Recipes: how a model of images is trained, from the first layer to the last step."""

from __future__ import annotations

from dataclasses import dataclass

from repsim_core.arrays import as_count, as_real

NETWORKS = ("resnet18", "small")
OPTIMIZERS = ("adam", "sgd")


@dataclass(frozen=True)
class Recipe:
    """How a model of images is trained.

    Attributes:
        name: of the recipe.
        network: "resnet18" or "small", see `image_models`.
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
        standardise: f's outputs are standardised over the mini-batch and multiplied by this number; None leaves them
            as they are.
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
    standardise: float | None = None
    widths: tuple[int, int, int] = (48, 96, 192)
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
        for width in self.widths:
            as_count(width, "recipe.widths")
        for name in ("lr", "weight_decay", "unembedding_lr", "standardise"):
            if getattr(self, name) is not None:
                as_real(getattr(self, name), f"recipe.{name}")
        if self.warmup is not None and not 0 < as_real(self.warmup, "recipe.warmup") < 1:
            raise ValueError(
                f"recipe.warmup: found {self.warmup}, expected a number strictly between 0 and 1"
            )


RECIPES = {
    recipe.name: recipe
    for recipe in (
        # The paper's protocol (section 5, appendix F).
        Recipe("paper", "resnet18", steps=20_000, batch_size=32),
        Recipe(
            "fast",
            "small",
            steps=1_800,
            batch_size=250,
            optimizer="sgd",
            lr=0.2,
            unembedding_lr=2e-3,
            weight_decay=5e-4,
            warmup=0.2,
            shift=2,
            flip=True,
            standardise=8.0,
            bfloat16=True,
        ),
        # For scikit-learn's digits of 8×8 pixels.
        Recipe(
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
            standardise=3.0,
            widths=(16, 32, 64),
        ),
    )
}
