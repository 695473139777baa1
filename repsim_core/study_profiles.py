"""The studies by name, each with its profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repsim_core import image_study, width_study
from repsim_core.parameters import ParameterError
from repsim_core.study import Study, unknown


@dataclass(frozen=True)
class Kind:
    """A kind of study.

    Attributes:
        declared: the class of its declarations.
        declare: makes one from a profile and what differs from it.
        profiles: what `declare` knows by name.
    """

    declared: type[Study]
    declare: Callable[..., Study]
    profiles: Mapping[str, Mapping[str, Any]]


KINDS = {
    "width": Kind(width_study.WidthStudy, width_study.declare, width_study.PROFILES),
    "cifar10": Kind(image_study.ImageStudy, image_study.declare, image_study.PROFILES),
}


def declare(study: str, profile: str = "paper", *, seeds: Sequence[int] | None = None, **given: Any) -> Any:
    """The study of this name and profile, with what is given in place of the profile's values.

    Args:
        study, profile: names in `KINDS` and of its profiles.
        seeds: of the models.
        given: as for `width_study.declare` or `image_study.declare`; None keeps the profile's.

    Raises:
        ParameterError: naming the argument.
    """
    kind = kind_of(study)
    if profile not in kind.profiles:
        raise ParameterError(unknown("profile", profile, kind.profiles))
    return kind.declare(profile, seeds=seeds, **given)


def kind_of(study: str) -> Kind:
    """The kind of study of this name.

    Raises:
        ParameterError: there is none.
    """
    if study not in KINDS:
        raise ParameterError(unknown("study", study, KINDS))
    return KINDS[study]
