"""The studies that are declared here, each with its profiles, and how the command line varies them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from repsim_core.parameters import ParameterError
from repsim_core.study import VARIANTS, Group, Study, in_stacks, unknown

# Seeds in a stack: large enough for the small widths to be quick, small enough to share a group among two cores.
STACK = 10
_PAPER_WIDTHS = (16, 32, 64, 128, 256)

# By study and profile: (classes, variants) pairs, widths, number of seeds, and what differs from the paper's protocol.
STUDIES: dict[str, dict[str, dict[str, Any]]] = {
    "width": {
        "paper": {
            "cells": [((4, 6, 10, 18), ("free",)), ((4, 6), ("f-norm", "g-norm", "both"))],
            "widths": _PAPER_WIDTHS,
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
}


def declare(
    study: str,
    profile: str = "paper",
    *,
    classes: Sequence[int] | None = None,
    widths: Sequence[int] | None = None,
    variants: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    stack: int = STACK,
    **protocol: Any,
) -> Study:
    """The study of this name and profile, with what is given in place of the profile's values.

    Args:
        study, profile: names in `STUDIES`.
        classes: numbers of classes K; each with the variants that the profile has for it, or "free".
        widths: of the hidden layers.
        variants: names in `VARIANTS`; then each with every K.
        seeds: of the models.
        stack: how many seeds are trained together.
        protocol: other attributes of `Study`, such as steps; None keeps the profile's.

    Raises:
        ParameterError: naming the argument.
    """
    if study not in STUDIES:
        raise ParameterError(unknown("study", study, STUDIES))
    if profile not in STUDIES[study]:
        raise ParameterError(unknown("profile", profile, STUDIES[study]))
    if stack < 1:
        raise ParameterError(f"stack: found {stack}, expected at least 1")
    values = dict(STUDIES[study][profile])
    cells = [
        (k, variant) for ks, names in values.pop("cells") for variant, k in product(names, ks)
    ]  # in the profile's order: variant by variant
    wanted = tuple(dict.fromkeys(k for k, _ in cells)) if classes is None else tuple(classes)
    for name in variants or ():
        if name not in VARIANTS:
            raise ParameterError(unknown("variant", name, VARIANTS))
    if variants is not None:
        cells = [(k, variant) for variant, k in product(variants, wanted)]
    else:
        new = [(k, "free") for k in wanted if k not in {k for k, _ in cells}]
        cells = [(k, variant) for k, variant in cells if k in wanted] + new
    default_widths, count = values.pop("widths"), values.pop("seeds")
    chosen = tuple(range(count)) if seeds is None else tuple(seeds)
    return Study(
        study,
        tuple(Group(k, w, variant) for k, variant in cells for w in (widths or default_widths)),
        chosen,
        in_stacks(chosen, stack),
        **{**values, **{name: value for name, value in protocol.items() if value is not None}},
    )
