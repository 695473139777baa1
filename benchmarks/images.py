"""Time and accuracy of the recipes for CIFAR-10, on one machine in one run.

    python benchmarks/images.py                          # rates of both recipes, whole times extrapolated; a minute
    python benchmarks/images.py --train fast --m 2 3 5   # trains one model for each M by a recipe, and tests it

The images are those that `cifar10()` finds (REPSIM_CIFAR10, or the user's cache). Rates are measured in turns, the best
turn of each counting: what disturbs a turn on a shared machine only ever makes it slower.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import torch

from repsim_core.datasets.cifar import cifar10
from repsim_core.datasets.images import ImageSet
from repsim_core.training.image_training import train_images
from repsim_core.training.progress import Progress, terminal_progress
from repsim_core.training.recipes import RECIPES

STEPS = {"paper": 30, "fast": 30}  # enough that the first, slow steps do not matter


def seconds_a_step(train: ImageSet, name: str, dim: int) -> float:
    """Of the later half of a short run: the first steps set up memory and the convolutions' plans."""
    stamps: dict[int, float] = {}

    def note(progress: Progress) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        stamps[progress.step] = time.perf_counter()

    train_images(train, recipe=replace(RECIPES[name], steps=STEPS[name]), seed=0, dim=dim, progress=note)
    first, *_, last = sorted(stamps)
    return (stamps[last] - stamps[first]) / (last - first)


def rates(train: ImageSet, repeats: int) -> None:
    best = dict.fromkeys(STEPS, float("inf"))
    for _ in range(repeats):
        for name in STEPS:
            best[name] = min(best[name], seconds_a_step(train, name, dim=2))
    print("| recipe | ms a step | images a second | steps | one model, min |")
    print("|---|---|---|---|---|")
    for name, seconds in best.items():
        recipe = RECIPES[name]
        print(
            f"| {name} | {1e3 * seconds:.0f} | {recipe.batch_size / seconds:.0f} | {recipe.steps} "
            f"| {recipe.steps * seconds / 60:.1f} |"
        )


def full(train: ImageSet, test: ImageSet, name: str, dims: list[int], seed: int) -> None:
    print("| recipe | M | seed | min | test accuracy | test loss |")
    print("|---|---|---|---|---|---|")
    for dim in dims:
        began = time.perf_counter()
        trained = train_images(train, recipe=RECIPES[name], seed=seed, dim=dim, progress=terminal_progress)
        minutes = (time.perf_counter() - began) / 60
        model = trained.representations(test)
        print(
            f"| {name} | {dim} | {seed} | {minutes:.1f} | {model.accuracy():.4f} | {model.loss():.4f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", choices=list(STEPS), help="train whole models by this recipe")
    parser.add_argument("--m", type=int, nargs="+", default=[2, 3, 5])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    train, test = cifar10()
    place = "GPU" if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    print(f"{train.name}; {place}, torch {torch.__version__}\n")
    if options.train is None:
        rates(train, options.repeats)
    else:
        full(train, test, options.train, options.m, options.seed)


if __name__ == "__main__":
    main()
