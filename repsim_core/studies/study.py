"""Studies: a declared grid of models to train and compare, and the tables that come of it.

A study is its declaration: which groups, which seeds in which stacks, which protocol. Units of work follow from it,
not from what happens to be stored, so that an interrupted study ends as an uninterrupted one does. `width` and `images`
hold the declarations, `run` computes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from io import BytesIO
from itertools import islice
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import pandas as pd

from repsim_core.errors import InputError, nearest
from repsim_core.measures.circular_orders import orders_of_labels
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.studies.units import LARGEST, ComparingUnit, Stack, Unit, read_stack

# What a grid holds at most: more would never end, or the mere list of it would fill the memory.
MOST_SEEDS = 1_000
MOST_VALUES = 10_000
MOST_GROUPS = 10_000
MOST_STEPS = 10_000_000


@runtime_checkable
class Group(Protocol):
    """Models that are compared with each other, alike but for the seed: a frozen, ordered dataclass of plain values,
    which are the first columns of the study's tables."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def label(self) -> str:
        """Up to 60 letters, digits and `-`, which name the group in files and messages."""
        ...


@dataclass(frozen=True)
class Study(ABC):
    """What is common to all studies; their further attributes are their protocols.

    Attributes:
        GROUP: the class of the groups.
        OPTIONS: for each axis of the grid, the command line's name of it and the group's field.
        KEPT_INPUTS: on how many of the first test inputs a record keeps representations; None for all.
        name: of the study.
        groups: what is compared, in the order of the tables.
        seeds: the models of each group.
        stacks: the seeds that are trained together; together they hold at least `seeds`.

    Raises:
        InputError: naming the argument.
    """

    GROUP: ClassVar[type[Any]]
    OPTIONS: ClassVar[dict[str, str]]
    KEPT_INPUTS: ClassVar[int | None] = None

    name: str
    groups: tuple[Any, ...]
    seeds: tuple[int, ...]
    stacks: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        as_axis(self.seeds, "seeds", MOST_SEEDS)
        as_groups(self.groups)
        try:
            for seeds in (self.seeds, *self.stacks):
                for seed in seeds:
                    within(seed, "seeds", 0, LARGEST)
            self.check_protocol()
        except (TypeError, ValueError) as error:
            raise InputError(str(error)) from error
        if len(self.seeds) < 2:
            raise InputError(f"seeds: found {list(self.seeds)}, expected at least two: pairs are compared")
        if not self.groups:
            raise InputError("groups: found none, expected at least one")
        if (twice := _first_twice(self.groups)) is not None:
            raise InputError(f"groups: found {twice.label} twice, expected each group once")

    @abstractmethod
    def check_protocol(self) -> None:
        """Check the groups' values and the protocol.

        Raises:
            TypeError, ValueError: naming the argument.
        """

    @abstractmethod
    def trainings(self, group: Any) -> Sequence[Unit]:
        """The stacks to train for a group, whose entries `units.read_stack` reads."""

    def prepared(self) -> Study:
        """The study ready to be computed: what the units are computed from is at hand, and is part of their keys."""
        return self

    def found_in(self, store: Store) -> Study:
        """The study ready to be looked up in a store; nothing is loaded for it that the store can tell."""
        return self

    def leave_note(self, store: Store) -> None:  # noqa: B027
        """Leave beside the entries of the study what `found_in` asks for.

        Raises:
            WriteError: it cannot be written.
        """

    @property
    def together(self) -> int:
        """How many training units of a group are computed together, where so many wait (`units.StackedUnit`)."""
        return 1

    def protocols(self) -> dict[str, int]:
        """The versions of what trains and of what compares."""
        return {
            "training": self.trainings(self.groups[0])[0].protocol,
            "comparing": ComparingUnit.protocol,
        }

    @classmethod
    def revive(cls, values: Mapping[str, Any], groups: Sequence[Sequence[Any]]) -> Study:
        """The study again from plain values: its attributes without `groups`, and the values of each group."""
        own = {
            "groups": tuple(cls.GROUP(*one) for one in groups),
            "seeds": tuple(values["seeds"]),
            "stacks": tuple(tuple(stack) for stack in values["stacks"]),
        }
        return cls(**{**values, **own})

    def select(self, *, seeds: Iterable[int] | None = None, **axes: Iterable[Any] | None) -> Study:
        """A part of the study. Stacks stay whole, so the part's numbers are the whole study's.

        Args:
            seeds: those wanted; None for all.
            axes: by the names in `OPTIONS`, the values wanted; None for all.

        Raises:
            InputError: naming the argument, for what the study does not hold.
        """
        groups = self.groups
        for name, values in axes.items():
            if values is not None:
                attribute, values = self.OPTIONS[name], as_axis(values, name)
                _require_known(name, values, [getattr(group, attribute) for group in self.groups])
                groups = tuple(group for group in groups if getattr(group, attribute) in values)
        if not groups:
            raise InputError("groups: found none in the study with this combination of values")
        chosen = self.seeds if seeds is None else as_axis(seeds, "seeds", MOST_SEEDS)
        _require_known("seeds", chosen, self.seeds)
        stacks = tuple(stack for stack in self.stacks if set(stack) & set(chosen))
        return replace(self, groups=groups, seeds=chosen, stacks=stacks)


