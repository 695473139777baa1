"""Training a model of images by a recipe: data resident on the device, resumable to the same bits.

Mini-batches and augmentation are functions of (batch_seed, epoch), the same for all seeds, so that models differ by
their initialisation alone, as in the paper's synthetic study.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from repsim_core.arrays import as_count
from repsim_core.datasets.images import ImageSet
from repsim_core.representations import Representations
from repsim_core.training.checkpoints import read_checkpoint, write_checkpoint
from repsim_core.training.devices import as_device
from repsim_core.training.image_networks import ImageModel
from repsim_core.training.progress import Progress
from repsim_core.training.recipes import Recipe
from repsim_core.training.stack_run import batch_order

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
    if not isinstance(images, ImageSet):
        raise TypeError(f"images: found {type(images).__name__}, expected an ImageSet")
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe: found {recipe!r}, expected a Recipe such as RECIPES['fast']")
    run = _ImageRun(
        images,
        recipe,
        seed=as_count(seed, "seed", 0),
        dim=as_count(dim, "dim"),
        batch_seed=as_count(batch_seed, "batch_seed", 0),
        device=as_device(device),
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


class _ImageRun:
    """A training run under way."""

    def __init__(
        self, images: ImageSet, recipe: Recipe, *, seed: int, dim: int, batch_seed: int, device: torch.device
    ) -> None:
        if recipe.batch_size > len(images):
            raise ValueError(
                f"recipe.batch_size: found {recipe.batch_size}, expected at most N = {len(images)}"
            )
        self.recipe, self.batch_seed, self.done, self.epoch = recipe, batch_seed, 0, -1
        self.model = ImageModel(
            recipe, channels=images.images.shape[3], classes=images.classes, dim=dim, seed=seed
        ).to(device)
        self.labels = images.labels.to(device)
        self.padded = reflected(images.images, recipe.shift).to(device)
        height, width = images.images.shape[1:3]
        self.side = height, width
        self.optimizers = _optimizers(self.model, recipe)
        self.losses = torch.zeros(recipe.steps, device=device)
        self.epoch_steps = len(images) // recipe.batch_size
        self.settings = {"recipe": asdict(recipe), "seed": seed, "dim": dim, "batch_seed": batch_seed}

    def step(self) -> None:
        """One mini-batch."""
        epoch, number = divmod(self.done, self.epoch_steps)
        if epoch != self.epoch:
            self._begin(epoch)
        begin = number * self.recipe.batch_size
        rows = self.order[begin : begin + self.recipe.batch_size]
        for optimizer, rates in self.optimizers:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * rate_at(self.recipe, self.done)
        down, across = self.shifts[:, rows]
        images = crops(self.padded, rows, down, across, self.flipped[rows], self.side)
        logits, auxiliary = self.model(images, side_at(self.recipe, self.done))
        loss = nn.functional.cross_entropy(logits, self.labels[rows])
        total = loss
        if auxiliary is not None:
            weight = self.recipe.auxiliary * (1.0 - self.done / self.recipe.steps)
            total = loss + weight * nn.functional.cross_entropy(auxiliary, self.labels[rows])
        self.model.zero_grad(set_to_none=True)
        total.backward()
        for optimizer, _ in self.optimizers:
            optimizer.step()
        self.losses[self.done] = loss.detach()
        self.done += 1

    def _begin(self, epoch: int) -> None:
        """Draw an epoch's order, shifts and reflections."""
        number, device, shift = len(self.labels), self.labels.device, self.recipe.shift
        rng = np.random.default_rng([self.batch_seed, epoch, 1])
        self.shifts = torch.from_numpy(rng.integers(0, 2 * shift + 1, (2, number))).to(device)
        if self.recipe.flip:
            # Half of the images are mirrored in the even epochs, the others in the odd ones.
            first = np.random.default_rng([self.batch_seed, 2]).integers(0, 2, number)
            self.flipped = torch.from_numpy((first + epoch) % 2 == 1).to(device)
        else:
            self.flipped = torch.zeros(number, dtype=torch.bool, device=device)
        self.order = batch_order(number, self.batch_seed, epoch).to(device)
        self.epoch = epoch

    # -- checkpoints -----------------------------------------------------------------------------------------------

    @cached_property
    def _identity(self) -> str:
        """What a checkpoint must agree in with the run that it continues."""
        data = sha256(self.padded.cpu().numpy().tobytes() + self.labels.cpu().numpy().tobytes()).hexdigest()
        return json.dumps({**self.settings, "data": data}, sort_keys=True)

    def save(self, path: Path) -> None:
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for number, (optimizer, _) in enumerate(self.optimizers):
            for index, state in optimizer.state_dict()["state"].items():
                for name, tensor in state.items():
                    tensors[f"optimizer.{number}.{index}.{name}"] = tensor
        tensors["losses"] = self.losses[: self.done]
        write_checkpoint(path, tensors, self._identity)

    def restore(self, path: Path) -> None:
        tensors = read_checkpoint(path, self._identity, "recipe, seed, dim or images")
        losses = tensors.pop("losses")
        self.done = len(losses)
        self.losses[: self.done] = losses
        states: list[dict[int, dict[str, Tensor]]] = [{} for _ in self.optimizers]
        model: dict[str, Tensor] = {}
        for key, tensor in tensors.items():
            part, _, name = key.partition(".")
            if part == "model":
                model[name] = tensor
            else:
                number, index, name = name.split(".")
                states[int(number)].setdefault(int(index), {})[name] = tensor
        self.model.load_state_dict(model)
        for (optimizer, _), state in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(
                {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
            )


def rate_at(recipe: Recipe, step: int) -> float:
    """The learning rate at a step (from 0), as a share of the recipe's."""
    if recipe.warmup is None:
        return 1.0
    # Both are strictly between 0 and 1.
    share, warmup = (step + 1) / (recipe.steps + 1), recipe.warmup
    return share / warmup if share < warmup else (1.0 - share) / (1.0 - warmup)


def side_at(recipe: Recipe, step: int) -> int | None:
    """The side of a step's images, None where they are not resized."""
    sides = recipe.resolutions
    return sides[step * len(sides) // recipe.steps] if sides else None


def reflected(images: UInt8[Tensor, "N H W C"], margin: int) -> UInt8[Tensor, "N H2 W2 C"]:
    """The images with a margin of their own reflection."""
    if margin == 0:
        return images
    widths = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    return torch.from_numpy(np.pad(images.numpy(), widths, mode="reflect"))


def crops(
    padded: UInt8[Tensor, "N H2 W2 C"],
    rows: Int64[Tensor, " B"],
    down: Int64[Tensor, " B"],
    across: Int64[Tensor, " B"],
    flipped: Bool[Tensor, " B"],
    size: tuple[int, int],
) -> UInt8[Tensor, "B H W C"]:
    """A window of each of some images, mirrored where wanted, in one gather.

    Args:
        padded: all images with their margins.
        rows: which images.
        down, across: the window's first row and column.
        flipped: whether to mirror it left to right.
        size: H and W of the window.
    """
    height, width = size
    lines = down[:, None] + torch.arange(height, device=padded.device)
    places = torch.arange(width, device=padded.device)
    columns = across[:, None] + torch.where(flipped[:, None], places.flip(0), places)
    return padded[rows[:, None, None], lines[:, :, None], columns[:, None, :]]


def _optimizers(model: ImageModel, recipe: Recipe) -> list[tuple[torch.optim.Optimizer, list[float]]]:
    """Optimisers with the recipe's learning rates by parameter group."""
    f = [*model.body.parameters(), *model.head.parameters()]
    if model.auxiliary is not None:
        f += model.auxiliary.parameters()
    weights = {"params": [p for p in f if p.ndim > 1], "weight_decay": recipe.weight_decay}
    others = {"params": [p for p in f if p.ndim == 1], "weight_decay": 0.0}
    g = {"params": list(model.g.parameters()), "weight_decay": 0.0}
    g_rate = recipe.lr if recipe.unembedding_lr is None else recipe.unembedding_lr
    if recipe.optimizer == "adam":
        return [(torch.optim.Adam([weights, others, g], lr=recipe.lr), [recipe.lr, recipe.lr, g_rate])]
    momentum = torch.optim.SGD([weights, others], lr=recipe.lr, momentum=0.9, nesterov=True)
    return [(momentum, [recipe.lr, recipe.lr]), (torch.optim.Adam([g], lr=g_rate), [g_rate])]
