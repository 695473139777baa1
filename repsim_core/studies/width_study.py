"""The width study: models on radial data by number of classes, width and variant (paper, section 5, appendix F)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import torch
from safetensors.torch import save

from repsim_core.arrays import as_real
from repsim_core.datasets.tabular import radial
from repsim_core.errors import InputError
from repsim_core.store import Address
from repsim_core.studies.study import (
    MOST_SEEDS,
    MOST_STEPS,
    Study,
    as_axis,
    as_groups,
    in_stacks,
    unknown,
    within,
)
from repsim_core.studies.units import LARGEST, Needs, loss_summary, one_thread, unit_key
from repsim_core.training.stacks import train_stack

# Seeds in a stack: large enough for the small widths to be quick, small enough to share a group among two cores.
STACK = 10
NORM = 20.0
# What a machine can hold at most, whatever the rest.
_MOST_CLASSES = 1_000
_MOST_WIDTH = 10_000
_MOST = {
    "steps": MOST_STEPS,
    "batch_size": 1_000_000,
    "dim": 1_000,
    "depth": 100,
    "train_points": 10_000_000,
    "test_points": 1_000_000,
}
# By variant: the norms of f and of g; None leaves them free.
VARIANTS = {
    "free": (None, None),
    "f-norm": (NORM, None),
    "g-norm": (None, NORM),
    "both": (NORM, NORM),
}
# By grid: (classes, variants) pairs, widths, number of seeds, and what differs from the paper's protocol.
GRIDS: dict[str, dict[str, Any]] = {
    "paper": {
        "cells": [((4, 6, 10, 18), ("free",)), ((4, 6), ("f-norm", "g-norm", "both"))],
        "widths": (16, 32, 64, 128, 256),
        "seeds": 20,
    },
    "quick": {
        "cells": [((4, 6), ("free",))],
        "widths": (16, 32, 64),
        "seeds": 5,
        "steps": 2_000,
    },
    "smoke": {
        "cells": [((4,), ("free", "both"))],
        "widths": (4, 8),
        "seeds": 3,
        "steps": 60,
        "train_points": 1_000,
        "test_points": 200,
    },
}


@dataclass(frozen=True, kw_only=True)
class WidthProtocol:
    """How the models of the study are trained (paper, section 5 and appendix F; the defaults are the paper's).

    Attributes:
        steps, lr, batch_size, dim, depth, batch_seed, device: as for `train_stack`.
        train_points, train_seed, test_points, test_seed: draw the data (`datasets.tabular.radial`).
    """

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


@dataclass(frozen=True)
class TrainingUnit(WidthProtocol):
    """Train the seeds of one stack on radial data, keep their representations of the test set.

    Further attributes are as for `train_stack`. A seed's numbers depend on the other seeds in its stack by rounding
    alone, but rounding grows over thousands of steps: the stack is part of the key.
    """

    classes: int
    width: int
    seeds: tuple[int, ...]
    embedding_norm: float | None = None
    unembedding_norm: float | None = None

    protocol: ClassVar[int] = 1

    @property
    def address(self) -> Address:
        norms = "".join(
            f"-{name}{norm:g}".replace(".", "_")
            for name, norm in (("f", self.embedding_norm), ("g", self.unembedding_norm))
            if norm is not None
        )
        label = f"train-K{self.classes}-w{self.width}{norms}-seeds{self.seeds[0]}to{self.seeds[-1]}"
        return Address(label, unit_key(self), ".safetensors")

    @property
    def needs(self) -> Needs:
        """As for every `units.Unit`."""
        models, rows = len(self.seeds), self.batch_size + self.classes
        model_step = rows / 132 * (2.2 * self.width + 0.012 * (self.depth - 1) * self.width**2)
        parameters = 2 * ((self.depth - 1) * self.width**2 + (self.classes + self.dim) * self.width)
        return Needs(
            cost=1e5 + self.steps * (250 + models * model_step),
            # Parameters, gradients, Adam's moments; layers of a block of test points; losses; points and targets.
            memory=2e7
            + models * (16 * parameters + 4 * (1_000 + rows) * self.depth * self.width + 8 * self.steps)
            + self.train_points * (40 + 12 * self.classes),
            kept=3e3
            + models * (8 * self.dim * (self.test_points + self.classes) + 700)
            + 8 * self.test_points,
        )

    def compute(self, inputs: Sequence[bytes] = ()) -> bytes:
        """Train; the content of the entry, for `read_stack`."""
        with one_thread():
            stack = train_stack(
                radial(self.classes, self.train_points, seed=self.train_seed),
                seeds=self.seeds,
                dim=self.dim,
                width=self.width,
                depth=self.depth,
                steps=self.steps,
                batch_size=self.batch_size,
                lr=self.lr,
                embedding_norm=self.embedding_norm,
                unembedding_norm=self.unembedding_norm,
                batch_seed=self.batch_seed,
                device=self.device,
            )
            test = radial(self.classes, self.test_points, seed=self.test_seed)
            models = stack.representations(test)
        tensors = {
            "seeds": torch.tensor(self.seeds),
            "embeddings": torch.stack([model.embeddings.cpu() for model in models]),
            "unembeddings": torch.stack([model.unembeddings.cpu() for model in models]),
            "labels": test.labels,
            "test_accuracy": torch.tensor([model.accuracy() for model in models], dtype=torch.float64),
            "test_loss": torch.tensor([model.loss() for model in models], dtype=torch.float64),
            **loss_summary(stack.losses),
        }
        # One entry of metadata: safetensors writes several in no fixed order.
        return save(tensors, {"unit": json.dumps(asdict(self), sort_keys=True)})


@dataclass(frozen=True, order=True)
class WidthGroup:
    """Models that are compared with each other: same classes K, width and variant, different seeds."""

    classes: int
    width: int
    variant: str

    @property
    def label(self) -> str:
        return f"K{self.classes}-w{self.width}-{self.variant}"


@dataclass(frozen=True)
class WidthStudy(WidthProtocol, Study):
    """A study of trained models on radial data.

    Attributes:
        name, groups, seeds, stacks: as for every `Study`; the others are the protocol.

    Raises:
        InputError: naming the argument.
    """

    GROUP = WidthGroup
    OPTIONS: ClassVar = {"k": "classes", "widths": "width", "variant": "variant"}
    # A thousand networks then fit into a file of 3 MB.
    KEPT_INPUTS: ClassVar = 400

    def check_protocol(self) -> None:
        """As for every `Study`."""
        for name, most in _MOST.items():
            within(getattr(self, name), name, 1, most)
        for name in ("batch_seed", "train_seed", "test_seed"):
            within(getattr(self, name), name, 0, LARGEST)
        as_real(self.lr, "lr")
        if self.batch_size > self.train_points:
            raise InputError(
                f"batch_size: found {self.batch_size}, expected at most {self.train_points} points"
            )
        for group in self.groups:
            within(group.classes, "k", 1, _MOST_CLASSES)
            within(group.width, "widths", 1, _MOST_WIDTH)
            if group.classes < self.dim + 1:
                raise InputError(
                    f"k: found {group.classes}, expected at least M + 1 = {self.dim + 1} classes (diversity, Def. 2.1)"
                )
            if group.variant not in VARIANTS:
                raise InputError(unknown("variant", group.variant, VARIANTS))

    def trainings(self, group: WidthGroup) -> list[TrainingUnit]:
        """The stacks to train for a group."""
        embedding_norm, unembedding_norm = VARIANTS[group.variant]
        protocol: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(WidthProtocol)}
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


def declare_width_study(
    grid: str,
    *,
    seeds: Sequence[int] | None = None,
    classes: Sequence[int] | None = None,
    widths: Sequence[int] | None = None,
    variants: Sequence[str] | None = None,
    stack: int = STACK,
    **protocol: Any,
) -> WidthStudy:
    """The width study of a grid, with what is given in place of the grid's values.

    Args:
        grid: a name in `GRIDS`.
        seeds: of the models.
        classes: numbers of classes K; each with the variants that the grid has for it, or "free".
        widths: of the hidden layers.
        variants: names in `VARIANTS`; then each with every K.
        stack: how many seeds are trained together.
        protocol: other attributes of `WidthStudy`, such as steps; None keeps the grid's.

    Raises:
        InputError: naming the argument.
    """
    try:
        within(stack, "stack", 1, MOST_SEEDS)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
    values = dict(GRIDS[grid])
    # In the grid's order: variant by variant.
    cells = []
    for ks, names in values.pop("cells"):
        cells += [(k, variant) for variant in names for k in ks]
    wanted = tuple(dict.fromkeys(k for k, _ in cells)) if classes is None else as_axis(classes, "k")
    if variants is not None:
        chosen_variants = as_axis(variants, "variant")
        for name in chosen_variants:
            if name not in VARIANTS:
                raise InputError(unknown("variant", name, VARIANTS))
        cells = [(k, variant) for variant in chosen_variants for k in wanted]
    else:
        new = [(k, "free") for k in wanted if k not in {k for k, _ in cells}]
        cells = [(k, variant) for k, variant in cells if k in wanted] + new
    default_widths, count = values.pop("widths"), values.pop("seeds")
    values.update({name: value for name, value in protocol.items() if value is not None})
    chosen = as_axis(range(count) if seeds is None else seeds, "seeds", MOST_SEEDS)
    chosen_widths = as_axis(widths or default_widths, "widths")
    groups = (WidthGroup(k, w, variant) for k, variant in cells for w in chosen_widths)
    return WidthStudy(
        "width",
        as_groups(groups),
        chosen,
        in_stacks(chosen, stack),
        **values,
    )
