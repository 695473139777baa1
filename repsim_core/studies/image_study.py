"""The image study: models of images by recipe and dimension (paper, section 5: CIFAR-10, M = 2, 3, 5, ten seeds)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import save

from repsim_core.datasets.images import ImageSet
from repsim_core.datasets.loading import IMAGE_DATASETS, Copy, copy_here, load_images
from repsim_core.errors import InputError
from repsim_core.store import Address, Store, user_folder
from repsim_core.studies.image_copies import copy_of, note_copy
from repsim_core.studies.study import (
    MOST_SEEDS,
    MOST_STEPS,
    Study,
    as_axis,
    as_groups,
    in_stacks,
    unknown,
    within,
)
from repsim_core.studies.units import LARGEST, Needs, loss_summary, one_thread, unit_key
from repsim_core.training.image_stacks import train_image_stack
from repsim_core.training.image_training import TrainedImageModel, train_images
from repsim_core.training.recipes import OWN_BATCHES, RECIPES, Recipe

# What a group's models can be trained by: the recipes, all seeds with the same mini-batches or each with its own.
TRAININGS = {**RECIPES, **{name + OWN_BATCHES: recipe for name, recipe in RECIPES.items()}}
# By study, named like its data set, and grid: recipes, dimensions, number of seeds, and what differs from the recipes.
GRIDS: dict[str, dict[str, dict[str, Any]]] = {
    "cifar10": {
        "paper": {"recipes": ("paper",), "dims": (2, 3, 5), "seeds": 10},
        "fast": {"recipes": ("fast",), "dims": (2, 3, 5), "seeds": 10},
        # What the auxiliary classifier does to the orders of the classes: a short training with it and without.
        "auxiliary": {"recipes": ("fast", "no-auxiliary"), "dims": (2,), "seeds": 5, "steps": 500},
        # Whether what the seeds share, the mini-batches, decides the orders of the classes.
        "batches": {"recipes": ("fast", "fast" + OWN_BATCHES), "dims": (2,), "seeds": 10, "steps": 500},
    },
    "digits": {
        # The paper's dimensions and number of seeds.
        "paper": {"recipes": ("digits",), "dims": (2, 3, 5), "seeds": 10},
        "smoke": {"recipes": ("digits",), "dims": (2,), "seeds": 3, "steps": 30},
    },
}


# Of the data sets: images to train on and to test on, their side and channels.
_SIZES = {"cifar10": (50_000, 10_000, 32, 3), "digits": (1_257, 540, 8, 1)}
# Images of the test set that pass together (`TrainedImageModel.representations`), and how much more of an image
# is kept in training, for the gradients.
_TEST_BLOCK = 500
_KEPT_FOR_GRADIENTS = 4
# Models that a GPU trains in step.
_ON_A_GPU = 10


@dataclass(frozen=True)
class ImageTrainingUnit:
    """Train one model of images, keep its representations of the test set.

    Attributes:
        dataset: a name in `IMAGE_DATASETS`.
        data: the hash of the copy of it (`datasets.loading.Copy`); None of a study that is not ready.
        recipe, dim, batch_seed, device: as for `train_images`.
        seeds: one seed.
    """

    dataset: str
    data: str | None
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
    def needs(self) -> Needs:
        """As for every `units.Unit`."""
        images, tested, side, channels = _SIZES[self.dataset]
        recipe = self.recipe
        products, memory, checkpoint = _network_needs(recipe, side, channels)
        sides = recipe.resolutions or (side,)
        seen = sum((each / side) ** 2 for each in sides) / len(sides)
        largest = max(recipe.batch_size * _KEPT_FOR_GRADIENTS, _TEST_BLOCK)
        return Needs(
            # A step's calls; its products, forwards and backwards; those of the test set, forwards.
            cost=1e6
            + recipe.steps * (9e3 + 7e-5 * recipe.batch_size * products * seen)
            + 2.3e-5 * tested * products,
            # What the first training of a process imports; the images and their copies; a block of images.
            memory=1.7e8 + 2.5 * (images + tested) * side**2 * channels + 3 * checkpoint + largest * memory,
            kept=5e3 + tested * (4 * self.dim + 8),
            scratch=checkpoint,
        )

    def compute(self, inputs: Sequence[bytes] = ()) -> bytes:
        """Train, from the checkpoint of an interrupted attempt if there is one."""
        return self.compute_together([])[0]

    def compute_together(self, others: Sequence[ImageTrainingUnit]) -> list[bytes]:
        """As for every `units.StackedUnit`.

        Args:
            others: of the same recipe, M, images and device.
        """
        if copy_here(self.dataset).data != self.data:
            raise RuntimeError(f"dataset: the images of {self.dataset} here differ from those of the study")
        train, test = load_images(self.dataset)
        Store(user_folder() / "checkpoints").sweep()
        units = [self, *others]
        with one_thread():
            if others or self.device != "cpu":
                trained = train_image_stack(
                    train,
                    recipe=self.recipe,
                    seeds=[unit.seeds[0] for unit in units],
                    dim=self.dim,
                    batch_seeds=[unit.batch_seed for unit in units],
                    device=self.device,
                    checkpoints=[unit._checkpoint for unit in units],
                )
            else:
                trained = [
                    train_images(
                        train,
                        recipe=self.recipe,
                        seed=self.seeds[0],
                        dim=self.dim,
                        batch_seed=self.batch_seed,
                        device=self.device,
                        checkpoint=self._checkpoint,
                    )
                ]
            contents = [unit._content(one, test) for unit, one in zip(units, trained, strict=True)]
        for unit in units:
            unit._checkpoint.unlink(missing_ok=True)
        return contents

    @property
    def _checkpoint(self) -> Path:
        """What a training under way is kept in."""
        address = self.address
        return user_folder() / "checkpoints" / f"{address.label}-{address.key}.safetensors"

    def _content(self, trained: TrainedImageModel, test: ImageSet) -> bytes:
        """Of the entry, for `read_stack`."""
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
        return save(tensors, {"unit": json.dumps(asdict(self), sort_keys=True)})


def _network_needs(recipe: Recipe, side: int, channels: int) -> tuple[float, float, float]:
    """Of a recipe's network: products of two numbers for an image, bytes of its layers, bytes of a checkpoint."""
    if recipe.network == "resnet18":
        return 5.4e5 * side**2, 600 * side**2, 1.34e8
    a, b, c = recipe.widths
    shares = {
        1 / 4: (16 * channels * a + 9 * a * b, a + b),
        1 / 16: (18 * b**2 + 9 * b * c, 2 * b + c),
        1 / 64: (18 * c**2, 2 * c),
    }
    products = sum(share * layers for share, (layers, _) in shares.items()) * side**2
    outputs = sum(share * width for share, (_, width) in shares.items()) * side**2
    parameters = sum(layers for layers, _ in shares.values()) + 3e5
    return products, 10 * outputs, 8 * parameters


