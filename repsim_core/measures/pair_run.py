"""Comparing all pairs, on any executor, as far as a store lacks them.

Workers compare, this process alone reads and writes the store. Rows are found by the checksums of their two models,
whatever tile they were computed in: after an interruption, with other jobs, with a model more or less or another one
in a file, only the pairs that are not there are compared.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from repsim_core.errors import ExecutionError
from repsim_core.executors import losses_told
from repsim_core.measures.model_sources import ModelSource
from repsim_core.measures.pair_tiles import Tile, compare_tile, read_rows, rows_key, tiles
from repsim_core.store import Address, Store
from repsim_core.texts import with_names

# Seconds between two reports of progress.
_TICK = 1.0
_SUFFIX = ".json"


@dataclass(frozen=True)
class PairsProgress:
    """How far a comparison of all pairs is.

    Attributes:
        done, pairs: pairs compared (those found in the store included), and all pairs.
        found: pairs that were found in the store.
        seconds: time since the first was begun.
        seconds_left: expected; None as long as nothing was compared.
    """

    done: int
    pairs: int
    found: int
    seconds: float
    seconds_left: float | None


def run_pairs(
    models: Sequence[ModelSource],
    options: Mapping[str, Any],
    executor: Executor,
    *,
    jobs: int,
    side: int,
    one_thread: bool,
    store: Store | None = None,
    progress: Callable[[PairsProgress], object] | None = None,
) -> list[dict[str, Any]]:
    """The rows of all pairs, in the order of the models.

    Args:
        options: of `compare`, plain values.
        executor: where to compare.
        jobs: tiles handed out at a time.
        side: models of a block.
        one_thread: whether the executor's workers have one thread each.
        store: where finished tiles are kept, and looked for.
        progress: called about once a second and after each tile.

    Raises:
        TypeError, ValueError: an option is wrong; of pairs that cannot be compared only if all are so.
        ExecutionError: naming what failed; all else was compared, and is kept.
        StoreError: an entry cannot be written; nothing more was compared.
    """
    key = rows_key(options, one_thread)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    if store is not None:
        store.sweep()
        for data in store.contents(key, _SUFFIX):
            rows |= read_rows(data)
    wanted: dict[tuple[str, str], tuple[int, int]] = {}
    times: Counter[tuple[str, str]] = Counter()  # models may be equal
    for i, j in combinations(range(len(models)), 2):
        wanted.setdefault((models[i].content, models[j].content), (i, j))
        times[models[i].content, models[j].content] += 1
    missing = [pair for contents, pair in wanted.items() if contents not in rows]
    made = tiles(models, missing, side, options, one_thread)
    _Pass(made, rows, times, executor, jobs, store, progress).work()
    found = [rows[models[i].content, models[j].content] for i, j in combinations(range(len(models)), 2)]
    if all("note" in row for row in found):
        note = str(found[0]["note"])
        if re.match(r"[ab]\W", note):  # about a model, and about no option
            said = with_names(note, models[0].shown, models[1].shown)
            raise ValueError(f"models: no pair can be compared; of the first, {said}")
        raise ValueError(note)
    return found


class _Pass:
    """One pass over the tiles: what waits, what runs, what failed."""

    def __init__(
        self,
        waiting: Sequence[Tile],
        rows: dict[tuple[str, str], dict[str, Any]],
        times: Counter[tuple[str, str]],
        executor: Executor,
        jobs: int,
        store: Store | None,
        progress: Callable[[PairsProgress], object] | None,
    ) -> None:
        self.waiting, self.rows, self.times = deque(waiting), rows, times
        self.pairs = times.total()
        self.executor, self.jobs, self.store, self.progress = executor, jobs, store, progress
        self.running: dict[Future[bytes], Tile] = {}
        self.left = sum(map(self._pairs_of, waiting))
        self.found, self.compared = self.pairs - self.left, 0
        self.failures: dict[str, None] = {}  # what failed, each once, in order
        self.started = time.monotonic()
        # Moves when a tile is finished, so that the time left counts down in between.
        self.expected_end: float | None = None

    def _pairs_of(self, tile: Tile) -> int:
        """How many pairs have their row from a tile."""
        contents = [model.content for model in tile.models]
        return sum(self.times[contents[i], contents[j]] for i, j in tile.pairs)

    def work(self) -> None:
        self._report()
        try:
            with losses_told(ExecutionError, self._kept):
                while self.waiting or self.running:
                    while self.waiting and len(self.running) < self.jobs:
                        tile = self.waiting.popleft()
                        self.running[self.executor.submit(compare_tile, tile)] = tile
                    finished, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._take_in(future, self.running.pop(future))
                    self._report()
        finally:
            for future in self.running:
                future.cancel()
        if self.failures:
            raise ExecutionError("\n".join([f"not all pairs were compared{self._kept()}:", *self.failures]))

    def _kept(self) -> str:
        return "; what was finished is stored" if self.compared and self.store is not None else ""

    def _take_in(self, future: Future[bytes], tile: Tile) -> None:
        try:
            data = future.result()
        except (BrokenExecutor, CancelledError, TypeError, MemoryError):
            # Not the tile's fault, or every tile's.
            raise
        except Exception as error:
            self.failures[f"  {str(error) or type(error).__name__}"] = None
            return
        if self.store is not None:
            self.store.put(Address(tile.label, tile.key, _SUFFIX), data)
        self.rows.update(read_rows(data))
        self.compared += self._pairs_of(tile)
        now = time.monotonic()
        left = self.left - self.compared
        self.expected_end = now + (now - self.started) * left / self.compared

    def _report(self) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        left = None if self.expected_end is None else max(self.expected_end - now, 0.0)
        done = self.found + self.compared
        self.progress(PairsProgress(done, self.pairs, self.found, now - self.started, left))
