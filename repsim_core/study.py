"""Studies: a declared grid of models to train and compare, and the tables that come of it.

A study is its declaration: which groups (classes, width, variant), which seeds in which stacks, which protocol.
Units of work follow from it, not from what happens to be stored, so that an interrupted study ends as an
uninterrupted one does. `study_run` computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from io import BytesIO
from typing import Any

import pandas as pd

from repsim_core.arrays import as_count, as_real
from repsim_core.cache import Cache
from repsim_core.parameters import ParameterError, nearest
from repsim_core.units import ComparingUnit, TrainingUnit, read_stack

NORM = 20.0
VARIANTS = {  # norms of f and of g; None leaves them free
    "free": (None, None),
    "f-norm": (NORM, None),
    "g-norm": (None, NORM),
    "both": (NORM, NORM),
}


@dataclass(frozen=True, order=True)
class Group:
    """Models that are compared with each other: same classes K, width and variant, different seeds."""

    classes: int
    width: int
    variant: str

    @property
    def label(self) -> str:
        return f"K{self.classes}-w{self.width}-{self.variant}"


@dataclass(frozen=True)
class Study:
    """A study of trained models on radial data (paper, section 5 and appendix F; the defaults are the paper's).

    Attributes:
        name: of the study.
        groups: what is compared, in the order of the tables.
        seeds: the models of each group.
        stacks: the seeds that are trained together; together they hold at least `seeds`.
        steps, lr, batch_size, dim, depth, batch_seed, train_points, train_seed, test_points, test_seed, device: as for
            `TrainingUnit`.

    Raises:
        ParameterError: naming the argument.
    """

    name: str
    groups: tuple[Group, ...]
    seeds: tuple[int, ...]
    stacks: tuple[tuple[int, ...], ...]
    steps: int = 15_000
    lr: float = 1e-4
    batch_size: int = 128
    dim: int = 2
    depth: int = 3
    batch_seed: int = 0
    train_points: int = 20_000
    train_seed: int = 0
    test_points: int = 2_000
    test_seed: int = 1
    device: str = "cpu"

    def __post_init__(self) -> None:
        try:
            for name in ("steps", "batch_size", "dim", "depth", "train_points", "test_points"):
                as_count(getattr(self, name), name)
            for name in ("batch_seed", "train_seed", "test_seed"):
                as_count(getattr(self, name), name, 0)
            as_real(self.lr, "lr")
            for group in self.groups:
                as_count(group.classes, "k")
                as_count(group.width, "widths")
            for seed in (*self.seeds, *(seed for stack in self.stacks for seed in stack)):
                as_count(seed, "seeds", 0)
        except (TypeError, ValueError) as error:
            raise ParameterError(str(error)) from error
        for group in self.groups:
            if group.classes < self.dim + 1:
                raise ParameterError(
                    f"k: found {group.classes}, expected at least M + 1 = {self.dim + 1} classes (diversity, Def. 2.1)"
                )
            if group.variant not in VARIANTS:
                raise ParameterError(unknown("variant", group.variant, VARIANTS))
        if len(set(self.seeds)) < len(self.seeds) or len(self.seeds) < 2:
            raise ParameterError(
                f"seeds: found {list(self.seeds)}, expected at least two different ones: pairs are compared"
            )
        if not self.groups or len(set(self.groups)) < len(self.groups):
            raise ParameterError("k, widths, variant: expected at least one group and none twice")
        if self.batch_size > self.train_points:
            raise ParameterError(
                f"batch_size: found {self.batch_size}, expected at most {self.train_points} points"
            )

    def trainings(self, group: Group) -> list[TrainingUnit]:
        """The stacks to train for a group."""
        embedding_norm, unembedding_norm = VARIANTS[group.variant]
        shared = {field.name for field in fields(TrainingUnit)} & {field.name for field in fields(self)}
        protocol: dict[str, Any] = {name: getattr(self, name) for name in sorted(shared - {"seeds"})}
        return [
            TrainingUnit(
                classes=group.classes,
                width=group.width,
                seeds=stack,
                embedding_norm=embedding_norm,
                unembedding_norm=unembedding_norm,
                **protocol,
            )
            for stack in self.stacks
        ]

    def comparing(self, group: Group, stacks: Sequence[str]) -> ComparingUnit:
        """The comparison of a group, from the checksums of its stacks."""
        return ComparingUnit(group.label, self.seeds, tuple(stacks))

    def select(
        self,
        *,
        classes: Iterable[int] | None = None,
        widths: Iterable[int] | None = None,
        variants: Iterable[str] | None = None,
        seeds: Iterable[int] | None = None,
    ) -> Study:
        """A part of the study. Stacks stay whole, so the part's numbers are the whole study's.

        Raises:
            ParameterError: naming the argument, for what the study does not hold.
        """
        groups = self.groups
        wanted = {"k": classes, "widths": widths, "variant": variants}
        for (name, values), attribute in zip(wanted.items(), ("classes", "width", "variant"), strict=True):
            if values is not None:
                values = list(values)
                _require_known(name, values, [getattr(group, attribute) for group in self.groups])
                groups = tuple(group for group in groups if getattr(group, attribute) in values)
        if not groups:
            raise ParameterError("k, widths, variant: the study holds no group of this combination")
        chosen = self.seeds if seeds is None else tuple(seeds)
        _require_known("seeds", chosen, self.seeds)
        stacks = tuple(stack for stack in self.stacks if set(stack) & set(chosen))
        return replace(self, groups=groups, seeds=chosen, stacks=stacks)


@dataclass(frozen=True)
class Tables:
    """What a study found, as far as it is stored.

    Attributes:
        models: a row a model: classes, width, variant, seed, test_accuracy, test_loss, train_loss.
        pairs: a row a pair: classes, width, variant, seed_a, seed_b, the measures, the sets.
        missing: the groups that are not complete; the tables hold nothing of them.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    missing: tuple[Group, ...]


def collect(study: Study, cache: Cache) -> Tables:
    """The tidy tables of the groups that are complete in the cache, in the order of the declaration."""
    models: list[pd.DataFrame] = []
    pairs: list[pd.DataFrame] = []
    missing: list[Group] = []
    for group in study.groups:
        found = [(unit.address, cache.get(unit.address)) for unit in study.trainings(group)]
        stacks = [data for _, data in found if data is not None]
        table = None
        if len(stacks) == len(found):
            names = [address.entry(data) for address, data in found if data is not None]
            table = cache.get(study.comparing(group, names).address)
        if table is None:
            missing.append(group)
            continue
        trained = pd.concat([read_stack(data).table for data in stacks])
        models.append(_labelled(group, trained.query("seed in @study.seeds")))
        pairs.append(_labelled(group, read_pairs(table)))
    return Tables(_joined(models), _joined(pairs), tuple(missing))


def read_pairs(data: bytes) -> pd.DataFrame:
    """The content of a comparing unit's entry: a row a pair: seed_a, seed_b, the measures of `compare_all`, the sets.

    `left_out` is missing where all labels are kept. A pair that cannot be compared has a `note` that says why, and
    no measures.
    """
    types: Any = {"pivot": "Int64", "left_out": "Int64", "input_set": "string", "note": "string"}
    return pd.read_csv(BytesIO(data), dtype=types)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _labelled(group: Group, table: pd.DataFrame) -> pd.DataFrame:
    labels = {"classes": group.classes, "width": group.width, "variant": group.variant}
    return table.assign(**labels)[[*labels, *table.columns]]  # pyright: ignore[reportReturnType]


def in_stacks(seeds: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """The seeds cut into stacks of `size`, the last one smaller where they do not divide."""
    return tuple(tuple(seeds[i : i + size]) for i in range(0, len(seeds), size))


def unknown(name: str, value: object, allowed: Iterable[object]) -> str:
    """The message for a value that is none of the allowed ones."""
    return f"{name}: found {value!r}; {nearest(str(value), [str(item) for item in allowed])}"


def _require_known(name: str, values: Sequence[object], known: Iterable[object]) -> None:
    if not values:
        raise ParameterError(f"{name}: found none, expected at least one")
    known = list(dict.fromkeys(known))
    for value in values:
        if value not in known:
            raise ParameterError(unknown(name, value, known))
