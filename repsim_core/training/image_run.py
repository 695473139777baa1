"""A training run of a model of images: its data on the device, its mini-batches, its steps, its checkpoints.

Mini-batches and augmentation are functions of (batch_seed, epoch) alone, so that models which share them differ by
their initialisation.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor, nn

from repsim_core.datasets.images import ImageSet
from repsim_core.training.checkpoints import read_checkpoint, write_checkpoint
from repsim_core.training.image_networks import ImageModel
from repsim_core.training.recipes import Recipe
from repsim_core.training.stack_run import batch_order


def require_images_and_recipe(images: object, recipe: object) -> None:
    """Refuse what is no training set and no recipe."""
    if not isinstance(images, ImageSet):
        raise TypeError(f"images: found {type(images).__name__}, expected an ImageSet")
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe: found {recipe!r}, expected a Recipe such as RECIPES['fast']")


class ImageData:
    """A training set where it is trained on, one copy for all models.

    Args:
        images: the training set.
        recipe: how it is trained on.
        device: where.

    Raises:
        ValueError: a mini-batch of the recipe has more images than there are.
    """

    def __init__(self, images: ImageSet, recipe: Recipe, device: torch.device) -> None:
        if recipe.batch_size > len(images):
            raise ValueError(
                f"recipe.batch_size: found {recipe.batch_size}, expected at most N = {len(images)}"
            )
        height, width, self.channels = images.images.shape[1:]
        self.size, self.classes, self.device = (height, width), images.classes, device
        self.labels = images.labels.to(device)
        self.padded = reflected(images.images, recipe.shift).to(device)

    @cached_property
    def digest(self) -> str:
        """A hash of the images as they are kept, and of the labels."""
        return sha256(self.padded.cpu().numpy().tobytes() + self.labels.cpu().numpy().tobytes()).hexdigest()


class ImageRun:
    """The training run of one model.

    A step is `load`, `learn`, `note`. All that depends on the step's number is put into tensors by `load`, so that
    `learn` does the same each time, and can be recorded (`graphs.recorded`).

    Args:
        data: made for the recipe.
        recipe, seed, dim, batch_seed: as for `image_training.train_images`.
        recorded: whether `learn` is going to be recorded. Learning rates that change are then 32-bit numbers.

    Attributes:
        done: steps that were taken.
        side: of the images of the mini-batch that was loaded; None where they are not resized.
        losses: (steps,), of those taken.
    """

    def __init__(
        self,
        data: ImageData,
        recipe: Recipe,
        *,
        seed: int,
        dim: int,
        batch_seed: int,
        recorded: bool = False,
    ) -> None:
        self.data, self.recipe, self.batch_seed, self.done, self.epoch = data, recipe, batch_seed, 0, -1
        self.model = ImageModel(recipe, channels=data.channels, classes=data.classes, dim=dim, seed=seed).to(
            data.device
        )
        self.optimizers = _optimizers(self.model, recipe, recorded)
        self.losses = torch.zeros(recipe.steps, device=data.device)
        self.epoch_steps = len(data.labels) // recipe.batch_size
        self.settings = {"recipe": asdict(recipe), "seed": seed, "dim": dim, "batch_seed": batch_seed}
        # What `load` writes and `learn` reads: a mini-batch and the auxiliary classifier's weight; and the loss.
        self.images = data.padded.new_empty(recipe.batch_size, *data.size, data.channels)
        self.labels = data.labels.new_empty(recipe.batch_size)
        self.weight, self.loss = torch.zeros((), device=data.device), torch.zeros((), device=data.device)
        self.side: int | None = None

    def step(self) -> None:
        """One mini-batch."""
        self.load()
        self.learn()
        self.note()

    def load(self) -> None:
        """Put the next mini-batch and the learning rates in place."""
        epoch, number = divmod(self.done, self.epoch_steps)
        if epoch != self.epoch:
            self._begin(epoch)
        begin = number * self.recipe.batch_size
        rows = self.order[begin : begin + self.recipe.batch_size]
        down, across = self.shifts[:, rows]
        self.images.copy_(crops(self.data.padded, rows, down, across, self.flipped[rows], self.data.size))
        self.labels.copy_(self.data.labels[rows])
        self.side = side_at(self.recipe, self.done)
        self.weight.fill_(self.recipe.auxiliary * (1.0 - self.done / self.recipe.steps))
        for optimizer, rates in self.optimizers:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                now = rate * rate_at(self.recipe, self.done)
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(now)
                else:
                    group["lr"] = now

    def learn(self) -> None:
        """A step of the optimisers from the mini-batch in place; nothing here waits for a GPU."""
        logits, auxiliary = self.model(self.images, self.side)
        loss = nn.functional.cross_entropy(logits, self.labels)
        total = loss
        if auxiliary is not None:
            total = loss + self.weight * nn.functional.cross_entropy(auxiliary, self.labels)
        self.model.zero_grad(set_to_none=True)
        total.backward()
        for optimizer, _ in self.optimizers:
            optimizer.step()
        self.loss.copy_(loss.detach())

    def note(self) -> None:
        """Keep the step's loss, and count the step."""
        self.losses[self.done] = self.loss
        self.done += 1

    def _begin(self, epoch: int) -> None:
        """Draw an epoch's order, shifts and reflections."""
        number, device, shift = len(self.data.labels), self.data.device, self.recipe.shift
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

    @property
    def _identity(self) -> str:
        """What a checkpoint must agree in with the run that it continues."""
        return json.dumps({**self.settings, "data": self.data.digest}, sort_keys=True)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for number, (optimizer, _) in enumerate(self.optimizers):
            for index, state in optimizer.state_dict()["state"].items():
                for name, tensor in state.items():
                    tensors[f"optimizer.{number}.{index}.{name}"] = tensor
        tensors["losses"] = self.losses[: self.done]
        write_checkpoint(path, tensors, self._identity)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: it is damaged, or of another run.
        """
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
            # What a checkpoint holds is contiguous; on a GPU an optimiser wants its state laid out as parameters are.
            for parameter, own in optimizer.state.items():
                for name, tensor in own.items():
                    if tensor.shape == parameter.shape:
                        own[name] = torch.empty_like(parameter).copy_(tensor)


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


def _optimizers(
    model: ImageModel, recipe: Recipe, recorded: bool
) -> list[tuple[torch.optim.Optimizer, list[float]]]:
    """Optimisers with the recipe's learning rates by parameter group.

    Args:
        recorded: whether their steps are going to be recorded: rates that change are then tensors, and on a GPU Adam
            counts its steps there.
    """
    f = [*model.body.parameters(), *model.head.parameters()]
    if model.auxiliary is not None:
        f += model.auxiliary.parameters()
    weights: dict[str, Any] = {
        "params": [p for p in f if p.ndim > 1],
        "weight_decay": recipe.weight_decay,
    }
    others: dict[str, Any] = {"params": [p for p in f if p.ndim == 1], "weight_decay": 0.0}
    g: dict[str, Any] = {"params": list(model.g.parameters()), "weight_decay": 0.0}
    g_rate = recipe.lr if recipe.unembedding_lr is None else recipe.unembedding_lr
    place = model.labels.device
    if recorded and recipe.warmup is not None:
        for group in (weights, others, g):
            group["lr"] = torch.zeros((), device=place)
    on_gpu: dict[str, Any] = {"fused": True} if recorded and place.type == "cuda" else {}
    adam: dict[str, Any] = {**on_gpu, "capturable": True} if on_gpu else {}
    if recipe.optimizer == "adam":
        return [
            (torch.optim.Adam([weights, others, g], lr=recipe.lr, **adam), [recipe.lr, recipe.lr, g_rate])
        ]
    momentum = torch.optim.SGD([weights, others], lr=recipe.lr, momentum=0.9, nesterov=True, **on_gpu)
    return [
        (momentum, [recipe.lr, recipe.lr]),
        (torch.optim.Adam([g], lr=g_rate, **adam), [g_rate]),
    ]
