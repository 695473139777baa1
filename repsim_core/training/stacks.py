"""Training: a stack of models, one a seed, trained together as the paper trains one (section 5, appendix F).

Adam on the cross-entropy of mini-batches whose order all seeds share, so that the models differ by their
initialisation alone. A seed's result is the same, to rounding, whatever else is in its stack.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from repsim_core.arrays import as_count, as_real
from repsim_core.datasets.tabular import Dataset
from repsim_core.representations import Representations
from repsim_core.training.devices import as_device
from repsim_core.training.networks import Architecture, ModelStack, with_constant
from repsim_core.training.progress import Progress
from repsim_core.training.stack_run import StackRun, checked_data, worker_threads


@dataclass(frozen=True)
class TrainedStack:
    """S trained models of one architecture.

    Attributes:
        architecture: the shape of f and g.
        seeds: the seed of each model.
        parameters: (S, P), a row a model: f's parameters, then g's, in the order of `architecture.shapes`.
        losses: (steps, S), cross-entropy of each step's mini-batch before the update, in nats.
    """

    architecture: Architecture
    seeds: tuple[int, ...]
    parameters: Float[Tensor, "S P"]
    losses: Float[Tensor, "steps S"]

    def representations(self, dataset: Dataset, *, block: int = 1000) -> list[Representations]:
        """Each model's embeddings of the data set's inputs and unembeddings, with the labels; one entry a seed.

        Args:
            dataset: inputs (N, D) and labels (N,), with the D and K of the training set.
            block: inputs a pass; bounds the memory and does not change the result.
        """
        block = as_count(block, "block")
        inputs, labels = checked_data(dataset, self.parameters.device)
        expected = (self.architecture.inputs, self.architecture.classes)
        if (inputs.shape[1], dataset.classes) != expected:
            raise ValueError(
                f"dataset: found D = {inputs.shape[1]} and K = {dataset.classes}, expected D = {expected[0]} and "
                f"K = {expected[1]} as in training"
            )
        models = ModelStack(self.architecture, self.parameters)
        embeddings = torch.cat(
            [models.embeddings(part).clone() for part in with_constant(inputs).split(block)], dim=1
        )
        pairs = zip(embeddings, models.unembeddings(), strict=True)
        return [Representations(f, g, labels) for f, g in pairs]

    def evaluate(self, dataset: Dataset) -> pd.DataFrame:
        """A row a model: seed, loss (mean cross-entropy, nats) and accuracy on the data set."""
        models = self.representations(dataset)
        columns = {"loss": [m.loss() for m in models], "accuracy": [m.accuracy() for m in models]}
        return pd.DataFrame({"seed": self.seeds, **columns})


def train_stack(
    dataset: Dataset,
    *,
    seeds: Iterable[int],
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
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: int = 2_500,
) -> TrainedStack:
    """Train one model a seed, all together (paper, section 5 and appendix F, whose settings are the defaults).

    Args:
        dataset: training inputs (N, D) and labels (N,).
        seeds: distinct integers of at least 0; each draws one model's initial parameters.
        dim: M, the dimension of the representations.
        width, depth: units of a hidden layer and number of hidden layers, of f and of g.
        steps: Adam steps, one mini-batch each.
        batch_size: inputs of a mini-batch, at most N; an epoch's last, incomplete mini-batch is left out.
        lr: Adam's learning rate.
        embedding_norm, unembedding_norm: rescale every f(x), every g(y) to this norm; None leaves them free.
        batch_seed: of the order of the mini-batches, which all models share.
        device: where to train; None for a GPU if there is one, else the CPU. On the CPU, as many threads work as
            `torch.get_num_threads()` says, on different models.
        progress: called every 100 steps or so with a `Progress`; see `terminal_progress`.
        checkpoint: a `.safetensors` file to keep the run's state in. If it exists, the run goes on from there, and
            ends with the same parameters, bit for bit on the same machine, as one that was never interrupted.
        checkpoint_every: steps between two writings of the checkpoint; the end is always written.

    Raises:
        TypeError, ValueError: naming the argument, what was found and what is expected.
    """
    place = as_device(device)
    inputs, _ = checked_data(dataset, place)
    architecture = Architecture(
        inputs=inputs.shape[1],
        classes=dataset.classes,
        dim=as_count(dim, "dim"),
        width=as_count(width, "width"),
        depth=as_count(depth, "depth"),
        embedding_norm=_norm(embedding_norm, "embedding_norm"),
        unembedding_norm=_norm(unembedding_norm, "unembedding_norm"),
    )
    run = StackRun(
        dataset,
        architecture,
        _seeds(seeds),
        steps=as_count(steps, "steps", 0),
        batch_size=as_count(batch_size, "batch_size"),
        lr=as_real(lr, "lr"),
        batch_seed=as_count(batch_seed, "batch_seed", 0),
        device=place,
    )
    every = as_count(checkpoint_every, "checkpoint_every")
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        run.restore(path)
    began, before = time.monotonic(), run.done
    with worker_threads(len(run.blocks)) as pool:
        while run.done < run.steps:
            run.advance(every - run.done % every, pool)
            if path is not None and (run.done % every == 0 or run.done == run.steps):
                run.save(path)
            if progress is not None:
                seconds = time.monotonic() - began
                left = seconds / (run.done - before) * (run.steps - run.done)
                progress(Progress(run.done, run.steps, seconds, left))
    return TrainedStack(architecture, run.seeds, run.rows("parameters"), run.losses())


def _norm(value: object, name: str) -> float | None:
    if value is None:
        return None
    norm = as_real(value, name)
    if norm == 0:
        raise ValueError(f"{name}: found 0, expected a positive number or None")
    return norm


def _seeds(seeds: object) -> tuple[int, ...]:
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds: found {seeds!r}, expected distinct integers of at least 0")
    numbers = tuple(as_count(seed, "seeds", 0) for seed in seeds)
    if max(numbers, default=0) >= 2**63:
        raise ValueError(f"seeds: found {max(numbers)}, expected integers below 2**63")
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"seeds: found {list(numbers)}, expected distinct integers, at least one")
    return numbers
