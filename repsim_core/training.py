"""Training: a stack of models, one a seed, trained together as the paper trains one (section 5, appendix F).

A model is p(y|x) ∝ exp(f(x)·g(y)), f and g are MLPs; g reads the label's one-hot vector, its last entry cut
off. Adam on the cross-entropy of mini-batches whose order all seeds share, so that seeds differ by their
initialisation alone. Every seed's result is the same, to rounding, whatever else is in its stack.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.optim.adam import adam

from repsim_core.arrays import as_count, as_real
from repsim_core.family import Representations
from repsim_core.networks import MLPStack, initial_parameters, layer_sizes, num_parameters

if TYPE_CHECKING:
    from repsim_core.data import Dataset


@dataclass(frozen=True)
class Progress:
    """What a progress callback is told: steps done and in all, seconds gone and (expected) left."""

    step: int
    steps: int
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Architecture:
    """Shapes of f and g: D inputs, K classes, M = dim, `depth` hidden layers of `width`, norms or None."""

    inputs: int
    classes: int
    dim: int
    width: int
    depth: int
    embedding_norm: float | None
    unembedding_norm: float | None

    @property
    def f_sizes(self) -> list[int]:
        return layer_sizes(self.inputs, self.width, self.depth, self.dim)

    @property
    def g_sizes(self) -> list[int]:
        return layer_sizes(self.classes - 1, self.width, self.depth, self.dim)

    @property
    def split(self) -> int:
        """Where g's parameters begin in a row of both networks' parameters."""
        return num_parameters(self.f_sizes)

    def initial(self, seed: int) -> Float[Tensor, " P"]:
        """Parameters of f, then g, from the seed's own generator."""
        generator = torch.Generator().manual_seed(seed)
        return torch.cat([initial_parameters(sizes, generator) for sizes in (self.f_sizes, self.g_sizes)])


class Rescaled:
    """A stack whose outputs are rescaled to a given norm: e = r u/|u|; `norm=None` leaves them alone."""

    def __init__(self, network: MLPStack, norm: float | None) -> None:
        self.network, self.norm = network, norm

    def forward(self, inputs: Float[Tensor, "1 B D"]) -> Float[Tensor, "S B M"]:
        outputs = self.network.forward(inputs)
        if self.norm is None:
            return outputs
        self.scale = self.norm / outputs.norm(dim=-1, keepdim=True)
        self.outputs = outputs * self.scale
        return self.outputs

    def backward(self, delta: Float[Tensor, "S B M"]) -> None:
        """dLoss/du = (r/|u|) (delta - (delta·e) e / r²): only the part across e moves the rescaled vector."""
        if self.norm is not None:
            along = (delta * self.outputs).sum(-1, keepdim=True) / self.norm**2
            delta = self.scale * (delta - along * self.outputs)
        self.network.backward(delta)


def label_inputs(classes: int, device: torch.device | None = None) -> Float[Tensor, "1 K K-1"]:
    """What g reads: the one-hot vectors of the K labels, their last entry cut off."""
    return torch.eye(classes, device=device)[None, :, :-1].contiguous()


def batch_order(num: int, batch_seed: int, epoch: int) -> Int64[Tensor, " N"]:
    """The order of the training inputs in one epoch: a function of (batch_seed, epoch) alone."""
    return torch.from_numpy(np.random.default_rng([batch_seed, epoch]).permutation(num))


@dataclass(frozen=True)
class TrainedStack:
    """S trained models of one architecture.

    Attributes:
        architecture: shapes and norms of f and g.
        seeds: the seed of each model.
        parameters: (S, P), a row a model: f's parameters, then g's.
        losses: (steps, S), the mean cross-entropy of each step's mini-batch before the update, in nats.
    """

    architecture: Architecture
    seeds: tuple[int, ...]
    parameters: Float[Tensor, "S P"]
    losses: Float[Tensor, "steps S"]

    def representations(self, dataset: Dataset, *, block: int = 1000) -> list[Representations]:
        """Each model's embeddings of the data set's inputs, unembeddings and the labels; one entry a seed.

        Args:
            dataset: inputs (N, D) and labels (N,) with the D and K of the training set.
            block: inputs a pass; bounds the memory, not the result.
        """
        block = as_count(block, "block")
        inputs, labels = _checked(dataset, self.parameters.device)
        shape = self.architecture
        if (inputs.shape[1], dataset.classes) != (shape.inputs, shape.classes):
            raise ValueError(
                f"dataset: found {inputs.shape[1]} inputs and {dataset.classes} classes, expected "
                f"{shape.inputs} and {shape.classes} as in training"
            )
        f = Rescaled(MLPStack(shape.f_sizes, self.parameters[:, : shape.split]), shape.embedding_norm)
        g = Rescaled(MLPStack(shape.g_sizes, self.parameters[:, shape.split :]), shape.unembedding_norm)
        embeddings = torch.cat([f.forward(part[None]).clone() for part in inputs.split(block)], dim=1)
        unembeddings = g.forward(label_inputs(shape.classes, inputs.device))
        return [Representations(e, u, labels) for e, u in zip(embeddings, unembeddings, strict=True)]

    def evaluate(self, dataset: Dataset) -> pd.DataFrame:
        """A row a model: seed, loss (mean cross-entropy in nats) and accuracy on the data set."""
        models = self.representations(dataset)
        return pd.DataFrame(
            {
                "seed": self.seeds,
                "loss": [m.loss() for m in models],
                "accuracy": [m.accuracy() for m in models],
            }
        )


