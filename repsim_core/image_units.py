"""Units of work of the image study: training one model, kept as `units.read_stack` reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import ClassVar

import torch
from safetensors.torch import save

from repsim_core.cache import Address, user_folder
from repsim_core.cifar import cifar10
from repsim_core.image_training import train_images
from repsim_core.images import ImageSet, digit_images
from repsim_core.recipes import Recipe
from repsim_core.units import loss_summary, one_thread, unit_key

DATASETS = {"cifar10": cifar10, "digits": digit_images}


@cache
def load_images(dataset: str) -> tuple[ImageSet, ImageSet]:
    """Training and test set, once a process; where CIFAR-10's images are is said by the environment (`cifar10`)."""
    return DATASETS[dataset]()


@cache
def fingerprint(dataset: str) -> str:
    """A hash of a data set's images and labels."""
    digest = sha256()
    for part in load_images(dataset):
        digest.update(part.images.numpy())  # pyright: ignore[reportArgumentType]
        digest.update(part.labels.numpy())  # pyright: ignore[reportArgumentType]
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class ImageTrainingUnit:
    """Train one model of images, keep its representations of the test set.

    Attributes:
        dataset: a name in `DATASETS`.
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
        return (
            self.recipe.steps
            * self.recipe.batch_size
            * pixels
            * (30.0 if self.recipe.network == "resnet18" else 1.0)
        )

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
