"""The image study: models of images by recipe and dimension (paper, section 5: CIFAR-10, M = 2, 3, 5, ten seeds)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import torch
from safetensors.torch import save

from repsim_core.arrays import as_count
from repsim_core.datasets.loading import IMAGE_DATASETS, fingerprint, load_images
from repsim_core.errors import InputError
from repsim_core.store import Address, user_folder
from repsim_core.studies.study import Study, in_stacks, unknown
from repsim_core.studies.units import loss_summary, one_thread, unit_key
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES, Recipe

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


@dataclass(frozen=True)
class ImageTrainingUnit:
    """Train one model of images, keep its representations of the test set.

    Attributes:
        dataset: a name in `IMAGE_DATASETS`.
        data: the data set's `fingerprint`.
        recipe, dim, batch_seed, device: as for `train_images`.
        seeds: one seed.
    """

    dataset: str
    data: str
    recipe: Recipe
    dim: int
    seeds: tuple[int]
    batch_seed: int = 0
    device: str = "cpu"

    protocol: ClassVar[int] = 1

    @property
    def address(self) -> Address:
        label = f"train-{self.dataset}-{self.recipe.name}-M{self.dim}-seed{self.seeds[0]}"
        return Address(label, unit_key(self), ".safetensors")

    @property
    def cost(self) -> float:
        """As for every `units.Unit`."""
        pixels = 1024 if self.dataset == "cifar10" else 64
        work = 30.0 if self.recipe.network == "resnet18" else 1.0
        return self.recipe.steps * self.recipe.batch_size * pixels * work

    def compute(self, inputs: Sequence[bytes] = ()) -> bytes:
        """Train, from the checkpoint of an interrupted attempt if there is one."""
        if fingerprint(self.dataset) != self.data:
            raise RuntimeError(f"dataset: the images of {self.dataset} here differ from those of the study")
        train, test = load_images(self.dataset)
        address = self.address
        checkpoint = user_folder() / "checkpoints" / f"{address.label}-{address.key}.safetensors"
        with one_thread():
            trained = train_images(
                train,
                recipe=self.recipe,
                seed=self.seeds[0],
                dim=self.dim,
                batch_seed=self.batch_seed,
                device=self.device,
                checkpoint=checkpoint,
            )
            model = trained.representations(test)
        tensors = {
            "seeds": torch.tensor(self.seeds),
            "embeddings": model.embeddings.float()[None],
            "unembeddings": model.unembeddings.float()[None],
            "labels": test.labels,
            "test_accuracy": torch.tensor([model.accuracy()], dtype=torch.float64),
            "test_loss": torch.tensor([model.loss()], dtype=torch.float64),
            **loss_summary(trained.losses[:, None]),
        }
        checkpoint.unlink(missing_ok=True)
        return save(tensors, {"unit": json.dumps(asdict(self), sort_keys=True)})


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
        dataset: a name in `datasets.loading.IMAGE_DATASETS`.
        data, images: the data set's fingerprint and what to call it.
        steps: of training; None for the recipe's.
        batch_seed, device: as for `train_images`.

    Raises:
        InputError: naming the argument.
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
        if self.dataset not in IMAGE_DATASETS:
            raise InputError(unknown("dataset", self.dataset, IMAGE_DATASETS))
        for group in self.groups:
            if group.recipe not in RECIPES:
                raise InputError(unknown("recipe", group.recipe, RECIPES))
            if as_count(group.dim, "m") > 9:
                raise InputError(
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


def declare_image_study(
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
        dataset: a name in `datasets.loading.IMAGE_DATASETS`.
        protocol: other attributes of `ImageStudy`; None keeps the profile's.

    Raises:
        InputError: naming the argument.
        DatasetError: there are no images, or they are damaged.
    """
    values = dict(PROFILES[profile])
    default_recipes, default_dims, count = values.pop("recipes"), values.pop("dims"), values.pop("seeds")
    given = {"dataset": dataset, **protocol}
    values.update({name: value for name, value in given.items() if value is not None})
    if values["dataset"] not in IMAGE_DATASETS:
        raise InputError(unknown("dataset", values["dataset"], IMAGE_DATASETS))
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
