"""Measures of closeness in distribution and of representational similarity.

An executable edition of Nielsen, Marconato, Dittadi and Gresele, "When Does Closeness in Distribution Imply
Representational Similarity? An Identifiability Perspective" (NeurIPS 2025, arXiv:2506.03784).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repsim_core.bounds import linear_bound, quadratic_bound
    from repsim_core.comparison import Comparison, compare, compare_all
    from repsim_core.constructions import noisy_copy, permuted_circles, random_linear_map, star_permutation
    from repsim_core.distances import LLVDistance, kl_divergence, llv_distance
    from repsim_core.family import Diversity, Representations, load
    from repsim_core.similarity import (
        CanonicalCorrelations,
        RankDeficientWarning,
        RepresentationDistance,
        canonical_correlations,
        mean_cca,
        representation_distance,
        svd_dissimilarity,
    )

# A public name is taken from its module when it is first asked for: torch takes seconds to import, and building
# the book or listing its chapters needs none of it.
_MODULES = {
    "bounds": ("linear_bound", "quadratic_bound"),
    "comparison": ("Comparison", "compare", "compare_all"),
    "constructions": ("noisy_copy", "permuted_circles", "random_linear_map", "star_permutation"),
    "distances": ("LLVDistance", "kl_divergence", "llv_distance"),
    "family": ("Diversity", "Representations", "load"),
    "similarity": (
        "CanonicalCorrelations",
        "RankDeficientWarning",
        "RepresentationDistance",
        "canonical_correlations",
        "mean_cca",
        "representation_distance",
        "svd_dissimilarity",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "CanonicalCorrelations",
    "Comparison",
    "Diversity",
    "LLVDistance",
    "RankDeficientWarning",
    "RepresentationDistance",
    "Representations",
    "canonical_correlations",
    "compare",
    "compare_all",
    "kl_divergence",
    "linear_bound",
    "llv_distance",
    "load",
    "mean_cca",
    "noisy_copy",
    "permuted_circles",
    "quadratic_bound",
    "random_linear_map",
    "representation_distance",
    "star_permutation",
    "svd_dissimilarity",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
