"""Models of images trained in step, a seed each: on a GPU each step of all of them is one CUDA graph.

A single small model leaves most of a GPU idle. In the graph every model has a stream of its own, so that layers of
several run side by side. The numbers are those of `train_images`, to rounding.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import torch

from repsim_core.arrays import as_count, as_real
from repsim_core.datasets.images import ImageSet
from repsim_core.training.devices import as_device
from repsim_core.training.graphs import SideBySide, recorded
from repsim_core.training.image_run import ImageData, ImageRun, require_images_and_recipe
from repsim_core.training.image_training import TrainedImageModel
from repsim_core.training.progress import Progress
from repsim_core.training.recipes import Recipe

# Steps between two reports of progress, and between two looks at the clock.
_REPORT = 10
# Steps at each size of images before they are recorded: memory is set up, convolutions are chosen.
_FIRST_STEPS = 4


def train_image_stack(
    images: ImageSet,
    *,
    recipe: Recipe,
    seeds: Sequence[int],
    dim: int = 2,
    batch_seeds: Sequence[int] | None = None,
    device: str | torch.device | None = None,
    progress: Callable[[Progress], object] | None = None,
    checkpoints: Sequence[str | PathLike[str]] | None = None,
    checkpoint_seconds: float = 120.0,
) -> list[TrainedImageModel]:
    """Train one model of images a seed, all in step.

    Args:
        images: the training set.
        recipe: how; see `recipes`.
        seeds: of the initial parameters, one a model.
        dim: M, the dimension of the representations.
        batch_seeds: of the mini-batches and the augmentation, one a model; 0 for all where None.
        device: where to train; None for a GPU if there is one, else the CPU.
        progress: called every few steps with a `Progress`; on a GPU, steps are counted when they are handed to it.
        checkpoints: a `.safetensors` file a model to keep its state in, as for `train_images`. Models whose files are
            of different steps (an interruption between two writings) first catch up with each other.
        checkpoint_seconds: between two writings of the checkpoints. One of a ResNet-18 takes 130 MB, so that it is time
            and not steps that is counted.

    Returns:
        The models in the order of the seeds.

    Raises:
        TypeError, ValueError: naming the argument, what was found and what is expected.
    """
    require_images_and_recipe(images, recipe)
    seeds = [as_count(seed, "seeds", 0) for seed in seeds]
    if not seeds:
        raise ValueError("seeds: found none, expected at least one")
    batch_seeds = [as_count(seed, "batch_seeds", 0) for seed in batch_seeds or [0] * len(seeds)]
    paths = None if checkpoints is None else [Path(path) for path in checkpoints]
    for name, values in (("batch_seeds", batch_seeds), ("checkpoints", paths)):
        if values is not None and len(values) != len(seeds):
            raise ValueError(f"{name}: found {len(values)}, expected {len(seeds)}, one a seed")
    wait = as_real(checkpoint_seconds, "checkpoint_seconds")
    data, dim = ImageData(images, recipe, as_device(device)), as_count(dim, "dim")
    runs = [
        ImageRun(data, recipe, seed=seed, dim=dim, batch_seed=batch_seed, recorded=True)
        for seed, batch_seed in zip(seeds, batch_seeds, strict=True)
    ]
    with _fastest_convolutions():
        _train(runs, recipe.steps, paths, wait, progress)
    return [TrainedImageModel(run.model.eval(), run.losses.cpu()) for run in runs]


def _train(
    runs: list[ImageRun],
    steps: int,
    paths: list[Path] | None,
    wait: float,
    progress: Callable[[Progress], object] | None,
) -> None:
    if paths is not None:
        for run, path in zip(runs, paths, strict=True):
            if path.exists():
                run.restore(path)
        for run in runs:
            while run.done < max(other.done for other in runs):
                run.step()
    stack = _Stack(runs)
    began = written = time.monotonic()
    before = runs[0].done
    while runs[0].done < steps:
        stack.step()
        done = runs[0].done
        if done % _REPORT and done < steps:
            continue
        now = time.monotonic()
        if paths is not None and now - written >= wait and done < steps:
            for run, path in zip(runs, paths, strict=True):
                run.save(path)
            written = time.monotonic()
        if progress is not None:
            progress(Progress(done, steps, now - began, (now - began) / (done - before) * (steps - done)))


class _Stack:
    """Runs that stand at the same step, and the graphs of a step of all."""

    def __init__(self, runs: Sequence[ImageRun]) -> None:
        self.runs, self.device = runs, runs[0].data.device
        self.learn = SideBySide([run.learn for run in runs], self.device)
        # By the side of the images: steps taken, and a step as it is recorded.
        self.taken: Counter[int | None] = Counter()
        self.graphs: dict[int | None, Callable[[], object]] = {}

    def step(self) -> None:
        """One mini-batch of every model."""
        for run in self.runs:
            run.load()
        side = self.runs[0].side
        if self.taken[side] == _FIRST_STEPS:
            self.graphs[side] = recorded(self.learn, self.device)
        self.graphs.get(side, self.learn)()
        self.taken[side] += 1
        for run in self.runs:
            run.note()


@contextmanager
def _fastest_convolutions() -> Iterator[None]:
    """On a GPU the convolutions' algorithms are tried out and the fastest taken; as before afterwards."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