class Tables(NamedTuple):
    """What a study found, as far as it is stored.

    Attributes:
        models: a row a model: the group's values, seed, test_accuracy, test_loss, train_loss, order and
            order_about_mean (`circular_orders.orders_of_labels`, such as "0 2 1 3"; missing unless M = 2 and every
            label has inputs).
        pairs: a row a pair: the group's values, seed_a, seed_b, the measures, the sets.
        missing: the groups that are not complete; the tables hold nothing of them.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    missing: tuple[Any, ...]


def comparing(study: Study, group: Group, stacks: Sequence[str]) -> ComparingUnit:
    """The comparison of a group, from the checksums of its stacks."""
    return ComparingUnit(group.label, study.seeds, tuple(stacks))


def stored_tables(study: Study, cache: Store) -> Tables:
    """The tidy tables of the groups that are complete in the cache, in the order of the declaration."""
    models: list[pd.DataFrame] = []
    pairs: list[pd.DataFrame] = []
    missing: list[Group] = []
    for group in study.groups:
        stacks = stored_stacks(study, group, cache)
        table = None if stacks is None else cache.get(comparing(study, group, list(stacks)).address)
        if stacks is None or table is None:
            missing.append(group)
            continue
        trained = pd.concat([_with_orders(read_stack(data)) for data in stacks.values()])
        models.append(_labelled(group, trained.query("seed in @study.seeds")))
        pairs.append(_labelled(group, read_pairs(table)))
    return Tables(_joined(models), _joined(pairs), tuple(missing))


def stored_stacks(study: Study, group: Group, cache: Store) -> dict[str, bytes] | None:
    """The group's stacks, by the names of their entries; None if one is not stored."""
    found = [(unit.address, cache.get(unit.address)) for unit in study.trainings(group)]
    stacks = {address.entry(data): data for address, data in found if data is not None}
    return stacks if len(stacks) == len(found) else None


def group_columns(study: Study) -> list[str]:
    """The columns that tell a study's groups apart."""
    return [field.name for field in fields(study.GROUP)]


def read_pairs(data: bytes) -> pd.DataFrame:
    """The content of a comparing unit's entry: a row a pair: seed_a, seed_b, the measures of `compare_all`, the sets.

    `left_out` is missing where all labels are kept. A pair that cannot be compared has a `note` that says why, and
    no measures.
    """
    types: Any = {"pivot": "Int64", "left_out": "Int64", "input_set": "string", "note": "string"}
    return pd.read_csv(BytesIO(data), dtype=types)


def _with_orders(stack: Stack) -> pd.DataFrame:
    """A stack's table, with the orders of each model's labels."""
    orders = list(zip(*map(_orders, stack.models.values()), strict=True))
    names = ("order", "order_about_mean")
    return stack.table.assign(
        **{n: pd.array(each, dtype="string") for n, each in zip(names, orders, strict=True)}
    )


def _orders(model: Representations) -> tuple[str | None, str | None]:
    """The labels around the origin and around their mean, such as "0 2 1 3"; None unless M = 2, or without inputs."""
    if model.dim != 2:
        return None, None
    try:
        around_origin, about_mean = orders_of_labels(model)
    except ValueError:
        # As in the comparison of a degenerate pair: the others are not affected.
        return None, None
    return " ".join(map(str, around_origin)), " ".join(map(str, about_mean))


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _labelled(group: Any, table: pd.DataFrame) -> pd.DataFrame:
    labels = asdict(group)
    return table.assign(**labels)[[*labels, *table.columns]]  # pyright: ignore[reportReturnType]


def in_stacks(seeds: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """The seeds cut into stacks of `size`, the last one smaller where they do not divide."""
    return tuple(tuple(seeds[i : i + size]) for i in range(0, len(seeds), size))


def within(value: object, name: str, least: int, most: int) -> int:
    """An integer from `least` to `most`.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    expected = f"expected an integer from {least} to {most}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: found {value!r}, {expected}")
    if not least <= int(value) <= most:
        raise ValueError(f"{name}: found {int(value)}, {expected}")
    return int(value)


def as_listed(
    values: Iterable[Any], name: str, most: int = MOST_VALUES, kind: str = "values"
) -> tuple[Any, ...]:
    """The values as a tuple; so many that they would fill the memory are refused before they do.

    Raises:
        InputError: there are more than `most`.
    """
    listed = tuple(islice(values, most + 1))
    if len(listed) > most:
        raise InputError(f"{name}: found more than {most} {kind}, expected at most {most}")
    return listed


def as_axis(values: Iterable[Any], name: str, most: int = MOST_VALUES) -> tuple[Any, ...]:
    """The values along an axis of a grid as a tuple, `as_listed`.

    Raises:
        InputError: there are more than `most`, or one of them is there twice.
    """
    listed = as_listed(values, name, most)
    if (twice := _first_twice(listed)) is not None:
        raise InputError(f"{name}: found {twice} twice, expected each value once")
    return listed


def as_groups(groups: Iterable[Any]) -> tuple[Any, ...]:
    """The groups of a study as a tuple, `as_listed`."""
    return as_listed(groups, "groups", MOST_GROUPS, "combinations of values")


def _first_twice(values: Sequence[Any]) -> Any:
    """The first value that was there before; None where there is none."""
    seen = set()
    for value in values:
        if not isinstance(value, Hashable):  # no number and no name, which is said elsewhere
            continue
        if value in seen:
            return value
        seen.add(value)
    return None


def unknown(name: str, value: object, allowed: Iterable[object]) -> str:
    """The message for a value that is none of the allowed ones."""
    return f"{name}: found {value!r}; {nearest(str(value), [str(item) for item in allowed])}"


def _require_known(name: str, values: Sequence[object], known: Iterable[object]) -> None:
    if not values:
        raise InputError(f"{name}: found none, expected at least one")
    known = list(dict.fromkeys(known))
    for value in values:
        if value not in known:
            raise InputError(unknown(name, value, known))
