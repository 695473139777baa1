"""What waits for a GPU, in stages. What a stage has saved is not done again; a training goes on from its checkpoints.

    python benchmarks/gpu.py OUT               # on a GPU, with the images of CIFAR-10
    python benchmarks/gpu.py OUT --cpu-test    # every stage on a few small random images, on the CPU, in seconds

Each group of ten networks leaves `LABEL.safetensors`, which `repsim study record --trained` takes in beside an
`origin.json`, and `LABEL-shifted.safetensors`: KIND/STRENGTH/embeddings of 2,000 shifted test images
(`repsim_core.datasets.shifts`).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save

from repsim_core.datasets.images import ImageSet
from repsim_core.datasets.loading import load_images
from repsim_core.datasets.shifts import STRENGTHS, shifted
from repsim_core.datasets.tabular import radial
from repsim_core.files import to_json, write_atomic
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.units import loss_summary
from repsim_core.training.image_stacks import train_image_stack
from repsim_core.training.image_training import TrainedImageModel, train_images
from repsim_core.training.recipes import OWN_BATCHES, RECIPES, Recipe
from repsim_core.training.stacks import train_stack

# Recipe and M, before the speed is measured and after.
FIRST = [("paper", 5), ("paper" + OWN_BATCHES, 2)]
LAST = [("fast", 2), ("fast", 3), ("fast", 5)]


class Stages:
    """The stages, on a GPU or as a test."""

    def __init__(self, out: Path, test: bool) -> None:
        self.out, self.small, self.device = out, test, "cpu" if test else "cuda"
        (out / "state").mkdir(parents=True, exist_ok=True)
        self.train, self.test = (random_images(90), random_images(40)) if test else load_images("cifar10")

    def as_tested(self, recipe: Recipe) -> Recipe:
        small = {"network": "small", "widths": (4, 8, 8), "hidden": (), "batch_size": 8, "steps": 6}
        return replace(recipe, **small, resolutions=recipe.resolutions and (8, 16)) if self.small else recipe

    def group(self, recipe_name: str, dim: int) -> None:
        """Train ten networks; their representations of the test set and of the shifted images."""
        seeds = range(2 if self.small else 10)
        study = declare_study("cifar10", recipes=[recipe_name], dims=[dim], seeds=seeds, device=self.device)
        (group,) = study.groups
        path = self.out / f"{group.label}.safetensors"
        if path.exists():
            return
        units = study.trainings(group)
        recipe, began = self.as_tested(units[0].recipe), time.monotonic()
        checkpoints = [self.out / "state" / f"{group.label}-{seed}.safetensors" for seed in seeds]
        trained = train_image_stack(
            self.train,
            recipe=recipe,
            seeds=seeds,
            dim=dim,
            batch_seeds=[unit.batch_seed for unit in units],
            device=self.device,
            checkpoints=checkpoints,
        )
        metadata = {
            "recipe": json.dumps(asdict(recipe)),
            "device": torch.cuda.get_device_name() if self.device == "cuda" else "cpu",
            "torch": torch.__version__,
            "seconds": f"{time.monotonic() - began:.1f}",
        }
        embeddings = {
            f"{kind}/{strength:g}/embeddings": self.embeddings(trained, kind, strength)
            for kind, strengths in STRENGTHS.items()
            for strength in strengths
        }
        write_atomic(self.out / f"{group.label}-shifted.safetensors", save(embeddings, metadata))
        models = [one.representations(self.test) for one in trained]
        tensors = {
            "seeds": torch.tensor(seeds),
            "embeddings": torch.stack([model.embeddings.float() for model in models]),
            "unembeddings": torch.stack([model.unembeddings.float() for model in models]),
            "labels": self.test.labels,
            "test_accuracy": torch.tensor([model.accuracy() for model in models], dtype=torch.float64),
            "test_loss": torch.tensor([model.loss() for model in models], dtype=torch.float64),
            **loss_summary(torch.stack([one.losses for one in trained], dim=1)),
        }
        write_atomic(path, save(tensors, metadata))
        for checkpoint in checkpoints:
            checkpoint.unlink(missing_ok=True)
        print(
            f"{group.label}: {metadata['seconds']} s, accuracy {tensors['test_accuracy'].tolist()}",
            flush=True,
        )

    def embeddings(self, trained: list[TrainedImageModel], kind: str, strength: float) -> torch.Tensor:
        images = shifted(self.test, kind, strength, count=min(2_000, len(self.test)))
        return torch.stack([one.representations(images).embeddings.float() for one in trained])

    def speed(self) -> None:
        """Milliseconds of a step: ten networks in step, one alone, and stacks of 20 on radial data."""
        path = self.out / "speed.json"
        if path.exists():
            return
        seeds, more = (range(2), 2) if self.small else (range(10), 300)
        found = {}
        for name in ("paper", "fast"):
            recipe = self.as_tested(RECIPES[name])
            found[f"{name}, in step"] = milliseconds(
                lambda steps, recipe=recipe: train_image_stack(
                    self.train, recipe=replace(recipe, steps=steps), seeds=seeds, device=self.device
                ),
                more,
            )
            found[f"{name}, one"] = milliseconds(
                lambda steps, recipe=recipe: train_images(
                    self.train, recipe=replace(recipe, steps=steps), seed=0, device=self.device
                ),
                more,
            )
        points = radial(4, 200 if self.small else 20_000, seed=0)
        for width in (4,) if self.small else (16, 256):
            found[f"radial, width {width}"] = milliseconds(
                lambda steps, width=width: train_stack(
                    points, seeds=range(2 * len(seeds)), width=width, steps=steps, device=self.device
                ),
                10 if self.small else 5_000,
            )
        write_atomic(path, to_json(found).encode())
        print(found, flush=True)


def milliseconds(train: Callable[[int], object], more: int) -> float:
    """Of a step: what a training takes longer that has `more` steps more, its preparation left out."""
    seconds = []
    for steps in (more, more, 2 * more):  # the first one sets the device up
        began = time.monotonic()
        train(steps)
        seconds.append(time.monotonic() - began)
    return 1e3 * (seconds[2] - seconds[1]) / more


def random_images(count: int) -> ImageSet:
    generator = torch.Generator().manual_seed(count)
    images = torch.randint(0, 256, (count, 16, 16, 3), generator=generator, dtype=torch.uint8)
    return ImageSet(images, torch.arange(count) % 10, tuple("abcdefghij"), "random images")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--cpu-test", action="store_true")
    options = parser.parse_args()
    stages = Stages(options.out, options.cpu_test)
    for name, dim in FIRST:
        stages.group(name, dim)
    stages.speed()
    for name, dim in LAST:
        stages.group(name, dim)


if __name__ == "__main__":
    main()
