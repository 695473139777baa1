"""All pairs in tiles, so that few models are in memory at a time and each is read a few times.

The models stand in blocks of s. A tile is what two blocks, or one with itself, have of pairs: to compare them, the
models of one block are held, and those of the other one after the other, s + 1 models in all. With n models each is
read n/s times, where pairs one by one would read it n - 1 times; and what belongs to one model (its basis, its
normaliser) is computed once a stay.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from repsim_core.distribution import bytes_kept
from repsim_core.measures.compared import FURTHER
from repsim_core.measures.comparison import compare
from repsim_core.measures.model_sources import ModelSource, Sizes
from repsim_core.memory import total
from repsim_core.representations import Representations
from repsim_core.store import content_key

# Raised by hand when the digits or the columns of rows change, and by nothing else.
PROTOCOL = 2
# The largest block.
_MOST = 16
# Seconds that a tile may take, about: what is lost where a process is killed. Multiplications in such a second, and
# how many of a pair there are for each of its N K M ones.
_SECONDS, _RATE, _PRODUCTS = 60, 1e10, 10
# Tiles for each process, at least: the last ones are to end at about the same time.
_TILES_EACH = 4
# What of a model is in memory beside its distribution, in copies of its own arrays: as read, orthonormal, and at work.
_COPIES = 3
# The part of this machine's memory that models may take.
_SHARE = 0.25
# Of a machine that does not say how much it has, and of a worker of a cluster: bytes.
_UNKNOWN = 8 * 2**30
WORKER_MEMORY = 2**30


@dataclass(frozen=True)
class Tile:
    """Pairs that are compared in one go.

    Attributes:
        models: where they come from.
        pairs: places in `models`; in an order in which few are held.
        options: of `compare`.
        key: `rows_key` where the tile was made.
        one_thread: as for `rows_key`.
    """

    models: tuple[ModelSource, ...]
    pairs: tuple[tuple[int, int], ...]
    options: Mapping[str, Any]
    key: str
    one_thread: bool

    @property
    def label(self) -> str:
        """For the name of its entry."""
        contents = [self.models[place].content for pair in self.pairs for place in pair]
        return f"pairs-{content_key({'pairs': contents})[:16]}"


def rows_key(options: Mapping[str, Any], one_thread: bool) -> str:
    """The key of all rows that the same comparison gives: protocol, options, libraries.

    Args:
        options: of `compare`, plain values.
        one_thread: whether they are computed with one thread; the last digits of sums depend on that.
    """
    definition = {
        "kind": "pairs",
        "protocol": PROTOCOL,
        "options": dict(options),
        "libraries": {"numpy": np.__version__, "scipy": scipy.__version__},
        "one_thread": one_thread,
    }
    return content_key(definition)


def compare_tile(tile: Tile) -> bytes:
    """Compare the pairs of a tile, wherever this process runs: the content of its entry, which `read_rows` reads.

    Raises:
        RuntimeError: this process has another protocol or other libraries than the one that made the tile.
        TypeError: an option of `compare` is of a wrong type, or unknown.
        InputError: a file cannot be read, or is another one than before.
    """
    if rows_key(tile.options, tile.one_thread) != tile.key:
        raise RuntimeError(
            "this process runs another version of repsim_core, NumPy or SciPy than the one that started the "
            f"comparison: here protocol {PROTOCOL}, NumPy {np.__version__}, SciPy {scipy.__version__}"
        )
    last = {place: at for at, pair in enumerate(tile.pairs) for place in pair}
    held: dict[int, Representations] = {}
    rows = []
    for at, pair in enumerate(tile.pairs):
        for place in pair:
            if place not in held:
                held[place] = tile.models[place].model()
        a, b = (tile.models[place].content for place in pair)
        rows.append([a, b, _row(held[pair[0]], held[pair[1]], tile.options)])
        for place in pair:
            if last[place] == at:
                del held[place]
    return json.dumps(rows).encode()


def read_rows(data: bytes) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of a tile's entry, by the checksums of their two models."""
    return {(a, b): row for a, b, row in json.loads(data)}


def _row(a: Representations, b: Representations, options: Mapping[str, Any]) -> dict[str, object]:
    """What is kept of a comparison; of a pair that cannot be compared a note that says why."""
    try:
        found = compare(a, b, **options)
    except ValueError as error:
        return {"note": str(error)}
    row = {**found.measures(), **{name: getattr(found, name) for name in FURTHER}}
    row["exhaustive"] = found.representation.exhaustive
    for name, both in (("loss_gap", found.losses), ("accuracy_gap", found.accuracies)):
        if both is not None:
            row[name] = abs(both[0] - both[1])
    row["notes"] = "; ".join(found.notes) or None
    return {**row, **found.others}


def tiles(
    models: Sequence[ModelSource],
    pairs: Sequence[tuple[int, int]],
    side: int,
    options: Mapping[str, Any],
    one_thread: bool,
) -> list[Tile]:
    """The pairs in tiles with blocks of `side` models, in the order of the blocks.

    Args:
        pairs: places in `models`, the smaller one first.
    """
    key = rows_key(options, one_thread)
    grouped: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, j in pairs:
        grouped.setdefault((i // side, j // side), []).append((i, j))
    made = []
    for _, within in sorted(grouped.items()):
        places = sorted({place for pair in within for place in pair})
        at = {place: number for number, place in enumerate(places)}
        # The second model stays until it has met the whole first block.
        ordered = sorted(within, key=lambda pair: (pair[1], pair[0]))
        here = tuple((at[i], at[j]) for i, j in ordered)
        made.append(Tile(tuple(models[place] for place in places), here, options, key, one_thread))
    return made


def block_side(count: int, sizes: Sizes, jobs: int, memory: float) -> int:
    """How many models a block has.

    Args:
        count: of the models.
        sizes: of each.
        jobs: processes at work.
        memory: bytes that the models of one process may take.
    """
    by_memory = int(memory / bytes_held(sizes)) - 1
    work = _PRODUCTS * sizes.num_inputs * sizes.num_labels * (sizes.dim + 20)
    by_time = math.isqrt(int(_SECONDS * _RATE / work))
    side = max(1, min(_MOST, by_memory, by_time, count))

    def number(side: int) -> int:
        blocks = -(-count // side)
        return blocks * (blocks + 1) // 2

    while side > 1 and number(side) < min(_TILES_EACH * jobs, number(1)):
        side -= 1
    return side


def bytes_held(sizes: Sizes) -> int:
    """What one model takes up in memory, about, with what is computed of it for its pairs."""
    arrays = 8 * (sizes.num_inputs + sizes.num_labels) * sizes.dim
    return _COPIES * arrays + bytes_kept(sizes.num_inputs, sizes.num_labels)


def memory_for_models() -> float:
    """Bytes that the models of all processes of this machine may take."""
    return _SHARE * (total() or _UNKNOWN)
