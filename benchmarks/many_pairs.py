"""All pairs of many models in files, by `compare_all` and one call after the other.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/many_pairs.py    # five minutes
    python benchmarks/many_pairs.py --small                                     # half a minute
    python benchmarks/many_pairs.py --json                                      # the same for machines

A single call reads both files and compares: `rc.compare(rc.load(a), rc.load(b))`. `compare_all` of the paths reads each
file a few times and keeps what belongs to one model for as long as the model is held. They take turns in one process: a
tile of pairs, then some single calls, drawn at random among the pairs, whose mean is scaled to all pairs. The rows must
have the same digits. Then the same pairs again by processes of one thread each, into an empty folder, and once more
when everything is found there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections import deque
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

import repsim_core as rc

FULL = {"models": 30, "inputs": 10_000, "labels": 1_000, "dim": 64, "singles": 60}
SMALL = {"models": 8, "inputs": 2_000, "labels": 200, "dim": 32, "singles": 28}


def written(folder: Path, models: int, inputs: int, labels: int, dim: int) -> list[Path]:
    """A family in files of 32 bits: the same normal embeddings and unembeddings for every model, plus noise."""
    shared = np.random.default_rng(0)
    f, g = (shared.standard_normal((rows, dim), dtype=np.float32) for rows in (inputs, labels))
    paths = []
    for number in range(models):
        own = np.random.default_rng(number + 1)
        # Logits with a deviation of about 3.
        size = np.float32((3.0 / dim**0.5) ** 0.5)
        noisy = (
            size * (x + np.float32(0.3) * own.standard_normal(x.shape, dtype=np.float32)) for x in (f, g)
        )
        paths.append(rc.Representations(*noisy).save(folder / f"model{number:02}.safetensors"))
    return paths


def in_turns(paths: list[Path], singles: int) -> dict[str, Any]:
    """Seconds for all pairs by `compare_all`, and by single calls, in this process."""
    pairs = list(combinations(range(len(paths)), 2))
    drawn = random.Random(0).sample(pairs, min(singles, len(pairs)))
    waiting, found, spent, done = deque(drawn), {}, 0.0, 0

    def between(progress: Any) -> None:
        """After a tile, as large a share of the single calls as of the pairs."""
        nonlocal spent, done
        if progress.done == done:
            return
        done, started = progress.done, time.perf_counter()
        while waiting and len(found) < len(drawn) * done / progress.pairs:
            i, j = waiting.popleft()
            single = rc.compare(rc.load(paths[i]), rc.load(paths[j]))
            found[i, j] = single.d_llv, single.d_kl, single.d_fg, single.mean_cca
        spent += time.perf_counter() - started

    started = time.perf_counter()
    table = rc.compare_all(paths, progress=between)
    whole = time.perf_counter() - started - spent
    rows = table[["d_llv", "d_kl", "d_fg", "mean_cca"]].itertuples(index=False, name=None)
    by_pair = dict(zip(pairs, rows, strict=True))
    single = spent / len(found)
    return {
        "compare_all_s": whole,
        "single_call_s": single,
        "single_calls_s": single * len(pairs),
        "pairs": len(pairs),
        "measured_singles": len(found),
        "same_digits": all(by_pair[pair] == value for pair, value in found.items()),
        "memory_gb": _peak(resource.RUSAGE_SELF),
    }


def by_processes(paths: list[Path], jobs: int) -> dict[str, Any]:
    """Seconds for all pairs by processes, and when they are found."""
    with tempfile.TemporaryDirectory() as cache:
        seconds = []
        for _ in range(2):
            started = time.perf_counter()
            rc.compare_all(paths, jobs=jobs, cache=cache)
            seconds.append(time.perf_counter() - started)
    memory = {"memory_gb": _peak(resource.RUSAGE_SELF), "worker_memory_gb": _peak(resource.RUSAGE_CHILDREN)}
    return {"jobs": jobs, "compare_all_s": seconds[0], "found_again_s": seconds[1], **memory}


def _peak(of: int) -> float:
    """Gigabytes; the system counts in kilobytes, on macOS in bytes."""
    return resource.getrusage(of).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="eight small models")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the second part")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    size = dict(SMALL if given.small else FULL)
    singles = size.pop("singles")
    # Each part in a process of its own, so that its largest memory is its own.
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        paths = written(Path(folder), **size)
        megabytes = paths[0].stat().st_size / 1e6
        parts = []
        for function, argument in ((in_turns, singles), (by_processes, given.jobs)):
            # Not a daemon: the second part has processes of its own.
            receive, send = context.Pipe(duplex=False)
            process = context.Process(target=_send, args=(send, function, paths, argument))
            process.start()
            send.close()
            parts.append(receive.recv())
            process.join()
    found = {**size, "file_mb": megabytes, "threads": os.environ.get("OMP_NUM_THREADS"), "in_turns": parts[0]}
    found["by_processes"] = parts[1]
    if given.json:
        print(json.dumps(found, indent=2))
        return
    one, many = parts
    print(
        f"{size['models']} models, N = {size['inputs']:,}, K = {size['labels']:,}, M = {size['dim']}, ",
        end="",
    )
    print(f"files of {megabytes:.1f} MB, OMP_NUM_THREADS = {found['threads']}")
    print(
        f"{one['pairs']} single calls, from {one['measured_singles']} of them  {one['single_calls_s']:8.1f} s"
    )
    ratio = one["single_calls_s"] / one["compare_all_s"]
    print(
        f"compare_all, in turns with them          {one['compare_all_s']:8.1f} s  {ratio:.2f} times as fast"
    )
    ratio = one["single_calls_s"] / many["compare_all_s"]
    print(
        f"compare_all, {many['jobs']} processes                 {many['compare_all_s']:8.1f} s  {ratio:.2f}"
    )
    print(f"compare_all, all found                   {many['found_again_s']:8.1f} s")
    print(f"peak memory: {one['memory_gb']:.2f} GB; with processes {many['memory_gb']:.2f} GB, ", end="")
    print(f"and {many['worker_memory_gb']:.2f} GB in the largest of them")
    print("the same digits" if one["same_digits"] else "DIFFERENT DIGITS")


def _send(pipe: Any, function: Any, *given: Any) -> None:
    pipe.send(function(*given))


if __name__ == "__main__":
    main()
