"""The studies by name, each with its grids; what trains networks is imported for the study that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from repsim_core.errors import InputError
from repsim_core.studies.study import Study, unknown

STUDIES = ("width", "cifar10", "digits")


@dataclass(frozen=True)
class StudyKind:
    """A kind of study.

    Attributes:
        declared: the class of its declarations.
        declare: makes one from a grid's name and what differs from the grid.
        grids: what `declare` knows by name.
    """

    declared: type[Study]
    declare: Callable[..., Study]
    grids: Mapping[str, Mapping[str, Any]]


def study_kind(study: str) -> StudyKind:
    """The kind of study of this name.

    Raises:
        InputError: there is none.
    """
    if study not in STUDIES:
        raise InputError(unknown("study", study, STUDIES))
    if study == "width":
        from repsim_core.studies import width_study as width

        return StudyKind(width.WidthStudy, width.declare_width_study, width.GRIDS)
    from repsim_core.studies import image_study as images

    return StudyKind(images.ImageStudy, partial(images.declare_image_study, study), images.GRIDS[study])


def declare_study(
    study: str, grid: str = "paper", *, seeds: Sequence[int] | None = None, **given: Any
) -> Any:
    """The study of this name and grid, with what is given in place of the grid's values.

    Args:
        study, grid: names in `STUDIES` and of its grids.
        seeds: of the models.
        given: as for `width.declare_width_study` or `images.declare_image_study`; None keeps the grid's.

    Raises:
        InputError: naming the argument.
    """
    kind = study_kind(study)
    if grid not in kind.grids:
        message = unknown("grid", grid, kind.grids)
        if grid in STUDIES:
            message += f"; {grid} is a study of its own"
        raise InputError(message)
    return kind.declare(grid, seeds=seeds, **given)