@dataclass(frozen=True, order=True)
class ImageGroup:
    """Models that are compared with each other: same recipe (a name in `TRAININGS`) and dimension M, other seeds."""

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
        data, images: the hash and the name of the copy of it (`datasets.loading.Copy`); None as long as it is declared
            alone, see `prepared` and `found_in`.
        steps: of training; None for the recipe's.
        batch_seed, device: as for `train_images`; seed s has batch_seed + 1 + s where batches are its own.

    Raises:
        InputError: naming the argument.
    """

    GROUP = ImageGroup
    OPTIONS: ClassVar = {"recipe": "recipe", "m": "dim"}

    dataset: str
    data: str | None = None
    images: str | None = None
    steps: int | None = None
    batch_seed: int = 0
    device: str = "cpu"

    def check_protocol(self) -> None:
        """As for every `Study`."""
        within(self.batch_seed, "batch_seed", 0, LARGEST)
        if self.steps is not None:
            within(self.steps, "steps", 1, MOST_STEPS)
        if self.dataset not in IMAGE_DATASETS:
            raise InputError(unknown("dataset", self.dataset, IMAGE_DATASETS))
        for group in self.groups:
            if group.recipe not in TRAININGS:
                raise InputError(unknown("recipe", group.recipe, TRAININGS))
            # M + 1 of the ten classes are diverse (Def. 2.1).
            within(group.dim, "m", 1, 9)

    def prepared(self) -> ImageStudy:
        """As for every `Study`: the images are loaded, and fetched if they have to be.

        Raises:
            DatasetError: there are no images, or they are damaged.
            InputError: they are others than those that the study is of.
        """
        here = copy_here(self.dataset)
        if self.data not in (None, here.data):
            raise InputError(
                f"dataset: found other images of {self.dataset} here ({here.images}, {here.data}), expected those that "
                f"the study is of ({self.images}, {self.data})"
            )
        return replace(self, **asdict(here))

    def found_in(self, store: Store) -> ImageStudy:
        """As for every `Study`: with the copy of the images that `image_copies.copy_of` says."""
        copy = copy_of(store, self.dataset) if self.data is None else None
        return self if copy is None else replace(self, **asdict(copy))

    def leave_note(self, store: Store) -> None:
        """As for every `Study`: which images the entries belong to."""
        if self.data is not None and self.images is not None:
            note_copy(store, self.dataset, Copy(self.data, self.images))

    @property
    def together(self) -> int:
        """As for every `Study`: on a GPU, several models are trained in step."""
        return 1 if self.device == "cpu" else _ON_A_GPU

    def trainings(self, group: ImageGroup) -> list[ImageTrainingUnit]:
        """The models to train for a group."""
        recipe, own = TRAININGS[group.recipe], group.recipe.endswith(OWN_BATCHES)
        if self.steps is not None:
            recipe = replace(recipe, steps=self.steps)
        # No seed's own is the shared one.
        return [
            ImageTrainingUnit(
                self.dataset,
                self.data,
                recipe,
                group.dim,
                (seed,),
                self.batch_seed + own * (1 + seed),
                self.device,
            )
            for (seed,) in self.stacks
        ]


def declare_image_study(
    study: str,
    grid: str,
    *,
    seeds: Sequence[int] | None = None,
    recipes: Sequence[str] | None = None,
    dims: Sequence[int] | None = None,
    **protocol: Any,
) -> ImageStudy:
    """The study of this name and grid, with what is given in place of the grid's values. No images are needed for it.

    Args:
        study, grid: names in `GRIDS`.
        seeds: of the models.
        recipes: names in `TRAININGS`.
        dims: dimensions M.
        protocol: other attributes of `ImageStudy`; None keeps the grid's.

    Raises:
        InputError: naming the argument.
    """
    values = dict(GRIDS[study][grid])
    default_recipes, default_dims, count = values.pop("recipes"), values.pop("dims"), values.pop("seeds")
    values.update({name: value for name, value in protocol.items() if value is not None})
    chosen = as_axis(range(count) if seeds is None else seeds, "seeds", MOST_SEEDS)
    names, chosen_dims = as_axis(recipes or default_recipes, "recipe"), as_axis(dims or default_dims, "m")
    groups = as_groups(ImageGroup(name, m) for name in names for m in chosen_dims)
    return ImageStudy(study, groups, chosen, in_stacks(chosen, 1), dataset=study, **values)
