"""Units of work of a study: what every kind has in common, and comparing all pairs of one group.

A unit is a plain description that any process can compute: description in, bytes out, the same bytes every time
on the same machine. Its key covers the description, the version of the protocol that computes it and the versions of
the libraries.

Each kind of unit has a protocol version of its own. It is raised by hand when the digits of its results change, and by
nothing else, so that an edit of a message or a move of a module loses no result. The tests hold digits that each
protocol must give; they fail when digits change without a new version.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from safetensors.torch import load
from torch import Tensor

from repsim_core.measures.comparison import compare
from repsim_core.measures.others import logit_distance
from repsim_core.representations import Representations
from repsim_core.store import Address, content_key

# Of a stored loss curve.
_CURVE_POINTS = 150
# Whose mean is the final training loss.
_LAST_STEPS = 100
# The largest integer that a seed can be.
LARGEST = 2**63 - 1
# What a row of pairs holds: attributes of `Comparison`, three measures besides, and the sets. Other columns are another
# protocol of `ComparingUnit`.
_OF_A_COMPARISON = (
    "d_kl",
    "d_kl_reverse",
    "d_llv",
    "label_term",
    "input_term",
    "label_scale_term",
    "input_scale_term",
    "ratio_distance",
    "normaliser_mismatch",
    "d_fg",
    "max_d_svd_f",
    "least_d_svd_f",
    "d_svd_all_labels",
    "d_svd_g",
    "certificate",
    "linear_bound",
    "quadratic_bound",
    "ratio_bound",
    "mean_cca",
    "agreement",
)
PAIR_MEASURES = (*_OF_A_COMPARISON, "effective_rank_a", "effective_rank_b", "d_logit")
SETS = ("pivot", "left_out", "input_set", "note")


@dataclass(frozen=True)
class Needs:
    """Roughly what a unit needs; `estimate` says how roughly.

    Attributes:
        cost: microseconds of one core of the machine that `estimate` compares this one with.
        memory: bytes, beside what a worker has before its first unit.
        kept: bytes of its entry.
        scratch: bytes on disk that are removed when it is finished.
    """

    cost: float
    memory: float
    kept: float
    scratch: float = 0.0


@runtime_checkable
class Unit(Protocol):
    """A unit of work, whatever it computes.

    Attributes:
        protocol: the version of what computes it; other digits, other version.
    """

    protocol: ClassVar[int]

    @property
    def address(self) -> Address:
        """Where its entry belongs."""
        ...

    @property
    def needs(self) -> Needs:
        """Roughly what it needs: time, memory, disk."""
        ...

    def compute(self, inputs: Sequence[bytes], /) -> bytes:
        """The entry's content, the same bytes every time on the same machine, from those of other entries."""
        ...


@runtime_checkable
class StackedUnit(Unit, Protocol):
    """A unit that can be computed together with others of its kind, in less time than one after the other."""

    def compute_together(self, others: Sequence[Any], /) -> list[bytes]:
        """The contents of this unit's entry and the others'."""
        ...


def library_versions() -> dict[str, str]:
    """The libraries whose version can change a result's digits."""
    return {"torch": torch.__version__, "numpy": np.__version__}


def unit_key(unit: Any) -> str:
    """The key of a unit's entry: its kind, its protocol version, its values, and the libraries."""
    definition = {
        "kind": type(unit).__name__,
        "protocol": unit.protocol,
        "unit": asdict(unit),
        "libraries": library_versions(),
    }
    return content_key(definition)


def loss_summary(losses: Float[Tensor, "steps S"]) -> dict[str, Tensor]:
    """What a stack's entry keeps of its losses: `train_loss` (S,) and `loss_curve` (points, S), see `Stack`."""
    every = math.ceil(len(losses) / _CURVE_POINTS)
    return {
        "train_loss": losses[-_LAST_STEPS:].double().mean(dim=0),
        "loss_curve": torch.stack([part.mean(dim=0) for part in losses.split(every)]),
    }


@dataclass(frozen=True)
class Stack:
    """What a training unit leaves.

    Attributes:
        models: representations of the test set by seed.
        table: a row a seed: seed, test_accuracy, test_loss (nats), train_loss (mean of the last 100 mini-batches').
        loss_curve: shape (points, seeds), means over consecutive blocks of equally many steps.
    """

    models: dict[int, Representations]
    table: pd.DataFrame
    loss_curve: torch.Tensor


