"""Speed of stacked training against one seed after the other, and against the machine's matrix-multiply peak.

    python benchmarks/training.py                    # widths 16 and 256, about a minute and a half
    python benchmarks/training.py --widths 16 32 64 128 256 --classes 4 6    # and the 200 models, extrapolated
    python benchmarks/training.py --full             # trains the 200 models (15,000 steps), about 10 minutes

Everything is measured in turns in one run, `--repeats` times, and the best turn of each counts: what disturbs a
turn on a shared machine only ever makes it slower. Both sides train the paper's models on the paper's data (section
5, appendix F: Adam, mini-batches of 128, float32) on all of torch's CPU threads.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from repsim_core.datasets.tabular import Dataset, radial
from repsim_core.training.networks import Architecture, mlp, parameter_shapes
from repsim_core.training.stack_run import StackRun, worker_threads
from repsim_core.training.stacks import train_stack

BATCH, STEPS, SEEDS, WIDTHS, CLASSES = 128, 15_000, 20, (16, 32, 64, 128, 256), (4, 6)


def rate(work: Callable[[], int], seconds: float) -> float:
    """Units of work a second, where `work` does some and says how many."""
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        done += work()
    return done / elapsed if done else 0.0


def peak() -> Callable[[], int]:
    """One large single-precision matrix product on all cores; its unit is a floating-point operation."""
    size = 2048
    a, b, out = (torch.randn(size, size) for _ in range(3))

    def work() -> int:
        torch.mm(a, b, out=out)
        return 2 * size**3

    return work


def peak_apart() -> Callable[[], int]:
    """The like, each core with a product of its own."""
    size, cores = 2048, torch.get_num_threads()
    a, b = (torch.randn(size, size) for _ in range(2))
    outs = [torch.empty(size, size) for _ in range(cores)]

    def work() -> int:
        with worker_threads(cores) as pool:
            list((map if pool is None else pool.map)(lambda out: torch.mm(a, b, out=out), outs))
        return 2 * size**3 * cores

    return work


def on_one_thread(work: Callable[[], int]) -> Callable[[], int]:
    """The same work without torch's own threads, which tiny operations may only wait for."""

    def alone() -> int:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return work()
        finally:
            torch.set_num_threads(threads)

    return alone


def one_seed_loop(dataset: Dataset, width: int) -> Callable[[], int]:
    """A careful user's loop for one seed: DataLoader, nn.Module, the K unembeddings once a step, Adam."""
    shape = Architecture(dataset.inputs.shape[1], dataset.classes, width=width)
    rows = shape.initial(0).split([count(shape.embedding_sizes), count(shape.unembedding_sizes)])
    f, g = mlp(shape.embedding_sizes, rows[0]), mlp(shape.unembedding_sizes, rows[1])
    labels = torch.eye(dataset.classes)[:, :-1]
    loader = DataLoader(
        TensorDataset(dataset.inputs, dataset.labels), batch_size=BATCH, shuffle=True, drop_last=True
    )
    optimizer = torch.optim.Adam([*f.parameters(), *g.parameters()], lr=1e-4)
    curve = []

    def work() -> int:
        """20 steps."""
        for inputs, targets in itertools.islice(batches, 20):
            loss = nn.functional.cross_entropy(f(inputs) @ g(labels).T, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
        return 20

    batches = itertools.chain.from_iterable(itertools.repeat(loader))
    return work


def stacked(dataset: Dataset, width: int, seeds: int) -> Callable[[], int]:
    """`train_stack`'s own loop, some steps at a time."""
    shape = Architecture(dataset.inputs.shape[1], dataset.classes, width=width)
    run = StackRun(
        dataset,
        shape,
        tuple(range(seeds)),
        steps=1_000_000,
        batch_size=BATCH,
        lr=1e-4,
        batch_seed=0,
        device=torch.device("cpu"),
    )

    def work() -> int:
        before = run.done
        with worker_threads(len(run.blocks)) as pool:
            run.advance(100 if width < 128 else 20, pool)
        return run.done - before

    return work


def count(sizes: list[int]) -> int:
    """Parameters of one network."""
    return sum(rows * columns for rows, columns in parameter_shapes(sizes))


def operations(classes: int, width: int) -> int:
    """Floating-point operations in the matrix products of one step of one model.

    A product for the outputs, one for the weights' gradient and, except in the first layer, one for the inputs'; the
    same for the logits f·g. Everything else (bias, leaky ReLU, softmax, Adam) counts as nothing.
    """
    shape = Architecture(2, classes, width=width)
    total = 3 * 2 * BATCH * classes * shape.dim
    for rows, sizes in ((BATCH, shape.embedding_sizes), (classes, shape.unembedding_sizes)):
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
            total += (3 if layer else 2) * 2 * rows * fan_in * fan_out
    return total


def measure(classes: int, width: int, seeds: int, repeats: int, seconds: float) -> tuple[float, float, float]:
    """Best rates of the peak (operations a second), the one-seed loop and the stack (steps a second).

    Of the peak and of the loop, the better of two ways to use the cores counts.
    """
    dataset = radial(classes)
    loop = one_seed_loop(dataset, width)
    works = [peak(), peak_apart(), loop, on_one_thread(loop), stacked(dataset, width, seeds)]
    for work in works:
        work()
    rates = [[rate(work, seconds) for work in works] for _ in range(repeats)]
    together, apart, many, one, stack = (max(column) for column in zip(*rates, strict=True))
    return max(together, apart), max(many, one), stack


def full_study() -> None:
    """Train the 200 models of the paper's main figure and print how long each stack took."""
    start = time.perf_counter()
    for classes, width in itertools.product(CLASSES, WIDTHS):
        before = time.perf_counter()
        train_stack(radial(classes), seeds=range(SEEDS), width=width, steps=STEPS, device="cpu")
        now = time.perf_counter()
        print(
            f"K = {classes}, width {width:3d}: {now - before:6.1f} s, {(now - start) / 60:5.2f} min in all",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--classes", type=int, nargs="+", default=[6])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--repeats", type=int, default=5, help="turns, of which the best counts")
    parser.add_argument("--seconds", type=float, default=1.5, help="of one measurement in one turn")
    parser.add_argument("--full", action="store_true", help="train the 200 models instead")
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    if options.full:
        full_study()
        return
    print(
        f"| K | width | one seed after the other, ms for a step of {options.seeds} seeds | stack, ms | speed-up "
        "| GFLOP/s | peak | share |\n|---|---|---|---|---|---|---|---|"
    )
    loop_seconds = stack_seconds = 0.0
    for classes, width in itertools.product(options.classes, options.widths):
        top, loop, stack = measure(classes, width, options.seeds, options.repeats, options.seconds)
        speed = operations(classes, width) * options.seeds * stack
        print(
            f"| {classes} | {width} | {1e3 * options.seeds / loop:.1f} | {1e3 / stack:.2f} "
            f"| {options.seeds * stack / loop:.1f}× | {speed / 1e9:.0f} | {top / 1e9:.0f} | {speed / top:.0%} |",
            flush=True,
        )
        loop_seconds += STEPS * options.seeds / loop
        stack_seconds += STEPS / stack
    models = options.seeds * len(options.classes) * len(options.widths)
    print(
        f"{models} models of {STEPS} steps at these rates: one seed after the other {loop_seconds / 60:.0f} min, "
        f"stacks {stack_seconds / 60:.1f} min"
    )


if __name__ == "__main__":
    main()