class StackTraining:
    """The state of a training run: parameters, Adam's moments, loss curve, and the number of steps done."""

    def __init__(
        self,
        dataset: Dataset,
        architecture: Architecture,
        seeds: Sequence[int],
        *,
        steps: int,
        batch_size: int,
        lr: float,
        batch_seed: int,
        device: torch.device,
    ) -> None:
        self.architecture, self.seeds = architecture, tuple(seeds)
        self.steps, self.batch_size, self.lr, self.batch_seed = steps, batch_size, lr, batch_seed
        self.inputs, labels = _checked(dataset, device)
        if batch_size > len(self.inputs):
            raise ValueError(
                f"batch_size: found {batch_size}, expected at most {len(self.inputs)}, the size of the data"
            )
        # Cross-entropy against -onehot/B: then loss = sum(log p * targets), and dloss/dlog p = targets.
        self.targets = torch.nn.functional.one_hot(labels, architecture.classes).float() / -batch_size
        self.done = 0
        self.parameters = torch.stack([architecture.initial(seed) for seed in seeds]).to(device)
        self.gradients = torch.empty_like(self.parameters)
        self.first_moments = torch.zeros_like(self.parameters)
        self.second_moments = torch.zeros_like(self.parameters)
        self.losses = torch.full((steps, len(seeds)), torch.nan, device=device)
        self._adam_step = torch.zeros((), device=device)
        split = architecture.split
        f = MLPStack(architecture.f_sizes, self.parameters[:, :split], self.gradients[:, :split])
        g = MLPStack(architecture.g_sizes, self.parameters[:, split:], self.gradients[:, split:])
        self.f = Rescaled(f, architecture.embedding_norm)
        self.g = Rescaled(g, architecture.unembedding_norm)
        self.label_inputs = label_inputs(architecture.classes, device)
        self._epoch = -1

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The next mini-batch. Each epoch is gathered once; its last, incomplete batch is dropped."""
        epoch, index = divmod(self.done, len(self.inputs) // self.batch_size)
        if epoch != self._epoch:
            order = batch_order(len(self.inputs), self.batch_seed, epoch)
            if self.inputs.is_cuda:  # pinned, so that the copy does not wait for the device
                order = order.pin_memory().to(self.inputs.device, non_blocking=True)
            self._epoch, self._epoch_inputs, self._epoch_targets = (
                epoch,
                self.inputs[order],
                self.targets[order],
            )
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self._epoch_inputs[rows], self._epoch_targets[rows]

    def step(self) -> None:
        """One step of every seed."""
        inputs, targets = self._batch()
        embeddings = self.f.forward(inputs[None])  # (S, B, M)
        unembeddings = self.g.forward(self.label_inputs)  # (S, K, M)
        log_probs = torch.log_softmax(torch.bmm(embeddings, unembeddings.mT), dim=-1)  # (S, B, K)
        torch.mv(log_probs.flatten(1), targets.flatten(), out=self.losses[self.done])
        # dloss/dlogits = (p - onehot)/B, (S, B, K); logits = f·g, hence the two products.
        delta = torch.exp(log_probs).div_(self.batch_size).add_(targets)
        self.f.backward(torch.bmm(delta, unembeddings))
        self.g.backward(torch.bmm(delta.mT, embeddings))
        adam(
            [self.parameters],
            [self.gradients],
            [self.first_moments],
            [self.second_moments],
            [],
            [self._adam_step],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.lr,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        self.done += 1

    def advance(self, steps: int) -> None:
        """Take up to `steps` steps, no further than the run's end."""
        with torch.no_grad():
            for _ in range(min(steps, self.steps - self.done)):
                self.step()

    def result(self) -> TrainedStack:
        """The models as they are now."""
        return TrainedStack(
            self.architecture, self.seeds, self.parameters.clone(), self.losses[: self.done].cpu().clone()
        )