def read_stack(data: bytes) -> Stack:
    """The content of a training unit's entry."""
    tensors = load(data)
    seeds = tensors["seeds"].tolist()
    parts = zip(seeds, tensors["embeddings"], tensors["unembeddings"], strict=True)
    models = {seed: Representations(f, g, tensors["labels"]) for seed, f, g in parts}
    measures = {name: tensors[name].numpy() for name in ("test_accuracy", "test_loss", "train_loss")}
    table = pd.DataFrame({"seed": tensors["seeds"].numpy(), **measures})
    return Stack(models, table, tensors["loss_curve"])


@dataclass(frozen=True)
class ComparingUnit:
    """Compare all pairs of the seeds of one group (classes, width, variant).

    Attributes:
        group: the group's label, for the entry's name.
        seeds: which of the stacks' seeds, in the order of the rows.
        stacks: names of the stacks' entries with their checksums: pairs always belong to the models that are stored.
        options: of `compare`, as (name, value) pairs.
    """

    group: str
    seeds: tuple[int, ...]
    stacks: tuple[str, ...]
    options: tuple[tuple[str, int | float | str], ...] = ()

    protocol: ClassVar[int] = 2

    @property
    def address(self) -> Address:
        return Address(f"pairs-{self.group}", unit_key(self), ".csv")

    @property
    def needs(self) -> Needs:
        """As for every `Unit`."""
        pairs = len(self.seeds) * (len(self.seeds) - 1) / 2
        return Needs(cost=5e3 * pairs, memory=5e7, kept=600 * pairs)

    def compute(self, inputs: Sequence[bytes]) -> bytes:
        """The table that `study.read_pairs` reads, as CSV, from the contents of the stacks' entries."""
        models = {seed: model for data in inputs for seed, model in read_stack(data).models.items()}
        with one_thread():
            rows = [
                {"seed_a": a, "seed_b": b, **measured(models[a], models[b], **dict(self.options))}
                for a, b in combinations(self.seeds, 2)
            ]
        columns = ["seed_a", "seed_b", *PAIR_MEASURES, *SETS]
        return pd.DataFrame(rows, columns=columns).to_csv(index=False, lineterminator="\n").encode()


def measured(a: Representations, b: Representations, **options: Any) -> dict[str, object]:
    """What a study keeps of two models: `PAIR_MEASURES` and `SETS` by name, or a `note` why there are none.

    Args:
        a, b: the models.
        options: of `compare`; input sets are sampled, as the paper has it, also where r = K - 1.
    """
    options.setdefault("input_set", "sampled")
    try:
        found = compare(a, b, **options)
    except ValueError as error:
        # Of a degenerate model: its pairs have no distance, the others' are not affected.
        return {"note": str(error)}
    rank_a, rank_b = found.effective_ranks
    return {
        **{name: getattr(found, name) for name in _OF_A_COMPARISON},
        "effective_rank_a": rank_a,
        "effective_rank_b": rank_b,
        "d_logit": logit_distance(a, b),
        "pivot": found.llv.pivot,
        "left_out": found.llv.left_out,
        "input_set": " ".join(map(str, found.llv.input_set or ())),
    }


def compute_units(units: Sequence[Unit], keys: Sequence[str], inputs: Sequence[bytes] = ()) -> list[bytes]:
    """Compute a unit wherever this process runs, or several together.

    Args:
        units: one, or several `StackedUnit`.
        keys: the units' keys where they were declared.
        inputs: contents of the entries that a single unit needs.

    Returns:
        The contents of their entries.

    Raises:
        RuntimeError: this process runs another protocol or other libraries than the one that declared the units.
    """
    first, *others = units
    if [unit.address.key for unit in units] != list(keys):
        raise RuntimeError(
            "this process runs another version of repsim_core, torch or numpy than the one that started the study: "
            f"here protocol {first.protocol} of {type(first).__name__} with {library_versions()}"
        )
    if others and isinstance(first, StackedUnit):
        return first.compute_together(others)
    return [unit.compute(inputs) for unit in units]


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch within, as before afterwards: sums then do not depend on the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
