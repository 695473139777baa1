"""The studies by name, each with its profiles; what trains networks is imported for the study that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repsim_core.errors import InputError
from repsim_core.studies.study import Study, unknown

STUDIES = ("width", "cifar10")


@dataclass(frozen=True)
class StudyKind:
    """A kind of study.

    Attributes:
        declared: the class of its declarations.
        declare: makes one from a profile and what differs from it.
        profiles: what `declare` knows by name.
    """

    declared: type[Study]
    declare: Callable[..., Study]
    profiles: Mapping[str, Mapping[str, Any]]


def study_kind(study: str) -> StudyKind:
    """The kind of study of this name.

    Raises:
        InputError: there is none.
    """
    if study == "width":
        from repsim_core.studies import width

        return StudyKind(width.WidthStudy, width.declare_width_study, width.PROFILES)
    if study == "cifar10":
        from repsim_core.studies import images

        return StudyKind(images.ImageStudy, images.declare_image_study, images.PROFILES)
    raise InputError(unknown("study", study, STUDIES))


def declare_study(
    study: str, profile: str = "paper", *, seeds: Sequence[int] | None = None, **given: Any
) -> Any:
    """The study of this name and profile, with what is given in place of the profile's values.

    Args:
        study, profile: names in `STUDIES` and of its profiles.
        seeds: of the models.
        given: as for `width.declare_width_study` or `images.declare_image_study`; None keeps the profile's.

    Raises:
        InputError: naming the argument.
    """
    kind = study_kind(study)
    if profile not in kind.profiles:
        raise InputError(unknown("profile", profile, kind.profiles))
    return kind.declare(profile, seeds=seeds, **given)
