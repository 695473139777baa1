"""The image study: models of images by recipe and dimension (paper, section 5: CIFAR-10, M = 2, 3, 5, ten seeds)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from repsim_core.arrays import as_count
from repsim_core.image_units import DATASETS, ImageTrainingUnit, fingerprint, load_images
from repsim_core.parameters import ParameterError
from repsim_core.recipes import RECIPES
from repsim_core.study import Study, in_stacks, unknown

# By profile: data set, recipes, dimensions, number of seeds, and what differs from the recipes.
PROFILES: dict[str, dict[str, Any]] = {
    "paper": {"dataset": "cifar10", "recipes": ("paper",), "dims": (2, 3, 5), "seeds": 10},
    "fast": {"dataset": "cifar10", "recipes": ("fast",), "dims": (2, 3, 5), "seeds": 10},
    # What the auxiliary classifier does to the orders of the classes: a short training with it and without.
    "auxiliary": {
        "dataset": "cifar10",
        "recipes": ("fast", "no-auxiliary"),
        "dims": (2,),
        "seeds": 5,
        "steps": 500,
    },
    "digits": {"dataset": "digits", "recipes": ("digits",), "dims": (2, 3, 5), "seeds": 10},
    "smoke": {"dataset": "digits", "recipes": ("digits",), "dims": (2,), "seeds": 3, "steps": 30},
}


@dataclass(frozen=True, order=True)
class ImageGroup:
    """Models that are compared with each other: same recipe and dimension M, different seeds."""

    recipe: str
    dim: int

    @property
    def label(self) -> str:
        return f"{self.recipe}-M{self.dim}"


@dataclass(frozen=True)
class ImageStudy(Study):
    """A study of models trained on images.

    Attributes:
        name, groups, seeds, stacks: as for every `Study`; a stack holds one seed.
        dataset: a name in `image_units.DATASETS`.
        data, images: the data set's fingerprint and what to call it.
        steps: of training; None for the recipe's.
        batch_seed, device: as for `train_images`.

    Raises:
        ParameterError: naming the argument.
    """

    GROUP = ImageGroup
    OPTIONS: ClassVar = {"recipe": "recipe", "m": "dim"}

    dataset: str
    data: str
    images: str
    steps: int | None = None
    batch_seed: int = 0
    device: str = "cpu"

    def check_protocol(self) -> None:
        """As for every `Study`."""
        as_count(self.batch_seed, "batch_seed", 0)
        if self.steps is not None:
            as_count(self.steps, "steps")
        if self.dataset not in DATASETS:
            raise ParameterError(unknown("dataset", self.dataset, DATASETS))
        for group in self.groups:
            if group.recipe not in RECIPES:
                raise ParameterError(unknown("recipe", group.recipe, RECIPES))
            if as_count(group.dim, "m") > 9:
                raise ParameterError(
                    f"m: found {group.dim}, expected at most 9: M + 1 of the ten classes (diversity, Def. 2.1)"
                )

    def trainings(self, group: ImageGroup) -> list[ImageTrainingUnit]:
        """The models to train for a group."""
        recipe = RECIPES[group.recipe]
        if self.steps is not None:
            recipe = replace(recipe, steps=self.steps)
        return [
            ImageTrainingUnit(
                self.dataset, self.data, recipe, group.dim, (seed,), self.batch_seed, self.device
            )
            for (seed,) in self.stacks
        ]


def declare(
    profile: str,
    *,
    seeds: Sequence[int] | None = None,
    recipes: Sequence[str] | None = None,
    dims: Sequence[int] | None = None,
    dataset: str | None = None,
    **protocol: Any,
) -> ImageStudy:
    """The image study of a profile, with what is given in place of the profile's values.

    The images are loaded, because what they are is part of the declaration.

    Args:
        profile: a name in `PROFILES`.
        seeds: of the models.
        recipes: names in `recipes.RECIPES`.
        dims: dimensions M.
        dataset: a name in `image_units.DATASETS`.
        protocol: other attributes of `ImageStudy`; None keeps the profile's.

    Raises:
        ParameterError: naming the argument.
        CifarError: there are no images, or they are damaged.
    """
    values = dict(PROFILES[profile])
    default_recipes, default_dims, count = (values.pop(name) for name in ("recipes", "dims", "seeds"))
    given = {"dataset": dataset, **protocol}
    values.update({name: value for name, value in given.items() if value is not None})
    if values["dataset"] not in DATASETS:
        raise ParameterError(unknown("dataset", values["dataset"], DATASETS))
    chosen = tuple(range(count)) if seeds is None else tuple(seeds)
    return ImageStudy(
        "cifar10",
        tuple(ImageGroup(recipe, m) for recipe in recipes or default_recipes for m in dims or default_dims),
        chosen,
        in_stacks(chosen, 1),
        data=fingerprint(values["dataset"]),
        images=load_images(values["dataset"])[1].name.removesuffix(", test"),
        **values,
    )
