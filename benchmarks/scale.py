"""Time and memory of `compare` for models with many labels, in units of the two models' logits.

    python benchmarks/scale.py                        # three to five minutes on two cores
    python benchmarks/scale.py --rows 2 4             # some of the rows
    python benchmarks/scale.py --device cuda          # the same call with tensors on a GPU
    python benchmarks/scale.py --check                # exit code 1 where a limit is missed

The limit of what can be done is the two products F G^T alone, in float64 and in blocks that stay in memory, without
anything being done with them. `compare` measures everything that it prints. Each row runs in a process of its own, so
that its largest memory is its own: interpreter, libraries, the arrays that were given in 32 bits, and all else.
The quickest of the turns counts, for both: other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from typing import Any

import numpy as np

import repsim_core as rc

# By row: inputs, labels, dimension, and the limits on times the products, and on gigabytes.
ROWS = (
    (10_000, 1_000, 512, 12.0, 2.0),
    (50_000, 1_000, 2_048, 12.0, 8.0),
    (2_000, 50_257, 64, 6.0, 4.0),
    (2_000, 50_257, 768, 6.0, 4.0),
)
# Logits of a block of the bare products.
_BLOCK = 2**21


def arrays(n: int, k: int, m: int, seed: int, device: str, noise: float = 0.3) -> tuple[Any, Any]:
    """A model of a family in 32 bits: the same normal embeddings and unembeddings for every seed, plus noise."""
    found = []
    for place, rows in enumerate((n, k)):
        shared, own = (np.random.default_rng((place, s)) for s in (0, seed + 1))
        x = shared.standard_normal((rows, m), dtype=np.float32)
        x += np.float32(noise) * own.standard_normal((rows, m), dtype=np.float32)
        # Logits with a deviation of about 3.
        x *= np.float32((3.0 / m**0.5) ** 0.5)
        found.append(x)
    if device == "cpu":
        return found[0], found[1]
    import torch

    return torch.from_numpy(found[0]).to(device), torch.from_numpy(found[1]).to(device)


def products(*models: rc.Representations) -> None:
    """The logits of the models, block by block, which are thrown away."""
    for model in models:
        g = model.unembeddings.T
        rows = max(1, _BLOCK // model.num_labels)
        for start in range(0, model.num_inputs, rows):
            model.embeddings[start : start + rows, :] @ g


def seconds(work: Any, device: str) -> tuple[float, Any]:
    """How long it takes, and what it returns."""
    start = time.perf_counter()
    found = work()
    if device != "cpu":
        import torch

        torch.cuda.synchronize()
    return time.perf_counter() - start, found


def gigabytes(device: str) -> float:
    """The largest memory so far: of this process, or on the device."""
    if device != "cpu":
        import torch

        return torch.cuda.max_memory_allocated() / 1e9
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1e9 * (1 if sys.platform == "darwin" else 1024)


def measure(row: tuple[int, int, int, float, float], device: str, turns: int) -> dict[str, Any]:
    """One row of the table."""
    n, k, m, times, memory = row
    given = [arrays(n, k, m, seed, device) for seed in (0, 1)]
    quickest = {"products": float("inf"), "compare": float("inf")}
    comparison = None
    for _ in range(turns):
        # Made anew: models keep what comparisons have in common.
        taken, comparison = seconds(lambda: rc.compare(*(rc.Representations(f, g) for f, g in given)), device)
        quickest["compare"] = min(quickest["compare"], taken)
        size = gigabytes(device)
        models = [rc.Representations(f, g) for f, g in given]
        for _ in range(2):
            quickest["products"] = min(
                quickest["products"], seconds(lambda m=models: products(*m), device)[0]
            )
        del models
    assert comparison is not None
    ratio = quickest["compare"] / quickest["products"]
    return {
        "N": n,
        "K": k,
        "M": m,
        "products": quickest["products"],
        "compare": quickest["compare"],
        "times": ratio,
        "most times": times,
        "GB": size,
        "most GB": memory,
        "met": ratio <= times and size <= memory,
        "d_fg": comparison.d_fg,
        "certificate": comparison.certificate,
        "mean_cca": comparison.mean_cca,
        "sets": comparison.llv.label_choice,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=range(1, len(ROWS) + 1), help="from 1 on")
    parser.add_argument(
        "--turns", type=int, default=2, help="turns of which the quickest counts (default: 2)"
    )
    parser.add_argument("--device", default="cpu", help="cpu (NumPy) or cuda (PyTorch)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is missed")
    options = parser.parse_args()
    found = []
    if not options.json:
        print(f"{'N':>7} {'K':>7} {'M':>6} {'products':>9} {'compare':>9} {'times':>13} {'memory':>16}")
    for place in options.rows:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(measure, (ROWS[place - 1], options.device, options.turns))
        found.append(row)
        if not options.json:
            print(
                f"{row['N']:>7,} {row['K']:>7,} {row['M']:>6,} {row['products']:>7.2f} s {row['compare']:>7.2f} s "
                f"{row['times']:>5.1f} of {row['most times']:>4.0f} {row['GB']:>5.1f} of {row['most GB']:>3.0f} GB",
                flush=True,
            )
    if options.json:
        print(json.dumps(found, indent=2))
    return 1 if options.check and not all(row["met"] for row in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
