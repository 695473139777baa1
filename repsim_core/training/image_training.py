"""Training a model of images by a recipe: data resident on the device, resumable to the same bits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from repsim_core.arrays import as_count
from repsim_core.datasets.images import ImageSet
from repsim_core.representations import Representations
from repsim_core.training.devices import as_device
from repsim_core.training.image_networks import ImageModel
from repsim_core.training.image_run import ImageData, ImageRun, require_images_and_recipe
from repsim_core.training.progress import Progress
from repsim_core.training.recipes import Recipe

# Steps between two reports of progress.
_REPORT = 10


@dataclass(frozen=True)
class TrainedImageModel:
    """A trained model of images.

    Attributes:
        model: in evaluation mode.
        losses: (steps,), cross-entropy of each step's mini-batch before the update, in nats.
    """

    model: ImageModel
    losses: Float[Tensor, " steps"]

    @torch.no_grad()
    def representations(self, images: ImageSet, *, block: int = 500) -> Representations:
        """Embeddings of the images and unembeddings, with the labels.

        Args:
            images: with the channels and classes of the training set.
            block: images a pass; bounds the memory.
        """
        place = self.model.labels.device
        parts = [self.model.embeddings(part.to(place)) for part in images.images.split(block)]
        return Representations(torch.cat(parts).cpu(), self.model.unembeddings().cpu(), images.labels)


def train_images(
    images: ImageSet,
    *,
    recipe: Recipe,
    seed: int,
    dim: int = 2,
    batch_seed: int = 0,
    device: str | torch.device | None = None,
    progress: Callable[[Progress], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: int = 100,
) -> TrainedImageModel:
    """Train one model of images.

    Args:
        images: the training set.
        recipe: how; see `recipes`.
        seed: of the initial parameters.
        dim: M, the dimension of the representations.
        batch_seed: of the mini-batches and the augmentation.
        device: where to train; None for a GPU if there is one, else the CPU, on torch's threads.
        progress: called every few steps with a `Progress`; see `training.terminal_progress`.
        checkpoint: a `.safetensors` file to keep the run's state in. If it exists, the run goes on from there, and
            ends with the same parameters, bit for bit on the same machine with as many threads, as one that was never
            interrupted.
        checkpoint_every: steps between two writings of the checkpoint; the end is always written.

    Raises:
        TypeError, ValueError: naming the argument, what was found and what is expected.
    """
    require_images_and_recipe(images, recipe)
    run = ImageRun(
        ImageData(images, recipe, as_device(device)),
        recipe,
        seed=as_count(seed, "seed", 0),
        dim=as_count(dim, "dim"),
        batch_seed=as_count(batch_seed, "batch_seed", 0),
    )
    every = as_count(checkpoint_every, "checkpoint_every")
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        run.restore(path)
    began, before = time.monotonic(), run.done
    while run.done < recipe.steps:
        run.step()
        last = run.done == recipe.steps
        if path is not None and (last or run.done % every == 0):
            run.save(path)
        if progress is not None and (last or run.done % _REPORT == 0):
            seconds = time.monotonic() - began
            left = seconds / (run.done - before) * (recipe.steps - run.done)
            progress(Progress(run.done, recipe.steps, seconds, left))
    return TrainedImageModel(run.model.eval(), run.losses.cpu())
