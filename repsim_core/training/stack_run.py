"""A training run under way: the blocks of a stack, the mini-batches they share, and checkpoints.

On the CPU the stack is cut into blocks that fit a core's cache, and each block is trained by one thread; on a GPU
it is one block, many steps of it are one CUDA graph, and nothing in the loop waits for the device.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from repsim_core.arrays import as_count
from repsim_core.datasets.tabular import Dataset
from repsim_core.training.checkpoints import read_checkpoint, write_checkpoint
from repsim_core.training.graphs import Repeated
from repsim_core.training.networks import Architecture, ModelStack, with_constant

# Steps between two moments at which all blocks stand at the same step.
_ROUND = 100
# Parameters of one block on the CPU: more do not stay in a core's cache.
_BLOCK_PARAMETERS = 560_000
# Parameters of a stack that is not cut: so small operations gain nothing from a second thread.
_WHOLE_PARAMETERS = 120_000


class Block:
    """Some of the stack's models, their Adam moments and their loss curves; what one thread trains."""

    def __init__(
        self, architecture: Architecture, seeds: Sequence[int], lr: float, device: torch.device
    ) -> None:
        rows = torch.stack([architecture.initial(seed) for seed in seeds]).to(device)
        self.models, self.lr = ModelStack(architecture, rows), lr
        self.first_moments = torch.zeros_like(self.models.parameters)
        self.second_moments = torch.zeros_like(self.models.parameters)

    @torch.no_grad()
    def train(
        self,
        inputs: Float[Tensor, "steps B D1"],
        targets: Float[Tensor, "steps K B"],
        losses: Float[Tensor, "steps S"],
        numbers: Float[Tensor, " steps"],
    ) -> None:
        """One Adam step for each mini-batch, the steps' numbers counted from 1; fills `losses`.

        Nothing here waits for a GPU.
        """
        for batch, target, loss, number in zip(inputs, targets, losses, numbers, strict=True):
            self.models.loss_and_gradients(batch, target, loss)
            self._update(number)

    def _update(self, number: Float[Tensor, ""]) -> None:
        """Adam with bias correction: torch's own update of flat buffers, the one `torch.optim.Adam` calls."""
        torch._fused_adam_(  # pyright: ignore[reportPrivateImportUsage, reportCallIssue]
            [self.models.parameters],
            [self.models.gradients],
            [self.first_moments],
            [self.second_moments],
            [],
            [number],
            lr=self.lr,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    @property
    def state(self) -> dict[str, Tensor]:
        """The flat buffers that a checkpoint keeps."""
        moments = {"first_moments": self.first_moments, "second_moments": self.second_moments}
        return {"parameters": self.models.parameters, **moments}


class StackRun:
    """A training run: the data, the blocks and how far they are."""

    def __init__(
        self,
        dataset: Dataset,
        architecture: Architecture,
        seeds: tuple[int, ...],
        *,
        steps: int,
        batch_size: int,
        lr: float,
        batch_seed: int,
        device: torch.device,
    ) -> None:
        self.architecture, self.seeds, self.steps, self.done = architecture, seeds, steps, 0
        self.batch_size, self.batch_seed = batch_size, batch_seed
        inputs, labels = checked_data(dataset, device)
        self.inputs = with_constant(inputs)
        if batch_size > len(labels):
            raise ValueError(f"batch_size: found {batch_size}, expected at most N = {len(labels)}")
        self.targets = torch.nn.functional.one_hot(labels, architecture.classes).float() / -batch_size
        blocks = [seeds] if device.type == "cuda" else _blocks(seeds, architecture.num_parameters)
        self.blocks = [Block(architecture, block, lr, device) for block in blocks]
        self.curves = [torch.empty(steps, len(block), device=device) for block in blocks]
        # On a GPU the steps' small pieces take less time than their launches: a whole round is launched at once.
        self.round = Repeated(self.blocks[0].train, device) if device.type == "cuda" else None
        self.settings = {"batch_size": batch_size, "lr": lr, "batch_seed": batch_seed}

    def advance(self, most: int, pool: ThreadPoolExecutor | None) -> None:
        """Take some steps, at least one and at most `most`, with every model."""
        steps = min(most, _ROUND, self.steps - self.done)
        rows = self._rows(self.done, steps)
        if self.inputs.is_cuda:
            # From pinned memory, so that the copy does not wait for the device.
            rows = rows.pin_memory().to(self.inputs.device, non_blocking=True)
        inputs = self.inputs[rows]
        targets = self.targets[rows].mT.contiguous()
        curves = [curve[self.done : self.done + steps] for curve in self.curves]
        numbers = torch.arange(
            self.done + 1, self.done + steps + 1, dtype=torch.float32, device=inputs.device
        )
        if self.round is not None and steps == _ROUND:
            self.round(inputs, targets, curves[0], numbers)
        elif pool is None:
            for block, curve in zip(self.blocks, curves, strict=True):
                block.train(inputs, targets, curve, numbers)
        else:
            running = [
                pool.submit(block.train, inputs, targets, curve, numbers)
                for block, curve in zip(self.blocks, curves, strict=True)
            ]
            for each in running:
                each.result()
        self.done += steps

    def _rows(self, first: int, steps: int) -> Int64[Tensor, "steps B"]:
        """The inputs of some mini-batches; an epoch's last, incomplete one is left out."""
        batches = len(self.inputs) // self.batch_size
        epochs = range(first // batches, math.ceil((first + steps) / batches))
        orders = [batch_order(len(self.inputs), self.batch_seed, epoch) for epoch in epochs]
        rows = torch.cat([order[: batches * self.batch_size] for order in orders]).view(-1, self.batch_size)
        begin = first % batches
        return rows[begin : begin + steps]

    def rows(self, name: str) -> Float[Tensor, "S P"]:
        """A block buffer's content ("parameters" or Adam's "first_moments", "second_moments"), a row a model."""
        return torch.cat([block.models.unpack(block.state[name]) for block in self.blocks])

    def losses(self) -> Float[Tensor, "steps S"]:
        """The loss curves so far, on the CPU."""
        return torch.cat([curve[: self.done] for curve in self.curves], dim=1).cpu()

    # -- checkpoints: safetensors, a row a model, so that they fit any machine -------------------------------------

    @cached_property
    def _identity(self) -> str:
        """What a checkpoint must agree in with the run that it continues: everything but the number of steps."""
        data = sha256(self.inputs.cpu().numpy().tobytes() + self.targets.cpu().numpy().tobytes()).hexdigest()
        return json.dumps(
            {"architecture": asdict(self.architecture), "seeds": self.seeds, "data": data, **self.settings},
            sort_keys=True,
        )

    def save(self, path: Path) -> None:
        tensors = {name: self.rows(name) for name in self.blocks[0].state}
        write_checkpoint(path, {**tensors, "losses": self.losses()}, self._identity)

    def restore(self, path: Path) -> None:
        tensors = read_checkpoint(path, self._identity, "settings, seeds or data")
        losses = tensors.pop("losses")
        if len(losses) > self.steps:
            raise ValueError(
                f"checkpoint: {path} is at step {len(losses)}, expected at most steps = {self.steps}"
            )
        self.done, start = len(losses), 0
        for block, curve in zip(self.blocks, self.curves, strict=True):
            part = slice(start, start + block.models.size)
            for name, flat in block.state.items():
                flat.copy_(block.models.pack(tensors[name][part]))
            curve[: self.done] = losses[:, part]
            start = part.stop


def batch_order(num: int, batch_seed: int, epoch: int) -> Int64[Tensor, " N"]:
    """The order of the training inputs in one epoch: a function of (batch_seed, epoch) alone."""
    return torch.from_numpy(np.random.default_rng([batch_seed, epoch]).permutation(num))


@contextmanager
def worker_threads(blocks: int) -> Iterator[ThreadPoolExecutor | None]:
    """A pool of as many threads as torch is set to use, or None where one is enough.

    Meanwhile torch runs each operation on one thread, so that the threads work on blocks of their own and wait for
    one another only at the end of a round; its setting is restored.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if min(threads, blocks) < 2:
            yield None
        else:
            with ThreadPoolExecutor(min(threads, blocks)) as pool:
                yield pool
    finally:
        torch.set_num_threads(threads)


def _blocks(seeds: tuple[int, ...], parameters: int) -> list[tuple[int, ...]]:
    """Cut the stack into blocks of nearly equal size, an even number of them; the same on every machine."""
    if len(seeds) * parameters <= _WHOLE_PARAMETERS:
        return [seeds]
    most = max(_BLOCK_PARAMETERS // parameters, 1)
    count = min(2 * math.ceil(len(seeds) / (2 * most)), len(seeds))
    edges = [len(seeds) * block // count for block in range(count + 1)]
    return [seeds[start:stop] for start, stop in itertools.pairwise(edges)]


def checked_data(dataset: Dataset, device: torch.device) -> tuple[Float[Tensor, "N D"], Int64[Tensor, " N"]]:
    """Inputs and labels on the device, as float32 and int64, or an error that names what is wrong."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"dataset: found {type(dataset).__name__}, expected a Dataset")
    inputs, labels = dataset.inputs, dataset.labels
    classes = as_count(dataset.classes, "dataset.classes", 2)
    if not isinstance(inputs, Tensor) or not inputs.is_floating_point():
        raise TypeError("dataset.inputs: expected a floating-point tensor")
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        raise TypeError("dataset.labels: expected an int64 tensor")
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise ValueError(f"dataset.inputs: found shape {tuple(inputs.shape)}, expected (N, D), not empty")
    if labels.shape != inputs.shape[:1]:
        raise ValueError(f"dataset.labels: found shape {tuple(labels.shape)}, expected ({len(inputs)},)")
    if not bool(torch.isfinite(inputs).all()):
        raise ValueError("dataset.inputs: found values that are not finite, expected finite numbers")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise ValueError(f"dataset.labels: found {low} to {high}, expected 0 to {classes - 1}")
    return inputs.to(device, torch.float32), labels.to(device)