def train_stack(
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    dim: int = 2,
    width: int = 64,
    depth: int = 3,
    steps: int = 15_000,
    batch_size: int = 128,
    lr: float = 1e-4,
    embedding_norm: float | None = None,
    unembedding_norm: float | None = None,
    batch_seed: int = 0,
    device: str | torch.device | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> TrainedStack:
    """Train one model a seed, all together (paper, section 5 and appendix F; the defaults are the paper's).

    Args:
        dataset: training inputs (N, D) and labels (N,).
        seeds: distinct integers of at least 0; each draws one model's initial parameters.
        dim: M, the dimension of the representations.
        width, depth: units of a hidden layer and number of hidden layers, of f and of g.
        steps: Adam steps, one mini-batch each.
        batch_size: inputs a mini-batch, at most N; an epoch's last, incomplete batch is dropped.
        lr: Adam's learning rate.
        embedding_norm, unembedding_norm: rescale every f(x), every g(y) to this norm; None leaves them free.
        batch_seed: seed of the order of mini-batches, which all models share.
        device: where to train; None for the GPU if there is one, else the CPU.
        progress: called about once a second with a `Progress`.

    Raises:
        TypeError, ValueError: naming the argument, what was found and what is expected.
    """
    device = _device(device)
    inputs, _ = _checked(dataset, device)
    architecture = Architecture(
        inputs=inputs.shape[1],
        classes=dataset.classes,
        dim=as_count(dim, "dim"),
        width=as_count(width, "width"),
        depth=as_count(depth, "depth"),
        embedding_norm=_norm(embedding_norm, "embedding_norm"),
        unembedding_norm=_norm(unembedding_norm, "unembedding_norm"),
    )
    run = StackTraining(
        dataset,
        architecture,
        _seeds(seeds),
        steps=as_count(steps, "steps", 0),
        batch_size=as_count(batch_size, "batch_size"),
        lr=as_real(lr, "lr"),
        batch_seed=as_count(batch_seed, "batch_seed", 0),
        device=device,
    )
    started = told = time.monotonic()
    while run.done < run.steps:
        run.advance(20)
        now = time.monotonic()
        if progress is not None and (now - told > 1 or run.done == run.steps):
            left = (now - started) / run.done * (run.steps - run.done)
            progress(Progress(run.done, run.steps, now - started, left))
            told = now
    return run.result()


def terminal_progress(progress: Progress) -> None:
    """A progress callback: one line on standard error, rewritten in place; silent if that is no terminal."""
    if sys.stderr.isatty():
        end = "\n" if progress.step == progress.steps else ""
        text = f"\r{progress.step}/{progress.steps} steps, {progress.seconds_left:.0f} s left   "
        print(text, end=end, file=sys.stderr, flush=True)


def _device(device: object) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not isinstance(device, (str, torch.device)):
        raise TypeError(f"device: found {device!r}, expected a name such as 'cpu' or 'cuda', or None")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device: found {device!r}, expected a name such as 'cpu' or 'cuda'") from error
    if chosen.type not in ("cpu", "cuda"):
        raise ValueError(f"device: found {str(chosen)!r}, expected 'cpu' or 'cuda'")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device: found {str(chosen)!r}, but there are {torch.cuda.device_count()} GPUs here"
        )
    return chosen


def _norm(value: object, name: str) -> float | None:
    if value is None:
        return None
    norm = as_real(value, name)
    if norm == 0:
        raise ValueError(f"{name}: found 0, expected a positive number or None")
    return norm


def _seeds(seeds: object) -> tuple[int, ...]:
    if isinstance(seeds, (str, bytes)) or not hasattr(seeds, "__iter__"):
        raise TypeError(f"seeds: found {seeds!r}, expected distinct integers of at least 0")
    numbers = tuple(as_count(seed, "seeds", 0) for seed in seeds)  # type: ignore[attr-defined]
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"seeds: found {list(numbers)}, expected distinct integers, at least one")
    return numbers


def _checked(dataset: Dataset, device: torch.device) -> tuple[Float[Tensor, "N D"], Int64[Tensor, " N"]]:
    """Inputs and labels on the device, as float32 and int64, or an error that names what is wrong."""
    try:
        inputs, labels, classes = (
            dataset.inputs,
            dataset.labels,
            as_count(dataset.classes, "dataset.classes", 2),
        )
    except AttributeError as error:
        raise TypeError(
            f"dataset: found {type(dataset).__name__}, expected a Dataset with inputs, labels and classes"
        ) from error
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
        raise ValueError(
            f"dataset.labels: found {low} to {high}, expected 0 to {classes - 1} for {classes} classes"
        )
    return inputs.to(device, torch.float32), labels.to(device)
